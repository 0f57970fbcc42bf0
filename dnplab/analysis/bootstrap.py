"""The joint bootstrap: realizations are drawn with replacement, once for all that share them.

All models and temperatures of a sweep see the same disorder samples, so that differences and ratios between them are
known better than each alone. `scipy.stats.bootstrap` resamples the realizations; what it is asked for is how often each was
drawn, with which the means of all curves in all resamples are one matrix product, whatever realizations a point lacks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["CONFIDENCE", "Array", "interval", "resample_weights", "weighted_means"]

Array = NDArray[np.float64]

CONFIDENCE = 0.95
PERCENTILES = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))


def resample_weights(realizations: int, bootstrap: int, seed: int) -> Array:
    """How often each of R realizations is drawn in each of B resamples: (B, R), rows sum to R.

    Equal R, B and seed are the same draws.
    """
    if realizations < 2:
        return np.ones((bootstrap, realizations))

    def counts(drawn: NDArray[np.int64], axis: int = -1) -> Array:  # noqa: ARG001 (how scipy calls it)
        resamples = len(drawn)
        cells = drawn + realizations * np.arange(resamples)[:, None]
        found = np.bincount(cells.ravel(), minlength=resamples * realizations)
        return found.reshape(resamples, realizations).T.astype(np.float64)  # (R, resamples)

    drawn = stats.bootstrap(
        (np.arange(realizations),),
        counts,
        n_resamples=bootstrap,
        vectorized=True,
        method="percentile",  # its interval, that of the counts, is not used
        rng=np.random.default_rng(seed),
    )
    return np.ascontiguousarray(drawn.bootstrap_distribution.T)


def weighted_means(values: Array, weights: Array) -> Array:
    """Means of `values` (..., R) under each row of `weights` (B, R): (B, ...).

    NaN marks a realization that is absent at that point (not converged); it has no weight there. A
    point that a resample leaves without any realization is NaN.
    """
    present = np.isfinite(values)
    total = np.tensordot(weights, np.where(present, values, 0.0), axes=(1, -1))
    count = np.tensordot(weights, present.astype(np.float64), axes=(1, -1))
    means: Array = np.full(total.shape, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def interval(draws: Array) -> tuple[float, float]:
    """The central `CONFIDENCE` percentile interval of the finite `draws` (B,), NaN if there are none."""
    finite = draws[np.isfinite(draws)]
    if finite.size == 0:
        return np.nan, np.nan
    low, high = np.percentile(finite, PERCENTILES)
    return float(low), float(high)
