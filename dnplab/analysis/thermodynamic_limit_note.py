r"""What curves along paths say about N -> infinity, in sentences with numbers and errors.

A slope that goes as N^s says how fast a curve sharpens. At a transition s > 0: a window of N^(-1/2), which the scatter
between samples of N spins alone makes, gives s = 1/2, a wider one less. What is said of s is what its errors leave, those of
the samples and those of the cut, whatever their signs; a law a + b/N that fits as well has a limit, as a crossover has.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dnplab.analysis.bath_paths import CUT_MODEL
from dnplab.analysis.crossing import SIGNIFICANCE
from dnplab.analysis.scaling import FEWEST_SIZES, POWER
from dnplab.comparison import PROFILE_INDEX
from dnplab.numbers import with_error, with_interval

__all__ = ["thermodynamic_limit_note"]

REJECTED = 0.01  # a law whose chi^2 is less likely
FEWEST_SAMPLES = 8  # a bootstrap of fewer scatters too little
UNRESOLVED = 0.5  # of the whole change between two neighbouring points: what a slope hides behind them
ROUNDING = 1e-6
SAMPLES_ALONE = 0.5  # s of a window that is the scatter of N spins
Tables = Mapping[str, pd.DataFrame]
Row = Mapping[Hashable, Any]


class Growth(NamedTuple):
    """How the slope of one path goes with N: the words, and the s that its errors leave, NaN where it is not known."""

    words: str
    low: float = np.nan
    high: float = np.nan


def thermodynamic_limit_note(tables: Tables) -> str:
    """What changes with N on each path and what does not, what that leaves of a transition, and what took no part."""
    paths = [str(path) for path in dict.fromkeys(tables["crossover"]["path"])]
    growths = {path: _growth(tables, path) for path in paths}
    return "\n".join([*(_path(tables, path, growths[path]) for path in paths), f"{_verdict(growths)} {_left_out(tables)}"])


def _path(tables: Tables, path: str, growth: Growth) -> str:
    rows = _of(tables["crossover"], path, PROFILE_INDEX)
    name = path.replace("_", " ")
    if rows.empty:
        return f"Path {name}: no profile index takes part at five points."
    first, last = rows.iloc[0], rows.iloc[-1]
    samples = f"{rows['samples'].min()} samples{' and more' if rows['samples'].max() > rows['samples'].min() else ''}"
    sizes = "N = " + " to ".join(map(str, dict.fromkeys((first["n_spins"], last["n_spins"]))))
    known = _of(tables["curves"], path, PROFILE_INDEX)["n_spins"]
    if lacking := sorted(set(known) - set(rows["n_spins"])):
        sizes += f" (without {', '.join(map(str, lacking))}, which share too few points)"
    words = (
        f"Path {name}, {sizes}, {samples}, T_z/T_D = {first['from_x']:.2g} to "
        f"{first['to_x']:.2g}: inside, the profile index is steepest at {last['slope_at']:.2g}"
    )
    changes = _of(tables["sharpening"], path, PROFILE_INDEX)
    changed = {str(row["quantity"]): row for row in changes.to_dict("records")}
    if "slope" not in changed:
        return f"{words}, and known at one size alone."
    slope = changed["slope"]
    words += (
        f", {_of_size(rows, 'slope', slope['from_n'])} per decade of T_z at N = {slope['from_n']} and "
        f"{_of_size(rows, 'slope', slope['to_n'])} at N = {slope['to_n']}: {_times(slope)}"
    )
    if "width_decades" in changed:
        width = changed["width_decades"]
        words += (
            f"; its rise is {_of_size(rows, 'width_decades', width['from_n'])} decades wide at N = {width['from_n']} and "
            f"{_of_size(rows, 'width_decades', width['to_n'])} at N = {width['to_n']}"
        )
    return " ".join([f"{words}.", growth.words, *_changes(tables, path), *_collapse(tables, path)])


def _of(table: pd.DataFrame, path: str, measure: str) -> pd.DataFrame:
    return table[(table["path"] == path) & (table["measure"] == measure)]


def _of_size(rows: pd.DataFrame, name: str, n: int) -> str:
    row = rows[rows["n_spins"] == n].iloc[0]
    return with_interval(row[name], row[f"{name}_lower"], row[f"{name}_upper"])


def _times(change: Row) -> str:
    words = f"{with_interval(change['ratio'], change['ratio_lower'], change['ratio_upper'])} times as much"
    return f"{words}{_cut(change['ratio_truncation'])}"


def _growth(tables: Tables, path: str) -> Growth:
    """What the slopes of the larger sizes say of s, and whether they may have a limit."""
    fits = _of(tables["fits"], path, PROFILE_INDEX)
    fits = fits[fits["quantity"] == "slope"]
    if fits.empty:
        return Growth("")
    fits = fits[fits["from_n"] == fits["from_n"].max()].set_index("law")
    power, line = fits.loc[POWER], fits.loc["1/N"]
    if not np.isfinite(power["exponent"]):
        return Growth(f"Fewer than {FEWEST_SIZES} sizes have a slope, which tells no law of N.")
    if power["p_value"] < REJECTED:
        return Growth("No power of N fits the slope, and nothing is decided.")
    rows = _of(tables["crossover"], path, PROFILE_INDEX)
    if (few := rows["samples"].min()) < FEWEST_SAMPLES:
        return Growth(
            f"A size has {few} samples, and {FEWEST_SAMPLES} are the fewest whose errors are believed in a law of N."
        )
    steep = rows["n_spins"][(rows["slope_share"] > UNRESOLVED) & rows["position"].notna()]
    if len(steep):
        return Growth(f"From N = {steep.min()} on the points are too far apart for the slope.")
    s, error, cut = -power["exponent"], power["exponent_sem"], power["exponent_truncation"]
    words = f"From N = {power['from_n']} on the slope goes as N^s with s = {with_error(s, error)}{_cut(cut)}"
    if np.isfinite(line["limit"]) and not line["p_value"] < REJECTED:
        limit = with_error(line["limit"], line["limit_sem"])
        words += f", or as a + b/N with the limit {limit}{_cut(line['limit_truncation'])}"
    tested = "" if np.isfinite(power["p_value"]) else "; too few samples to test either law"
    return Growth(f"{words}{tested}.", s - SIGNIFICANCE * error - cut, s + SIGNIFICANCE * error + cut)


def _verdict(growths: Mapping[str, Growth]) -> str:
    """What the paths leave of a transition together."""
    known = {path.replace("_", " "): growth for path, growth in growths.items() if np.isfinite(growth.high)}
    if not known:
        return "Whether anything sharpens is not decided."
    grows = [path for path, growth in known.items() if growth.low > 0.0]
    seen = (
        f"The slope grows with N beyond its errors along {' and '.join(grows)}"
        if grows
        else "No slope grows beyond its errors"
    )
    path, least = min(known.items(), key=lambda item: item[1].high)
    if least.high >= SAMPLES_ALONE:
        return f"{seen}; a transition is not excluded."
    return (
        f"{seen}; s above {max(least.high, 0.0):.2g} is outside them along {path}"
        f"{'' if len(known) == 1 else ', the path that tells most'}. A transition that sharpens more slowly is not excluded."
    )


def _cut(error: float) -> str:
    if np.isnan(error):
        return " (what the cut made of it is not known)"
    return f" (± {error:.2g} by the cut)" if error > ROUNDING else ""


def _changes(tables: Tables, path: str) -> list[str]:
    """Where the index at the largest size is most above and most below that of N = 8."""
    rows = _of(tables["change"], path, PROFILE_INDEX)
    if rows.empty:
        return []
    rows = rows.sort_values("difference")
    ends = [rows.iloc[-1], rows.iloc[0]]
    words = [
        f"{with_error(row['difference'], row['difference_sem'])}{_cut(row['truncation'])} at {row['t_z_over_t_d']:.2g} "
        f"(N = {row['to_n']})"
        for row in ends
    ]
    return [f"The index at the largest N less that at N = {ends[0]['from_n']} is between {words[1]} and {words[0]}."]


def _collapse(tables: Tables, path: str) -> list[str]:
    rows = _of(tables["collapse"], path, PROFILE_INDEX)
    if rows.empty:
        return []
    row = rows.iloc[0]
    s = with_interval(row["s"], row["s_lower"], row["s_upper"])
    return [
        f"All sizes as one curve in (log T_z - c) N^s fit best with s = {s}{_cut(row['s_truncation'])}, which leaves "
        f"{row['rms']:.2g} of the index (rms), and {row['rms_of_one_curve']:.2g} with s = 0."
    ]


def _left_out(tables: Tables) -> str:
    """How many points of a cut took no part, and from where on; and what the estimate is worth where the truth is known."""
    curves, overlap = tables["curves"], tables["overlap"]
    curves = curves[curves["measure"] == PROFILE_INDEX]
    exact = curves["n_spins"][curves["model"] != CUT_MODEL]
    cut = curves[~curves["n_spins"].isin(exact)]
    if cut.empty:
        return "All sizes are exact."
    out = cut[~cut["takes_part"]]
    words = f"All {len(cut)} points of sizes that are not exact take part."
    if len(out):
        parts = [
            f"from T_z/T_D = {rows['t_z_over_t_d'].min():.2g} on along {str(path).replace('_', ' ')}"
            for path, rows in out.groupby("path", sort=False)
        ]
        words = (
            f"{len(out)} of {len(cut)} points of sizes that are not exact took no part, as the cut's estimated error is "
            f"above a third of the index ({', '.join(parts)}): what those sizes do there is not decided."
        )
    known = overlap[(overlap["measure"] == PROFILE_INDEX) & overlap["takes_part"].astype(bool)]
    if known.empty:
        return words
    known = known[known["n_spins"] == known.groupby("path")["n_spins"].transform("max")]
    away, covered = known["difference"].abs(), known["covered"].astype(bool)
    others = f" (elsewhere by up to {away[~covered].max():.2g})" if not covered.all() else ""
    share = (away / known["truncation"])[covered].max()
    return (
        f"{words} At the largest exact size of each path the cut is off by less than its estimate at "
        f"{covered.sum()} of {len(known)} points that take part{others}, by {share:.2g} of it at most."
    )
