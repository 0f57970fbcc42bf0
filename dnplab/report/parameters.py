"""The parameters of a sweep: those that all its runs share, and those that vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnplab.analysis.completeness import canonical
from dnplab.comparison import in_order
from dnplab.numbers import number
from dnplab.tracking import TrackedRun

__all__ = ["Varying", "parameters_of"]

MOST_LISTED = 12
NOT_SET = "not set"


@dataclass(frozen=True)
class Varying:
    """A parameter with several values; `swept` if it was asked for, else it follows from others."""

    key: str
    values: str
    swept: bool


def parameters_of(
    runs: Sequence[TrackedRun], swept: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[Varying, ...]]:
    """(key, value) of what all runs share, and what varies: what was swept first."""
    common: list[tuple[str, str]] = []
    varying: list[Varying] = []
    for key in dict.fromkeys(key for run in runs for key in run.params):
        values = list(dict.fromkeys(canonical(run.params[key]) if key in run.params else None for run in runs))
        if len(values) == 1:
            common.append((key, number(values[0])))
        else:
            varying.append(Varying(key, _listed(values, in_turn=key not in swept), key in swept))
    return tuple(common), tuple(sorted(varying, key=lambda item: not item.swept))


def _listed(values: Sequence[object], *, in_turn: bool) -> str:
    """All values; many numbers as their range. Numbers that were swept ascend, those that follow stay in their turn."""
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < len(values):
        names = [NOT_SET if value is None else number(value) for value in values]
        return ", ".join(in_order(names))
    ordered = sorted(numbers)
    if len(ordered) > MOST_LISTED:
        return f"{len(ordered)} values from {number(ordered[0])} to {number(ordered[-1])}"
    return ", ".join(map(number, numbers if in_turn else ordered))
