"""What the letter's figures share: the colour of thermal equilibrium, a legend above, a line of text below."""

from __future__ import annotations

import textwrap
from typing import cast

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["THERMAL", "legend_above", "note_below"]

THERMAL = "#0072b2"  # the letter's blue
CHARACTERS_PER_INCH = 17  # of the line below


def legend_above(figure: Figure, *axes: Axes, columns: int = 3, markerscale: float = 1.0) -> None:
    """One legend above all axes for what these show; what has one label in several is shown as one, on top of each other."""
    found: dict[str, list[Artist]] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, []).append(handle)
    handles = cast("list[Artist]", [tuple(drawn) for drawn in found.values()])  # the stubs do not know of tuples
    figure.legend(handles, list(found), loc="outside upper center", ncols=columns, fontsize="small", markerscale=markerscale)


def note_below(figure: Figure, line: str) -> None:
    """Small lines of text at the lower left; a long one is several."""
    width = int(CHARACTERS_PER_INCH * figure.get_figwidth())
    wrapped = "\n".join(textwrap.fill(part, width) for part in line.split("\n"))
    figure.supxlabel(wrapped, x=0.01, ha="left", fontsize=8.0, color="0.35")
