"""The figures of the study of one spin: saturated lines, and saturation on resonance; closed form against models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.style import BOLTZMANN, colour_of, finish, new_figure, paper_style
from dnplab.studies import StudyResult
from dnplab.studies.single_spin import MODELS, SingleSpinStudy

__all__ = ["figures"]

MARKERS = {"hilbert": ("o", 8.5), "secular": ("s", 5.5), "nonsecular": (".", 3.5)}  # nested: all are seen where they agree
SHOWN = 24  # markers a curve


def figures(study: SingleSpinStudy, result: StudyResult) -> dict[str, Figure]:
    """A column a temperature."""
    return {"single_spin_line": _lines(study, result), "single_spin_saturation": _saturation(study, result)}


def _lines(study: SingleSpinStudy, result: StudyResult) -> Figure:
    table = result.tables["line"]
    shades = sns.color_palette("flare", len(study.amplitudes_mhz))
    with paper_style():
        figure, axes = _panels(study)
        for ax, bath in zip(axes, study.baths, strict=True):
            for shade, amplitude in zip(shades, study.amplitudes_mhz, strict=True):
                rows = table[(table["temperature_k"] == bath.temperature_k) & (table["amplitude_mhz"] == amplitude)]
                label = rf"Bloch, $\omega_1/2\pi$ = {amplitude:g} MHz" if ax is axes[0] else None
                ax.plot(rows["offset_mhz"], rows["bloch"], color=shade, lw=1.6, label=label)
                _models(ax, rows, "offset_mhz", labelled=False)
            _thermal(ax, study, bath.temperature_k, first=ax is axes[0])
            ax.set(xlabel=r"$(\omega_{MW}-\omega_e)/2\pi$ (MHz)")
        _marker_labels(axes[0])
        figure.legend(loc="outside lower center", ncols=4, fontsize="small")
        finish(*axes)
    return figure


def _saturation(study: SingleSpinStudy, result: StudyResult) -> Figure:
    table = result.tables["saturation"]
    with paper_style():
        figure, axes = _panels(study)
        for ax, bath in zip(axes, study.baths, strict=True):
            rows = table[table["temperature_k"] == bath.temperature_k]
            label = "Bloch, on resonance" if ax is axes[0] else None
            ax.plot(rows["amplitude_mhz"], rows["bloch"], color="0.3", lw=1.6, label=label)
            _models(ax, rows, "amplitude_mhz", labelled=ax is axes[0])
            _thermal(ax, study, bath.temperature_k, first=ax is axes[0])
            ax.set(xlabel=r"amplitude $\omega_1/2\pi$ (MHz)", xscale="log")
        figure.legend(loc="outside lower center", ncols=5, fontsize="small")
        finish(*axes)
    return figure


def _panels(study: SingleSpinStudy) -> tuple[Figure, list[Axes]]:
    count = len(study.temperatures_k)
    figure = new_figure(max(6.0, 4.6 * count), 4.8)
    axes = list(np.atleast_1d(figure.subplots(1, count)).ravel())
    axes[0].set_ylabel(r"polarization $P = 2\langle S^z\rangle$")
    return figure, axes


def _thermal(ax: Axes, study: SingleSpinStudy, temperature_k: float, first: bool) -> None:
    (bath,) = [bath for bath in study.baths if bath.temperature_k == temperature_k]
    label = r"Boltzmann $P_0$" if first else None
    ax.axhline(bath.thermal_polarization(study.electron_ghz), color=BOLTZMANN, ls="-.", lw=1.3, label=label, zorder=0.5)
    ax.set_title(f"{temperature_k:g} K", loc="left")


def _models(ax: Axes, rows: pd.DataFrame, x: str, labelled: bool) -> None:
    every = max(1, len(rows) // SHOWN)
    first = int(np.abs(rows["offset_mhz"].to_numpy()).argmin()) % every  # so that resonance is among them
    for model in MODELS:
        marker, size = MARKERS[model]
        label = model if labelled else None
        ax.plot(
            rows[x], rows[model], marker, color=colour_of(model), ms=size, mfc="none" if marker != "." else None,
            mew=1.0, markevery=(first, every), label=label,
        )  # fmt: skip


def _marker_labels(ax: Axes) -> None:
    for model in MODELS:
        marker, size = MARKERS[model]
        ax.plot([], [], marker, color=colour_of(model), ms=size, mfc="none" if marker != "." else None, label=model)
