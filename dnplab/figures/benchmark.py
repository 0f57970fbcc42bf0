"""The figure of a benchmark: seconds against size, a panel for each case."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["benchmark_figure"]

COLUMNS = 3
OURS = ("auto", "dressed", "dressed_float64", "tilted", "product", "dense")
LEADING = "auto"


def benchmark_figure(table: pd.DataFrame) -> Figure:
    """Seconds of a solve against the dimension 2^N, both logarithmic; the build of QuTiP's L is not in them.

    Lines are finished solves, QuTiP's dashed. A cross is a method that did not finish: at the time it was given or took, or
    on the upper edge where it has none.

    Args:
        table: as `dnplab.benchmark.table.benchmark_table` makes it.

    """
    cases, methods = list(dict.fromkeys(table["case"])), list(dict.fromkeys(table["method"]))
    colours = dict(zip(methods, sns.color_palette("colorblind", max(10, len(methods))), strict=False))
    if LEADING in colours:
        colours[LEADING] = (0.0, 0.0, 0.0)
    rows, columns = math.ceil(len(cases) / COLUMNS), min(COLUMNS, len(cases))
    with paper_style():
        figure = new_figure(1.5 + 3.3 * columns, 1.5 + 3.0 * rows)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for ax, case in zip(axes.flat, cases, strict=False):
            _panel(ax, table[table["case"] == case], colours)
            ax.set_title(case, loc="left")
        for ax in axes.flat[len(cases) :]:
            ax.remove()
        for index in range(len(cases)):
            row, column = divmod(index, COLUMNS)
            if column == 0:
                axes[row, column].set_ylabel("seconds")
            if index + COLUMNS >= len(cases):  # nothing below it
                axes[row, column].set_xlabel(r"spins $N$ (dimension $2^N$)")
                axes[row, column].tick_params(labelbottom=True)
        handles = [Line2D([], [], color=colour, label=method, **_look(method)) for method, colour in colours.items()]
        handles.append(Line2D([], [], color="0.4", ls="", marker="x", label="did not finish"))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns + 1, fontsize="small")
    return figure


def _look(method: str) -> dict[str, Any]:
    return {
        "lw": 2.4 if method == LEADING else 1.5,
        "ls": "--" if method.startswith("qutip") else "-",
        "marker": "o" if method in OURS else "s",
        "ms": 4.5,
    }


def _panel(ax: Axes, table: pd.DataFrame, colours: dict[str, tuple[float, float, float]]) -> None:
    for method, colour in colours.items():
        rows = table[table["method"] == method].sort_values("n_spins")
        done = rows[rows["finished"]]
        x = 2.0 ** done["n_spins"].to_numpy(float)
        ax.plot(x, done["seconds"], color=colour, gid=method, zorder=3 if method == LEADING else 2, **_look(method))
        _crosses(ax, rows[~rows["finished"]], method, colour)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    sizes = np.sort(table["n_spins"].unique().astype(float))
    ax.set_xlim(2.0 ** (sizes[0] - 0.5), 2.0 ** (sizes[-1] + 0.5))
    ax.xaxis.set_major_locator(FixedLocator([float(x) for x in 2.0**sizes]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{math.log2(x):.0f}"))
    finish(ax)


def _crosses(ax: Axes, rows: pd.DataFrame, method: str, colour: tuple[float, float, float]) -> None:
    """What did not finish: at the time that was spent on it, on the upper edge where none was."""
    spent = rows["seconds"].where(rows["outcome"] != "over limit", rows["limit_s"])
    style: dict[str, Any] = {"marker": "x", "ls": "", "color": colour, "ms": 6.0, "mew": 1.6}
    x = 2.0 ** rows["n_spins"].astype(float)
    known = spent.notna()
    if known.any():
        ax.plot(x[known], spent[known], gid=f"{method} unfinished", zorder=4, **style)
    if not known.all():  # an empty artist outside the axes would upset the layout
        edge = ax.get_xaxis_transform()  # x in data, y from 0 to 1
        ax.plot(x[~known], np.ones((~known).sum()), transform=edge, clip_on=False, gid=f"{method} not run", **style)
