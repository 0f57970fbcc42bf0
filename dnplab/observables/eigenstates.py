r"""Eigenstates |lambda> of the steady state, ordered by energy: Figs. 3, S9 and S10 of the letter.

A steady state that is a mixture of eigenstates of H_S inherits their entanglement; one that the bath localizes does not.
Order: <lambda|H_S|lambda>, whose sectors lie omega_e apart, so that ranks fall into S^z sectors of binomial size.
An eigenvector is defined only if its eigenvalue is apart from the others by more than the error of rho.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.observables.entanglement import default_kept_spins, entanglement_entropies
from dnplab.spins import site_values
from dnplab.stationary import SteadyState
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["Eigenstates", "eigenstates_of_hamiltonian", "eigenstates_of_rho", "middle_ranks"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Eigenstates:
    """Orthonormal states in order of energy, the lowest (all down) first; D of them.

    eigenvalue : (D,) of rho; absent (zeros) for eigenstates of H_S
    energy_mhz : (D,) <H_S - omega_e S^z> / 2pi
    sz : (D,) <S^z>
    site_sz : (N, D) <S_i^z>
    entropy : (D,) entanglement entropy of the first kept spins, natural logarithm; None for one spin
    arbitrary : (D,) bool: closer to another eigenvalue than 10 times the error of rho
    """

    eigenvalue: FloatArray
    energy_mhz: FloatArray
    sz: FloatArray
    site_sz: FloatArray
    entropy: FloatArray | None
    arbitrary: NDArray[np.bool_]

    @property
    def n_spins(self) -> int:
        """N."""
        return len(self.site_sz)

    def middle_entropy(self) -> float | None:
        """Mean entropy over the middle sector (both for odd N), arbitrary eigenvectors left out; None if all are."""
        if self.entropy is None:
            return None
        middle = middle_ranks(self.n_spins)
        defined = self.entropy[middle][~self.arbitrary[middle]]
        return float(defined.mean()) if len(defined) else None

    def middle_site_sz(self, most: int = 100) -> FloatArray:
        """<S_i^z> of all spins in the `most` middle eigenstates of the middle sector: (N, <= most), none arbitrary."""
        ranks = middle_ranks(self.n_spins)
        count = min(most, ranks.stop - ranks.start)
        first = ranks.start + (ranks.stop - ranks.start - count) // 2
        chosen = slice(first, first + count)
        return np.asarray(self.site_sz[:, chosen][:, ~self.arbitrary[chosen]])


def middle_ranks(n_spins: int) -> slice:
    """Ranks, in order of energy, of the sector S^z = 0 (of S^z = -1/2 and +1/2 for odd N)."""
    sizes = [math.comb(n_spins, k) for k in range(n_spins + 1)]
    half = n_spins // 2
    first = sum(sizes[:half])
    return slice(first, first + sizes[half] + (sizes[half + 1] if n_spins % 2 else 0))


def eigenstates_of_rho(state: SteadyState, kept_spins: int | None = None) -> Eigenstates:
    """Eigenstates of a steady state; of the Hilbert model they are those of H_S themselves."""
    if state.populations is not None:
        return _ordered(state.system, state.system.spectrum.vectors, state.populations, kept_spins, 0.0)
    values, vectors = np.linalg.eigh(state.density_matrix())
    error = max(state.error_estimate, float(np.finfo(np.float64).eps)) * float(np.linalg.norm(values))
    return _ordered(state.system, vectors, values, kept_spins, error)


def eigenstates_of_hamiltonian(system: SpinSystem, kept_spins: int | None = None) -> Eigenstates:
    """Eigenstates of H_S, for comparison."""
    vectors = system.spectrum.vectors
    return _ordered(system, vectors, np.zeros(system.dimension), kept_spins, 0.0)


def _ordered(
    system: SpinSystem, vectors: NDArray[np.inexact], values: FloatArray, kept_spins: int | None, error: float
) -> Eigenstates:
    probabilities = np.abs(vectors) ** 2
    site_sz = site_values(system.n_spins) @ probabilities
    sz = site_sz.sum(axis=0)
    energy = np.einsum("sn,sn->n", vectors.conj(), np.asarray(system.sparse_hamiltonian @ vectors)).real
    order = np.argsort(energy + RAD_US_PER_GHZ * system.electron_ghz * sz, kind="stable")
    entropy = None
    if system.n_spins > 1:
        kept = default_kept_spins(system.n_spins) if kept_spins is None else kept_spins
        entropy = entanglement_entropies(vectors, kept)[order]
    arbitrary = np.zeros(len(values), dtype=bool)
    if error > 0.0:
        ascending = np.argsort(values)
        close = np.diff(values[ascending]) <= 10.0 * error
        arbitrary[ascending[1:][close]] = True
        arbitrary[ascending[:-1][close]] = True
    return Eigenstates(
        values[order], energy[order] / RAD_US_PER_MHZ, sz[order], site_sz[:, order], entropy, arbitrary[order]
    )
