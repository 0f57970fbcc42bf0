"""The pictures of a page, as the text that HTML holds; a page that would grow too heavy leaves pictures out and says so."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

__all__ = ["Album", "Picture"]

DPI = 130
SCALE = 96 / DPI  # an inch on paper is one on the page
SIGNATURE, WIDTH = b"\x89PNG\r\n\x1a\n", slice(16, 20)  # where a PNG says that it is one, and how wide
BUDGET = 3_300_000  # bytes of PNG: a third more as base64 text, so that a page stays below 5 MB


@dataclass(frozen=True)
class Picture:
    """A PNG as a data URI, its width on the page, the words for those who do not see it, and its caption."""

    uri: str
    width: int
    alt: str
    caption: str


class Album:
    """Takes pictures as long as there is room."""

    def __init__(self) -> None:
        self.room = BUDGET
        self.left_out = 0

    def add(self, picture: bytes | Callable[[], Figure | None], alt: str, caption: str) -> list[Picture]:
        """The picture, a PNG or how to draw it; nothing where there is nothing to draw or no room left."""
        if self.left_out:  # a later, smaller one would stand where readers look for this one
            self.left_out += 1
            return []
        content = picture if isinstance(picture, bytes) else _png(picture())
        if not content:
            return []
        if len(content) > self.room:
            self.left_out += 1
            return []
        self.room -= len(content)
        width = int.from_bytes(content[WIDTH]) if content.startswith(SIGNATURE) else 0
        uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        return [Picture(uri, round(SCALE * width), alt, caption)]


def _png(figure: Figure | None) -> bytes:
    if figure is None:
        return b""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()
