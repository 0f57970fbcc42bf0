"""The crossover temperature of a measure by several definitions, each with a joint bootstrap interval.

half rise, steepest, sigmoid : of the curve itself, as `dnplab.analysis.crossing` and `dnplab.analysis.sigmoid` define them
departure : from where on the paired difference from the Hilbert model is larger than 2 of its standard errors. It says
    where this many samples show a difference: more samples show it at lower temperatures.
doubling : from where on the mean is at least twice that of the Hilbert model on the same samples. It refers to no end of the
    sweep, and not to the number of samples.

All work on plain long tables: model, temperature_k, realization, measures, and the columns `by` that tell curves apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from dnplab.analysis.bootstrap import interval
from dnplab.analysis.crossing import SIGNIFICANCE, Array, Crossings, Outcome, half_rise, rise_bounds, steepest, threshold
from dnplab.analysis.curves import MINUS, OVER, Curves, curves_of
from dnplab.analysis.pairs import curve_columns, require_told_apart
from dnplab.analysis.sigmoid import sigmoid_midpoint
from dnplab.comparison import LEADING, REFERENCE
from dnplab.errors import ParameterError

__all__ = [
    "COLUMNS",
    "DEFINITIONS",
    "FOLLOWED",
    "Definition",
    "Located",
    "crossover_definitions",
    "crossover_temperatures",
    "locate",
    "located",
    "trivial",
]

COLUMNS = (
    "model", "measure", "definition", "crossover_k", "lower_k", "upper_k", "width_decades", "width_lower", "width_upper",
    "without_crossing", "reason",
)  # fmt: skip
FOLLOWED = (LEADING, f"{LEADING}{MINUS}", f"{LEADING}{OVER}", "localization_index")
MOST = 0.5  # of the resamples may not cross
REASONS = {
    Outcome.FLAT: "no change beyond 2 standard errors",
    Outcome.NOT_MONOTONE: "not monotone beyond its errors",
    Outcome.INCOMPLETE: "not known at every temperature",
    Outcome.BELOW: "below the coldest temperature",
    Outcome.ABOVE: "above the hottest temperature",
    Outcome.NO_PLATEAUS: "no rise between two plateaus in the sweep",
    Outcome.UNRESOLVED: "narrower than the spacing of the temperatures",
}


@dataclass(frozen=True)
class Resampled:
    """One curve over T temperatures with its standard errors, and its B resamples."""

    temperature_k: Array  # (T,)
    mean: Array  # (T,)
    errors: Array  # (T,)
    draws: Array  # (B, T)

    @cached_property
    def noise(self) -> Array:
        """The standard error of y_j - y_k: (T, T)."""
        return np.asarray(np.std(self.draws[:, :, None] - self.draws[:, None, :], axis=0))


@dataclass(frozen=True)
class Definition:
    """A definition of a crossover temperature.

    find : the crossings of curves (B, T), given the curve's errors
    of : what is looked at: the measure itself (""), its ratio to the Hilbert model or its difference from it
    fewest : temperatures; of fewer, the answer would not depend on the curve
    """

    find: Callable[[Resampled, Array], Crossings]
    of: str = ""
    fewest: int = 3


def _departure(curve: Resampled, curves: Array) -> Crossings:
    signs = np.sign(curve.mean[-1]) or 1.0
    errors = np.where(curve.errors > 0.0, curve.errors, np.inf)  # a difference that is none has no error
    return threshold(curve.temperature_k, signs * curves / errors, SIGNIFICANCE)


DEFINITIONS: Mapping[str, Definition] = {
    "half rise": Definition(lambda curve, curves: half_rise(curve.temperature_k, curves, curve.noise)),
    "sigmoid": Definition(
        lambda curve, curves: sigmoid_midpoint(curve.temperature_k, curves, curve.noise, curve.errors), fewest=5
    ),
    "steepest": Definition(lambda curve, curves: steepest(curve.temperature_k, curves, curve.noise)),
    "departure": Definition(_departure, of=MINUS, fewest=2),
    "doubling": Definition(lambda curve, curves: threshold(curve.temperature_k, curves, 2.0), of=OVER, fewest=2),
}


def crossover_temperatures(
    samples: pd.DataFrame,
    measure: str = LEADING,
    definition: str = "half rise",
    *,
    by: Sequence[str] | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """The crossover temperature of one measure by one definition, a row for each curve: `by` columns and model.

    Args:
        samples: a long table (`load_samples`); NaN is absent.
        measure: one of its columns, or one with `_over_hilbert` or `_minus_hilbert` behind.
        definition: one of `DEFINITIONS`.
        by: the columns that tell curves apart besides the model; None is `curve_columns`.
        bootstrap: number of resamples: of realizations, jointly for all models and temperatures of a curve.
        seed: of the bootstrap.

    Returns:
        crossover_k with lower_k and upper_k, 95 % percentiles over the resamples that cross; width_decades, which is
        log10 of the hot over the cold end of the crossover, with its interval (NaN for definitions without); and
        without_crossing, the fraction of resamples that do not cross. Where there is no crossover, crossover_k is NaN,
        `reason` says why, and lower_k and upper_k bound where it can be (0 and infinity are bounds, too).

    Raises:
        ParameterError: there is no such definition or column, or realizations repeat.

    """
    return crossover_definitions(samples, [measure], [definition], by=by, bootstrap=bootstrap, seed=seed)


def crossover_definitions(
    samples: pd.DataFrame,
    measures: Sequence[str] = FOLLOWED,
    definitions: Sequence[str] = tuple(DEFINITIONS),
    *,
    by: Sequence[str] | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """`crossover_temperatures` of several measures by several definitions, in one table with `COLUMNS` behind `by`.

    Definitions that compare with the Hilbert model apply to plain measures only, and not to that model itself.
    """
    groups = curve_columns(samples) if by is None else list(by)
    _check(samples, measures, definitions, groups)
    plain = [measure for measure in measures if not measure.endswith((MINUS, OVER))]
    wanted = dict.fromkeys([*measures, *(measure + DEFINITIONS[name].of for measure in plain for name in definitions)])
    rows: list[dict[str, object]] = []
    parts = samples.groupby(groups, dropna=False) if groups else [((), samples)]
    for key, values in parts:
        group = dict(zip(groups, key, strict=True))
        curves = curves_of(values, bootstrap, seed, tuple(wanted))
        rows += [{**group, **row} for row in _rows(curves, measures, definitions)]
    return pd.DataFrame(rows, columns=[*groups, *COLUMNS])


def _check(samples: pd.DataFrame, measures: Sequence[str], definitions: Sequence[str], groups: Sequence[str]) -> None:
    for name in definitions:
        if name not in DEFINITIONS:
            raise ParameterError("definition", name, f"one of {', '.join(DEFINITIONS)}")
    plain = [measure.removesuffix(OVER).removesuffix(MINUS) for measure in measures]
    for name in ("model", "temperature_k", "realization", *groups, *plain):
        if name not in samples:
            raise ParameterError("samples", ", ".join(map(str, samples.columns)), f"a table with the column {name}")
    require_told_apart(samples, [*groups, "temperature_k"])


def _rows(curves: Curves, measures: Sequence[str], definitions: Sequence[str]) -> Iterator[dict[str, object]]:
    for m, model in enumerate(curves.models):
        for measure in measures:
            for name in definitions:
                if (row := _row(curves, m, measure, name)) is not None:
                    yield {"model": model, "measure": measure, "definition": name, **row}


def _row(curves: Curves, m: int, measure: str, name: str) -> dict[str, object] | None:
    """One model's crossover; None where the definition does not apply."""
    definition = DEFINITIONS[name]
    looked_at = measure + definition.of
    if looked_at not in curves.measures or trivial(curves.models[m], looked_at):
        return None
    return locate(curves, looked_at, m, definition)


