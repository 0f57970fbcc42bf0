"""The collapse of curves: one measure against the temperature and against ratios of rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.letter_page import legend_above, note_below
from dnplab.figures.style import finish, new_figure, paper_style

__all__ = ["zeno_ratio_figure"]

Tables = Mapping[str, pd.DataFrame]
SHOWN = "ansatz_deviation"
LABELS = {
    "temperature_k": "bath temperature (K)",
    "zeno_ratio": r"Zeno ratio $1/(T_{ff}U)$",
    "dephasing_ratio": r"dephasing ratio $1/(T_{ff}\,\max(U,\Delta\omega_e))$",
    "relaxation_ratio": r"relaxation ratio $1/(T_1 k)$",
}
MARKERS = "osD^vP"
ALL = "T1 + T* + T(0)"


def zeno_ratio_figure(tables: Tables, note: str) -> Figure:
    """A panel for each abscissa; colours are couplings, markers sizes, filled where all times follow the letter's laws.

    tables : of `dnplab.analysis.zeno_ratio.zeno_ratio_tables`
    """
    points, collapse = tables["points"], tables["collapse"]
    scatter = collapse[(collapse["baths"] == "all") & (collapse["measure"] == SHOWN)].set_index("abscissa")["scatter"]
    with paper_style():
        figure = new_figure(11.0, 8.2)
        axes = figure.subplots(2, 2, sharey=True)
        for ax, letter, (name, label) in zip(axes.flat, "abcd", LABELS.items(), strict=True):
            _panel(ax, points, name)
            ax.set(xscale="log", xlabel=label)
            ax.set_title(f"({letter}) variance left by one curve: {scatter[name]:.2f}", loc="left")
            finish(ax)
        for ax in axes[:, 0]:
            ax.set_ylabel("nonsecular ansatz deviation")
        legend_above(figure, axes[0, 0], columns=4)
        note_below(figure, note)
    return figure


def _panel(ax: Axes, points: pd.DataFrame, abscissa: str) -> None:
    couplings, sizes = sorted(points["coupling_mhz"].unique()), sorted(points["n_spins"].unique())
    colours = colormaps["viridis"](np.linspace(0.0, 0.85, len(couplings)))
    for colour, coupling in zip(colours, couplings, strict=True):
        for marker, n in zip(MARKERS, sizes, strict=False):
            for filled in (False, True):
                rows = points[(points["coupling_mhz"] == coupling) & (points["n_spins"] == n)]
                rows = rows[(rows["follows"] == ALL) == filled]
                label = f"U/2π = {coupling:g} MHz, N = {n}" if filled else None
                ax.errorbar(
                    rows[abscissa], rows[SHOWN], yerr=rows[f"{SHOWN}_sem"], fmt=marker, ms=6, color=colour,
                    mfc=colour if filled else "none", elinewidth=0.9, label=label, zorder=3 if filled else 2,
                )  # fmt: skip
    ax.plot([], [], "o", color="0.4", mfc="none", label="some times stay at 1.2 K")
