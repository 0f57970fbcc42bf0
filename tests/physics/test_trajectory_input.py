"""Quantum trajectories: what is refused, what has no value, and the study that compares them with the steady state."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import DegenerateSpectrumError, DnplabError, MemoryEstimateError, ParameterError, UndefinedMeasureError
from dnplab.studies.trajectories import TrajectoriesStudy
from dnplab.trajectories import agreement, trajectory, trajectory_averages
from tests.systems.samples import small_system, table_drive
from tests.systems.trajectories import FAST, UNEVEN, small_averages

# --- bad input


def study(**changes: object) -> TrajectoriesStudy:
    arguments: dict[str, object] = {"n_spins": 3, "disorder_mhz": 5.0, "coupling_mhz": 0.75, "bath": FAST}
    arguments |= {"drive": table_drive(), "count": 2, "count_hilbert": 2, "duration_us": 150.0, "step_us": 0.2}
    arguments |= {"burn_in_us": None, "shown_us": 2.0, "shown_step_us": 0.02}
    return TrajectoriesStudy(**arguments | changes)  # type: ignore[arg-type]


def single(**changes: object) -> object:
    return trajectory(small_system(2), FAST, table_drive(), **changes)  # type: ignore[arg-type]


BAD: list[tuple[Callable[..., object], str, object, str]] = [
    (single, "model", "secular", "no unravelling"),
    (single, "model", "ule", "no unravelling"),
    (single, "model", "lindblad", "one of"),
    (single, "duration_us", -1.0, "> 0"),
    (single, "duration_us", float("nan"), "> 0"),
    (single, "step_us", 0.0, "> 0"),
    (single, "step_us", 1.7, "1.6 µs"),
    (single, "seed", 3, "pair"),
    (single, "seed", (0, -1), "integer >= 0"),
    (single, "initial", [1.0, 0.0], "4 finite amplitudes"),
    (single, "initial", np.zeros(4), "not all zero"),
    (single, "initial", "abc", "4 finite amplitudes"),
    (single, "burn_in_us", -1.0, ">= 0"),
    (single, "propagator", "euler", "taylor"),
    (single, "flips", "sideways", "one of ladder, components"),
    (small_averages, "flips", "sideways", "one of ladder, components"),
    (small_averages, "batch_us", 0.0, "> 0"),
    (small_averages, "batch_us", 0.001, "at least the sampling step"),
    (small_averages, "duration_us", 1.0, "T_1 = 1.6 µs"),
    (small_averages, "duration_us", -5.0, "> 0"),
    (small_averages, "trajectories", 0, "integer >= 1"),
    (small_averages, "burn_in_us", -1.0, ">= 0"),
    (small_averages, "workers", -1, ">= 0"),
    (study, "duration_us", 1.0, "T_1 = 1.6 µs"),
    (study, "step_us", 2.0, "1.6 µs"),
    (study, "shown_us", -1.0, "> 0"),
    (study, "shown_step_us", 2.0, "1.6 µs"),
    (study, "shown_step_us", 1e-6, "shown_us"),
    (study, "duration_us", 30.0, "8 batches"),
    (study, "count", 0, "integer >= 1"),
    (study, "count_hilbert", 0, "integer >= 1"),
    (study, "seed", -1, ">= 0"),
    (study, "burn_in_us", -1.0, ">= 0"),
]


@pytest.mark.parametrize(("make", "key", "value", "words"), BAD, ids=[f"{m.__name__}.{k}={v!r}" for m, k, v, _ in BAD])
def test_bad_input_is_one_sentence(make: Callable[..., object], key: str, value: object, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make(**{key: value})
    assert_one_sentence(caught.value, key, words)


def assert_one_sentence(error: DnplabError, *words: str) -> None:
    message = str(error)
    assert "\n" not in message
    assert message.endswith(".")
    for word in words:
        assert word in message


def test_levels_have_no_components() -> None:
    for make in (single, small_averages):
        with pytest.raises(ParameterError, match="flips is 'components', but it must be ladder for model=hilbert") as caught:
            make(model="hilbert", flips="components")
        assert_one_sentence(caught.value)
    with pytest.raises(ParameterError, match=r"duration_us is 60.0, but it must be at least 61 µs .* a batch \(batch_us\)"):
        small_averages(batch_us=61.0)


def test_a_level_must_exist() -> None:
    with pytest.raises(ParameterError, match="initial is 4, but it must be None or a level from 0 to 3"):
        trajectory(small_system(2), FAST, table_drive(), "hilbert", initial=4)


@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_what_does_not_fit_says_what_it_needs(model: str) -> None:
    """Refused before anything is allocated."""
    system = SpinSystem.sample(n_spins=24, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    with pytest.raises(MemoryEstimateError) as caught:
        trajectory(system, UNEVEN, table_drive(), model, weights=True)
    assert_one_sentence(caught.value, "24", "GiB", model)


@pytest.mark.parametrize("changes", [{"duration_us": 1e308}, {"step_us": 1e-320}, {"burn_in_us": 1e300}])
def test_what_would_never_end_does_not_fit(changes: dict[str, float]) -> None:
    for make in (single, small_averages):
        with pytest.raises(MemoryEstimateError) as caught:
            make(**changes)
        assert_one_sentence(caught.value, "GiB")


def test_memory_is_that_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of eight histories would fit by itself."""
    monkeypatch.setattr("dnplab.trajectories.run.free_bytes", lambda _device: 2e6)
    with pytest.raises(MemoryEstimateError, match=r"each of 8 nonsecular trajectories at once"):
        small_averages(trajectories=8, workers=8, step_us=0.005)
    trajectory(small_system(2), FAST, table_drive(), duration_us=60.0, step_us=0.005, weights=True)


