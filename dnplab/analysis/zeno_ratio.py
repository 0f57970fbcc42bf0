r"""Is there one number that tells where thermal mixing breaks down: do all curves collapse on a ratio of rates?

Against the bath temperature, curves of different couplings U, sizes N and baths have nothing in common. Tried as abscissas,
with 1/T_ff = 1/(2 T(0)) + 1/T_1, the decoherence of a flip-flop (`dnplab.models.zeno`), and rates in rad/µs, are

    zeno_ratio          (1/T_ff) / U                    gamma / J of the three-level model
    dephasing_ratio     (1/T_ff) / max(U, W)            against the letter's dephasing of H_S, W = Delta omega_e
    relaxation_ratio    (1/T_1) / k                     relaxation against the exchange of polarization

    k = 2 U^2 (N - 1)/N < T_ff / (1 + (Delta_i - Delta_j)^2 T_ff^2) >
      = 2 U^2 (N - 1)/N (2/W) (arctan x - ln(1 + x^2) / (2 x)),     x = W T_ff

k is the rate at which a spin trades places with the others, in second order of U and averaged over offsets that are uniform
in W. Decoherence slows it, which is the Zeno effect, once 1/T_ff exceeds W; before, it is 2 pi U^2 (N - 1)/(N W).

How well a measure y collapses on an abscissa x is the share of its variance between points, `scatter`, that is left after
one common curve, a cubic polynomial in ln x: 0 is a collapse, 1 means that x says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.polynomial.polynomial import polyvander

from dnplab.analysis.bootstrap import interval, resample_weights, weighted_means
from dnplab.analysis.curves import MINUS, Array
from dnplab.analysis.one_factor import ALL, followed_times
from dnplab.analysis.parameters import PARAMETERS, TIMES, require_measure, require_models, require_varied, with_parameters
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import LEADING, REFERENCE
from dnplab.errors import UndefinedMeasureError
from dnplab.units import RAD_US_PER_MHZ

__all__ = [
    "ABSCISSAS",
    "FOLLOWED",
    "common_curve",
    "exchange_rate",
    "flip_flop_decay",
    "zeno_ratio_note",
    "zeno_ratio_tables",
]

MODEL = "nonsecular"
FOLLOWED = (LEADING, f"{LEADING}{MINUS}", f"localization_index{MINUS}")
ABSCISSAS = ("temperature_k", "zeno_ratio", "dephasing_ratio", "relaxation_ratio")
DEGREE = 3
FEWEST_POINTS = 2 * (DEGREE + 1)
POINT = [*PARAMETERS, "temperature_k"]
OTHER = "other"


def zeno_ratio_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """How well the curves of a sweep over couplings, sizes and baths collapse on each abscissa.

    collapse : by baths (all of the sweep, and the letter's alone), measure and abscissa, the scatter with its 95 % interval
        of the joint bootstrap, and the number of points
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
    if len(points) < FEWEST_POINTS:
        raise UndefinedMeasureError(
            f"zeno_ratio needs {FEWEST_POINTS} points to tell a common curve; the sweep has {len(points)}."
        )
    cubes = _cubes(samples, points)
    weights = resample_weights(samples["realization"].nunique(), bootstrap, seed)
    draws = {name: weighted_means(cube, weights) for name, cube in cubes.items()}
    for name, cube in cubes.items():
        points[name] = np.nanmean(cube, axis=-1)
        points[f"{name}_sem"] = np.nanstd(cube, axis=-1, ddof=1) / np.sqrt(np.isfinite(cube).sum(axis=-1))
    rows = []
    for baths, chosen in (("all", np.ones(len(points), dtype=bool)), ("letter", (points["follows"] == ALL).to_numpy())):
        for name in cubes if chosen.sum() >= FEWEST_POINTS else ():
            for abscissa in ABSCISSAS:
                x = points.loc[chosen, abscissa].to_numpy(dtype=np.float64)
                found = _scatter(x, points.loc[chosen, name].to_numpy()[None])[0]
                lower, upper = interval(_scatter(x, draws[name][:, chosen]))
                row = {"scatter": found, "scatter_lower": lower, "scatter_upper": upper, "points": int(chosen.sum())}
                rows.append({"baths": baths, "measure": name, "abscissa": abscissa, **row})
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
    coupling = RAD_US_PER_MHZ * points["coupling_mhz"]
    width = RAD_US_PER_MHZ * points["disorder_mhz"]
    points["follows"] = [followed_times(row) or OTHER for row in points[["temperature_k", *TIMES]].to_dict("records")]
    points["zeno_ratio"] = flip_flop_decay(points) / coupling
    points["dephasing_ratio"] = flip_flop_decay(points) / np.maximum(coupling, width)
    points["relaxation_ratio"] = 1.0 / (points["t1_us"] * exchange_rate(points))
    return points


def _cubes(samples: pd.DataFrame, points: pd.DataFrame) -> dict[str, Array]:
    """The values (P, R) of each followed measure at the points; NaN where one is absent."""
    keys = [*POINT, "realization"]
    indices = pd.DataFrame({"realization": np.sort(samples["realization"].unique())})
    cells = pd.MultiIndex.from_frame(points[POINT].merge(indices, how="cross"))
    measured = {model: samples[samples["model"] == model].set_index(keys).reindex(cells) for model in (MODEL, REFERENCE)}
    cubes = {}
    for name in FOLLOWED:
        plain = name.removesuffix(MINUS)
        if plain in samples:
            values = measured[MODEL][plain] - (measured[REFERENCE][plain] if name.endswith(MINUS) else 0.0)
            cubes[name] = values.to_numpy(dtype=np.float64).reshape(len(points), len(indices))
    return cubes


def common_curve(x: Array, y: Array) -> Array:
    """The values at `x` (P,) of the cubic in ln x through `y` (B, P), unweighted: (B, P)."""
    log_x = np.log(x)
    spread = float(np.ptp(log_x)) or 1.0
    basis, _ = np.linalg.qr(polyvander((log_x - log_x.mean()) / spread, DEGREE))
    return np.asarray(y @ basis @ basis.T)


def _scatter(x: Array, y: Array) -> Array:
    """The share of the variance of `y` (B, P) that its common curve leaves: (B,)."""
    left = np.var(y - common_curve(x, y), axis=-1)
    total = np.var(y, axis=-1)
    share: Array = np.full(left.shape, np.nan)
    np.divide(left, total, out=share, where=total > 0.0)
    return share


def zeno_ratio_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The scatter by baths, measure and abscissa, for the summary run."""
    rows = tables["collapse"].to_dict("records")
    return {f"obs.scatter.{row['baths']}.{row['measure']}.{row['abscissa']}": float(row["scatter"]) for row in rows}


def zeno_ratio_note(tables: Mapping[str, pd.DataFrame]) -> str:
    """The abscissas in order of their scatter, for the ansatz deviation."""
    collapse, points = tables["collapse"], tables["points"]
    rows = collapse[(collapse["baths"] == "all") & (collapse["measure"] == LEADING)].sort_values("scatter")
    told = [
        f"{row['abscissa']} {row['scatter']:.2f} [{row['scatter_lower']:.2f}, {row['scatter_upper']:.2f}]"
        for row in rows.to_dict("records")
    ]
    couplings = ", ".join(f"{value:g}" for value in sorted(points["coupling_mhz"].unique()))
    sizes = ", ".join(str(value) for value in sorted(points["n_spins"].unique()))
    size = f"N = {sizes}, U/2π = {couplings} MHz, {points['follows'].nunique()} baths, {len(points)} points"
    best, second = rows.iloc[0], rows.iloc[1]
    verdict = "the best" if best["scatter_upper"] < second["scatter_lower"] else "the best, though not beyond its error"
    return (
        f"{size}: share of the variance of the nonsecular ansatz deviation that one common curve leaves (95 %): "
        f"{'; '.join(told)}. {best['abscissa']} collapses the curves {verdict}; 0 would be a collapse, 1 none."
    )
