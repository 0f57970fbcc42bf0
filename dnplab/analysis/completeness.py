"""Which points of a sweep have no finished run, said in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dnplab.comparison import group_words

__all__ = ["Point", "canonical", "describe_missing", "describe_point", "distinct", "missing_points"]

Point = Mapping[str, Any]
NAMED_AT_MOST = 6


def canonical(value: object) -> object:
    """One form, of twelve digits, for a value typed, logged or read back: 12, 12.0 and "12.0" are the same."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float(f"{float(str(value)):.12g}")
    except ValueError:
        text = str(value).strip()
        return text.lower() if text.lower() in ("true", "false") else text


def missing_points(seen: Iterable[Point], asked: Iterable[Point]) -> list[Point]:
    """Points that were asked for and that `seen` lacks; all have the same keys in the same order."""
    found = distinct(seen)
    return [point for mark, point in distinct(asked).items() if mark not in found]


def distinct(points: Iterable[Point]) -> dict[tuple[object, ...], Point]:
    """The points without repetitions, by their values."""
    return {tuple(map(canonical, point.values())): point for point in points}


def describe_point(point: Point) -> str:
    """A point in words: "nonsecular at 12 K, system.n_spins = 6"."""
    rest = {key: value for key, value in point.items() if key not in ("model", "bath.temperature_k")}
    head = str(point.get("model", ""))
    if "bath.temperature_k" in point:
        head = f"{head} at {point['bath.temperature_k']:g} K".strip()
    return ", ".join(part for part in [head, *group_words(rest)] if part)


def describe_missing(missing: Sequence[Point], expected: int) -> str:
    """One sentence on the completeness of a sweep of `expected` points; an empty point has values that nobody knows."""
    if not missing:
        return f"All {expected} points have a finished run."
    verb = "has" if len(missing) == 1 else "have"
    named = [describe_point(point) for point in missing[:NAMED_AT_MOST] if point]
    more = len(missing) - len(named)
    if named:
        where = "; ".join([*named, *([f"and {more} more"] if more else [])])
    else:
        where = "the sweep was too long to be stored point by point"
    return f"{len(missing)} of {expected} points {verb} no finished run: {where}."
