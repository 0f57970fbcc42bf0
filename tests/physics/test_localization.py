"""The localization measures: their definitions, their two ends, and the crossover itself."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import SpinSystem, steady_state
from dnplab.observables import localization_measures, spin_temperature
from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.bloch import bloch_vectors
from tests.systems.samples import small_system, table_drive, table_one


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_definitions(temperature_k: float) -> None:
    case = small_system(4), table_one(temperature_k), table_drive()
    p = problem(*case)
    thermal = np.tanh(p.beta * p.electron / 2)
    profile = kron.polarization(kron.steady_state(p, "nonsecular"))
    hilbert = kron.polarization(kron.steady_state(p, "hilbert"))
    bloch = 2 * bloch_vectors(p)[:, 2]
    state, rates = steady_state(*case), steady_state(*case, model="hilbert")
    ansatz = spin_temperature(state)
    measures, _ = localization_measures(state, rates, ansatz)
    deviation = rms(profile - ansatz.profile) / thermal
    distance = rms(profile - bloch) / thermal
    expected = {
        "hilbert_distance": rms(profile - hilbert) / thermal,
        "bloch_distance": distance,
        "ansatz_deviation": deviation,
        "localization_index": deviation / (deviation + distance),
    }
    for name, value in expected.items():
        assert measures[name] == pytest.approx(value, rel=1e-7), name
    assert measures["beta_s"] == ansatz.beta_s
    assert measures["mu"] == ansatz.mu


def test_independent_spins_are_fully_localized() -> None:
    case = small_system(4, scale=0.0), table_one(12.0), table_drive()
    state = steady_state(*case)
    measures, _ = localization_measures(state, steady_state(*case, model="hilbert"), spin_temperature(state))
    assert measures["bloch_distance"] < 1e-10
    assert measures["localization_index"] == pytest.approx(1, abs=1e-9)


def test_a_gibbs_state_is_not_localized() -> None:
    """The undriven secular state is exactly a spin temperature, next to Bloch's independent spins."""
    case = small_system(4), table_one(1.2), table_drive(amplitude_mhz=0.0)
    state = steady_state(*case, model="secular")
    measures, undefined = localization_measures(state, steady_state(*case, model="hilbert"), spin_temperature(state))
    assert measures["ansatz_deviation"] < 1e-9
    assert measures["hilbert_distance"] < 1e-9
    assert "localization_index" in undefined  # the ratio of two distances that are both nothing


def test_what_is_undefined_is_absent() -> None:
    case = small_system(1), table_one(12.0), table_drive()
    measures, _ = localization_measures(steady_state(*case), steady_state(*case, model="hilbert"), None)
    assert set(measures) == {"hilbert_distance", "bloch_distance"}


def test_the_nonsecular_curve_leaves_the_hilbert_curve_as_the_bath_warms() -> None:
    """The result itself: ansatz_deviation over that of Hilbert is below 2 at 1.2 K and above 2.5 at 12 K."""
    ratios = {}
    for temperature_k in (1.2, 12.0):
        bath, drive = table_one(temperature_k), table_drive()
        deviations: dict[str, list[float]] = {"nonsecular": [], "hilbert": []}
        for realization in range(12):
            system = SpinSystem.sample(n_spins=7, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, realization))
            for model, values in deviations.items():
                state = steady_state(system, bath, drive, model=model)
                values.append(rms(state.polarization - spin_temperature(state).profile))
        ratios[temperature_k] = np.mean(deviations["nonsecular"]) / np.mean(deviations["hilbert"])
    assert ratios[1.2] < 2
    assert ratios[12.0] > 2.5