def trivial(model: str, measure: str) -> bool:
    """Whether a measure compares the Hilbert model with itself."""
    return model == REFERENCE and (measure == "hilbert_distance" or measure.endswith((MINUS, OVER)))


class Located(NamedTuple):
    """A crossover as a row of `COLUMNS`, and in each resample: NaN in one that does not cross, or lacks a value."""

    row: dict[str, object]
    temperature_k: Array  # (B,)
    width_decades: Array  # (B,)


def locate(curves: Curves, measure: str, m: int, definition: Definition) -> dict[str, object] | None:
    """The crossover of model `m` on one of its `curves`, at the temperatures where that is known; None if it is nowhere."""
    found = located(curves, measure, m, definition)
    return None if found is None else found.row


def located(curves: Curves, measure: str, m: int, definition: Definition) -> Located | None:
    """`locate` with the resamples, which are those of the curves and in their order."""
    curve = curves.measures[measure]
    known = np.isfinite(curve.mean[m])
    if not known.any():
        return None
    temperature_k, mean, draws = curves.temperature_k[known], curve.mean[m, known], curve.resampled[:, m, known]
    whole = float(temperature_k[0]), float(temperature_k[-1])
    where, width = np.full(len(draws), np.nan), np.full(len(draws), np.nan)
    if temperature_k.size < definition.fewest:
        return Located(_none(whole, 1.0, "too few temperatures"), where, width)
    complete = np.isfinite(draws).all(axis=1)  # a resample may miss the few that have the measure
    if int(curve.used[m, known].min()) < 2 or complete.sum() < 2:
        return Located(_none(rise_bounds(temperature_k, mean), 1.0, "fewer than two realizations"), where, width)
    resampled = Resampled(temperature_k, mean, curve.sem[m, known], draws[complete])
    found, again = definition.find(resampled, mean[None, :]), definition.find(resampled, draws[complete])
    where[complete], width[complete] = again.temperature_k, again.width_decades
    lost = float(np.mean(again.outcome != Outcome.CROSSES))
    outcome = Outcome(int(found.outcome[0]))
    if outcome != Outcome.CROSSES:
        return Located(_none(_bounds(outcome, resampled), lost, REASONS[outcome]), where, width)
    if lost > MOST:
        return Located(_none(rise_bounds(temperature_k, mean), lost, "gone in most resamples"), where, width)
    lower, upper = interval(again.temperature_k)
    narrow, wide = interval(again.width_decades)
    row: dict[str, object] = {
        "crossover_k": float(found.temperature_k[0]),
        "lower_k": lower,
        "upper_k": upper,
        "width_decades": float(found.width_decades[0]),
        "width_lower": narrow,
        "width_upper": wide,
        "without_crossing": lost,
        "reason": "",
    }
    return Located(row, where, width)


def _bounds(outcome: Outcome, curve: Resampled) -> tuple[float, float]:
    """Where a crossover that the sweep does not show can be."""
    coldest, hottest = float(curve.temperature_k[0]), float(curve.temperature_k[-1])
    ends = {Outcome.BELOW: (0.0, coldest), Outcome.ABOVE: (hottest, np.inf), Outcome.FLAT: (coldest, hottest)}
    return ends[outcome] if outcome in ends else rise_bounds(curve.temperature_k, curve.mean)


def _none(bounds: tuple[float, float], lost: float, reason: str) -> dict[str, object]:
    return {
        "crossover_k": np.nan,
        "lower_k": bounds[0],
        "upper_k": bounds[1],
        "width_decades": np.nan,
        "width_lower": np.nan,
        "width_upper": np.nan,
        "without_crossing": lost,
        "reason": reason,
    }
