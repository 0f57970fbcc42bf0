r"""The secular master equation with the full drive, (S47) and (S48), in the eigenbasis of H_S.

    d rho/dt = -i[H_S - omega_MW S^z + omega_1 S^x, rho] + D(rho)
    D(rho)_nn = sum_m W^B_{m->n} rho_mm - W^B_{n->m} rho_nn,      D(rho)_nm = -rho_nm / T_nm   (n != m)

with the rates of `dnplab.transitions`: one jump operator for each gap, all gaps taken as non-degenerate (at N = 2
without the Ising term two gaps coincide, and the equation is not the secular limit there).
Undriven, the fixed point is exp(-beta H_S)/Tr, exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.models.generator import Generator, Projection
from dnplab.rotating_frame import eigenbasis_hamiltonian
from dnplab.system import SpinSystem
from dnplab.transitions import Decoherence, bath_gain

__all__ = ["Secular"]

FloatArray = NDArray[np.float64]


class Secular(Generator):
    """Populations by golden-rule rates, coherences by 1/T_nm, in the eigenbasis of H_S."""

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        spectrum = system.spectrum
        spectrum.require_nondegenerate("model=secular")
        self.relaxation_rate = 1.0 / bath.t1_us
        self.basis = spectrum.vectors
        self.hamiltonian = eigenbasis_hamiltonian(system, drive)
        self._gain = bath_gain(spectrum, bath, system.electron_ghz)
        decoherence = Decoherence.of(spectrum, bath, self._gain)
        self._d, self._half_inverse_t_zero = decoherence.d, 0.5 * decoherence.inverse_t_zero
        self._decay = -decoherence.rates()
        np.fill_diagonal(self._decay, -self._gain.sum(axis=0))

    def dissipate(self, z: FloatArray) -> FloatArray:
        """D(Z) (..., D, D), 1/µs."""
        out = self._decay * z
        diagonal = np.arange(self.dimension)
        out[..., diagonal, diagonal] += z[..., diagonal, diagonal] @ self._gain.T
        return out

    def projection(self, q: FloatArray | None) -> Projection:
        """See `Generator.projection`; the jumps between different levels are left out of the overlap.

        They add sum_nm Q_na Q_ma Q_nb Q_mb W_nm, which costs D^4 and only matters where states a and b share levels.
        """
        d, half = self._d, self._half_inverse_t_zero
        if q is None:
            overlap = half * (d.T @ d)
            return Projection(self._gain + np.diag(np.diagonal(overlap)), overlap)
        weights = q**2
        gain = weights.T @ self._gain @ weights
        for row in d:
            gain += half * ((q.T * row) @ q) ** 2
        projected = d @ weights
        return Projection(gain, half * (projected.T @ projected))
