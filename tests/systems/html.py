"""A page of HTML as a reader finds it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

__all__ = ["Page"]


class Page(HTMLParser):
    """What a reader finds on a page: text, tables, pictures, links, and what a browser would fetch for it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.size = file.stat().st_size
        self.source = file.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.classes: list[str] = []
        self.text = ""
        self._cell = self._style = False
        self.feed(self.source)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True
            self.classes += [str(dict(attrs).get("class"))] if tag == "td" else []

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.text += f" {data}"
        if self._cell:
            self.tables[-1][-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def table(self, *columns: str) -> list[dict[str, str]]:
        """The rows of the table whose header begins with these columns."""
        found = next(table for table in self.tables if tuple(table[0][: len(columns)]) == columns)
        return [dict(zip(found[0], row, strict=True)) for row in found[1:]]
