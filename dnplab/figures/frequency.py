"""The DNP profile: nuclear polarization, its difference from Hilbert's and the ansatz deviation against the frequency."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.comparison import INDEX, LEADING, MINUS, REFERENCE, Tables, in_order
from dnplab.figures.letter_page import legend_above, note_below
from dnplab.figures.style import band, colour_of, finish, new_figure, paper_style

__all__ = ["frequency_figure"]

POLARIZATION, NEIGHBOURS = "nuclear_polarization", "neighbour_polarization"
POLARIZATION_DIFFERENCE = f"{POLARIZATION}{MINUS}"
ROWS = {
    POLARIZATION: r"$P_n = \tanh(\beta_s\omega_n/2)$",
    POLARIZATION_DIFFERENCE: f"$P_n$ minus that of {REFERENCE}",
    LEADING: "ansatz deviation",
}


def frequency_figure(tables: Tables, note: str) -> Figure:
    """A column a temperature; bands are standard errors, a diamond with bars the optimum with nominal 95 %.

    A point is hollow where localization_index passes 1/2, so that beta_s is of no common temperature; dashed is the estimate
    of neighbours, which needs none. Grey is the range of the electrons' frequencies.

    tables : of `dnplab.analysis.frequency.frequency_tables`
    """
    profile = tables["profile"]
    temperatures = sorted(profile["temperature_k"].unique())
    alone = in_order(profile["model"]) == [REFERENCE]
    shown = [name for name in ROWS if name in profile and not (name == POLARIZATION_DIFFERENCE and alone)]
    with paper_style():
        figure = new_figure(0.6 + 4.9 * len(temperatures), 1.4 + 2.5 * len(shown))
        ratios = [1.5 if name == POLARIZATION else 1.0 for name in shown]
        axes = figure.subplots(len(shown), len(temperatures), squeeze=False, sharex=True, height_ratios=ratios)
        for column, temperature in zip(axes.T, temperatures, strict=True):
            rows = profile[profile["temperature_k"] == temperature]
            for name, ax in zip(shown, column, strict=True):
                _panel(ax, rows, name)
            optimum = tables["optimum"]
            _optima(column[0], optimum[optimum["temperature_k"] == temperature])
            column[0].set_title(f"{temperature:g} K", loc="left")
            column[-1].set_xlabel(r"microwaves $(\omega_{MW}-\omega_e)/2\pi$ (MHz)")
        for name, ax in zip(shown, axes[:, 0], strict=True):
            ax.set_ylabel(ROWS[name])
        figure.align_ylabels(axes[:, 0])
        legend_above(figure, *axes[0], columns=len(axes[0, 0].get_legend_handles_labels()[1]))
        note_below(figure, note)
    return figure


def _panel(ax: Axes, rows: pd.DataFrame, name: str) -> None:
    """One measure of all models; Hilbert's difference from itself is the line at 0."""
    half = 0.5 * float(rows["disorder_mhz"].iloc[0])
    ax.axvspan(-half, half, color="0.94", lw=0, zorder=0, label="electrons" if name == POLARIZATION else None)
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=0.5)
    for model in in_order(rows["model"]):
        if name == POLARIZATION_DIFFERENCE and model == REFERENCE:
            continue
        of = rows[rows["model"] == model].sort_values("offset_mhz").dropna(subset=[name])
        x, mean, sem = (of[key].to_numpy() for key in ("offset_mhz", name, f"{name}_sem"))
        colour, lost = colour_of(model), of[INDEX].to_numpy() > 0.5
        halo = 2.0 if model == REFERENCE else 1.0  # it lies below a secular curve that is nearly the same
        ax.plot(x, mean, color=colour, lw=1.6 * halo, label=model, gid=f"{model} {name}")
        ax.plot(x[~lost], mean[~lost], "o", color=colour, ms=3.0 + halo)
        ax.plot(x[lost], mean[lost], "o", color=colour, mfc="white", ms=4.5, mew=1.2, gid=f"{model} lost")
        band(ax, x, mean - sem, mean + sem, colour, gid=f"{model} band")
        if name == POLARIZATION and NEIGHBOURS in of:
            ax.plot(x, of[NEIGHBOURS], "--", color=colour, lw=0.9, alpha=0.8, gid=f"{model} neighbours")
    if name == POLARIZATION and NEIGHBOURS in rows:
        ax.plot([], [], "--", color="0.4", lw=0.9, label="of neighbours, (S81)")
    if name == LEADING:
        ax.set_ylim(bottom=0.0)
    finish(ax)


def _optima(ax: Axes, optimum: pd.DataFrame) -> None:
    """The optimum of each lobe that has one."""
    rows = optimum[optimum["lobe"] != "folded"].dropna(subset=["offset_mhz"])
    for row in rows.to_dict("records"):
        colour = colour_of(str(row["model"]))
        width, height = (
            np.abs([[row[f"{key}_lower"] - row[key]], [row[f"{key}_upper"] - row[key]]])
            for key in ("offset_mhz", POLARIZATION)
        )
        bars = ax.errorbar(
            [row["offset_mhz"]], [row[POLARIZATION]], yerr=height, xerr=width, fmt="D", color=colour, mfc="white", ms=6.0,
            mew=1.4, elinewidth=1.3, capsize=2.5, zorder=4,
        )  # fmt: skip
        bars[0].set_gid(f"{row['model']} optimum {row['lobe']}")
