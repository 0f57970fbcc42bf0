"""What the figures of a sweep draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from dnplab.analysis import find_crossover
from dnplab.comparison import RATIO
from dnplab.figures import MODEL_COLOURS, crossover_figure, profiles_figure, save, spectra_figure
from tests.analysis.synthetic import LOG_MIDDLE, TEMPERATURES, realizations, sweep

MODELS = ["hilbert", "secular", "nonsecular"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return find_crossover(sweep(realizations(noise=0.0))).table


@pytest.fixture(scope="module")
def temperatures() -> pd.DataFrame:
    return find_crossover(sweep(realizations(noise=0.0))).temperatures


def panel(figure: Figure, label: str) -> Axes:
    (found,) = [ax for ax in figure.axes if label in ax.get_ylabel()]
    return found


def curve(ax: Axes, model: str) -> Any:
    (found,) = [one for one in ax.lines if one.get_label() == model]
    return found


def test_each_model_has_its_curve_colour_and_band(table: pd.DataFrame, temperatures: pd.DataFrame) -> None:
    ax = panel(crossover_figure(table, temperatures), "mathrm{rms}")
    assert ax.get_xscale() == "log"
    assert "(K)" in ax.get_xlabel()
    for model in MODELS:
        rows = table[table["model"] == model]
        drawn = curve(ax, model)
        np.testing.assert_array_equal(drawn.get_xdata(), TEMPERATURES)
        np.testing.assert_array_equal(drawn.get_ydata(), rows["ansatz_deviation"])
        assert same_color(drawn.get_color(), MODEL_COLOURS[model])
        (band,) = [one for one in ax.collections if one.get_gid() == f"{model} band"]
        top = (rows["ansatz_deviation"] + rows["ansatz_deviation_sem"]).max()
        assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(top)


def test_the_crossover_is_marked_on_its_curve(table: pd.DataFrame, temperatures: pd.DataFrame) -> None:
    ax = panel(crossover_figure(table, temperatures), "mathrm{rms}")
    marks = {one.get_gid(): one for one in ax.lines if one.get_marker() == "D" and one.get_gid()}
    assert set(marks) == {f"{model} crossover" for model in MODELS}
    ends = table[table["model"] == "nonsecular"]["ansatz_deviation"]
    ((x, y),) = marks["nonsecular crossover"].get_xydata()
    assert x == pytest.approx(LOG_MIDDLE)
    assert y == pytest.approx((ends.iloc[0] + ends.iloc[-1]) / 2)


def test_the_ratio_panel_leaves_out_hilbert_and_shows_one(table: pd.DataFrame, temperatures: pd.DataFrame) -> None:
    ax = panel(crossover_figure(table, temperatures), "relative to hilbert")
    assert [one.get_label() for one in ax.lines if one.get_label() in MODELS] == ["secular", "nonsecular"]
    expected = table[table["model"] == "nonsecular"][RATIO]
    np.testing.assert_array_equal(curve(ax, "nonsecular").get_ydata(), expected)
    assert any(np.all(np.asarray(one.get_ydata()) == 1.0) for one in ax.lines)


def test_a_sweep_without_crossover_or_ratio_is_drawn(tmp_path: Path) -> None:
    data = sweep(realizations(count=1, models=["nonsecular"], temperatures=[4.0]))
    figure = crossover_figure(*find_crossover(data))
    assert len(curve(panel(figure, "mathrm{rms}"), "nonsecular").get_xdata()) == 1
    assert save(figure, tmp_path / "new" / "crossover.png").stat().st_size > 10_000


def test_a_single_temperature_has_error_bars_and_no_diamond(table: pd.DataFrame, temperatures: pd.DataFrame) -> None:
    one_table, none = find_crossover(sweep(realizations(temperatures=[4.0])))
    ax = panel(crossover_figure(one_table, none), "mathrm{rms}")
    bars = {one.get_gid(): one for one in ax.collections if one.get_gid()}
    assert set(bars) == {f"{model} bar" for model in MODELS}
    row = one_table[one_table["model"] == "nonsecular"].iloc[0]
    low, high = bars["nonsecular bar"].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(row["ansatz_deviation_sem"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == MODELS
    full = panel(crossover_figure(table, temperatures), "mathrm{rms}").get_legend()
    assert [text.get_text() for text in full.get_texts()] == [*MODELS, "half of the change"]


def test_groups_have_their_own_panels() -> None:
    parts = [realizations(count=3, seed=k).assign(**{"system.n_spins": n}) for k, n in enumerate((4.0, 6.0))]
    data = sweep(pd.concat(parts), groups=("system.n_spins",))
    figure = crossover_figure(*find_crossover(data), data.groups)
    assert len(figure.axes) == 6
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == ["system.n_spins = 4", "system.n_spins = 6"]


def test_profiles_coldest_and_hottest() -> None:
    rows = [
        {"model": model, "temperature_k": t, "realization": r, "spin": i, "offset_mhz": float(i),
         "polarization": -t * i + r, "boltzmann": -0.9}
        for model in reversed(MODELS) for t in (1.2, 4.0, 12.0) for r in (0, 2) for i in range(3)
    ]  # fmt: skip
    figure = profiles_figure(pd.DataFrame(rows), microwave_offset_mhz=-1.2)
    assert figure is not None
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["T = 1.2 K", "T = 12 K"]
    for ax, temperature in zip(figure.axes, (1.2, 12.0), strict=True):
        assert [one.get_label() for one in ax.lines][:3] == MODELS
        drawn = curve(ax, "nonsecular")
        np.testing.assert_allclose(drawn.get_ydata(), -temperature * np.arange(3) + 1.0)
        assert curve(ax, "microwaves").get_xdata() == pytest.approx([-1.2, -1.2])
        assert curve(ax, "Boltzmann $P_0$").get_ydata() == pytest.approx([-0.9, -0.9])
    assert profiles_figure(pd.DataFrame(), -1.2) is None


def test_spectra_coldest_and_hottest() -> None:
    edges = np.arange(-2.0, 3.0)
    rows = [
        {"model": model, "temperature_k": t, "left_mhz": left, "right_mhz": left + 1.0, "epr": -t * left,
         "epr_sem": 0.1, "ansatz": t * left, "boltzmann": 0.2}
        for model in reversed(MODELS) for t in (1.2, 4.0, 12.0) for left in edges[:-1]
    ]  # fmt: skip
    figure = spectra_figure(pd.DataFrame(rows), microwave_offset_mhz=-1.2)
    assert figure is not None
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["T = 1.2 K", "T = 12 K"]
    for ax, temperature in zip(figure.axes, (1.2, 12.0), strict=True):
        for model in MODELS:
            drawn = curve(ax, model)
            assert same_color(drawn.get_color(), MODEL_COLOURS[model])
            np.testing.assert_allclose(drawn.get_xdata(), edges[:-1] + 0.5)
            np.testing.assert_allclose(drawn.get_ydata(), -temperature * edges[:-1])
            (ansatz,) = [one for one in ax.lines if one.get_gid() == f"{model} ansatz"]
            assert ansatz.get_linestyle() == "--"
            np.testing.assert_allclose(ansatz.get_ydata(), temperature * edges[:-1])
        assert curve(ax, "microwaves").get_xdata() == pytest.approx([-1.2, -1.2])
    assert spectra_figure(pd.DataFrame(), -1.2) is None


def test_equal_tables_give_equal_pictures(table: pd.DataFrame, temperatures: pd.DataFrame, tmp_path: Path) -> None:
    files = [save(crossover_figure(table, temperatures), tmp_path / name) for name in ("a.png", "b.png")]
    assert files[0].read_bytes() == files[1].read_bytes()
