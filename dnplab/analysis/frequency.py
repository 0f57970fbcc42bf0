r"""The DNP profile: nuclear polarization P_n against the microwave frequency, and its optimum.

    P_n = tanh(beta_s omega_n / 2),  omega_n = disorder_mhz / N,  beta_s of the spin-temperature ansatz

means what it says only where the spins share a temperature; where localization_index passes 1/2 it is a number without one.
Beside it stands an estimate that needs no ansatz, of neighbours in frequency, (S81), times (N + 1) / N because neighbours
are disorder_mhz / (N + 1) apart on average, not omega_n:

    P_n = (N + 1) / N  2 sum_i (<S_i> - <S_{i+1}>) / sum_i (1 - 4 <S_i> <S_{i+1}>).

Complex conjugation turns the rotating-frame Hamiltonian into its negative: the sample with offsets -Delta_i and couplings
-U_ij, driven at -delta from omega_e, has the same profile and the opposite beta_s. Averages over the disorder therefore obey
P_n(-delta) = -P_n(delta), up to the thermal beta; `even` is what a finite sample leaves of it.

The optimum of a lobe is the vertex of the parabola through its largest mean and the two beside it. All intervals are 95 %
(nominal) of the joint bootstrap: realizations are shared by all frequencies, temperatures and models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from dnplab.analysis.bootstrap import Array
from dnplab.analysis.grids import Average, Axes, average, cubes, estimate, points, weights_of
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import INDEX, LEADING, MINUS, OVER, REFERENCE, in_order
from dnplab.errors import UndefinedMeasureError
from dnplab.numbers import with_interval
from dnplab.observables.spin_temperature import neighbour_polarization

__all__ = ["frequency_metrics", "frequency_note", "frequency_tables", "vertex"]

FREQUENCY, TEMPERATURE, OFFSET = "drive.frequency_ghz", "temperature_k", "offset_mhz"
POLARIZATION, NEIGHBOURS = "nuclear_polarization", "neighbour_polarization"
PROFILED = (POLARIZATION, NEIGHBOURS, "beta_s", LEADING, INDEX)
BELOW, ABOVE, FOLDED = "below", "above", "folded"
HEIGHT_RATIO = f"{POLARIZATION}{OVER}"
HALF = 0.5
AT_THE_END = "largest at the end of the lobe"
FEWEST = 3  # frequencies of a lobe, for a parabola


def frequency_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """The profile and what is read off it.

    optimum : by temperature, model and lobe, offset_mhz and nuclear_polarization there, and the ratio of that height to
        that of Hilbert's optimum. The lobes are below and above omega_e, and folded: (P_n(-delta) - P_n(delta)) / 2, which
        by the symmetry is both, shown as the one below. NaN where the largest value is at the end of the lobe, which
        `reason` says; without_optimum is the share of the resamples in which it is, which are in no interval.
    profile : by temperature, model and offset_mhz, means with standard errors of P_n, of the estimate of neighbours, of
        beta_s in 1/(2 pi MHz), ansatz_deviation and localization_index; P_n minus that of Hilbert on the same samples
    symmetry : by temperature, model and offset_mhz > 0, even = P_n(offset) + P_n(-offset), its error, and their ratio

    Raises:
        UndefinedMeasureError: the sweep is not over the microwave frequency, or has not measured the profile.

    """
    _require_profile(sweep)
    samples = _samples(sweep)
    models = in_order(samples["model"])
    temperatures, offsets = (np.unique(samples[key].to_numpy(dtype=float)) for key in (TEMPERATURE, OFFSET))
    axes: Axes = {TEMPERATURE: list(temperatures), "model": list(models), OFFSET: list(offsets)}
    weights = weights_of(samples, bootstrap, seed)
    values = cubes(samples, [name for name in PROFILED if name in samples], axes)
    measured = {name: average(cube, weights) for name, cube in values.items()}
    polarization = values[POLARIZATION]
    if REFERENCE in models:
        hilbert = polarization[:, [models.index(REFERENCE)]]
        measured[f"{POLARIZATION}{MINUS}"] = average(polarization - hilbert, weights)
    return {
        "optimum": _optima(measured[POLARIZATION], axes),
        "profile": _profile(sweep, samples, measured, axes),
        "symmetry": _symmetry(polarization, axes, weights),
    }


def frequency_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """The optima, the symmetry, and where P_n is a number without a temperature."""
    profile, optimum, symmetry = tables["profile"], tables["optimum"], tables["symmetry"]
    said = [f"N = {profile['n_spins'].iloc[0]}, {int(profile['realizations'].max())} samples."]
    for temperature in optimum[TEMPERATURE].unique():
        lobes = optimum[optimum[TEMPERATURE] == temperature]
        folded = lobes[lobes["lobe"] == FOLDED]  # a sweep that is not symmetric yet has none
        rows = (lobes if folded.empty else folded).to_dict("records")
        said.append(f"Largest P_n at {temperature:g} K: {'; '.join(map(_optimum_words, rows))}.")
    if symmetry["standard_errors"].notna().any():
        worst = symmetry["standard_errors"].abs().max()
        said.append(f"P_n(δ) + P_n(-δ) is within {worst:.1f} standard errors of 0.")
    lost = profile[profile[INDEX] > HALF]
    for (temperature, model), rows in lost.groupby([TEMPERATURE, "model"], sort=False):
        where = f"{rows[OFFSET].min():g} to {rows[OFFSET].max():g} MHz"
        said.append(f"Hollow: {model} has no common temperature at {temperature:g} K ({where}, index above 1/2).")
    return " ".join(said)


def frequency_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Place and height of the folded optima as metrics, `obs.<name>.<model>.<T>K`."""
    optimum = tables["optimum"]
    return {
        f"obs.optimum_{name}.{row['model']}.{row[TEMPERATURE]:g}K": row[name]
        for row in optimum[optimum["lobe"] == FOLDED].to_dict("records")
        for name in (OFFSET, POLARIZATION)
    }


