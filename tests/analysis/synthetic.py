"""Made-up sweeps whose crossover is known: three models whose ansatz deviation rises linearly in log T.

Sample `r` scales everything of all models by the same factor, as a common disorder sample does: ratios between models
are then much better known than the measures themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dnplab.analysis import Sweep

TEMPERATURES = (1.2, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0)
COLDEST, HOTTEST = TEMPERATURES[0], TEMPERATURES[-1]
ENDS = {"hilbert": (0.013, 0.022), "secular": (0.016, 0.045), "nonsecular": (0.021, 0.085)}
LOG_MIDDLE = float(np.sqrt(COLDEST * HOTTEST))  # half of the rise, exactly


def realizations(
    count: int = 16,
    seed: int = 1,
    noise: float = 0.05,
    models: Sequence[str] = tuple(ENDS),
    temperatures: Sequence[float] = TEMPERATURES,
) -> pd.DataFrame:
    """A long table as a sweep stores it; `hilbert_distance` peaks at 8 K."""
    rng = np.random.default_rng(seed)
    sample = np.exp(0.3 * rng.normal(size=count))
    rows = []
    for model in models:
        cold, hot = ENDS[model]
        for temperature in temperatures:
            share = np.log(temperature / COLDEST) / np.log(HOTTEST / COLDEST)
            jitter = sample * np.exp(noise * rng.normal(size=count))
            distance = 0.05 * np.exp(-(np.log(temperature / 8.0) ** 2)) * jitter
            rows.append(
                pd.DataFrame(
                    {
                        "model": model,
                        "temperature_k": temperature,
                        "realization": np.arange(count),
                        "ansatz_deviation": (cold + (hot - cold) * share) * jitter,
                        "hilbert_distance": 0.0 if model == "hilbert" else distance,
                        "bloch_distance": 0.2 * sample,
                        "entropy_ratio": 1.5 - 0.7 * share,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def sweep(values: pd.DataFrame, groups: tuple[str, ...] = (), excluded: int = 0) -> Sweep:
    """A complete sweep around a long table; `excluded` realizations were lost at its last point."""
    points = values[[*groups, "model", "temperature_k"]].drop_duplicates(ignore_index=True)
    runs = points.rename(columns={"temperature_k": "bath.temperature_k"})
    runs["check.excluded"] = 0.0
    runs.loc[runs.index[-1], "check.excluded"] = float(excluded)
    return Sweep("made-up", runs, values, pd.DataFrame(), groups, len(runs), (), ())
