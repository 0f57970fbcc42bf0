"""What tables and figures of a comparison of models share: names, the order of models, and groups of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

__all__ = [
    "CUT",
    "DIFFERENCE",
    "INDEX",
    "INDEX_DIFFERENCE",
    "LEADING",
    "MINUS",
    "MODELS",
    "OVER",
    "PROFILE",
    "PROFILE_INDEX",
    "RATIO",
    "REFERENCE",
    "UNCOUPLED",
    "Tables",
    "group_words",
    "in_order",
    "microwave_offsets",
    "of_group",
    "split_groups",
    "told_by_all",
]

MODELS = ("zeno", "hilbert", "secular", "nonsecular", "correlation", "ule")
REFERENCE = "hilbert"
OVER, MINUS = f"_over_{REFERENCE}", f"_minus_{REFERENCE}"  # behind a measure: its ratio to the reference, its difference
LEADING, INDEX = "ansatz_deviation", "localization_index"
RATIO, DIFFERENCE, INDEX_DIFFERENCE = f"{LEADING}{OVER}", f"{LEADING}{MINUS}", f"{INDEX}{MINUS}"
CUT = "truncation_error"
PROFILE, PROFILE_INDEX = "profile_deviation", "profile_index"  # the same for any number of spins
UNCOUPLED = f"{LEADING}_over_uncoupled"

Tables = Mapping[str, pd.DataFrame]  # of one summary, by name


def in_order(models: Iterable[str]) -> list[str]:
    """The models that occur, in the order of tables and legends: from Hilbert to the full equation."""
    return sorted(set(models), key=lambda model: (MODELS.index(model) if model in MODELS else len(MODELS), model))


def split_groups(frame: pd.DataFrame, groups: Sequence[str]) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """(group values, its rows) for every combination of the grouping columns, ascending; a run may lack one (NaN)."""
    if not groups:
        yield {}, frame
        return
    for values, rows in frame.groupby(list(groups), sort=True, dropna=False):
        yield dict(zip(groups, values, strict=True)), rows


def of_group(frame: pd.DataFrame, group: Mapping[str, object]) -> pd.DataFrame:
    """The rows with these values, by the columns that the frame has; NaN finds NaN."""
    for key, value in group.items():
        if key in frame:
            frame = frame[frame[key].isna() if pd.isna(value) else frame[key] == value]  # type: ignore[call-overload]
    return frame


def microwave_offsets(runs: pd.DataFrame) -> list[float]:
    """Where the drives of runs stand from the electron frequency, in MHz; empty where the runs do not say so."""
    if not {"drive.frequency_ghz", "system.electron_ghz"} <= set(runs):
        return []
    offsets = 1e3 * (runs["drive.frequency_ghz"] - runs["system.electron_ghz"])
    return sorted({round(float(offset), 6) for offset in offsets})


def told_by_all(table: pd.DataFrame) -> tuple[str, str]:
    """The deviation and the index that every model of a table has: those of the ansatz, or of the profile that fits."""
    known = table[[name for name in (LEADING, PROFILE) if name in table]].notna().groupby(table["model"]).any()
    needs_fit = PROFILE in known and (known[PROFILE] & ~known.get(LEADING, pd.Series(False, known.index))).any()
    return (PROFILE, PROFILE_INDEX) if needs_fit else (LEADING, INDEX)


def group_words(group: Mapping[str, object]) -> list[str]:
    """A group's values in words: ["system.n_spins = 6"]."""
    return [f"{key} = {_word(value)}" for key, value in group.items()]


def _word(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "not set"
    return f"{value:g}" if isinstance(value, float) else str(value)
