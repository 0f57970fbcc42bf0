"""What a finite-size sweep says about the open question, in sentences with numbers and errors.

A law of N is refuted where its chi^2 is unlikely, or where it leaves less than nothing of an rms or of a width. What is said
of N -> infinity is what all laws agree on that are not refuted, whether fitted to all sizes or to the larger ones; what they
leave is given from the lowest to the highest end of their 95 % intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dnplab.analysis.crossing import SIGNIFICANCE
from dnplab.analysis.curves import MINUS
from dnplab.analysis.finite_size import FOLLOWED, HALF_RISE, LIMITS, MODEL
from dnplab.analysis.scaling import FEWEST_SIZES, POWER
from dnplab.comparison import LEADING

__all__ = ["finite_size_note"]

REJECTED = 0.01  # a law whose chi^2 is less likely; several temperatures and laws are asked
SLOWEST = 0.5  # N^-p with less is no decay: what the scatter of N couplings leaves falls as N^(-1/2)
NORMAL_95 = 1.96
Tables = Mapping[str, pd.DataFrame]


def finite_size_note(tables: Tables) -> str:
    """Whether the crossover sharpens, and what is left for N -> infinity, with the numbers that say so."""
    crossover, curves = tables["crossover"], tables["curves"]
    curves = curves[(curves["measure"] == LEADING) & (curves["model"] == MODEL)]
    sizes, samples = sorted(curves["n_spins"].unique()), curves["samples"]
    size = f"N = {sizes[0]} to {sizes[-1]}, {samples.min()}{' and more' if samples.max() > samples.min() else ''} samples"
    chosen = (crossover["measure"] == FOLLOWED[0]) & (crossover["definition"] == HALF_RISE)
    rows = crossover[chosen].dropna(subset=["crossover_k"])
    if len(rows) < FEWEST_SIZES:
        return f"{size}: fewer than {FEWEST_SIZES} sizes have a crossover of the ansatz deviation, which tells nothing of N."
    widths, narrows = _widths(tables)
    left, undecided_k = _left(tables)
    return (
        f"{size}. The ansatz deviation, nonsecular minus Hilbert, has half of its rise up to {_up_to(tables):g} K at "
        f"{_first_and_last(rows, 'crossover_k', ' K')}. {widths} {left} {_verdict(narrows, undecided_k, sizes[-1])}"
    )


def _up_to(tables: Tables) -> float:
    return float(tables["crossover"]["hottest_k"].iloc[0])


def _first_and_last(rows: pd.DataFrame, name: str, unit: str = "") -> str:
    """As in: 6.5 K [5.6, 7.1] for N = 4 and 4.6 K [4.4, 4.9] for N = 9."""
    return " and ".join(
        f"{row[name]:.2f}{unit} [{row[f'{name}_lower']:.2f}, {row[f'{name}_upper']:.2f}] for N = {row['n_spins']}"
        for row in (rows.iloc[0], rows.iloc[-1])
    )


def _named(measure: str) -> str:
    return f"the {measure.removesuffix(MINUS).replace('_', ' ')}"


def _standing(fits: pd.DataFrame, positive: bool) -> pd.DataFrame:
    """The fits that are not refuted; `positive` numbers have no limit below zero."""
    fits = fits[np.isfinite(fits["limit"]) | np.isfinite(fits["exponent"])]
    refuted = fits["p_value"] < REJECTED
    if positive:
        refuted |= fits["limit"] < -SIGNIFICANCE * fits["limit_sem"]
    return fits[~refuted]


def _widths(tables: Tables) -> tuple[str, bool | None]:
    """Sentences on the widths, and whether one narrows by all laws; None where no width is known, or laws disagree."""
    said, cut, narrows = [], [], []
    for measure in FOLLOWED:
        fits = tables["fits"]
        fits = fits[(fits["measure"] == measure) & (fits["definition"] == HALF_RISE) & (fits["quantity"] == "width_decades")]
        known = fits[fits["reason"] == ""].dropna(subset=["limit"])
        if known.empty:
            cut += [_named(measure)] if len(fits) else []
            continue
        words, narrowing = _narrowing(tables, measure, _standing(known[known["law"].isin(LIMITS)], positive=True))
        said.append(words)
        narrows.append(narrowing)
    if cut:
        said.append(f"The sweep sees the whole rise of {' and '.join(cut)} at too few sizes for a law of its width.")
    if True in narrows:
        return " ".join(said), True
    return " ".join(said), None if None in narrows or not narrows else False


def _narrowing(tables: Tables, measure: str, fits: pd.DataFrame) -> tuple[str, bool | None]:
    """Whether a width that the sweep sees shrinks with N: by the slopes of the laws, and by what they leave."""
    rows = tables["crossover"]
    rows = rows[(rows["measure"] == measure) & (rows["definition"] == HALF_RISE)]
    seen = _first_and_last(rows[rows["n_spins"] >= fits["from_n"].min()] if len(fits) else rows, "width_decades")
    words = f"The width of the rise of {_named(measure)}, in decades, is {seen}"
    if fits.empty:
        return f"{words}, which no law of N fits.", None
    low, high = _range(fits)
    steps = np.diff(np.log10(np.unique(tables["curves"]["temperature_k"])))
    limit = f"{max(low, 0.0):.2f} to {high:.2f} for N -> infinity by the laws that fit"
    down = fits["slope"] > SIGNIFICANCE * fits["slope_sem"]
    if not down.any():
        return f"{words}; it does not narrow beyond its errors ({limit}).", False
    if not down.all():
        return f"{words}; it narrows by some laws of N and not by others ({limit}).", None
    if low < steps.max():
        return f"{words}: it narrows, and the spacing of the temperatures hides how far ({limit}).", True
    return f"{words}: it narrows ({limit}).", True


def _range(fits: pd.DataFrame) -> tuple[float, float]:
    """From the lowest to the highest end of the intervals of the limits."""
    error = NORMAL_95 * fits["limit_sem"]
    return float((fits["limit"] - error).min()), float((fits["limit"] + error).max())


def _left(tables: Tables) -> tuple[str, float | None]:
    """What is left of the nonsecular deviation itself, and the hottest temperature where that may be nothing."""
    limit = tables["limit"]
    chosen = (limit["measure"] == LEADING) & (limit["model"] == MODEL) & (limit["temperature_k"] <= _up_to(tables))
    parts = list(_standing_by_temperature(limit[chosen & limit["law"].isin((*LIMITS, POWER))]))
    undecided = [temperature for temperature, fits in parts if not _stays(fits)]
    coldest, fits = parts[0]
    lines = fits.dropna(subset=["limit"])
    if lines.empty:
        words = f"At {coldest:g} K no law of N fits the nonsecular deviation"
    else:
        low, high = _range(lines)
        words = f"At {coldest:g} K the laws of N that fit leave {low:.4f} to {high:.4f} of the nonsecular deviation"
    powers = fits.dropna(subset=["exponent"])
    if len(powers):
        row = powers.iloc[-1]
        words += f", and N^-p with p = {row['exponent']:.1f} ± {row['exponent_sem']:.1f} fits, too"
    if not undecided:
        return f"{words}: something is left at every temperature.", None
    if undecided[-1] == parts[-1][0]:
        return f"{words}; what is left at {undecided[-1]:g} K, too, cannot be told from nothing.", undecided[-1]
    return (
        f"{words}. Above {undecided[-1]:g} K they leave something, as a crossover and the hot side of a transition do.",
        undecided[-1],
    )


def _standing_by_temperature(limit: pd.DataFrame) -> Iterator[tuple[float, pd.DataFrame]]:
    for temperature in np.unique(limit["temperature_k"]):
        yield float(temperature), _standing(limit[limit["temperature_k"] == temperature], positive=True)


def _stays(fits: pd.DataFrame) -> bool:
    """Whether something is left: by every law with a limit, and no decay to zero as N^(-1/2) or faster fits as well."""
    lines = fits.dropna(subset=["limit"])
    decays = fits["exponent"] + SIGNIFICANCE * fits["exponent_sem"] > SLOWEST
    return bool(len(lines) and (lines["limit"] > SIGNIFICANCE * lines["limit_sem"]).all() and not decays.any())


def _verdict(narrows: bool | None, undecided_k: float | None, largest: int) -> str:
    if narrows:
        return "A transition is not excluded."
    if undecided_k is None:
        sign = "Both speak" if narrows is False else "This speaks"
        return f"{sign} for a crossover, as far as N = {largest} tells."
    if narrows is None:
        return "Nothing is decided."
    return f"There is no sign of sharpening; a transition at {undecided_k:g} K or below is not excluded."
