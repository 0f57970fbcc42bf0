"""The figure of the study of build-up: polarization of each spin, mean and nuclear polarization, against time."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dnplab.figures.style import BOLTZMANN, colour_of, finish, new_figure, paper_style
from dnplab.studies import StudyResult
from dnplab.studies.build_up import BuildUpStudy

__all__ = ["figures"]


def figures(study: BuildUpStudy, result: StudyResult) -> dict[str, Figure]:
    """Curves for P_i(t), coloured by offset, with the steady state dotted; below, what all spins have in common."""
    spins, means = result.tables["build_up"], result.tables["build_up_mean"]
    offsets = spins.groupby("spin")["offset_mhz"].first().to_numpy()
    microwaves = 1e3 * (study.drive.frequency_ghz - study.electron_ghz)
    lowest, highest = float(min(offsets.min(), microwaves)), float(max(offsets.max(), microwaves))
    scale = Normalize(lowest, highest if highest > lowest else lowest + 1.0)
    colours = sns.color_palette("viridis", as_cmap=True)
    with paper_style():
        figure = new_figure(8.0, 6.6)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.7, 1.0))
        for spin, rows in spins[spins["time_us"] > 0.0].groupby("spin"):
            colour = colours(scale(offsets[int(str(spin))]))
            upper.plot(rows["time_us"], rows["polarization"], color=colour, lw=1.7)
            upper.axhline(rows["steady_polarization"].iloc[0], color=colour, lw=1.1, ls=":", zorder=0.5)
        thermal = study.bath.thermal_polarization(study.electron_ghz)
        upper.axhline(thermal, color=BOLTZMANN, ls="-.", lw=1.3, zorder=0.4, label=r"Boltzmann $P_0$")
        upper.plot([], [], color="0.3", ls=":", lw=1.1, label="steady state")
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=upper, pad=0.01)
        bar.set_label(r"offset $\Delta_i/2\pi$ (MHz)")
        bar.ax.axhline(microwaves, color="white", lw=2.0)
        bar.ax.set_title("line: µw", fontsize="x-small")
        upper.set(ylabel=r"polarization $P_i$")
        _common(lower, study, result)
        lower.set(xscale="log", xlabel="time after the microwaves are switched on (µs)", ylabel="polarization")
        lower.set_xlim(means["time_us"].iloc[1], means["time_us"].iloc[-1])
        upper.set_title(f"{study.title}, {study.realizations} sample{'s' * (study.realizations > 1)}", loc="left")
        figure.legend(loc="outside lower center", ncols=3, fontsize="small")
        finish(upper, lower)
    return {"build_up": figure}


def _common(ax: Axes, study: BuildUpStudy, result: StudyResult) -> None:
    means = result.tables["build_up_mean"]
    shown = means[means["time_us"] > 0.0]
    named = (
        ("polarization", "mean_polarization", "mean of the electrons", colour_of(study.model)),
        ("nuclear_polarization", "nuclear_polarization", "nuclei, by their spin temperature", "#0072b2"),
    )
    for key, column, label, colour in named:
        if column not in shown:
            continue
        ax.plot(shown["time_us"], shown[column], color=colour, lw=1.8, label=label)
        end = float(shown[f"steady_{column}"].iloc[0])
        ax.axhline(end, color=colour, lw=1.1, ls=":", zorder=0.5)
        arrived = result.metrics.get(f"obs.build_up_{key}_us")
        if arrived is not None:
            height = float(np.interp(np.log(arrived), np.log(shown["time_us"]), shown[column]))
            ax.plot([arrived], [height], "o", color=colour, ms=6, mfc="white", mew=1.5)
    ax.plot([], [], "o", color="0.3", ms=6, mfc="white", mew=1.5, label="1/e of the change remains")
