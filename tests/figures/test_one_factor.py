"""What the figure of one factor at a time draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from dnplab.analysis.one_factor import one_factor_tables
from dnplab.bath_times import SETS
from dnplab.comparison import DIFFERENCE, INDEX_DIFFERENCE
from dnplab.figures.one_factor import one_factor_figure
from tests.analysis.questions import TIMES
from tests.analysis.test_one_factor import driven_by, sweep

LETTER = "T1 + T* + T(0)"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return one_factor_tables(sweep(driven_by("t1_us")), bootstrap=50)


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_gid()): np.asarray(line.get_xydata()) for line in ax.lines if line.get_gid()}


def test_curves_are_those_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    figure = one_factor_figure(tables, "a note")
    curves = tables["curves"].query("model == 'nonsecular' and measure == @DIFFERENCE")
    for ax, sets in (
        (figure.axes[0], {"T1", "T*", "T(0)", "none", LETTER}),
        (figure.axes[1], {"T* + T(0)", "T1 + T(0)", "T1 + T*", "none", LETTER}),
    ):
        drawn = {gid: values for gid, values in lines(ax).items() if not gid.endswith(" half")}
        assert set(drawn) == sets
        for follows, values in drawn.items():
            rows = curves[curves["follows"] == follows]
            np.testing.assert_allclose(values, rows[["temperature_k", "mean"]])


def test_a_diamond_stands_where_a_curve_rises(tables: dict[str, pd.DataFrame]) -> None:
    falling = tables["factors"].copy()
    index = falling[(falling["measure"] == DIFFERENCE) & (falling["follows"] == "T(0)")].index[0]
    falling.loc[index, ["rise", "crossover_k", "crossover_k_lower", "crossover_k_upper"]] = [-0.002, 4.1, 3.0, 5.0]
    for factors in (tables["factors"], falling):
        figure = one_factor_figure({**tables, "factors": factors}, "")
        rows = factors[(factors["measure"] == DIFFERENCE) & (factors["rise"] > 0.0)].dropna(subset=["crossover_k"])
        places = rows.set_index("follows")["crossover_k"]
        drawn = {
            gid.removesuffix(" half"): x[0, 0] for ax in figure.axes[:2] for gid, x in lines(ax).items() if " half" in gid
        }
        assert drawn == pytest.approx(places.to_dict())
        assert "T(0)" not in drawn


def test_shares_are_those_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    shares = one_factor_figure(tables, "").axes[2]
    assert len(shares.get_yticks()) == len(SETS)
    for measure in (DIFFERENCE, INDEX_DIFFERENCE):
        expected = tables["factors"][tables["factors"]["measure"] == measure]["share"]
        np.testing.assert_allclose(lines(shares)[f"share {measure}"][:, 0], expected)


def test_a_measure_without_shares_is_not_drawn(tables: dict[str, pd.DataFrame]) -> None:
    factors = tables["factors"].copy()
    factors.loc[factors["measure"] == INDEX_DIFFERENCE, ["share", "share_lower", "share_upper"]] = np.nan
    shares = one_factor_figure({**tables, "factors": factors}, "").axes[2]
    assert set(lines(shares)) == {f"share {DIFFERENCE}"}
    assert [text.get_text() for text in shares.get_legend().get_texts()] == ["ansatz deviation"]


def test_some_baths_are_enough() -> None:
    tables = one_factor_tables(sweep(driven_by("t1_us"), (" ".join(TIMES), "t1_us")), bootstrap=20)
    alone, stays, _ = one_factor_figure(tables, "").axes
    assert {gid for gid in lines(alone) if " half" not in gid} == {"T1", LETTER}
    assert {gid for gid in lines(stays) if " half" not in gid} == {LETTER}
