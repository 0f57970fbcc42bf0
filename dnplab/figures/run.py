"""The figures of one tracked run: polarization, EPR spectrum, eigenstates of rho."""

from __future__ import annotations

from itertools import accumulate
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnplab.figures.style import (
    BOLTZMANN,
    MODEL_COLOURS,
    band,
    colour_of,
    finish,
    microwave_line,
    new_figure,
    paper_style,
)

if TYPE_CHECKING:
    from dnplab.ensemble import EnsembleResult, EnsembleSpec

__all__ = ["eigenstates_figure", "eigenvalues_figure", "epr_figure", "polarization_figure"]

Array = NDArray[np.float64]
SMALLEST_EIGENVALUE = 1e-16  # below it an eigenvalue is rounding


def polarization_figure(result: EnsembleResult) -> Figure | None:
    """P_i against the mean offset of spin i, with ansatz, Hilbert, Bloch and thermal references."""
    profile = result.profile
    if profile is None or profile.empty:
        return None
    spec, colour = result.spec, colour_of(result.spec.model)
    x = profile["offset_mhz"].to_numpy()
    with paper_style():
        figure = new_figure()
        ax = figure.subplots()
        if "bloch" in profile:
            ax.plot(
                x,
                profile["bloch"],
                color=BOLTZMANN,
                ls=(0, (1, 1)),
                lw=1.3,
                label="Bloch (no couplings)",
            )
        if "hilbert" in profile and spec.model != "hilbert":
            red = MODEL_COLOURS["hilbert"]
            ax.plot(x, profile["hilbert"], color=red, lw=1.5, label="hilbert, same samples")
            _sem_band(ax, x, profile, "hilbert", red)
        ax.plot(x, profile["polarization"], "o-", color=colour, lw=1.8, ms=5.5, label=spec.model)
        _sem_band(ax, x, profile, "polarization", colour)
        if "ansatz" in profile:
            ax.plot(
                x, profile["ansatz"], "o--", color=colour, mfc="white", mew=1.2, ms=6, lw=1.0,
                label="its spin-temperature ansatz",
            )  # fmt: skip
        _boltzmann_line(ax, spec)
        microwave_line(ax, _microwave_offset(spec))
        ax.set(
            xlabel=r"offset $\Delta_i/2\pi$ (MHz)",
            ylabel=r"polarization $P_i = 2\langle S_i^z\rangle$",
        )
        ax.margins(y=0.08)
        _title_and_legend(figure, ax, result)
        finish(ax)
    return figure


def epr_figure(result: EnsembleResult) -> Figure | None:
    """The binned EPR spectrum with its error band, the ansatz' spectrum and the undriven one."""
    spectrum = result.spectrum
    if spectrum is None or spectrum.empty:
        return None
    spec, colour = result.spec, colour_of(result.spec.model)
    edges = np.append(spectrum["left_mhz"].to_numpy(), spectrum["right_mhz"].iloc[-1])
    centres = 0.5 * (edges[1:] + edges[:-1])
    with paper_style():
        figure = new_figure()
        ax = figure.subplots()
        if "boltzmann" in spectrum:
            ax.stairs(spectrum["boltzmann"], edges, fill=True, color="0.9", zorder=0, label="Boltzmann, no drive")
        ax.stairs(spectrum["epr"], edges, baseline=None, color=colour, lw=1.8, label=spec.model)
        _sem_band(ax, centres, spectrum, "epr", colour)
        if "ansatz" in spectrum:
            ax.plot(
                centres, spectrum["ansatz"], "--", color=colour, alpha=0.75, lw=1.3,
                label="its spin-temperature ansatz",
            )  # fmt: skip
        ax.axhline(0.0, color="0.7", lw=0.8, zorder=0.3)
        ax.use_sticky_edges = False
        microwave_line(ax, _microwave_offset(spec))
        ax.set(
            xlabel=r"$(\omega-\omega_e)/2\pi$ (MHz)",
            ylabel=r"EPR spectrum $\tilde f$ (1/MHz)",
            xlim=edges[[0, -1]],
        )
        _title_and_legend(figure, ax, result)
        finish(ax)
    return figure


