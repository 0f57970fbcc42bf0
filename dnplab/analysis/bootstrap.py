"""The joint bootstrap: realizations are drawn with replacement, once for all that share them.

All models and temperatures of a sweep see the same disorder samples, so that differences and ratios
between them are known better than each alone. Resampling the realization indices once, jointly,
keeps those correlations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["resample_weights", "weighted_means"]

Array = NDArray[np.float64]


def resample_weights(realizations: int, bootstrap: int, seed: int) -> Array:
    """How often each of R realizations is drawn in each of B resamples: (B, R), rows sum to R."""
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, realizations, size=(bootstrap, realizations))
    cells = picks + realizations * np.arange(bootstrap)[:, None]
    counts = np.bincount(cells.ravel(), minlength=bootstrap * realizations)
    return counts.reshape(bootstrap, realizations).astype(np.float64)


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
