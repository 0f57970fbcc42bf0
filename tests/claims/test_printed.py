"""Printed formulas fail where they should, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from dnplab import SpinSystem, epr_spectrum, steady_state
from dnplab.claims import printed
from dnplab.models.ule import UniversalLindblad
from dnplab.spins import from_real, to_real
from dnplab.three_level import ThreeLevel
from dnplab.transitions import Decoherence, bath_gain
from dnplab.units import beta_omega
from tests.systems.samples import small_system, table_drive, table_one


def test_the_printed_decoherence_of_one_spin_is_not_blochs() -> None:
    """N = 1: T_2 of Bloch has no h; the print has h^2 + (1 - h)^2 for 1."""
    system, bath = SpinSystem(93.9, [0.0], [[0.0]]), table_one(12.0)
    h = expit(beta_omega(93.9, 12.0))
    literal = printed.coherence_decay(system, bath).rates()[0, 1]
    correct = Decoherence.of(system.spectrum, bath, bath_gain(system.spectrum, bath, 93.9)).rates()[0, 1]
    dephasing = 0.25 / bath.t_zero_us
    assert correct == pytest.approx(dephasing + 0.5 / bath.t1_us, rel=1e-12)
    assert literal == pytest.approx(dephasing + 0.5 * (h**2 + (1 - h) ** 2) / bath.t1_us, rel=1e-12)


def test_the_printed_decoherence_moves_hilbert_polarizations() -> None:
    system, bath, drive = small_system(3), table_one(12.0), table_drive()
    literal = printed.hilbert_polarization(system, bath, drive)
    correct = steady_state(system, bath, drive, "hilbert").polarization
    assert 1e-3 < np.abs(literal - correct).max() < 2e-2
    undriven = table_drive(amplitude_mhz=0.0)
    thermal = steady_state(system, bath, undriven, "hilbert").polarization
    np.testing.assert_allclose(printed.hilbert_polarization(system, bath, undriven), thermal, rtol=1e-10)


@pytest.mark.parametrize(("temperature_k", "n_spins"), [(1.2, 2), (12.0, 2), (1.2, 3), (12.0, 3)])
def test_component_form(temperature_k: float, n_spins: int) -> None:
    system, bath = small_system(n_spins), table_one(temperature_k)
    rng = np.random.default_rng(n_spins)
    x, y = rng.normal(size=(2, system.dimension, system.dimension))
    rho = x + x.T + 1j * (y - y.T)
    exact = from_real(UniversalLindblad(system, bath, table_drive()).dissipate(to_real(rho)))
    np.fill_diagonal(exact, 0.0)

    def error(corrected: bool) -> float:
        found = printed.nonsecular_components(system, bath, rho, corrected=corrected)
        return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))

    assert error(corrected=True) < 1e-13
    assert error(corrected=False) > 1e-3


def test_only_the_average_over_phases_is_the_spectrum() -> None:
    state = steady_state(small_system(3), table_one(12.0), table_drive())
    edges = np.linspace(-4.0, 4.0, 41)
    expected = epr_spectrum(state, edges)
    spectra = np.array([printed.fixed_phase_spectrum(state, edges, 2 * np.pi * k / 8) for k in range(8)])
    scale = np.abs(expected).max()
    np.testing.assert_allclose(spectra.mean(axis=0), expected, atol=1e-12 * scale)
    assert (np.abs(spectra - expected).max(axis=1) > 0.05 * scale).all()


def test_without_its_factor_the_spectrum_has_no_weight() -> None:
    state = steady_state(small_system(3), table_one(12.0), table_drive())
    assert abs(state.polarization.mean()) > 0.05
    assert abs(printed.total_weight(state)) < 1e-15


@pytest.mark.parametrize("offset", [-1.1, 0.4])
def test_coherence_of_three_levels(offset: float) -> None:
    strong = ThreeLevel(detuning=0.7, coupling=0.9, amplitude=0.5, decay_1=1.0, decay_2=1.0)
    weak = ThreeLevel(detuning=0.7, coupling=0.9, amplitude=1e-4, decay_1=1.0, decay_2=1.0)

    def error(model: ThreeLevel, corrected: bool) -> float:
        rho = model.gksl_state([offset])[0]
        found = printed.three_level_coherence(model, offset, rho[1, 1].real, rho[2, 2].real, corrected=corrected)
        return float(abs(found - rho[0, 1]) / abs(rho[0, 1]))

    assert error(strong, corrected=True) < 1e-13
    assert error(strong, corrected=False) > 0.05
    assert error(weak, corrected=False) < 1e-7  # the wrong term is of third order in V
