"""Means, ratios and resamples on grids of points that share their samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis.bootstrap import resample_weights
from dnplab.analysis.curves import curves_of
from dnplab.analysis.definitions import crossover_definitions
from dnplab.analysis.grids import Axes, average, cube, ratio, stored
from dnplab.errors import ParameterError

RATIO = "ansatz_deviation_over_hilbert"
AXES: Axes = {"model": ["hilbert", "nonsecular"], "temperature_k": [1.2, 3.0, 12.0]}


def long_table(temperatures: tuple[float, ...] = (1.2, 3.0, 12.0), count: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([["hilbert", "nonsecular"], temperatures, range(count)])
    table = index.to_frame(index=False, name=["model", "temperature_k", "realization"])
    return table.assign(ansatz_deviation=0.1 + 0.02 * rng.random(len(table)))


def test_a_resample_without_any_value_leaves_the_others_their_error() -> None:
    rng = np.random.default_rng(0)
    above, below = 1.0 + 0.1 * rng.random((2, 12)), 1.0 + 0.1 * rng.random((2, 12))
    above[0, 3:] = np.nan  # a few resamples draw none of the three
    found = ratio(above, below, resample_weights(12, 1000, seed=0))
    lost = np.isnan(found.resampled[:, 0])
    assert 0 < lost.sum() < 100
    assert found.sem[0] == pytest.approx(np.std(found.resampled[~lost, 0]), rel=1e-12)
    assert list(found.used) == [3, 12]


def test_one_realization_has_a_ratio_without_an_error() -> None:
    values = np.array([[2.0, np.nan, np.nan]])
    found = ratio(values, np.ones((1, 3)), resample_weights(3, 200, seed=0))
    assert found.mean[0] == 2.0
    assert np.isnan(found.sem[0])


def test_a_ratio_over_rounding_is_none() -> None:
    found = ratio(np.ones((2, 5)), np.array([[1e-9] * 5, [0.5] * 5]), resample_weights(5, 50, seed=0))
    assert np.isnan(found.mean[0])
    assert np.isnan(found.resampled[:, 0]).all()
    assert found.mean[1] == 2.0


def test_a_sigmoid_is_found_though_a_resample_lacks_the_measure_at_one_temperature() -> None:
    temperatures = (1.2, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
    samples = long_table(temperatures)
    rise = 1.0 + 1.0 / (1.0 + np.exp(-6.0 * np.log(samples["temperature_k"] / 4.0)))
    rng = np.random.default_rng(2)
    scatter = 1.0 + 0.02 * rng.normal(size=len(samples))
    samples["ansatz_deviation"] = np.where(samples["model"] == "hilbert", 0.05, 0.05 * rise) * scatter
    few = (samples["temperature_k"] == 1.2) & (samples["realization"] > 2)
    samples.loc[few, "ansatz_deviation"] = np.nan
    found = crossover_definitions(samples, [RATIO], ["sigmoid"], by=[])
    row = found[found["model"] == "nonsecular"].iloc[0]
    assert row["reason"] == ""
    assert row["crossover_k"] == pytest.approx(4.0, abs=0.3)


def test_a_curve_and_a_map_have_the_same_ratio() -> None:
    samples = long_table()
    samples.loc[samples["temperature_k"] == 1.2, "ansatz_deviation"] = 1e-9
    curve = curves_of(samples, 100, 0).measures[RATIO]
    values = cube(samples, "ansatz_deviation", AXES)
    found = ratio(values, values[0], resample_weights(12, 100, 0))
    np.testing.assert_array_equal(curve.mean, found.mean)
    np.testing.assert_array_equal(curve.resampled, found.resampled)
    assert np.isnan(curve.mean[:, 0]).all()


def test_repeated_realizations_are_refused() -> None:
    samples = long_table()
    with pytest.raises(ParameterError, match="realizations repeat"):
        cube(pd.concat([samples, samples.head(1)]), "ansatz_deviation", AXES)


def test_points_without_a_run_hold_no_realizations() -> None:
    axes: Axes = {"model": ["hilbert", "nonsecular"], "temperature_k": [1.2, 2.0]}
    np.testing.assert_array_equal(stored(long_table(), axes), [[12, 0], [12, 0]])


def test_groups_that_share_samples_can_share_their_draws() -> None:
    samples = long_table(count=20)
    weights = resample_weights(20, 300, seed=4)
    part = samples[samples["realization"].between(5, 14)]
    found = curves_of(part, 300, 0, weights=weights).measures["ansatz_deviation"]
    whole = curves_of(samples, 300, 0, weights=weights).measures["ansatz_deviation"]
    values = cube(part, "ansatz_deviation", AXES)
    np.testing.assert_array_equal(found.resampled, average(values, weights[:, 5:15]).resampled)
    assert np.corrcoef(found.resampled[:, 1, 2], whole.resampled[:, 1, 2])[0, 1] > 0.4  # half of the samples are the same
    with pytest.raises(ParameterError, match="weights"):
        curves_of(samples, 300, 0, weights=weights[:, :10])


def test_a_part_of_the_temperatures_keeps_its_points() -> None:
    curves = curves_of(long_table(), 50, 0)
    part = curves.between(3.0, 12.0)
    assert list(part.temperature_k) == [3.0, 12.0]
    np.testing.assert_array_equal(part.measures[RATIO].resampled, curves.measures[RATIO].resampled[..., 1:])
    np.testing.assert_array_equal(part.realizations, curves.realizations[:, 1:])
