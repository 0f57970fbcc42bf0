"""The picture of curves along paths: every line is its table, and what takes no part has no line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D

from dnplab.analysis.bath_paths import join_paths
from dnplab.analysis.thermodynamic_limit import thermodynamic_limit_tables
from dnplab.figures.thermodynamic_limit import MEASURES, thermodynamic_limit_figure
from tests.analysis.made_up_paths import POINTS, walk

SIZES = (6, 8, 14, 20, 30)
PATHS = ("temperature", "all_times", "dephasing")


def costly(x: float) -> float:
    return 0.02 if x < 0.6 else 0.3


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    parts = [walk(path, sizes=SIZES, cost=costly, exact_up_to=8, spins=True) for path in PATHS]
    return thermodynamic_limit_tables(join_paths(parts), bootstrap=50)


@pytest.fixture(scope="module")
def axes(tables: dict[str, pd.DataFrame]) -> list[Axes]:
    return list(thermodynamic_limit_figure(tables, "a note").axes)


def line(ax: Axes, gid: str) -> Line2D:
    (found,) = [line for line in ax.lines if line.get_gid() == gid]
    return found


def test_a_row_a_measure_and_a_column_a_path(tables: dict[str, pd.DataFrame], axes: list[Axes]) -> None:
    assert len(axes) == 10
    curves = tables["curves"]
    for place, (measure, path) in enumerate((measure, path) for measure in MEASURES for path in PATHS):
        rows = curves[(curves["measure"] == measure) & (curves["path"] == path)]
        for n, model in ((6, "nonsecular"), (20, "correlation")):
            drawn = line(axes[place], f"N = {n}, {model}{' 3' if model == 'correlation' else ''}")
            of_size = rows[(rows["n_spins"] == n) & (rows["model"] == model) & rows["best"]].sort_values("t_z_over_t_d")
            points = np.asarray(drawn.get_xydata())
            np.testing.assert_allclose(points[np.isfinite(points[:, 1])], of_size[["t_z_over_t_d", "mean"]].to_numpy())
            assert (to_rgba(drawn.get_markerfacecolor()) == to_rgba("white")) == (model == "nonsecular")
        assert axes[place].get_xscale() == "log"
        beside = line(axes[place], "N = 6, correlation 3")  # on the same axes, without a line
        cut = rows[(rows["n_spins"] == 6) & (rows["model"] == "correlation") & rows["takes_part"]].sort_values(
            "t_z_over_t_d"
        )
        np.testing.assert_allclose(beside.get_xydata(), cut[["t_z_over_t_d", "mean"]].to_numpy())
        assert beside.get_linestyle() == "None"


def test_what_takes_no_part_has_no_line(axes: list[Axes]) -> None:
    left_out = line(axes[0], "N = 30, correlation 3, takes no part")
    beyond = [x for x in POINTS if x > 10**0.6]
    np.testing.assert_allclose(np.sort(np.asarray(left_out.get_xdata(), dtype=float)), beyond, rtol=1e-6)
    assert left_out.get_linestyle() == "None"
    drawn = np.asarray(line(axes[0], "N = 30, correlation 3").get_xydata())
    assert drawn[np.isfinite(drawn[:, 1]), 0].max() < 10**0.6


@pytest.mark.parametrize(("place", "quantity"), [(6, "slope"), (7, "position"), (8, "width_decades")])
def test_against_size(tables: dict[str, pd.DataFrame], axes: list[Axes], place: int, quantity: str) -> None:
    for shift, path in enumerate(PATHS):
        found = tables["crossover"].query(f"measure == 'profile_index' and path == '{path}'").dropna(subset=[quantity])
        if found.empty:
            assert not [one for one in axes[place].lines if one.get_gid() == f"{path}, {quantity}"]
            continue
        drawn = line(axes[place], f"{path}, {quantity}")
        np.testing.assert_allclose(drawn.get_xdata(), 1.0 / found["n_spins"] + 0.0015 * (shift - 1))
        np.testing.assert_allclose(drawn.get_ydata(), found[quantity])


def test_the_profile_of_every_size(tables: dict[str, pd.DataFrame], axes: list[Axes]) -> None:
    assert axes[9].get_title(loc="left").startswith("(j) temperature, $T_z/T_D$ = ")
    chosen = tables["profiles"].query("path == 'temperature' and at == 'crossover'")
    for n in SIZES:
        rows = chosen[chosen["n_spins"] == n]
        np.testing.assert_allclose(line(axes[9], f"profile, N = {n}").get_xydata(), rows[["offset_mhz", "mean"]].to_numpy())


def test_one_path_without_profiles() -> None:
    tables = thermodynamic_limit_tables(join_paths([walk("all_times", sizes=(6, 14))]), bootstrap=50)
    axes = thermodynamic_limit_figure(tables, "a note").axes
    assert len(axes) == 6
    assert axes[5].get_title(loc="left") == "(f) no profiles"
