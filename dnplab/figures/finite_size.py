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
LAWS = {"1/N": "--", "2^(-N/2)": "-"}
REJECTED = 0.01  # p_value of a law that is not drawn
MOST = 0.5  # of the resamples see the rise whole
LETTER_HOTTEST_K = 12.0
APART = 0.1  # of the axis: temperatures whose labels do not touch
NORMAL_95 = 1.96
LEGEND = (
    "Bars: 95 %. Bands: one standard error in (a) to (c), 95 % in (f). "
    "Filled: the sweep sees the whole rise; open: half of the rise and width are those of the sweep."
)


def finite_size_figure(tables: Tables, note: str) -> Figure:
    """Above: three measures against temperature for every N, with half of their rise. Below: crossover temperature and width
    against 1/N, with laws where the whole rise is seen, and the ansatz deviation at the largest N and for N -> infinity.

    tables : of `dnplab.analysis.finite_size.finite_size_tables`
    """
    with paper_style():
        figure = new_figure(13.0, 8.8)
        axes = figure.subplots(2, 3)
        for ax, letter, name in zip(axes[0], "abc", MEASURES, strict=True):
            _curves(ax, tables, name)
            ax.set_title(f"({letter})", loc="left")
            ax.set_ylabel(MEASURES[name])
        axes[0, 0].legend(loc="upper left")
        for ax, letter, quantity, label in (
            (axes[1, 0], "d", "crossover_k", "half of the rise (K)"),
            (axes[1, 1], "e", "width_decades", "width, 10 to 90 % (decades of $T$)"),
        ):
            _against_size(ax, tables, quantity)
            ax.set(xlabel=r"$1/N$", ylabel=label)
            ax.set_title(f"({letter})", loc="left")
        coldest = float(tables["curves"]["temperature_k"].min())
        axes[1, 0].axhline(coldest, color="0.7", lw=1.0, ls=":", zorder=0.3, label="coldest temperature", gid="coldest")
        axes[1, 0].set_ylim(top=1.5 * axes[1, 0].get_ylim()[1])  # room for the legend
        axes[1, 0].legend(loc="upper left")
        axes[1, 1].legend(loc="lower right")
        _limit(axes[1, 2], tables)
        axes[1, 2].set_title("(f)", loc="left")
        finish(*axes.flat)
        note_below(figure, f"{note} {LEGEND}")
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
        at, whole = (float(crossover[name].get(n, np.nan)) for name in ("crossover_k", "whole"))
        if np.isfinite(at):
            y, fill = np.interp(np.log(at), np.log(x), mean), colour if whole > MOST else "white"
            ax.plot([at], [y], "D", ms=6, mfc=fill, mec=colour, mew=1.4, zorder=5, gid=f"half of the rise, N = {n}")
    _temperatures(ax, curves)


def _against_size(ax: Axes, tables: Tables, quantity: str) -> None:
    """A quantity of every measure against 1/N: filled where the whole rise is seen, with the laws that are fitted to it."""
    found = tables["crossover"][tables["crossover"]["definition"] == DEFINITION]
    fits = tables["fits"][(tables["fits"]["definition"] == DEFINITION) & (tables["fits"]["quantity"] == "width_decades")]
    for shift, (measure, colour) in enumerate(COLOURS.items()):
        label: str | None = SHORT[measure]
        rows = found[(found["measure"] == measure) & np.isfinite(found[quantity])]
        for whole, fill in ((True, colour), (False, "white")):
            part = rows[(rows["whole"] > MOST) == whole]
            if part.empty:
                continue
            x, y = 1.0 / part["n_spins"].to_numpy() + 0.0015 * (shift - 1), part[quantity].to_numpy()
            spread = np.maximum([y - part[f"{quantity}_lower"], part[f"{quantity}_upper"] - y], 0.0)
            drawn = ax.errorbar(x, y, yerr=spread, fmt="o", ms=5, color=colour, mfc=fill, capsize=3, label=label)
            drawn.lines[0].set_gid(f"{measure}, {'whole' if whole else 'of the sweep'}")
            label = None
        if quantity == "width_decades":
            _laws(ax, fits[fits["measure"] == measure], colour)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.set_xlim(left=-0.01)


