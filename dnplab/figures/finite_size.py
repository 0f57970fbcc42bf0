"""What N does to the crossover: curves of every size, crossover temperature and width against 1/N, and the limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.crossover import temperature_axis
from dnplab.figures.letter_page import note_below
from dnplab.figures.style import band, colour_of, finish, new_figure, paper_style

__all__ = ["finite_size_figure"]

Tables = Mapping[str, pd.DataFrame]
MODEL = "nonsecular"
MEASURES = {
    "ansatz_deviation_minus_hilbert": r"ansatz deviation, nonsecular $-$ Hilbert",
    "localization_index_minus_hilbert": r"localization index, nonsecular $-$ Hilbert",
    "hole_minus_hilbert": r"hole at $\omega_{MW}$, nonsecular $-$ Hilbert",
}
SHORT = {name: label.partition(",")[0].partition(" at ")[0] for name, label in MEASURES.items()}
COLOURS = dict(zip(MEASURES, ("black", "#0072b2", "#d55e00"), strict=True))
DEFINITION = "half rise"
LIMIT_LAW = "2^(-N/2)"
LETTER_HOTTEST_K = 12.0
APART = 1.35  # temperatures whose labels do not touch
NORMAL_95 = 1.96


def finite_size_figure(tables: Tables, note: str) -> Figure:
    """Above: three measures against temperature for every N, with half of their rise. Below: crossover temperature and width
    against 1/N with their fits, and the ansatz deviation at the largest N (points) and for N -> infinity (lines).

    tables : of `dnplab.analysis.finite_size.finite_size_tables`
    """
    with paper_style():
        figure = new_figure(13.0, 8.6)
        axes = figure.subplots(2, 3)
        for ax, letter, name in zip(axes[0], "abc", MEASURES, strict=True):
            _curves(ax, tables, name)
            ax.set_title(f"({letter})", loc="left")
            ax.set_ylabel(MEASURES[name])
        axes[0, 0].legend(loc="upper left")
        for ax, letter, quantity, label in (
            (axes[1, 0], "d", "crossover_k", "crossover temperature (K)"),
            (axes[1, 1], "e", "width_decades", "width, 10 to 90 % (decades of $T$)"),
        ):
            _against_size(ax, tables, quantity)
            ax.set(xlabel=r"$1/N$", ylabel=label)
            ax.set_title(f"({letter})", loc="left")
        axes[1, 0].legend(loc="best")
        _limit(axes[1, 2], tables)
        axes[1, 2].set_title("(f)", loc="left")
        finish(*axes.flat)
        note_below(figure, note)
    return figure


def _curves(ax: Axes, tables: Tables, measure: str) -> None:
    curves = tables["curves"]
    curves = curves[(curves["measure"] == measure) & (curves["model"] == MODEL)]
    crossover = tables["crossover"]
    crossover = crossover[(crossover["measure"] == measure) & (crossover["definition"] == DEFINITION)].set_index("n_spins")
    sizes = sorted(curves["n_spins"].unique())
    for colour, n in zip(colormaps["viridis_r"](np.linspace(0.1, 1.0, len(sizes))), sizes, strict=True):
        rows = curves[curves["n_spins"] == n].sort_values("temperature_k")
        x, mean, sem = (rows[name].to_numpy(dtype=np.float64) for name in ("temperature_k", "mean", "mean_sem"))
        ax.plot(x, mean, "o-", color=colour, lw=1.5, ms=3.5, label=f"$N$ = {n}", gid=f"N = {n}")
        band(ax, x, mean - sem, mean + sem, colour)
        at = float(crossover["crossover_k"].get(n, np.nan))
        if np.isfinite(at):
            ax.plot([at], [np.interp(np.log(at), np.log(x), mean)], "D", ms=6, mfc="white", mec=colour, mew=1.4, zorder=5)
    _temperatures(ax, curves)


def _against_size(ax: Axes, tables: Tables, quantity: str) -> None:
    """A quantity of every measure against 1/N, with the fit a + b/N and its 95 % interval at N -> infinity."""
    found = tables["crossover"][tables["crossover"]["definition"] == DEFINITION]
    fits = tables["fits"][(tables["fits"]["definition"] == DEFINITION) & (tables["fits"]["quantity"] == quantity)]
    for shift, (measure, colour) in enumerate(COLOURS.items()):
        rows = found[(found["measure"] == measure) & np.isfinite(found[quantity])]
        if rows.empty:
            continue
        x, y = 1.0 / rows["n_spins"].to_numpy(), rows[quantity].to_numpy()
        spread = np.maximum([y - rows[f"{quantity}_lower"], rows[f"{quantity}_upper"] - y], 0.0)
        ax.errorbar(x + 0.0015 * (shift - 1), y, yerr=spread, fmt="o", ms=5, color=colour, capsize=3, label=SHORT[measure])
        line = fits[(fits["measure"] == measure) & (fits["law"] == "1/N")].iloc[0]
        if np.isfinite(line["limit"]):
            ends = np.array([0.0, x.max()])
            ax.plot(ends, line["limit"] + line["slope"] * ends, color=colour, lw=1.0, zorder=0.5)
            ax.errorbar(
                [0.0],
                [line["limit"]],
                yerr=NORMAL_95 * line["limit_sem"],
                fmt="s",
                ms=6,
                color=colour,
                mfc="white",
                capsize=4,
            )
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.set_xlim(left=-0.01)


def _limit(ax: Axes, tables: Tables) -> None:
    """The ansatz deviation of both models at the largest N, and a + b 2^(-N/2) at N -> infinity with its 95 % interval."""
    curves, limit = (table[table["measure"] == "ansatz_deviation"] for table in (tables["curves"], tables["limit"]))
    limit = limit[limit["law"] == LIMIT_LAW].dropna(subset=["limit"])
    limit = limit[limit["from_n"] == limit["from_n"].max()]
    largest = curves["n_spins"].max()
    for model in ("hilbert", MODEL):
        rows = curves[(curves["model"] == model) & (curves["n_spins"] == largest)].sort_values("temperature_k")
        colour = colour_of(model)
        ax.plot(
            rows["temperature_k"], rows["mean"], "o", ms=4.5, mfc="white", color=colour, label=f"{model}, $N$ = {largest}"
        )
        fit = limit[limit["model"] == model].sort_values("temperature_k")
        x, y, sem = (fit[name].to_numpy(dtype=np.float64) for name in ("temperature_k", "limit", "limit_sem"))
        if x.size:
            ax.plot(x, y, "-", color=colour, lw=1.8, label=rf"{model}, $N \to \infty$")
            band(ax, x, y - NORMAL_95 * sem, y + NORMAL_95 * sem, colour)
    ax.axhline(0.0, color="0.7", lw=0.8, zorder=0.3)
    _temperatures(ax, curves)
    ax.set_ylabel("ansatz deviation")
    ax.set_ylim(top=1.35 * ax.get_ylim()[1])  # room for the legend
    ax.legend(loc="upper left", ncols=2, fontsize="small")


def _temperatures(ax: Axes, curves: pd.DataFrame) -> None:
    """A logarithmic axis with labels that stand apart, and the end of the letter's Table I where the curves go beyond."""
    shown: list[float] = []
    for value in sorted(curves["temperature_k"].unique()):
        if not shown or value > APART * shown[-1]:
            shown.append(float(value))
    if shown:
        temperature_axis(ax, np.array(shown))
    if curves["temperature_k"].max() > LETTER_HOTTEST_K:
        ax.axvline(LETTER_HOTTEST_K, color="0.7", lw=1.0, ls="--", zorder=0.3)
