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
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from dnplab.analysis.bootstrap import interval
from dnplab.analysis.curves import MINUS, Array, Curves, curves_of
from dnplab.analysis.definitions import crossover_definitions
from dnplab.analysis.parameters import PARAMETERS, TIMES, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.sweep import Sweep
from dnplab.bath import Bath
from dnplab.comparison import REFERENCE
from dnplab.errors import UndefinedMeasureError

__all__ = [
    "ALL",
    "FOLLOWED",
    "NONE",
    "TIME_NAMES",
    "followed_times",
    "one_factor_metrics",
    "one_factor_note",
    "one_factor_tables",
]

MODEL = "nonsecular"
MEASURE = "ansatz_deviation"
FOLLOWED = f"{MEASURE}{MINUS}"
STAYS_AT_K = 1.2
TIME_NAMES = {"t1_us": "T1", "t_star_us": "T*", "t_zero_us": "T(0)"}
NONE = "none"
SETS = (NONE, *(" + ".join(words) for count in (1, 2, 3) for words in combinations(TIME_NAMES.values(), count)))
ALL = SETS[-1]
PLAIN = str.maketrans({" ": "", "+": "_", "*": "star", "(": "", ")": ""})  # for names of metrics
HALF = 0.5
ENDS = {"lower_k": "crossover_k_lower", "upper_k": "crossover_k_upper"}
CROSSOVER = ("crossover_k", *ENDS.values(), "reason")
RISES = (FOLLOWED, f"localization_index{MINUS}")


def one_factor_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What each set of times does to the crossover when it alone follows the temperature.

    factors : by measure and set of times that follow, the rise and its share of the letter's, and crossover_k, half of the
        set's own rise, with 95 % intervals; NaN with a reason where there is none
    curves : by set, model, measure and temperature, means and standard errors

    Raises:
        UndefinedMeasureError: the sweep has no bath where all times follow, varies something else, or has times that
            neither follow their law nor stay at 1.2 K.

    """
    require_models(sweep, "one_factor", REFERENCE, MODEL)
    require_measure(sweep, "one_factor", MEASURE)
    require_varied(sweep, "one_factor", *(PARAMETERS[name] for name in TIMES))
    samples = with_parameters(sweep)
    samples = _by_factor(samples[samples["model"].isin((REFERENCE, MODEL))], sweep.name)
    names = [name for name in (MEASURE, "localization_index", *RISES) if name.removesuffix(MINUS) in samples]
    curves = {str(words): curves_of(rows, bootstrap, seed, names) for words, rows in samples.groupby("follows", sort=False)}
    rises = pd.DataFrame([row for name in RISES if name in names for row in _rises(curves, name)])
    crossover = crossover_definitions(
        samples, [name for name in RISES if name in names], ["half rise"], by=["follows"], bootstrap=bootstrap, seed=seed
    )
    crossover = crossover[crossover["model"] == MODEL].rename(columns=ENDS)[["measure", "follows", *CROSSOVER]]
    factors = rises.merge(crossover, on=["measure", "follows"], how="left")
    factors["n_spins"], factors["samples"] = int(samples["n_spins"].iloc[0]), int(samples["realization"].nunique())
    means = [{"follows": words, **row} for words, found in curves.items() for row in _mean_rows(found)]
    return {"factors": factors, "curves": pd.DataFrame(means)}


def followed_times(row: Mapping[Hashable, float]) -> str | None:
    """The times of a run that follow their law, in words ("T1 + T*"); None for times of another origin.

    Args:
        row: temperature_k, t1_us, t_star_us, t_zero_us. At 1.2 K all follow.

    """
    law, cold = Bath.letter(row["temperature_k"]), Bath.letter(STAYS_AT_K)
    follow = []
    for name, word in TIME_NAMES.items():
        if np.isclose(row[name], getattr(law, name), rtol=1e-6, atol=0.0):
            follow.append(word)
        elif not np.isclose(row[name], getattr(cold, name), rtol=1e-6, atol=0.0):
            return None
    return " + ".join(follow) or NONE


def _by_factor(samples: pd.DataFrame, name: str) -> pd.DataFrame:
    """The samples by the times that follow (column `follows`), each set with those at 1.2 K, where all baths are one."""
    points = samples[["temperature_k", *TIMES]].drop_duplicates(ignore_index=True)
    points["follows"] = [followed_times(row) for row in points.to_dict("records")]
    if (strange := points["follows"].isna()).any():
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


def _mean_rows(curves: Curves) -> Iterator[dict[str, object]]:
    for name, curve in curves.measures.items():
        for m, model in enumerate(curves.models):
            if model != REFERENCE or not name.endswith(MINUS):
                for t, temperature in enumerate(curves.temperature_k):
                    found = {"mean": curve.mean[m, t], "mean_sem": curve.sem[m, t]}
                    yield {"model": model, "measure": name, "temperature_k": float(temperature), **found}


def _rises(curves: Mapping[str, Curves], measure: str) -> Iterator[dict[str, object]]:
    """The rise of each set of times, and its share of the letter's."""
    rises = {}
    for words, found in curves.items():
        m, curve = found.models.index(MODEL), found.measures[measure]
        known = np.flatnonzero(np.isfinite(curve.mean[m]))
        cold, hot = known[0], known[-1]
        rises[words] = curve.mean[m, hot] - curve.mean[m, cold], curve.resampled[:, m, hot] - curve.resampled[:, m, cold]
    full, full_draws = rises[ALL]
    for words, (rise, draws) in rises.items():
        row: dict[str, object] = {"measure": measure, "follows": words}
        share, shares = _share(np.asarray(rise), np.asarray(full)), _share(draws, full_draws)
        for name, value, values in (("rise", rise, draws), ("share", share, shares)):
            row[name] = float(value)
            row[f"{name}_lower"], row[f"{name}_upper"] = interval(values)
        yield row


