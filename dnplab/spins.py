"""Spins 1/2: product basis, S^z sectors, and the real form of a Hermitian matrix.

Basis
    D = 2^N product states; spin 0 is the most significant bit of the index; bit 0 is up (S^z = +1/2), bit 1 is down.

Real form
    A Hermitian rho = X + iY has X symmetric and Y antisymmetric, so the real matrix Z = X + Y (D, D) carries all of it.
    With real symmetric H, real A and orthogonal V:

        -i[H, rho]      ->  -(H Z^T - Z^T H)
        A rho A^T       ->  A Z A^T
        (a + ib) * rho  ->  a * Z + b * Z^T      elementwise, a symmetric and b antisymmetric

    Every generator in dnplab has this form, at half the memory and arithmetic of complex matrices.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["flip_flop_pairs", "flip_targets", "from_real", "sectors", "site_values", "to_real"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@lru_cache(maxsize=32)
def site_values(n_spins: int) -> FloatArray:
    """S_i^z of every product state: (N, D) array of +1/2 (up) and -1/2 (down). Read-only."""
    states = np.arange(2**n_spins)
    shifts = np.arange(n_spins - 1, -1, -1)[:, None]
    values = 0.5 - ((states[None, :] >> shifts) & 1).astype(np.float64)
    values.setflags(write=False)
    return values


@lru_cache(maxsize=32)
def sectors(n_spins: int) -> tuple[IntArray, ...]:
    """The product states of each S^z sector, from all up (S^z = N/2) to all down: N + 1 index arrays."""
    down = np.rint(n_spins / 2 - site_values(n_spins).sum(axis=0)).astype(np.intp)
    return tuple(np.flatnonzero(down == k) for k in range(n_spins + 1))


def flip_targets(n_spins: int, site: int) -> tuple[IntArray, IntArray]:
    """Product states (up, down), (D/2,) each, that differ only in `site`: S_i^- takes up[k] to down[k]."""
    bit = 1 << (n_spins - 1 - site)
    states = np.arange(2**n_spins)
    up = states[(states & bit) == 0]
    return up, up | bit


def flip_flop_pairs(n_spins: int, i: int, j: int) -> tuple[IntArray, IntArray]:
    """Product states (a, b), (D/4,) each, with spin i up and j down in a, the reverse in b: S_i^- S_j^+ a = b."""
    bit_i, bit_j = 1 << (n_spins - 1 - i), 1 << (n_spins - 1 - j)
    states = np.arange(2**n_spins)
    a = states[((states & bit_i) == 0) & ((states & bit_j) != 0)]
    return a, a ^ (bit_i | bit_j)


def to_real(rho: NDArray[np.complex128]) -> FloatArray:
    """Z = Re rho + Im rho (D, D) of a Hermitian matrix."""
    return np.asarray(rho.real + rho.imag)


def from_real(z: FloatArray) -> NDArray[np.complex128]:
    """The Hermitian matrix (Z + Z^T)/2 + i (Z - Z^T)/2 of its real form."""
    return np.asarray(0.5 * (z + z.T) + 0.5j * (z - z.T))
