"""What the figure of the collapse draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis.zeno_ratio import COLLAPSED, zeno_ratio_tables
from dnplab.figures.zeno_ratio import LABELS, zeno_ratio_figure
from tests.analysis.questions import TIMES, made_up
from tests.analysis.test_zeno_ratio import LETTER, by_relaxation, grid, scattered


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    sweep = made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), by_relaxation)
    return zeno_ratio_tables(scattered(sweep), bootstrap=50)


def test_every_point_is_drawn_against_every_abscissa(tables: dict[str, pd.DataFrame]) -> None:
    figure = zeno_ratio_figure(tables, "a note")
    points = tables["points"]
    assert len(figure.axes) == len(LABELS) + 1
    for ax, abscissa in zip(figure.axes, LABELS, strict=False):
        lines = [line for line in ax.lines if str(line.get_gid()).startswith("U ")]
        drawn = np.array(sorted(tuple(xy) for line in lines for xy in line.get_xydata()))
        expected = np.array(sorted(zip(points[abscissa], points["ansatz_deviation"], strict=True)))
        np.testing.assert_allclose(drawn, expected)
        filled = [len(line.get_xdata()) for line in lines if str(line.get_gid()).endswith("letter")]
        assert sum(filled) == (points["follows"] == "T1 + T* + T(0)").sum()


def test_the_shares_of_the_table_are_drawn(tables: dict[str, pd.DataFrame]) -> None:
    ax = zeno_ratio_figure(tables, "a note").axes[-1]
    for name in COLLAPSED:
        (line,) = [line for line in ax.lines if line.get_gid() == f"scatter {name}"]
        rows = tables["collapse"].query("baths == 'all' and measure == @name")
        np.testing.assert_allclose(line.get_xdata(), rows["scatter"])


def test_more_sizes_than_markers_are_all_drawn() -> None:
    table = pd.concat([grid((LETTER,)).query("n_spins == 4").assign(n_spins=float(n)) for n in range(3, 10)])
    sweep = made_up(table.reset_index(drop=True), (*TIMES, "n_spins", "coupling_mhz"), by_relaxation)
    tables = zeno_ratio_tables(sweep, bootstrap=20)
    figure = zeno_ratio_figure(tables, "")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "U/2π = 1.5 MHz, N = 9" in labels
    assert not any("hollow" in label for label in labels)
    lines = [line for line in figure.axes[0].lines if str(line.get_gid()).startswith("U ")]
    assert sum(len(line.get_xdata()) for line in lines) == len(tables["points"])


def test_baths_of_other_times_are_named() -> None:
    table = grid((LETTER, "t1_us"))
    table["t1_us"] *= np.where(table["follows"] == "t1_us", 1.3, 1.0)
    tables = zeno_ratio_tables(made_up(table, (*TIMES, "n_spins", "coupling_mhz"), by_relaxation), bootstrap=20)
    labels = [text.get_text() for text in zeno_ratio_figure(tables, "").legends[0].get_texts()]
    assert "hollow: another bath" in labels
