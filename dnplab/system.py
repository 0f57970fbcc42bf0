r"""The spin system: electron spins with disorder and flip-flop couplings, Eqs. (1) and (2) of the letter.

    H_S = sum_i (omega_e + Delta_i) S_i^z
        + sum_{i<j} U_ij (S_i^+ S_j^- + S_i^- S_j^+ [- 4 S_i^z S_j^z])

The bracket is the Ising part of the truncated dipolar coupling (`ising`); the letter drops it, which is not harmless.
[H_S, S^z] = 0. omega_e only shifts whole S^z sectors, so everything here is H_S - omega_e S^z, in rad/µs: no digit is
lost to the 10^5 times larger omega_e.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from dnplab import checks, disorder
from dnplab.errors import ParameterError
from dnplab.spectrum import Spectrum
from dnplab.spins import flip_flop_pairs, site_values
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["SpinSystem"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpinSystem:
    """N electron spins, sorted by increasing offset (couplings are permuted with them) and counted from 0.

    electron_ghz : omega_e / 2pi
    offsets_mhz : (N,) Delta_i / 2pi
    couplings_mhz : (N, N) symmetric, U_ij / 2pi; the diagonal is not used and must be zero
    ising : keep the -4 U_ij S_i^z S_j^z term
    disorder_mhz : width of the distribution the offsets come from, if they come from one; it sets the nuclear
        frequency disorder / N at which a spin temperature polarizes nuclei
    """

    electron_ghz: float
    offsets_mhz: ArrayLike
    couplings_mhz: ArrayLike
    ising: bool = False
    disorder_mhz: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "electron_ghz", checks.positive("electron_ghz", self.electron_ghz))
        offsets = checks.finite_array("offsets_mhz", self.offsets_mhz, (None,))
        n = len(offsets)
        if n == 0:
            raise ParameterError("offsets_mhz", [], "one offset for each of N >= 1 spins")
        couplings = checks.finite_array("couplings_mhz", self.couplings_mhz, (n, n))
        uneven = np.abs(couplings - couplings.T) > 1e-12 * np.abs(couplings).max()
        if uneven.any():
            i, j = np.argwhere(uneven)[0]
            raise ParameterError(
                "couplings_mhz",
                f"asymmetric: [{i}, {j}] = {couplings[i, j]} and [{j}, {i}] = {couplings[j, i]}",
                "a symmetric matrix",
            )
        if np.diagonal(couplings).any():
            raise ParameterError("couplings_mhz", "non-zero on its diagonal", "zero there: U_ij couples two spins")
        if not isinstance(self.ising, bool | np.bool_):
            raise ParameterError("ising", self.ising, "true or false")
        if self.disorder_mhz is not None:
            object.__setattr__(self, "disorder_mhz", checks.non_negative("disorder_mhz", self.disorder_mhz))
        couplings = 0.5 * (couplings + couplings.T)  # equal to the last bit
        order = np.argsort(offsets, kind="stable")
        object.__setattr__(self, "offsets_mhz", _frozen(offsets[order]))
        object.__setattr__(self, "couplings_mhz", _frozen(couplings[np.ix_(order, order)]))

    @classmethod
    def sample(
        cls,
        n_spins: int,
        disorder_mhz: float,
        coupling_mhz: float,
        seed: tuple[int, int],
        electron_ghz: float = 93.9,
        ising: bool = False,
    ) -> Self:
        """The disorder realization addressed by seed = (ensemble seed, realization): see `dnplab.disorder`."""
        offsets, couplings = disorder.sample(n_spins, disorder_mhz, coupling_mhz, seed)
        return cls(electron_ghz, offsets, couplings, ising, disorder_mhz)

    @property
    def n_spins(self) -> int:
        """N."""
        return len(np.asarray(self.offsets_mhz))

    @property
    def dimension(self) -> int:
        """D = 2^N."""
        return 1 << self.n_spins

    @cached_property
    def sparse_hamiltonian(self) -> sparse.csr_array:
        """H_S - omega_e S^z in the product basis: real symmetric (D, D), rad/µs."""
        n, z = self.n_spins, site_values(self.n_spins)
        offsets, couplings = np.asarray(self.offsets_mhz), np.asarray(self.couplings_mhz)
        diagonal = offsets @ z
        if self.ising:
            # sum_{i<j} -4 U_ij z_i z_j; the diagonal of U is zero
            diagonal = diagonal - 2.0 * np.einsum("is,ij,js->s", z, couplings, z, optimize=True)
        rows, columns, values = [np.arange(self.dimension)], [np.arange(self.dimension)], [diagonal]
        for i in range(n):
            for j in range(i + 1, n):
                if couplings[i, j] != 0.0:
                    a, b = flip_flop_pairs(n, i, j)
                    rows += [a, b]
                    columns += [b, a]
                    values += [np.full(2 * len(a), couplings[i, j])]
        entries = (RAD_US_PER_MHZ * np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_array(entries, shape=(self.dimension, self.dimension))

    @cached_property
    def spectrum(self) -> Spectrum:
        """Eigenstates of H_S, sector by sector."""
        return Spectrum.of(self.n_spins, self.sparse_hamiltonian)


def _frozen(array: FloatArray) -> FloatArray:
    array.setflags(write=False)
    return array
