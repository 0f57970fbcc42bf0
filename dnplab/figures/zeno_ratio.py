"""The collapse of curves: one measure against the temperature, a rate and ratios of rates, and what one curve leaves."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.bath_times import ALL, OTHER
from dnplab.comparison import DIFFERENCE, INDEX_DIFFERENCE, LEADING, Tables
from dnplab.figures.crossover import temperature_axis
from dnplab.figures.letter_page import legend_above, note_below
from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["zeno_ratio_figure"]

LABELS = {
    "temperature_k": "bath temperature (K)",
    "relaxation_rate": r"relaxation rate $1/T_1$ (1/µs)",
    "zeno_ratio": r"Zeno ratio $1/(T_{ff}U)$",
    "dephasing_ratio": r"dephasing ratio $1/(T_{ff}\,\max(U,\Delta\omega_e))$",
    "relaxation_ratio": r"relaxation ratio $1/(T_1 k)$",
}
SHORT = {name: label.partition(" $")[0].partition(" (")[0] for name, label in LABELS.items()}
MEASURES = {
    LEADING: ("o", "black", "ansatz deviation"),
    DIFFERENCE: ("s", "#d55e00", "its difference from hilbert"),
    INDEX_DIFFERENCE: ("D", "#0072b2", "localization index, difference"),
}
MARKERS = "osD^vP"


def zeno_ratio_figure(tables: Tables, note: str) -> Figure:
    """A panel for each abscissa; colours are couplings, markers sizes, filled where all times follow the letter's laws.

    The last panel is the share of the variance that one common curve leaves, with nominal 95 % intervals.

    tables : of `dnplab.analysis.zeno_ratio.zeno_ratio_tables`
    """
    points, collapse = tables["points"], tables["collapse"]
    collapse = collapse[collapse["baths"] == "all"]
    with paper_style():
        figure = new_figure(13.6, 8.4)
        axes = figure.subplots(2, 3)
        for ax, letter, (name, label) in zip(axes.flat, "abcde", LABELS.items(), strict=False):
            _panel(ax, points, name)
            ax.set(xscale="log")
            if name == "temperature_k":
                temperature_axis(ax, points[name].unique())
            ax.set_xlabel(label)
            ax.set_title(f"({letter}) {SHORT[name]}", loc="left")
            ax.sharey(axes[0, 0])
        for ax in axes[:, 0]:
            ax.set_ylabel("nonsecular ansatz deviation")
        _scatters(axes[1, 2], collapse)
        finish(*axes.flat)
        legend_above(figure, axes[0, 0], columns=4)
        note_below(figure, note)
    return figure


def _panel(ax: Axes, points: pd.DataFrame, abscissa: str) -> None:
    couplings, sizes = sorted(points["coupling_mhz"].unique()), sorted(points["n_spins"].unique())
    colours = colormaps["viridis"](np.linspace(0.0, 0.85, len(couplings)))
    for colour, coupling in zip(colours, couplings, strict=True):
        for n, marker in zip(sizes, cycle(MARKERS), strict=False):
            rows = points[(points["coupling_mhz"] == coupling) & (points["n_spins"] == n)]
            for filled, part in ((follows, rows[(rows["follows"] == ALL) == follows]) for follows in (False, True)):
                if part.empty:
                    continue
                bars = ax.errorbar(
                    part[abscissa], part[LEADING], yerr=part[f"{LEADING}_sem"], fmt=marker, ms=5.5, color=colour,
                    mfc=colour if filled else "none", elinewidth=0.9, zorder=3 if filled else 2,
                )  # fmt: skip
                bars[0].set_gid(f"U {coupling:g} N {n} {'letter' if filled else 'other'}")
            ax.plot([], [], marker, color=colour, label=f"U/2π = {coupling:g} MHz, N = {n}")
    hollow = points[points["follows"] != ALL]["follows"]
    if len(hollow):
        words = "another bath" if (hollow == OTHER).any() else "some times stay at 1.2 K"
        ax.plot([], [], "o", color="0.4", mfc="none", label=f"hollow: {words}")


def _scatters(ax: Axes, collapse: pd.DataFrame) -> None:
    """What a common curve leaves, by abscissa and measure."""
    for (name, (marker, colour, label)), shift in zip(MEASURES.items(), (0.2, 0.0, -0.2), strict=True):
        rows = collapse[collapse["measure"] == name].set_index("abscissa")
        y = np.array([shift - list(LABELS).index(str(abscissa)) for abscissa in rows.index])
        share, lower, upper = (rows[key].to_numpy(dtype=np.float64) for key in ("scatter", "scatter_lower", "scatter_upper"))
        spread = np.maximum([share - lower, upper - share], 0.0)
        ax.errorbar(
            share, y, xerr=spread, fmt=marker, ms=5, color=colour, capsize=3, label=label
        )[0].set_gid(f"scatter {name}")  # fmt: skip
    for value in (0.0, 1.0):
        ax.axvline(value, color="0.75", lw=0.8, ls="--", zorder=0.3)
    ax.set_yticks(-np.arange(len(LABELS)), list(SHORT.values()))
    ax.set_ylim(0.5 - len(LABELS), 1.6)
    ax.set_xlabel("share of the variance that is left")
    ax.set_title("(f) what one curve leaves: 0 is a collapse", loc="left")
    ax.legend(loc="upper left", fontsize="small")
