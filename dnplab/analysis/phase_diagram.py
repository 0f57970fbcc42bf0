r"""Where thermal mixing is lost over bath temperature T and coupling U: by the eigenstates (Anderson) or the bath (Zeno).

Two measures are 0 where all spins share a temperature and 1 where each is on its own:

    localization_index                = ansatz_deviation / (ansatz_deviation + bloch_distance)
    ansatz_deviation_over_uncoupled   = mean ansatz_deviation over that of uncoupled spins, same T and samples

Uncoupled spins are those of the nonsecular model at the weakest U of the map, which must be that of localized eigenstates,
U <= Delta omega_e / 50, as in the letter's control. They are the same for all models: at U -> 0 Hilbert and secular do not
become independent spins (their 1/T_nm counts the flips of all spins), so that their own deviation there, their
bloch_distance and the index, and the difference of any model from them mean little at the weakest couplings and high
temperatures. The index is not followed for these two.

Thermal mixing is lost where a measure passes 1/2. All intervals are 95 % (nominal) of the joint bootstrap, over the
resamples that pass it. Zeno localization is what nonsecular has and Hilbert has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dnplab.analysis.bootstrap import Array
from dnplab.analysis.grids import (
    Average,
    Axes,
    average,
    cubes,
    estimate,
    intervals,
    level_crossing,
    points,
    ratio,
    weights_of,
)
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import DIFFERENCE, INDEX, LEADING, RATIO, REFERENCE, UNCOUPLED, in_order
from dnplab.errors import UndefinedMeasureError
from dnplab.numbers import with_interval

__all__ = ["phase_diagram_metrics", "phase_diagram_note", "phase_diagram_tables"]

COUPLING, TEMPERATURE = "system.coupling_mhz", "temperature_k"
UNITS = {"coupling_mhz": "MHz", TEMPERATURE: "K"}
MIXED, LOST = "thermal mixing", "localized"
BECOMES_BLOCH = "nonsecular"  # as U -> 0
NEVER_BLOCH = ("hilbert", "secular")
WORDS = {UNCOUPLED: "Half of the deviation of uncoupled spins is left", INDEX: "The localization index is 1/2"}
HALF = 0.5
LOCALIZED_BY = 50.0  # Delta omega_e / U of the letter's localized control
FEWEST = 3  # points of an axis: between two a crossing is what interpolation makes of it
SOFT = 10.0  # by which the letter's own ergodic spins miss (S71): U = Delta omega_e / 10
SOFTENED = "s71_soft"
CRITERIA = ("s72_t_zero", "s77_t_zero", "s82_coupling_t_zero", "s82_coupling_t_star")  # those that turn on such maps


def phase_diagram_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """The map and its boundaries.

    boundary : by measure, model and temperature, the coupling below which thermal mixing is lost, and its ratio to Hilbert's
    loss : by measure, model and coupling, the temperature above which it is lost
    map : by model, temperature and coupling, the measures with their errors; localized_eigenstates says where Hilbert's
        deviation and the difference from it mean little
    criteria : by temperature and coupling, the ratios of `CRITERIA`, and s71_soft, that of s71 times 10

    A boundary that does not exist is NaN with a reason; one that is crossed more than once says so. without_crossing is the
    share of the resamples that do not pass 1/2 and are in no interval; a ratio of two boundaries lacks those of both.

    Raises:
        UndefinedMeasureError: the sweep is no map of temperature and coupling, or has not measured the profile.

    """
    _require_map(sweep)
    samples = sweep.realizations.rename(columns={COUPLING: "coupling_mhz"})
    models = in_order(samples["model"])
    temperatures, couplings = (np.unique(samples[key].to_numpy(dtype=float)) for key in (TEMPERATURE, "coupling_mhz"))
    axes: Axes = {"model": models, TEMPERATURE: list(temperatures), "coupling_mhz": list(couplings)}
    uncoupled = bool(_localized(sweep, couplings[0])) and BECOMES_BLOCH in models
    measured = _measured(samples, models, axes, uncoupled, weights_of(samples, bootstrap, seed))
    boundary, loss = [], []
    for name, model in _followed(models, measured):
        curves = _curves(measured[name], models.index(model))  # (1 + B, T, U)
        for t, temperature in enumerate(temperatures):
            found = _crossing("coupling_mhz", couplings, curves[:, t], MIXED, LOST)
            if name == UNCOUPLED and REFERENCE in models and model != REFERENCE:
                hilbert = _curves(measured[name], models.index(REFERENCE))[:, t]
                places = (_places(couplings, values) for values in (curves[:, t], hilbert))
                found |= estimate("coupling_over_hilbert", np.divide(*places))
            boundary.append({"measure": name, "model": model, TEMPERATURE: temperature, **found})
        for u, coupling in enumerate(couplings):  # 1 - y falls where y rises
            found = _crossing(TEMPERATURE, temperatures, 1 - curves[:, :, u], LOST, MIXED)
            loss.append({"measure": name, "model": model, "coupling_mhz": coupling, **found})
    if not boundary:
        told = f"a boundary of {' and '.join(models)} is measured against uncoupled spins of model={BECOMES_BLOCH}"
        raise UndefinedMeasureError(f"{COUPLING} must reach down to system.disorder_mhz / {LOCALIZED_BY:g}: {told}.")
    return {
        "boundary": pd.DataFrame(boundary),
        "loss": pd.DataFrame(loss),
        "map": _map(sweep, samples, measured, axes),
        "criteria": _criteria(sweep),
    }


def phase_diagram_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """Where thermal mixing is lost, cold and warm, with and without the bath; on warming, at which couplings."""
    cells, boundary, loss = tables["map"], tables["boundary"], tables["loss"]
    said = [f"N = {cells['n_spins'].iloc[0]}, {_counted(cells['realizations'])} a point."]
    for measure in boundary["measure"].unique():
        rows = boundary[boundary["measure"] == measure]
        models = []
        for model in in_order(rows["model"]):
            ends = rows[rows["model"] == model].iloc[[0, -1]].to_dict("records")
            where = " and ".join(f"{_words(row, 'coupling_mhz', 'MHz')} at {row[TEMPERATURE]:g} K" for row in ends)
            known = all(np.isfinite(row.get("coupling_over_hilbert", np.nan)) for row in ends)
            beyond = f" ({' and '.join(_number(row, 'coupling_over_hilbert') for row in ends)} times that)" if known else ""
            models.append(f"{where} in {model}{beyond}")
        said.append(f"{WORDS[str(measure)]} at U/2π = {', '.join(models)}.")
    warmed = loss[loss["model"] != REFERENCE].dropna(subset=[TEMPERATURE])
    for measure in warmed["measure"].unique():
        rows = warmed[warmed["measure"] == measure].to_dict("records")
        places = [f"{row['model']} at {_words(row, TEMPERATURE, 'K')} for {row['coupling_mhz']:g} MHz" for row in rows]
        said.append(f"Lost on warming ({str(measure).replace('_', ' ')}): {', '.join(places)}.")
    return " ".join(said)


def phase_diagram_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The boundaries as metrics, `obs.coupling_mhz.<measure>.<model>.<T>K`."""
    rows = tables["boundary"].to_dict("records")
    return {f"obs.coupling_mhz.{row['measure']}.{row['model']}.{row[TEMPERATURE]:g}K": row["coupling_mhz"] for row in rows}


