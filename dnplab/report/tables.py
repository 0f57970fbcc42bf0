"""Tables to read: values rounded to their errors, crossover temperatures with their intervals or the reason for none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dnplab.analysis import MEASURES
from dnplab.analysis.crossover import DIFFERENCE
from dnplab.comparison import LEADING, RATIO, REFERENCE, in_order
from dnplab.numbers import NONE, number, with_error, with_interval
from dnplab.report.glossary import MINUS_HILBERT, OVER_HILBERT

__all__ = ["Table", "as_table", "crossing_table", "definition_table", "measure_tables"]

ENDS = ("_sem", "_lower", "_upper")
AXES = ("model", "temperature_k")
COUNTS = ("realizations", "excluded")
TITLES = {"temperature_k": "T / K", "realizations": "n", RATIO: OVER_HILBERT, DIFFERENCE: MINUS_HILBERT}
LEADERS = (LEADING, RATIO, DIFFERENCE, "hilbert_distance", "localization_index")


@dataclass(frozen=True)
class Table:
    """A table to read; the first `heads` cells of a row name it, the others may be `wrapped`."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heads: int = 1
    wrapped: bool = False


def as_table(frame: pd.DataFrame, caption: str, heads: Sequence[str] = ()) -> Table:
    """A frame whose columns may have `<name>_sem`, or `<name>_lower` and `<name>_upper`, beside them.

    heads : the columns that name a row; they come first
    """
    beside = [f"{measure}_n" for measure in MEASURES]
    names = [str(name) for name in frame if not str(name).endswith(ENDS) and name not in beside]
    names = [name for name in names if name != "excluded" or frame["excluded"].any()]
    shown = [*(name for name in heads if name in names), *(name for name in names if name not in heads)]
    rows = tuple(tuple(_cell(row, name) for name in shown) for row in frame.to_dict("records"))
    return Table(
        caption, tuple(TITLES.get(name, name) for name in shown), rows, max(1, sum(name in names for name in heads))
    )


def measure_tables(rows: pd.DataFrame, groups: Sequence[str]) -> Iterator[Table]:
    """The crossover table in two: the measures that answer the question, and the others."""
    first = [*AXES, *COUNTS, *(lead + end for lead in LEADERS for end in ("", *ENDS, "_n"))]
    leading = [name for name in first if name in rows]
    others = [name for name in rows if name in AXES or name not in (*leading, *groups)]
    yield as_table(rows[leading], "Leading measures: means over disorder with standard errors", AXES)
    if len(others) > len(AXES):
        yield as_table(rows[others], "Other measures of the same runs", AXES)


def crossing_table(crossings: pd.DataFrame) -> Table:
    """Where each measure has done half of its change, a column a model."""
    caption = "Crossover temperatures: half of the change from the coldest to the hottest point, 95 % bootstrap interval"
    return _by_model(crossings, caption, "measure")


def definition_table(definitions: pd.DataFrame) -> Table:
    """Where the crossover of the leading measures is by every definition, a column a model."""
    caption = "Crossover temperatures of the leading measures by every definition"
    return _by_model(definitions, caption, "measure", "definition")


def _by_model(rows: pd.DataFrame, caption: str, *heads: str) -> Table:
    """A line for each combination of the heads, leading measures first."""
    models, order = in_order(rows["model"]), list(dict.fromkeys([*LEADERS, *rows["measure"]]))
    places = {(tuple(row[head] for head in heads), row["model"]): _place(row) for row in rows.to_dict("records")}
    lines = sorted(dict.fromkeys(line for line, _ in places), key=lambda line: order.index(line[0]))
    cells = tuple(
        (*(TITLES.get(word, str(word)) for word in line), *(places.get((line, model), NONE) for model in models))
        for line in lines
    )
    return Table(caption, (*heads, *models), cells, len(heads), wrapped=True)


def _place(row: Mapping[Hashable, object]) -> str:
    """Where a crossover is, or why there is none."""
    value, lower, upper, lost = (_float(row[key]) for key in ("crossover_k", "lower_k", "upper_k", "without_crossing"))
    if np.isfinite(value):
        return f"{with_interval(value, lower, upper)} K" + (f"; {lost:.1%} of resamples have none" if lost else "")
    between = f" ({lower:g} to {upper:g} K)" if lower > 0 and np.isfinite(upper) else ""
    return f"none: {row['reason']}{between}"


def _cell(row: Mapping[Hashable, object], name: str) -> str:
    """A value rounded to its error or interval where the row has one."""
    value = row[name]
    if not isinstance(value, float):
        return number(value)
    if name == RATIO and row.get("model") == REFERENCE:
        return "1" if np.isfinite(value) else NONE
    sem, lower, upper = (_float(row.get(name + end)) for end in ENDS)
    if np.isfinite(lower) and np.isfinite(upper):
        return with_interval(value, lower, upper)
    count = _float(row.get(f"{name}_n"))
    fewer = f" (n = {count:.0f})" if np.isfinite(value) and 0 < count < _float(row.get("realizations")) else ""
    return (with_error(value, sem) if f"{name}_sem" in row else number(value)) + fewer


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else np.nan
