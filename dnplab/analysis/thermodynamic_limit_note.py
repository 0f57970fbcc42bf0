r"""What curves along paths say about N -> infinity, in sentences with numbers and errors.

A slope that goes as N^s says how fast a curve sharpens. At a transition s > 0: a window of N^(-1/2), which the scatter
between samples of N spins alone makes, gives s = 1/2, a wider one less. What is said of s is what its error leaves; a law
a + b/N that fits as well has a limit, as a crossover has.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dnplab.analysis.bath_paths import CUT_MODEL
from dnplab.analysis.crossing import SIGNIFICANCE
from dnplab.analysis.scaling import POWER
from dnplab.analysis.thermodynamic_limit import FEWEST_SIZES, PER_FREEDOM
from dnplab.comparison import PROFILE_INDEX
from dnplab.numbers import with_error, with_interval

__all__ = ["thermodynamic_limit_note"]

REJECTED = 0.01  # a law whose chi^2 is less likely
ALIKE = 0.05  # that no size matters is not said of curves whose chi^2 is less likely
UNRESOLVED = 0.5  # of the whole change between two neighbouring points: what a slope hides behind them
ROUNDING = 1e-6
SAMPLES_ALONE = 0.5  # s of a window that is the scatter of N spins
Tables = Mapping[str, pd.DataFrame]
Row = Mapping[Hashable, Any]


def thermodynamic_limit_note(tables: Tables) -> str:
    """What changes with N on each path and what does not, and what took no part."""
    paths = dict.fromkeys(tables["crossover"]["path"])
    return " ".join([*(_path(tables, str(path)) for path in paths), _left_out(tables)])


def _path(tables: Tables, path: str) -> str:
    rows = _of(tables["crossover"], path, PROFILE_INDEX)
    name = path.replace("_", " ")
    if rows.empty:
        return f"Path {name}: no profile index takes part at five points."
    first, last = rows.iloc[0], rows.iloc[-1]
    samples = f"{rows['samples'].min()} samples{' and more' if rows['samples'].max() > rows['samples'].min() else ''}"
    sizes = "N = " + " to ".join(map(str, dict.fromkeys((first["n_spins"], last["n_spins"]))))
    known = _of(tables["curves"], path, PROFILE_INDEX)["n_spins"]
    if lacking := sorted(set(known) - set(rows["n_spins"])):
        sizes += f" (without {', '.join(map(str, lacking))}, where points are missing)"
    words = (
        f"Path {name}, {sizes}, {samples}, T_z/T_D = {first['from_x']:.2g} to "
        f"{first['to_x']:.2g}: the profile index is steepest at {last['slope_at']:.2g}"
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
    return " ".join([f"{words}.", _sharpening(tables, path), _sizes(tables, path)]).strip()


def _of(table: pd.DataFrame, path: str, measure: str) -> pd.DataFrame:
    return table[(table["path"] == path) & (table["measure"] == measure)]


def _of_size(rows: pd.DataFrame, name: str, n: int) -> str:
    row = rows[rows["n_spins"] == n].iloc[0]
    return with_interval(row[name], row[f"{name}_lower"], row[f"{name}_upper"])


def _times(change: Row) -> str:
    words = f"{with_interval(change['ratio'], change['ratio_lower'], change['ratio_upper'])} times as much"
    return f"{words}{_cut(change['ratio_truncation'])}"


def _sharpening(tables: Tables, path: str) -> str:
    """What the slopes of the larger sizes say of s, and whether they may have a limit."""
    fits = _of(tables["fits"], path, PROFILE_INDEX)
    fits = fits[fits["quantity"] == "slope"]
    fits = fits[fits["from_n"] == fits["from_n"].max()].set_index("law")
    power, line = fits.loc[POWER], fits.loc["1/N"]
    if not np.isfinite(power["exponent"]):
        return f"Fewer than {FEWEST_SIZES} sizes have a slope, which tells no law of N."
    if power["p_value"] < REJECTED:
        return "No power of N fits the slope, and nothing is decided."
    rows = _of(tables["crossover"], path, PROFILE_INDEX)
    steep = rows["n_spins"][(rows["slope_share"] > UNRESOLVED) & rows["position"].notna()]
    if len(steep):
        return f"From N = {steep.min()} on the points are too far apart for the slope."
    s, error, cut = -power["exponent"], power["exponent_sem"], power["exponent_truncation"]
    low, high = s - SIGNIFICANCE * error - cut, s + SIGNIFICANCE * error + cut
    words = f"From N = {power['from_n']} on the slope goes as N^s with s = {with_error(s, error)}{_cut(cut)}"
    if np.isfinite(line["limit"]) and not line["p_value"] < REJECTED:
        limit = with_error(line["limit"], line["limit_sem"])
        words += f", or as a + b/N with the limit {limit}{_cut(line['limit_truncation'])}"
    if low <= 0.0 and high >= SAMPLES_ALONE:
        return f"{words}, which decides nothing."
    if low <= 0.0:
        return f"{words}: it does not sharpen beyond its errors, and s above {max(high, 0.0):.2g} is excluded."
    if high >= SAMPLES_ALONE:
        return f"{words}: it sharpens, and a transition is not excluded."
    return f"{words}: it sharpens, and s above {high:.2g} is excluded, a transition with a smaller one is not."


def _cut(error: float) -> str:
    return f" (± {error:.2g} by the cut)" if error > ROUNDING else ""


def _sizes(tables: Tables, path: str) -> str:
    """From which N on no size matters."""
    held: list[str] = []
    lost: list[str] = []
    for measure, words in ((PROFILE_INDEX, "the index"), (PER_FREEDOM, "the deviation over sqrt(1 - 2/N)")):
        rows = _of(tables["collapse"], path, measure)
        if rows.empty:
            continue
        same = rows[rows["p_value"] >= ALIKE]
        row = (same if len(same) else rows.iloc[::-1]).iloc[0]
        said = f"for {words} {'' if len(same) else 'even '}from N = {row['from_n']} on (p = {_p(row['p_value'])})"
        (held if len(same) else lost).append(said)
    sentence = [f"No size matters beyond its errors {' and '.join(held)}"] if held else []
    sentence += [f"{'size' if held else 'Size'} matters {' and '.join(lost)}"] if lost else []
    return "; ".join(sentence) + "." if sentence else ""


def _p(value: float) -> str:
    return f"{value:.2g}" if value >= 0.001 else "below 0.001"


def _left_out(tables: Tables) -> str:
    """How many points of a cut took no part, and from where on; and what the estimate is worth where the truth is known."""
    curves, overlap = tables["curves"], tables["overlap"]
    cut = curves[(curves["measure"] == PROFILE_INDEX) & (curves["model"] == CUT_MODEL)]
    if cut.empty:
        return "All points are exact."
    out = cut[~cut["takes_part"]]
    words = f"All {len(cut)} points of the cut model take part."
    if len(out):
        parts = [
            f"from T_z/T_D = {rows['t_z_over_t_d'].min():.2g} on along {str(path).replace('_', ' ')}"
            for path, rows in out.groupby("path", sort=False)
        ]
        words = (
            f"{len(out)} of {len(cut)} points of the cut model took no part, as their estimated error is above a third of "
            f"the index ({', '.join(parts)}): what sizes past the exact ones do there is not decided."
        )
    known = overlap[overlap["measure"] == PROFILE_INDEX]
    if known.empty:
        return words
    away = known["difference"].abs()
    share, missed = (away / known["truncation"]).median(), away[~known["covered"].astype(bool)].max()
    others = f" (the others differ by at most {missed:.1g})" if np.isfinite(missed) else ""
    return (
        f"{words} Where the exact index is known, too, the estimate bounds the cut's difference from it at "
        f"{known['covered'].sum()} of {len(known)} points{others}, and in the median that is {share:.2g} of it."
    )
