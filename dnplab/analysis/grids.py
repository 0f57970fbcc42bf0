"""Measures on a grid of points that share their disorder samples: means, standard errors, joint resamples, crossings.

A grid is the product of some columns of a long table; its arrays have one axis for each and realizations R last. A value
that is absent (no run, not converged, not defined) is NaN and has no weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab.analysis.bootstrap import interval, resample_weights, weighted_means

__all__ = [
    "Array",
    "Average",
    "Axes",
    "average",
    "cube",
    "estimate",
    "intervals",
    "level_crossing",
    "points",
    "ratio",
    "weights_of",
]

Array = NDArray[np.float64]
Axes = Mapping[str, list[object]]
MOST = 0.5  # of the resamples


@dataclass(frozen=True)
class Average:
    """mean and sem (...), and the means of B joint resamples (B, ...)."""

    mean: Array
    sem: Array
    resampled: Array


def cube(samples: pd.DataFrame, measure: str, axes: Axes) -> Array:
    """The values (..., R) of a measure on the grid of `axes`: names of columns and their values."""
    indices = sorted(samples["realization"].unique())
    cells = pd.MultiIndex.from_product([*axes.values(), indices])
    values = samples.set_index([*axes, "realization"])[measure].reindex(cells)
    return values.to_numpy(dtype=np.float64).reshape([len(places) for places in (*axes.values(), indices)])


def points(samples: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """The points of a grid in the order of the cubes' elements, with the number of realizations stored at each."""
    table = pd.MultiIndex.from_product(list(axes.values()), names=list(axes)).to_frame(index=False)
    counts = samples.groupby(list(axes)).size().reset_index(name="realizations")
    table = table.merge(counts, how="left", on=list(axes))
    table["realizations"] = table["realizations"].fillna(0).astype(int)
    return table


def weights_of(samples: pd.DataFrame, bootstrap: int, seed: int) -> Array:
    """The weights (B, R) of the realizations of a long table in B resamples, the same at every point of its grid."""
    return resample_weights(samples["realization"].nunique(), bootstrap, seed)


def average(values: Array, weights: Array) -> Average:
    """Averages of `values` (..., R), also under each of `weights` (B, R); sem is NaN of fewer than two."""
    mean = weighted_means(values, np.ones((1, values.shape[-1])))[0]
    used = np.isfinite(values).sum(axis=-1)
    squares = np.where(np.isfinite(values), (values - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    variance = np.full(mean.shape, np.nan)
    np.divide(squares, used * (used - 1.0), out=variance, where=used > 1)
    return Average(mean, np.sqrt(variance), weighted_means(values, weights))


def ratio(above: Array, below: Array, weights: Array) -> Average:
    """The ratio of the means of two cubes over the realizations that both have, NaN over 0; sem is that of the resamples."""
    both = np.isfinite(above) & np.isfinite(below)
    up, down = (average(np.where(both, values, np.nan), weights) for values in np.broadcast_arrays(above, below))
    mean, resampled = np.full_like(up.mean, np.nan), np.full_like(up.resampled, np.nan)
    np.divide(up.mean, down.mean, out=mean, where=down.mean > 0)
    np.divide(up.resampled, down.resampled, out=resampled, where=down.resampled > 0)
    return Average(mean, np.std(resampled, axis=0), resampled)


def intervals(draws: Array) -> tuple[Array, Array]:
    """The central 95 % intervals of `draws` (B, ...) at every point (...): lower and upper ends."""
    ends = np.apply_along_axis(interval, 0, draws)
    return ends[0], ends[1]


def estimate(name: str, values: Array) -> dict[str, float]:
    """The first of `values` (1 + B,) and the interval of the others, as columns; NaN where it or most of them are NaN."""
    if np.isnan(values[0]) or np.isnan(values[1:]).mean() > MOST:
        return dict.fromkeys((name, f"{name}_lower", f"{name}_upper"), np.nan)
    low, high = interval(values[1:])
    return {name: float(values[0]), f"{name}_lower": low, f"{name}_upper": high}


def level_crossing(x: Array, curves: Array, level: float) -> Array:
    """Where each of `curves` (B, K) first falls below `level`, linear in log x (K,) ascending; NaN where it does not.

    NaN also where a curve is below the level from the beginning.
    """
    below, rows = curves < level, np.arange(len(curves))
    after = below.argmax(axis=1)
    falls = below.any(axis=1) & (after > 0)
    before, log_x = np.maximum(after - 1, 0), np.log(x)
    high, low = curves[rows, before], curves[rows, after]
    share = (high - level) / np.where(falls, high - low, 1.0)
    return np.where(falls, np.exp(log_x[before] + share * (log_x[after] - log_x[before])), np.nan)
