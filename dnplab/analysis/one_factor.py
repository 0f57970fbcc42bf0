r"""Which of the bath's times drives the crossover: T_1, T* or T(0)?

In each bath of the sweep some of the three times follow their law of temperature (`dnplab.Bath.letter`) and the others stay
what they are at 1.2 K; which is which is read off the times themselves. The lattice temperature, with detailed balance and
P_0, follows in all of them. Followed is

    rise = y(hottest) - y(coldest),     y = mean ansatz_deviation of nonsecular minus that of Hilbert, same samples

and the share of it that is there of the rise in the letter's bath, where all times follow:

    one time follows alone      a share near 1: it is sufficient, near 0: it is not
    one time alone stays        a share near 0: it is necessary, near 1: it is not

Shares are of the joint bootstrap, as all baths see the same samples.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dnplab.analysis.bootstrap import interval
from dnplab.analysis.curves import Curves, curves_of
from dnplab.analysis.definitions import crossover_definitions
from dnplab.analysis.grids import Array
from dnplab.analysis.parameters import PARAMETERS, TIMES, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.sweep import Sweep
from dnplab.bath_times import ALL, NONE, OTHER, SETS, STAYS_AT_K, TIME_NAMES, followed_times, others
from dnplab.comparison import DIFFERENCE, INDEX, INDEX_DIFFERENCE, LEADING, MINUS, REFERENCE
from dnplab.errors import UndefinedMeasureError
from dnplab.numbers import with_interval

__all__ = ["one_factor_metrics", "one_factor_note", "one_factor_tables"]

MODEL = "nonsecular"
PLAIN = str.maketrans({" ": "", "+": "_", "*": "star", "(": "", ")": ""})  # for names of metrics
HALF = 0.5
UNRESOLVED = "the rise of the letter's bath is compatible with zero"
ENDS = {"lower_k": "crossover_k_lower", "upper_k": "crossover_k_upper"}
CROSSOVER = ("crossover_k", *ENDS.values())
RISES = (DIFFERENCE, INDEX_DIFFERENCE)


def one_factor_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What each set of times does to the crossover when it alone follows the temperature.

    factors : by measure and set of times that follow, the rise and its share of the letter's, and crossover_k, half of the
        set's own rise, with 95 % intervals; NaN with a reason where there is none (share_reason that of the share: of a rise
        of the letter's that is compatible with zero there is none). All rises are between the coldest and the hottest
        temperature at which the letter's bath is known.
    curves : by set, model, measure and temperature, means and standard errors

    Raises:
        UndefinedMeasureError: the sweep has no bath where all times follow, varies something else, or has times that
            neither follow their law nor stay at 1.2 K.

    """
    require_models(sweep, "one_factor", REFERENCE, MODEL)
    require_measure(sweep, "one_factor", LEADING)
    require_varied(sweep, "one_factor", *(PARAMETERS[name] for name in TIMES))
    samples = with_parameters(sweep)
    samples = _by_factor(samples[samples["model"].isin((REFERENCE, MODEL))], sweep.name)
    names = [name for name in (LEADING, INDEX, *RISES) if name.removesuffix(MINUS) in samples]
    curves = {str(words): curves_of(rows, bootstrap, seed, names) for words, rows in samples.groupby("follows", sort=False)}
    rises = pd.DataFrame([row for name in RISES if name in names for row in _rises(curves, name)])
    if rises.empty:
        raise UndefinedMeasureError(f"one_factor finds no two temperatures of bath=letter in the sweep {sweep.name!r}.")
    known = [name for name in RISES if name in names]
    crossover = crossover_definitions(samples, known, ["half rise"], by=["follows"], bootstrap=bootstrap, seed=seed)
    crossover = crossover[crossover["model"] == MODEL].rename(columns=ENDS)[["measure", "follows", *CROSSOVER, "reason"]]
    factors = rises.merge(crossover, on=["measure", "follows"], how="left", suffixes=("_of_rise", ""))
    untold = factors["rise"].isna()  # its half is of another rise
    factors.loc[untold, list(CROSSOVER)] = np.nan
    factors["reason"] = factors.pop("reason_of_rise").where(untold, factors["reason"])
    factors["n_spins"], factors["samples"] = int(samples["n_spins"].iloc[0]), int(samples["realization"].nunique())
    means = [{"follows": words, **row} for words, found in curves.items() for row in found.rows()]
    return {"factors": factors, "curves": pd.DataFrame(means)}


def _by_factor(samples: pd.DataFrame, name: str) -> pd.DataFrame:
    """The samples by the times that follow (column `follows`), each set with those at 1.2 K, where all baths are one."""
    points = samples[["temperature_k", *TIMES]].drop_duplicates(ignore_index=True)
    points["follows"] = [followed_times(row) for row in points.to_dict("records")]
    if (strange := points["follows"] == OTHER).any():
        point = points[strange].iloc[0]
        times = ", ".join(f"{key}={point[key]:g}" for key in ("temperature_k", *TIMES))
        raise UndefinedMeasureError(
            f"one_factor needs times that follow bath=letter or stay at 1.2 K, but a bath has {times}."
        )
    labelled = samples.merge(points, on=["temperature_k", *TIMES])
    cold = np.isclose(labelled["temperature_k"], STAYS_AT_K)
    present = [words for words in SETS if words in set(labelled[~cold]["follows"])]
    if ALL not in present or not cold.any():
        raise UndefinedMeasureError(f"one_factor needs bath=letter from 1.2 K on, which the sweep {name!r} lacks.")
    parts = [labelled[cold | (labelled["follows"] == words)].assign(follows=words) for words in present]
    return pd.concat(parts, ignore_index=True)


