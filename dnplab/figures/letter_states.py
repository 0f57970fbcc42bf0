r"""The letter's figures 3, S9 and S10: eigenvalues, entanglement and <S_i^z> of the eigenstates of one steady state.

Eigenstates |lambda> stand in the order of <lambda|H_S|lambda>; grey lines bound the sectors of S^z of H_S. Boltzmann and
Hilbert share the eigenstates of H_S, so that only their eigenvalues differ. An eigenvector whose eigenvalue is closer to
another one than ten times the error of rho is arbitrary, and is drawn as a grey cross.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from math import comb

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.comparison import REFERENCE, Tables, in_order
from dnplab.figures.letter_page import THERMAL, legend_above
from dnplab.figures.style import colour_of, finish, new_figure

__all__ = ["fig3", "figs9", "figs10"]

ORDER = r"eigenstate $\lambda$ of $\rho$, ordered by $\langle\lambda|H_S|\lambda\rangle$"
SMALLEST = 1e-16  # below it an eigenvalue is rounding


def fig3(tables: Tables) -> Figure:
    """Entanglement entropy by eigenstate, with the smoothed histogram of <S_i^z> inside."""
    figure = new_figure(8.0, 5.2)
    ax = figure.subplots()
    states = tables["eigenstates"]
    _panel(ax, tables, "entropy", _entropy_label(tables))
    top = max(float(states["entropy"].max()), 0.1)
    ax.set_ylim(-0.03 * top, 2.0 * top)  # room for the inset above the points
    inset = ax.inset_axes((0.68, 0.70, 0.31, 0.28))
    for model, rows in tables["sz_density"].groupby("model", sort=False):
        inset.plot(rows["sz"], rows["density"], color=colour_of(str(model)), lw=1.5, gid=str(model))
    inset.set(xlim=(-0.5, 0.5), ylim=(0.0, None), yticks=[], ylabel="density")
    inset.set_xlabel(r"$\langle\lambda|S_i^z|\lambda\rangle$, mid-spectrum, all $i$", fontsize="small")
    inset.tick_params(labelsize="small")
    finish(inset)
    legend_above(figure, ax, columns=4, markerscale=2.5)
    return figure


def figs9(tables: Tables) -> Figure:
    """Eigenvalues of rho by eigenstate, logarithmic."""
    figure = new_figure(8.0, 5.0)
    ax = figure.subplots()
    _eigenvalues(ax, tables)
    legend_above(figure, ax, columns=4, markerscale=2.5)
    return figure


def figs10(tables: Tables) -> Figure:
    """(a) eigenvalues, (b) entropy, (c) <S^z> of the driven third spin, (d) of the last spin but one."""
    figure = new_figure(10.0, 7.4)
    axes = figure.subplots(2, 2, sharex=True)
    n_spins = int(tables["runs"]["n_spins"].iloc[0])
    third, other = min(2, n_spins - 1), max(n_spins - 2, 0)
    _eigenvalues(axes[0, 0], tables)
    _panel(axes[1, 0], tables, "entropy", _entropy_label(tables))
    _panel(axes[0, 1], tables, f"sz_{third}", _site_label(third))
    _panel(axes[1, 1], tables, f"sz_{other}", _site_label(other))
    for ax, letter in zip(axes.T.flat, "abcd", strict=True):
        ax.set_title(f"({letter})", loc="left")
        ax.set_xlabel(ORDER if ax in axes[1] else "")
    legend_above(figure, axes[0, 0], axes[1, 0], columns=4, markerscale=2.5)
    return figure


def _entropy_label(tables: Tables) -> str:
    kept, n_spins = (int(tables["runs"][name].iloc[0]) for name in ("kept_spins", "n_spins"))
    spins = "spin 1" if kept == 1 else f"spins 1 to {kept}"
    return f"entropy (ln), {spins} of {n_spins}"


def _site_label(site: int) -> str:
    return rf"$\langle\lambda|S^z_{{{site + 1}}}|\lambda\rangle$"


def _eigenvalues(ax: Axes, tables: Tables) -> None:
    states = tables["eigenstates"]
    thermal = states[states["model"] == states["model"].iloc[0]]
    ax.plot(thermal["order"], thermal["boltzmann_eigenvalue"], ".", color=THERMAL, ms=3.5, label="thermal equilibrium")
    _panel(ax, tables, "eigenvalue", r"eigenvalue of $\rho$", keep=lambda rows: rows["eigenvalue"] > SMALLEST)
    ax.set_yscale("log")


def _panel(
    ax: Axes, tables: Tables, column: str, label: str, keep: Callable[[pd.DataFrame], pd.Series] | None = None
) -> None:
    """One quantity by eigenstate, a colour a model, arbitrary eigenvectors as crosses."""
    states = tables["eigenstates"]
    for model in in_order(states["model"]):
        rows = states[states["model"] == model]
        if keep is not None:
            rows = rows[keep(rows)]
        arbitrary = rows["arbitrary"].to_numpy(dtype=bool) & (column != "eigenvalue")  # an eigenvalue is what it is
        shown = "hilbert (eigenstates of $H_S$)" if model == REFERENCE else model
        ax.plot(rows["order"][~arbitrary], rows[column][~arbitrary], ".", color=colour_of(model), ms=3.5, label=shown)
        if arbitrary.any():
            ax.plot(
                rows["order"][arbitrary], rows[column][arbitrary], "x", color="0.6", ms=4,
                label="arbitrary (degenerate)", gid=f"{model} arbitrary",
            )  # fmt: skip
    n_spins = int(tables["runs"]["n_spins"].iloc[0])
    for edge in list(accumulate(comb(n_spins, k) for k in range(n_spins + 1)))[:-1]:
        ax.axvline(edge - 0.5, color="0.82", lw=0.8, zorder=0, gid="sector")
    ax.set(xlabel=ORDER, ylabel=label, xlim=(-0.5, 2**n_spins - 0.5))
    finish(ax)