def vertex(x: Array, curves: Array) -> tuple[Array, Array]:
    """Where each of `curves` (B, K) is largest and how large, by the parabola through the largest value and its neighbours.

    x (K,) ascending, at any distances. NaN where the largest value is the first or the last, or a neighbour is missing.
    """
    rows = np.arange(len(curves))
    top = np.where(np.isfinite(curves), curves, -np.inf).argmax(axis=1)
    inside = (top > 0) & (top < x.size - 1)
    middle = np.clip(top, 1, x.size - 2)
    left, right = x[middle - 1] - x[middle], x[middle + 1] - x[middle]
    height = curves[rows, middle]
    fall, rise = (curves[rows, middle - 1] - height) / left, (curves[rows, middle + 1] - height) / right
    bend = (rise - fall) / (right - left)  # of y = height + slope d + bend d^2
    slope = fall - bend * left
    curved = inside & (bend < 0)
    step = np.where(curved, -slope / np.where(curved, 2 * bend, 1.0), np.nan)
    return x[middle] + step, height + 0.5 * slope * step


def _require_profile(sweep: Sweep) -> None:
    if FREQUENCY not in sweep.groups:
        raise UndefinedMeasureError("A DNP profile needs several values of drive.frequency_ghz, but this sweep has one.")
    if others := [key for key in sweep.groups if key != FREQUENCY]:
        raise UndefinedMeasureError(f"A DNP profile is over the microwave frequency, but this sweep varies {others[0]} too.")
    for name in (POLARIZATION, LEADING, INDEX):
        if name not in sweep.realizations or sweep.realizations[name].isna().all():
            told = "which these runs have not measured; observables=profile measures it, where disorder and N allow it"
            raise UndefinedMeasureError(f"A DNP profile shows {name}, {told}.")


def _samples(sweep: Sweep) -> pd.DataFrame:
    """A row a realization, with offset_mhz and, where profiles are stored, the estimate of neighbours."""
    samples = sweep.realizations
    if not sweep.spins.empty:
        point = [FREQUENCY, "model", TEMPERATURE, "realization"]
        spins = sweep.spins.sort_values([*point, "spin"])
        estimates = spins.groupby(point)["polarization"].agg(lambda p: neighbour_polarization(p.to_numpy()))
        size = float(sweep.runs["system.n_spins"].iloc[0])
        samples = samples.merge(((size + 1) / size * estimates).rename(NEIGHBOURS).reset_index(), how="left", on=point)
    electron = float(sweep.runs["system.electron_ghz"].iloc[0])
    return samples.assign(**{OFFSET: (1e3 * (samples[FREQUENCY].astype(float) - electron)).round(6)})


