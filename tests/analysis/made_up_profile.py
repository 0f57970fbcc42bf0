"""A made-up DNP profile whose optima are known: each lobe is a parabola around its optimum, below omega_e upwards.

Sample `r` scales the polarizations of all models by one factor.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dnplab.analysis import Sweep

ELECTRON_GHZ = 93.9
OFFSETS = (-8.0, -4.0, -3.0, -2.5, -1.5, -1.0, 0.0, 1.0, 1.5, 2.5, 3.0, 4.0, 8.0)
OPTIMUM = {"hilbert": (-2.7, 0.1), "secular": (-2.6, 0.11), "nonsecular": (-2.2, 0.15)}  # offset_mhz and height
BEND = 0.02


def polarization(model: str, offset_mhz: float) -> float:
    """P_n; odd in the offset."""
    place, height = OPTIMUM[model]
    return float(-np.sign(offset_mhz) * max(height - BEND * (abs(offset_mhz) + place) ** 2, 0.0))


def samples(count: int = 10, temperatures: tuple[float, ...] = (1.2, 12.0)) -> pd.DataFrame:
    """A row a realization, as a sweep holds it; at 12 K and the centre the index of nonsecular passes 1/2."""
    factor = np.exp(0.2 * np.random.default_rng(5).normal(size=count))
    parts = [
        pd.DataFrame(
            {
                "drive.frequency_ghz": round(ELECTRON_GHZ + 1e-3 * offset, 9),
                "model": model,
                "temperature_k": temperature,
                "realization": np.arange(count),
                "nuclear_polarization": polarization(model, offset) * factor,
                "beta_s": 3.0 * polarization(model, offset) * factor,
                "ansatz_deviation": 0.1 if offset == 0.0 else 0.02,
                "localization_index": 0.8 if (model, temperature, offset) == ("nonsecular", 12.0, 0.0) else 0.2,
            }
        )
        for model in OPTIMUM for temperature in temperatures for offset in OFFSETS
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def sweep(
    values: pd.DataFrame, groups: tuple[str, ...] = ("drive.frequency_ghz",), spins: pd.DataFrame | None = None
) -> Sweep:
    """A complete sweep around a long table."""
    runs = values[[*groups, "model", "temperature_k"]].drop_duplicates(ignore_index=True)
    runs = runs.rename(columns={"temperature_k": "bath.temperature_k"})
    runs = runs.assign(**{"system.n_spins": 8, "system.disorder_mhz": 5.0, "system.electron_ghz": ELECTRON_GHZ})
    return Sweep("made-up", runs, values, pd.DataFrame() if spins is None else spins, groups, len(runs), (), ())
