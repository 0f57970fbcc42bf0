"""The figures of a sweep: measures against temperature, and profiles and spectra cold and hot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dnplab.comparison import (
    INDEX,
    LEADING,
    PROFILE,
    PROFILE_INDEX,
    RATIO,
    REFERENCE,
    group_words,
    in_order,
    of_group,
    split_groups,
    told_by_all,
)
from dnplab.figures.style import (
    BOLTZMANN,
    band,
    colour_of,
    finish,
    microwave_line,
    new_figure,
    paper_style,
)

__all__ = ["crossover_figure", "profiles_figure", "spectra_figure", "temperature_axis"]

LABELS = {
    PROFILE: r"profile deviation $\mathrm{rms}_i\,|P_i - P_i^{\mathrm{fit}}|\,/\,|P_0|$",
    PROFILE_INDEX: "profile index",
    LEADING: r"ansatz deviation $\mathrm{rms}_i\,|P_i - P_i^{\mathrm{ansatz}}|\,/\,|P_0|$",
    INDEX: "localization index",
    RATIO: "ansatz deviation\nrelative to hilbert",
}


def crossover_figure(table: pd.DataFrame, temperatures: pd.DataFrame, groups: Sequence[str] = ()) -> Figure:
    """Ansatz deviation, localization index and, where there is a Hilbert model, the ratio to it against temperature.

    Where a model has no ansatz (correlations of few spins), the deviation and the index are those of the profile that fits.

    Lines are means, bands standard errors (for the ratio the 95 % bootstrap interval). A diamond on
    a curve marks its crossover temperature, the bar through it the 95 % interval.

    Args:
        table: as `dnplab.analysis.find_crossover` makes it.
        temperatures: of the same.
        groups: further columns of both that tell crossovers apart; each combination gets its own
            row of panels.

    """
    parts = list(split_groups(table, groups))
    with paper_style():
        figure = new_figure(9.0, 5.2 * len(parts))
        rows = figure.subfigures(len(parts), 1, squeeze=False)[:, 0]
        for part, (group, rows_of_group) in zip(rows, parts, strict=True):
            _panels(part, rows_of_group, of_group(temperatures, group), group)
    return figure


def profiles_figure(spins: pd.DataFrame, microwave_offset_mhz: float, groups: Sequence[str] = ()) -> Figure | None:
    """Polarization profiles of all models at the coldest and the hottest temperature of a sweep.

    Args:
        spins: long table with columns model, temperature_k, spin, offset_mhz, polarization,
            boltzmann.
        microwave_offset_mhz: where the drive stands, from the electron frequency.
        groups: further columns that tell crossovers apart; each combination gets its own row of
            panels.

    """
    if spins.empty:
        return None
    return _ends_figure(spins, groups, lambda ax, values: _profile_panel(ax, values, microwave_offset_mhz))


def spectra_figure(spectra: pd.DataFrame, microwave_offset_mhz: float, groups: Sequence[str] = ()) -> Figure | None:
    """EPR spectra of all models at the coldest and the hottest temperature of a sweep: the letter's Fig. 2.

    Args:
        spectra: long table with columns model, temperature_k, left_mhz, right_mhz, epr, epr_sem,
            ansatz, boltzmann; the last three may be missing.
        microwave_offset_mhz: where the drive stands, from the electron frequency.
        groups: further columns that tell crossovers apart; each combination gets its own row of
            panels.

    """
    if spectra.empty:
        return None
    return _ends_figure(spectra, groups, lambda ax, values: _spectrum_panel(ax, values, microwave_offset_mhz))


def _ends_figure(table: pd.DataFrame, groups: Sequence[str], draw: Callable[[Axes, pd.DataFrame], None]) -> Figure:
    """A row of two panels for each group: its coldest and its hottest temperature."""
    parts = list(split_groups(table, groups))
    with paper_style():
        figure = new_figure(9.0, 4.4 * len(parts))
        axes = figure.subplots(len(parts), 2, squeeze=False)
        for row, (group, values) in zip(axes, parts, strict=True):
            ends = sorted({values["temperature_k"].min(), values["temperature_k"].max()})
            for ax, temperature in zip(row, ends, strict=False):
                draw(ax, values[values["temperature_k"] == temperature])
                label = ", ".join([f"T = {temperature:g} K", *group_words(group)])
                ax.set_title(label, loc="left")
            for ax in row[len(ends) :]:
                ax.remove()
        handles, labels = axes[0, 0].get_legend_handles_labels()
        columns = len(labels) if len(labels) < 6 else (len(labels) + 1) // 2
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize="small")
    return figure


def _panels(part: SubFigure, table: pd.DataFrame, temperatures: pd.DataFrame, group: Mapping[str, object]) -> None:
    leading, index = told_by_all(table)
    compared = RATIO in table and table.loc[table["model"] != REFERENCE, RATIO].notna().any()
    widths = [1.6, 1.0]
    if compared:
        axes = part.subplot_mosaic([[leading, index], [leading, RATIO]], width_ratios=widths)
    else:
        axes = part.subplot_mosaic([[leading, index]], width_ratios=widths)
    marked = False
    for measure, ax in axes.items():
        for model in in_order(table["model"]):
            if measure in table and not (measure == RATIO and model == REFERENCE):
                rows = table[table["model"] == model].dropna(subset=[measure]).sort_values("temperature_k")
                _curve(ax, rows, str(measure), str(model))
        marked |= _marks(ax, table, temperatures, str(measure))
        temperature_axis(ax, table["temperature_k"].unique())
        ax.set_ylabel(LABELS[str(measure)])
        ax.margins(y=0.1)
    for measure in (leading, index):
        axes[measure].set_ylim(bottom=0.0)
    if compared:
        axes[RATIO].axhline(1.0, color=colour_of(REFERENCE), lw=1.5)
        axes[index].set_xlabel("")
        axes[index].tick_params(labelbottom=False)
    if marked:
        axes[leading].plot([], [], "D", ms=7, mfc="white", mec="0.4", mew=1.6, label="half of the change")
    axes[leading].legend(loc="upper left")
    if group:
        axes[leading].set_title(", ".join(group_words(group)), loc="left")
    finish(*axes.values())


def _curve(ax: Axes, rows: pd.DataFrame, measure: str, model: str) -> None:
    x, mean = rows["temperature_k"].to_numpy(), rows[measure].to_numpy()
    colour = colour_of(model)
    ax.plot(x, mean, "o-", color=colour, lw=1.8, ms=4.5, label=model)
    if f"{measure}_sem" in rows:
        sem = rows[f"{measure}_sem"].to_numpy()
        lower, upper = mean - sem, mean + sem
    elif f"{measure}_lower" in rows:
        lower, upper = rows[f"{measure}_lower"].to_numpy(), rows[f"{measure}_upper"].to_numpy()
    else:
        return
    if x.size == 1 and np.isfinite([lower, upper]).all():  # a band needs two points
        spread = np.maximum([mean - lower, upper - mean], 0.0)
        bars = ax.errorbar(x, mean, yerr=spread, fmt="none", ecolor=colour, elinewidth=1.4, capsize=4)
        bars[2][0].set_gid(f"{model} bar")
    else:
        band(ax, x, lower, upper, colour, gid=f"{model} band")


def _marks(ax: Axes, table: pd.DataFrame, temperatures: pd.DataFrame, measure: str) -> bool:
    """A diamond at each crossover temperature, at half height, with its interval; whether there is any."""
    marked = False
    if temperatures.empty:
        return marked
    rows = temperatures[temperatures["measure"] == measure].dropna(subset=["crossover_k"])
    for row in rows.to_dict("records"):
        curve = table[table["model"] == row["model"]].dropna(subset=[measure]).sort_values("temperature_k")
        if curve.empty:
            continue
        half = 0.5 * (curve[measure].iloc[0] + curve[measure].iloc[-1])
        at, colour = float(row["crossover_k"]), colour_of(str(row["model"]))
        spread = [[max(at - row["lower_k"], 0.0)], [max(row["upper_k"] - at, 0.0)]]
        ax.errorbar(
            [at], [half], xerr=None if np.isnan(spread).any() else spread, fmt="D", ms=7,
            mfc="white", mec=colour, mew=1.6, ecolor=colour, elinewidth=1.4, capsize=4, zorder=5,
            gid=f"{row['model']} crossover",
        )  # fmt: skip
        marked = True
    return marked


def temperature_axis(ax: Axes, temperatures: np.ndarray) -> None:
    """Bath temperatures on a logarithmic axis, labelled at those of the sweep."""
    ax.set_xscale("log")
    ax.set_xlabel("bath temperature (K)")
    ax.xaxis.set_major_locator(FixedLocator(_spaced(np.sort(temperatures))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _spaced(temperatures: np.ndarray) -> list[float]:
    """Temperatures whose labels stay apart on a logarithmic axis; the ends always."""
    if temperatures.size < 3:
        return [float(t) for t in temperatures]
    gap = 0.07 * np.log(temperatures[-1] / temperatures[0])
    kept = [float(temperatures[0])]
    for value in temperatures[1:-1]:
        if min(np.log(value / kept[-1]), np.log(temperatures[-1] / value)) > gap:
            kept.append(float(value))
    return [*kept, float(temperatures[-1])]


def _profile_panel(ax: Axes, values: pd.DataFrame, microwave_offset_mhz: float) -> None:
    for model in in_order(values["model"]):
        by_spin = values[values["model"] == model].groupby("spin")
        x = by_spin["offset_mhz"].mean().to_numpy()
        mean, sem = (
            by_spin["polarization"].mean().to_numpy(),
            by_spin["polarization"].sem().to_numpy(),
        )
        colour = colour_of(str(model))
        ax.plot(x, mean, "o-", color=colour, lw=1.8, ms=4.5, label=model)
        band(ax, x, mean - sem, mean + sem, colour, gid=f"{model} band")
    if "boltzmann" in values:
        ax.axhline(
            values["boltzmann"].mean(),
            color=BOLTZMANN,
            ls="-.",
            lw=1.3,
            label=r"Boltzmann $P_0$",
            zorder=0.5,
        )
    microwave_line(ax, microwave_offset_mhz)
    ax.set(xlabel=r"offset $\Delta_i/2\pi$ (MHz)", ylabel=r"polarization $P_i = 2\langle S_i^z\rangle$")
    finish(ax)


def _spectrum_panel(ax: Axes, values: pd.DataFrame, microwave_offset_mhz: float) -> None:
    models = in_order(values["model"])
    for model in models:
        rows = values[values["model"] == model].sort_values("left_mhz")
        edges = np.append(rows["left_mhz"].to_numpy(), rows["right_mhz"].iloc[-1])
        centres, colour = 0.5 * (edges[1:] + edges[:-1]), colour_of(model)
        if model == models[0] and "boltzmann" in rows:  # of the samples, whatever the model
            ax.stairs(rows["boltzmann"], edges, fill=True, color="0.9", zorder=0, label="Boltzmann, no drive")
        ax.plot(centres, rows["epr"], color=colour, lw=1.8, label=model)
        if "epr_sem" in rows:
            band(ax, centres, rows["epr"] - rows["epr_sem"], rows["epr"] + rows["epr_sem"], colour, gid=f"{model} band")
        if "ansatz" in rows:
            ax.plot(centres, rows["ansatz"], "--", color=colour, lw=1.2, gid=f"{model} ansatz")
        ax.set_xlim(edges[0], edges[-1])
    if "ansatz" in values:
        ax.plot([], [], "--", color="0.4", lw=1.2, label="its spin-temperature ansatz")
    ax.axhline(0.0, color="0.7", lw=0.8, zorder=0.3)
    microwave_line(ax, microwave_offset_mhz)
    ax.use_sticky_edges = False
    ax.set(xlabel=r"$(\omega-\omega_e)/2\pi$ (MHz)", ylabel=r"EPR spectrum $\tilde f$ (1/MHz)")
    finish(ax)
