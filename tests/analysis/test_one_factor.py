"""Which time drives a made-up crossover whose driver is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dnplab.analysis import Sweep
from dnplab.analysis.one_factor import one_factor_metrics, one_factor_note, one_factor_tables
from dnplab.bath import Bath
from dnplab.bath_times import OTHER, SETS, followed_times
from dnplab.errors import UndefinedMeasureError
from tests.analysis.questions import TIMES, made_up, points

Array = NDArray[np.float64]
TEMPERATURES = (1.2, 2.0, 4.0, 8.0, 12.0)
EVERY = ("", *TIMES, "t1_us t_star_us", "t1_us t_zero_us", "t_star_us t_zero_us", " ".join(TIMES))
Value = Callable[[str, pd.Series, Array], Array]


def driven_by(*names: str) -> Value:
    """A deviation that rises with the fastest of these rates, all of them being needed."""

    def value(model: str, point: pd.Series, factors: Array) -> Array:
        warm = min(np.log(getattr(Bath.letter(1.2), name) / point[name]) for name in names)
        full = min(np.log(getattr(Bath.letter(1.2), name) / getattr(Bath.letter(12.0), name)) for name in names)
        return factors * (0.02 + (0.05 * warm / full if model == "nonsecular" else 0.0))

    return value


def sweep(value: Value, follows: tuple[str, ...] = EVERY, temperatures: tuple[float, ...] = TEMPERATURES) -> Sweep:
    return made_up(points(temperatures, follows), TIMES, value)


@pytest.fixture(scope="module")
def by_t1() -> dict[str, pd.DataFrame]:
    return one_factor_tables(sweep(driven_by("t1_us")), bootstrap=200)


def test_one_time_that_drives_is_sufficient_and_necessary(by_t1: dict[str, pd.DataFrame]) -> None:
    factors = by_t1["factors"]
    rows = factors[factors["measure"] == "ansatz_deviation_minus_hilbert"].set_index("follows")
    assert tuple(rows.index) == SETS
    for words, row in rows.iterrows():
        assert row["share"] == pytest.approx(1.0 if "T1" in str(words) else 0.0, abs=0.01)
    assert rows.loc["T1", "crossover_k"] == pytest.approx(np.sqrt(1.2 * 12.0), rel=0.03)
    assert np.isnan(rows.loc["none", "crossover_k"])
    assert rows.loc["none", "reason"] == "no change beyond 2 standard errors"
    note = one_factor_note(by_t1)
    assert note.startswith(
        "N = 6, 40 samples, 1.2 to 12 K, share of the rise of the letter's bath (nominal 95 %): "
        "T1 alone makes 100 [100, 100] %"
    )
    verdict = "T1 suffices alone, T* and T(0) do not suffice alone; T* and T(0) are not needed, T1 is needed."
    assert f"By half of the rise of the ansatz deviation, {verdict}" in note
    assert note.endswith(f"By half of the rise of the localization index, {verdict}")


def test_two_times_that_are_needed_together() -> None:
    note = one_factor_note(one_factor_tables(sweep(driven_by("t_star_us", "t_zero_us")), bootstrap=100))
    assert "T1, T* and T(0) do not suffice alone; T1 is not needed, T* and T(0) are needed." in note


def test_some_baths_are_enough() -> None:
    tables = one_factor_tables(sweep(driven_by("t1_us"), (" ".join(TIMES), "t1_us")), bootstrap=50)
    assert set(tables["factors"]["follows"]) == {"T1", "T1 + T* + T(0)"}
    assert "By half of the rise of the ansatz deviation, T1 suffices alone." in one_factor_note(tables)


def without(found: Sweep, drop: Callable[[pd.DataFrame], pd.Series[bool]]) -> Sweep:
    return replace(found, realizations=found.realizations[~drop(found.realizations)])


def only_t1_warm(values: pd.DataFrame) -> pd.Series[bool]:
    """The runs above 5 K where T1 alone follows."""
    cold = Bath.letter(1.2)
    return (
        (values["temperature_k"] > 5.0) & (values["bath.t1_us"] < cold.t1_us)
        & np.isclose(values["bath.t_star_us"], cold.t_star_us) & np.isclose(values["bath.t_zero_us"], cold.t_zero_us)
    )  # fmt: skip


def test_a_set_that_lacks_an_end_has_no_share() -> None:
    tables = one_factor_tables(without(sweep(driven_by("t1_us")), only_t1_warm), bootstrap=50)
    rows = tables["factors"].query("measure == 'ansatz_deviation_minus_hilbert'").set_index("follows")
    assert rows.loc["T1", ["rise", "share", "share_lower", "crossover_k"]].isna().all()
    assert list(rows.loc["T1", ["reason", "share_reason"]]) == ["not known at 12 K"] * 2
    assert rows.loc["T1 + T*", "share"] == pytest.approx(1.0, abs=0.01)
    note = one_factor_note(tables)
    assert "T1 alone makes an unknown share (not known at 12 K)" in note
    assert (
        "T* and T(0) do not suffice alone, whether T1 suffices alone is undecided; T* and T(0) are not needed, T1 is needed."
    ) in note


@pytest.mark.parametrize("model", ["hilbert", "nonsecular"])
def test_a_set_without_a_model_is_not_known(model: str) -> None:
    def gone(values: pd.DataFrame) -> pd.Series[bool]:
        follows = [
            followed_times(row)
            for row in values[["temperature_k"]]
            .assign(**{name: values[f"bath.{name}"] for name in TIMES})
            .to_dict("records")
        ]
        return (values["model"] == model) & (np.array(follows) == "T1")  # fmt: skip

    factors = one_factor_tables(without(sweep(driven_by("t1_us")), gone), bootstrap=50)["factors"]
    assert (
        factors.set_index(["measure", "follows"]).loc[("ansatz_deviation_minus_hilbert", "T1"), "reason"]
        == "not known at 12 K"
    )


def test_without_the_letter_at_two_temperatures_there_is_no_rise() -> None:
    def warm(values: pd.DataFrame) -> pd.Series[bool]:
        return (values["model"] == "hilbert") & (values["temperature_k"] > 1.2)

    with pytest.raises(UndefinedMeasureError, match=r"finds no two temperatures of bath=letter in the sweep 'made-up'"):
        one_factor_tables(without(sweep(driven_by("t1_us")), warm), bootstrap=20)


def test_sampling_noise_gives_shares_their_intervals() -> None:
    """Noise of each sample at each bath: the interval of a share is that of the ratio of two rises."""
    found = sweep(driven_by("t1_us"))
    noise = np.random.default_rng(4).normal(scale=0.01, size=len(found.realizations))
    values = found.realizations.assign(ansatz_deviation=found.realizations["ansatz_deviation"] + noise)
    factors = one_factor_tables(replace(found, realizations=values))["factors"]
    rows = factors.query("measure == 'ansatz_deviation_minus_hilbert'").set_index("follows")
    error = 0.01 * np.sqrt(4 / 40) / 0.05  # two models at two temperatures, over a rise of 0.05
    width = (rows["rise_upper"] - rows["rise_lower"]) / (2 * 1.96) / 0.05
    assert width.to_numpy() == pytest.approx(np.full(len(SETS), error), rel=0.25)
    pulls = (rows["share"] - ["T1" in words for words in rows.index]) / error
    assert (np.abs(pulls.drop("T1 + T* + T(0)")) < 4.0).all()
    assert (rows["share_upper"] - rows["share_lower"])[["T1", "none"]].min() > error


def nothing(_model: str, _point: pd.Series, factors: Array) -> Array:
    return 0.02 * factors


def test_no_rise_has_no_shares() -> None:
    flat = one_factor_tables(sweep(nothing), bootstrap=50)
    assert "no share of it can be told" in one_factor_note(flat)


def test_a_rise_of_the_letter_that_is_not_resolved_has_no_shares() -> None:
    found = sweep(driven_by("t1_us"))
    noise = np.random.default_rng(4).normal(scale=0.2, size=len(found.realizations))
    values = found.realizations.assign(localization_index=0.5 + noise)
    tables = one_factor_tables(replace(found, realizations=values), bootstrap=100)
    rows = tables["factors"].query("measure == 'localization_index_minus_hilbert'")
    assert rows["rise"].notna().all()
    assert rows[["share", "share_lower", "share_upper"]].isna().all(axis=None)
    assert set(rows["share_reason"]) == {"the rise of the letter's bath is compatible with zero"}
    kept = tables["factors"].query("measure == 'ansatz_deviation_minus_hilbert'")
    assert kept["share"].notna().all()
    assert set(kept["share_reason"]) == {""}
    assert "The localization index does not rise beyond its error in the letter's bath" in one_factor_note(tables)


def test_the_metrics(by_t1: dict[str, pd.DataFrame]) -> None:
    assert one_factor_metrics(by_t1)["obs.share.ansatz_deviation_minus_hilbert.Tstar_T0"] == pytest.approx(0.0, abs=0.01)


def test_which_times_follow() -> None:
    law, cold = Bath.letter(4.0), Bath.letter(1.2)
    times = {"temperature_k": 4.0, "t1_us": law.t1_us, "t_star_us": cold.t_star_us, "t_zero_us": law.t_zero_us}
    assert followed_times(times) == "T1 + T(0)"
    assert followed_times({**times, "t1_us": cold.t1_us, "t_zero_us": cold.t_zero_us}) == "none"
    assert followed_times({**times, "t1_us": 7.0}) == OTHER


def test_other_sweeps_are_refused() -> None:
    value = driven_by("t1_us")
    with pytest.raises(UndefinedMeasureError, match=r"needs bath=letter from 1.2 K on, which the sweep 'made-up' lacks"):
        one_factor_tables(sweep(value, ("t1_us",)))
    with pytest.raises(UndefinedMeasureError, match=r"needs bath=letter from 1.2 K on"):
        one_factor_tables(sweep(value, temperatures=(2.0, 4.0, 12.0)))
    strange = points(TEMPERATURES, EVERY)
    strange.loc[strange.index[-1], "t1_us"] = 7.0
    with pytest.raises(UndefinedMeasureError, match="but a bath has temperature_k=12, t1_us=7"):
        one_factor_tables(made_up(strange, TIMES, value))
    sizes = made_up(points(TEMPERATURES, EVERY, n_spins=[4.0, 6.0]), (*TIMES, "n_spins"), value)
    with pytest.raises(UndefinedMeasureError, match=r"give one value of system.n_spins"):
        one_factor_tables(sizes)
