"""The figure of the study of phonons: T(|omega|) against temperature and frequency, a column for each process."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from dnplab.figures.style import finish, new_figure, paper_style
from dnplab.studies import StudyResult
from dnplab.studies.phonons import Phonons

__all__ = ["figures"]

Colour = tuple[float, float, float]
TITLES = {"direct": "direct process", "two_phonon": "two-phonon process"}
# line style and, where it is the same for all curves, colour
LIMITS: dict[str, tuple[str, str | None]] = {"hot_limit_us": ("--", None), "cold_limit_us": (":", "0.3")}
LIMIT_LABELS = (r"limit $\hbar\omega\ll k_BT$", r"limit $T\to0$")


def figures(study: Phonons, result: StudyResult) -> dict[str, Figure]:
    """T(|omega|) with its limits for a hot and a cold bath."""
    by_temperature, by_frequency = result.tables["phonon_temperature"], result.tables["phonon_frequency"]
    with paper_style():
        figure = new_figure(9.0, 8.0)
        axes = figure.subplots(2, len(TITLES), squeeze=False)
        for (process, title), (upper, lower) in zip(TITLES.items(), axes.T, strict=True):
            _temperature_panel(upper, by_temperature[by_temperature["process"] == process], study)
            _frequency_panel(lower, by_frequency[by_frequency["process"] == process], study)
            upper.set_title(title, loc="left")
        _legend(axes[0, 0])
        _legend(axes[1, 0])
        handles = [Line2D([], [], color="0.3", ls=style, lw=1.3) for style, _ in LIMITS.values()]
        figure.legend(handles, LIMIT_LABELS, loc="outside lower center", ncols=2, fontsize="small")
    return {"phonons": figure}


def _temperature_panel(ax: Axes, table: pd.DataFrame, study: Phonons) -> None:
    labels = {"electron": f"{study.electron_ghz:g} GHz: $T_1/2$", "in_sector": f"{study.in_sector_mhz:g} MHz: $T^*$"}
    for (gap, label), colour in zip(labels.items(), sns.color_palette("colorblind"), strict=False):
        rows = table[table["gap"] == gap]
        _curve(ax, rows, "temperature_k", colour, label)
        if gap == "electron":  # the other gap is in its hot limit throughout
            _limits(ax, rows, "temperature_k", colour, label)
    ax.set(xlabel="bath temperature (K)", xscale="log", yscale="log")
    ticks = [float(t) for t in (1, 2, 3, 5, 10, 20, 50, 100) if study.temperature_min_k <= t <= study.temperature_max_k]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    _ordinate(ax, table)


def _frequency_panel(ax: Axes, table: pd.DataFrame, study: Phonons) -> None:
    colours = sns.color_palette("flare", table["temperature_k"].nunique())
    for (temperature_k, rows), colour in zip(table.groupby("temperature_k"), colours, strict=True):
        _curve(ax, rows, "frequency_ghz", colour, f"{temperature_k:g} K")
        _limits(ax, rows, "frequency_ghz", colour, f"{temperature_k:g} K")
    ax.axvline(study.electron_ghz, color="0.6", lw=1.2, zorder=0.5)
    ax.annotate(r"$\omega_e$", (study.electron_ghz, 0.03), xycoords=("data", "axes fraction"), ha="right", color="0.4")
    ax.set(xlabel=r"frequency $|\omega|/2\pi$ (GHz)", xscale="log", yscale="log")
    _ordinate(ax, table)


def _curve(ax: Axes, rows: pd.DataFrame, x: str, colour: Colour, label: str) -> None:
    ax.plot(rows[x], rows["time_us"], color=colour, lw=2.0, label=label, gid=label)


def _limits(ax: Axes, rows: pd.DataFrame, x: str, colour: Colour, label: str) -> None:
    for limit, (style, own) in LIMITS.items():
        ax.plot(rows[x], rows[limit], color=own or colour, lw=1.3, ls=style, zorder=3, gid=f"{label} {limit}")


def _ordinate(ax: Axes, table: pd.DataFrame) -> None:
    # the limits leave the curves by many decades where they do not hold
    ax.set_ylim(0.3 * table["time_us"].min(), 3.0 * table["time_us"].max())
    ax.set_ylabel(r"$T(|\omega|)$ (µs)")
    finish(ax)


def _legend(ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles, labels, loc="best", fontsize="small")
