"""Made-up walks along paths of the bath's times: exact and cut models whose curves over log10 T_z / T_D are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from dnplab.analysis import Sweep
from dnplab.analysis.bath_paths import join_paths

Array = NDArray[np.float64]
Value = Callable[[float, int, Array], Array]  # of log10 T_z / T_D, N and the samples' numbers with their scatter
T_D_US = 1.0 / (2.0 * np.pi * 0.75)
POINTS = tuple(np.logspace(-1.5, 1.5, 13))
LETTER_MHZ = 0.628
KEYS = {
    "temperature": ("bath.temperature_k", "bath.t1_us", "bath.t_star_us", "bath.t_zero_us"),
    "all_times": ("bath.t1_us", "bath.t_star_us", "bath.t_zero_us", "drive.amplitude_mhz"),
    "dephasing": ("bath.t_star_us", "bath.t_zero_us"),
}


def rise(x: float, middle: float, width: float) -> float:
    """From 1 for short T_z to 0, with 10 to 90 % in `width` decades."""
    return float(expit((middle - x) * 2.0 * np.log(9.0) / width))


def crossover(x: float, _: int, scatter: Array) -> Array:
    """The same curve at every N."""
    return np.asarray((0.1 + 0.5 * rise(x, 0.0, 1.2)) * scatter)


def transition(x: float, n: int, scatter: Array) -> Array:
    """A width that shrinks as N^(-1/2), about one place."""
    return np.asarray((0.1 + 0.5 * rise(x, 0.0, 1.2 * np.sqrt(8.0 / n))) * scatter)


def walk(
    path: str = "dephasing",
    value: Value = crossover,
    sizes: Sequence[int] = (6, 8, 10, 14, 20, 30),
    points: Sequence[float] = POINTS,
    samples: Callable[[int], int] = lambda n: 480 // n,
    cost: Callable[[float], float] = lambda _: 0.01,
    orders: Sequence[int] = (3,),
    exact_up_to: int = 10,
    offset: float = 0.0,
    spins: bool = False,
    **params: object,
) -> Sweep:
    """A sweep along a path: exact up to a size and cut at all sizes.

    value : the profile index; deviation and polarization follow from it
    cost : estimated error of the index of a cut, of order 3, at log10 T_z / T_D; it halves with each order
    offset : what a cut of order 3 adds in units of its estimated error
    """
    runs, tables, profiles = [], [], []
    for n in sizes:
        kinds = [("nonsecular", np.nan)] * (n <= exact_up_to) + [("correlation", float(order)) for order in orders]
        for model, order in kinds:
            for ratio in points:
                t_z, x, count = ratio * T_D_US, float(np.log10(ratio)), samples(n)
                run: dict[str, object] = {"model": model, "system.n_spins": float(n), "correlation.order": order}
                run |= {"bath.temperature_k": 12.0, "bath.t1_us": 1.6, "bath.t_star_us": t_z, "bath.t_zero_us": t_z}
                run |= {"drive.amplitude_mhz": LETTER_MHZ, "drive.frequency_ghz": 93.8988, "system.electron_ghz": 93.9}
                run |= {"system.coupling_mhz": 0.75, "system.disorder_mhz": 5.0, "ensemble.seed": 0.0}
                if path == "temperature":
                    run |= {"bath.temperature_k": 1.92 / t_z, "bath.t1_us": 160.0 * (t_z / 1.6) ** 2}
                if path == "all_times":
                    run |= {"bath.t1_us": 10.0 * t_z, "drive.amplitude_mhz": LETTER_MHZ * 0.16 / t_z}
                run |= {"ensemble.realizations": float(count), "run_id": f"{path} {model} {order} {n} {ratio}"} | params
                error = cost(x) * 2.0 ** (3.0 - order) if model == "correlation" else np.nan
                index = value(x, n, _scatter(n, ratio, count)) + (offset * error if model == "correlation" else 0.0)
                values = pd.DataFrame({"realization": np.arange(count), "profile_index": index})
                values = values.assign(profile_deviation=0.2 * index, mean_polarization=-0.8 * (1.0 - index))
                values["profile_index_truncation"] = error
                values["profile_deviation_truncation"] = 0.2 * error
                values["mean_polarization_truncation"] = 0.1 * error
                groups = {key: run[key] for key in ("system.n_spins", *KEYS[path]) if key != "bath.temperature_k"}
                groups |= {"correlation.order": order, "model": model, "temperature_k": run["bath.temperature_k"]}
                tables.append(values.assign(**groups))
                if spins:
                    offsets = pd.DataFrame({"spin": [0, 1, 2], "offset_mhz": [-1.3, -1.2, 1.2]})
                    profile = values[["realization"]].merge(offsets, how="cross")
                    profiles.append(profile.assign(polarization=-0.1 * (1.0 + profile["spin"]), **groups))
                runs.append(run)
    names = tuple(key for key in groups if key not in ("model", "temperature_k"))
    spin_table = pd.concat(profiles, ignore_index=True) if profiles else pd.DataFrame()
    long = pd.concat(tables, ignore_index=True)
    return Sweep("made-up", pd.DataFrame(runs), long, spin_table, names, len(runs), (), ())


def walked(path: str = "dephasing", value: Value = crossover, **options: object) -> Sweep:
    """`walk` as a question takes it."""
    return join_paths([walk(path, value, **options)])  # type: ignore[arg-type]


def _scatter(n: int, ratio: float, count: int) -> Array:
    """A factor of each sample: most of its 15 % is common to all sizes, some belongs to a size, little to a point."""
    seeds = (3, (3, n), (3, n, round(1e6 * ratio)))
    common, own, rest = (np.random.default_rng(seed).normal(size=1000)[:count] for seed in seeds)
    return np.asarray(np.exp(0.15 * (0.8 * common + 0.55 * own + 0.1 * rest)))
