"""Kernels for NumPy matrices in float32 or float64: single passes over memory where NumPy would take many.

Each works on a range of rows of its output, without Python's lock. Small matrices are done by one thread: beside dense
products a kernel costs little, and further threads would fight the BLAS's own, which spin while they are idle. From
`PARALLEL` rows on they pay.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dnplab.threads import blas_threads

__all__ = ["Kernel", "commutator", "dressed_step", "inverse_coherences", "local_dissipation", "transposed"]

Array = NDArray[Any]
BLOCK = 64  # rows and columns of a tile: two of them stay in the first cache
TILE = 256  # columns of a product with a sparse matrix: what they read stays in the second cache
PARALLEL = 2048


class Kernel:
    """Compiled functions that fill the rows [begin, end) of their last array, each after the one before."""

    def __init__(self, *bodies: Callable[..., None], mirrored: bool = False) -> None:
        # mirrored: a row stands for what is right of the diagonal, so the first ones are the long ones
        self._mirrored = mirrored
        # fused multiply-add, no reordering
        self._compiled = [njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")(body) for body in bodies]

    def __call__(self, *arguments: Any) -> Array:
        """The last argument, filled."""
        out: Array = arguments[-1]
        rows = len(out)
        threads = 1 if rows < PARALLEL else blas_threads()
        if threads == 1:
            for compiled in self._compiled:
                compiled(*arguments, 0, rows)
            return out
        ends = self._ends(rows, threads)
        with ThreadPoolExecutor(threads) as pool:
            for compiled in self._compiled:
                parts = [pool.submit(compiled, *arguments, *ends[part : part + 2]) for part in range(threads)]
                for part in parts:
                    part.result()
        return out

    def _ends(self, rows: int, parts: int) -> list[int]:
        # shares of equal work, cut between blocks
        done = np.arange(parts + 1) / parts
        if self._mirrored:
            done = 1.0 - np.sqrt(1.0 - done)
        ends = [BLOCK * round(share * rows / BLOCK) for share in done]
        return [*ends[:-1], rows]


def _transposed(z: Array, out: Array, begin: int, end: int) -> None:  # pragma: no cover - compiled
    # through a tile of its own: columns of a matrix whose rows are 2^N long would evict each other from the cache
    tile = np.empty((BLOCK, BLOCK), z.dtype)
    for row in range(begin, end, BLOCK):
        rows = min(BLOCK, end - row)
        for column in range(0, z.shape[0], BLOCK):
            columns = min(BLOCK, z.shape[0] - column)
            for b in range(columns):
                for a in range(rows):
                    tile[b, a] = z[column + b, row + a]
            for a in range(rows):
                for b in range(columns):
                    out[row + a, column + b] = tile[b, a]


def _local_dissipation(
    z: Array, outflow: Array, dephasing: Array, raising: float, lowering: float, out: Array, begin: int, end: int
) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    half = z.dtype.type(0.5)
    for s in range(begin, end):
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


def _minus_h_zt(
    starts: Array, columns: Array, values: Array, z: Array, zt: Array, out: Array, begin: int, end: int
) -> None:  # pragma: no cover - compiled
    # out = -H Z^T
    dimension = z.shape[0]
    total = np.empty(TILE, z.dtype)
    for first in range(0, dimension, TILE):
        last = min(dimension, first + TILE)
        for row in range(begin, end):
            _row(starts, columns, values, row, zt, first, last, total)
            for k in range(last - first):
                out[row, first + k] = -total[k]


def _plus_zt_h(
    starts: Array,
    columns: Array,
    values: Array,
    z: Array,
    zt: Array,  # noqa: ARG001 - as the one before
    out: Array,
    begin: int,
    end: int,
) -> None:  # pragma: no cover - compiled
    # out += (H Z)^T, in columns [begin, end) of out
    dimension = z.shape[0]
    size = BLOCK // 2
    totals = np.empty((size, TILE), z.dtype)
    for first in range(0, dimension, TILE):
        last = min(dimension, first + TILE)
        for block in range(begin, end, size):
            rows = min(size, end - block)
            for a in range(rows):
                _row(starts, columns, values, block + a, z, first, last, totals[a])
            for k in range(last - first):
                for a in range(rows):
                    out[first + k, block + a] += totals[a, k]


@njit(cache=True, inline="always")
def _divide(
    a: int, b: int, upper: float, lower: float, energies: Array, decay: Array, out: Array
) -> None:  # pragma: no cover - compiled
    # out = (upper, lower) / lambda for the coherences (a, b) and (b, a) of a real form
    gap = energies[a] - energies[b]
    scale = out.dtype.type(1.0) / (decay[a, b] * decay[a, b] + gap * gap)
    real, imaginary = -decay[a, b] * scale, gap * scale
    out[a, b] = real * upper + imaginary * lower
    out[b, a] = real * lower - imaginary * upper


def _dressed_step(
    v: Array, dissipated: Array, energies: Array, decay: Array, out: Array, begin: int, end: int
) -> None:  # pragma: no cover - compiled
    # rows [begin, end) right of the diagonal, and their mirror images below it
    dimension = v.shape[0]
    size = BLOCK // 2
    for row in range(begin, end, size):
        for column in range(row, dimension, size):
            for a in range(row, min(end, row + size)):
                for b in range(max(a + 1, column), min(dimension, column + size)):
                    gap = energies[a] - energies[b]
                    upper = dissipated[a, b] - gap * v[b, a]
                    lower = dissipated[b, a] + gap * v[a, b]
                    _divide(a, b, upper, lower, energies, decay, out)
        for a in range(row, min(end, row + size)):
            out[a, a] = dissipated[a, a]


def _inverse_coherences(
    z: Array, energies: Array, decay: Array, out: Array, begin: int, end: int
) -> None:  # pragma: no cover - compiled
    dimension = z.shape[0]
    size = BLOCK // 2
    for row in range(begin, end, size):
        for column in range(row, dimension, size):
            for a in range(row, min(end, row + size)):
                for b in range(max(a + 1, column), min(dimension, column + size)):
                    _divide(a, b, z[a, b], z[b, a], energies, decay, out)
        for a in range(row, min(end, row + size)):
            out[a, a] = z[a, a]


transposed = Kernel(_transposed)
local_dissipation = Kernel(_local_dissipation)
commutator = Kernel(_minus_h_zt, _plus_zt_h)
dressed_step = Kernel(_dressed_step, mirrored=True)
inverse_coherences = Kernel(_inverse_coherences, mirrored=True)
