"""Small copies of pictures for tables of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

__all__ = ["write_thumbnail"]

SIDE = 700  # pixels: twice what a cell is wide on a screen
WIDTH, HEIGHT = 560, 350  # of the picture in it: the upper half of the square is what MLflow's cells show
MARGIN = 8


def write_thumbnail(picture: Path) -> Path:
    """Write `<stem>_small.webp` beside a picture: a square with the picture in its upper half, for MLflow's tables."""
    square = Image.new("RGB", (SIDE, SIDE), "white")
    with Image.open(picture) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, HEIGHT - 2 * MARGIN), Image.Resampling.LANCZOS)
    square.paste(small, ((SIDE - small.width) // 2, MARGIN))
    target = picture.with_name(f"{picture.stem}_small.webp")
    square.save(target, quality=80, method=6)
    return target
