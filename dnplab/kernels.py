"""Compiled kernels for float32 and float64 NumPy matrices: single passes over memory where NumPy would take many.

They run on one thread: beside dense products they cost little, and a second pool of threads would fight the BLAS's own,
which spins while it is idle.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numpy.typing import NDArray

__all__ = ["add_permuted", "dressed_step", "local_dissipation", "permuted"]

Array = NDArray[Any]
BLOCK = 32


@njit(cache=True)
def local_dissipation(
    z: Array, outflow: Array, dephasing: Array, raising: float, lowering: float, out: Array
) -> None:  # pragma: no cover - compiled
    """The site-by-site part of a dissipator in the product basis, written to out (D, D).

    out[s, t] = -[(outflow[s] + outflow[t])/2 + dephasing[s xor t]] z[s, t]
                + sum over spins i that agree in s and t of rate_i z[s with i flipped, t with i flipped]

    where rate_i is `lowering` if spin i is down in s and t, `raising` if it is up.
    """
    dimension = z.shape[0]
    half = z.dtype.type(0.5)
    for s in range(dimension):
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


@njit(cache=True)
def dressed_step(
    v: Array, dissipated: Array, energies: Array, decay: Array, out: Array
) -> None:  # pragma: no cover - compiled
    """Commutator and inverse coherences of the dressed frame in one pass, written to out (D, D); diagonals are raw.

    A = dissipated - (E_a - E_b) v^T,   out = Re(1/lambda) A + Im(1/lambda) A^T,   lambda_ab = -i(E_a - E_b) - decay_ab

    On the diagonal out = A: the populations, which are inverted apart.
    """
    dimension = v.shape[0]
    blocks = (dimension + BLOCK - 1) // BLOCK
    for row in range(blocks):
        for column in range(row, blocks):
            for a in range(row * BLOCK, min(dimension, (row + 1) * BLOCK)):
                first = max(a + 1, column * BLOCK)
                for b in range(first, min(dimension, (column + 1) * BLOCK)):
                    gap = energies[a] - energies[b]
                    upper = dissipated[a, b] - gap * v[b, a]
                    lower = dissipated[b, a] + gap * v[a, b]
                    scale = v.dtype.type(1.0) / (decay[a, b] * decay[a, b] + gap * gap)
                    real, imaginary = -decay[a, b] * scale, gap * scale
                    out[a, b] = real * upper + imaginary * lower
                    out[b, a] = real * lower - imaginary * upper
        for a in range(row * BLOCK, min(dimension, (row + 1) * BLOCK)):
            out[a, a] = dissipated[a, a]


@njit(cache=True)
def permuted(z: Array, order: Array, out: Array) -> None:  # pragma: no cover - compiled
    """out[i, j] = z[order[i], order[j]]."""
    for i in range(len(order)):
        for j in range(len(order)):
            out[i, j] = z[order[i], order[j]]


@njit(cache=True)
def add_permuted(z: Array, order: Array, out: Array) -> None:  # pragma: no cover - compiled
    """out[i, j] += z[order[i], order[j]]."""
    for i in range(len(order)):
        for j in range(len(order)):
            out[i, j] += z[order[i], order[j]]
