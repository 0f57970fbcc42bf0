"""Which points of a sweep's grid have no finished run, said in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

__all__ = ["canonical", "describe_missing", "describe_point", "missing_points"]

Point = dict[str, object]
NAMED_AT_MOST = 6


def canonical(value: object) -> object:
    """One form for a value typed, logged or read back: 12, 12.0 and "12.0" are the same."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return float(str(value))
    except ValueError:
        text = str(value).strip()
        return text.lower() if text.lower() in ("true", "false") else text


def missing_points(seen: Iterable[Mapping[str, object]], grid: Mapping[str, Sequence[object]]) -> list[Point]:
    """Points of the product of `grid` (key -> values) that `seen` lacks, in the grid's order."""
    found = {tuple(canonical(point[key]) for key in grid) for point in seen}
    return [
        dict(zip(grid, values, strict=True))
        for values in product(*grid.values())
        if tuple(canonical(value) for value in values) not in found
    ]


def describe_point(point: Mapping[str, object]) -> str:
    """A grid point in words: "nonsecular at 12 K, system.n_spins=6"."""
    rest = [f"{k}={v}" for k, v in point.items() if k not in ("model", "bath.temperature_k")]
    head = str(point.get("model", ""))
    if "bath.temperature_k" in point:
        head = f"{head} at {point['bath.temperature_k']} K".strip()
    return ", ".join(part for part in [head, *rest] if part)


def describe_missing(missing: Sequence[Mapping[str, object]], expected: int) -> str:
    """One sentence on the completeness of a grid of `expected` points."""
    if not missing:
        return f"All {expected} grid points have a finished run."
    named = "; ".join(describe_point(point) for point in missing[:NAMED_AT_MOST])
    more = len(missing) - NAMED_AT_MOST
    tail = f"; and {more} more" if more > 0 else ""
    verb = "has" if len(missing) == 1 else "have"
    return f"{len(missing)} of {expected} grid points {verb} no finished run: {named}{tail}."
