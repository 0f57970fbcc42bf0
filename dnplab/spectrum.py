"""Eigenstates of H_S inside the S^z sectors, and matrix elements of single-spin operators between them.

    (H_S - omega_e S^z) |n> = e_n |n>,   S^z |n> = s_n |n>,   epsilon_n = e_n + omega_e s_n

Eigenstates are ordered by sector, from all spins up to all down, then by energy. Vectors are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from dnplab.errors import DegenerateSpectrumError
from dnplab.spins import sectors, site_values

__all__ = ["Spectrum"]

FloatArray = NDArray[np.float64]
DEGENERATE = 1e-11  # of the spectral width: below it a computed gap is rounding


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenstates of H_S. Sector k has k spins down and the slice `sector_slices[k]` of the eigenstates.

    n_spins : N
    block_energies : N + 1 arrays, e_n of a sector in rad/µs, ascending
    block_vectors : N + 1 matrices (size, size): rows are the product states `sectors(N)[k]`, columns eigenstates
    """

    n_spins: int
    block_energies: tuple[FloatArray, ...]
    block_vectors: tuple[FloatArray, ...]

    @classmethod
    def of(cls, n_spins: int, hamiltonian: sparse.csr_array | FloatArray) -> Self:
        """Diagonalise the part of a Hamiltonian (D, D) that conserves S^z."""
        energies, vectors = [], []
        for states in sectors(n_spins):
            block = hamiltonian[states][:, states]
            block = block if isinstance(block, np.ndarray) else block.toarray()
            e, v = linalg.eigh(block, driver="evd", overwrite_a=True)
            energies.append(e)
            # the sign of an eigenvector is arbitrary: fix it, so that no result depends on the library's choice
            v *= np.where(v[np.argmax(np.abs(v), axis=0), np.arange(len(e))] < 0, -1.0, 1.0)
            vectors.append(np.ascontiguousarray(v))
        return cls(n_spins, tuple(energies), tuple(vectors))

    @cached_property
    def sector_slices(self) -> tuple[slice, ...]:
        """Where each sector's eigenstates stand in the order of all."""
        ends = np.cumsum([len(e) for e in self.block_energies])
        return tuple(slice(int(end) - len(e), int(end)) for end, e in zip(ends, self.block_energies, strict=True))

    @cached_property
    def energies(self) -> FloatArray:
        """e_n = epsilon_n - omega_e s_n (D,), rad/µs."""
        return np.concatenate(self.block_energies)

    @cached_property
    def sz(self) -> FloatArray:
        """s_n (D,)."""
        return np.repeat(self.n_spins / 2 - np.arange(self.n_spins + 1), [len(e) for e in self.block_energies])

    @cached_property
    def vectors(self) -> FloatArray:
        """V (D, D): columns are eigenstates, rows product states."""
        v = np.zeros((len(self.sz), len(self.sz)))
        for states, columns, block in zip(sectors(self.n_spins), self.sector_slices, self.block_vectors, strict=True):
            v[states, columns] = block
        return v

    @cached_property
    def sz_expectations(self) -> FloatArray:
        """d_i[n] = <n|S_i^z|n> (N, D)."""
        z = site_values(self.n_spins)
        blocks = zip(sectors(self.n_spins), self.block_vectors, strict=True)
        return np.concatenate([z[:, states] @ v**2 for states, v in blocks], axis=1)

    def sz_block(self, site: int, k: int) -> FloatArray:
        """<n|S_i^z|m> for n, m in sector k."""
        up = site_values(self.n_spins)[site, sectors(self.n_spins)[k]] > 0
        v = self.block_vectors[k]
        return np.asarray(v[up].T @ v[up] - 0.5 * np.eye(len(v)))  # S_i^z = |up><up| - 1/2

    def raising_block(self, site: int, k: int) -> FloatArray:
        """<n|S_i^+|m> for n in sector k and m in sector k + 1."""
        upper, lower = sectors(self.n_spins)[k], sectors(self.n_spins)[k + 1]
        bit = 1 << (self.n_spins - 1 - site)
        down = (lower & bit) != 0
        targets = np.searchsorted(upper, lower[down] ^ bit)
        return np.asarray(self.block_vectors[k][targets].T @ self.block_vectors[k + 1][down])

    def adjacent(self) -> Iterator[tuple[int, slice, slice]]:
        """(k, slice of sector k, slice of sector k + 1) for the N pairs that one spin flip connects."""
        for k in range(self.n_spins):
            yield k, self.sector_slices[k], self.sector_slices[k + 1]

    def require_nondegenerate(self, needed_by: str) -> None:
        """Raise unless all levels inside each sector differ, so that the eigenvectors are defined."""
        width = float(np.ptp(self.energies)) if len(self.energies) > 2 else 0.0
        for k, e in enumerate(self.block_energies):
            if len(e) > 1 and np.diff(e).min() <= DEGENERATE * width:
                raise DegenerateSpectrumError(
                    f"H_S has degenerate levels in the sector S^z = {self.n_spins / 2 - k:g} (closest two are "
                    f"{np.diff(e).min():.1e} rad/µs apart), but {needed_by} needs its eigenvectors one by one; "
                    "the spins need different offsets_mhz or couplings_mhz "
                    "(or, for model=nonsecular, t_zero_us equal to t_star_us)."
                )
