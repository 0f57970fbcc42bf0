"""One time of the bath at a time: curves where it follows the temperature alone or stays alone, and shares of the rise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.bath_times import ALL, NONE, TIME_NAMES, others
from dnplab.comparison import DIFFERENCE, INDEX_DIFFERENCE, Tables
from dnplab.figures.crossover import temperature_axis
from dnplab.figures.letter_page import note_below
from dnplab.figures.style import band, finish, new_figure, paper_style

__all__ = ["one_factor_figure"]

T1, T_STAR, T_ZERO = TIMES = tuple(TIME_NAMES.values())
COLOURS = {T1: "#d55e00", T_STAR: "#0072b2", T_ZERO: "#009e73", ALL: "black", NONE: "0.6"}
SYMBOLS = {T1: "$T_1$", T_STAR: "$T^*$", T_ZERO: "$T(0)$"}
LABEL = r"ansatz deviation, nonsecular $-$ Hilbert"


def one_factor_figure(tables: Tables, note: str) -> Figure:
    """Left: one time follows the temperature, the others stay at 1.2 K; middle: one stays, the others follow; right: shares.

    Black is the letter's bath, where all follow, grey the lattice temperature alone. Bands are standard errors, diamonds
    half of a curve's own rise, bars 95 % intervals.

    tables : of `dnplab.analysis.one_factor.one_factor_tables`
    """
    with paper_style():
        figure = new_figure(13.0, 4.9)
        alone, stays, shares = figure.subplots(1, 3, width_ratios=[1.0, 1.0, 0.8])
        stays.sharey(alone)
        _panel(alone, tables, {"all three (letter)": ALL, **{word: word for word in TIMES}, "none (lattice only)": NONE})
        alone.set_title("(a) one time follows $T$, the others stay cold", loc="left")
        alone.legend(title="follows", loc="upper left")
        _panel(stays, tables, {"none (letter)": ALL, **{word: others(word) for word in TIMES}, "all (lattice only)": NONE})
        stays.set_title("(b) one time stays cold, the others follow $T$", loc="left")
        stays.legend(title="stays", loc="upper left")
        alone.set_ylabel(LABEL)
        stays.tick_params(labelleft=False)
        _shares(shares, tables["factors"])
        finish(alone, stays, shares)
        note_below(figure, note)
    return figure


def _panel(ax: Axes, tables: Tables, sets: Mapping[str, str]) -> None:
    """A curve for each label and the times that follow in it."""
    curves, factors = (table[table["measure"] == DIFFERENCE] for table in (tables["curves"], tables["factors"]))
    curves = curves[curves["model"] == "nonsecular"]
    for label, follows in sets.items():
        rows = curves[curves["follows"] == follows].sort_values("temperature_k")
        if rows.empty:
            continue
        colour = COLOURS.get(label, COLOURS.get(follows, "black"))
        x, mean, sem = (rows[name].to_numpy(dtype=np.float64) for name in ("temperature_k", "mean", "mean_sem"))
        ax.plot(x, mean, "o-", color=colour, lw=1.8, ms=4.5, label=SYMBOLS.get(label, label), gid=follows)
        band(ax, x, mean - sem, mean + sem, colour)
        found = factors[factors["follows"] == follows].iloc[0]
        at, half = float(found["crossover_k"]), 0.5 * (mean[0] + mean[-1])
        if np.isfinite(at) and found["rise"] > 0.0:
            spread = np.maximum([[at - found["crossover_k_lower"]], [found["crossover_k_upper"] - at]], 0.0)
            mark = ax.errorbar(
                [at], [half], xerr=spread, fmt="D", ms=7, color=colour, mfc="white", mew=1.5, capsize=4, zorder=5
            )  # fmt: skip
            mark[0].set_gid(f"{follows} half")
    temperature_axis(ax, curves["temperature_k"].unique())


def _shares(ax: Axes, factors: pd.DataFrame) -> None:
    """The share of the letter's rise in each bath, for both measures."""
    sets = list(factors[factors["measure"] == DIFFERENCE]["follows"])
    place = {words: -number for number, words in enumerate(_in_order(sets))}
    for measure, marker, shift, name in (
        (DIFFERENCE, "o", 0.12, "ansatz deviation"),
        (INDEX_DIFFERENCE, "s", -0.12, "localization index"),
    ):
        rows = factors[factors["measure"] == measure].dropna(subset=["share"])
        if rows.empty:
            continue
        y = np.array([place[words] + shift for words in rows["follows"]])
        share, lower, upper = (rows[key].to_numpy(dtype=np.float64) for key in ("share", "share_lower", "share_upper"))
        spread = np.maximum([share - lower, upper - share], 0.0)
        filled = "0.25" if measure == DIFFERENCE else "white"
        bars = ax.errorbar(share, y, xerr=spread, fmt=marker, ms=6, color="0.25", mfc=filled, capsize=3, label=name)
        bars[0].set_gid(f"share {measure}")
    ax.axvline(0.0, color="0.7", lw=0.8, zorder=0.3)
    ax.axvline(1.0, color="0.7", lw=0.8, ls="--", zorder=0.3)
    ax.set_yticks(list(place.values()), [_words(words) for words in place])
    ax.set_ylim(-len(place) + 0.5, 0.5)
    ax.set_xlabel("share of the letter's rise")
    ax.set_title("(c) what follows $T$", loc="left")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)


def _in_order(sets: Sequence[str]) -> list[str]:
    """All three first, then pairs, single times, and the lattice alone."""
    return sorted(sets, key=lambda words: (words == NONE, -words.count("+"), sets.index(words)))


def _words(words: str) -> str:
    if words == NONE:
        return "lattice only"
    return " + ".join(SYMBOLS[word] for word in words.split(" + "))
