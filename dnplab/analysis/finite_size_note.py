"""What a finite-size sweep says about the open question, in sentences with numbers and errors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dnplab.analysis.crossing import SIGNIFICANCE
from dnplab.analysis.finite_size import FOLLOWED, LARGER, LIMITS, MODEL
from dnplab.analysis.scaling import POWER
from dnplab.comparison import LEADING, REFERENCE

__all__ = ["finite_size_note"]

FEWEST_SIZES = 3
REJECTED = 0.05  # a law whose chi^2 is less likely


def finite_size_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """Whether the crossover sharpens, and what is left for N -> infinity, with the numbers that say so."""
    crossover, curves = tables["crossover"], tables["curves"]
    sizes = sorted(curves["n_spins"].unique())
    samples = curves[curves["measure"] == LEADING]["samples"]
    size = f"N = {sizes[0]} to {sizes[-1]}, {samples.min()}{' and more' if samples.max() > samples.min() else ''} samples"
    chosen = (crossover["measure"] == FOLLOWED[0]) & (crossover["definition"] == "half rise")
    rows = crossover[chosen].dropna(subset=["crossover_k"]).to_dict("records")
    if len(rows) < FEWEST_SIZES:
        return f"{size}: fewer than {FEWEST_SIZES} sizes have a crossover of the ansatz deviation, which tells nothing of N."
    fits = tables["fits"]
    fits = fits[(fits["measure"] == FOLLOWED[0]) & (fits["definition"] == "half rise") & (fits["from_n"] == sizes[0])]
    (width,) = fits[(fits["quantity"] == "width_decades") & (fits["law"] == LIMITS[0])].to_dict("records")
    first, last = rows[0], rows[-1]
    return (
        f"{size}. The ansatz deviation, nonsecular minus Hilbert, has half of its rise up to {_up_to(tables):g} K at "
        f"{_kelvin(first)} for N = {first['n_spins']} and at {_kelvin(last)} for N = {last['n_spins']}; the width goes from "
        f"{_decades(first)} to {_decades(last)} decades: {_sharpening(width)}. {_left(tables)}"
    )


def _up_to(tables: Mapping[str, pd.DataFrame]) -> float:
    return float(tables["crossover"]["hottest_k"].iloc[0])


def _kelvin(row: Mapping[Hashable, Any]) -> str:
    return f"{row['crossover_k']:.2f} K [{row['crossover_k_lower']:.2f}, {row['crossover_k_upper']:.2f}]"


def _decades(row: Mapping[Hashable, Any]) -> str:
    return f"{row['width_decades']:.2f} [{row['width_decades_lower']:.2f}, {row['width_decades_upper']:.2f}]"


def _pm(row: Mapping[Hashable, Any], name: str, digits: int) -> str:
    return f"{row[name]:.{digits}f} ± {row[f'{name}_sem']:.{digits}f}"


def _sharpening(line: Mapping[Hashable, Any]) -> str:
    """Whether the width shrinks with N: by the slope of a + b/N, and by whether a can be zero."""
    if not np.isfinite(line["limit"]):
        return "too few sizes to tell whether it sharpens"
    limit = f"{_pm(line, 'limit', 2)} for N -> infinity by a + b/N"
    if line["slope"] < SIGNIFICANCE * line["slope_sem"]:
        return f"it does not sharpen ({limit})"
    return (
        f"it sharpens ({limit})"
        if line["limit"] < SIGNIFICANCE * line["limit_sem"]
        else f"it narrows, not to nothing ({limit})"
    )


def _left(tables: Mapping[str, pd.DataFrame]) -> str:
    """What is left of the nonsecular deviation itself for N -> infinity: from which temperature on something surely is."""
    limit = tables["limit"]
    limit = limit[(limit["measure"] == LEADING) & (limit["temperature_k"] <= _up_to(tables)) & (limit["from_n"] == LARGER)]
    fits = {(row["model"], row["law"], row["temperature_k"]): row for row in limit.to_dict("records")}
    powers = {
        t: row for (model, law, t), row in fits.items() if (model, law) == (MODEL, POWER) and np.isfinite(row["exponent"])
    }
    if not powers:
        return f"Sizes from N = {LARGER} on are too few to tell what is left for N -> infinity."
    coldest = min(powers)
    mine, other = (fits[model, LIMITS[1], coldest] for model in (MODEL, REFERENCE))
    cold = (
        f"At {coldest:g} K the nonsecular deviation goes to {_pm(mine, 'limit', 4)} by a + b 2^(-N/2) from N = {LARGER} on "
        f"(Hilbert's to {_pm(other, 'limit', 4)}), or as N^-p with p = {_pm(powers[coldest], 'exponent', 1)}"
        f"{_limit_curve(tables)}"
    )
    doubtful = [t for t, row in powers.items() if not _stays(fits[MODEL, LIMITS[1], t], row)]
    if not doubtful:
        return f"{cold}: it is finite at every temperature, which is a crossover."
    if max(powers) in doubtful:
        return f"{cold}: what is left at {max(powers):g} K, too, cannot be told from nothing, and nothing is decided."
    return f"{cold}. It surely stays above {max(doubtful):g} K: a crossover there; a transition below is not excluded."


def _limit_curve(tables: Mapping[str, pd.DataFrame]) -> str:
    """Where the nonsecular deviation for N -> infinity has half of its rise."""
    infinite = tables["infinite"]
    chosen = (infinite["measure"] == LEADING) & (infinite["model"] == MODEL) & (infinite["law"] == LIMITS[1])
    rows = infinite[chosen & (infinite["from_n"] == LARGER)].dropna(subset=["crossover_k"]).to_dict("records")
    return f"; its limit has half of its rise at {_kelvin(rows[0])} over {_decades(rows[0])} decades" if rows else ""


def _stays(line: Mapping[Hashable, Any], power: Mapping[Hashable, Any]) -> bool:
    """Whether something is left: a limit beyond its error, and no decay to zero that would fit as well."""
    decays = power["exponent"] > SIGNIFICANCE * power["exponent_sem"] and power["p_value"] > REJECTED
    return bool(line["limit"] > SIGNIFICANCE * line["limit_sem"] and not decays)
