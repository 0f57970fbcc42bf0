"""What the figure of a DNP profile draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from dnplab.analysis.frequency import frequency_tables
from dnplab.figures import MODEL_COLOURS, save
from dnplab.figures.frequency import frequency_figure
from tests.analysis.made_up_profile import OFFSETS, OPTIMUM, samples, sweep


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return frequency_tables(sweep(samples()), bootstrap=50)


def drawn(artists: Any, gid: str) -> Any:
    (found,) = [one for one in artists if one.get_gid() == gid]
    return found


def test_a_column_a_temperature_and_a_row_a_measure(tables: dict[str, pd.DataFrame]) -> None:
    figure = frequency_figure(tables, "a note")
    axes = np.array(figure.axes).reshape(3, 2)
    assert [ax.get_title(loc="left") for ax in axes[0]] == ["1.2 K", "12 K"]
    profile = tables["profile"]
    for column, temperature in zip(axes.T, (1.2, 12.0), strict=True):
        for model in OPTIMUM:
            rows = profile[(profile["model"] == model) & (profile["temperature_k"] == temperature)]
            line = drawn(column[0].lines, f"{model} nuclear_polarization")
            np.testing.assert_array_equal(line.get_xdata(), OFFSETS)
            np.testing.assert_array_equal(line.get_ydata(), rows["nuclear_polarization"])
            assert same_color(line.get_color(), MODEL_COLOURS[model])
            drawn(column[2].lines, f"{model} ansatz_deviation")
        assert not [line for line in column[1].lines if line.get_gid() == "hilbert nuclear_polarization_minus_hilbert"]
    assert figure._supxlabel.get_text() == "a note"


def test_optima_are_marked_in_both_lobes(tables: dict[str, pd.DataFrame]) -> None:
    ax = frequency_figure(tables, "").axes[0]
    for model, (place, _) in OPTIMUM.items():
        assert drawn(ax.lines, f"{model} optimum below").get_xdata() == pytest.approx([place])
        assert drawn(ax.lines, f"{model} optimum above").get_xdata() == pytest.approx([-place])


def test_hollow_points_have_no_common_temperature(tables: dict[str, pd.DataFrame]) -> None:
    axes = np.array(frequency_figure(tables, "").axes).reshape(3, 2)
    hollow = {(k, model): drawn(ax.lines, f"{model} lost").get_xdata() for k, ax in enumerate(axes[0]) for model in OPTIMUM}
    assert [list(x) for x in hollow.values() if len(x)] == [[0.0]]
    assert list(hollow[1, "nonsecular"]) == [0.0]


def test_one_model_alone_is_drawn(tmp_path: Path) -> None:
    values = samples(count=1)
    figure = frequency_figure(frequency_tables(sweep(values[values["model"] == "hilbert"]), bootstrap=20), "")
    assert len(figure.axes) == 2 * 2
    assert save(figure, tmp_path / "profile.png").stat().st_size > 20_000
