"""The phase diagram: maps over bath temperature and coupling, with the boundary of thermal mixing and the criteria."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from dnplab.comparison import DIFFERENCE, INDEX, RATIO, REFERENCE, UNCOUPLED, Tables, in_order
from dnplab.figures.letter_page import legend_above, note_below
from dnplab.figures.style import colour_of, new_figure, paper_style

__all__ = ["cell_edges", "phase_diagram_figure"]

FloatArray = NDArray[np.float64]
NEVER_BLOCH = ("hilbert", "secular")  # as U -> 0
LEVELS = (0.25, 0.75)  # beside 1/2, which is drawn with its errors
RATIOS = (1.5, 2.0, 4.0, 6.0)
ABSENT = "0.8"
FINE = 201
HALO = withStroke(linewidth=2.2, foreground="white")
CRITERIA = {  # of the letter: column, line, colour and label
    "s71_soft": ("solid", "0.45", r"(S71) $U = \Delta\omega_e/10$"),
    "s72_t_zero": ("dashed", "0.45", r"(S72) $T(0) = 10\,T_D$"),
    "s77_t_zero": ("dotted", "0.45", r"(S77) $\omega_1 T(0) = 1$"),
    "s82_coupling_t_zero": ("solid", "#08519c", r"(S82) $U\,T(0) = 1$"),
    "s82_coupling_t_star": ("dashed", "#08519c", r"(S82) $U\,T^* = 1$"),
}


def phase_diagram_figure(tables: Tables, note: str) -> Figure:
    """Maps of the deviation relative to uncoupled spins, of the localization index, and of what the bath adds to Hilbert.

    Blue: 0 is one spin temperature, 1 every spin on its own; a line with bars is 1/2 with its nominal 95 %. Orange: model
    minus Hilbert, thin contours their ratio, thick the letter's criteria; hatched where Hilbert's deviation means little.

    tables : of `dnplab.analysis.phase_diagram.phase_diagram_tables`
    """
    panels = list(_panels(tables))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    with paper_style():
        figure = new_figure(4.9 * columns, 1.1 + 3.7 * rows)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for ax, letter, draw in zip(axes.flat, "abcdefghijkl", panels, strict=False):
            ax.set_title(f"({letter}) {draw(ax)}", loc="left", fontsize="medium")
        for ax in axes.flat[len(panels) :]:
            ax.set_axis_off()
        for ax in axes[-1]:
            ax.set_xlabel("bath temperature (K)")
        for ax in axes[:, 0]:
            ax.set_ylabel(r"coupling $U/2\pi$ (MHz)")
        legend_above(figure, *axes.flat, columns=3)
        note_below(figure, note)
    return figure


def cell_edges(centres: FloatArray) -> FloatArray:
    """Edges (K + 1,) of cells around ascending `centres` (K,) of a logarithmic axis: their geometric means; K >= 2."""
    log = np.log(centres)
    inner = 0.5 * (log[1:] + log[:-1])
    edges: FloatArray = np.exp(np.concatenate([[2 * log[0] - inner[0]], inner, [2 * log[-1] - inner[-1]]]))
    return edges


def _panels(tables: Tables) -> Sequence[Callable[[Axes], str]]:
    """What draws each map and says its title."""
    cells, boundary = tables["map"], tables["boundary"]
    models = in_order(cells["model"])
    followed = set(zip(boundary["measure"], boundary["model"], strict=True))
    shares = [(measure, model) for measure in (UNCOUPLED, INDEX) for model in models if (measure, model) in followed]
    added = [model for model in models if model != REFERENCE] if DIFFERENCE in cells else []
    return [
        *(partial(_share, tables, *pair) for pair in shares),
        *(partial(_added_by_the_bath, tables, model) for model in added),
    ]


def _share(tables: Tables, measure: str, model: str, ax: Axes) -> str:
    """A measure between 0 (one temperature) and 1 (every spin on its own)."""
    x, y, values = _grid(tables["map"], model, measure)
    words = "localization index" if measure == INDEX else "deviation over uncoupled"
    _map(ax, x, y, values, "Blues", 1.0, words if measure == INDEX else f"over nonsecular at {y[0]:g} MHz")
    _contours(ax, x, y, values, LEVELS)
    if model in NEVER_BLOCH:
        _hatched(ax, tables["map"], y)
    boundary = tables["boundary"][tables["boundary"]["measure"] == measure].dropna(subset=["coupling_mhz"])
    for one in dict.fromkeys([REFERENCE, model]):  # that of Hilbert everywhere, to compare with
        _boundary(ax, boundary[boundary["model"] == one], one, model)
    if measure == UNCOUPLED:
        _regions(ax, boundary, model, y)
    return f"{model}, {words}"


def _boundary(ax: Axes, rows: pd.DataFrame, model: str, shown: str) -> None:
    """Where the measure is 1/2: with its interval where it is that of the map, dashed where it is another model's."""
    if rows.empty:
        return
    at, middle = rows["temperature_k"].to_numpy(), rows["coupling_mhz"].to_numpy()
    colour, label, gid = colour_of(model), f"{model}: 1/2", f"{model} boundary"
    if model != shown:
        ax.plot(at, middle, "--", color=colour, lw=1.4, label=f"{label}, for comparison", gid=gid)
        return
    spread = np.abs(rows[["coupling_mhz_lower", "coupling_mhz_upper"]].to_numpy().T - middle)
    bars = ax.errorbar(
        at, middle, yerr=spread, fmt="o-", color=colour, lw=1.8, ms=4.5, elinewidth=1.4, capsize=3.0, label=label
    )
    bars[0].set_gid(gid)


