"""Kernels for NumPy matrices in float32 or float64: single passes over memory where NumPy would take many.

Each exists twice. Small matrices are done by one thread: beside dense products a kernel costs little, and a second pool of
threads would fight the BLAS's own, which spins while it is idle. From `PARALLEL` rows on it pays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

__all__ = ["commutator", "dressed_step", "inverse_coherences", "local_dissipation", "transposed"]

Array = NDArray[Any]
BLOCK = 32  # rows and columns of a tile: two of them stay in the first cache
TILE = 256  # columns of a product with a sparse matrix: what they read stays in the second cache
PARALLEL = 2048


class _Kernel:
    """A function compiled for one thread and for many; the rows of its last argument, the output, choose."""

    def __init__(self, body: Callable[..., None]) -> None:
        contract = {"contract"}  # fused multiply-add, no reordering
        self._serial = njit(cache=True, fastmath=contract)(body)
        self._parallel = njit(cache=True, fastmath=contract, parallel=True)(body)

    def __call__(self, *arguments: Any) -> Array:
        out: Array = arguments[-1]
        (self._parallel if len(out) >= PARALLEL else self._serial)(*arguments)
        return out


def _transposed(z: Array, out: Array) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    size = 2 * BLOCK
    for block in prange((dimension + size - 1) // size):
        # through a tile of its own: columns of a matrix whose rows are 2^N long would evict each other from the cache
        tile = np.empty((size, size), z.dtype)
        rows = min(size, dimension - block * size)
        for column in range(0, dimension, size):
            columns = min(size, dimension - column)
            for b in range(columns):
                for a in range(rows):
                    tile[b, a] = z[column + b, block * size + a]
            for a in range(rows):
                for b in range(columns):
                    out[block * size + a, column + b] = tile[b, a]


def _local_dissipation(
    z: Array, outflow: Array, dephasing: Array, raising: float, lowering: float, out: Array
) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    half = z.dtype.type(0.5)
    for s in prange(dimension):
        for t in range(dimension):
            out[s, t] = -(half * (outflow[s] + outflow[t]) + dephasing[s ^ t]) * z[s, t]
        bit = 1
        while bit < dimension:
            down = (s & bit) != 0
            rate = z.dtype.type(lowering if down else raising)
            here = bit if down else 0
            source = s ^ bit
            if bit >= 8:
                for base in range(0, dimension, 2 * bit):
                    for k in range(bit):
                        out[s, base + here + k] += rate * z[source, base + bit - here + k]
            else:
                for k in range(bit):
                    for base in range(0, dimension, 2 * bit):
                        out[s, base + here + k] += rate * z[source, base + bit - here + k]
            bit *= 2


@njit(cache=True, fastmath={"contract"}, inline="always")
def _row(
    starts: Array, columns: Array, values: Array, row: int, z: Array, first: int, last: int, total: Array
) -> None:  # pragma: no cover - compiled
    # total[:] = (H Z)[row, first:last], four entries of H at a time: the total is then read and written once for four
    width = last - first
    total[:width] = 0.0
    p, end = starts[row], starts[row + 1]
    while p + 4 <= end:
        v0, v1, v2, v3 = values[p], values[p + 1], values[p + 2], values[p + 3]
        z0, z1 = z[columns[p], first:last], z[columns[p + 1], first:last]
        z2, z3 = z[columns[p + 2], first:last], z[columns[p + 3], first:last]
        for k in range(width):
            total[k] += (v0 * z0[k] + v1 * z1[k]) + (v2 * z2[k] + v3 * z3[k])
        p += 4
    while p < end:
        v0 = values[p]
        z0 = z[columns[p], first:last]
        for k in range(width):
            total[k] += v0 * z0[k]
        p += 1


def _commutator(
    starts: Array, columns: Array, values: Array, z: Array, zt: Array, out: Array
) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    blocks = (dimension + BLOCK - 1) // BLOCK
    for first in range(0, dimension, TILE):
        last = min(dimension, first + TILE)
        for block in prange(blocks):
            total = np.empty(TILE, z.dtype)
            for a in range(block * BLOCK, min(dimension, (block + 1) * BLOCK)):
                _row(starts, columns, values, a, zt, first, last, total)
                for k in range(last - first):
                    out[a, first + k] = -total[k]
    for first in range(0, dimension, TILE):
        last = min(dimension, first + TILE)
        for block in prange(blocks):
            totals = np.empty((BLOCK, TILE), z.dtype)
            rows = min(BLOCK, dimension - block * BLOCK)
            for a in range(rows):
                _row(starts, columns, values, block * BLOCK + a, z, first, last, totals[a])
            for k in range(last - first):
                for a in range(rows):
                    out[first + k, block * BLOCK + a] += totals[a, k]


def _dressed_step(
    v: Array, dissipated: Array, energies: Array, decay: Array, out: Array
) -> None:  # pragma: no cover - compiled
    dimension = v.shape[0]
    blocks = (dimension + BLOCK - 1) // BLOCK
    for block in prange(blocks):
        for column in range(block, blocks):
            for a in range(block * BLOCK, min(dimension, (block + 1) * BLOCK)):
                for b in range(max(a + 1, column * BLOCK), min(dimension, (column + 1) * BLOCK)):
                    gap = energies[a] - energies[b]
                    upper = dissipated[a, b] - gap * v[b, a]
                    lower = dissipated[b, a] + gap * v[a, b]
                    scale = v.dtype.type(1.0) / (decay[a, b] * decay[a, b] + gap * gap)
                    real, imaginary = -decay[a, b] * scale, gap * scale
                    out[a, b] = real * upper + imaginary * lower
                    out[b, a] = real * lower - imaginary * upper
        for a in range(block * BLOCK, min(dimension, (block + 1) * BLOCK)):
            out[a, a] = dissipated[a, a]


def _inverse_coherences(z: Array, energies: Array, decay: Array, out: Array) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    blocks = (dimension + BLOCK - 1) // BLOCK
    for block in prange(blocks):
        for column in range(block, blocks):
            for a in range(block * BLOCK, min(dimension, (block + 1) * BLOCK)):
                for b in range(max(a + 1, column * BLOCK), min(dimension, (column + 1) * BLOCK)):
                    gap = energies[a] - energies[b]
                    scale = z.dtype.type(1.0) / (decay[a, b] * decay[a, b] + gap * gap)
                    real, imaginary = -decay[a, b] * scale, gap * scale
                    upper, lower = z[a, b], z[b, a]
                    out[a, b] = real * upper + imaginary * lower
                    out[b, a] = real * lower - imaginary * upper
        for a in range(block * BLOCK, min(dimension, (block + 1) * BLOCK)):
            out[a, a] = z[a, a]


transposed = _Kernel(_transposed)
local_dissipation = _Kernel(_local_dissipation)
commutator = _Kernel(_commutator)
dressed_step = _Kernel(_dressed_step)
inverse_coherences = _Kernel(_inverse_coherences)
