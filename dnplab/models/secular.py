r"""The secular master equation with the full drive, (S47) and (S48), in the eigenbasis of H_S.

    d rho/dt = -i[H_S - omega_MW S^z + omega_1 S^x, rho] + D(rho)
    D(rho)_nn = sum_m W^B_{m->n} rho_mm - W^B_{n->m} rho_nn,      D(rho)_nm = -rho_nm / T_nm   (n != m)

with the rates of `dnplab.transitions`: one jump operator for each gap, all gaps taken as non-degenerate (at N = 2
without the Ising term two gaps coincide, and the equation is not the secular limit there).
Undriven, the fixed point is exp(-beta H_S)/Tr, exactly.
"""

from __future__ import annotations

import numpy as np

from dnplab.arrays import Array, namespace, set_diagonal, transpose
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.models.generator import Generator, Projection
from dnplab.rotating_frame import eigenbasis_hamiltonian
from dnplab.system import SpinSystem
from dnplab.transitions import Decoherence, bath_gain

__all__ = ["Secular"]


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

    def dissipate(self, z: Array) -> Array:
        """D(Z) (D, D), 1/µs."""
        xp = namespace(z)
        out = self._decay * z
        return set_diagonal(out, xp.linalg.diagonal(out) + self._gain @ xp.linalg.diagonal(z))

    def projection(self, q: Array | None) -> Projection:
        """See `Generator.projection`; the jumps between different levels are left out of the overlap.

        They add sum_nm Q_na Q_ma Q_nb Q_mb W_nm, which costs D^4 and only matters where states a and b share levels.
        """
        d, half, xp = self._d, self._half_inverse_t_zero, namespace(self._gain)
        if q is None:
            overlap = half * (transpose(d) @ d)
            return Projection(set_diagonal(self._gain + 0.0, xp.linalg.diagonal(overlap)), overlap)
        weights = q**2
        gain = transpose(weights) @ self._gain @ weights
        for site in range(d.shape[0]):
            gain += half * ((transpose(q) * d[site, :]) @ q) ** 2
        projected = d @ weights
        return Projection(gain, half * (transpose(projected) @ projected))
