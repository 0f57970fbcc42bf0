"""Where a curve crosses over: definitions of a crossover temperature that look at the curve alone.

A measure y(T) is known at temperatures T_1 < ... < T_n; a curve that falls is treated as its mirror image. x = ln T.

half rise : the first crossing of (y_1 + y_n) / 2, with y linear in x between neighbouring points. Its width runs from the
    first crossing of 10 % of the change to that of 90 %.
steepest : where the cubic spline through the points has its largest slope in x, if the slope is lower by more than
    `BACKWARD_FRACTION` in both end intervals of the sweep. Its width is the change over that slope.
threshold : the temperature from which on y stays above a level, linear in x. It has no width.

Neither of the first two exists when

- the change |y_n - y_1| is not larger than `SIGNIFICANCE` times its standard error, or than
  `RESOLUTION` times the largest |y| (a measure that cannot depend on temperature, up to rounding):
  nothing crosses over; or
- somewhere the curve moves back by more than `BACKWARD_FRACTION` of its change and by more than
  `SIGNIFICANCE` times the standard error of that step: the curve has a peak or a dip, and half of
  its change is not one place.

A rise is seen whole where its slope in x at both ends of the sweep is below `LEVEL` of the largest one. Of any other, half
of the rise and the width are those of the sweep: they move with its ends, and the width of a rise that narrows on its way
into the sweep grows.

The bounds of a curve without a crossover are the lowest temperature range that holds its whole
climb: from its lowest point before its highest one to its highest one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

__all__ = [
    "Crossings",
    "Outcome",
    "change_of",
    "half_rise",
    "monotone",
    "rise_bounds",
    "seen_whole",
    "steepest",
    "threshold",
]

Array = NDArray[np.float64]

BACKWARD_FRACTION = 0.1
SIGNIFICANCE = 2.0
RESOLUTION = 1e-6
LEVEL = 0.5  # a logistic rise is then seen from 15 % to 85 % at least
FINE = 33  # points an interval on which the largest slope is looked for


class Outcome(IntEnum):
    """Whether a curve has a crossover, and if not, why."""

    CROSSES = 0
    FLAT = 1
    NOT_MONOTONE = 2
    INCOMPLETE = 3
    BELOW = 4  # the coldest temperature
    ABOVE = 5  # the hottest one
    NO_PLATEAUS = 6  # a rise that does not level off towards both ends
    UNRESOLVED = 7  # narrower than the spacing of the temperatures


class Crossings(NamedTuple):
    """The crossings of B curves."""

    temperature_k: Array  # (B,), NaN where there is none
    width_decades: Array  # (B,), log10 of hot over cold end, NaN where there is none
    outcome: NDArray[np.int64]  # (B,), values of Outcome

    @classmethod
    def of(cls, log_temperature: Array, width: Array, outcome: NDArray[np.int64]) -> Crossings:
        """Crossings at ln T (B,) with their widths in ln T, where the outcome allows."""
        crosses = outcome == Outcome.CROSSES
        temperature = np.where(crosses, np.exp(np.where(crosses, log_temperature, 0.0)), np.nan)
        return cls(temperature, np.where(crosses, width / np.log(10.0), np.nan), outcome)


def half_rise(temperature_k: Array, curves: Array, noise: Array) -> Crossings:
    """First half-change crossing of each of `curves` (B, T) over ascending `temperature_k` (T,).

    `noise` (T, T) holds the standard error of y_j - y_k for every pair of temperatures.
    """
    x = np.log(temperature_k)
    start, half, end = (_first_crossing(x, curves, share) for share in (0.1, 0.5, 0.9))
    return Crossings.of(half, end - start, monotone(curves, noise))


def steepest(temperature_k: Array, curves: Array, noise: Array) -> Crossings:
    """The largest slope of each of `curves` (B, T) over ln T; none if the curve is as steep at an end of the sweep.

    `noise` as for `half_rise`.
    """
    x = np.log(temperature_k)
    climbed = _climbed(np.where(np.isfinite(curves), curves, 0.0))
    fine = np.interp(np.linspace(0, x.size - 1, (x.size - 1) * (FINE - 1) + 1), np.arange(x.size), x)
    slopes = CubicSpline(x, climbed, axis=1).derivative()(fine)  # (B, fine points)
    place = np.argmax(slopes, axis=1)
    largest = np.take_along_axis(slopes, place[:, None], axis=1)[:, 0]
    chords = np.diff(climbed, axis=1) / np.diff(x)
    cold, hot = (chords[:, end] >= (1.0 - BACKWARD_FRACTION) * largest for end in (0, -1))
    cold, hot = cold | (place == 0), hot | (place == fine.size - 1)
    outcome = monotone(curves, noise)
    crosses = outcome == Outcome.CROSSES
    outcome[crosses & cold] = Outcome.BELOW
    outcome[crosses & hot] = Outcome.ABOVE
    outcome[crosses & cold & hot] = Outcome.NO_PLATEAUS
    width = climbed[:, -1] / np.where(largest > 0.0, largest, np.inf)
    return Crossings.of(fine[place], width, outcome)


def threshold(temperature_k: Array, curves: Array, level: float) -> Crossings:
    """From where on each of `curves` (B, T) stays at or above `level`."""
    x = np.log(temperature_k)
    above = np.flip(np.minimum.accumulate(np.flip(curves >= level, 1), 1), 1)  # here and at all hotter points
    outcome = np.full(len(curves), Outcome.CROSSES, dtype=np.int64)
    outcome[above[:, 0]] = Outcome.BELOW
    outcome[~above[:, -1]] = Outcome.ABOVE
    outcome[~np.isfinite(curves).all(axis=1)] = Outcome.INCOMPLETE
    right = np.maximum(np.argmax(above, axis=1), 1)
    where = _between(x, curves, right, np.full(len(curves), level))
    return Crossings.of(where, np.full(len(curves), np.nan), outcome)


def monotone(curves: Array, noise: Array) -> NDArray[np.int64]:
    """CROSSES for each of `curves` (B, T) that changes, and moves back nowhere, beyond its errors; else why not."""
    outcome = np.full(len(curves), Outcome.CROSSES, dtype=np.int64)
    complete = np.logical_and.reduce(np.isfinite(curves), axis=1)
    climbed = _climbed(np.where(complete[:, None], curves, 0.0))  # (B, T), from 0 to |change|
    change, points = climbed[:, -1], curves.shape[1]
    backward = climbed[:, :, None] - climbed[:, None, :]  # (B, T, T): drop from point j to point k
    later = np.triu(np.ones((points, points), dtype=bool), k=1)
    allowed = np.maximum(BACKWARD_FRACTION * change[:, None, None], SIGNIFICANCE * noise)
    outcome[np.any((backward > allowed) & later, axis=(1, 2))] = Outcome.NOT_MONOTONE
    smallest = np.maximum(SIGNIFICANCE * noise[0, -1], RESOLUTION * np.abs(curves).max(axis=1))
    outcome[change <= smallest] = Outcome.FLAT
    outcome[~complete] = Outcome.INCOMPLETE
    return outcome


def seen_whole(temperature_k: Array, curves: Array) -> NDArray[np.bool_]:
    """Whether each of `curves` (B, T) levels off towards both ends of the sweep."""
    slopes = np.diff(_climbed(curves), axis=1) / np.diff(np.log(temperature_k))
    ends = np.maximum(slopes[:, 0], slopes[:, -1])
    return np.asarray(ends < LEVEL * slopes.max(axis=1))


def change_of(curves: Array) -> Array:
    """|y_n - y_1| of each of `curves` (B, T): (B,)."""
    return np.abs(curves[:, -1] - curves[:, 0])


def rise_bounds(temperature_k: Array, curve: Array) -> tuple[float, float]:
    """Where one `curve` (T,) makes its whole climb, from its lowest to its highest point."""
    climbed = _climbed(curve[None, :])[0]
    top = int(np.argmax(climbed))
    bottom = int(np.argmin(climbed[: top + 1]))
    return float(temperature_k[bottom]), float(temperature_k[top])


def _climbed(curves: Array) -> Array:
    """`curves` (B, T) from their first point, mirrored where they fall: each ends at or above 0."""
    relative = curves - curves[:, :1]
    mirrored: Array = np.where(relative[:, -1:] < 0, -relative, relative)
    return mirrored


def _first_crossing(x: Array, curves: Array, share: float) -> Array:
    """Where each of `curves` (B, T) first has made this share of its change, in x = ln T: (B,)."""
    climbed = _climbed(curves)
    level = share * climbed[:, -1]
    right = np.maximum(np.argmax(climbed >= level[:, None], axis=1), 1)  # first point at or above
    return _between(x, climbed, right, level)


def _between(x: Array, curves: Array, right: NDArray[np.int64], level: Array) -> Array:
    """Where `curves` (B, T), linear in x, take their `level` (B,) between point `right` - 1 and `right` (B,)."""
    rows = np.arange(len(curves))
    low, high = curves[rows, right - 1], curves[rows, right]
    step = np.where(high > low, high - low, 1.0)
    return x[right - 1] + (level - low) / step * (x[right] - x[right - 1])