def test_jumps_by_strong_microwaves_need_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same history fits where microwaves are weak."""
    monkeypatch.setattr("dnplab.trajectories.run.free_bytes", lambda _device: 1e6)
    weak, strong = (table_drive(amplitude_mhz=amplitude_mhz) for amplitude_mhz in (0.1, 100.0))
    trajectory(small_system(2), FAST, weak, "hilbert", duration_us=60.0, step_us=1.0)
    with pytest.raises(MemoryEstimateError, match="a hilbert trajectory of 60 µs"):
        trajectory(small_system(2), FAST, strong, "hilbert", duration_us=60.0, step_us=1.0)


def test_spins_that_always_agree_are_one_number() -> None:
    """Without disorder both spins of a pair have the same polarization in every level, and in the steady state."""
    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[0.0, 0.0], couplings_mhz=[[0.0, 0.75], [0.75, 0.0]])
    found = trajectory_averages(system, FAST, table_drive(), "hilbert", trajectories=2, duration_us=300.0, workers=1)
    steady = steady_state(system, FAST, table_drive(), model="hilbert").polarization
    one, both = agreement(found.polarization[:, :1], steady[:1]), agreement(found.polarization, steady)
    np.testing.assert_allclose(both.chi2, one.chi2, rtol=1e-9)
    assert both.p_value == pytest.approx(one.p_value, rel=1e-9)
    assert agreement(found.polarization, steady + np.array([0.001, -0.001])).p_value == 0.0  # though within both errors


def test_degenerate_levels_are_told_before_any_history() -> None:
    counts: list[int] = []
    with pytest.raises(DegenerateSpectrumError):
        study(disorder_mhz=0.0, coupling_mhz=0.0).compute(counts.append)
    assert not counts


def test_what_never_changes_has_no_correlation_time() -> None:
    cold, off = Bath(temperature_k=0.05, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16), table_drive(amplitude_mhz=0.0)
    found = trajectory_averages(small_system(2), cold, off, trajectories=2, duration_us=60.0, step_us=0.5, workers=1)
    assert np.isnan(found.correlation_us).all()
    with pytest.raises(UndefinedMeasureError, match="2 of 2"):
        agreement(np.tile([-1.0, 0.5], (8, 1)) + 1e-16 * np.arange(16).reshape(8, 2), np.array([-1.0, 0.5]))


def test_an_average_that_never_changes_has_no_error() -> None:
    """Without jumps there is nothing to compare; without microwaves a rate that no jump shows is left open."""
    with pytest.raises(UndefinedMeasureError) as caught:
        agreement(np.tile([-1.0, 0.5], (8, 1)), np.array([-1.0, 0.5]))
    assert_one_sentence(caught.value, "2 of 2", "duration")
    with pytest.raises(ParameterError, match="batches is 3, but it must be more than 3"):
        agreement(np.eye(3)[:, :2], np.zeros(2))
    dark = Bath(temperature_k=0.9, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)  # S+ jumps happen, but rarely
    result = study(bath=dark, drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.0)).compute()
    assert not result.tables["averages"]["quantity"].str.contains("microwaves").any()
    assert np.isfinite(result.metrics["check.hilbert_worst_z"])


# --- the study


def test_the_study_compares_with_the_steady_state() -> None:
    one, done = study(), []
    result = one.compute(done.append)
    assert sum(done) == one.steps
    assert result.tables["levels"].shape == (8, 3)
    table = result.tables["averages"].set_index(["model", "quantity", "site"])
    state = steady_state(one.system, FAST, table_drive(), model="nonsecular")
    for site, polarization in enumerate(state.polarization):
        assert table.loc[("nonsecular", "polarization", site), "steady_state"] == pytest.approx(polarization, abs=1e-9)
    assert table["z"].abs().max() < 5
    assert result.metrics["obs.nonsecular_rate_dephase_steady"] == pytest.approx(3 / (8 * 0.16), rel=1e-9)
    assert result.metrics["obs.hilbert_participation"] == pytest.approx(1.0)
    assert 1.0 < result.metrics["obs.nonsecular_participation"] < 8.0
    assert all(np.isfinite(value) for value in result.metrics.values())
    weights = result.tables["weights"].groupby("time_us")["weight"].sum()
    assert weights.between(1 - 8e-3, 1 + 1e-9).all()
    assert set(result.tables["jumps"]["model"]) == {"nonsecular", "hilbert"}
    assert result.tables["jumps"]["time_us"].between(0, 2).all()
    assert "steady state" in result.text
    again = study().compute()
    for name, found in result.tables.items():
        assert found.equals(again.tables[name])
