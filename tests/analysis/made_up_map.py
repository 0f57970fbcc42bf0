"""A made-up map whose boundary is known: shares of the deviation fall linearly in log U, from 1 to 0, and are 1/2 at U*(T).

Hilbert's U* is the same at all temperatures, nonsecular's grows as a power of T. Sample `r` scales all deviations by one
factor, which cancels in every ratio of means that resamples them together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dnplab.analysis import Sweep
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.regimes import regime_metrics

TEMPERATURES = (1.2, 2.0, 4.0, 12.0)
COUPLINGS = (0.05, 0.1, 0.2, 0.5, 1.0, 3.0)
COLDEST, U_STAR, POWER, SLOPE = 1.2, 0.4, 0.3, 0.25


def boundary_mhz(model: str, temperature_k: ArrayLike) -> NDArray[np.float64]:
    """U* of the made-up map."""
    growth = POWER if model == "nonsecular" else 0.0
    return U_STAR * (np.asarray(temperature_k, dtype=float) / COLDEST) ** growth


def share(model: str, temperature_k: float, coupling_mhz: float) -> float:
    return float(np.clip(0.5 - SLOPE * np.log(coupling_mhz / boundary_mhz(model, temperature_k)), 0.0, 1.0))


def samples(count: int = 12, models: tuple[str, ...] = ("hilbert", "nonsecular")) -> pd.DataFrame:
    """A row a realization, as a sweep holds it."""
    factor = np.exp(0.3 * np.random.default_rng(3).normal(size=count))
    parts = [
        pd.DataFrame(
            {
                "system.coupling_mhz": coupling,
                "model": model,
                "temperature_k": temperature,
                "realization": np.arange(count),
                "ansatz_deviation": 0.06 * temperature**0.1 * share(model, temperature, coupling) * factor,
                "localization_index": share(model, temperature, coupling),
            }
        )
        for model in models for temperature in TEMPERATURES for coupling in COUPLINGS
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def sweep(values: pd.DataFrame, groups: tuple[str, ...] = ("system.coupling_mhz",), disorder_mhz: float = 5.0) -> Sweep:
    """A complete sweep around a long table, with the criteria of the letter's bath."""
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    points = values[[*groups, "model", "temperature_k"]].drop_duplicates(ignore_index=True)
    rows = [
        regime_metrics(
            disorder_mhz, float(point.get("system.coupling_mhz", 0.75)), Bath.letter(point["temperature_k"]), drive
        )
        for point in points.to_dict("records")
    ]
    runs = pd.concat([points.rename(columns={"temperature_k": "bath.temperature_k"}), pd.DataFrame(rows)], axis="columns")
    runs = runs.assign(**{"system.n_spins": 8, "system.disorder_mhz": disorder_mhz, "system.electron_ghz": 93.9})
    return Sweep("made-up", runs, values, pd.DataFrame(), groups, len(runs), (), ())
