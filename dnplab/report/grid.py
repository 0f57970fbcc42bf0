"""The points of a sweep with their states, as a table: temperatures (or the last swept key) across, all others down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnplab.analysis import SweepStatus
from dnplab.numbers import number

__all__ = ["Cell", "Grid", "grid_of"]

ACROSS = "bath.temperature_k"
WIDEST = 16  # columns of points; where there are more, every point has a row of its own
NO_KEYS = ("state", "realizations", "error")
MARKS = {"done": "✓", "running": "…", "stale": "!", "stopped": "■", "failed": "✗", "outdated": "↻", "missing": "○"}
UNKNOWN = "?"


@dataclass(frozen=True)
class Cell:
    """One point: its state, empty where none was asked for, a sign for it and what more there is to say."""

    state: str = ""
    mark: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Grid:
    """keys name the row headers, across the columns; rows hold (values of the keys, cells); notes stand below."""

    keys: tuple[str, ...]
    across: str
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell, ...]], ...]
    notes: tuple[str, ...]


def grid_of(status: SweepStatus) -> Grid:
    """The table of a sweep's points."""
    points = [{str(key): value for key, value in row.items()} for row in status.grid.to_dict("records")]
    keys = [str(key) for key in status.grid.columns if key not in NO_KEYS]
    known = [point for point in points if any(point[key] != UNKNOWN for key in keys)]
    notes = [f"{_words(point, keys)}: {point['error']}" for point in known if point["error"]]
    if unknown := len(points) - len(known):
        notes.append(f"{unknown} points have not begun; the sweep was too long for the store to keep their values.")
    across = ACROSS if ACROSS in keys else keys[-1]
    values = _distinct(point[across] for point in known)
    down = [key for key in keys if key != across]
    if len(values) > WIDEST:
        each = tuple((tuple(number(point[key]) for key in keys), (_cell(point),)) for point in known)
        return Grid(tuple(keys), "", ("state",), each, tuple(notes))
    cells: dict[tuple[object, ...], dict[object, Cell]] = {}
    for point in known:
        cells.setdefault(tuple(point[key] for key in down), {})[point[across]] = _cell(point)
    rows = tuple(
        (tuple(map(number, place)), tuple(row.get(value, Cell()) for value in values)) for place, row in cells.items()
    )
    return Grid(tuple(down), across, tuple(map(number, values)), rows, tuple(notes))


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Values once each, numbers in their order."""
    found = list(dict.fromkeys(values))
    return sorted(found) if all(isinstance(value, int | float) for value in found) else found


def _cell(point: Mapping[str, object]) -> Cell:
    state = str(point["state"])
    return Cell(state, MARKS.get(state, ""), str(point["realizations"]))


def _words(point: Mapping[str, object], keys: Sequence[str]) -> str:
    return ", ".join(f"{key} = {number(point[key])}" for key in keys)
