"""The spin-temperature ansatz (physics section 10) against Gibbs states whose (beta_s, h) are known."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Drive, SpinSystem, steady_state
from dnplab.errors import UndefinedMeasureError
from dnplab.observables import bloch_profile, boltzmann_populations, diagonal_epr_spectrum
from dnplab.observables.spin_temperature import (
    fit_spin_temperature,
    neighbour_polarization,
    spin_temperature,
)
from tests.reference import kronecker as kron
from tests.reference.convert import MEGAHERTZ, problem
from tests.reference.pulse import pulse_spectrum
from tests.systems.bloch import bloch_vectors
from tests.systems.samples import fast_bath, small_system, table_drive, table_one

UNDRIVEN = table_drive(amplitude_mhz=0.0)


def frame_levels(system: SpinSystem, temperature_k: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    """Rotating-frame energies E_n in MHz and s_n, from the reference."""
    p = problem(system, table_one(temperature_k), table_drive())
    basis = kron.eigenbasis(p)
    return (basis.shifted + p.detuning * basis.sz) / MEGAHERTZ, basis.sz


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("field_mhz", [-1.7, 0.0, 0.6, 5.0])
@pytest.mark.parametrize("beta_s", [-0.3, 1e-3, 0.05, 0.4, 2.0])
def test_recovers_a_gibbs_state(beta_s: float, field_mhz: float, ising: bool) -> None:
    """p_n ~ exp(-beta_s (E_n - h s_n)) gives back beta_s and mu = beta_s h, h from omega_MW."""
    energies, sz = frame_levels(small_system(4, ising=ising))
    weights = np.exp(-beta_s * (energies - field_mhz * sz))
    p = weights / weights.sum()
    found = fit_spin_temperature(energies, sz, float(p @ energies), float(p @ sz))
    np.testing.assert_allclose(found, (beta_s, beta_s * field_mhz), rtol=1e-8, atol=1e-9)


def test_any_start_finds_the_same() -> None:
    """The problem is convex: a start far off, or of the wrong sign, changes nothing."""
    energies, sz = frame_levels(small_system(4))
    weights = np.exp(-0.4 * (energies - 0.6 * sz))
    p = weights / weights.sum()
    for start in (-50.0, -1.0, 0.0, 3.0, 200.0):
        found = fit_spin_temperature(energies, sz, float(p @ energies), float(p @ sz), start)
        np.testing.assert_allclose(found, (0.4, 0.24), rtol=1e-8)


def test_full_localization_has_an_ansatz() -> None:
    """One burnt spin at the end of 1e-4 MHz of disorder: (S81) starts the fit 10^8 times too high."""
    system = SpinSystem.sample(n_spins=3, disorder_mhz=1e-4, coupling_mhz=1.0, seed=(0, 0))
    state = steady_state(system, fast_bath(), Drive(frequency_ghz=93.9, amplitude_mhz=100.0, sites=[2]))
    ansatz = spin_temperature(state)
    assert abs(ansatz.beta_s) < 1e-3
    assert ansatz.profile.mean() == pytest.approx(state.polarization.mean(), abs=1e-9)
    np.testing.assert_allclose(ansatz.profile, state.polarization.mean(), atol=1e-3)


@pytest.mark.parametrize("model", ["hilbert", "secular"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_thermal_state_has_the_bath_temperature(temperature_k: float, model: str) -> None:
    """Undriven, exp(-beta H_S)/Z: beta_s = beta and h = 0 in the lab frame."""
    system, bath = small_system(4), table_one(temperature_k)
    ansatz = spin_temperature(steady_state(system, bath, UNDRIVEN, model=model))
    beta = problem(system, bath, UNDRIVEN).beta * MEGAHERTZ  # 1 / (2 pi MHz)
    np.testing.assert_allclose(ansatz.beta_s, beta, rtol=1e-5)
    np.testing.assert_allclose(ansatz.mu, -beta * 93898.8, rtol=1e-9)
    np.testing.assert_allclose(ansatz.populations, boltzmann_populations(system, bath), rtol=0, atol=1e-10)


@pytest.mark.parametrize("model", ["nonsecular", "secular", "hilbert"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_matches_energy_and_polarization(temperature_k: float, model: str) -> None:
    system, bath, drive = small_system(4), table_one(temperature_k), table_drive()
    state = steady_state(system, bath, drive, model=model)
    ansatz = spin_temperature(state)
    p = problem(system, bath, drive)
    basis = kron.eigenbasis(p)
    exponent = -ansatz.beta_s * (basis.shifted + p.detuning * basis.sz) / MEGAHERTZ
    weights = np.exp(exponent + ansatz.mu * basis.sz)
    gibbs = basis.vectors @ np.diag(weights / weights.sum()) @ basis.vectors.conj().T
    rho = state.density_matrix()
    for operator in (kron.static_hamiltonian(p), kron.total("z", 4)):
        difference = np.trace(operator @ (gibbs - rho)).real
        assert abs(difference) < 1e-9 * np.abs(operator).max()
    np.testing.assert_allclose(ansatz.profile, kron.polarization(gibbs), rtol=0, atol=1e-9)
    assert ansatz.profile.mean() == pytest.approx(state.polarization.mean(), abs=1e-9)


def test_uncoupled_profile_is_the_hyperbolic_tangent() -> None:
    """P_i = -tanh(beta_s (omega_i - h) / 2), the curve a spin temperature draws on the profile."""
    system = small_system(4, scale=0.0)
    ansatz = spin_temperature(steady_state(system, table_one(12.0), table_drive()))
    omega = 1.2 + np.asarray(system.offsets_mhz)  # from omega_MW
    expected = -np.tanh(ansatz.beta_s * (omega - ansatz.mu / ansatz.beta_s) / 2)
    np.testing.assert_allclose(ansatz.profile, expected, atol=1e-10)


def test_neighbours_tell_the_temperature_of_equally_spaced_spins() -> None:
    """(S81): P_n = tanh(beta_s d / 2) exactly, and positive for beta_s > 0 in ascending frequency (E16)."""
    spacing, beta_s = 0.7, 0.9
    omega = spacing * np.arange(6) - 1.3
    polarization = -np.tanh(beta_s * omega / 2)
    expected = np.tanh(beta_s * spacing / 2)
    assert neighbour_polarization(polarization) == pytest.approx(expected, rel=1e-12)
    assert neighbour_polarization(polarization[::-1]) == pytest.approx(-expected, rel=1e-12)


def test_nuclear_polarization() -> None:
    """tanh(beta_s omega_n / 2), from Tr and the ansatz alike."""
    ansatz = spin_temperature(steady_state(small_system(3), table_one(1.2), table_drive()))
    assert ansatz.nuclear_polarization(1.5) == pytest.approx(np.tanh(ansatz.beta_s * 0.75))


def test_one_spin_has_none() -> None:
    with pytest.raises(UndefinedMeasureError):
        spin_temperature(steady_state(small_system(1), table_one(12.0), table_drive()))


@pytest.mark.parametrize("sites", [None, [1]])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_bloch_profile_is_the_closed_form(temperature_k: float, sites: list[int] | None) -> None:
    case = small_system(4), table_one(temperature_k), table_drive(sites)
    expected = 2 * bloch_vectors(problem(*case))[:, 2]
    np.testing.assert_allclose(bloch_profile(*case), expected, atol=1e-12)


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_thermal_spectrum(temperature_k: float) -> None:
    """The Boltzmann reference curve of the EPR figure, by the brute-force pulse."""
    system, bath = small_system(3, ising=True), table_one(temperature_k)
    p = problem(system, bath, UNDRIVEN)
    basis = kron.eigenbasis(p)
    weights = np.exp(-p.beta * (basis.shifted + p.electron * basis.sz))
    gibbs = basis.vectors @ np.diag(weights / weights.sum()) @ basis.vectors.conj().T
    edges = np.linspace(-3.007, 3.011, 25)
    expected = MEGAHERTZ * pulse_spectrum(p, gibbs, MEGAHERTZ * edges)
    spectrum = diagonal_epr_spectrum(system.spectrum, boltzmann_populations(system, bath), edges)
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
