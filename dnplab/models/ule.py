r"""The nonsecular equation from its definition, Eq. (6): one jump operator for each spin and component, all gaps coherent.

    A_{i mu} = sum_{n,m} sqrt(gamma(omega_nm)) <m|S_i^mu|n> |m><n|,     omega_nm = epsilon_n - epsilon_m

(the universal Lindblad equation of the letter's Refs. [28-30]) for any spectral function gamma, on request with its Lamb
shift (`dnplab.models.lamb_shift`). `Nonsecular` is what it becomes when gamma is flat around +-omega_e and h = 1/2 inside a
sector. In the rotating frame only the sum of x and y is
stationary, and with L_i, R_i the lowering and raising parts of A_i^x = (L_i + R_i) / 2 it is (D[L_i] + D[R_i]) / 2.
3N dense products a side: for small N and for checking the production form.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, namespace, transpose
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.models.generator import Generator, Projection
from dnplab.models.lamb_shift import lamb_shift_hamiltonian
from dnplab.rotating_frame import eigenbasis_hamiltonian
from dnplab.spectrum import Spectrum
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ

__all__ = ["UniversalLindblad"]

FloatArray = NDArray[np.float64]


class UniversalLindblad(Generator):
    """Eq. (6) in the eigenbasis of H_S, with `bath.spectral_function` or the bath's three time constants."""

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        spectrum = system.spectrum
        self.relaxation_rate = 1.0 / bath.t1_us
        self.basis = spectrum.vectors
        self.hamiltonian = eigenbasis_hamiltonian(system, drive)
        omega_e = RAD_US_PER_GHZ * system.electron_ghz
        if bath.lamb_shift and bath.spectral_function is not None:
            self.hamiltonian += lamb_shift_hamiltonian(spectrum, bath.spectral_function, omega_e)
        self._jumps = _jump_operators(spectrum, bath, omega_e)
        self._decay = np.einsum("jba,jbc->ac", self._jumps, self._jumps, optimize=True)

    def dissipate(self, z: Array) -> Array:
        """D(Z) (D, D), 1/µs."""
        out = -0.5 * (self._decay @ z + z @ self._decay)
        for j in range(self._jumps.shape[0]):
            jump = self._jumps[j, :, :]
            out += jump @ z @ transpose(jump)
        return out

    def projection(self, q: Array | None) -> Projection:
        """See `Generator.projection`."""
        xp = namespace(self._jumps)
        gain, diagonals = xp.zeros_like(self._decay), []
        for j in range(self._jumps.shape[0]):
            jump = self._jumps[j, :, :]
            seen = jump if q is None else transpose(q) @ jump @ q
            gain += seen**2
            diagonals.append(xp.linalg.diagonal(seen))
        stacked = xp.stack(diagonals)
        return Projection(gain, transpose(stacked) @ stacked)


def _jump_operators(spectrum: Spectrum, bath: Bath, omega_e: float) -> FloatArray:
    """(3N, D, D): L_i / sqrt 2, R_i / sqrt 2 and A_i^z of every spin."""
    e, dimension = spectrum.block_energies, len(spectrum.sz)
    jumps = np.zeros((spectrum.n_spins, 3, dimension, dimension))

    def root(gap: FloatArray, time_us: float | FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(bath.gamma(gap, time_us)))

    if bath.spectral_function is None and not bath.uniform_dephasing:
        spectrum.require_nondegenerate("T(0) != T* (t_zero_us, t_star_us)")
    for site in range(spectrum.n_spins):
        for k, up, down in spectrum.adjacent():
            gap = omega_e + e[k][:, None] - e[k + 1][None, :]
            raising = spectrum.raising_block(site, k)
            jumps[site, 0, down, up] = (root(gap, bath.t1_us / 2) * raising).T * 0.5**0.5
            jumps[site, 1, up, down] = root(-gap, bath.t1_us / 2) * raising * 0.5**0.5
        for k, sector in enumerate(spectrum.sector_slices):
            gap = e[k][None, :] - e[k][:, None]  # [m, n]: epsilon_n - epsilon_m
            time_us = np.full_like(gap, bath.t_star_us)
            np.fill_diagonal(time_us, bath.t_zero_us)
            jumps[site, 2, sector, sector] = root(gap, time_us) * spectrum.sz_block(site, k)
    return jumps.reshape(-1, dimension, dimension)
