"""The figure of a comparison of orders: what a cut of the correlations costs, and whether its estimate says so."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["truncation_figure"]

MARKERS = ("o", "s", "D", "^", "v", "P")


def truncation_figure(table: pd.DataFrame) -> Figure:
    """Error of the worst P_i over |P_0|: (a) against the order for the largest N, (b) against N, (c) with its estimate.

    Lines are medians over samples, bands run from the 10th to the 90th percentile.

    Args:
        table: a row a sample and order, with the columns of `dnplab.benchmark.truncation.CutRow`.

    """
    temperatures = sorted(table["temperature_k"].unique())
    colours = dict(zip(temperatures, sns.color_palette("flare", len(temperatures)), strict=True))
    orders, largest = sorted(table["order"].unique()), table["n_spins"].max()
    shown = orders[-2:]
    with paper_style():
        figure = new_figure(12.0, 4.2)
        left, middle, right = figure.subplots(1, 3, sharey=True)
        for temperature in temperatures:
            rows = table[table["temperature_k"] == temperature]
            label = f"{temperature:g} K"
            _line(left, rows[rows["n_spins"] == largest], "order", colours[temperature], "o", label)
            for order, marker, style in zip(shown, MARKERS, ("-", "--"), strict=False):
                _line(middle, rows[rows["order"] == order], "n_spins", colours[temperature], marker, None, style)
            right.scatter(rows["estimate"], rows["error"], s=6, color=colours[temperature], alpha=0.5, lw=0, gid=label)
        left.set(xlabel="order $k$", ylabel=r"error of the worst $P_i$ over $|P_0|$", yscale="log", xticks=orders)
        left.set_title(f"(a) $N = {largest}$", loc="left")
        left.legend(title="bath")
        sizes = sorted(table["n_spins"].unique())
        middle.set(xlabel="spins $N$", xticks=sizes)
        styles = ", ".join(f"{k} ({how})" for k, how in zip(shown, ("solid", "dashed"), strict=False))
        middle.set_title(f"(b) order {styles}", loc="left")
        right.set(xlabel=r"estimate over $|P_0|$", xscale="log")
        ends = table.loc[table["error"] > 0.0, ["estimate", "error"]].to_numpy()
        right.plot([ends.min(), ends.max()], [ends.min(), ends.max()], color="0.4", lw=1.0)
        right.set_title("(c) all orders: below the line is bounded", loc="left")
        finish(left, middle, right)
    return figure


def _line(ax: Axes, rows: pd.DataFrame, x: str, colour: object, marker: str, label: str | None, style: str = "-") -> None:
    error = rows.groupby(x)["error"]
    middle = error.median()
    ax.plot(middle.index, middle, style, marker=marker, ms=4.5, color=colour, label=label)
    if style == "-":
        low, high = error.quantile(0.1), error.quantile(0.9)
        ax.fill_between(middle.index, low, high, color=colour, alpha=0.15, lw=0)
