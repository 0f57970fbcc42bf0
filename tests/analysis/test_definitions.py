"""The crossover by several definitions, on plain tables with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis import DEFINITIONS, crossover_definitions, crossover_temperatures, find_crossover
from dnplab.analysis.definitions import COLUMNS
from dnplab.analysis.pairs import curve_columns
from dnplab.errors import ParameterError
from tests.analysis.synthetic import COLDEST, ENDS, HOTTEST, LOG_MIDDLE, TEMPERATURES, realizations, sweep

MIDDLE_K, STEEPNESS = 4.0, 0.25


@pytest.fixture(scope="module")
def sigmoids() -> pd.DataFrame:
    """Nonsecular rises by a sigmoid around 4 K above a constant Hilbert model; a factor per sample, and some noise."""
    rng = np.random.default_rng(2)
    count = 30
    factor = np.exp(0.2 * rng.normal(size=count))
    parts = []
    for model, rise in (("hilbert", 0.0), ("nonsecular", 0.09)):
        for t in np.geomspace(1.2, 12.0, 9):
            share = 1.0 / (1.0 + np.exp(-np.log(t / MIDDLE_K) / STEEPNESS))
            values = factor * (0.03 + rise * share) * np.exp(0.02 * rng.normal(size=count))
            parts.append(pd.DataFrame({"model": model, "temperature_k": t, "realization": range(count), "y": values}))
    return pd.concat(parts, ignore_index=True)


def row(table: pd.DataFrame, **keys: object) -> pd.Series:
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_half_rise_is_the_crossover_table_of_a_sweep() -> None:
    values = realizations()
    found = crossover_temperatures(values, "ansatz_deviation")
    expected = find_crossover(sweep(values)).temperatures
    expected = expected[expected["measure"] == "ansatz_deviation"]
    shared = ["model", "crossover_k", "lower_k", "upper_k", "without_crossing", "reason"]
    pd.testing.assert_frame_equal(found[shared], expected[shared].reset_index(drop=True), check_exact=True)
    assert list(found.columns) == list(COLUMNS)


def test_a_rise_linear_in_log_t_takes_four_fifths_of_the_sweep() -> None:
    found = row(crossover_temperatures(realizations(noise=0.0), "ansatz_deviation"), model="nonsecular")
    assert found["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)
    assert found["width_decades"] == pytest.approx(0.8 * np.log10(HOTTEST / COLDEST), rel=1e-10)
    assert found["width_lower"] == pytest.approx(found["width_upper"])


@pytest.mark.parametrize("definition", ["half rise", "sigmoid", "steepest"])
def test_definitions_of_the_curve_agree_on_a_sigmoid(sigmoids: pd.DataFrame, definition: str) -> None:
    found = row(crossover_temperatures(sigmoids, "y", definition, bootstrap=300), model="nonsecular")
    assert found["crossover_k"] == pytest.approx(MIDDLE_K, rel=0.1)
    assert found["lower_k"] <= found["crossover_k"] <= found["upper_k"]
    assert found["lower_k"] < MIDDLE_K * 1.07  # the interval does not know the spacing of the temperatures, a factor 1.33
    assert found["upper_k"] > MIDDLE_K / 1.07
    widths = {"half rise": np.log(9) * 2, "sigmoid": np.log(9) * 2, "steepest": 4.0}  # in units of the steepness
    assert found["width_decades"] == pytest.approx(widths[definition] * STEEPNESS / np.log(10), rel=0.15)


def test_doubling_is_where_the_mean_is_twice_hilberts(sigmoids: pd.DataFrame) -> None:
    found = row(crossover_temperatures(sigmoids, "y", "doubling", bootstrap=300), model="nonsecular")
    truth = MIDDLE_K * (1 / 3 / (1 - 1 / 3)) ** STEEPNESS  # rise 0.09 / 0.03: a third of it doubles
    assert found["crossover_k"] == pytest.approx(truth, rel=0.03)  # linear between temperatures a factor 1.33 apart
    assert found["lower_k"] <= found["crossover_k"] <= found["upper_k"]
    assert np.isnan(found["width_decades"])


def test_departure_comes_earlier_with_more_samples() -> None:
    rng, parts = np.random.default_rng(0), []
    for model, rise in (("hilbert", 0.0), ("nonsecular", 1.0)):
        for t in TEMPERATURES:
            values = rise * np.log(t / COLDEST) + 2.0 * rng.normal(size=400)
            parts.append(pd.DataFrame({"model": model, "temperature_k": t, "realization": range(400), "y": values}))
    whole = pd.concat(parts, ignore_index=True)
    late, early = (
        row(crossover_temperatures(values, "y", "departure", bootstrap=200), model="nonsecular")
        for values in (whole[whole["realization"] < 40], whole)
    )
    assert early["crossover_k"] < late["crossover_k"] < HOTTEST
    assert early["crossover_k"] < 2.0


def test_hilbert_is_not_compared_with_itself(sigmoids: pd.DataFrame) -> None:
    found = crossover_definitions(sigmoids, ["y"], bootstrap=50)
    assert set(found[found["model"] == "nonsecular"]["definition"]) == set(DEFINITIONS)
    assert set(found[found["model"] == "hilbert"]["definition"]) == {"half rise", "sigmoid", "steepest"}
    alone = crossover_definitions(sigmoids[sigmoids["model"] == "nonsecular"], ["y"], bootstrap=50)
    assert set(alone["definition"]) == {"half rise", "sigmoid", "steepest"}


def test_the_difference_and_the_ratio_are_measures_too() -> None:
    values = realizations(noise=0.0)
    rise = {model: np.subtract(ENDS[model], ENDS["hilbert"]) for model in ENDS}
    found = crossover_definitions(values, ["ansatz_deviation_minus_hilbert", "ansatz_deviation_over_hilbert"], ["half rise"])
    assert set(found["model"]) == {"secular", "nonsecular"}
    difference = row(found, model="nonsecular", measure="ansatz_deviation_minus_hilbert")
    assert difference["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)  # both are linear in log T
    assert rise["nonsecular"][1] > rise["nonsecular"][0]
    ratio = row(found, model="nonsecular", measure="ansatz_deviation_over_hilbert")
    assert COLDEST < ratio["crossover_k"] < LOG_MIDDLE  # above a rising denominator


@pytest.mark.parametrize(
    ("scale", "definition", "bounds", "reason"),
    [
        (5.0, "doubling", (0.0, COLDEST), "below the coldest temperature"),
        (0.3, "doubling", (HOTTEST, np.inf), "above the hottest temperature"),
        (5.0, "departure", (0.0, COLDEST), "below the coldest temperature"),
        (1.0, "steepest", (COLDEST, HOTTEST), "no rise between two plateaus in the sweep"),  # a straight line
    ],
)
def test_where_the_sweep_shows_no_crossover_are_bounds(
    scale: float, definition: str, bounds: tuple[float, float], reason: str
) -> None:
    values = realizations(noise=0.0)
    values.loc[values["model"] == "nonsecular", "ansatz_deviation"] *= scale
    found = row(crossover_temperatures(values, "ansatz_deviation", definition), model="nonsecular")
    assert np.isnan(found["crossover_k"])
    assert (found["lower_k"], found["upper_k"]) == bounds
    assert found["reason"] == reason
    assert found[["width_decades", "width_lower", "width_upper"]].isna().all()


def test_a_sigmoid_needs_five_temperatures(sigmoids: pd.DataFrame) -> None:
    four = sigmoids[sigmoids["temperature_k"].isin(sorted(set(sigmoids["temperature_k"]))[::2][:4])]
    found = row(crossover_temperatures(four, "y", "sigmoid"), model="nonsecular")
    assert found["reason"] == "too few temperatures"


def test_sizes_are_curves_of_their_own() -> None:
    small, large = realizations(count=4), realizations(count=6, seed=2)
    both = pd.concat([small.assign(n_spins=4), large.assign(n_spins=6)])
    both = both[["n_spins", *small.columns]]
    found = crossover_temperatures(both, "ansatz_deviation", bootstrap=100)
    assert list(found.columns) == ["n_spins", *COLUMNS]
    for n_spins, values in ((4, small), (6, large)):
        alone = crossover_temperatures(values, "ansatz_deviation", bootstrap=100)
        part = found[found["n_spins"] == n_spins].drop(columns="n_spins").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone, check_exact=True)


def test_curves_are_told_apart_by_what_does_not_follow_the_temperature() -> None:
    """Two baths: their times follow temperature and process; a coupling that one of them lacks must not lose its rows."""
    plain = realizations(count=3).assign(process="none", t1_us=lambda v: 1 / v["temperature_k"], coupling_ratio=np.nan)
    phonons = realizations(count=3).assign(process="direct", t1_us=lambda v: 2 / v["temperature_k"], coupling_ratio=0.1)
    both = pd.concat([plain, phonons], ignore_index=True)
    front = ["model", "temperature_k", "process", "t1_us", "coupling_ratio", "realization"]
    both = both[[*front, *(name for name in both if name not in front)]]
    assert curve_columns(both) == ["process"]
    found = crossover_temperatures(both, "ansatz_deviation", bootstrap=20)
    assert found.groupby("process").size().to_dict() == {"direct": 3, "none": 3}
    lacking = crossover_temperatures(both, "ansatz_deviation", by=["coupling_ratio"], bootstrap=20)
    assert len(lacking) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"definition": "typo"},
            "definition is 'typo', but it must be one of half rise, sigmoid, steepest, departure, doubling",
        ),
        ({"measure": "typo"}, "samples is .*a table with the column typo"),
        ({"by": ["size"]}, "samples is .*a table with the column size"),
        ({"bootstrap": 1}, "bootstrap is 1, but it must be at least 2"),
    ],
)
def test_what_is_not_there_is_one_sentence(words: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        crossover_temperatures(realizations(count=2), **words)  # type: ignore[arg-type]


def test_repeated_realizations_are_never_mixed() -> None:
    twice = pd.concat([realizations(count=2), realizations(count=2, seed=2)])
    with pytest.raises(ParameterError, match="realizations repeat"):
        crossover_temperatures(twice)
    with pytest.raises(ParameterError, match=r"by is .* a list with seed"):
        crossover_temperatures(pd.concat([realizations(count=2).assign(seed=s) for s in (0, 1)]), by=[])


def test_equal_seeds_give_equal_tables(sigmoids: pd.DataFrame) -> None:
    first, again = (crossover_definitions(sigmoids, ["y"], bootstrap=50) for _ in range(2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = crossover_definitions(sigmoids, ["y"], bootstrap=50, seed=1)
    np.testing.assert_array_equal(first["crossover_k"], other["crossover_k"])
    assert not first["lower_k"].equals(other["lower_k"])


def test_sigmoid_intervals_cover_the_truth() -> None:
    """Nominal 95 %: of 40 made-up sweeps at least 33 must hold the true midpoint."""
    temperatures, hits = np.array(TEMPERATURES), 0
    share = 1.0 / (1.0 + np.exp(-np.log(temperatures / 3.5) / 0.3))
    for seed in range(40):
        rng = np.random.default_rng(seed)
        factor = np.exp(0.2 * rng.normal(size=(24, 1)))
        values = factor * (0.03 + 0.09 * share) * np.exp(0.05 * rng.normal(size=(24, temperatures.size)))
        table = pd.DataFrame(
            {
                "model": "nonsecular",
                "temperature_k": np.tile(temperatures, 24),
                "realization": np.repeat(np.arange(24), temperatures.size),
                "y": values.ravel(),
            }
        )
        found = crossover_temperatures(table, "y", "sigmoid", bootstrap=200, seed=seed).iloc[0]
        hits += bool(found["lower_k"] <= 3.5 <= found["upper_k"])
    assert 33 <= hits <= 40