def _share(part: Array, whole: Array) -> Array:
    """A part of a whole, NaN of nothing."""
    share: Array = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole != 0.0)
    return share


def one_factor_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """Which times are sufficient and which are necessary, with their shares of the letter's rise."""
    factors, hottest = tables["factors"], tables["curves"]["temperature_k"].max()
    rows = {str(row["follows"]): row for row in factors[factors["measure"] == FOLLOWED].to_dict("records")}
    size = f"N = {rows[ALL]['n_spins']}, {rows[ALL]['samples']} samples, {STAYS_AT_K:g} to {hottest:g} K"
    if not rows[ALL]["rise_lower"] > 0.0:
        return f"{size}: the nonsecular ansatz deviation does not rise over Hilbert's, so that no share of it can be told."
    parts = []
    for word in TIME_NAMES.values():
        cases = ((word, "alone makes"), (_others(word), "without it the others make"))
        told = [f"{phrase} {_percent(rows[words])}" for words, phrase in cases if words in rows]
        parts += [f"{word} {' and '.join(told)}"] if told else []
    lattice = f"; the lattice alone makes {_percent(rows[NONE])}" if NONE in rows else ""
    return f"{size}, share of the rise of the letter's bath (95 %): {'; '.join(parts)}{lattice}. {_drivers(rows)}"


def one_factor_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Rise, share and crossover temperature by measure and set of times, for the summary run."""
    return {
        f"obs.{name}.{row['measure']}.{row['follows'].translate(PLAIN)}": float(row[name])
        for row in tables["factors"].to_dict("records")
        for name in ("rise", "share", "crossover_k")
    }


def _others(word: str) -> str:
    return " + ".join(other for other in TIME_NAMES.values() if other != word)


def _percent(row: Mapping[Hashable, Any]) -> str:
    return f"{100 * row['share']:.0f} % [{100 * row['share_lower']:.0f}, {100 * row['share_upper']:.0f}]"


def _drivers(rows: Mapping[str, Mapping[Hashable, Any]]) -> str:
    """The verdict: a time is sufficient above half of the rise, and necessary where less than half is left without it."""
    alone = {word: rows[word] for word in TIME_NAMES.values() if word in rows}
    without = {word: rows[_others(word)] for word in TIME_NAMES.values() if _others(word) in rows}
    sufficient = [word for word, row in alone.items() if row["share_lower"] > HALF]
    necessary = [word for word, row in without.items() if row["share_upper"] < HALF]
    cases = (*alone.items(), *without.items())
    undecided = dict.fromkeys(word for word, row in cases if row["share_lower"] <= HALF <= row["share_upper"])
    doubt = f" ({' and '.join(undecided)} undecided)" if undecided else ""
    return f"By half of the rise, {_listed(sufficient)} suffices and {_listed(necessary)} is needed{doubt}."


def _listed(words: Sequence[str]) -> str:
    return " or ".join(words) or "no single time"
