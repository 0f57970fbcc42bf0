"""Where a curve has done half of its change: the definition of a crossover temperature.

For a measure y(T) known at temperatures T_1 < ... < T_n, the crossover temperature is the first
crossing of (y_1 + y_n) / 2, with y linear in log T between neighbouring points. A curve that falls
is treated as its mirror image. There is none when

- the change |y_n - y_1| is not larger than `SIGNIFICANCE` times its standard error, or than
  `RESOLUTION` times the largest |y| (a measure that cannot depend on temperature, up to rounding):
  nothing crosses over; or
- somewhere the curve moves back by more than `BACKWARD_FRACTION` of its change and by more than
  `SIGNIFICANCE` times the standard error of that step: the curve has a peak or a dip, and half of
  its change is not one place.

A crossover that more than half of the resamples of a bootstrap do not have counts as none, too, and so
does one between fewer than three temperatures: of two it is the geometric mean, whatever the curve.

The bounds of a curve without a crossover are the lowest temperature range that holds its whole
climb: from its lowest point before its highest one to its highest one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Crossings", "Outcome", "half_rise", "rise_bounds"]

Array = NDArray[np.float64]

BACKWARD_FRACTION = 0.1
SIGNIFICANCE = 2.0
RESOLUTION = 1e-6


class Outcome(IntEnum):
    """Whether a curve has a crossover, and if not, why."""

    CROSSES = 0
    FLAT = 1
    NOT_MONOTONE = 2
    INCOMPLETE = 3


class Crossings(NamedTuple):
    """The crossings of B curves."""

    temperature_k: Array  # (B,), NaN where there is none
    outcome: NDArray[np.int64]  # (B,), values of Outcome


def half_rise(temperature_k: Array, curves: Array, noise: Array) -> Crossings:
    """First half-change crossing of each of `curves` (B, T) over ascending `temperature_k` (T,).

    `noise` (T, T) holds the standard error of y_j - y_k for every pair of temperatures.
    """
    count, points = curves.shape
    outcome = np.full(count, Outcome.CROSSES, dtype=np.int64)
    complete = np.logical_and.reduce(np.isfinite(curves), axis=1)
    climbed = _climbed(np.where(complete[:, None], curves, 0.0))  # (B, T), from 0 to |change|
    change = climbed[:, -1]

    backward = climbed[:, :, None] - climbed[:, None, :]  # (B, T, T): drop from point j to point k
    later = np.triu(np.ones((points, points), dtype=bool), k=1)
    allowed = np.maximum(BACKWARD_FRACTION * change[:, None, None], SIGNIFICANCE * noise)
    outcome[np.any((backward > allowed) & later, axis=(1, 2))] = Outcome.NOT_MONOTONE
    smallest = np.maximum(SIGNIFICANCE * noise[0, -1], RESOLUTION * np.abs(curves).max(axis=1))
    outcome[change <= smallest] = Outcome.FLAT
    outcome[~complete] = Outcome.INCOMPLETE

    right = np.argmax(climbed >= 0.5 * change[:, None], axis=1)  # first point at or above half
    right = np.maximum(right, 1)
    rows = np.arange(count)
    low, high = climbed[rows, right - 1], climbed[rows, right]
    step = np.where(high > low, high - low, 1.0)
    log_t = np.log(temperature_k)
    share = (0.5 * change - low) / step
    crossing = np.exp(log_t[right - 1] + share * (log_t[right] - log_t[right - 1]))
    return Crossings(np.where(outcome == Outcome.CROSSES, crossing, np.nan), outcome)


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