def _rises(curves: Mapping[str, Curves], measure: str) -> Iterator[dict[str, object]]:
    """The rise of each set of times between the ends of the letter's, and its share of that."""
    known = {words: _known(found, measure) for words, found in curves.items()}
    letter = known[ALL]
    if len(letter) < 2:
        return
    cold, hot = min(letter), max(letter)
    full = letter[hot] - letter[cold]
    lower, upper = interval(full[1:])
    unresolved = lower <= 0.0 <= upper  # what divides by it has no bounds
    for words, values in known.items():
        missing = [f"{t:g} K" for t in (cold, hot) if t not in values]
        rise = np.full_like(full, np.nan) if missing else values[hot] - values[cold]
        share = np.full_like(full, np.nan)
        if not unresolved:
            np.divide(rise, full, out=share, where=full != 0.0)
        lack = f"not known at {' and '.join(missing)}" if missing else ""
        row: dict[str, object] = {"measure": measure, "follows": words}
        for name, draws in (("rise", rise), ("share", share)):
            row[name] = float(draws[0])
            row[f"{name}_lower"], row[f"{name}_upper"] = interval(draws[1:])
        yield {**row, "share_reason": lack or (UNRESOLVED if unresolved else ""), "reason": lack}


def _known(curves: Curves, measure: str) -> dict[float, Array]:
    """The measure of the nonsecular model by temperature, of all samples and of each resample: (1 + B,)."""
    if MODEL not in curves.models or measure not in curves.measures:
        return {}
    m, found = curves.models.index(MODEL), curves.measures[measure]
    values = np.vstack([found.mean[None, m], found.resampled[:, m]])
    return {float(curves.temperature_k[t]): values[:, t] for t in np.flatnonzero(np.isfinite(values[0]))}


def one_factor_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """Which times are sufficient and which are necessary, with their shares of the letter's rise."""
    factors, curves = tables["factors"], tables["curves"]
    rows = _by_set(factors, DIFFERENCE)
    hottest = curves[(curves["follows"] == ALL) & (curves["measure"] == DIFFERENCE)]["temperature_k"].max()
    size = f"N = {rows[ALL]['n_spins']}, {rows[ALL]['samples']} samples, {STAYS_AT_K:g} to {hottest:g} K"
    if not rows[ALL]["rise_lower"] > 0.0:
        return f"{size}: the nonsecular ansatz deviation does not rise over Hilbert's, so that no share of it can be told."
    parts = []
    for word in TIME_NAMES.values():
        cases = ((word, "alone makes"), (others(word), "without it the others make"))
        told = [f"{phrase} {_percent(rows[words])}" for words, phrase in cases if words in rows]
        parts += [f"{word} {' and '.join(told)}"] if told else []
    lattice = f"; the lattice alone makes {_percent(rows[NONE])}" if NONE in rows else ""
    verdict = f"By half of the rise of the ansatz deviation, {_drivers(rows)}."
    index = _by_set(factors, INDEX_DIFFERENCE)
    if ALL in index and index[ALL]["rise_lower"] > 0.0:
        verdict += f" By half of the rise of the localization index, {_drivers(index)}."
    elif ALL in index:
        verdict += " The localization index does not rise beyond its error in the letter's bath: no share of it can be told."
    return f"{size}, share of the rise of the letter's bath (nominal 95 %): {'; '.join(parts)}{lattice}. {verdict}"


def _by_set(factors: pd.DataFrame, measure: str) -> dict[str, dict[Hashable, Any]]:
    return {str(row["follows"]): row for row in factors[factors["measure"] == measure].to_dict("records")}


def one_factor_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Rise, share and crossover temperature by measure and set of times, for the summary run."""
    return {
        f"obs.{name}.{row['measure']}.{row['follows'].translate(PLAIN)}": float(row[name])
        for row in tables["factors"].to_dict("records")
        for name in ("rise", "share", "crossover_k")
    }


def _percent(row: Mapping[Hashable, Any]) -> str:
    if np.isnan(row["share"]):
        return f"an unknown share ({row['share_reason']})"
    return f"{with_interval(*(100.0 * row[f'share{end}'] for end in ('', '_lower', '_upper')))} %"


def _drivers(rows: Mapping[str, Mapping[Hashable, Any]]) -> str:
    """The verdict: a time is sufficient above half of the rise, and needed where less than half is left without it."""
    alone = {word: rows[word] for word in TIME_NAMES.values() if word in rows}
    without = {word: rows[others(word)] for word in TIME_NAMES.values() if others(word) in rows}
    cases = (
        _sides(alone, ("suffices alone", "suffice alone"), ("does not suffice alone", "do not suffice alone")),
        _sides(without, ("is not needed", "are not needed"), ("is needed", "are needed")),
    )
    return "; ".join(told for told in cases if told)


def _sides(rows: Mapping[str, Mapping[Hashable, Any]], more: tuple[str, str], less: tuple[str, str]) -> str:
    """Which of the times are above half of the rise, which below, and of which that is open."""
    above = [word for word, row in rows.items() if row["share_lower"] > HALF]
    below = [word for word, row in rows.items() if row["share_upper"] < HALF]
    open_ = [word for word in rows if word not in (*above, *below)]
    told = [f"{_listed(words)} {verb[len(words) > 1]}" for words, verb in ((above, more), (below, less)) if words]
    if open_:
        told.append(f"whether {_listed(open_)} {more[len(open_) > 1].replace(' not', '')} is undecided")
    return ", ".join(told)


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
