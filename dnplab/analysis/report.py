"""The crossover as text for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dnplab.analysis.curves import MEASURES
from dnplab.analysis.definitions import DEFINITIONS
from dnplab.comparison import (
    CUT,
    INDEX,
    LEADING,
    PROFILE,
    RATIO,
    REFERENCE,
    group_words,
    in_order,
    of_group,
    split_groups,
    told_by_all,
)

__all__ = ["format_definitions", "format_report"]

NARROWEST = (11, 6, 5, 19, 20, 19, 20)  # columns of the table; a longer cell widens its own
SHOWN_TEMPERATURES = (LEADING, RATIO, INDEX, "hilbert_distance")


def format_report(table: pd.DataFrame, temperatures: pd.DataFrame, groups: tuple[str, ...] = ()) -> str:
    """The table of the leading measures and the crossover temperatures, for every group."""
    parts: list[str] = []
    for group, rows in split_groups(table, groups):
        parts += ["   ".join(group_words(group)) + "\n"] if group else []
        parts += [_table(rows), ""]
        found = of_group(temperatures, group)
        if len(found) and rows["temperature_k"].min() < rows["temperature_k"].max():
            parts += [_temperatures(found, told_by_all(rows)), ""]
    return "\n".join(parts).rstrip()


def _table(rows: pd.DataFrame) -> str:
    leading, index = told_by_all(rows)
    shown = (leading, "hilbert_distance", index)
    cells: list[tuple[str, ...]] = [("model", "T / K", "n", leading, "over Hilbert", *shown[1:])]
    for row in rows.to_dict("records"):
        used = str(row["realizations"]) + ("*" if row["excluded"] else "")
        first, *others = (_measured(row, measure) for measure in shown)
        cells.append(
            (
                str(row["model"]),
                f"{row['temperature_k']:g}",
                used,
                first,
                _ratio(row) if leading == LEADING else "-",
                *others,
            )
        )
    widths = [
        max(narrow, max(map(len, column)) + 1) for narrow, column in zip(NARROWEST, zip(*cells, strict=True), strict=True)
    ]
    lines = [
        f"{line[0]:<{widths[0]}}" + "".join(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        for line in cells
    ]
    notes: list[str] = []
    if ((rows["realizations"] == 0) & (rows["excluded"] == 0)).any():
        notes.append("Points with n = 0 have no finished run.")
    if (excluded := int(rows["excluded"].sum())) > 0:
        notes.append(f"* {excluded} realizations did not converge and are in no average (column excluded).")
    names = [name for name in MEASURES if name != CUT and f"{name}_n" in rows]
    if partial := [name for name in names if (rows[f"{name}_n"] < rows["realizations"]).any()]:
        notes.append(f"Not defined for every realization: {', '.join(partial)}; column <measure>_n has their n.")
    if CUT in rows and (cuts := rows[CUT].dropna()).any():
        costs = " to ".join(dict.fromkeys(f"{cost:.2g}" for cost in (cuts.min(), cuts.max())))
        notes.append(f"Correlations are cut, at an estimated cost of {costs} of |P_0| for the worst P_i ({CUT}).")
    notes.append("n realizations; mean ± standard error; ratio of means with its 95 % bootstrap interval.")
    return "\n".join([*lines, *notes])


def _measured(row: Mapping[object, object], measure: str) -> str:
    mean, sem = _number(row, measure), _number(row, f"{measure}_sem")
    if np.isnan(mean):
        return "-"
    return f"{mean:.4f}" if np.isnan(sem) else f"{mean:.4f} ± {sem:.4f}"


def _ratio(row: Mapping[object, object]) -> str:
    mean, lower, upper = (_number(row, f"{RATIO}{end}") for end in ("", "_lower", "_upper"))
    if np.isnan(mean):
        return "-"
    if row["model"] == REFERENCE:
        return "1"
    return _short(mean) if np.isnan(lower) else f"{_short(mean)} [{_short(lower)}, {_short(upper)}]"


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}" if abs(value) < 1000 else f"{value:.0e}"


def _number(row: Mapping[object, object], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) else np.nan


def _temperatures(rows: pd.DataFrame, told: tuple[str, str]) -> str:
    names = told if PROFILE in told else SHOWN_TEMPERATURES
    lines = ["Crossover temperature: half of the change from the coldest to the hottest point"]
    width = max(map(len, names)) + 2
    for measure in names:
        found = rows[rows["measure"] == measure].to_dict("records")
        lines += [f"  {measure:<{width}}{row['model']:<12}{_crossover(row)}" for row in found]
    return "\n".join(lines)


def _crossover(row: Mapping[object, object]) -> str:
    value, lower, upper = (_number(row, key) for key in ("crossover_k", "lower_k", "upper_k"))
    if np.isnan(value):
        return f"none: {row['reason']} ({lower:g} to {upper:g} K)"
    text = f"{value:.2f} K  [{lower:.2f}, {upper:.2f}]"
    lost = _number(row, "without_crossing")
    return text if lost == 0 else f"{text}, {lost:.1%} of resamples have none"


def format_definitions(definitions: pd.DataFrame, groups: tuple[str, ...] = ()) -> str:
    """The crossovers of every model but Hilbert by definition and measure; those that do not exist are in the table."""
    lines = ["Crossover temperature by definition: 95 % interval, width in decades of temperature"]
    width = max(map(len, DEFINITIONS)) + 2
    for group, rows in split_groups(definitions[definitions["model"] != REFERENCE], groups):
        lines += ["  " + "   ".join(group_words(group))] if group else []
        for model in in_order(rows["model"]):
            found = rows[(rows["model"] == model) & rows["crossover_k"].notna()].to_dict("records")
            lines += [] if found else [f"  {model}: none by any definition (crossover_definitions.csv says why)"]
            wide = max((len(str(row["measure"])) for row in found), default=0) + 2
            lines += [
                f"  {model:<12}{row['measure']:<{wide}}{row['definition']:<{width}}{_crossover(row)}{_width(row)}"
                for row in found
            ]
    return "\n".join(lines) if len(lines) > 1 else ""


def _width(row: Mapping[object, object]) -> str:
    value, lower, upper = (_number(row, key) for key in ("width_decades", "width_lower", "width_upper"))
    return "" if np.isnan(value) else f"  width {value:.2f} [{lower:.2f}, {upper:.2f}]"
