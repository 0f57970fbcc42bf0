"""The crossover table of a sweep and the crossover temperature of each measure: half of its rise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from dnplab.analysis.bootstrap import interval
from dnplab.analysis.completeness import canonical
from dnplab.analysis.curves import MEASURES, MINUS, OVER, Curves, curves_of
from dnplab.analysis.definitions import DEFINITIONS, FOLLOWED, crossover_definitions, locate, trivial
from dnplab.analysis.pairs import paired_difference
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import CUT, LEADING, RATIO, REFERENCE, in_order, of_group, split_groups

__all__ = ["DIFFERENCE", "Crossover", "find_crossover", "find_definitions", "write_definitions", "write_results"]

TEMPERATURE_COLUMNS = ("model", "measure", "crossover_k", "lower_k", "upper_k", "without_crossing", "reason")
DIFFERENCE = f"{LEADING}{MINUS}"


class Crossover(NamedTuple):
    """What a sweep says about the crossover. Results only: equal samples give equal bytes.

    table : a row per (group, model, temperature) with counts, mean and standard error of each measure. Means run over
        the realizations stored at that point; where some lack a measure, `<measure>_n` counts those that have it.
        `ansatz_deviation_over_hilbert` is the ratio of the mean ansatz_deviation to the Hilbert model's, on the
        realizations where both have it, with `_lower` and `_upper` the 95 % percentiles of the joint bootstrap. It is NaN
        where the Hilbert model's is zero up to rounding, the percentiles also where only one realization has both.
        `ansatz_deviation_minus_hilbert` is the mean difference from the Hilbert model on shared realizations, with its
        paired standard error and 95 % interval. A point without a finished run has 0 realizations and no values.
    temperatures : a row per (group, model, measure) with the crossover temperature of `dnplab.analysis.crossing`.
        `crossover_k` is NaN where there is none; then `reason` says why, and `lower_k`, `upper_k` bound where the
        measure makes its climb. Otherwise they are the 95 % percentiles over the resamples that cross, and
        `without_crossing` is the fraction of resamples that do not.
    """

    table: pd.DataFrame
    temperatures: pd.DataFrame


def find_crossover(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> Crossover:
    """Average and resample a sweep."""
    rows: list[dict[str, object]] = []
    found: list[dict[str, object]] = []
    missing = _missing_rows(sweep)
    for group, values in split_groups(sweep.realizations, sweep.groups):
        curves = curves_of(values, bootstrap, seed)
        measured = [{**group, **row} for row in _table_rows(curves, _excluded(sweep, group))]
        rows += _by_model([*measured, *(row for row in missing if group.items() <= row.items())])
        found += [{**group, **row} for row in _crossovers(curves)]
    columns = [*sweep.groups, "model", "temperature_k", "realizations", "excluded"]
    for measure in MEASURES:
        columns += [measure, f"{measure}_sem", f"{measure}_n"]
    columns += [RATIO, f"{RATIO}_lower", f"{RATIO}_upper"]
    columns += [DIFFERENCE, f"{DIFFERENCE}_sem", f"{DIFFERENCE}_lower", f"{DIFFERENCE}_upper"]
    table = _with_difference(pd.DataFrame(rows), sweep)
    for measure in MEASURES:  # its own count is worth a column only where it is not that of the point
        if measure in table and table[f"{measure}_n"].equals(table["realizations"]):
            del table[f"{measure}_n"]
    temperatures = pd.DataFrame(found, columns=[*sweep.groups, *TEMPERATURE_COLUMNS])
    return Crossover(table[[column for column in columns if column in table]], temperatures)


def find_definitions(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The crossover of a sweep's leading measures by every definition: `dnplab.analysis.definitions`."""
    names = [name for name in FOLLOWED if name.removesuffix(OVER).removesuffix(MINUS) in sweep.realizations]
    return crossover_definitions(sweep.realizations, names, by=sweep.groups, bootstrap=bootstrap, seed=seed)