def _require_map(sweep: Sweep) -> None:
    if others := [key for key in sweep.groups if key != COUPLING]:
        raise UndefinedMeasureError(
            f"A phase diagram is over temperature and coupling, but this sweep varies {others[0]} too."
        )
    for key in (TEMPERATURE, COUPLING):
        count = sweep.realizations[key].nunique() if key in sweep.realizations else 1
        if count < 2:
            name = "bath.temperature_k" if key == TEMPERATURE else key
            raise UndefinedMeasureError(f"A phase diagram needs several values of {name}, but this sweep has one.")
    for name in (LEADING, INDEX):
        if name not in sweep.realizations or sweep.realizations[name].isna().all():
            raise UndefinedMeasureError(
                f"A phase diagram shows {name}, which these runs have not measured; observables=profile measures it."
            )


def _localized(sweep: Sweep, couplings: ArrayLike) -> NDArray[np.bool_]:
    """Whether couplings in MHz leave the eigenstates of H_S localized, by the letter's control."""
    width = float(sweep.runs["system.disorder_mhz"].astype(float).min())
    return np.asarray(couplings, dtype=np.float64) * LOCALIZED_BY <= width * (1 + 1e-9)


def _measured(samples: pd.DataFrame, models: list[str], axes: Axes, uncoupled: bool, weights: Array) -> dict[str, Average]:
    """Every measure on the grid (models, temperatures, couplings)."""
    values = cubes(samples, (LEADING, INDEX), axes)
    measured = {name: average(cube, weights) for name, cube in values.items()}
    deviation = values[LEADING]
    if uncoupled:
        measured[UNCOUPLED] = ratio(deviation, deviation[models.index(BECOMES_BLOCH), :, :1], weights)
    if REFERENCE in models:
        hilbert = deviation[models.index(REFERENCE)]
        measured[DIFFERENCE] = average(deviation - hilbert, weights)
        measured[RATIO] = ratio(deviation, hilbert, weights)
    return measured