def _optima(polarization: Average, axes: Axes) -> pd.DataFrame:
    """The optimum of every lobe, in the order temperature, lobe, model."""
    rows: list[dict[str, object]] = []
    models = cast("list[str]", axes["model"])
    for t, temperature in enumerate(axes[TEMPERATURE]):
        found: dict[tuple[str, str], tuple[Array, Array]] = {}  # (1 + B,): of the mean, then of the resamples
        for m, model in enumerate(models):
            curves = np.vstack([polarization.mean[None, t, m], polarization.resampled[:, t, m]])
            for lobe, x, lobes in _lobes(np.array(axes[OFFSET], dtype=float), curves):
                found[lobe, model] = vertex(x, lobes)
        for lobe, model in sorted(found, key=lambda key: ((BELOW, ABOVE, FOLDED).index(key[0]), models.index(key[1]))):
            place, height = found[lobe, model]
            row = {TEMPERATURE: temperature, "lobe": lobe, "model": model}
            row |= estimate(OFFSET, place) | estimate(POLARIZATION, -height if lobe == ABOVE else height)
            row["without_optimum"] = float(np.isnan(place[1:]).mean())
            row["reason"] = AT_THE_END if np.isnan(place[0]) else ""
            if (lobe, REFERENCE) in found:
                row |= estimate(HEIGHT_RATIO, height / found[lobe, REFERENCE][1])
            rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else [TEMPERATURE, "lobe", "model", OFFSET, POLARIZATION, "reason"])


def _lobes(offsets: Array, curves: Array) -> Iterator[tuple[str, Array, Array]]:
    """(name, offsets (K,), curves (B, K) with the lobe upwards), over the frequencies that have a value."""
    known = np.isfinite(curves[0])
    offsets, curves = offsets[known], curves[:, known]
    mirror = {float(offset): k for k, offset in enumerate(offsets)}
    pairs = [(mirror[offset], mirror[-offset]) for offset in mirror if offset <= 0 and -offset in mirror]
    left, right = (np.array(side, dtype=int) for side in (zip(*pairs, strict=True) if pairs else ((), ())))
    for lobe, x, values in (
        (BELOW, offsets[offsets <= 0], curves[:, offsets <= 0]),
        (ABOVE, offsets[offsets >= 0], -curves[:, offsets >= 0]),
        (FOLDED, offsets[left], 0.5 * (curves[:, left] - curves[:, right])),
    ):
        if x.size >= FEWEST:
            yield lobe, x, values


def _profile(sweep: Sweep, samples: pd.DataFrame, measured: Mapping[str, Average], axes: Axes) -> pd.DataFrame:
    table = points(samples, axes)
    for name, values in measured.items():
        table[name], table[f"{name}_sem"] = values.mean.ravel(), values.sem.ravel()
    first = sweep.runs.iloc[0]
    table["n_spins"], table["disorder_mhz"] = int(first["system.n_spins"]), float(first["system.disorder_mhz"])
    return table


def _symmetry(polarization: Array, axes: Axes, weights: Array) -> pd.DataFrame:
    offsets = cast("list[float]", axes[OFFSET])
    parts = []
    for k, offset in enumerate(offsets):
        if offset > 0 and -offset in offsets:
            even = average(polarization[:, :, k] + polarization[:, :, offsets.index(-offset)], weights)
            part = pd.MultiIndex.from_product([axes[TEMPERATURE], axes["model"]], names=[TEMPERATURE, "model"])
            table = part.to_frame(index=False).assign(offset_mhz=offset, even=even.mean.ravel(), even_sem=even.sem.ravel())
            parts.append(table)
    columns = [TEMPERATURE, "model", OFFSET, "even", "even_sem", "standard_errors"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns, dtype=float)
    found["standard_errors"] = found["even"] / found["even_sem"].where(found["even_sem"] > 0)
    return found.sort_values([TEMPERATURE, "model", OFFSET], ignore_index=True)


def _optimum_words(row: Mapping[Any, Any]) -> str:
    """One optimum: "nonsecular 0.0152 [0.0141, 0.0163] at -1.9 [-2.1, -1.8] MHz, 1.42 [1.36, 1.49] times hilbert's"."""

    def words(name: str) -> str:
        return with_interval(*(row[f"{name}{end}"] for end in ("", "_lower", "_upper")))

    said = str(row["model"]) if row["lobe"] == FOLDED else f"{row['model']}, {row['lobe']} ω_e,"
    if np.isnan(row[OFFSET]):
        return f"{said} has none ({AT_THE_END})"
    said += f" {words(POLARIZATION)} at {words(OFFSET)} MHz"
    if row["without_optimum"] > 0.0:
        said += f" (not in {100 * row['without_optimum']:.2g} % of the resamples)"
    if row["model"] == REFERENCE or np.isnan(row.get(HEIGHT_RATIO, np.nan)):
        return said
    return f"{said}, {words(HEIGHT_RATIO)} times {REFERENCE}'s"
