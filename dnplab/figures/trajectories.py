"""The figures of quantum trajectories: Fig. S4 of the letter with computed histories, and their averages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from dnplab.figures.style import BOLTZMANN, MICROWAVES, MODEL_COLOURS, finish, new_figure, paper_style

if TYPE_CHECKING:
    from dnplab.studies import StudyResult
    from dnplab.studies.trajectories import TrajectoriesStudy

__all__ = ["figures"]

FloatArray = NDArray[np.float64]

KIND_COLOURS = {"S-": "#0072b2", "S+": "#56b4e9", "Sz": "#009e73", "microwaves": MICROWAVES}
KIND_WORDS = {
    "S-": r"bath, $S_i^-$",
    "S+": r"bath, $S_i^+$",
    "Sz": r"bath, $S_i^z$",
    "microwaves": "microwaves",
}
KIND_MARKERS = {"S-": "v", "S+": "^", "Sz": "o"}
SHADING = LinearSegmentedColormap.from_list("weights", ["#ffffff00", "#4b3f92ff"])
SECTOR_GAP = 1.12  # of the widest sector: what omega_e is drawn as
SMALLEST_GAP_MHZ = 1.0  # sectors that have no width
SHIFTS = {"nonsecular": -0.13, "hilbert": 0.13}  # so that error bars stand side by side
PIXELS = 900  # of the shading, from the lowest to the highest level
LINE_PIXELS = 5.0  # how thick a level's weight is drawn
DARKEST = 0.7  # root of the weight from which on a level is as dark as can be


def figures(study: TrajectoriesStudy, result: StudyResult) -> dict[str, Figure]:
    """Two histories in the plane of energy and time, and what many of them average to."""
    return {"figs4": _histories_figure(study, result), "figs4_averages": _averages_figure(study, result)}


def _histories_figure(study: TrajectoriesStudy, result: StudyResult) -> Figure:
    levels, path, jumps = (result.tables[name] for name in ("levels", "path", "jumps"))
    gap = _drawn_electron_frequency(levels)
    with paper_style():
        figure = new_figure(11.0, 6.6)
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for ax in (left, right):
            _level_lines(ax, levels, gap, study.shown_us)
        _hilbert_panel(left, path[path["model"] == "hilbert"], jumps[jumps["model"] == "hilbert"], gap)
        _weights_image(right, result.tables["weights"], levels, path[path["model"] == "nonsecular"], gap)
        _nonsecular_panel(right, path[path["model"] == "nonsecular"], jumps[jumps["model"] == "nonsecular"], gap)
        sectors = np.unique(levels["sz"])
        left.set_yticks(gap * sectors, [f"{s:+g}" if s else "0" for s in sectors])
        left.set_ylabel(rf"sector $S^z$, and energy inside it ($\omega_e/2\pi$ drawn as {gap:.0f} MHz)")
        _scale_bar(left, levels, gap, study.shown_us)
        left.set_title("(a) hilbert: jumps between single eigenstates", loc="left")
        right.set_title(r"(b) nonsecular: $\langle H_S\rangle$ of a wave function and its weights", loc="left")
        for ax in (left, right):
            ax.set(xlabel="time (µs)", xlim=(0.0, study.shown_us))
        figure.suptitle(f"T = {study.bath.temperature_k:g} K, N = {study.n_spins}, one sample", x=0.01, ha="left")
        figure.legend(handles=_handles(), loc="outside lower center", ncols=7, fontsize="small")
        finish(left, right)
    return figure


def _drawn_electron_frequency(levels: pd.DataFrame) -> float:
    """What omega_e is drawn as, in MHz, so that the sectors stand apart."""
    return float(max(SECTOR_GAP * levels.groupby("sz")["energy_mhz"].agg(np.ptp).max(), SMALLEST_GAP_MHZ))


def _height(table: pd.DataFrame, gap: float, suffix: str = "") -> FloatArray:
    heights = gap * table[f"sz{suffix}"] + table[f"energy{suffix}_mhz"]
    return heights.to_numpy(dtype=np.float64)


def _level_lines(ax: Axes, levels: pd.DataFrame, gap: float, end_us: float) -> None:
    lines = [((0.0, y), (end_us, y)) for y in _height(levels, gap)]
    ax.add_collection(LineCollection(lines, colors="0.85", linewidths=0.6, zorder=0.3))
    heights = _height(levels, gap)
    margin = 0.02 * float(np.ptp(heights))
    ax.set_ylim(heights.min() - margin, heights.max() + margin)


def _hilbert_panel(ax: Axes, path: pd.DataFrame, jumps: pd.DataFrame, gap: float) -> None:
    """Horizontal: the level that is occupied. Vertical: a jump, in the colour of what makes it."""
    before, after = _height(jumps, gap, "_before"), _height(jumps, gap, "_after")
    times = jumps["time_us"].to_numpy(dtype=np.float64)
    starts = np.concatenate([path["time_us"].iloc[:1], times])
    ends = np.concatenate([times, path["time_us"].iloc[-1:]])
    stays = np.concatenate([_height(path.iloc[:1], gap), after])
    rests = [((t, y), (u, y)) for t, u, y in zip(starts, ends, stays, strict=True)]
    ax.add_collection(LineCollection(rests, colors=MODEL_COLOURS["hilbert"], linewidths=2.0, zorder=2, gid="levels"))
    for kind, colour in KIND_COLOURS.items():
        chosen = (jumps["kind"] == kind).to_numpy()
        arrows = [((t, a), (t, b)) for t, a, b in zip(times[chosen], before[chosen], after[chosen], strict=True)]
        ax.add_collection(LineCollection(arrows, colors=colour, linewidths=1.3, zorder=1.5, gid=kind))


def _weights_image(ax: Axes, weights: pd.DataFrame, levels: pd.DataFrame, path: pd.DataFrame, gap: float) -> None:
    """Every level a thin line, as dark as the root of its weight."""
    times, heights = path["time_us"].to_numpy(dtype=np.float64), _height(levels, gap)
    sample = np.clip(np.searchsorted(times, weights["time_us"].to_numpy() - 1e-9), 0, len(times) - 1)
    table = np.zeros((len(levels), len(times)))
    table[weights["level"].to_numpy(), sample] = weights["weight"].to_numpy()
    rows = np.linspace(heights.min(), heights.max(), PIXELS)
    width = LINE_PIXELS * (rows[1] - rows[0])
    lines = np.exp(-0.5 * ((rows[:, None] - heights[None, :]) / width) ** 2)
    ax.pcolormesh(
        times,
        rows,
        np.sqrt(lines @ table),
        cmap=SHADING,
        vmin=0.0,
        vmax=DARKEST,
        shading="nearest",
        rasterized=True,
        zorder=0.5,
    )


def _nonsecular_panel(ax: Axes, path: pd.DataFrame, jumps: pd.DataFrame, gap: float) -> None:
    """The mean energy, with its discontinuities at the jumps."""
    times = jumps["time_us"].to_numpy(dtype=np.float64)
    before, after = _height(jumps, gap, "_before"), _height(jumps, gap, "_after")
    t = np.concatenate([path["time_us"].to_numpy(dtype=np.float64), times, times])
    y = np.concatenate([_height(path, gap), before, after])
    order = np.argsort(t, kind="stable")  # before comes before after
    ax.plot(t[order], y[order], color=MODEL_COLOURS["nonsecular"], lw=1.6, zorder=2)
    for kind, marker in KIND_MARKERS.items():
        chosen = (jumps["kind"] == kind).to_numpy()
        x, y, colour = times[chosen], after[chosen], KIND_COLOURS[kind]
        ax.plot(x, y, marker, color=colour, mec="white", mew=0.7, ms=7, ls="none", zorder=3, gid=kind)


def _scale_bar(ax: Axes, levels: pd.DataFrame, gap: float, end_us: float) -> None:
    length = 5.0 if gap > 5.0 else 0.5 * gap
    foot = float(_height(levels, gap).min())
    ax.plot([0.03 * end_us] * 2, [foot, foot + length], color="0.2", lw=2.0, solid_capstyle="butt", gid="scale")
    ax.text(0.045 * end_us, foot + 0.5 * length, f"{length:.3g} MHz", va="center", fontsize="small", color="0.2")


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], color=MODEL_COLOURS["hilbert"], lw=2.0, label="level occupied"),
        Line2D([], [], color=MODEL_COLOURS["nonsecular"], lw=1.6, label=r"mean energy"),
        Line2D([], [], color=SHADING(1.0), lw=4.0, label=r"weight $|\langle n|\psi\rangle|^2$"),
        *(
            Line2D(
                [], [], color=colour, lw=1.3, marker=KIND_MARKERS.get(kind, ""), mec="white", ms=7, label=KIND_WORDS[kind]
            )
            for kind, colour in KIND_COLOURS.items()
        ),
    ]


def _averages_figure(study: TrajectoriesStudy, result: StudyResult) -> Figure:
    """Polarizations averaged over trajectories on those of the steady state; below, the distance in errors."""
    table = result.tables["averages"]
    profile = table[table["quantity"] == "polarization"]
    with paper_style():
        figure = new_figure(8.0, 5.8)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.2, 1.0])
        for model, rows in profile.groupby("model", sort=False):
            name = str(model)
            colour, sites = MODEL_COLOURS[name], rows["site"] + SHIFTS[name]
            upper.plot(sites, rows["steady_state"], "_", color=colour, ms=16, mew=1.6, label=f"{name}, steady state")
            upper.errorbar(
                sites, rows["mean"], rows["error"], fmt="o", color=colour, ms=5, capsize=3, label=f"{name}, trajectories"
            )  # fmt: skip
            lower.plot(sites, rows["z"], "o", color=colour, ms=6)
        thermal = study.bath.thermal_polarization(study.electron_ghz)
        upper.axhline(thermal, color=BOLTZMANN, ls="-.", lw=1.3, label=r"Boltzmann $P_0$", zorder=0.5)
        lower.axhspan(-2.0, 2.0, color="0.93", zorder=0)
        lower.axhline(0.0, color="0.6", lw=0.8, zorder=0.5)
        largest = max(3.0, 1.15 * float(profile["z"].abs().max()))
        lower.set(xlabel="spin, by frequency", ylabel="difference / error", ylim=(-largest, largest))
        lower.set_xticks(sorted(set(profile["site"])))
        upper.set_ylabel(r"polarization $P_i = 2\langle S_i^z\rangle$")
        upper.set_title(f"T = {study.bath.temperature_k:g} K, N = {study.n_spins}, one sample", loc="left")
        figure.legend(loc="outside lower center", ncols=3, fontsize="small")
        finish(upper, lower)
    return figure
