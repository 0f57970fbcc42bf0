"""The picture of a finite-size sweep: every line is its table, and what is filled is what the sweep sees whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D

from dnplab.analysis.finite_size import finite_size_tables
from dnplab.figures.finite_size import MEASURES, finite_size_figure
from tests.analysis.test_finite_size import entering, sweep

SIZES = (4, 5, 6, 7, 8)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return finite_size_tables(sweep(sizes=SIZES), bootstrap=100)


@pytest.fixture(scope="module")
def axes(tables: dict[str, pd.DataFrame]) -> list[Axes]:
    return list(finite_size_figure(tables, "a note").axes)


def line(ax: Axes, gid: str) -> Line2D:
    (found,) = [line for line in ax.lines if line.get_gid() == gid]
    return found


def test_curves_and_halves_of_the_rise(tables: dict[str, pd.DataFrame], axes: list[Axes]) -> None:
    for ax, measure in zip(axes, list(MEASURES)[:2], strict=False):
        curves = tables["curves"].query(f"measure == '{measure}' and model == 'nonsecular'")
        for n in SIZES:
            rows = curves[curves["n_spins"] == n]
            np.testing.assert_allclose(line(ax, f"N = {n}").get_xydata(), rows[["temperature_k", "mean"]].to_numpy())
            chosen = f"measure == '{measure}' and definition == 'half rise' and n_spins == {n}"
            assert (
                line(ax, f"half of the rise, N = {n}").get_xdata()[0]
                == tables["crossover"].query(chosen)["crossover_k"].item()
            )


@pytest.mark.parametrize(("place", "quantity"), [(3, "crossover_k"), (4, "width_decades")])
def test_against_size(tables: dict[str, pd.DataFrame], axes: list[Axes], place: int, quantity: str) -> None:
    for shift, measure in enumerate(list(MEASURES)[:2]):
        rows = tables["crossover"].query(f"measure == '{measure}' and definition == 'half rise'")
        drawn = line(axes[place], f"{measure}, whole")
        np.testing.assert_allclose(drawn.get_xdata(), 1.0 / rows["n_spins"] + 0.0015 * (shift - 1))
        np.testing.assert_allclose(drawn.get_ydata(), rows[quantity])
    assert line(axes[3], "coldest").get_ydata()[0] == 1.2


def test_what_is_of_the_sweep_is_open_and_has_no_law() -> None:
    found = finite_size_tables(sweep(entering, SIZES), bootstrap=100)
    axes = finite_size_figure(found, "a note").axes
    drawn = line(axes[4], "ansatz_deviation_minus_hilbert, of the sweep")
    assert len(drawn.get_xdata()) == len(SIZES)
    assert to_rgba(drawn.get_markerfacecolor()) == to_rgba("white")
    assert not [line for line in axes[4].lines if str(line.get_label()).startswith("$a + b")]


def test_the_largest_size_and_the_limits(tables: dict[str, pd.DataFrame], axes: list[Axes]) -> None:
    limit = tables["limit"].query("measure == 'ansatz_deviation' and from_n == 6 and temperature_k <= 12")
    largest = tables["curves"].query("measure == 'ansatz_deviation' and n_spins == 8")
    for model in ("hilbert", "nonsecular"):
        points = largest[largest["model"] == model]
        np.testing.assert_allclose(np.asarray(line(axes[5], f"{model}, largest").get_ydata(), dtype=float), points["mean"])
        for law in ("1/N", "2^(-N/2)"):
            rows = limit[(limit["model"] == model) & (limit["law"] == law)].sort_values("temperature_k")
            np.testing.assert_allclose(line(axes[5], f"{model}, {law}").get_ydata(), rows["limit"])