def _followed(models: list[str], measured: Mapping[str, Average]) -> Iterator[tuple[str, str]]:
    """The pairs (measure, model) whose boundary means something."""
    for model in models:
        if UNCOUPLED in measured:
            yield UNCOUPLED, model
        if model not in NEVER_BLOCH:
            yield INDEX, model


def _curves(measured: Average, model: int) -> Array:
    """A measure of one model, of all samples and of each resample: (1 + B, T, U)."""
    return np.concatenate([measured.mean[None, model], measured.resampled[:, model]])


def _places(x: Array, curves: Array) -> Array:
    """Where `curves` (1 + B, K) fall below 1/2, over the points that have a value: (1 + B,)."""
    known = np.isfinite(curves[0])
    return level_crossing(x[known], curves[:, known], HALF) if known.any() else np.full(len(curves), np.nan)


def _crossing(name: str, x: Array, curves: Array, below: str, above: str) -> dict[str, object]:
    """Where `curves` (1 + B, K) first fall below 1/2 on the axis `name`; below, above: what holds on either side of 1/2."""
    known = np.isfinite(curves[0])
    places, reason = _places(x, curves), f"fewer than {FEWEST} points"
    if known.sum() < FEWEST:
        places = np.full_like(places, np.nan)
    else:
        reason = _reason(x[known], curves[0, known], UNITS[name], below, above)
    found = estimate(name, places)
    if not reason and np.isnan(found[name]):
        reason = "gone in most resamples"
    return {**found, "without_crossing": float(np.isnan(places[1:]).mean()), "reason": reason}


def _reason(x: Array, curve: Array, unit: str, below: str, above: str) -> str:
    """Why `curve` (K,) does not fall below 1/2 once; nothing if it does."""
    upper = curve >= HALF
    turns = int(np.count_nonzero(upper[1:] != upper[:-1]))
    end = above if upper[-1] else below
    if turns == 0:
        return f"{end} from {x[0]:g} to {x[-1]:g} {unit}"
    if turns > 1:
        return f"crossed {turns} times, {end} at {x[-1]:g} {unit}"
    place = level_crossing(x, 2 * HALF - curve[None], HALF)[0]
    return "" if upper[0] else f"{below} up to {place:.2g} {unit}, {above} beyond"


def _map(sweep: Sweep, samples: pd.DataFrame, measured: Mapping[str, Average], axes: Axes) -> pd.DataFrame:
    table = points(samples, axes)
    for name, values in measured.items():
        table[name] = values.mean.ravel()
        if name in (UNCOUPLED, RATIO):
            table[f"{name}_lower"], table[f"{name}_upper"] = (end.ravel() for end in intervals(values.resampled))
        else:
            table[f"{name}_sem"] = values.sem.ravel()
    table["localized_eigenstates"] = _localized(sweep, table["coupling_mhz"])
    table["n_spins"] = int(sweep.runs["system.n_spins"].iloc[0])
    return table


def _criteria(sweep: Sweep) -> pd.DataFrame:
    keys = {"bath.temperature_k": TEMPERATURE, COUPLING: "coupling_mhz"}
    names = {f"regime.{name}": name for name in CRITERIA if f"regime.{name}" in sweep.runs}
    table = sweep.runs[[*keys, *names]].rename(columns=keys | names).drop_duplicates([*keys.values()])
    if "regime.s71" in sweep.runs:
        table[SOFTENED] = SOFT * sweep.runs["regime.s71"].astype(float)
    return table.sort_values([*keys.values()], ignore_index=True)


def _counted(counts: pd.Series) -> str:
    least, most = int(counts[counts > 0].min()), int(counts.max())
    return f"{most} samples" if least == most else f"{least} to {most} samples"


def _words(row: Mapping[Any, Any], name: str, unit: str) -> str:
    """A place in words: "0.52 [0.48, 0.57] MHz", with what is said of it; or why there is none."""
    if np.isnan(row[name]):
        return f"nowhere ({row['reason']})"
    lost = f"not in {100 * row['without_crossing']:.2g} % of the resamples" if row["without_crossing"] > 0.0 else ""
    told = "; ".join(words for words in (row["reason"], lost) if words)
    return f"{_number(row, name)} {unit}{f' ({told})' if told else ''}"


def _number(row: Mapping[Any, Any], name: str) -> str:
    return with_interval(*(row[f"{name}{end}"] for end in ("", "_lower", "_upper")))
