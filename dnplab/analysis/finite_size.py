r"""Is bath-induced localization a transition or a crossover? What sharpens, and what stays, as N grows.

The physics of the limit is that of the letter: couplings U_ij of variance U^2 / N between all pairs and offsets in a fixed
width, so that the local field U^2 (N - 1) / N, the density of spins, the drive and the bath's rates keep their size.

Followed are

    ansatz_deviation     rms_i |P_i - P_i^ansatz| / |P_0|
    localization_index   ansatz_deviation / (ansatz_deviation + bloch_distance)
    hole                 mean of (P_i - P_i^ansatz) / |P_0| over spins within 0.5 MHz of the microwaves

for Hilbert, for nonsecular, and as their difference on the same samples (`_minus_hilbert`). Two questions:

Does the rise of the difference over ln T get narrower? A width is one of the curve only where the sweep sees the rise whole
(`dnplab.analysis.crossing`); of any other rise it is that of the sweep, and no law in N is fitted.
Which deviation is left at each temperature for N -> infinity? Behind a transition none would be left on its cold side, and
some on its hot side. A crossover leaves one everywhere. This needs no definition of a crossover temperature.

Eigenstates of H_S scatter around their average as 2^(-N/2) if they thermalize (ETH), and so do the deviations that come from
them. The smallest sizes have more of them than that: two numbers of N are matched by the ansatz.

Sizes share samples (`dnplab.analysis.scaling`): one draw of realizations is used for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dnplab.analysis.crossing import seen_whole
from dnplab.analysis.curves import MINUS, Array, Curves, curves_of
from dnplab.analysis.definitions import DEFINITIONS, Located, located
from dnplab.analysis.grids import Average, joint_weights
from dnplab.analysis.parameters import PARAMETERS, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.scaling import FEWEST_SIZES, fit_ranges, laws_of, limit_weights
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import LEADING, REFERENCE
from dnplab.errors import UndefinedMeasureError

__all__ = [
    "FOLLOWED",
    "HALF_RISE",
    "LIMITS",
    "MODEL",
    "finite_size_metrics",
    "finite_size_tables",
    "with_hole",
]

MODEL = "nonsecular"
PLAIN = (LEADING, "localization_index", "hole")
FOLLOWED = tuple(f"{name}{MINUS}" for name in PLAIN)
HALF_RISE = "half rise"
LOOKED_FOR = [(name, definition) for name in FOLLOWED for definition in (HALF_RISE, "steepest", "sigmoid")]
LOOKED_FOR += [(f"{LEADING}_over_{REFERENCE}", "doubling")]
OF_THE_SWEEP = (HALF_RISE, "steepest")  # definitions whose width refers to the ends of the sweep
NEAR_MHZ = 0.5  # spins whose polarization is that of the hole
LETTER_HOTTEST_K = 12.0
FEWEST_TEMPERATURES = 5
LARGER = 6  # from here on the two numbers that the ansatz matches are few of N
LIMITS = ("1/N", "2^(-N/2)")
MOST = 0.5  # of the resamples see the rise whole
LOST = 0.05  # of the resamples may be without a crossing where a law in N is fitted
ENDS = {"lower_k": "crossover_k_lower", "upper_k": "crossover_k_upper"}
ENDS |= {"width_lower": "width_decades_lower", "width_upper": "width_decades_upper"}
INFINITE = ["measure", "model", "law", "from_n", "sizes", "crossover_k", "crossover_k_lower", "crossover_k_upper"]
INFINITE += ["width_decades", "width_decades_lower", "width_decades_upper", "whole", "without_crossing", "reason"]


def finite_size_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What N does to the crossover; intervals are 95 % of a bootstrap of realizations that is the same for all sizes.

    crossover : by measure, definition (`dnplab.analysis.definitions`) and size, the crossover temperature and the width in
        decades of T, up to the hottest temperature of the letter's Table I; whole is the part of the resamples in which the
        rise levels off at both ends. Sizes that lack a point are left out.
    infinite : the same of the nonsecular curves for N -> infinity, by measure, law and smallest size of the fit
    fits : laws in N (`dnplab.analysis.scaling`) of the crossover temperature and of the width; reason says why there is none
    limit : laws in N of the mean, by measure, model and temperature
    ends : half of the rise, where the sweep ends at each of its hotter temperatures
    curves : by measure, model, temperature and size, means and standard errors

    Raises:
        UndefinedMeasureError: the sweep compares something other than sizes, has too few temperatures, or has not measured
            the profile.

    """
    require_measure(sweep, "finite_size", LEADING)
    require_models(sweep, "finite_size", REFERENCE, MODEL)
    require_varied(sweep, "finite_size", PARAMETERS["n_spins"])
    samples = with_hole(with_parameters(sweep), sweep)
    samples = samples[samples["model"].isin((REFERENCE, MODEL))]
    temperatures = np.unique(samples["temperature_k"].to_numpy(dtype=np.float64))
    if temperatures.size < FEWEST_TEMPERATURES:
        raise UndefinedMeasureError(
            f"finite_size needs {FEWEST_TEMPERATURES} temperatures; the sweep has {temperatures.size}."
        )
    hotter = temperatures[max(FEWEST_TEMPERATURES, temperatures.size // 2) - 1 :]
    end = max((t for t in hotter if t <= LETTER_HOTTEST_K), default=hotter[0])
    curves = _curves(samples, bootstrap, seed)
    part = temperatures[temperatures <= end]
    places = [place for measure, name in LOOKED_FOR for place in _places(curves, part, measure, name)]
    if not places:
        raise UndefinedMeasureError(f"finite_size finds no size that has all temperatures of the sweep {sweep.name!r}.")
    ends = [
        row
        for measure in FOLLOWED
        for hottest in hotter
        for row, _ in _places(curves, temperatures[temperatures <= hottest], measure, HALF_RISE)
    ]
    return {
        "crossover": pd.DataFrame([row for row, _ in places]).rename(columns=ENDS),
        "infinite": pd.DataFrame(_infinite(curves, part)).rename(columns=ENDS).reindex(columns=INFINITE),
        "fits": pd.concat(_fits(places), ignore_index=True),
        "limit": pd.concat(_limits(curves), ignore_index=True),
        "ends": pd.DataFrame(ends).rename(columns=ENDS),
        "curves": pd.DataFrame([{"n_spins": n, **row} for n, found in curves.items() for row in _mean_rows(found)]),
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


def _curves(samples: pd.DataFrame, bootstrap: int, seed: int) -> dict[int, Curves]:
    """The curves of each size, all with the same draws of realizations."""
    looked_for = dict.fromkeys((*PLAIN, *FOLLOWED, *(measure for measure, _ in LOOKED_FOR)))
    names = [name for name in looked_for if name.removesuffix(MINUS) in samples or "_over_" in name]
    weights = joint_weights(samples, bootstrap, seed)
    parts = samples.groupby("n_spins", sort=True)
    return {int(str(n)): curves_of(part, bootstrap, seed, names, weights) for n, part in parts}


def _mean_rows(curves: Curves) -> Iterator[dict[str, object]]:
    for name, curve in curves.measures.items():
        for m, model in enumerate(curves.models):
            for t, temperature in enumerate(curves.temperature_k):
                if curve.used[m, t] and not (model == REFERENCE and name not in PLAIN):
                    found = {"mean": curve.mean[m, t], "mean_sem": curve.sem[m, t], "samples": int(curve.used[m, t])}
                    yield {"measure": name, "model": model, "temperature_k": float(temperature), **found}


def _places(
    curves: Mapping[int, Curves], temperature_k: Array, measure: str, definition: str
) -> Iterator[tuple[dict[str, object], Located]]:
    """The crossover of the nonsecular model of each size between these temperatures; none where a point is missing."""
    for n, found in _complete(curves, temperature_k):
        m = found.models.index(MODEL)
        if measure not in found.measures or (place := located(found, measure, m, DEFINITIONS[definition])) is None:
            continue
        curve = found.measures[measure]
        row = {"measure": measure, "definition": definition, "hottest_k": float(temperature_k[-1]), "n_spins": n}
        row |= {"samples": int(curve.used[m].min()), **place.row, "whole": _whole(found, curve.resampled[:, m])}
        yield row, place


def _whole(curves: Curves, draws: Array) -> float:
    """The part of the resamples (B, T) in which a rise is seen whole."""
    return float(np.mean(seen_whole(curves.temperature_k, draws[np.isfinite(draws).all(axis=1)])))


def _infinite(curves: Mapping[int, Curves], temperature_k: Array) -> Iterator[dict[str, object]]:
    """The nonsecular curve of each measure for N -> infinity, and the half of its rise, by law and smallest size."""
    for name in (*PLAIN, *FOLLOWED):
        sizes = {n: found for n, found in _complete(curves, temperature_k) if name in found.measures}
        for law in LIMITS:
            for smallest in fit_ranges(sizes, LARGER) if len(sizes) >= FEWEST_SIZES else ():
                chosen = {n: found for n, found in sizes.items() if n >= smallest}
                limit = _extrapolated(chosen, name, law)
                if limit is not None and (place := located(limit, name, 0, DEFINITIONS[HALF_RISE])) is not None:
                    row = {"measure": name, "model": MODEL, "law": law, "from_n": smallest, "sizes": len(chosen)}
                    yield row | place.row | {"whole": _whole(limit, limit.measures[name].resampled[:, 0])}


def _complete(curves: Mapping[int, Curves], temperature_k: Array) -> Iterator[tuple[int, Curves]]:
    """The sizes that have the nonsecular model at all of these temperatures, and no others."""
    for n, whole in curves.items():
        found = whole.between(temperature_k[0], temperature_k[-1])
        if MODEL in found.models and found.temperature_k.size == temperature_k.size:
            m = found.models.index(MODEL)
            known = {name: part for name, part in found.measures.items() if np.isfinite(part.mean[m]).all()}
            yield n, replace(found, measures=known)


def _extrapolated(curves: Mapping[int, Curves], name: str, law: str) -> Curves | None:
    """The curve for N -> infinity with its resamples; None where a size has no scatter."""
    parts = []
    for found in curves.values():
        m, curve = found.models.index(MODEL), found.measures[name]
        parts.append((curve.mean[m], curve.resampled[:, m], curve.used[m]))
    values, draws, used = (np.array(part) for part in zip(*parts, strict=True))  # (K, T), (K, B, T), (K, T)
    errors = np.nanstd(draws, axis=1)
    if not errors.all():
        return None
    n = np.array(list(curves), dtype=np.float64)
    weights = np.column_stack([limit_weights(n, error, law) for error in errors.T])  # (K, T)
    mean, resampled = np.sum(weights * values, axis=0), np.sum(weights[:, None, :] * draws, axis=0)
    least = used.min(axis=0)[None]
    limit = Average(mean[None], np.nanstd(resampled, axis=0)[None], resampled[:, None, :], least)
    temperature_k = next(iter(curves.values())).temperature_k
    return Curves((MODEL,), temperature_k, least, {name: limit})


def _fits(places: Sequence[tuple[dict[str, object], Located]]) -> Iterator[pd.DataFrame]:
    """Laws in N of the crossover temperature and the width, by measure and definition."""
    for measure, definition in dict.fromkeys((row["measure"], row["definition"]) for row, _ in places):
        chosen = [found for found in places if (found[0]["measure"], found[0]["definition"]) == (measure, definition)]
        table = pd.DataFrame([row for row, _ in chosen])
        for quantity in ("crossover_k", "width_decades"):
            draws = np.column_stack(
                [place.temperature_k if quantity == "crossover_k" else place.width_decades for _, place in chosen]
            )
            for smallest in fit_ranges(table["n_spins"], LARGER):
                part = (table["n_spins"] >= smallest).to_numpy()
                reason = _refused(table[part], draws[:, part], quantity)
                named = {"measure": measure, "definition": definition, "quantity": quantity, "from_n": smallest}
                yield laws_of(named, table[part].assign(value=table[quantity]), draws[:, part], reason)


def _refused(rows: pd.DataFrame, draws: Array, quantity: str) -> str:
    """Why no law in N is fitted to places of a crossover, or to widths."""
    gone = rows["n_spins"][rows[quantity].isna().to_numpy() | (np.isnan(draws).mean(axis=0) > LOST)]
    if len(gone):
        return f"no {'width' if rows[quantity].notna().all() else 'crossover'} at N = {', '.join(map(str, gone))}"
    cut = rows["n_spins"][rows["definition"].isin(OF_THE_SWEEP) & (rows["whole"] <= MOST)]
    if quantity == "width_decades" and len(cut):
        return f"the rise does not end inside the sweep at N = {', '.join(map(str, cut))}"
    return ""


def _limits(curves: Mapping[int, Curves]) -> Iterator[pd.DataFrame]:
    """Laws in N of each mean, by measure, model and temperature."""
    means = pd.DataFrame([{"n_spins": n, **row} for n, found in curves.items() for row in _mean_rows(found)])
    for (measure, model, temperature), rows in means.groupby(["measure", "model", "temperature_k"], sort=False):
        parts = []
        for n in rows["n_spins"]:
            found = curves[n]
            m, t = found.models.index(model), found.temperature_k.tolist().index(temperature)
            parts.append(found.measures[str(measure)].resampled[:, m, t])
        draws = np.column_stack(parts)
        for smallest in fit_ranges(rows["n_spins"], LARGER):
            part = (rows["n_spins"] >= smallest).to_numpy()
            named = {"measure": measure, "model": model, "temperature_k": temperature, "from_n": smallest}
            yield laws_of(named, rows[part].assign(value=rows["mean"]), draws[:, part])


def finite_size_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Crossover temperatures and widths by measure, definition and N, for the summary run."""
    return {
        f"obs.{name}.{row['measure']}.{row['definition'].replace(' ', '_')}.N{row['n_spins']}": float(row[name])
        for row in tables["crossover"].to_dict("records")
        for name in ("crossover_k", "width_decades")
    }
