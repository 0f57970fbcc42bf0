"""Sentences that numbers decide: each is there only where its interval lets it be said."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from dnplab.analysis.crossover import DIFFERENCE
from dnplab.comparison import LEADING, RATIO, REFERENCE, in_order
from dnplab.numbers import with_interval

__all__ = ["conclusions_of"]


def conclusions_of(table: pd.DataFrame, crossings: pd.DataFrame, definitions: pd.DataFrame) -> Iterator[str]:
    """What the crossover table of one group says, and its crossover temperatures where there are any."""
    measured = table[table["realizations"] > 0].sort_values("temperature_k")
    if LEADING not in measured or measured[LEADING].isna().all():
        yield f"The runs do not have {LEADING}, so nothing is said of a spin temperature."
        return
    models = in_order(measured["model"])
    if RATIO not in measured:
        yield f"No finished run of the {REFERENCE} model is there to compare with."
    else:
        for model in models:
            if model != REFERENCE:
                yield from _against_hilbert(measured[measured["model"] == model], model)
    yield from _crossovers(crossings, models, measured)
    for model in models if len(definitions) else []:
        alike = [name for name in definitions["measure"].unique() if _ends(measured, model, name) == _ends(measured, model)]
        rows = definitions[(definitions["model"] == model) & definitions["measure"].isin(alike)]
        yield from _spread(rows, model)


def _ends(measured: pd.DataFrame, model: str, measure: str = LEADING) -> str:
    """Between which temperatures a model has a measure, in words: half of a change refers to them."""
    rows = measured[measured["model"] == model]
    known = rows["temperature_k"][rows[measure].notna()] if measure in rows else rows["temperature_k"].iloc[:0]
    return f"from {known.min():g} to {known.max():g} K" if len(known) else ""


def _against_hilbert(rows: pd.DataFrame, model: str) -> Iterator[str]:
    """The deviation of a model over Hilbert's at its hottest point, and whether it has changed on the way.

    It is larger or smaller only where the bootstrap of the ratio and the interval of the paired difference agree on it: of
    few samples either alone says so too easily.
    """
    ends = [f"{name}_{end}" for name in (RATIO, DIFFERENCE) for end in ("lower", "upper")]
    known = rows.dropna(subset=[RATIO, *ends]).to_dict("records")
    if not known:
        return
    cold, hot = known[0], known[-1]
    at = f"At {hot['temperature_k']:g} K the {model} profile"
    if hot[f"{RATIO}_lower"] > 1 and hot[f"{DIFFERENCE}_lower"] > 0:
        found = (
            f"{at} is farther from one spin temperature than that of Hilbert on the same samples: {_ratio(hot)} times as far"
        )
    elif hot[f"{RATIO}_upper"] < 1 and hot[f"{DIFFERENCE}_upper"] < 0:
        found = (
            f"{at} is closer to one spin temperature than that of Hilbert on the same samples: {_ratio(hot)} times as far"
        )
    else:
        found = f"{at} is not told apart from that of Hilbert by its distance from one spin temperature: ratio {_ratio(hot)}"
    if cold is hot:
        yield f"{found}."
        return
    before = f"{_ratio(cold)} at {cold['temperature_k']:g} K"
    if hot[f"{RATIO}_lower"] > cold[f"{RATIO}_upper"]:
        yield f"{found}, up from {before}."
    elif hot[f"{RATIO}_upper"] < cold[f"{RATIO}_lower"]:
        yield f"{found}, down from {before}."
    else:
        yield f"{found}; it was {before}, and the intervals overlap."


def _ratio(row: Mapping[Hashable, object]) -> str:
    value, lower, upper = (float(str(row[f"{RATIO}{end}"])) for end in ("", "_lower", "_upper"))
    return with_interval(value, lower, upper)


def _crossovers(crossings: pd.DataFrame, models: Sequence[str], measured: pd.DataFrame) -> Iterator[str]:
    """Where the two leading measures have done half of their change, and which models have no such place."""
    for measure, words in ((LEADING, LEADING), (RATIO, "ratio to Hilbert")):
        without: dict[str, list[str]] = {}
        found = {str(row["model"]): row for row in crossings[crossings["measure"] == measure].to_dict("records")}
        for model in (model for model in models if model in found):
            at, lower, upper = (float(str(found[model][key])) for key in ("crossover_k", "lower_k", "upper_k"))
            if np.isfinite(at):
                ends = _ends(measured, model, measure)
                yield f"Half of the change of the {model} {words} {ends} is done at {with_interval(at, lower, upper)} K."
            else:
                without.setdefault(str(found[model]["reason"]), []).append(model)
        for reason, lacking in without.items():
            yield f"The {words} of {', '.join(lacking)} has no crossover temperature: {reason}."
        if len({_ends(measured, model, measure) for model in found}) > 1:
            yield f"Models are not to be compared by the {words} here: not all are known between the same temperatures."


def _spread(definitions: pd.DataFrame, model: str) -> Iterator[str]:
    """How far apart the definitions put the crossover of one model."""
    rows = definitions.dropna(subset=["crossover_k"]).sort_values("crossover_k").to_dict("records")
    if len(rows) > 1 and f"{rows[0]['crossover_k']:.2g}" != f"{rows[-1]['crossover_k']:.2g}":
        low, high = (f"{row['crossover_k']:.2g} K ({row['definition']} of {row['measure']})" for row in (rows[0], rows[-1]))
        yield f"It depends on the definition: the {model} crossover is placed from {low} to {high}."
