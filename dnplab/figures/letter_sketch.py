"""Fig. 1(a) of the letter: spins with couplings in their own fields, a bath below, microwaves from the left."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from dnplab.figures.style import MICROWAVES

__all__ = ["draw_system"]

# where the spins stand, and how far each is tilted from the field: a drawing, no data
SPINS = np.array([[3.0, 5.4], [5.0, 6.9], [7.4, 6.3], [4.6, 4.3], [6.6, 4.0], [8.6, 4.6]])
TILTS = np.radians([200.0, 165.0, 190.0, 20.0, 175.0, 205.0])
BATH = "#8c8c8c"


def draw_system(ax: Axes) -> None:
    """Draw the model into empty axes."""
    ax.set(xlim=(0.0, 9.7), ylim=(0.4, 8.0), aspect="equal")
    ax.axis("off")
    for i, j in combinations(range(len(SPINS)), 2):
        near = 1.0 / np.hypot(*(SPINS[i] - SPINS[j]))
        ax.plot(*SPINS[[i, j]].T, color="#0072b2", lw=3.5 * near, alpha=0.5, zorder=1)
    for (x, y), tilt in zip(SPINS, TILTS, strict=True):
        _spring(ax, x, 1.9, y - 0.35)
        dx, dy = 0.62 * np.sin(tilt), 0.62 * np.cos(tilt)
        arrow = {"arrowstyle": "-|>", "lw": 1.8, "color": "black", "mutation_scale": 13}
        ax.annotate("", (x + dx, y + dy), (x - dx, y - dy), arrowprops=arrow, zorder=4)
        ax.plot(x, y, "o", ms=12, color="#f0c05a", mec="0.3", mew=0.8, zorder=3)
    ax.text(3.55, 6.45, r"$U_{ij}$", color="#0072b2", ha="right")
    ax.text(8.0, 6.6, r"$\omega_e+\Delta_i$")
    ax.add_patch(FancyBboxPatch((1.9, 0.7), 7.6, 1.1, boxstyle="round,pad=0.1", fc="0.9", ec=BATH, zorder=0))
    ax.text(5.7, 1.25, r"vibrations at temperature $\beta^{-1}$", ha="center", va="center", fontsize=8.5)
    s = np.linspace(0.0, 1.0, 200)
    ax.plot(0.1 + 1.7 * s, 5.4 + 0.22 * np.sin(2 * np.pi * 4 * s), color=MICROWAVES, lw=1.8)
    ax.annotate("", (2.35, 5.4), (1.75, 5.4), arrowprops={"arrowstyle": "-|>", "lw": 1.8, "color": MICROWAVES})
    ax.text(0.9, 5.85, r"$\omega_{\mathrm{MW}}$", color=MICROWAVES, ha="center")


def _spring(ax: Axes, x: float, low: float, high: float) -> None:
    s = np.linspace(0.0, 1.0, 300)
    turns = max(3, round((high - low) / 0.35))
    ax.plot(x + 0.09 * np.sin(2 * np.pi * turns * s), low + (high - low) * s, color=BATH, lw=0.9, zorder=0.5)
