r"""One and two spins of a steady state: their strings, connected correlations, energy and smallest eigenvalue.

    C_ij^ab = <sigma_i^a sigma_j^b> - <sigma_i^a><sigma_j^b>,      sigma = 2 S

From a density matrix by partial traces, from a hierarchy of correlations as it stands: any N. The range is the mean distance
in frequency of correlated pairs, sum |C^zz| |Delta_i - Delta_j| / sum |C^zz|.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dnplab.correlations.supports import Supports
from dnplab.errors import UndefinedMeasureError
from dnplab.stationary import SteadyState

__all__ = ["Pairs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
PAULI = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
X, Y, Z = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Pairs:
    """one (N, 3) <sigma_i^a>, two (pairs, 3, 3) <sigma_i^a sigma_j^b> of the pairs i < j in `members` (pairs, 2)."""

    state: SteadyState
    members: IntArray
    one: FloatArray
    two: FloatArray

    @classmethod
    def of(cls, state: SteadyState) -> Self:
        """Of a steady state of two or more spins; UndefinedMeasureError for one spin, or correlations cut at one."""
        n, correlations = state.system.n_spins, state.correlations
        if n == 1 or (correlations is not None and correlations.order == 1):
            raise UndefinedMeasureError("pair correlations need two spins, and correlations that are not cut at one.")
        members = Supports(n, 2).members
        if correlations is not None:
            return cls(state, members, correlations.strings[0], correlations.strings[1].reshape(-1, 3, 3))
        rho = state.density_matrix()
        one = np.array([_strings(rho, n, (i,)) for i in range(n)])[:, 1:]
        two = np.array([_strings(rho, n, (int(i), int(j))) for i, j in members])
        return cls(state, members, one, two[:, 1:, 1:])

    @cached_property
    def connected(self) -> FloatArray:
        """C_ij^ab (pairs, 3, 3)."""
        i, j = self.members.T
        return np.asarray(self.two - self.one[i][:, :, None] * self.one[j][:, None, :])

    @property
    def rms_connected(self) -> float:
        """Root mean square of C^zz over pairs."""
        return float(np.sqrt(np.mean(self.connected[:, Z, Z] ** 2)))

    @property
    def range_mhz(self) -> float:
        """Mean |Delta_i - Delta_j| / 2 pi in MHz, weighted with |C_ij^zz|."""
        offsets, strength = np.asarray(self.state.system.offsets_mhz), np.abs(self.connected[:, Z, Z])
        if strength.sum() == 0.0:
            raise UndefinedMeasureError("no pair is correlated: their range in frequency is not defined.")
        i, j = self.members.T
        return float(strength @ np.abs(offsets[i] - offsets[j]) / strength.sum())

    @property
    def energy_mhz(self) -> float:
        """<H_S - omega_e S^z> / 2 pi in MHz."""
        system = self.state.system
        i, j = self.members.T
        couplings = np.asarray(system.couplings_mhz)[i, j]
        pairs = 0.5 * (self.two[:, X, X] + self.two[:, Y, Y]) - (self.two[:, Z, Z] if system.ising else 0.0)
        return float(0.5 * np.asarray(system.offsets_mhz) @ self.one[:, Z] + couplings @ pairs)

    @property
    def min_eigenvalue(self) -> float:
        """The smallest eigenvalue of any pair's density matrix: negative only where a cut makes it so."""
        i, j = self.members.T
        strings = np.zeros((len(self.members), 4, 4))
        strings[:, 0, 0] = 1.0
        strings[:, 1:, 0], strings[:, 0, 1:], strings[:, 1:, 1:] = self.one[i], self.one[j], self.two
        rho = np.einsum("pab,aij,bkl->pikjl", strings, PAULI, PAULI, optimize=True).reshape(-1, 4, 4) / 4
        return float(np.linalg.eigvalsh(rho).min())


def _strings(rho: NDArray[np.complex128], n_spins: int, sites: tuple[int, ...]) -> FloatArray:
    # <P> of all strings (4, ..) on the sites, by a partial trace; site 0 is the first factor and up its first state
    kept = list(sites)
    traced = [k for k in range(n_spins) if k not in kept]
    tensor = rho.reshape((2,) * (2 * n_spins)).transpose(
        kept + traced + [n_spins + k for k in kept] + [n_spins + k for k in traced]
    )
    dimension, rest = 2 ** len(kept), 2 ** len(traced)
    reduced = np.einsum("arbr->ab", tensor.reshape(dimension, rest, dimension, rest))
    reduced = reduced.reshape((2,) * (2 * len(kept)))
    if len(kept) == 1:
        return np.asarray(np.einsum("ij,aji->a", reduced, PAULI).real)
    return np.asarray(np.einsum("ikjl,aji,blk->ab", reduced, PAULI, PAULI, optimize=True).real)
