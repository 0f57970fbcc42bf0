"""The crossover table and temperatures of made-up sweeps with known answers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis import find_crossover, format_report, write_results
from dnplab.comparison import RATIO
from dnplab.errors import ParameterError
from tests.analysis.synthetic import COLDEST, ENDS, HOTTEST, LOG_MIDDLE, realizations, sweep


def row(table: pd.DataFrame, **keys: object) -> pd.Series:
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_means_and_standard_errors_are_those_of_the_stored_values() -> None:
    values = realizations(count=7)
    table = find_crossover(sweep(values)).table
    chosen = values[(values["model"] == "secular") & (values["temperature_k"] == 3.0)]
    found = row(table, model="secular", temperature_k=3.0)
    assert found["realizations"] == 7
    assert found["ansatz_deviation"] == pytest.approx(chosen["ansatz_deviation"].mean(), rel=1e-14)
    assert found["ansatz_deviation_sem"] == pytest.approx(chosen["ansatz_deviation"].sem(), rel=1e-12)


def test_rows_are_ordered_by_model_and_temperature() -> None:
    shuffled = realizations(count=3).sample(frac=1.0, random_state=0)
    table = find_crossover(sweep(shuffled)).table
    assert list(table["model"].unique()) == ["hilbert", "secular", "nonsecular"]
    assert all(rows["temperature_k"].is_monotonic_increasing for _, rows in table.groupby("model"))


def test_ratio_is_known_better_than_its_parts() -> None:
    table = find_crossover(sweep(realizations(count=16, noise=0.0))).table
    for temperature, end in ((COLDEST, 0), (HOTTEST, 1)):
        found = row(table, model="nonsecular", temperature_k=temperature)
        expected = ENDS["nonsecular"][end] / ENDS["hilbert"][end]
        assert found["ansatz_deviation_sem"] > 0.02 * found["ansatz_deviation"]
        # The common sample factor cancels: without noise of its own the ratio is exact in every resample.
        for column in (RATIO, f"{RATIO}_lower", f"{RATIO}_upper"):
            assert found[column] == pytest.approx(expected, rel=1e-12)


def test_ratio_uses_the_realizations_that_both_models_have() -> None:
    values = realizations(count=8, noise=0.0)
    lost = (values["model"] == "hilbert") & (values["realization"] == 3)
    table = find_crossover(sweep(values[~lost])).table
    found = row(table, model="nonsecular", temperature_k=HOTTEST)
    assert found["realizations"] == 8
    assert found[RATIO] == pytest.approx(ENDS["nonsecular"][1] / ENDS["hilbert"][1], rel=1e-12)


def test_a_point_without_a_finished_run_has_its_line() -> None:
    values = realizations(count=4)
    whole = find_crossover(sweep(values))
    gone = (values["model"] == "secular") & (values["temperature_k"] == HOTTEST)
    point = {"model": "secular", "bath.temperature_k": HOTTEST}
    table, temperatures = find_crossover(replace(sweep(values[~gone]), missing=(point,)))
    found = row(table, model="secular", temperature_k=HOTTEST)
    assert (found["realizations"], found["excluded"]) == (0, 0)
    assert np.isnan(found["ansatz_deviation"])
    pd.testing.assert_frame_equal(table[["model", "temperature_k"]], whole.table[["model", "temperature_k"]])
    report = format_report(table, temperatures)
    assert re.search(rf"^secular +{HOTTEST:g} +0( +-)+$", report, re.MULTILINE)
    assert "Points with n = 0 have no finished run." in report
    assert "n = 0" not in format_report(*whole)


def test_a_measure_that_some_realizations_lack_is_averaged_over_the_others() -> None:
    values = realizations(count=8, noise=0.0)
    one_point = (values["model"] == "nonsecular") & (values["temperature_k"] == HOTTEST)
    values.loc[one_point & (values["realization"] == 3), "ansatz_deviation"] = np.nan
    table, temperatures = find_crossover(sweep(values))
    found = row(table, model="nonsecular", temperature_k=HOTTEST)
    left = values[one_point]["ansatz_deviation"].dropna()
    assert (found["realizations"], found["ansatz_deviation_n"]) == (8, 7)
    assert found["ansatz_deviation"] == pytest.approx(left.mean(), rel=1e-14)
    assert found["ansatz_deviation_sem"] == pytest.approx(left.sem(), rel=1e-12)
    assert found[RATIO] == pytest.approx(ENDS["nonsecular"][1] / ENDS["hilbert"][1], rel=1e-12)
    assert "bloch_distance_n" not in table
    assert not table[table["model"] != "hilbert"].isna().any().any()
    assert row(temperatures, model="nonsecular", measure="ansatz_deviation")["crossover_k"] > 0
    assert "Not defined for every realization: ansatz_deviation;" in format_report(table, temperatures)


def test_resamples_that_miss_a_rare_measure_do_not_count_against_it() -> None:
    values = realizations(count=16, noise=0.0)
    values.loc[values["realization"] > 1, "ansatz_deviation"] = np.nan  # two of sixteen are left
    found = row(find_crossover(sweep(values)).temperatures, model="nonsecular", measure="ansatz_deviation")
    assert found["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)
    assert found["without_crossing"] == 0.0


def test_without_the_hilbert_model_there_is_no_ratio() -> None:
    assert RATIO not in find_crossover(sweep(realizations(count=3, models=["nonsecular"]))).table


def test_excluded_realizations_are_counted_at_their_point() -> None:
    table = find_crossover(sweep(realizations(count=3), excluded=2)).table
    assert row(table, model="nonsecular", temperature_k=HOTTEST)["excluded"] == 2
    assert table["excluded"].sum() == 2


def test_groups_are_crossovers_of_their_own() -> None:
    small, large = realizations(count=4), realizations(count=4, seed=2)
    both = pd.concat([small.assign(**{"system.n_spins": 4.0}), large.assign(**{"system.n_spins": 6.0})])
    table = find_crossover(sweep(both, groups=("system.n_spins",))).table
    assert table.columns[0] == "system.n_spins"
    for n_spins, values in ((4.0, small), (6.0, large)):
        alone = find_crossover(sweep(values)).table
        part = table[table["system.n_spins"] == n_spins].drop(columns="system.n_spins")
        pd.testing.assert_frame_equal(part.reset_index(drop=True), alone)


def test_crossover_temperature_of_a_rise_linear_in_log_t() -> None:
    found = find_crossover(sweep(realizations(count=16, noise=0.0))).temperatures
    for model in ENDS:
        crossing = row(found, model=model, measure="ansatz_deviation")
        assert crossing["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)
        assert crossing["without_crossing"] == 0.0
        assert crossing["reason"] == ""
    falling = row(found, model="secular", measure="entropy_ratio")
    assert falling["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)


def test_a_measure_with_a_peak_has_bounds_and_a_reason() -> None:
    found = row(find_crossover(sweep(realizations())).temperatures, model="nonsecular", measure="hilbert_distance")
    assert np.isnan(found["crossover_k"])
    assert (found["lower_k"], found["upper_k"]) == (1.2, 8.0)
    assert "monotone" in found["reason"]


def test_a_measure_that_does_not_change_has_none() -> None:
    found = row(find_crossover(sweep(realizations())).temperatures, model="hilbert", measure="bloch_distance")
    assert np.isnan(found["crossover_k"])
    assert (found["lower_k"], found["upper_k"]) == (COLDEST, HOTTEST)
    assert "no change" in found["reason"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (realizations(temperatures=[4.0]), "too few temperatures"),
        (realizations(temperatures=[COLDEST, HOTTEST]), "too few temperatures"),
        (realizations(count=1), "fewer than two realizations"),
    ],
)
def test_too_little_data_has_none(values: pd.DataFrame, reason: str) -> None:
    found = find_crossover(sweep(values)).temperatures
    assert found["crossover_k"].isna().all()
    assert set(found["reason"]) == {reason}


def test_a_missing_temperature_is_interpolated_over() -> None:
    values = realizations(noise=0.0)
    hole = (values["model"] == "nonsecular") & (values["temperature_k"] == 4.0)
    found = find_crossover(sweep(values[~hole])).temperatures
    crossing = row(found, model="nonsecular", measure="ansatz_deviation")
    assert crossing["crossover_k"] == pytest.approx(LOG_MIDDLE, rel=1e-10)


def test_the_bootstrap_is_seeded() -> None:
    data = sweep(realizations())
    first, again, other = (find_crossover(data, seed=seed).temperatures for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first["lower_k"].equals(other["lower_k"])
    np.testing.assert_array_equal(first["crossover_k"], other["crossover_k"])


def test_intervals_cover_the_truth() -> None:
    """Nominal 95 %: of 60 made-up sweeps at least 50 must hold the true crossover and the true ratio."""
    temperatures = [1.2, 2.4, 3.8, 6.0, 12.0]
    truth = ENDS["nonsecular"][1] / ENDS["hilbert"][1]
    hits_crossover = hits_ratio = 0
    for seed in range(60):
        values = realizations(count=24, seed=seed, noise=0.1, temperatures=temperatures)
        data = sweep(values[values["model"] != "secular"])
        crossing = row(find_crossover(data, 300).temperatures, model="nonsecular", measure="ansatz_deviation")
        hits_crossover += bool(crossing["lower_k"] <= LOG_MIDDLE <= crossing["upper_k"])
        ratio = row(find_crossover(data, 300).table, model="nonsecular", temperature_k=HOTTEST)
        hits_ratio += bool(ratio[f"{RATIO}_lower"] <= truth <= ratio[f"{RATIO}_upper"])
    assert 50 <= hits_crossover <= 60
    assert 50 <= hits_ratio < 60


def test_too_few_resamples_are_refused() -> None:
    with pytest.raises(ParameterError, match="bootstrap is 1, but it must be at least 2"):
        find_crossover(sweep(realizations(count=2)), bootstrap=1)


def test_equal_samples_give_equal_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        order = realizations().sample(frac=1.0, random_state=len(written))
        data = sweep(order)
        files = write_results(*find_crossover(data), tmp_path / name)
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1]


def test_files_hold_results_only(tmp_path: Path) -> None:
    data = sweep(realizations())
    table, found = find_crossover(data)
    csv, parquet, temperatures = write_results(table, found, tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(parquet), table)
    pd.testing.assert_frame_equal(pd.read_csv(csv), table, rtol=1e-9, check_dtype=False)
    assert not [name for name in table if "time" in name or "seconds" in name or "run_id" in name]
    words = pd.read_csv(temperatures, dtype=str, keep_default_na=False)
    peaked = row(words, model="nonsecular", measure="hilbert_distance")
    assert peaked["crossover_k"] == "none"
    assert float(row(words, model="secular", measure="ansatz_deviation")["crossover_k"]) > 0


def test_report_fits_100_columns_and_says_the_ratio() -> None:
    data = sweep(realizations(noise=0.0), excluded=2)
    text = format_report(*find_crossover(data))
    assert max(len(line) for line in text.splitlines()) <= 100
    hottest = next(line for line in text.splitlines() if line.startswith("nonsecular     12"))
    assert "3.86 [3.86, 3.86]" in hottest
    assert "16*" in hottest
    assert "2 realizations did not converge" in text


def test_two_temperatures_have_bounds_alone() -> None:
    data = sweep(realizations(temperatures=[COLDEST, HOTTEST], noise=0.0))
    table, found = find_crossover(data)
    assert set(found["lower_k"]) == {COLDEST}
    assert set(found["upper_k"]) == {HOTTEST}
    assert "none: too few temperatures (1.2 to 12 K)" in format_report(table, found)


def test_nothing_is_compared_with_a_hilbert_deviation_of_zero() -> None:
    values = realizations(count=4)
    at_zero = (values["model"] == "hilbert") & (values["temperature_k"] == HOTTEST)
    values.loc[at_zero, "ansatz_deviation"] = 1e-9
    table, found = find_crossover(sweep(values))
    hottest = table[table["temperature_k"] == HOTTEST]
    assert hottest[[RATIO, f"{RATIO}_lower", f"{RATIO}_upper"]].isna().all().all()
    assert table[table["temperature_k"] < HOTTEST][RATIO].notna().all()
    line = next(line for line in format_report(table, found).splitlines() if line.startswith("nonsecular     12"))
    assert line.split()[6] == "-"


def test_one_realization_has_a_ratio_without_interval() -> None:
    table, found = find_crossover(sweep(realizations(count=1)))
    assert table[RATIO].notna().all()
    assert table[[f"{RATIO}_lower", f"{RATIO}_upper"]].isna().all().all()
    lines = format_report(table, found).splitlines()
    assert not any("[" in line for line in lines if line.startswith("nonsecular"))


@pytest.mark.parametrize("factor", [9.0, 90.0, 900.0, 9e5])
def test_columns_of_the_report_stay_apart(factor: float) -> None:
    values = realizations(count=3)
    values.loc[values["model"] == "nonsecular", "ansatz_deviation"] *= factor
    values["realization"] += 100_000
    values["temperature_k"] *= 1.00001234
    text = format_report(*find_crossover(sweep(values)))
    lines = [re.sub(r" ± |, ", "_", line) for line in text.splitlines() if line.startswith(("nonsecular", "secular"))]
    assert {len(line.split()) for line in lines} == {8}


def test_report_of_a_run_without_any_measure() -> None:
    bare = realizations(count=2)[["model", "temperature_k", "realization"]]
    data = sweep(bare)
    text = format_report(*find_crossover(data))
    assert "hilbert       1.2    2" in text
