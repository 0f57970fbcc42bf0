"""Differences on the same samples: against a computation by hand, and what pairing is good for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dnplab import Bath, Drive
from dnplab.analysis import paired_difference
from dnplab.ensemble import EnsembleSpec, run_ensemble
from dnplab.errors import ParameterError
from tests.analysis.synthetic import realizations


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    """Twelve samples of four spins at 12 K, solved."""
    parts = []
    for model in ("hilbert", "secular", "nonsecular"):
        spec = EnsembleSpec(
            n_spins=4,
            disorder_mhz=5.0,
            coupling_mhz=0.75,
            bath=Bath.letter(temperature_k=12.0),
            drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.628),
            realizations=12,
            model=model,
            observables=("polarization", "spin_temperature"),
        )
        samples = run_ensemble(spec, workers=1).scalars.reset_index()
        parts.append(pd.concat([pd.DataFrame({"model": [model] * 12, "temperature_k": 12.0}), samples], axis="columns"))
    return pd.concat(parts, ignore_index=True)


def by_hand(samples: pd.DataFrame, measure: str, model: str, **point: float) -> pd.Series:
    """Differences from Hilbert by realization, in plain pandas."""
    for name, value in point.items():
        samples = samples[samples[name] == value]
    values = {name: rows.set_index("realization")[measure] for name, rows in samples.groupby("model")}
    return (values[model] - values["hilbert"]).dropna()


@pytest.mark.parametrize("measure", ["ansatz_deviation", "bloch_distance", "mean_polarization"])
def test_against_pandas_by_hand(real: pd.DataFrame, measure: str) -> None:
    found = paired_difference(real, measure).set_index("model")
    assert list(found.index) == ["secular", "nonsecular"]
    for model in found.index:
        expected = by_hand(real, measure, str(model))
        assert found.loc[model, "difference"] == pytest.approx(expected.mean(), rel=1e-12)
        assert found.loc[model, "sem"] == pytest.approx(expected.sem(), rel=1e-12)
        assert found.loc[model, "n"] == 12
        interval = stats.ttest_1samp(expected, 0.0).confidence_interval(0.95)
        assert found.loc[model, "lower"] == pytest.approx(interval.low, rel=1e-12)
        assert found.loc[model, "upper"] == pytest.approx(interval.high, rel=1e-12)


def test_the_paired_error_of_real_samples_is_far_smaller(real: pd.DataFrame) -> None:
    """Secular and Hilbert polarizations differ by little on each sample, and by much from sample to sample."""
    found = paired_difference(real, "mean_polarization").set_index("model").loc["secular"]
    sems = real.groupby("model")["mean_polarization"].sem()
    unpaired = np.hypot(sems["secular"], sems["hilbert"])
    assert 0.0 < found["sem"] < 0.1 * unpaired


def test_every_point_of_a_sweep() -> None:
    values = realizations(count=5)
    found = paired_difference(values, "ansatz_deviation")
    assert list(found.columns) == ["temperature_k", "model", "difference", "sem", "n", "lower", "upper"]
    assert len(found) == 8 * 2
    for row in found.to_dict("records"):
        expected = by_hand(values, "ansatz_deviation", row["model"], temperature_k=row["temperature_k"])
        assert row["difference"] == pytest.approx(expected.mean(), rel=1e-12)


def test_only_shared_realizations_count() -> None:
    values = realizations(count=6)
    lost = (values["model"] == "hilbert") & (values["temperature_k"] == 4.0) & (values["realization"] < 2)
    absent = (values["model"] == "secular") & (values["temperature_k"] == 4.0) & (values["realization"] == 3)
    values.loc[absent, "ansatz_deviation"] = np.nan
    found = paired_difference(values[~lost], "ansatz_deviation").set_index(["temperature_k", "model"])
    assert found.loc[(4.0, "nonsecular"), "n"] == 4
    assert found.loc[(4.0, "secular"), "n"] == 3
    expected = by_hand(values[~lost], "ansatz_deviation", "secular", temperature_k=4.0)
    assert found.loc[(4.0, "secular"), "difference"] == pytest.approx(expected.mean(), rel=1e-12)


def test_one_shared_realization_has_no_error_and_none_no_difference() -> None:
    values = realizations(count=2, models=["hilbert", "secular"], temperatures=[1.2, 4.0])
    lost = (values["model"] == "hilbert") & ((values["temperature_k"] == 4.0) | (values["realization"] == 0))
    found = paired_difference(values[~lost], "ansatz_deviation").set_index("temperature_k")
    assert found["n"].tolist() == [1, 0]
    assert np.isfinite(found.loc[1.2, "difference"])
    assert found.loc[1.2, ["sem", "lower", "upper"]].isna().all()
    assert found.loc[4.0, ["difference", "sem", "lower", "upper"]].isna().all()


def test_bookkeeping_that_differs_between_models_is_no_obstacle() -> None:
    """The letter takes more samples of the Hilbert model: such a column must not keep the pairs apart."""
    values = realizations(count=4)
    values.insert(1, "run_id", values["model"] + values["temperature_k"].astype(str))
    values.insert(2, "realizations", np.where(values["model"] == "hilbert", 3000, 1000))
    assert (paired_difference(values, "ansatz_deviation")["n"] == 4).all()


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        ({}, {"measure": "typo"}, "measure is 'typo', but it must be a column of the samples: model, "),
        (
            {},
            {"measure": "bloch_distance", "reference": "ule"},
            "reference is 'ule', but it must be one of .*hilbert, secular",
        ),
        ({}, {"measure": "bloch_distance", "by": ["size"]}, "by is 'size', but it must be a column"),
        ({}, {"measure": "bloch_distance", "by": []}, "by is .*at least one column"),
        (
            {"seed": 1},
            {"measure": "bloch_distance", "by": ["temperature_k"]},
            "by is .*a list with seed, which says that samples",
        ),
        ({"bath": 1}, {"measure": "bloch_distance", "by": ["temperature_k"]}, "by is .*realizations repeat"),
    ],
)
def test_what_cannot_be_paired_is_one_sentence(change: dict[str, int], words: dict[str, object], message: str) -> None:
    values = realizations(count=2)
    for name, other in change.items():
        values = pd.concat([values.assign(**{name: 0}), values.assign(**{name: other})])
    with pytest.raises(ParameterError, match=message):
        paired_difference(values, **words)  # type: ignore[arg-type]


def test_other_samples_are_never_paired() -> None:
    """Hilbert with one seed and secular with another share realization indices, and nothing else."""
    values = realizations(count=3, models=["hilbert", "secular"])
    values.insert(0, "seed", np.where(values["model"] == "hilbert", 0, 1))
    found = paired_difference(values, "ansatz_deviation")
    assert (found["n"] == 0).all()
    assert found["difference"].isna().all()


def test_rows_in_another_order_give_the_same_bits() -> None:
    values = realizations(count=7)
    shuffled = values.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(
        paired_difference(values, "ansatz_deviation"), paired_difference(shuffled, "ansatz_deviation"), check_exact=True
    )
