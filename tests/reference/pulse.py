r"""The EPR spectrum by brute force: a pi/2 pulse on one spin, free evolution, exact bin integrals.

At tau = 0 spin i is turned by exp(i pi/2 S^x_i); then the state evolves with H_S alone:

    g_i(tau) = -2i Tr[S^+_i(tau) rho_pi/2],   f = (1/N) sum_i Re int_0^inf dtau/pi g_i e^(-i omega tau - eta tau)

averaged over each bin and over the phase of the microwaves at the pulse (phase cycling).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from tests.reference.kronecker import Matrix, Problem, eigenbasis, site, total


def bin_integrals(gaps: NDArray[np.float64], edges: NDArray[np.float64]) -> Matrix:
    """int over each bin of 1 / (eta + i (omega - gap)), eta -> 0+, shape gaps.shape + (bins,)."""
    logs = np.log(1j * (edges - gaps[..., None]))  # principal branch: the limit of Re > 0
    return -1j * np.diff(logs, axis=-1)


def pulse_spectrum(p: Problem, rho: Matrix, edges: NDArray[np.float64], phases: int = 8) -> NDArray[np.float64]:
    """Bin averages of f, (bins,), offsets from omega_e; `phases` = 1 is a pulse of fixed phase."""
    n, basis = p.n_spins, eigenbasis(p)
    sz = total("z", n)
    kernel = bin_integrals(basis.gaps(0.0), edges)
    spectrum = np.zeros(len(edges) - 1)
    for phase in 2 * np.pi * np.arange(phases) / phases:
        rotation = np.diag(np.exp(-1j * phase * np.diag(sz)))
        at_pulse = rotation @ rho @ rotation.conj().T
        for i in range(n):
            pulse = expm(1j * np.pi / 2 * site("x", i, n))
            turned = basis.matrix(pulse @ at_pulse @ pulse.conj().T)
            raising = basis.matrix(site("+", i, n))
            amplitude = -2j * raising * turned.T  # [n, k]: S^+_nk rho_kn
            spectrum += np.real(np.einsum("nk,nkb->b", amplitude, kernel)) / np.pi
    return spectrum / (n * phases * np.diff(edges))
