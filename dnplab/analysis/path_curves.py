r"""Curves along paths of the bath's times, the best known values of each size, and the numbers of their rises.

Followed are, against T_z / T_D (`dnplab.analysis.bath_paths`),

    profile_index, profile_deviation    as `dnplab.observables.localization` defines them
    mean_polarization_over_p0           mean_i P_i / |P_0|

Small sizes are exact (model=nonsecular), large ones cut (model=correlation), whose mean m has the estimated error e: the
mean of the samples' <measure>_truncation. A point with e > |m| / 3 takes no part. The best known of a point and size is the
exact one, else the highest order that takes part.

    slope      the largest |dm / d log10 T_z| inside the path, of the monotone cubic through its points;
    width      10 to 90 % of the rise, in decades of T_z, where the path sees the rise whole (`dnplab.analysis.crossing`).

Position, width and slope of all sizes are of the same points: those that every size has which has five at least. What the
cut may have made of a number f is sum_t |f(m + e_t) - f(m - e_t)| / 2, the points moved one at a time, under
`<name>_truncation`: it holds whatever sign the error of each point has.

Sizes share samples (`dnplab.analysis.scaling`): one draw of realizations is used for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from dnplab.analysis.bath_paths import CUT_MODEL, EXACT_MODEL, PATHS, POINT
from dnplab.analysis.crossing import half_rise, seen_whole
from dnplab.analysis.curves import Curves
from dnplab.analysis.definitions import DEFINITIONS, Resampled, located
from dnplab.analysis.grids import Array, Average, average, cube, estimate
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import PROFILE, PROFILE_INDEX
from dnplab.errors import UndefinedMeasureError
from dnplab.observables.localization import TRUNCATION

__all__ = [
    "FEWEST_POINTS",
    "MEASURES",
    "QUANTITIES",
    "Grid",
    "Rise",
    "curves_along",
    "grids_of",
    "rises_of",
    "samples_of",
]

MEAN, MEAN_OVER_P0 = "mean_polarization", "mean_polarization_over_p0"
MEASURES = (PROFILE_INDEX, PROFILE, MEAN_OVER_P0)
QUANTITIES = ("slope", "width_decades", "position")
PART = 1 / 3  # of a measure: the largest error of a cut that takes part
FEWEST_POINTS = 5
FINE = 32  # places an interval where the largest slope is looked for
MOST = 0.5  # of the resamples see the rise whole
CURVE = ("path", "measure", *(column for column in POINT if column != "path"))


@dataclass(frozen=True)
class Grid:
    """The best known values of one measure on one path: K sizes, T points, B joint resamples."""

    path: str
    measure: str
    n_spins: NDArray[np.int64]  # (K,), ascending
    x: Array  # (T,), T_z / T_D, ascending
    found: Average  # (K, T), NaN where nothing takes part
    truncation: Array  # (K, T), 0 of exact values

    def of(self, sizes: NDArray[np.bool_], points: NDArray[np.bool_]) -> Grid:
        """The part at some sizes and points."""
        part = self.found.at(points)
        kept = Average(part.mean[sizes], part.sem[sizes], part.resampled[:, sizes], part.used[sizes])
        truncation = self.truncation[sizes][:, points]
        return replace(self, n_spins=self.n_spins[sizes], x=self.x[points], found=kept, truncation=truncation)

    def shared(self, smallest: int = 0) -> Grid:
        """The points that all sizes from `smallest` on have, of the sizes that have five at least.

        Where these are fewer than five, sizes are left out until they are not: first the one that costs most points.
        """
        known = np.isfinite(self.found.mean) & (self.found.used > 1)
        count = known.sum(axis=1)
        sizes = (self.n_spins >= smallest) & (count >= FEWEST_POINTS)

        def shared_without(k: int) -> tuple[int, int]:
            return int(known[sizes & (self.n_spins != self.n_spins[k])].all(axis=0).sum()), -int(count[k])

        while sizes.sum() > 1 and known[sizes].all(axis=0).sum() < FEWEST_POINTS:
            sizes[max(np.flatnonzero(sizes).tolist(), key=shared_without)] = False
        return self.of(sizes, known[sizes].all(axis=0))


def samples_of(sweep: Sweep) -> pd.DataFrame:
    """The samples with all measures and their errors; an exact one has none."""
    samples = sweep.realizations
    exact = samples["model"] == EXACT_MODEL
    for name in (PROFILE_INDEX, PROFILE, MEAN):
        cost = f"{name}{TRUNCATION}"
        if name not in samples or (cost not in samples and not exact.all()):
            lacks = name if name not in samples else cost
            raise UndefinedMeasureError(
                f"thermodynamic_limit follows {lacks}, but the runs of the sweep {sweep.name!r} have not measured it; "
                "observables=profile does."
            )
        samples = samples.assign(**{cost: 0.0 if exact.all() else samples[cost].where(~exact, 0.0)})
    over_p0 = {f"{MEAN_OVER_P0}{end}": samples[f"{MEAN}{end}"] / samples["p_zero"] for end in ("", TRUNCATION)}
    return samples.assign(**over_p0)


def curves_along(samples: pd.DataFrame) -> pd.DataFrame:
    """The table `curves`."""
    parts = []
    for measure in MEASURES:
        columns = {"mean": (measure, "mean"), "mean_sem": (measure, "sem"), "samples": (measure, "count")}
        by_point = samples.groupby(list(POINT), dropna=False)
        means = by_point.agg(**columns, truncation=(f"{measure}{TRUNCATION}", "mean")).reset_index()
        parts.append(means.assign(measure=measure))
    curves = pd.concat(parts, ignore_index=True)
    curves = curves[curves["samples"] > 0].reset_index(drop=True)
    curves["takes_part"] = curves["truncation"] <= PART * curves["mean"].abs()
    rank = curves["order"].where(curves["model"] == CUT_MODEL, np.inf).where(curves["takes_part"])
    of_point = rank.groupby([curves[name] for name in ("path", "measure", "n_spins", "t_z_over_t_d")])
    curves["best"] = rank.notna() & (rank == of_point.transform("max"))
    order = list(PATHS)
    curves = curves.sort_values(["path", "measure"], key=lambda names: names.map([*order, *MEASURES].index), kind="stable")
    return curves[[*CURVE, "mean", "mean_sem", "truncation", "takes_part", "best", "samples"]].reset_index(drop=True)


def grids_of(samples: pd.DataFrame, curves: pd.DataFrame, weights: Array) -> Iterator[Grid]:
    """Every path and measure that has anything that takes part."""
    for (path, measure), best in curves[curves["best"]].groupby(["path", "measure"], sort=False):
        values = best[list(POINT)].merge(samples, on=list(POINT))
        sizes, x = np.unique(best["n_spins"].to_numpy()), np.unique(best["t_z_over_t_d"].to_numpy())
        axes = {"n_spins": list(sizes), "t_z_over_t_d": list(x)}
        drawn = weights[:, np.unique(values["realization"].to_numpy())]
        cost = best.set_index(["n_spins", "t_z_over_t_d"])["truncation"]
        truncation = cost.reindex(pd.MultiIndex.from_product([sizes, x])).to_numpy().reshape(sizes.size, x.size)
        yield Grid(str(path), str(measure), sizes, x, average(cube(values, str(measure), axes), drawn), truncation)


class Number(NamedTuple):
    """A number of one curve: of the mean, of its draws (B,), and what the cut may have made of it."""

    found: Any
    draws: Array
    truncation: float

    @property
    def column(self) -> Array:
        """What is found before the draws (1 + B,)."""
        return np.concatenate([[self.found], self.draws])


Rise = Mapping[str, Number]  # position, width and slope of one size


def rises_of(grid: Grid) -> Iterator[tuple[dict[str, object], Rise]]:
    """A row of `crossover` a size."""
    if grid.x.size < FEWEST_POINTS:
        return
    for k, n in enumerate(grid.n_spins):
        mean, draws, e = grid.found.mean[k], grid.found.resampled[:, k], grid.truncation[k]
        one = Average(mean[None], grid.found.sem[k][None], draws[:, None], grid.found.used[k][None])
        curve = Curves((CUT_MODEL,), grid.x, one.used, {grid.measure: one})
        place = located(curve, grid.measure, 0, DEFINITIONS["half rise"])
        whole = np.asarray(np.isfinite(draws).all(axis=1))  # a resample may miss the few that have the measure
        complete = draws[whole]
        if place is None or len(complete) < 2:
            continue
        moved = np.concatenate([mean + np.diag(e), mean - np.diag(e)])  # one point at a time
        places = half_rise(grid.x, moved, Resampled(grid.x, mean, one.sem[0], complete).noise)
        slope, slope_at, share = _steepest(grid.x, mean)
        slopes = np.where(whole, slope(np.where(whole[:, None], draws, mean)), np.nan)
        seen = float(np.mean(seen_whole(grid.x, complete)))
        width, widths = place.row["width_decades"], place.width_decades
        rise = {
            "slope": Number(slope(mean), slopes, _of_ends(slope(moved))),
            "position": Number(place.row["crossover_k"], place.temperature_k, _of_ends(places.temperature_k)),
            "width_decades": Number(width, widths, _of_ends(places.width_decades))
            if seen > MOST
            else Number(np.nan, np.full_like(widths, np.nan), np.nan),
        }
        row: dict[str, object] = {"path": grid.path, "measure": grid.measure, "n_spins": int(n)}
        row |= {"samples": int(grid.found.used[k].min()), "points": grid.x.size, "from_x": grid.x[0], "to_x": grid.x[-1]}
        for name in QUANTITIES:
            row |= estimate(name, rise[name].column) | {f"{name}{TRUNCATION}": rise[name].truncation}
        highest = int(np.argmax(np.abs(mean)))
        row |= estimate("maximum", np.concatenate([[abs(mean[highest])], np.abs(draws).max(axis=1)]))
        row |= {
            "slope_at": slope_at,
            "slope_share": share,
            "maximum_at": grid.x[highest],
            f"maximum{TRUNCATION}": e[highest],
        }
        reason = place.row["reason"] or ("" if seen > MOST else "the rise does not end inside the path")
        yield row | {"whole": seen, "without_crossing": place.row["without_crossing"], "reason": reason}, rise


def _of_ends(ends: Array) -> float:
    """sum_t |f(m + e_t) - f(m - e_t)| / 2 of f (2T,) with one point after the other moved up, then down."""
    up, down = np.split(ends, 2)
    return float(np.abs(up - down).sum() / 2)


def _steepest(x: Array, mean: Array) -> tuple[Callable[[Array], Array], float, float]:
    """|dm / d log10 x| of curves (..., T) where that of the mean is largest, the place, and the share of the change there.

    Curves are the monotone cubics through their points, without the intervals at both ends, where a slope would be that of
    an extrapolation. The largest slope of each resample would be larger in the mean than that of the curve. The share is
    that of one interval in the whole climb, near 1 where the points do not resolve it.
    """
    log_x = np.log10(x)
    fine = np.interp(np.linspace(1, x.size - 2, (x.size - 3) * FINE + 1), np.arange(x.size), log_x)
    slopes = PchipInterpolator(log_x, mean).derivative()(fine)
    place = int(np.argmax(np.abs(slopes)))
    at, sign = fine[place], np.sign(slopes[place])

    def slope(curves: Array) -> Array:
        return np.asarray(sign * PchipInterpolator(log_x, curves, axis=-1).derivative()(at))

    here = min(1 + place // FINE, x.size - 3)
    climb = float(np.ptp(mean))
    return slope, float(10.0**at), float(abs(mean[here + 1] - mean[here]) / climb) if climb > 0.0 else 0.0
