"""The EPR spectrum (S63) against a brute-force pulse experiment, its sum rule and its diagonal form (S64)."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import epr_spectrum, steady_state
from tests.reference import kronecker as kron
from tests.reference.convert import MEGAHERTZ, problem
from tests.reference.pulse import pulse_spectrum
from tests.systems.samples import small_system, table_drive, table_one

EDGES_MHZ = np.linspace(-3.007, 3.011, 25)
MODELS = ["nonsecular", "secular", "hilbert"]


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("n_spins", [1, 2, 3])
def test_pulse_experiment(n_spins: int, temperature_k: float, model: str, ising: bool) -> None:
    """Exact pulse on one spin, exact bin integral, eight phases."""
    system = small_system(n_spins, ising=ising)
    bath, drive = table_one(temperature_k), table_drive()
    state = steady_state(system, bath, drive, model=model)
    p = problem(system, bath, drive)
    expected = MEGAHERTZ * pulse_spectrum(p, state.density_matrix(), MEGAHERTZ * EDGES_MHZ)
    spectrum = epr_spectrum(state, EDGES_MHZ)
    assert spectrum.shape == (24,)
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("n_spins", [1, 2, 3])
def test_phase_cycling_matters(n_spins: int) -> None:
    """E3: a pulse of one fixed phase adds dispersive terms of more than 5 % of the maximum."""
    system, bath, drive = small_system(n_spins), table_one(12.0), table_drive()
    state = steady_state(system, bath, drive)
    p = problem(system, bath, drive)
    fixed = MEGAHERTZ * pulse_spectrum(p, state.density_matrix(), MEGAHERTZ * EDGES_MHZ, phases=1)
    spectrum = epr_spectrum(state, EDGES_MHZ)
    assert np.abs(fixed - spectrum).max() > 0.05 * np.abs(spectrum).max()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_sum_rule(temperature_k: float, model: str) -> None:
    """The integral over all lines is mean P; dispersive tails leave O(1 / width), diagonal states nothing."""
    state = steady_state(small_system(4), table_one(temperature_k), table_drive(), model=model)
    errors = []
    for half_width in (1e3, 1e5):
        edges = np.linspace(-half_width, half_width, 8)
        integral = (epr_spectrum(state, edges) * np.diff(edges)).sum()
        errors.append(abs(integral - state.polarization.mean()))
    if model == "hilbert":
        assert max(errors) < 1e-12
    else:
        assert errors[0] < 1e-3
        assert errors[1] < 2e-2 * errors[0] + 1e-12


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_diagonal_form(temperature_k: float) -> None:
    """(S64): each line of a Hilbert state carries (p_n - p_k) sum_i |<n|S^+_i|k>|^2."""
    system, bath, drive = small_system(4), table_one(temperature_k), table_drive()
    state = steady_state(system, bath, drive, model="hilbert")
    p = problem(system, bath, drive)
    basis = kron.eigenbasis(p)
    populations = np.diag(basis.matrix(state.density_matrix())).real
    weights = sum(np.abs(basis.matrix(kron.site("+", i, 4))) ** 2 for i in range(4))
    lines = weights * (populations[:, None] - populations[None, :]) / 4
    positions = basis.gaps(0.0) / MEGAHERTZ
    expected, _ = np.histogram(positions, bins=EDGES_MHZ, weights=lines)
    expected = expected / np.diff(EDGES_MHZ)
    spectrum = epr_spectrum(state, EDGES_MHZ)
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


def test_uncoupled_lines() -> None:
    """(S67): without couplings spin i contributes P_i / N at its own frequency, and nothing elsewhere."""
    system = small_system(3, scale=0.0)
    state = steady_state(system, table_one(12.0), table_drive())
    spectrum = epr_spectrum(state, EDGES_MHZ)
    expected, _ = np.histogram(system.offsets_mhz, bins=EDGES_MHZ, weights=state.polarization / 3)
    expected = expected / np.diff(EDGES_MHZ)
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
