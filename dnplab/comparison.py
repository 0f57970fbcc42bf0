"""What tables and figures of a comparison of models share: names, the order of models, and groups of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

__all__ = [
    "DIFFERENCE",
    "INDEX",
    "INDEX_DIFFERENCE",
    "LEADING",
    "MINUS",
    "MODELS",
    "OVER",
    "RATIO",
    "REFERENCE",
    "UNCOUPLED",
    "group_words",
    "in_order",
    "split_groups",
]

MODELS = ("zeno", "hilbert", "secular", "nonsecular", "ule")
REFERENCE = "hilbert"
OVER, MINUS = f"_over_{REFERENCE}", f"_minus_{REFERENCE}"  # behind a measure: its ratio to the reference, its difference
LEADING, INDEX = "ansatz_deviation", "localization_index"
RATIO, DIFFERENCE, INDEX_DIFFERENCE = f"{LEADING}{OVER}", f"{LEADING}{MINUS}", f"{INDEX}{MINUS}"
UNCOUPLED = f"{LEADING}_over_uncoupled"


def in_order(models: Iterable[str]) -> list[str]:
    """The models that occur, in the order of tables and legends: from Hilbert to the full equation."""
    return sorted(set(models), key=lambda model: (MODELS.index(model) if model in MODELS else len(MODELS), model))


def split_groups(frame: pd.DataFrame, groups: Sequence[str]) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """(group values, its rows) for every combination of the grouping columns, ascending."""
    if not groups:
        yield {}, frame
        return
    for values, rows in frame.groupby(list(groups), sort=True):
        yield dict(zip(groups, values, strict=True)), rows


def group_words(group: Mapping[str, object]) -> list[str]:
    """A group's values in words: ["system.n_spins = 6"]."""
    return [f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}" for key, value in group.items()]
