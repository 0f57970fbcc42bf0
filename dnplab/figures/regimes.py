"""The figure of the study of regimes: how far each criterion holds."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from dnplab.figures.style import finish, new_figure, paper_style
from dnplab.studies import StudyResult
from dnplab.studies.regimes import RegimesStudy

__all__ = ["figures"]

HOLDS, FAILS = "#1f77b4", "#d62728"
FARTHEST = 4.0  # decades; what lies beyond, infinite ratios too, is drawn there as a triangle


def figures(study: RegimesStudy, result: StudyResult) -> dict[str, Figure]:
    """A row a criterion: the ratio by which it holds (right) or fails (left), the marginal band shaded."""
    table = result.tables["regimes"]
    with np.errstate(divide="ignore"):
        decades = np.log10(table["ratio"].to_numpy(dtype=np.float64))
    shown, rows = np.clip(decades, -FARTHEST, FARTHEST), np.arange(len(table))[::-1]
    with paper_style():
        figure = new_figure(9.5, 0.34 * len(table) + 1.6)
        ax = figure.subplots()
        ax.axvspan(-np.log10(2.0), np.log10(2.0), color="0.92", zorder=0, label="marginal (factor 2)")
        ax.axvline(0.0, color="0.4", lw=1.0, zorder=0.5)
        ax.hlines(rows, 0.0, shown, color="0.75", lw=1.0, zorder=1)
        for holds, colour, label in ((True, HOLDS, "holds"), (False, FAILS, "fails")):
            of = table["holds"].to_numpy(dtype=bool) == holds
            inside = of & (np.abs(decades) <= FARTHEST)
            ax.plot(shown[inside], rows[inside], "o", color=colour, ms=7, label=label)
            beyond = of & ~inside
            ax.plot(shown[beyond], rows[beyond], ">" if holds else "<", color=colour, ms=7)
        names = [f"{e}  {m}" for e, m in zip(table["equation"], table["meaning"], strict=True)]
        ax.set_yticks(rows, names)
        ax.set(xlabel=r"$\log_{10}$ of the ratio: the criterion holds from 0 on", ylim=(-0.7, len(table) - 0.3))
        ax.locator_params(axis="x", nbins=6)
        bath = f"T = {study.bath.temperature_k:g} K, U/2π = {study.coupling_mhz:g} MHz, Δω/2π = {study.disorder_mhz:g} MHz"
        figure.suptitle(f"{bath}: {table['verdict'].iloc[0]}", x=0.01, ha="left", fontsize="large")
        figure.legend(loc="outside lower center", ncols=3, fontsize="small")
        finish(ax)
    return {"regimes": figure}
