"""Small pictures for tables of them: the figure drawn anew in a small frame, so that its numbers can be read there."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

__all__ = ["write_thumbnail"]

SIDE = 700  # pixels: twice what a cell is wide on a screen
MARGIN = 6
WIDTH_IN, HEIGHT_IN, DPI = 5.0, 2.4, 140  # fills the upper half of the square, which is what MLflow's cells show


def write_thumbnail(figure: Figure, picture: Path) -> Path:
    """Write `<stem>_small.webp` beside a figure's picture: a square with the figure in its upper half, for MLflow's tables.

    The figure loses its legend: a column's head names the run, and a click opens the whole picture.
    """
    for legend in figure.legends:
        legend.remove()
    figure.set_size_inches(WIDTH_IN, HEIGHT_IN)
    target = picture.with_name(f"{picture.stem}_small.webp")
    figure.savefig(target, dpi=DPI)
    with Image.open(target) as image:
        drawn = image.convert("RGB")
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(drawn, ((SIDE - drawn.width) // 2, MARGIN))
    square.save(target, quality=80, method=6)
    return target
