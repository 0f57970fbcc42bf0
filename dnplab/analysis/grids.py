"""Measures on a grid of points that share their disorder samples: means, standard errors, joint resamples, crossings.

A grid is the product of some columns of a long table; its arrays have one axis for each and realizations R last. A value
that is absent (no run, not converged, not defined) is NaN and has no weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab.analysis.bootstrap import Array, interval, resample_weights, weighted_means
from dnplab.errors import ParameterError

__all__ = [
    "Array",
    "Average",
    "Axes",
    "average",
    "cube",
    "cubes",
    "estimate",
    "intervals",
    "joint_weights",
    "level_crossing",
    "points",
    "ratio",
    "stored",
    "weights_of",
]

Axes = Mapping[str, Sequence[object]]
MOST = 0.5  # of the resamples
ZERO = 1e-6  # a mean below it is rounding: nothing can be compared with it


@dataclass(frozen=True)
class Average:
    """A measure at every point (...) of a grid, over the realizations that have it there."""

    mean: Array  # (...), NaN where no realization has it
    sem: Array  # (...), NaN where fewer than two have it
    resampled: Array  # (B, ...), the means of joint resamples
    used: NDArray[np.int64]  # (...), realizations in the mean

    def at(self, places: NDArray[np.bool_]) -> Average:
        """The part at some `places` of the last axis."""
        return Average(self.mean[..., places], self.sem[..., places], self.resampled[..., places], self.used[..., places])


def cubes(samples: pd.DataFrame, measures: Sequence[str], axes: Axes) -> dict[str, Array]:
    """The values (..., R) of each measure on the grid of `axes`: names of columns and their values."""
    keyed = samples.set_index([*axes, "realization"])
    if keyed.index.has_duplicates:
        others = [str(name) for name in samples.columns if name not in keyed.index.names]
        raise ParameterError(
            "by", None, f"columns that tell the curves apart, of {', '.join(sorted(others))}: realizations repeat"
        )
    places = [*axes.values(), sorted(samples["realization"].unique())]
    table = keyed[list(measures)].reindex(pd.MultiIndex.from_product(places))
    shape = [len(values) for values in places]
    return {name: table[name].to_numpy(dtype=np.float64).reshape(shape) for name in measures}


def cube(samples: pd.DataFrame, measure: str, axes: Axes) -> Array:
    """The values (..., R) of one measure."""
    return cubes(samples, [measure], axes)[measure]


def stored(samples: pd.DataFrame, axes: Axes) -> NDArray[np.int64]:
    """The number of realizations stored at each point (...) of a grid, whether they have a measure or not."""
    cells = pd.MultiIndex.from_product(list(axes.values()), names=list(axes))
    counts = samples.groupby(list(axes)).size().reindex(cells, fill_value=0)
    numbers: NDArray[np.int64] = counts.to_numpy().astype(np.int64)
    return numbers.reshape([len(places) for places in axes.values()])


def points(samples: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """The points of a grid in the order of the cubes' elements, with the number of realizations stored at each."""
    table = pd.MultiIndex.from_product(list(axes.values()), names=list(axes)).to_frame(index=False)
    return table.assign(realizations=stored(samples, axes).ravel())


def weights_of(samples: pd.DataFrame, bootstrap: int, seed: int) -> Array:
    """The weights (B, R) of the realizations of a long table in B resamples, the same at every point of its grid."""
    return resample_weights(samples["realization"].nunique(), bootstrap, seed)


def joint_weights(samples: pd.DataFrame, bootstrap: int, seed: int) -> Array:
    """How often each realization is drawn (B, R), by its number: the same for groups that have some of them only."""
    drawn = np.unique(samples["realization"].to_numpy())
    weights = np.zeros((bootstrap, int(drawn[-1]) + 1))
    weights[:, drawn] = resample_weights(drawn.size, bootstrap, seed)
    return weights


def average(values: Array, weights: Array) -> Average:
    """Averages of `values` (..., R), also under each of `weights` (B, R); sem is NaN of fewer than two."""
    mean = weighted_means(values, np.ones((1, values.shape[-1])))[0]
    used = np.isfinite(values).sum(axis=-1)
    squares = np.where(np.isfinite(values), (values - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    variance = np.full(mean.shape, np.nan)
    np.divide(squares, used * (used - 1.0), out=variance, where=used > 1)
    return Average(mean, np.sqrt(variance), weighted_means(values, weights), used)


def ratio(above: Array, below: Array, weights: Array) -> Average:
    """The ratio of the means of two cubes over the realizations that both have, NaN over less than `ZERO`.

    Its sem is the standard deviation of the resamples that know the ratio: one may draw only realizations that lack it.
    """
    both = np.isfinite(above) & np.isfinite(below)
    up, down = (average(np.where(both, values, np.nan), weights) for values in np.broadcast_arrays(above, below))
    known = np.abs(down.mean) > ZERO  # False where it is NaN
    mean, resampled = np.full_like(up.mean, np.nan), np.full_like(up.resampled, np.nan)
    np.divide(up.mean, down.mean, out=mean, where=known)
    np.divide(up.resampled, down.resampled, out=resampled, where=known & (np.abs(down.resampled) > ZERO))
    told = known & (up.used > 1) & (np.isfinite(resampled).sum(axis=0) > 1)
    sem = np.full_like(mean, np.nan)
    sem[told] = np.nanstd(resampled[:, told], axis=0)
    return Average(mean, sem, resampled, up.used)


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
