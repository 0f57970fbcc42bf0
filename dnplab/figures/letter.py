r"""The letter's ensemble figures 1, 2 and S5 to S8: EPR spectra and polarization profiles in its arrangement and units.

Each is drawn from the tables that `dnplab.analysis.letter` makes. Hilbert is red and nonsecular black as in the letter,
thermal equilibrium blue, microwaves dotted. The axis is omega in 2 pi GHz, the offset from omega_e in MHz stands above it.

Fig. 1(b): where spins share a temperature, with the density of frequencies d = 1/Delta omega_e,

    f(omega) = d(omega) P(omega),   P = -tanh((beta_s (omega - omega_MW) - mu) / 2),

whose slope at P = 0 is -beta_s / (2 Delta omega_e). (The letter's caption says beta_s / 2, which is that of P, and with the
opposite sign of f.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from dnplab.comparison import Tables, in_order
from dnplab.figures.letter_page import THERMAL, legend_above, note_below
from dnplab.figures.letter_sketch import draw_system
from dnplab.figures.letter_states import fig3, figs9, figs10
from dnplab.figures.style import band, colour_of, finish, microwave_line, new_figure, paper_style

__all__ = ["letter_figure"]

FloatArray = NDArray[np.float64]
DRIVEN = "#e66100"  # the orange of Fig. 1
EPR_LABEL = r"EPR spectrum $\tilde f$ ($2\pi\,\mathrm{GHz})^{-1}$"
PROFILE_LABEL = r"polarization $P_i$"


def letter_figure(name: str, tables: Tables, line: str) -> Figure:
    """The figure of that name ("fig2", "figs10", ...) with a line of text below."""
    with paper_style():
        figure = FIGURES[name](tables)
        note_below(figure, line)
    return figure


def _fig1(tables: Tables) -> Figure:
    figure = new_figure(11.0, 4.3)
    sketch, cold, hot = figure.subplots(1, 3, width_ratios=[1.0, 1.0, 1.0])
    draw_system(sketch)
    sketch.set_title("(a)", loc="left")
    epr, runs = tables["epr"], tables["runs"]
    epr, runs = (table[table["model"] == in_order(runs["model"])[-1]] for table in (epr, runs))
    temperatures = sorted(runs["temperature_k"].unique())
    for ax, letter, temperature in zip((cold, hot), "bc", (temperatures[0], temperatures[-1]), strict=True):
        rows, run = epr[epr["temperature_k"] == temperature], runs[runs["temperature_k"] == temperature].iloc[0]
        x = rows["omega_2pi_ghz"].to_numpy()
        ax.plot(x, rows["boltzmann_per_2pi_ghz"], color=THERMAL, lw=1.8, label="thermal equilibrium")
        ax.plot(x, rows["epr_per_2pi_ghz"], color=DRIVEN, lw=1.8, label="under microwaves")
        _sem_band(ax, rows, "epr_per_2pi_ghz", DRIVEN)
        _spectrum_axes(ax, rows, run)
        ax.set_title(f"({letter}) {temperature:g} K", loc="left")
    _spin_temperature_line(cold, runs[runs["temperature_k"] == temperatures[0]].iloc[0])
    _mark_hole(hot, epr[epr["temperature_k"] == temperatures[-1]], runs.iloc[0])
    legend_above(figure, cold)
    return figure


def _spin_temperature_line(ax: Axes, run: pd.Series) -> None:
    """The tangent of d(omega) P(omega) where P = 0, from the mean beta_s and mu of the samples."""
    beta_s, mu = float(run["beta_s_per_2pi_mhz"]), float(run["mu"])
    half_mhz = 0.5 * float(run["disorder_mhz"])  # d(omega) = 1/Delta omega_e within it
    detuning = np.array([-half_mhz, half_mhz]) + 1e3 * (run["electron_ghz"] - run["microwave_ghz"])  # MHz
    height = -(beta_s * detuning - mu) / 2 / (2e-3 * half_mhz)
    kelvin = constants.h * 1e6 / (constants.k * beta_s)
    inverse = rf"$\beta_s$ = {1e3 * beta_s:.0f} $(2\pi$ GHz$)^{{-1}}$, $\beta_s^{{-1}}$ = {1e3 * kelvin:.2f} mK"
    label = rf"slope $-\beta_s/2\Delta\omega_e$, {inverse}"
    x = run["microwave_ghz"] + 1e-3 * detuning
    ax.plot(x, height, "--", color="#d62728", lw=1.8, label=label, gid="spin temperature")


def _mark_hole(ax: Axes, rows: pd.DataFrame, run: pd.Series) -> None:
    """An arrow to the spectrum at the microwave frequency, where the driven spins are hot."""
    nearest = rows.iloc[int((rows["omega_2pi_ghz"] - run["microwave_ghz"]).abs().argmin())]
    low = float(rows["boltzmann_per_2pi_ghz"].min())
    ax.annotate(
        "hole", (nearest["omega_2pi_ghz"], nearest["epr_per_2pi_ghz"]), (nearest["omega_2pi_ghz"] + 8e-4, 0.06 * low),
        arrowprops={"arrowstyle": "->", "color": "0.3"}, va="center", gid="hole",
    )  # fmt: skip


def _fig2(tables: Tables) -> Figure:
    temperatures = sorted(tables["epr"]["temperature_k"].unique())
    figure = new_figure(7.0, 0.8 + 3.3 * len(temperatures))
    axes = figure.subplots(len(temperatures), 1, squeeze=False, sharex=True)[:, 0]
    for index, (ax, temperature) in enumerate(zip(axes, temperatures, strict=True)):
        _spectrum_panel(ax, tables, temperature, above=index == 0, below=index == len(axes) - 1)
        ax.set_title(f"{temperature:g} K", loc="left")
    legend_above(figure, axes[0])
    return figure


def _figs5(tables: Tables) -> Figure:
    temperatures = sorted(tables["profile"]["temperature_k"].unique())
    figure = new_figure(0.6 + 4.4 * len(temperatures), 4.6)
    axes = figure.subplots(1, len(temperatures), squeeze=False)[0]
    for ax, temperature in zip(axes, temperatures, strict=True):
        _profile_panel(ax, tables, temperature)
        ax.set_title(f"{temperature:g} K", loc="left")
    legend_above(figure, axes[0])
    return figure


def _spectra_and_profiles(tables: Tables) -> Figure:
    """Figs. S6 and S7: a row a temperature, spectrum left, profile right."""
    temperatures = sorted(tables["epr"]["temperature_k"].unique())
    figure = new_figure(9.4, 1.0 + 3.3 * len(temperatures))
    axes = figure.subplots(len(temperatures), 2, squeeze=False)
    letters = iter("abcdefghijklmnop"[: axes.size])
    names = np.array(list(letters)).reshape(2, -1).T  # down the columns, as Fig. S6
    for row, name, temperature in zip(axes, names, temperatures, strict=True):
        _spectrum_panel(row[0], tables, temperature)
        _profile_panel(row[1], tables, temperature)
        for ax, letter in zip(row, name, strict=True):
            ax.set_title(f"({letter}) {temperature:g} K", loc="left")
    legend_above(figure, axes[0, 1], axes[0, 0])
    return figure


def _figs8(tables: Tables) -> Figure:
    figure = new_figure(7.0, 4.6)
    ax = figure.subplots()
    profile, runs = tables["profile"], tables["runs"]
    for model in in_order(profile["model"]):
        rows = profile[profile["model"] == model]
        ax.plot(rows["spin"] + 1, rows["polarization"], "o-", color=colour_of(model), ms=6, lw=0.5, label=model)
    thermal = float(runs["thermal_polarization"].iloc[0])
    ax.axhline(thermal, color=THERMAL, lw=1.3, label=rf"thermal equilibrium, $P_0 = {thermal:.4f}$", zorder=0.5)
    _mark_driven(ax, profile)
    offset = r"$\Delta_i/2\pi$ within $\pm$" + f"{1e6 * runs['disorder_mhz'].iloc[0] / 2:.0f} Hz"
    ax.set(xlabel=f"spin $i$ in order of frequency ({offset})", ylabel=PROFILE_LABEL)
    ax.xaxis.set_major_locator(MultipleLocator(1))
    ax.set_ylim(1.12 * thermal, -0.12 * thermal)
    finish(ax)
    legend_above(figure, ax, columns=4)
    return figure


def _mark_driven(ax: Axes, profile: pd.DataFrame) -> None:
    if profile["driven"].all():
        return
    for spin in profile[profile["driven"]]["spin"].unique():
        microwave_line(ax, float(spin) + 1)


FIGURES: dict[str, Callable[[Tables], Figure]] = {
    "fig1": _fig1,
    "fig2": _fig2,
    "fig3": fig3,
    "figs5": _figs5,
    "figs6": _spectra_and_profiles,
    "figs7": _spectra_and_profiles,
    "figs8": _figs8,
    "figs9": figs9,
    "figs10": figs10,
}


def _spectrum_panel(ax: Axes, tables: Tables, temperature: float, above: bool = True, below: bool = True) -> None:
    """Dots with their error band, and the spectrum of the spin-temperature ansatz dashed."""
    epr, runs = tables["epr"], tables["runs"]
    chosen = epr[epr["temperature_k"] == temperature]
    for model in in_order(chosen["model"]):
        rows, colour = chosen[chosen["model"] == model], colour_of(model)
        ax.plot(rows["omega_2pi_ghz"], rows["epr_per_2pi_ghz"], "o", color=colour, ms=3.2, mew=0, label=model)
        _sem_band(ax, rows, "epr_per_2pi_ghz", colour)
        if "ansatz_per_2pi_ghz" in rows:
            ax.plot(
                rows["omega_2pi_ghz"], rows["ansatz_per_2pi_ghz"], "--", color=colour, lw=1.3,
                label=f"ansatz, {model}", gid=f"{model} ansatz",
            )  # fmt: skip
    _spectrum_axes(ax, chosen, runs.iloc[0], above, below)


def _spectrum_axes(ax: Axes, rows: pd.DataFrame, run: pd.Series, above: bool = True, below: bool = True) -> None:
    ax.axhline(0.0, color="0.7", lw=0.8, zorder=0.3)
    microwave_line(ax, float(run["microwave_ghz"]))
    half = 1e-3 * float((rows["offset_mhz"].abs() + rows["width_mhz"] / 2).max())
    ax.set_xlim(float(run["electron_ghz"]) - half, float(run["electron_ghz"]) + half)
    ax.set_ylabel(EPR_LABEL)
    _frequency_axis(ax, float(run["electron_ghz"]), r"$\omega$ ($2\pi$ GHz)", above, below)


def _profile_panel(ax: Axes, tables: Tables, temperature: float) -> None:
    """Full dots: P_i with its standard error; hollow circles: the spin-temperature ansatz."""
    profile, runs = tables["profile"], tables["runs"]
    chosen, run = profile[profile["temperature_k"] == temperature], runs[runs["temperature_k"] == temperature].iloc[0]
    for model in in_order(chosen["model"]):
        rows, colour = chosen[chosen["model"] == model], colour_of(model)
        x = rows["omega_2pi_ghz"]
        ax.plot(x, rows["polarization"], "o", color=colour, ms=5.0, mew=0, label=model)
        ax.errorbar(x, rows["polarization"], rows["polarization_sem"].fillna(0.0), fmt="none", ecolor=colour, elinewidth=1.4)
        if "ansatz" in rows:
            ax.plot(x, rows["ansatz"], "o", color=colour, mfc="none", mew=1.2, ms=8.0, label=f"ansatz, {model}")
    ax.axhline(float(run["thermal_polarization"]), color=THERMAL, lw=1.3, label="thermal equilibrium", zorder=0.5)
    microwave_line(ax, float(run["microwave_ghz"]))
    ax.margins(x=0.08, y=0.08)
    ax.set_ylabel(PROFILE_LABEL)
    _frequency_axis(ax, float(run["electron_ghz"]), r"$\omega_e + \Delta_i$ ($2\pi$ GHz)")


def _sem_band(ax: Axes, rows: pd.DataFrame, column: str, colour: str) -> None:
    if f"{column}_sem" in rows:
        mean, sem = rows[column].to_numpy(), rows[f"{column}_sem"].to_numpy()
        band(ax, rows["omega_2pi_ghz"], mean - sem, mean + sem, colour, gid=f"{column} band")


def _frequency_axis(ax: Axes, electron_ghz: float, label: str, above: bool = True, below: bool = True) -> None:
    """omega in 2 pi GHz below as the letter prints it, the offset from omega_e in MHz above."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FormatStrFormatter("%.3f"))
    if below:
        ax.set_xlabel(label)
    finish(ax)

    def offset(omega: ArrayLike) -> FloatArray:
        return 1e3 * (np.asarray(omega) - electron_ghz)

    def omega(offset: ArrayLike) -> FloatArray:
        return electron_ghz + 1e-3 * np.asarray(offset)

    upper = ax.secondary_xaxis("top", functions=(offset, omega))
    upper.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    upper.tick_params(labelsize="small", colors="0.45", labeltop=above)
    if above:
        upper.set_xlabel(r"$(\omega-\omega_e)/2\pi$ (MHz)", color="0.45", fontsize="small")