def eigenstates_figure(result: EnsembleResult) -> Figure | None:
    """Entanglement entropy of rho's eigenstates in order of energy, and the spread of <S_i^z>.

    One sample; vertical lines bound the S^z sectors of H_S, crosses mark eigenvectors that the
    state's error leaves arbitrary. The inset is the smoothed histogram over the mid-spectrum
    eigenstates of all samples.
    """
    states, sites = result.eigenstates, result.sz_values
    if states is None or "entropy" not in states:
        return None
    spec, colour = result.spec, colour_of(result.spec.model)
    with paper_style():
        figure = new_figure()
        ax = figure.subplots()
        arbitrary = states["arbitrary"].to_numpy(dtype=bool)
        sure, unsure = states[~arbitrary], states[arbitrary]
        if spec.model != "hilbert":  # whose eigenstates are those of H_S
            ax.plot(
                states["order"],
                states["hamiltonian_entropy"],
                ".",
                color=colour_of("hilbert"),
                ms=3,
                alpha=0.6,
                label=r"eigenstates of $H_S$",
            )
        ax.plot(
            sure["order"],
            sure["entropy"],
            ".",
            color=colour,
            ms=5,
            label=spec.model,
        )
        if not unsure.empty:
            ax.plot(
                unsure["order"],
                unsure["entropy"],
                "x",
                color="0.6",
                ms=4,
                label="arbitrary (degenerate)",
            )
        _sector_lines(ax, spec.n_spins)
        ax.set(
            xlabel=r"eigenstate of $\rho$, ordered by $\langle\lambda|H_S|\lambda\rangle$",
            ylabel="entanglement entropy (nat)",
            xlim=(-0.5, 2**spec.n_spins - 0.5),
        )
        if sites is not None and not sites.empty:
            top = max(states[["entropy", "hamiltonian_entropy"]].to_numpy(dtype=np.float64).max(), 0.1)
            ax.set_ylim(-0.03 * top, 2.0 * top)  # room for the inset above the points
            _sz_inset(ax, sites["sz"].to_numpy(dtype=np.float64), colour)
        _title_and_legend(figure, ax, result, averaged=False)
        finish(ax)
    return figure


def eigenvalues_figure(result: EnsembleResult) -> Figure | None:
    """Eigenvalues of rho in order of energy, against the undriven Boltzmann weights."""
    states = result.eigenstates
    if states is None or states.empty:
        return None
    spec, colour = result.spec, colour_of(result.spec.model)
    with paper_style():
        figure = new_figure()
        ax = figure.subplots()
        values = states["eigenvalue"].to_numpy(dtype=np.float64)
        shown = values > SMALLEST_EIGENVALUE
        if "boltzmann_eigenvalue" in states:
            ax.plot(
                states["order"], states["boltzmann_eigenvalue"], drawstyle="steps-mid",
                color=BOLTZMANN, ls="-.", lw=1.3, label="Boltzmann, no drive",
            )  # fmt: skip
        ax.plot(
            states["order"][shown],
            values[shown],
            ".",
            color=colour,
            ms=5,
            label=spec.model,
        )
        _sector_lines(ax, spec.n_spins)
        ax.set(
            xlabel=r"eigenstate of $\rho$, ordered by $\langle\lambda|H_S|\lambda\rangle$",
            ylabel=r"eigenvalue of $\rho$",
            yscale="log",
            xlim=(-0.5, 2**spec.n_spins - 0.5),
        )
        _title_and_legend(figure, ax, result, averaged=False)
        finish(ax)
    return figure


def _microwave_offset(spec: EnsembleSpec) -> float:
    offset: float = 1e3 * (spec.drive.frequency_ghz - spec.electron_ghz)
    return offset


def _boltzmann_line(ax: Axes, spec: EnsembleSpec) -> None:
    thermal = spec.bath.thermal_polarization(spec.electron_ghz)
    ax.axhline(thermal, color=BOLTZMANN, ls="-.", lw=1.3, label=r"Boltzmann $P_0$", zorder=0.5)


def _sem_band(ax: Axes, x: Array, frame: pd.DataFrame, column: str, colour: str) -> None:
    if f"{column}_sem" in frame:
        mean, sem = frame[column].to_numpy(), frame[f"{column}_sem"].to_numpy()
        band(ax, x, mean - sem, mean + sem, colour, gid=f"{column} band")


def _sector_edges(n_spins: int) -> list[float]:
    """Where each S^z sector begins and ends in an order from all spins down to all up: (N + 2,)."""
    return [
        -0.5,
        *(count - 0.5 for count in accumulate(comb(n_spins, k) for k in range(n_spins + 1))),
    ]


def _sector_lines(ax: Axes, n_spins: int) -> None:
    for edge in _sector_edges(n_spins)[1:-1]:
        ax.axvline(edge, color="0.82", lw=0.8, zorder=0, gid="sector")


def _sz_inset(ax: Axes, values: Array, colour: str) -> None:
    inset = ax.inset_axes((0.70, 0.66, 0.28, 0.30))
    if np.ptp(values) > 0:
        sns.kdeplot(x=values, ax=inset, color=colour, fill=True, alpha=0.15, lw=1.4, clip=(-0.5, 0.5), cut=0)
    inset.set(xlim=(-0.55, 0.55), yticks=[], ylabel="density")
    inset.set_xlabel(r"$\langle S_i^z\rangle$, mid-spectrum, all samples", fontsize="small")
    inset.tick_params(labelsize="small")
    finish(inset)


def _title_and_legend(figure: Figure, ax: Axes, result: EnsembleResult, averaged: bool = True) -> None:
    """The run in words above, and the legend below the axes, where it cannot hide data."""
    spec = result.spec
    samples = f", {len(result.scalars)} samples" if averaged else ", one sample"
    ax.set_title(f"{spec.model}, T = {spec.bath.temperature_k:g} K, N = {spec.n_spins}{samples}", loc="left")
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
