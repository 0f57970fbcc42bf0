r"""Formulas of the letter as they are printed, where the print is wrong; nothing but claims and tests uses them.

    (S19)   1/T_nm with a thermal factor h too many
    (S54)   component form of the nonsecular equation, its first sum over too few pairs
    (S62)   EPR spectrum of a pulse at a fixed phase to the microwaves, and without the factor -i of (S59)
    (S100)  rho_01 of the three-level model with the wrong sign of V^3

What the library computes instead stands in `dnplab.transitions`, `dnplab.models.ule`, `dnplab.observables.epr` and
`dnplab.three_level`. Frequencies in rad/µs, times in µs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.models.hilbert import hilbert_rates
from dnplab.solvers import solve_populations
from dnplab.spins import flip_targets, site_values
from dnplab.stationary import SteadyState
from dnplab.system import SpinSystem
from dnplab.three_level import ThreeLevel
from dnplab.transitions import Decoherence, bath_gain
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = [
    "coherence_decay",
    "fixed_phase_spectrum",
    "hilbert_polarization",
    "nonsecular_components",
    "three_level_coherence",
    "total_weight",
]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


def _lab_energies(system: SpinSystem) -> FloatArray:
    return np.asarray(system.spectrum.energies + RAD_US_PER_GHZ * system.electron_ghz * system.spectrum.sz)


def coherence_decay(system: SpinSystem, bath: Bath) -> Decoherence:
    """1/T_nm of the printed (S19): (1/2) sum_k h(omega_nk) W_nk and the like, though W contains h already."""
    spectrum, lab = system.spectrum, _lab_energies(system)
    gain = bath_gain(spectrum, bath, system.electron_ghz)
    return Decoherence.of(spectrum, bath, gain * bath.h(lab[None, :] - lab[:, None]))


def hilbert_polarization(system: SpinSystem, bath: Bath, drive: Drive) -> FloatArray:
    """P_i (N,) of the Hilbert approximation, (S50) to (S53), with the printed 1/T_nm."""
    gain = bath_gain(system.spectrum, bath, system.electron_ghz)
    rates = hilbert_rates(system, drive, gain, coherence_decay(system, bath))
    populations = solve_populations(rates, 1.0 / bath.t1_us, 1e-10).value
    return np.asarray(2.0 * system.spectrum.sz_expectations @ populations)


def nonsecular_components(system: SpinSystem, bath: Bath, rho: ComplexArray, *, corrected: bool = False) -> ComplexArray:
    """Bath part of d rho_nm/dt (D, D) by (S54), rho in the eigenbasis of H_S; the diagonal is not given and zero.

    The print restricts the first sum to k != n and k' != m, but only the pair (k, k') = (n, m) is in the secular line: pairs
    with one index equal do not vanish for S_i^z. `corrected` leaves out that one pair.
    """
    spectrum, lab = system.spectrum, _lab_energies(system)
    sector = np.rint(2.0 * spectrum.sz)
    times = np.where(sector[:, None] == sector[None, :], bath.t_star_us, bath.t1_us / 2.0)
    np.fill_diagonal(times, bath.t_zero_us)
    root = np.sqrt(bath.gamma(lab[:, None] - lab[None, :], times))  # [n, m]: sqrt gamma(omega_nm)
    gain = bath_gain(spectrum, bath, system.electron_ghz)
    out = -Decoherence.of(spectrum, bath, gain).rates() * rho
    for site in range(system.n_spins):
        for operator in _spin_operators(system.n_spins, site):
            s = spectrum.vectors.T @ operator @ spectrum.vectors
            left, right = root.T * s, root * s
            secular = np.diagonal(left)[:, None] * rho * np.diagonal(right)[None, :]
            out += left @ rho @ right - secular if corrected else _hollow(left) @ rho @ _hollow(right)
            out -= 0.5 * (_hollow(right @ left) @ rho + rho @ _hollow(right @ left))
    return _hollow(out)


def _hollow(matrix: NDArray[np.inexact]) -> ComplexArray:
    return np.asarray(matrix - np.diag(np.diagonal(matrix)), dtype=np.complex128)


def _spin_operators(n_spins: int, site: int) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """S^x, S^y, S^z of one spin (D, D), product basis."""
    raising = _raising(n_spins, site)
    z = np.diag(site_values(n_spins)[site]).astype(np.complex128)
    return 0.5 * (raising + raising.T), -0.5j * (raising - raising.T), z


def _raising(n_spins: int, site: int) -> ComplexArray:
    up, down = flip_targets(n_spins, site)
    out = np.zeros((2**n_spins,) * 2, dtype=np.complex128)
    out[up, down] = 1.0
    return out


def fixed_phase_spectrum(state: SteadyState, edges_mhz: ArrayLike, phase: float = 0.0) -> FloatArray:
    """f per MHz after pulses at one phase to the microwaves, each on one spin: (S60) without the average over phases.

    The print drops the part of rho that changes S^z because (S59) lets it turn with the time after the pulse; rho is frozen
    at the pulse, and that part stays at the electrons' frequency. Only the average over phases removes it: (S63).
    """
    edges, n = np.asarray(edges_mhz, dtype=np.float64), state.system.n_spins
    spectrum = state.system.spectrum
    v, e = spectrum.vectors, spectrum.energies / RAD_US_PER_MHZ
    turn = np.exp(-1j * phase * site_values(n).sum(axis=0))
    rho = turn[:, None] * state.density_matrix() * turn.conj()[None, :]
    c = np.zeros((len(e),) * 2, dtype=np.complex128)
    for site in range(n):
        x, _, _ = _spin_operators(n, site)
        pulse = (np.eye(len(e)) + 2j * x) / 2.0**0.5  # (S58)
        c += -2j * (v.T @ _raising(n, site) @ v) * (v.T @ pulse @ rho @ pulse.conj().T @ v).T
    raised = np.rint(spectrum.sz[:, None] - spectrum.sz[None, :]) == 1.0  # S^+ has no other elements
    gap, c = (e[:, None] - e[None, :])[raised], c[raised]
    absorption = np.histogram(gap, edges, weights=c.real)[0]
    logarithm = np.log(np.abs(edges[:, None] - gap[None, :])) @ c.imag
    return np.asarray((absorption + np.diff(logarithm) / np.pi) / (n * np.diff(edges)))


def total_weight(state: SteadyState) -> float:
    """Integral of the printed (S62) over all frequencies, which lacks the factor -i of (S59); it should be the mean P_i."""
    n = state.system.n_spins
    sz = site_values(n).sum(axis=0)
    rho = np.where(sz[:, None] == sz[None, :], state.density_matrix(), 0.0)  # s_m = s_n, below (S62)
    weight = 0.0 + 0.0j
    for site in range(n):
        x, _, _ = _spin_operators(n, site)
        before, after = np.eye(len(rho)) - 2j * x, np.eye(len(rho)) + 2j * x
        weight += np.trace(rho @ before @ _raising(n, site) @ after)
    return float(weight.real) / n


def three_level_coherence(
    model: ThreeLevel, offset: float, rho_11: float, rho_22: float, *, corrected: bool = False
) -> complex:
    """rho_01 of (S100) at zero temperature and equal decays, from the populations; its V^3 must have a minus."""
    delta, j, v, level = -offset, model.coupling, model.amplitude, model.detuning
    half, upper, lower = (z + 1j * model.decay_1 for z in (level, delta + level, delta - level))
    denominator = 2.0 * j**2 * half + v**2 * lower - 2.0 * half * upper * lower
    cubic = -(v**3) if corrected else v**3
    source = -(j**2) * v * (rho_11 - rho_22) + (cubic + 2.0 * v * half * upper) * (1.0 - 2.0 * rho_11 - rho_22)
    return complex(source / denominator)
