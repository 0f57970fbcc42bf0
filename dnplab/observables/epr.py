r"""The EPR spectrum of a steady state: pi/2 pulse on one spin, free evolution, Fourier transform, sum over spins.

Bin average of f over [w, w + dw], (S63) of the letter, with omega_nk = epsilon_n - epsilon_k and eigenstates n one spin
flip above k:

    f = 1/(N dw) sum_{nk} Re{ [ 1(omega_nk in bin) - (i/pi) ln|(w + dw - omega_nk) / (w - omega_nk)| ] C_nk }
    C_nk = sum_i (S_i^+)_nk [ (S_i^- rho)_kn - (rho S_i^-)_kn ]

with only the part of rho that is diagonal in S^z: (S63) holds after averaging over the phase between pulse and microwaves.
Where rho is diagonal in the eigenbasis of H_S, (S64): C_nk = (p_n - p_k) sum_i |<n|S_i^+|k>|^2.

Sum rule: Re sum C / N is the mean polarization, exactly; negative in thermal equilibrium. Spectra are per MHz at offsets
nu - omega_e/2pi in MHz. The logarithm has an integrable singularity where an edge equals a gap; an edge is kept 1e-9 MHz
away from it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab import checks
from dnplab.errors import ParameterError
from dnplab.spectrum import Spectrum
from dnplab.stationary import SteadyState
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["diagonal_epr_spectrum", "epr_spectrum"]

FloatArray = NDArray[np.float64]
CHUNK = 1 << 22  # elements of the (edges, gaps) table that are alive at once


def epr_spectrum(state: SteadyState, edges_mhz: ArrayLike) -> FloatArray:
    """f (len(edges) - 1,) per MHz, averaged over the bins between ascending edges (MHz from electron_ghz)."""
    state.require_density_matrix()
    spectrum = state.system.spectrum
    if state.populations is not None:
        return diagonal_epr_spectrum(spectrum, state.populations, edges_mhz)
    edges = _checked(edges_mhz)
    sectors = [state.sector_matrix(k) for k in range(spectrum.n_spins + 1)]
    gaps, real, imaginary = [], [], []
    for k, _, _ in spectrum.adjacent():
        upper, lower = sectors[k], sectors[k + 1]
        c = np.zeros((len(upper), len(lower)), dtype=np.complex128)
        for site in range(spectrum.n_spins):
            raising = spectrum.raising_block(site, k)
            c += raising * (upper.T @ raising - raising @ lower.T)
        gaps.append(_gaps_mhz(spectrum, k))
        real.append(c.real.ravel())
        imaginary.append(c.imag.ravel())
    gap, weight = np.concatenate(gaps), np.concatenate(imaginary)
    absorption = np.histogram(gap, edges, weights=np.concatenate(real))[0]
    # Re(-i/pi ln|.| C) = Im C ln|.| / pi, a difference between the two edges of a bin
    logarithm = np.empty(len(edges))
    step = max(1, CHUNK // max(1, len(gap)))
    for first in range(0, len(edges), step):
        distance = np.abs(edges[first : first + step, None] - gap[None, :])
        logarithm[first : first + step] = np.log(np.maximum(distance, 1e-9)) @ weight
    return np.asarray((absorption + np.diff(logarithm) / np.pi) / (spectrum.n_spins * np.diff(edges)))


def diagonal_epr_spectrum(spectrum: Spectrum, populations: FloatArray, edges_mhz: ArrayLike) -> FloatArray:
    """f per MHz of rho = sum_n p_n |n><n|: the Hilbert model, a spin-temperature ansatz, thermal equilibrium."""
    edges = _checked(edges_mhz)
    gaps, weights = [], []
    for k, up, down in spectrum.adjacent():
        strength = sum((spectrum.raising_block(i, k) ** 2 for i in range(spectrum.n_spins)), start=np.zeros((1, 1)))
        gaps.append(_gaps_mhz(spectrum, k))
        weights.append(((populations[up][:, None] - populations[down][None, :]) * strength).ravel())
    absorption = np.histogram(np.concatenate(gaps), edges, weights=np.concatenate(weights))[0]
    return np.asarray(absorption / (spectrum.n_spins * np.diff(edges)))


def _gaps_mhz(spectrum: Spectrum, k: int) -> FloatArray:
    e = spectrum.block_energies
    return np.asarray((e[k][:, None] - e[k + 1][None, :]).ravel() / RAD_US_PER_MHZ)


def _checked(edges_mhz: ArrayLike) -> FloatArray:
    edges = checks.finite_array("edges_mhz", edges_mhz, (None,))
    if len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ParameterError("edges_mhz", edges_mhz, "at least two edges in ascending order")
    return edges
