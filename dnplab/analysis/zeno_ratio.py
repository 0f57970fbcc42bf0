r"""Is there one number that tells where thermal mixing breaks down: do all curves collapse on a ratio of rates?

Against the bath temperature, curves of different couplings U, sizes N and baths have nothing in common. Tried as abscissas,
with 1/T_ff = 1/(2 T(0)) + 1/T_1, the decoherence of a flip-flop (`dnplab.models.zeno`), and rates in rad/µs, are

    relaxation_rate     1/T_1, in 1/µs                  no ratio: what the others have to be better than
    zeno_ratio          (1/T_ff) / U                    gamma / J of the three-level model
    dephasing_ratio     (1/T_ff) / max(U, W)            against the letter's dephasing of H_S, W = Delta omega_e
    relaxation_ratio    (1/T_1) / k                     relaxation against the exchange of polarization

    k = 2 U^2 (N - 1)/N < T_ff / (1 + (Delta_i - Delta_j)^2 T_ff^2) >
      = 2 U^2 (N - 1)/N (2/W) (arctan x - ln(1 + x^2) / (2 x)),     x = W T_ff

k is the rate at which a spin trades places with the others, in second order of U and averaged over offsets that are uniform
in W. Decoherence slows it, which is the Zeno effect, once 1/T_ff exceeds W; before, it is 2 pi U^2 (N - 1)/(N W).

How well a measure y collapses on an abscissa x is the share of its variance over the P points, `scatter`, that is left after
one common curve, a cubic in ln x with the projection H:

    scatter = [(|(1 - H) y|^2 - tr (1 - H) C) / (P - 4)] / [(|y - <y>|^2 - tr (1 - 1/P) C) / (P - 1)]

C is the covariance of the means, which share their samples: what scatters because there are few samples is not counted, on
average. 0 is a collapse (noise makes it positive or negative), 1 says that x tells nothing. It depends on which baths,
couplings and sizes are compared. A resample has the noise of the samples twice, so 2 C is taken off there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial.polynomial import polyvander

from dnplab.analysis.bootstrap import interval
from dnplab.analysis.grids import Array, average, cubes, weights_of
from dnplab.analysis.parameters import PARAMETERS, TIMES, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.sweep import Sweep
from dnplab.bath_times import ALL, followed_times
from dnplab.comparison import DIFFERENCE, INDEX_DIFFERENCE, LEADING, MINUS, REFERENCE
from dnplab.errors import UndefinedMeasureError
from dnplab.numbers import with_interval
from dnplab.units import RAD_US_PER_MHZ

__all__ = [
    "ABSCISSAS",
    "COLLAPSED",
    "exchange_rate",
    "flip_flop_decay",
    "left_by_a_curve",
    "zeno_ratio_metrics",
    "zeno_ratio_note",
    "zeno_ratio_tables",
]

MODEL = "nonsecular"
COLLAPSED = (LEADING, DIFFERENCE, INDEX_DIFFERENCE)
ABSCISSAS = ("temperature_k", "relaxation_rate", "zeno_ratio", "dephasing_ratio", "relaxation_ratio")
DEGREE = 3
FEWEST_POINTS = 2 * (DEGREE + 1)
RESOLUTION = 1e-6  # of the means: less apart is rounding
POINT = [*PARAMETERS, "temperature_k"]
ENDS = ("", "_lower", "_upper")


def zeno_ratio_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """How well the curves of a sweep over couplings, sizes and baths collapse on each abscissa.

    collapse : by baths (all of the sweep, and the letter's alone), measure and abscissa, the scatter with its 95 % interval
        of the joint bootstrap; excess, how much more it is than that of the best abscissa on the same resamples; and the
        number of points, which are those that have the measure
    points : by point of the sweep, its parameters, the times that follow the temperature, the abscissas, and mean and
        standard error of each measure of the nonsecular model

    Raises:
        UndefinedMeasureError: the sweep varies something else, or has fewer than 8 points.

    """
    require_models(sweep, "zeno_ratio", REFERENCE, MODEL)
    require_measure(sweep, "zeno_ratio", LEADING)
    require_varied(sweep, "zeno_ratio", *PARAMETERS.values())
    samples = with_parameters(sweep)
    points = _points(samples)
    values = _values(samples, points)
    if (count := int(np.isfinite(values[LEADING]).any(axis=-1).sum())) < FEWEST_POINTS:
        raise UndefinedMeasureError(
            f"zeno_ratio needs {FEWEST_POINTS} points to tell a common curve; the sweep has {count}."
        )
    weights = weights_of(samples, bootstrap, seed)
    for name, cube in values.items():
        found = average(cube, weights)
        points[name], points[f"{name}_sem"] = found.mean, found.sem
    rows = []
    for baths, chosen in (("all", np.ones(len(points), dtype=bool)), ("letter", (points["follows"] == ALL).to_numpy())):
        for name, cube in values.items():
            known = chosen & np.isfinite(points[f"{name}_sem"].to_numpy())
            if known.sum() >= FEWEST_POINTS:
                rows += [{"baths": baths, "measure": name, **row} for row in _collapse(points[known], cube[known], weights)]
    if not rows:
        raise UndefinedMeasureError("zeno_ratio compares points with their errors: two realizations at each are the fewest.")
    return {"collapse": pd.DataFrame(rows), "points": points}


def flip_flop_decay(points: pd.DataFrame) -> pd.Series:
    """1/T_ff = 1/(2 T(0)) + 1/T_1 in 1/µs."""
    return 0.5 / points["t_zero_us"] + 1.0 / points["t1_us"]


def exchange_rate(points: pd.DataFrame) -> pd.Series:
    """k in 1/µs of points with coupling_mhz, disorder_mhz, n_spins, t1_us, t_zero_us."""
    coupling = RAD_US_PER_MHZ * points["coupling_mhz"]
    time = 1.0 / flip_flop_decay(points)
    x = RAD_US_PER_MHZ * points["disorder_mhz"] * time
    mean = time.where(x == 0.0, 2.0 * time / x * (np.arctan(x) - np.log1p(x**2) / (2.0 * x)))
    return 2.0 * coupling**2 * (points["n_spins"] - 1) / points["n_spins"] * mean


def _points(samples: pd.DataFrame) -> pd.DataFrame:
    points = samples[samples["model"] == MODEL][POINT].drop_duplicates().sort_values(POINT, ignore_index=True)
    points["follows"] = [followed_times(row) for row in points[["temperature_k", *TIMES]].to_dict("records")]
    decay, coupling = flip_flop_decay(points), RAD_US_PER_MHZ * points["coupling_mhz"]
    points["relaxation_rate"] = 1.0 / points["t1_us"]
    points["zeno_ratio"] = decay / coupling
    points["dephasing_ratio"] = decay / np.maximum(coupling, RAD_US_PER_MHZ * points["disorder_mhz"])
    points["relaxation_ratio"] = 1.0 / (points["t1_us"] * exchange_rate(points))
    return points


def _values(samples: pd.DataFrame, points: pd.DataFrame) -> dict[str, Array]:
    """The values (P, R) of each measure at the points, NaN where a realization is absent."""
    names = [name for name in dict.fromkeys(name.removesuffix(MINUS) for name in COLLAPSED) if name in samples]
    placed = samples.merge(points[POINT].assign(point=range(len(points))), on=POINT)
    found = cubes(placed, names, {"model": [REFERENCE, MODEL], "point": range(len(points))})
    known = [name for name in COLLAPSED if name.removesuffix(MINUS) in found]
    return {name: found[name][1] if name in found else np.subtract(*found[name.removesuffix(MINUS)][::-1]) for name in known}


def _collapse(points: pd.DataFrame, values: Array, weights: Array) -> list[dict[str, Any]]:
    """A row for each abscissa: what a common curve leaves of `values` (P, R), and how much more than the best does."""
    shares = {name: left_by_a_curve(points[name].to_numpy(dtype=np.float64), values, weights) for name in ABSCISSAS}
    best = min(shares.values(), key=lambda share: share[0])
    rows = []
    for name, share in shares.items():
        row: dict[str, Any] = {"abscissa": name}
        for column, draws in (("scatter", share), ("excess", share - best)):
            lower, upper = interval(draws[1:])
            row |= {column: float(draws[0]), f"{column}_lower": lower, f"{column}_upper": upper}
        rows.append({**row, "points": len(points)})
    return rows


def left_by_a_curve(x: Array, values: Array, weights: Array) -> Array:
    """The scatter of the means of `values` (P, R) over `x` (P,), of all samples and of each resample: (1 + B,).

    NaN where the means do not differ beyond their errors.
    """
    found = average(values, weights)
    apart = np.where(np.isfinite(values), values - found.mean[:, None], 0.0)
    apart /= np.sqrt(found.used * (found.used - 1.0))[:, None]  # the covariance of the means is apart @ apart.T
    means = np.vstack([found.mean, found.resampled])
    times = np.where(np.arange(len(means)) == 0, 1.0, 2.0)  # of the noise: a resample's own comes on top

    def beyond_noise(basis: Array) -> Array:
        """The variance around the projection on an orthonormal `basis` (P, K) that is not the samples' noise: (1 + B,)."""
        around = np.square(means - means @ basis @ basis.T).sum(axis=1)
        noise = np.square(apart - basis @ (basis.T @ apart)).sum()
        return np.asarray((around - times * noise) / (x.size - basis.shape[1]))

    left, total = beyond_noise(_cubics(x)), beyond_noise(np.full((x.size, 1), x.size**-0.5))
    rounding = (RESOLUTION * float(np.abs(found.mean).max())) ** 2
    share: Array = np.full(len(means), np.nan)
    if total[0] > rounding and interval(total[1:])[0] > 0.0:
        np.divide(left, total, out=share, where=total > 0.0)
    return share


def _cubics(x: Array) -> Array:
    """An orthonormal basis (P, K) of the cubics in ln x, of lower degree where `x` (P,) has fewer values."""
    log_x = np.log(x) - np.log(x).mean()
    log_x /= np.abs(log_x).max() or 1.0
    degree = min(DEGREE, np.unique(log_x.round(9)).size - 1)
    basis, _ = np.linalg.qr(polyvander(log_x, degree))
    return np.asarray(basis)


def zeno_ratio_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The scatter by baths, measure and abscissa, for the summary run."""
    rows = tables["collapse"].to_dict("records")
    return {f"obs.scatter.{row['baths']}.{row['measure']}.{row['abscissa']}": float(row["scatter"]) for row in rows}


def zeno_ratio_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """The abscissas in order of their scatter, for the ansatz deviation, and what the order is worth."""
    collapse, points = tables["collapse"], tables["points"]
    chosen = collapse[(collapse["baths"] == "all") & (collapse["measure"] == LEADING)].sort_values("scatter")
    couplings = ", ".join(f"{value:g}" for value in sorted(points["coupling_mhz"].unique()))
    sizes = ", ".join(str(value) for value in sorted(points["n_spins"].unique()))
    count = int(chosen["points"].iloc[0])
    size = f"N = {sizes}, U/2π = {couplings} MHz, {points['follows'].nunique()} baths, {count} points"
    if chosen["scatter"].isna().all():
        return f"{size}: the nonsecular ansatz deviation does not differ between them beyond its errors."
    rows = chosen.to_dict("records")
    told = [f"{row['abscissa']} {with_interval(*(row[f'scatter{end}'] for end in ENDS))}" for row in rows]
    best, *others = rows
    equal = [str(row["abscissa"]) for row in others if not row["excess_lower"] > 0.0]
    doubt = f", though {' and '.join(equal)} not beyond the errors" if equal else ", beyond the errors"
    collapsed = best["scatter_lower"] <= 0.0
    verdict = "No more than the samples' scatter is left: a collapse." if collapsed else "A collapse would leave 0."
    return (
        f"{size}: share of the variance of the nonsecular ansatz deviation that one common curve leaves (nominal 95 %): "
        f"{'; '.join(told)}. {best['abscissa']} leaves the least{doubt}. {verdict}"
    )
