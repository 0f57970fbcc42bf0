"""Per-realization values as arrays, and each measure as a curve over temperature with its resamples.

A measure's name may end in `_over_hilbert` or `_minus_hilbert`: the ratio of a model's mean to that of the Hilbert model,
and the mean difference from it, both on the realizations that the two share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab.analysis.bootstrap import resample_weights, weighted_means
from dnplab.comparison import LEADING, RATIO, REFERENCE, in_order
from dnplab.errors import ParameterError

__all__ = ["MEASURES", "MINUS", "OVER", "Array", "Curve", "Curves", "curves_of"]

Array = NDArray[np.float64]
ZERO = 1e-6  # a mean below it is rounding: nothing can be compared with it
OVER, MINUS = f"_over_{REFERENCE}", f"_minus_{REFERENCE}"

MEASURES = (
    LEADING,
    "hilbert_distance",
    "bloch_distance",
    "localization_index",
    "entropy_ratio",
    "sz_spread",
    "beta_s",
    "nuclear_polarization",
)


@dataclass(frozen=True)
class Curve:
    """One measure on the grid of M models and T temperatures, over the realizations that have it."""

    mean: Array  # (M, T), NaN where no realization has it
    sem: Array  # (M, T), NaN where fewer than two have it
    resampled: Array  # (B, M, T)
    used: NDArray[np.int64]  # (M, T) realizations in the mean


@dataclass(frozen=True)
class Curves:
    """All measures of one group: the runs that share everything but model and temperature."""

    models: tuple[str, ...]
    temperature_k: Array  # (T,), ascending
    realizations: NDArray[np.int64]  # (M, T) stored at each point
    measures: Mapping[str, Curve]


def curves_of(realizations: pd.DataFrame, bootstrap: int, seed: int, measures: Sequence[str] = (*MEASURES, RATIO)) -> Curves:
    """Average and resample one group's long table: model, temperature_k, realization, measures (NaN where undefined).

    Those of `measures` that the table does not have are left out, and those that compare where there is no Hilbert model.
    """
    if bootstrap < 2:
        raise ParameterError("bootstrap", bootstrap, "at least 2 resamples")
    models = in_order(realizations["model"])
    temperatures = np.unique(realizations["temperature_k"].to_numpy(dtype=np.float64))
    indices = np.unique(realizations["realization"].to_numpy())
    cells = pd.MultiIndex.from_product([models, temperatures, indices])
    keyed = realizations.set_index(["model", "temperature_k", "realization"])
    if keyed.index.has_duplicates:
        given = sorted(set(realizations.columns) - {"model", "temperature_k", "realization"})
        raise ParameterError("by", None, f"columns that tell the curves apart, of {', '.join(given)}: realizations repeat")
    stored = cells.isin(keyed.index)
    keyed = keyed.reindex(cells)
    shape = (len(models), temperatures.size, indices.size)
    known = {name: _plain(name) for name in measures if _plain(name) in keyed and (name in keyed or REFERENCE in models)}
    cubes = {name: keyed[name].to_numpy(dtype=np.float64).reshape(shape) for name in set(known.values())}
    weights = resample_weights(indices.size, bootstrap, seed)
    found: dict[str, Curve] = {}
    for name, plain in known.items():
        cube = cubes[plain]
        if name == plain:
            found[name] = _curve(cube, weights)
        elif name.endswith(MINUS):
            found[name] = _curve(cube - cube[models.index(REFERENCE)], weights)
        else:
            found[name] = _ratio(cube, cube[models.index(REFERENCE)], weights)
    return Curves(tuple(models), temperatures, stored.reshape(shape).sum(axis=-1), found)


def _plain(name: str) -> str:
    return name.removesuffix(OVER).removesuffix(MINUS)


def _curve(values: Array, weights: Array) -> Curve:
    """Mean, standard error and resampled means of `values` (M, T, R)."""
    resampled = weighted_means(values, weights)
    used = np.isfinite(values).sum(axis=-1)
    mean = weighted_means(values, np.ones((1, values.shape[-1])))[0]
    squares = np.where(np.isfinite(values), (values - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    sem = np.full(mean.shape, np.nan)
    np.divide(squares, used * (used - 1.0), out=sem, where=used > 1)
    return Curve(mean, np.sqrt(sem), resampled, used)


def _ratio(values: Array, reference: Array, weights: Array) -> Curve:
    """Mean of `values` (M, T, R) over that of `reference` (T, R), on the realizations both have; NaN over `ZERO`."""
    below = np.where(np.isfinite(values), reference, np.nan)
    above = np.where(np.isfinite(reference), values, np.nan)
    upper, lower = _curve(above, weights), _curve(below, weights)
    known = np.abs(lower.mean) > ZERO  # False where it is NaN
    mean, resampled = np.full_like(lower.mean, np.nan), np.full_like(lower.resampled, np.nan)
    np.divide(upper.mean, lower.mean, out=mean, where=known)
    np.divide(upper.resampled, lower.resampled, out=resampled, where=known & (np.abs(lower.resampled) > ZERO))
    return Curve(mean, np.std(resampled, axis=0), resampled, upper.used)
