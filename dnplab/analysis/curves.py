"""Each measure of a group of runs as curves over temperature, with joint resamples: grids of models and temperatures.

A measure's name may end in `_over_hilbert` or `_minus_hilbert`: the ratio of a model's mean to that of the Hilbert model,
and the mean difference from it, both on the realizations that the two share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab.analysis.bootstrap import resample_weights
from dnplab.analysis.grids import Array, Average, average, cubes, ratio, stored
from dnplab.comparison import CUT, INDEX, LEADING, MINUS, OVER, PROFILE, PROFILE_INDEX, RATIO, REFERENCE, in_order
from dnplab.errors import ParameterError

__all__ = ["MEASURES", "MINUS", "OVER", "Array", "Curves", "curves_of"]

MEASURES = (
    LEADING,
    "hilbert_distance",
    "bloch_distance",
    INDEX,
    PROFILE,
    PROFILE_INDEX,
    "entropy_ratio",
    "sz_spread",
    "beta_s",
    "nuclear_polarization",
    CUT,
)


@dataclass(frozen=True)
class Curves:
    """All measures of one group: the runs that share everything but model and temperature."""

    models: tuple[str, ...]
    temperature_k: Array  # (T,), ascending
    realizations: NDArray[np.int64]  # (M, T) stored at each point
    measures: Mapping[str, Average]  # (M, T)

    def rows(self) -> Iterator[dict[str, object]]:
        """Every mean that is known, with its standard error; none that compares the Hilbert model with itself."""
        for name, found in self.measures.items():
            for m, model in enumerate(self.models):
                for t in np.flatnonzero(found.used[m]) if model != REFERENCE or not name.endswith((MINUS, OVER)) else ():
                    values = {"mean": found.mean[m, t], "mean_sem": found.sem[m, t], "samples": int(found.used[m, t])}
                    yield {"model": model, "measure": name, "temperature_k": float(self.temperature_k[t]), **values}

    def between(self, low_k: float, high_k: float) -> Curves:
        """The part from `low_k` to `high_k`, both included."""
        place = (self.temperature_k >= low_k) & (self.temperature_k <= high_k)
        parts = {name: found.at(place) for name, found in self.measures.items()}
        return replace(
            self, temperature_k=self.temperature_k[place], realizations=self.realizations[:, place], measures=parts
        )


def curves_of(
    realizations: pd.DataFrame,
    bootstrap: int,
    seed: int,
    measures: Sequence[str] = (*MEASURES, RATIO),
    weights: Array | None = None,
) -> Curves:
    """Average and resample one group's long table: model, temperature_k, realization, measures (NaN where undefined).

    Those of `measures` that the table does not have are left out, and those that compare where there is no Hilbert model.
    `weights` (B, R) replaces the draws of `bootstrap` and `seed`: column r says how often realization number r was drawn.
    Groups that share samples, as sizes do, so share their resamples.
    """
    if bootstrap < 2:
        raise ParameterError("bootstrap", bootstrap, "at least 2 resamples")
    models = in_order(realizations["model"])
    temperatures = np.unique(realizations["temperature_k"].to_numpy(dtype=np.float64))
    axes = {"model": list(models), "temperature_k": list(temperatures)}
    known = {
        name: _plain(name)
        for name in measures
        if _plain(name) in realizations and (name in realizations or REFERENCE in models)
    }
    values = cubes(realizations, list(dict.fromkeys(known.values())), axes)
    drawn = _drawn(np.unique(realizations["realization"].to_numpy()), bootstrap, seed, weights)
    found: dict[str, Average] = {}
    for name, plain in known.items():
        if name == plain:
            found[name] = average(values[plain], drawn)
            continue
        reference = values[plain][models.index(REFERENCE)]
        minus = name.endswith(MINUS)
        found[name] = average(values[plain] - reference, drawn) if minus else ratio(values[plain], reference, drawn)
    return Curves(tuple(models), temperatures, stored(realizations, axes), found)


def _plain(name: str) -> str:
    return name.removesuffix(OVER).removesuffix(MINUS)


def _drawn(indices: NDArray[np.int64], bootstrap: int, seed: int, weights: Array | None) -> Array:
    """The weights (B, R) of the realizations with these numbers."""
    if weights is None:
        return resample_weights(indices.size, bootstrap, seed)
    if indices[-1] >= weights.shape[1]:
        raise ParameterError("weights", weights.shape, f"a column for each realization, up to number {indices[-1]}")
    return weights[:, indices]
