r"""Golden-rule rates of the bath between eigenstates of H_S and the decay of their coherences: (S18), (S19).

    W^B_{n->m}  = h(omega_nm) / T_1 sum_i |<m|S_i^+-|n>|^2      adjacent sectors
                = h(omega_nm) / T*  sum_i |<m|S_i^z|n>|^2       same sector,  omega_nm = epsilon_n - epsilon_m
    1/T_nm      = g_n + g_m - (1 / 2T(0)) sum_i d_i[n] d_i[m],  d_i[n] = <n|S_i^z|n>
    g_n         = (1/2) sum_{k != n} W^B_{n->k} + (1 / 4T(0)) sum_i d_i[n]^2

The printed (S19) counts h twice; this is the corrected form. All levels and gaps are taken as non-degenerate.
Matrices here are gains: gain[m, n] is the rate from n to m, in 1/µs, with a zero diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.spectrum import Spectrum
from dnplab.units import RAD_US_PER_GHZ

__all__ = ["Decoherence", "bath_gain"]

FloatArray = NDArray[np.float64]


def bath_gain(spectrum: Spectrum, bath: Bath, electron_ghz: float) -> FloatArray:
    """W^B as gain[m, n] = rate from n to m: (D, D), 1/µs."""
    n_spins, e = spectrum.n_spins, spectrum.block_energies
    omega_e = RAD_US_PER_GHZ * electron_ghz
    gain = np.zeros((len(spectrum.sz),) * 2)
    for k, up, down in spectrum.adjacent():
        strength = sum((spectrum.raising_block(i, k) ** 2 for i in range(n_spins)), start=np.zeros((1, 1)))
        gap = omega_e + e[k][:, None] - e[k + 1][None, :]  # lab frame, upper minus lower
        gain[down, up] = (strength * bath.h(gap) / bath.t1_us).T
        gain[up, down] = strength * bath.h(-gap) / bath.t1_us
    for k, sector in enumerate(spectrum.sector_slices):
        strength = sum((spectrum.sz_block(i, k) ** 2 for i in range(n_spins)), start=np.zeros((1, 1)))
        block = strength * bath.h(e[k][None, :] - e[k][:, None]) / bath.t_star_us
        np.fill_diagonal(block, 0.0)
        gain[sector, sector] = block
    return gain


@dataclass(frozen=True, eq=False)
class Decoherence:
    """1/T_nm = g_n + g_m - d_n.d_m / (2 T(0)), kept in its separable form.

    g : (D,) 1/µs
    d : (N, D) <n|S_i^z|n>
    inverse_t_zero : 1/T(0) in 1/µs
    """

    g: FloatArray
    d: FloatArray
    inverse_t_zero: float

    @classmethod
    def of(cls, spectrum: Spectrum, bath: Bath, gain: FloatArray) -> Decoherence:
        """From the spectrum and the bath's gain matrix."""
        d = spectrum.sz_expectations
        g = 0.5 * gain.sum(axis=0) + 0.25 / bath.t_zero_us * (d**2).sum(axis=0)
        return cls(g, d, 1.0 / bath.t_zero_us)

    def rates(self, rows: slice = slice(None), columns: slice = slice(None)) -> FloatArray:
        """1/T_nm of a block of coherences; on the diagonal n = m it is the total outflow of n."""
        overlap = self.d[:, rows].T @ self.d[:, columns]
        return np.asarray(self.g[rows, None] + self.g[None, columns] - 0.5 * self.inverse_t_zero * overlap)
