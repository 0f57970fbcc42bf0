"""What N does to curves along paths of the bath's times: above index and deviation, below slope, position and a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from dnplab.comparison import PROFILE, PROFILE_INDEX
from dnplab.figures.letter_page import legend_above, note_below
from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["thermodynamic_limit_figure"]

Array = NDArray[np.float64]
Tables = Mapping[str, pd.DataFrame]
MEASURES = {PROFILE_INDEX: "profile index", PROFILE: "profile deviation"}
PATHS = {
    "temperature": r"temperature ($T_1$, $T_z$ by their laws)",
    "all_times": r"$T_1$ and $T_z$, $\omega_1^2 T_1 T_z$ fixed",
    "dephasing": r"$T_z$ alone",
}
SHORT = {"temperature": "temperature", "all_times": "all times", "dephasing": "dephasing"}
COLOURS = {"temperature": "black", "all_times": "#0072b2", "dephasing": "#d55e00"}
QUANTITIES = {
    "slope": "largest slope of the index\n(per decade of $T_z$)",
    "position": r"half of its rise ($T_z/T_D$)",
    "width_decades": "width of its rise\n(decades of $T_z$)",
}
EXACT = "nonsecular"
FAINT = 0.6
WIDE = 200.0  # an axis on which 1, 10, 100 are labels enough
NORMAL_95 = 1.96
AXIS = r"$T_z\,/\,T_D$,  $T_D = 1/U$"
LEGEND = (
    "Open: exact; filled: correlations cut, small ones at sizes that are exact, too; crosses: the cut's estimated error is "
    "above a third, takes no part. Slope, half and width of the rise are of the points that all sizes share. Bars with "
    "caps: 95 % of the samples; thin bars without: the estimated error of the cut, of whatever sign at each point."
)


def thermodynamic_limit_figure(tables: Tables, note: str) -> Figure:
    """Above: index and deviation against T_z / T_D for every N, a column for each path. Below: slope, position and width of
    the index against 1/N, and the profile at the crossover of the first path.

    tables : of `dnplab.analysis.thermodynamic_limit.thermodynamic_limit_tables`
    """
    paths = [path for path in PATHS if path in set(tables["curves"]["path"])]
    sizes = sorted(tables["curves"]["n_spins"].unique())
    shades = colormaps["viridis_r"](np.linspace(0.1, 1.0, len(sizes)))
    colours = {int(n): to_hex(shade) for n, shade in zip(sizes, shades, strict=True)}
    with paper_style():
        figure = new_figure(14.0, 12.5)
        grid, letters = figure.add_gridspec(3, 12), iter("abcdefghij")
        across = 12 // len(paths)
        for row, measure in enumerate(MEASURES):
            first: Axes | None = None
            for column, path in enumerate(paths):
                place = grid[row, across * column : across * (column + 1)]
                ax = figure.add_subplot(place, sharey=first)
                first = first or ax
                _curves(ax, tables["curves"], path, measure, colours)
                ax.set_title(f"({next(letters)}) {PATHS[path] if row == 0 else ''}", loc="left")
                if column == 0:
                    ax.set_ylabel(MEASURES[measure])
        legend_above(figure, *figure.axes, columns=len(sizes))
        for column, (quantity, label) in enumerate(QUANTITIES.items()):
            ax = figure.add_subplot(grid[2, 3 * column : 3 * column + 3])
            _against_size(ax, tables, quantity)
            ax.set(xlabel=r"$1/N$", ylabel=label)
            ax.set_title(f"({next(letters)})", loc="left")
        ax = figure.add_subplot(grid[2, 9:])
        title = _profile(ax, tables["profiles"], colours)
        ax.set_title(f"({next(letters)}) {title}", loc="left")
        finish(*figure.axes)
        note_below(figure, f"{note}\n{LEGEND}")
    return figure


def _curves(ax: Axes, curves: pd.DataFrame, path: str, measure: str, colours: Mapping[int, str]) -> None:
    """One measure of one path: every size that is exact or cut, with what takes no part as faint crosses without a line."""
    chosen = curves[(curves["path"] == path) & (curves["measure"] == measure)]
    places = np.unique(chosen["t_z_over_t_d"].to_numpy())
    for n, colour in colours.items():
        of_size = chosen[chosen["n_spins"] == n]
        label: str | None = f"$N$ = {n}"
        exact = (of_size["model"] == EXACT).any()
        for model, order, rows in _kinds(of_size):
            fill, gid = "white" if model == EXACT else colour, f"N = {n}, {model}{'' if model == EXACT else f' {order:g}'}"
            if model != EXACT and exact:  # beside the exact ones, which have the line
                ax.plot(*_places(rows[rows["takes_part"]]), ".", color=colour, ms=3, zorder=5, gid=gid)
                continue
            # a line has a gap where nothing is known
            known = rows[rows["takes_part"] & rows["best"]].set_index("t_z_over_t_d").reindex(places)
            if known["mean"].notna().any():
                mean, sem, cut = (known[name].to_numpy(dtype=np.float64) for name in ("mean", "mean_sem", "truncation"))
                if model != EXACT:
                    ax.errorbar(
                        places, mean, yerr=cut, fmt="none", ecolor=colour, elinewidth=0.7, zorder=1, gid=f"{gid}, cut"
                    )
                bars = ax.errorbar(
                    places,
                    mean,
                    yerr=NORMAL_95 * sem,
                    fmt="o-",
                    color=colour,
                    mfc=fill,
                    ms=4,
                    lw=1.2,
                    capsize=2,
                    label=label,
                )
                bars.lines[0].set_gid(gid)
                label = None
            if len(out := rows[~rows["takes_part"]]):
                ax.plot(*_places(out), "x", color=colour, ms=4, alpha=FAINT, zorder=4, gid=f"{gid}, takes no part")
    _axis(ax)


def _places(rows: pd.DataFrame) -> Array:
    return rows[["t_z_over_t_d", "mean"]].to_numpy(dtype=np.float64).T


def _kinds(rows: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """The rows of the exact model and of each order, along the path."""
    for (model, order), part in rows.groupby(["model", "order"], dropna=False, sort=False):
        yield str(model), float(str(order)), part.sort_values("t_z_over_t_d")


def _axis(ax: Axes) -> None:
    ax.set_xscale("log")
    ax.set_xlabel(AXIS)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    left, right = ax.dataLim.intervalx
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if right > WIDE * left else (1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.axvline(1.0, color="0.8", lw=0.8, ls=":", zorder=0.2)


def _against_size(ax: Axes, tables: Tables, quantity: str) -> None:
    """Slope or position of the index against 1/N for every path, with a + b/N where that is fitted."""
    found = tables["crossover"][tables["crossover"]["measure"] == PROFILE_INDEX]
    fits = tables["fits"]
    fits = fits[(fits["measure"] == PROFILE_INDEX) & (fits["quantity"] == quantity) & (fits["law"] == "1/N")]
    for shift, (path, colour) in enumerate(COLOURS.items()):
        rows = found[(found["path"] == path) & np.isfinite(found[quantity])]
        if rows.empty:
            continue
        x, y = 1.0 / rows["n_spins"].to_numpy() + 0.0015 * (shift - 1), rows[quantity].to_numpy()
        spread = np.maximum([y - rows[f"{quantity}_lower"], rows[f"{quantity}_upper"] - y], 0.0)
        cut = rows[f"{quantity}_truncation"].to_numpy()
        ax.errorbar(x, y, yerr=cut, fmt="none", ecolor=colour, elinewidth=0.7, zorder=1)
        drawn = ax.errorbar(x, y, yerr=spread, fmt="o", ms=5, color=colour, capsize=3, label=SHORT[path])
        drawn.lines[0].set_gid(f"{path}, {quantity}")
        fit = fits[(fits["path"] == path) & np.isfinite(fits["limit"])]
        if len(fit):
            law = fit.loc[fit["from_n"].idxmax()]
            inverse = np.linspace(0.0, 1.0 / law["from_n"], 50)
            ax.plot(inverse, law["limit"] + law["slope"] * inverse, "--", color=colour, lw=1.0, zorder=0.5)
            bar = NORMAL_95 * law["limit_sem"]
            ax.errorbar([0.002 * (shift - 1)], [law["limit"]], yerr=bar, fmt="s", ms=5, mfc="white", color=colour, capsize=3)
    ax.set_xlim(left=-0.01)
    ax.set_ylim(0.0, 1.3 * ax.get_ylim()[1])  # room for the legend
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper right", fontsize="small")
    else:
        ax.text(0.5, 0.5, "no half of a rise", transform=ax.transAxes, ha="center", color="0.5")


def _profile(ax: Axes, profiles: pd.DataFrame, colours: Mapping[int, str]) -> str:
    """P / |P_0| by offset for every size at the crossover of the first path that has one; the panel's title."""
    chosen = profiles[profiles["at"] == "crossover"] if len(profiles) else profiles
    ax.set(xlabel="offset (MHz)", ylabel=r"$P\,/\,|P_0|$")
    if chosen.empty:
        return "no profiles"
    path = next(path for path in PATHS if path in set(chosen["path"]))
    chosen = chosen[chosen["path"] == path]
    for n, colour in colours.items():
        rows = chosen[chosen["n_spins"] == n].sort_values("offset_mhz")
        if len(rows):
            x, y, sem = (rows[name].to_numpy() for name in ("offset_mhz", "mean", "mean_sem"))
            bars = ax.errorbar(x, y, yerr=NORMAL_95 * sem, fmt="o-", color=colour, ms=3, lw=1.2, capsize=2)
            bars.lines[0].set_gid(f"profile, N = {n}")
    return rf"{SHORT[path]}, $T_z/T_D$ = {chosen['t_z_over_t_d'].iloc[0]:.2g}"