def _regions(ax: Axes, boundary: pd.DataFrame, model: str, couplings: FloatArray) -> None:
    """Words on what holds where, at one end of the boundary; Zeno only between boundaries that are apart beyond errors."""
    rows = boundary[boundary["model"] == model].sort_values("temperature_k")
    if rows.empty:
        return
    cold = model == REFERENCE  # where it is warm, its own deviation of weak couplings means little
    row = rows.iloc[0 if cold else -1]
    names, borders = ["Anderson" if cold else "localized", "thermal mixing"], [row["coupling_mhz"]]
    if model == "nonsecular" and row.get("coupling_over_hilbert_lower", np.nan) > 1.0:
        names = ["Anderson", "Zeno", "thermal mixing"]
        borders = [row["coupling_mhz"] / row["coupling_over_hilbert"], row["coupling_mhz"]]
    edges = [couplings[0], *borders, couplings[-1]]
    for name, low, high in zip(names, edges[:-1], edges[1:], strict=True):
        place = (row["temperature_k"], np.sqrt(low * high))
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
        ax.annotate(name, place, ha="left" if cold else "right", va="center", fontsize="small", bbox=box, zorder=6)


def _added_by_the_bath(tables: Tables, model: str, ax: Axes) -> str:
    """The deviation beyond that of Hilbert's state, their ratio as contours, and the criteria."""
    x, y, values = _grid(tables["map"], model, DIFFERENCE)
    _map(ax, x, y, values, "Oranges", float(np.nanmax(values, initial=1e-12)), "difference of ansatz deviations")
    _hatched(ax, tables["map"], y)
    _contours(ax, *_grid(tables["map"], model, RATIO), RATIOS, "×")
    for name, (line, colour, label) in CRITERIA.items():
        if name in tables["criteria"]:
            _criterion(ax, *_pivot(tables["criteria"], name), line, colour, label, name)
    return f"{model} \N{MINUS SIGN} {REFERENCE}; thin: ratio"


def _hatched(ax: Axes, cells: pd.DataFrame, couplings: FloatArray) -> None:
    """The couplings at which Hilbert's own deviation means little."""
    if weak := cells[cells["localized_eigenstates"]]["coupling_mhz"].nunique():
        low, high = cell_edges(couplings)[[0, weak]]
        ax.axhspan(low, high, facecolor="none", edgecolor="0.5", hatch="///", lw=0.0, gid="hatched")


def _criterion(
    ax: Axes, x: FloatArray, y: FloatArray, ratios: FloatArray, line: str, colour: str, label: str, gid: str
) -> None:
    """Where a criterion turns, if it does so inside the map."""
    log = np.log(ratios)
    if np.nanmin(log) < 0.0 < np.nanmax(log):
        ax.contour(*_refined(x, y, log), levels=[0.0], colors=colour, linestyles=line, linewidths=2.0).set_gid(gid)
        ax.plot([], [], linestyle=line, color=colour, lw=2.0, label=label)


def _map(ax: Axes, x: FloatArray, y: FloatArray, values: FloatArray, colours: str, most: float, label: str) -> None:
    """Cells of logarithmic axes; grey where there is no value."""
    colormap = mpl.colormaps[colours].with_extremes(bad=ABSENT)
    mesh = ax.pcolormesh(cell_edges(x), cell_edges(y), values, cmap=colormap, vmin=0.0, vmax=most)
    ax.figure.colorbar(mesh, ax=ax, pad=0.02, label=label)
    ax.set(xscale="log", yscale="log")
    for axis, values_on_it in ((ax.xaxis, x), (ax.yaxis, y)):
        axis.set_major_locator(FixedLocator(list(values_on_it)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())


def _refined(x: FloatArray, y: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same on a finer grid, linear in log x and log y: contours would be straight on linear axes otherwise."""
    of = RegularGridInterpolator((np.log(y), np.log(x)), values)
    fine_x, fine_y = (np.linspace(np.log(axis[0]), np.log(axis[-1]), FINE) for axis in (x, y))
    mesh = np.stack(np.meshgrid(fine_y, fine_x, indexing="ij"), axis=-1)
    return np.exp(fine_x), np.exp(fine_y), of(np.clip(mesh, [np.log(y[0]), np.log(x[0])], [np.log(y[-1]), np.log(x[-1])]))


def _contours(ax: Axes, x: FloatArray, y: FloatArray, values: FloatArray, levels: Sequence[float], unit: str = "") -> None:
    """Thin lines with their values, readable on any colour."""
    inside = [level for level in levels if np.nanmin(values) < level < np.nanmax(values)]
    if inside:
        lines = ax.contour(*_refined(x, y, values), levels=inside, colors="black", linewidths=0.8)
        lines.set(path_effects=[HALO])
        for text in ax.clabel(lines, fmt=lambda level: f"{level:g}{unit}", fontsize=8):
            text.set_path_effects([HALO])


def _grid(cells: pd.DataFrame, model: str, measure: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    return _pivot(cells[cells["model"] == model], measure)


def _pivot(table: pd.DataFrame, column: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(temperatures, couplings, values (couplings, temperatures)), NaN where there is none."""
    wide = table.pivot_table(index="coupling_mhz", columns="temperature_k", values=column, dropna=False)
    return wide.columns.to_numpy(dtype=float), wide.index.to_numpy(dtype=float), wide.to_numpy(dtype=float)