def write_results(table: pd.DataFrame, temperatures: pd.DataFrame, folder: Path) -> tuple[Path, Path, Path]:
    """Write crossover.csv, crossover.parquet and crossover_temperature.csv into `folder`.

    A measure that is undefined at a point is an empty cell; a crossover that does not exist is the
    word "none".
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = (
        folder / "crossover.csv",
        folder / "crossover.parquet",
        folder / "crossover_temperature.csv",
    )
    _write_csv(table, files[0])
    table.to_parquet(files[1], index=False)
    _write_csv(_in_words(temperatures), files[2])
    return files


def write_definitions(definitions: pd.DataFrame, folder: Path) -> Path:
    """Write crossover_definitions.csv into `folder`, in the words of `write_results`."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(_in_words(definitions), folder / "crossover_definitions.csv")
    return folder / "crossover_definitions.csv"


def _in_words(temperatures: pd.DataFrame) -> pd.DataFrame:
    words = ["none" if np.isnan(value) else f"{value:.10g}" for value in temperatures["crossover_k"]]
    return temperatures.assign(crossover_k=words)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")


def _excluded(sweep: Sweep, group: Mapping[str, object]) -> dict[tuple[str, float], int]:
    """Realizations left out of the averages at each (model, temperature) of a group."""
    runs = of_group(sweep.runs, group)
    if "check.excluded" not in runs:
        return {}
    counts = runs["check.excluded"].fillna(0).astype(int)
    return dict(zip(zip(runs["model"], runs["bath.temperature_k"], strict=True), counts, strict=True))


def _table_rows(curves: Curves, excluded: Mapping[tuple[str, float], int]) -> Iterator[dict[str, object]]:
    for m, model in enumerate(curves.models):
        for t, temperature in enumerate(curves.temperature_k):
            used = int(curves.realizations[m, t])
            left_out = excluded.get((model, float(temperature)), 0)
            if used == 0 and left_out == 0:
                continue
            row: dict[str, object] = {
                "model": model,
                "temperature_k": float(temperature),
                "realizations": used,
                "excluded": left_out,
            }
            for name, curve in curves.measures.items():
                row[name] = curve.mean[m, t]
                if name == RATIO:
                    several = curve.used[m, t] > 1  # one realization says nothing of its spread
                    bounds = interval(curve.resampled[:, m, t]) if several else (np.nan, np.nan)
                    row[f"{name}_lower"], row[f"{name}_upper"] = bounds
                else:
                    row[f"{name}_sem"], row[f"{name}_n"] = curve.sem[m, t], int(curve.used[m, t])
            yield row


def _missing_rows(sweep: Sweep) -> list[dict[str, object]]:
    """A row without a value for every point that has no finished run and whose place in the table is known."""
    values = {key: sweep.runs[key].unique() for key in ("model", "bath.temperature_k")}
    alone = {key: found[0] for key, found in values.items() if len(found) == 1}
    rows: list[dict[str, object]] = []
    for point in sweep.missing:
        place = {key: canonical(value) for key, value in {**alone, **point}.items()}
        if {*values, *sweep.groups} <= set(place):
            group = {key: place[key] for key in sweep.groups}
            axes = {"model": place["model"], "temperature_k": place["bath.temperature_k"]}
            rows.append({**group, **axes, "realizations": 0, "excluded": 0})
    return rows


def _by_model(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows by model, in the order of tables, and by temperature."""
    order = in_order(str(row["model"]) for row in rows)
    return sorted(rows, key=lambda row: (order.index(str(row["model"])), cast(float, row["temperature_k"])))


def _crossovers(curves: Curves) -> Iterator[dict[str, object]]:
    for m, model in enumerate(curves.models):
        for name in curves.measures:
            row = None if name == CUT or trivial(model, name) else locate(curves, name, m, DEFINITIONS["half rise"])
            if row is not None:
                yield {"model": model, "measure": name, **row}


def _with_difference(table: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """The table with the paired difference from the Hilbert model, where the sweep has that."""
    samples = sweep.realizations
    if LEADING not in samples or set(samples["model"]) <= {REFERENCE} or REFERENCE not in set(samples["model"]):
        return table
    keys = [*sweep.groups, "temperature_k"]
    names = {"difference": DIFFERENCE, **{end: f"{DIFFERENCE}_{end}" for end in ("sem", "lower", "upper")}}
    found = paired_difference(samples, LEADING, by=keys).drop(columns="n").rename(columns=names)
    return table.merge(found, on=[*keys, "model"], how="left", validate="one_to_one")
