"""The figures of the three-level model: Fig. S11 of the letter with its fourth regime, and two spins on the same curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from dnplab.figures.style import MICROWAVES, finish, new_figure, paper_style

if TYPE_CHECKING:
    from dnplab.studies import StudyResult
    from dnplab.studies.three_level import ThreeLevelStudy

__all__ = ["figures"]

FloatArray = NDArray[np.float64]

COLOURS = {1: "#0072b2", 2: "#d55e00"}
LIMITS = {
    "mixing": r"mixing: $\gamma, \Delta \ll J$",
    "anderson": r"Anderson: $\gamma \ll J \ll \Delta$",
    "zeno": r"Zeno: $\Delta < J \ll \gamma$",
    "incoherent": r"incoherent: $J \ll \gamma, \Delta$",
}
LOOKS: dict[str, dict[str, Any]] = {
    "three levels": {"ls": "-", "lw": 1.3},
    "corrected": {"ls": "none", "marker": "o", "mfc": "none", "ms": 4.5, "mew": 1.0},
    "printed": {"ls": "none", "marker": "x", "ms": 4.0, "mew": 1.0},
}
OFFSET = r"$(\omega_{MW} - \omega_e)/\gamma$"
DOTS = 40  # of a curve


def figures(study: ThreeLevelStudy, result: StudyResult) -> dict[str, Figure]:
    """Populations in the four regimes, and those of two spins by the corrected and by the printed map."""
    regimes = result.tables["regimes"].set_index("regime")
    return {
        "figs11": _populations_figure(result.tables["populations"], regimes, study.n_bar),
        "figs11_two_spins": _pair_figure(result.tables["pair"], result.tables["map"], regimes),
    }


def _populations_figure(table: pd.DataFrame, regimes: pd.DataFrame, n_bar: float) -> Figure:
    """The level scheme, and populations against offset: lines are linear response, dots exact."""
    with paper_style():
        figure = new_figure(11.0, 6.2)
        names = list(regimes.index)
        mosaic = figure.subplot_mosaic([["scheme", *names[:2]], ["scheme", *names[2:]]], width_ratios=[0.8, 1, 1])
        _scheme(mosaic["scheme"], n_bar)
        top = 1.08e3 * float(table[["exact", "linear"]].to_numpy().max())
        for name, row in regimes.iterrows():
            ax = mosaic[name]
            for level, colour in COLOURS.items():
                rows = table[(table["regime"] == name) & (table["level"] == level)]
                x, exact = rows["offset"].to_numpy() / row["decay"], 1e3 * rows["exact"].to_numpy()
                ax.plot(x, 1e3 * rows["linear"], color=colour, lw=1.6, gid=f"linear {level}")
                at = _evenly_spread(x, exact)
                ax.plot(x[at], exact[at], "o", color=colour, ms=3.5, gid=f"exact {level}")
            ax.set(xlabel=OFFSET, ylim=(-0.03 * top, top))  # the points at zero whole
            _words(ax, str(name), row)
        for name in (names[0], names[2]):
            mosaic[name].set_ylabel(r"population ($10^{-3}$)")
        finish(*(mosaic[name] for name in names))
        _legend(figure, 4, _style("linear response (S101)", ls="-"), _style("exact", marker="o", ms=3.5))
    return figure


def _pair_figure(pair: pd.DataFrame, distances: pd.DataFrame, regimes: pd.DataFrame) -> Figure:
    """Two spins 1/2, |++> kept: (1 + P_i)/2 by both maps over the populations of the three levels at zero temperature."""
    off = distances[distances["map"] == "printed"].set_index("regime")["population_distance"]
    with paper_style():
        figure = new_figure(9.0, 6.4)
        axes = figure.subplots(2, 2, sharey=True)
        for ax, (name, row) in zip(axes.flat, regimes.iterrows(), strict=True):
            of_regime = pair[pair["regime"] == name]
            for which, look in LOOKS.items():
                for level, colour in COLOURS.items():
                    rows = of_regime[(of_regime["map"] == which) & (of_regime["level"] == level)]
                    ax.plot(rows["offset"] / row["decay"], rows["population"], color=colour, gid=f"{which} {level}", **look)
            ax.set(yscale="log")
            ax.set_title(
                f"{LIMITS[str(name)]}\nprinted map off by {off[str(name)]:.0%} of the peak", loc="left", fontsize="medium"
            )
        for ax in axes[-1]:
            ax.set_xlabel(OFFSET)
        for ax in axes[:, 0]:
            ax.set_ylabel(r"$\rho_{\alpha\alpha}$,  $(1 + P_i)/2$")
        finish(*axes.flat)
        _legend(
            figure,
            3,
            _style("three levels, $T = 0$", **LOOKS["three levels"]),
            _style(r"two spins, $\Delta_i = \mp\Delta$, $\omega_1 = 2V$", **LOOKS["corrected"]),
            _style(r"two spins, printed $\Delta_i = \mp 2\Delta$, $\omega_1 = \sqrt{2}V$", **LOOKS["printed"]),
        )
    return figure


def _scheme(ax: Axes, n_bar: float) -> None:
    """Levels |0>, |1>, |2>; the drive on 0-1, J between 1 and 2, decays to |0>."""
    ax.set(xlim=(-0.1, 1.1), ylim=(-0.12, 1.0))
    ax.axis("off")
    one, two = 0.66, 0.86
    for level, left, right, y in ((0, 0.0, 1.0, 0.0), (1, 0.0, 0.42, one), (2, 0.58, 1.0, two)):
        ax.hlines(y, left, right, color=COLOURS.get(level, "black"), lw=3.0, gid=f"level {level}")
    middle = 0.5 * (one + two)
    ax.hlines(middle, -0.05, 1.05, color="0.6", lw=1.0, ls=":")
    ax.text(-0.05, middle + 0.01, r"$\omega_e$", color="0.4", va="bottom")
    ax.text(0.5, -0.02, r"$|0\rangle$", ha="center", va="top")
    ax.text(0.21, one + 0.012, r"$|1\rangle$  $\omega_e - \Delta$", ha="center", va="bottom", color=COLOURS[1])
    ax.text(0.79, two + 0.012, r"$|2\rangle$  $\omega_e + \Delta$", ha="center", va="bottom", color=COLOURS[2])
    _arrow(ax, (0.11, 0.0), (0.11, one), MICROWAVES, "<->", 2.2)
    ax.text(0.135, 0.36, r"$V$, $\omega_{MW}$", color=MICROWAVES, va="center", rotation=90)
    decay = r"$2\gamma$" if n_bar == 0.0 else r"$2\gamma(\bar n + 1)$"
    for x, top in ((0.34, one), (0.84, two)):
        _arrow(ax, (x, top), (x, 0.0), "0.35", "-|>", 1.3)
        ax.text(x + 0.02, 0.3, decay, color="0.35", va="center")
    if n_bar > 0.0:
        ax.text(0.5, -0.08, rf"upwards $2\gamma\bar n$, $\bar n$ = {n_bar:g}", color="0.35", ha="center", va="top")
    _arrow(ax, (0.42, one), (0.58, two), "black", "<->", 1.3)
    ax.text(0.53, middle - 0.03, "$J$", va="top")


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, style: str, width: float) -> None:
    look = {"arrowstyle": style, "color": colour, "lw": width, "shrinkA": 1.5, "shrinkB": 1.5, "mutation_scale": 14}
    ax.annotate("", xy=end, xytext=start, arrowprops=look)


def _words(ax: Axes, name: str, row: pd.Series[Any]) -> None:
    """The regime, its parameters, and the imbalance on the line of level 1: above the axes, where no data are."""
    values = {r"\Delta": row["detuning"], "J": row["coupling"], "V": row["amplitude"]}
    words = ", ".join(rf"${symbol}/\gamma$ = {value / row['decay']:g}" for symbol, value in values.items())
    ratio = rf"$\rho_{{11}}/\rho_{{22}}$ = {row['imbalance']:.3g} where $\rho_{{11}}$ peaks"
    ax.set_title(f"{LIMITS[name]}\n{words}\n{ratio}", loc="left", fontsize="medium")


def _evenly_spread(x: FloatArray, y: FloatArray) -> NDArray[np.intp]:
    """Indices of points at equal distances along a curve as it is drawn, so that a narrow line has as many as a wide one."""
    steps = np.hypot(np.diff(x) / np.ptp(x), np.diff(y) / np.ptp(y))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    even = np.searchsorted(along, np.linspace(0.0, along[-1], DOTS)).clip(0, len(x) - 1)
    return np.unique([*even, np.argmax(y)])


def _style(label: str, **look: Any) -> Line2D:
    return Line2D([], [], **{"color": "0.3", "label": label, "ls": "none", **look})


def _legend(figure: Figure, columns: int, *styles: Line2D) -> None:
    levels = [Line2D([], [], color=colour, lw=4.0, label=rf"$\rho_{{{k}{k}}}$") for k, colour in COLOURS.items()]
    figure.legend(handles=[*levels, *styles], loc="outside lower center", ncols=columns, fontsize="small")
