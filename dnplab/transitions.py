r"""Golden-rule rates of the bath between eigenstates of H_S and the decay of their coherences: (S18), (S19).

    W^B_{n->m}  = (1/2) gamma(omega_nm) sum_i |<m|S_i^+-|n>|^2      adjacent sectors
                = gamma(omega_nm) sum_i |<m|S_i^z|n>|^2             same sector,  omega_nm = epsilon_n - epsilon_m
    1/T_nm      = g_n + g_m - (1 / 2T(0)) sum_i d_i[n] d_i[m],  d_i[n] = <n|S_i^z|n>
    g_n         = (1/2) sum_{k != n} W^B_{n->k} + (1 / 4T(0)) sum_i d_i[n]^2

gamma(omega) = h(omega) / T(|omega|) is the bath's: h / (T_1 / 2) between sectors and h / T* inside one, or its spectral
function, with 1/T(0) = 2 gamma(0). The printed (S19) counts h twice; this is the corrected form. All levels and gaps are
taken as non-degenerate.
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
        gain[down, up] = (0.5 * strength * bath.gamma(gap, bath.t1_us / 2)).T
        gain[up, down] = 0.5 * strength * bath.gamma(-gap, bath.t1_us / 2)
    for k, sector in enumerate(spectrum.sector_slices):
        strength = sum((spectrum.sz_block(i, k) ** 2 for i in range(n_spins)), start=np.zeros((1, 1)))
        block = strength * bath.gamma(e[k][None, :] - e[k][:, None], bath.t_star_us)
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
        inverse_t_zero = 2.0 * float(bath.gamma(np.zeros(()), bath.t_zero_us))
        g = 0.5 * gain.sum(axis=0) + 0.25 * inverse_t_zero * (d**2).sum(axis=0)
        return cls(g, d, inverse_t_zero)

    def rates(self, rows: slice = slice(None), columns: slice = slice(None)) -> FloatArray:
        """1/T_nm of a block of coherences; on the diagonal n = m it is the total outflow of n."""
        overlap = self.d[:, rows].T @ self.d[:, columns]
        return np.asarray(self.g[rows, None] + self.g[None, columns] - 0.5 * self.inverse_t_zero * overlap)
