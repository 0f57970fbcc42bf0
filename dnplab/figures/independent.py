"""The figure of the independent check: profiles of the highest orders on those that know of no cut."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["independent_figure"]

MARKERS = {"exact": "o", "trajectories": "D"}


def independent_figure(profiles: pd.DataFrame) -> Figure:
    """P_i / P_0 against the offset, a panel a size: points are references, lines the two highest orders.

    The first sample of each size, temperature and reference. Bars of points are their errors; the band of the highest order
    is its estimated error, that of the worst spin.

    Args:
        profiles: a row a spin and order, with the columns of `dnplab.benchmark.independent.Site`.

    """
    sizes, temperatures = sorted(profiles["n_spins"].unique()), sorted(profiles["temperature_k"].unique())
    colours = dict(zip(temperatures, sns.color_palette("flare", len(temperatures)), strict=True))
    orders = sorted(order for order in profiles["order"].unique() if order)[-2:]
    with paper_style():
        figure = new_figure(4.2 * len(sizes), 4.2)
        panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
        for ax, size, letter in zip(panels, sizes, "abcdefgh", strict=False):
            for (temperature, kind), samples in profiles[profiles["n_spins"] == size].groupby(
                ["temperature_k", "reference"]
            ):
                case = samples[samples["realization"] == samples["realization"].min()]
                _case(ax, case, colours[temperature], str(kind), f"{temperature:g} K, {kind}", orders)
            ax.set_title(f"({letter}) $N = {size}$", loc="left")
            ax.set(xlabel="offset (MHz)")
            ax.legend(loc="best")
        styles = ", ".join(f"{k} ({how})" for k, how in zip(orders[::-1], ("solid", "dashed"), strict=False))
        panels[0].set(ylabel=f"$P_i / P_0$; order {styles}")
        finish(*panels)
    return figure


def _case(ax: Axes, case: pd.DataFrame, colour: object, kind: str, label: str, orders: list[int]) -> None:
    points = case[case["order"] == 0]
    ax.errorbar(
        points["offset_mhz"], points["polarization"], points["error"], fmt=MARKERS[kind], ms=4.5, mfc="none", color=colour,
        elinewidth=1.0, capsize=2.0, label=label,
    )  # fmt: skip
    for order, style in zip(orders[::-1], ("-", "--"), strict=False):
        line = case[case["order"] == order]
        x, y, error = (line[name].to_numpy() for name in ("offset_mhz", "polarization", "error"))
        ax.plot(x, y, style, color=colour, lw=1.0, alpha=0.9)
        if style == "-":
            ax.fill_between(x, y - error, y + error, color=colour, alpha=0.15, lw=0)
