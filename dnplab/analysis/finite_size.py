r"""Is bath-induced localization a transition or a crossover? What sharpens, and what stays, as N grows.

The physics of the limit is that of the letter: couplings U_ij of variance U^2 / N between all pairs and offsets in a fixed
width, so that the local field U^2 (N - 1) / N, the density of spins, the drive and the bath's rates keep their size.

Followed are

    ansatz_deviation     rms_i |P_i - P_i^ansatz| / |P_0|
    localization_index   ansatz_deviation / (ansatz_deviation + bloch_distance)
    hole                 mean of (P_i - P_i^ansatz) / |P_0| over spins within 0.5 MHz of the microwaves

for Hilbert, for nonsecular, and as their difference on the same samples (`_minus_hilbert`). Two questions:

Does the rise of the difference over ln T get narrower? The crossover temperature and the width against N.
Which deviation is left at each temperature for N -> infinity? Behind a transition none would be left on its cold side. A
crossover leaves one everywhere. This needs no definition of a crossover temperature.

Eigenstates of H_S scatter around their average as 2^(-N/2) if they thermalize (ETH), and so do the deviations that come from
them. The smallest sizes have more of them than that: two numbers of N are matched by the ansatz.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from dnplab.analysis.bootstrap import CONFIDENCE, interval
from dnplab.analysis.crossing import half_rise
from dnplab.analysis.curves import MINUS, Array, Curves, curves_of
from dnplab.analysis.definitions import DEFINITIONS, locate
from dnplab.analysis.parameters import PARAMETERS, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.scaling import fit_sizes, limit_weights
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import LEADING, REFERENCE
from dnplab.errors import UndefinedMeasureError

__all__ = ["FOLLOWED", "LARGER", "LIMITS", "MODEL", "finite_size_metrics", "finite_size_tables", "with_hole"]

MODEL = "nonsecular"
PLAIN = (LEADING, "localization_index", "hole")
FOLLOWED = tuple(f"{name}{MINUS}" for name in PLAIN)
LOOKED_FOR = [(name, definition) for name in FOLLOWED for definition in ("half rise", "steepest")]
LOOKED_FOR += [(f"{LEADING}_over_{REFERENCE}", "doubling")]
NEAR_MHZ = 0.5  # spins whose polarization is that of the hole
LETTER_HOTTEST_K = 12.0
FEWEST_TEMPERATURES = 5
LARGER = 6  # from here on the two numbers that the ansatz matches are few of N
LIMITS = ("1/N", "2^(-N/2)")
NORMAL_95 = float(norm.ppf(0.5 + CONFIDENCE / 2))
INFINITE = ["measure", "model", "law", "from_n", "sizes"]
INFINITE += [name + end for name in ("coldest", "crossover_k", "width_decades") for end in ("", "_lower", "_upper")]
ENDS = {"lower_k": "crossover_k_lower", "upper_k": "crossover_k_upper"}
ENDS |= {"width_lower": "width_decades_lower", "width_upper": "width_decades_upper"}


def finite_size_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What N does to the crossover; intervals are 95 % of the joint bootstrap.

    crossover : by measure, definition (`dnplab.analysis.definitions`) and size, the crossover temperature and the width in
        decades of T, up to the hottest temperature of the letter's Table I; sizes that lack a point are left out
    infinite : the same of the curves for N -> infinity, by measure, model, law and smallest size of the fit, and the value
        that is left at the coldest temperature
    fits : laws in N (`dnplab.analysis.scaling`) of the crossover temperature and of the width
    limit : laws in N of the mean, by measure, model and temperature
    ends : `crossover`, where the sweep ends at each of its hotter temperatures
    curves : by measure, model, temperature and size, means and standard errors

    Raises:
        UndefinedMeasureError: the sweep compares something other than sizes, has too few temperatures, or has not measured
            the profile.

    """
    require_models(sweep, "finite_size", REFERENCE, MODEL)
    require_measure(sweep, "finite_size", LEADING)
    require_varied(sweep, "finite_size", PARAMETERS["n_spins"])
    samples = with_hole(with_parameters(sweep), sweep)
    samples = samples[samples["model"].isin((REFERENCE, MODEL))]
    temperatures = np.unique(samples["temperature_k"].to_numpy(dtype=np.float64))
    if temperatures.size < FEWEST_TEMPERATURES:
        raise UndefinedMeasureError(
            f"finite_size needs {FEWEST_TEMPERATURES} temperatures; the sweep has {temperatures.size}."
        )
    names = [
        name for name in (*PLAIN, *FOLLOWED, *dict(LOOKED_FOR)) if name.removesuffix(MINUS) in samples or "_over_" in name
    ]
    sizes = [int(n) for n in np.unique(samples["n_spins"])]
    curves = {n: curves_of(samples[samples["n_spins"] == n], bootstrap, seed, names) for n in sizes}
    means = pd.DataFrame([{"n_spins": n, **row} for n, found in curves.items() for row in _mean_rows(found)])
    hotter = temperatures[max(FEWEST_TEMPERATURES, temperatures.size // 2) - 1 :]
    end = max((t for t in hotter if t <= LETTER_HOTTEST_K), default=hotter[0])
    ends = [
        {"measure": measure, "definition": definition, "hottest_k": hottest, "n_spins": n, **row}
        for measure, definition in LOOKED_FOR
        for hottest in hotter
        for n, found in curves.items()
        for row in _located(found, temperatures[temperatures <= hottest], measure, definition)
    ]
    if not ends:
        raise UndefinedMeasureError(f"finite_size finds no size that has all temperatures of the sweep {sweep.name!r}.")
    found = pd.DataFrame(ends).rename(columns=ENDS)
    crossover = found[found["hottest_k"] == end].reset_index(drop=True)
    return {
        "crossover": crossover,
        "infinite": pd.DataFrame(_infinite(curves, temperatures[temperatures <= end]), columns=INFINITE),
        "fits": _fits(crossover),
        "limit": _laws(means, ["measure", "model", "temperature_k"]),
        "ends": found,
        "curves": means,
    }


def with_hole(samples: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """The samples of a sweep with the column `hole`, NaN where no spin is near the microwaves."""
    if "ansatz" not in sweep.spins:
        return samples
    spins = sweep.spins.rename(columns={"system.n_spins": "n_spins"})
    keys = [name for name in ("n_spins", "model", "temperature_k", "realization") if name in spins]
    run = sweep.runs.iloc[0]
    offset_mhz = 1e3 * (run["drive.frequency_ghz"] - run["system.electron_ghz"])
    near = spins[(spins["offset_mhz"] - offset_mhz).abs() < NEAR_MHZ]
    deviation = (near["polarization"] - near["ansatz"]) / near["boltzmann"].abs()
    hole = near[keys].assign(hole=deviation).groupby(keys, as_index=False)["hole"].mean()
    return samples.merge(hole, on=keys, how="left")


def _mean_rows(curves: Curves) -> Iterator[dict[str, object]]:
    for name, curve in curves.measures.items():
        for m, model in enumerate(curves.models):
            for t, temperature in enumerate(curves.temperature_k):
                if curve.used[m, t] and not (model == REFERENCE and name not in PLAIN):
                    found = {"mean": curve.mean[m, t], "mean_sem": curve.sem[m, t], "samples": int(curve.used[m, t])}
                    yield {"measure": name, "model": model, "temperature_k": float(temperature), **found}


def _located(curves: Curves, temperature_k: Array, measure: str, definition: str) -> Iterator[dict[str, object]]:
    """The crossover of the nonsecular model of one size between these temperatures; none where a point is missing."""
    m, place = curves.models.index(MODEL), np.isin(curves.temperature_k, temperature_k)
    if measure not in curves.measures or place.sum() < temperature_k.size:
        return
    curve = curves.measures[measure]
    if not np.isfinite(curve.mean[m, place]).all():
        return
    within = replace(
        curve,
        mean=curve.mean[:, place],
        sem=curve.sem[:, place],
        used=curve.used[:, place],
        resampled=curve.resampled[..., place],
    )
    part = Curves(curves.models, curves.temperature_k[place], curves.realizations[:, place], {measure: within})
    row = locate(part, measure, m, DEFINITIONS[definition])
    if row is not None:
        yield {"samples": int(within.used[m].min()), **row}


def _infinite(curves: Mapping[int, Curves], temperature_k: Array) -> Iterator[dict[str, object]]:
    """The curves of each measure and model for N -> infinity, and the half of their rise, by law and smallest size."""
    for law in LIMITS:
        for smallest in (min(curves), LARGER):
            sizes = [n for n in curves if n >= smallest]
            for name in (*PLAIN, *FOLLOWED):
                for model in (MODEL,) if name in FOLLOWED else (REFERENCE, MODEL):
                    found = _extrapolated({n: curves[n] for n in sizes}, name, model, law, temperature_k)
                    if found is not None:
                        row = {"measure": name, "model": model, "law": law, "from_n": smallest, "sizes": len(sizes)}
                        yield row | _of_limit(temperature_k, *found)


def _extrapolated(
    curves: Mapping[int, Curves], name: str, model: str, law: str, temperature_k: Array
) -> tuple[Array, Array] | None:
    """The limit (T,) and its resamples (B, T); None where a size lacks a point, or with fewer than three sizes."""
    values, errors, draws = [], [], []
    for found in curves.values():
        if name not in found.measures or not np.isin(temperature_k, found.temperature_k).all():
            continue
        m, place = found.models.index(model), np.isin(found.temperature_k, temperature_k)
        curve = found.measures[name]
        values.append(curve.mean[m, place])
        errors.append(curve.sem[m, place])
        draws.append(curve.resampled[:, m, place])
    if len(values) < max(len(curves), 3) or not np.isfinite(values).all() or not (np.asarray(errors) > 0.0).all():
        return None
    n = np.array(list(curves), dtype=np.float64)
    weights = np.column_stack([limit_weights(n, error, law) for error in np.transpose(errors)])  # (K, T)
    return np.sum(weights * np.asarray(values), axis=0), np.sum(weights[:, None, :] * np.asarray(draws), axis=0)


def _of_limit(temperature_k: Array, mean: Array, draws: Array) -> dict[str, object]:
    noise = np.std(draws[:, :, None] - draws[:, None, :], axis=0)
    found, again = half_rise(temperature_k, mean[None], noise), half_rise(temperature_k, draws, noise)
    row: dict[str, object] = {}
    for name, value, values in (
        ("coldest", mean[0], draws[:, 0]),
        ("crossover_k", found.temperature_k[0], again.temperature_k),
        ("width_decades", found.width_decades[0], again.width_decades),
    ):
        row[name] = float(value)
        row[f"{name}_lower"], row[f"{name}_upper"] = interval(values) if np.isfinite(value) else (np.nan, np.nan)
    return row


def _fits(crossover: pd.DataFrame) -> pd.DataFrame:
    """Laws in N of the crossover temperature and the width, by measure and definition."""
    parts = []
    for quantity in ("crossover_k", "width_decades"):
        table = crossover.assign(
            mean=crossover[quantity],
            mean_sem=(crossover[f"{quantity}_upper"] - crossover[f"{quantity}_lower"]) / (2 * NORMAL_95),
        )
        parts.append(_laws(table, ["measure", "definition"]).assign(quantity=quantity))
    return pd.concat(parts, ignore_index=True)


def _laws(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """`fit_sizes` of the columns mean and mean_sem for each combination of `keys`, of all sizes and of the larger ones."""
    parts = []
    for values, rows in table.groupby(list(keys), sort=False):
        for smallest in dict.fromkeys((int(table["n_spins"].min()), LARGER)):
            chosen = rows[rows["n_spins"] >= smallest]
            fits = fit_sizes(*(chosen[name].to_numpy(dtype=np.float64) for name in ("n_spins", "mean", "mean_sem")))
            named = pd.DataFrame([dict(zip(keys, values, strict=True))] * len(fits)).assign(from_n=smallest)
            parts.append(pd.concat([named, fits], axis=1))
    return pd.concat(parts, ignore_index=True)


def finite_size_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Crossover temperatures and widths by measure, definition and N, for the summary run."""
    return {
        f"obs.{name}.{row['measure']}.{row['definition'].replace(' ', '_')}.N{row['n_spins']}": float(row[name])
        for row in tables["crossover"].to_dict("records")
        for name in ("crossover_k", "width_decades")
    }