def _laws(ax: Axes, fits: pd.DataFrame, colour: str) -> None:
    """The laws of N that are not refuted, from the larger sizes, with the 95 % interval of their limits."""
    fits = fits[np.isfinite(fits["limit"]) & ~(fits["p_value"] < REJECTED)]
    fits = fits[fits["from_n"] == fits["from_n"].max()]
    for shift, (law, style) in enumerate(LAWS.items()):
        for _, row in fits[fits["law"] == law].iterrows():
            n = np.geomspace(row["from_n"], 1e3, 200)
            term = 1.0 / n if law == "1/N" else 2.0 ** (-n / 2)
            ax.plot(1.0 / n, row["limit"] + row["slope"] * term, style, color=colour, lw=1.2, zorder=0.5, label=_law(law))
            bar = NORMAL_95 * row["limit_sem"]
            ax.errorbar([-0.004 * shift], [row["limit"]], yerr=bar, fmt="s", ms=6, color=colour, mfc="white", capsize=4)


def _law(law: str) -> str:
    return {"1/N": r"$a + b/N$", "2^(-N/2)": r"$a + b\,2^{-N/2}$"}[law]


def _limit(ax: Axes, tables: Tables) -> None:
    """The ansatz deviation of both models at the largest N, and what two laws of N leave, where they know that size."""
    curves, limit = (table[table["measure"] == "ansatz_deviation"] for table in (tables["curves"], tables["limit"]))
    largest = curves[curves["model"] == MODEL]["n_spins"].max()
    limit = limit[(limit["to_n"] == largest) & (limit["temperature_k"] <= LETTER_HOTTEST_K)].dropna(subset=["limit"])
    limit = limit[limit["from_n"] == limit["from_n"].max()]
    for model in ("hilbert", MODEL):
        rows = curves[(curves["model"] == model) & (curves["n_spins"] == largest)].sort_values("temperature_k")
        colour = colour_of(model)
        bars = NORMAL_95 * rows["mean_sem"]
        label = f"{model}, $N$ = {largest}"
        points = ax.errorbar(
            rows["temperature_k"],
            rows["mean"],
            yerr=bars,
            fmt="o",
            ms=4.5,
            mfc="white",
            color=colour,
            capsize=2,
            label=label,
        )
        points.lines[0].set_gid(f"{model}, largest")
        for law, style in LAWS.items():
            fit = limit[(limit["model"] == model) & (limit["law"] == law)].sort_values("temperature_k")
            x, y, sem = (fit[name].to_numpy(dtype=np.float64) for name in ("temperature_k", "limit", "limit_sem"))
            if x.size:
                ax.plot(x, y, style, color=colour, lw=1.6, label=_law(law), gid=f"{model}, {law}")
                band(ax, x, y - NORMAL_95 * sem, y + NORMAL_95 * sem, colour)
    ax.axhline(0.0, color="0.7", lw=0.8, zorder=0.3)
    _temperatures(ax, curves)
    ax.set_ylabel(r"ansatz deviation, lines: $N \to \infty$")
    ax.set_ylim(top=1.35 * ax.get_ylim()[1])  # room for the legend
    ax.legend(loc="upper left", ncols=2, fontsize="small")


def _temperatures(ax: Axes, curves: pd.DataFrame) -> None:
    """A logarithmic axis with labels that stand apart, and the end of the letter's Table I where the curves go beyond."""
    left, right = ax.dataLim.intervalx
    values = np.unique(curves["temperature_k"])
    values = values[(values >= left) & (values <= right)]
    if values.size == 0:
        return
    apart = (right / left) ** APART
    shown: list[float] = []
    for value in values:
        if not shown or value > apart * shown[-1]:
            shown.append(float(value))
    temperature_axis(ax, np.array(shown))
    if right > LETTER_HOTTEST_K:
        ax.axvline(LETTER_HOTTEST_K, color="0.7", lw=1.0, ls="--", zorder=0.3)
