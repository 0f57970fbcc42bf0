"""Which time drives a made-up crossover whose driver is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dnplab.analysis import Sweep
from dnplab.analysis.one_factor import SETS, followed_times, one_factor_metrics, one_factor_note, one_factor_tables
from dnplab.bath import Bath
from dnplab.errors import UndefinedMeasureError
from dnplab.figures.one_factor import one_factor_figure
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
        "N = 6, 40 samples, 1.2 to 12 K, share of the rise of the letter's bath (95 %): T1 alone makes 100 %"
    )
    assert note.endswith("By half of the rise, T1 suffices and T1 is needed.")


def test_two_times_that_are_needed_together() -> None:
    note = one_factor_note(one_factor_tables(sweep(driven_by("t_star_us", "t_zero_us")), bootstrap=100))
    assert note.endswith("By half of the rise, no single time suffices and T* or T(0) is needed.")


def test_some_baths_are_enough() -> None:
    tables = one_factor_tables(sweep(driven_by("t1_us"), (" ".join(TIMES), "t1_us")), bootstrap=50)
    assert set(tables["factors"]["follows"]) == {"T1", "T1 + T* + T(0)"}
    assert one_factor_note(tables).endswith("By half of the rise, T1 suffices and no single time is needed.")
    one_factor_figure(tables, "a note")


def nothing(_model: str, _point: pd.Series, factors: Array) -> Array:
    return 0.02 * factors


def test_no_rise_has_no_shares() -> None:
    flat = one_factor_tables(sweep(nothing), bootstrap=50)
    assert "no share of it can be told" in one_factor_note(flat)


def test_the_figure_and_the_metrics(by_t1: dict[str, pd.DataFrame]) -> None:
    figure = one_factor_figure(by_t1, "a note")
    alone, stays, shares = figure.axes
    assert {line.get_gid() for line in alone.lines} >= {"T1", "T*", "T(0)", "none", "T1 + T* + T(0)"}
    assert {line.get_gid() for line in stays.lines} >= {"T* + T(0)", "T1 + T(0)", "T1 + T*"}
    assert len(shares.get_yticks()) == len(SETS)
    assert one_factor_metrics(by_t1)["obs.share.ansatz_deviation_minus_hilbert.Tstar_T0"] == pytest.approx(0.0, abs=0.01)


def test_which_times_follow() -> None:
    law, cold = Bath.letter(4.0), Bath.letter(1.2)
    times = {"temperature_k": 4.0, "t1_us": law.t1_us, "t_star_us": cold.t_star_us, "t_zero_us": law.t_zero_us}
    assert followed_times(times) == "T1 + T(0)"
    assert followed_times({**times, "t1_us": cold.t1_us, "t_zero_us": cold.t_zero_us}) == "none"
    assert followed_times({**times, "t1_us": 7.0}) is None


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
