"""The crossover table of a sweep and the crossover temperature of each measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pandas as pd

from dnplab.analysis.completeness import canonical
from dnplab.analysis.crossing import Outcome, half_rise, rise_bounds
from dnplab.analysis.curves import MEASURES, Array, Curve, Curves, curves_of
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import RATIO, REFERENCE, in_order, split_groups

__all__ = ["CONFIDENCE", "Crossover", "find_crossover", "write_results"]

TEMPERATURE_COLUMNS = ("model", "measure", "crossover_k", "lower_k", "upper_k", "without_crossing", "reason")
CONFIDENCE = 0.95
MOST = 0.5
FEWEST_TEMPERATURES = 3  # between two, half of the change is their geometric mean whatever the curve
TOO_FEW = "too few temperatures"
NO_CHANGE = "no change beyond 2 standard errors"
PERCENTILES = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))


class Crossover(NamedTuple):
    """What a sweep says about the crossover. Results only: equal samples give equal bytes.

    table : a row per (group, model, temperature) with counts, mean and standard error of each measure. Means run over
        the realizations stored at that point; where some lack a measure, `<measure>_n` counts those that have it.
        `ansatz_deviation_over_hilbert` is the ratio of the mean ansatz_deviation to the Hilbert model's, on the
        realizations where both have it, with `_lower` and `_upper` the 95 % percentiles of the joint bootstrap. It is NaN
        where the Hilbert model's is zero up to rounding, the percentiles also where only one realization has both.
        A point without a finished run has 0 realizations and no values.
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
    table = pd.DataFrame(rows)
    for measure in MEASURES:  # its own count is worth a column only where it is not that of the point
        if measure in table and table[f"{measure}_n"].equals(table["realizations"]):
            del table[f"{measure}_n"]
    temperatures = pd.DataFrame(found, columns=[*sweep.groups, *TEMPERATURE_COLUMNS])
    return Crossover(table[[column for column in columns if column in table]], temperatures)


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
    words = temperatures.copy()
    words["crossover_k"] = ["none" if np.isnan(value) else f"{value:.10g}" for value in temperatures["crossover_k"]]
    _write_csv(words, files[2])
    return files


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")


def _excluded(sweep: Sweep, group: Mapping[str, object]) -> dict[tuple[str, float], int]:
    """Realizations left out of the averages at each (model, temperature) of a group."""
    runs = sweep.runs
    for key, value in group.items():
        runs = runs[runs[key].map(canonical) == canonical(value)]
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
                    bounds = _interval(curve.resampled[:, m, t]) if several else (np.nan, np.nan)
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
        for name, curve in curves.measures.items():
            known = np.isfinite(curve.mean[m])
            trivial = model == REFERENCE and name in (RATIO, "hilbert_distance")
            if known.any() and not trivial:
                row = _crossover(curves.temperature_k[known], curve, m, known)
                yield {"model": model, "measure": name, **row}


def _crossover(temperature_k: Array, curve: Curve, m: int, known: np.ndarray) -> dict[str, object]:
    """The row of one model's curve at the temperatures where it is known."""
    mean, resampled = curve.mean[m, known], curve.resampled[:, m, known]
    if temperature_k.size < FEWEST_TEMPERATURES:
        return _none(temperature_k, mean, 1.0, TOO_FEW)
    resampled = resampled[np.isfinite(resampled).all(axis=1)]  # a resample may miss the few that have the measure
    if int(curve.used[m, known].min()) < 2 or len(resampled) < 2:
        return _none(temperature_k, mean, 1.0, "fewer than two realizations")
    noise = np.std(resampled[:, :, None] - resampled[:, None, :], axis=0)
    found = half_rise(temperature_k, mean[None, :], noise)
    draws = half_rise(temperature_k, resampled, noise)
    lost = float(np.mean(draws.outcome != Outcome.CROSSES))
    if found.outcome[0] != Outcome.CROSSES:
        reasons = {
            int(Outcome.FLAT): NO_CHANGE,
            int(Outcome.NOT_MONOTONE): "not monotone beyond its errors",
        }
        return _none(temperature_k, mean, lost, reasons[int(found.outcome[0])])
    if lost > MOST:
        return _none(temperature_k, mean, lost, "gone in most resamples")
    lower, upper = _interval(draws.temperature_k)
    return {
        "crossover_k": float(found.temperature_k[0]),
        "lower_k": lower,
        "upper_k": upper,
        "without_crossing": lost,
        "reason": "",
    }


def _none(temperature_k: Array, mean: Array, lost: float, reason: str) -> dict[str, object]:
    lower, upper = rise_bounds(temperature_k, mean)
    if reason in (NO_CHANGE, TOO_FEW):
        lower, upper = float(temperature_k[0]), float(temperature_k[-1])
    return {
        "crossover_k": np.nan,
        "lower_k": lower,
        "upper_k": upper,
        "without_crossing": lost,
        "reason": reason,
    }


def _interval(draws: Array) -> tuple[float, float]:
    """The central `CONFIDENCE` interval of the finite `draws`, NaN if there are none."""
    finite = draws[np.isfinite(draws)]
    if finite.size == 0:
        return np.nan, np.nan
    low, high = np.percentile(finite, PERCENTILES)
    return float(low), float(high)
