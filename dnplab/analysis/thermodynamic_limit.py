r"""Is localization by the bath a transition for N -> infinity? Curves along paths of the bath's times, at sizes past 4^N.

Along a path (`dnplab.analysis.bath_paths`) are followed, against T_z / T_D,

    profile_index, profile_deviation    as `dnplab.observables.localization` defines them
    profile_deviation_per_freedom       profile_deviation / sqrt(1 - 2 / N): the fit takes two of the N numbers
    mean_polarization_over_p0           mean_i P_i / |P_0|

Small sizes are exact (model=nonsecular), large ones cut (model=correlation), whose mean m has the estimated error e: the
mean of the samples' <measure>_truncation. A point with e > |m| / 3 takes no part. The best known of a point and size is the
exact one, else the highest order that takes part.

A transition gets sharper as N grows; a crossover does not. Sharper are

    slope      the largest |dm / d log10 T_z| inside the path, of the monotone cubic through its points;
    width      10 to 90 % of the rise, in decades of T_z, where the path sees the rise whole (`dnplab.analysis.crossing`).

Position, width and slope of all sizes are of the same points: those that every size has which has half of them at least;
a size that would leave fewer than five is left out.
What a cut may have made of a number f is |f(m + e) - f(m - e)| / 2, under `<name>_truncation`: its errors have one sign
along a path, as order 3 is above the exact curve at all N where both are known.

Sizes share samples (`dnplab.analysis.scaling`): one draw of realizations is used for all of them. That no size matters has
the chi^2 of all points and sizes from their common curve, and p is the part of the draws, moved onto one curve, that have a
larger one. `p_beyond_truncation` is the same of what is left when every point has come up to e closer to that curve.
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
from dnplab.analysis.bootstrap import resample_weights
from dnplab.analysis.crossing import half_rise, seen_whole
from dnplab.analysis.curves import Curves
from dnplab.analysis.definitions import DEFINITIONS, Resampled, located
from dnplab.analysis.grids import Array, Average, average, cube, estimate
from dnplab.analysis.scaling import laws_of, limit_weights
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import PROFILE, PROFILE_INDEX
from dnplab.errors import UndefinedMeasureError
from dnplab.observables.localization import TRUNCATION

__all__ = [
    "FEWEST_SIZES",
    "FROM",
    "MEASURES",
    "PER_FREEDOM",
    "QUANTITIES",
    "thermodynamic_limit_metrics",
    "thermodynamic_limit_tables",
]

MEAN, MEAN_OVER_P0 = "mean_polarization", "mean_polarization_over_p0"
PER_FREEDOM = f"{PROFILE}_per_freedom"
MEASURES = (PROFILE_INDEX, PROFILE, PER_FREEDOM, MEAN_OVER_P0)
FITTED = 2  # numbers of a spin-temperature profile
QUANTITIES = ("slope", "width_decades", "position")
PART = 1 / 3  # of a measure: the largest error of a cut that takes part
FEWEST_POINTS = 5
FEWEST_SIZES = 3
FROM = (8, 14)  # sizes from which on laws are fitted and no size may matter, besides all
FINE = 32  # places an interval where the largest slope is looked for
MOST = 0.5  # of the resamples see the rise whole
BIN_MHZ = 0.5  # of the profiles
INSIDE = np.linspace(-0.5, 0.5, 11)  # in widths around the position: where rescaled curves are compared
SHARPENING = [
    "path", "measure", "quantity", "from_n", "to_n", "ratio", "ratio_lower", "ratio_upper", f"ratio{TRUNCATION}",
]  # fmt: skip
COLLAPSE = [
    "path", "measure", "from_n", "to_n", "sizes", "points", "samples", "chi2", "degrees", "p_value", "p_beyond_truncation",
    "largest", "largest_sem", "largest_at", "largest_n", f"largest{TRUNCATION}",
    *(f"{name}{end}" for name in ("spread", "spread_rescaled", "spread_ratio") for end in ("", "_lower", "_upper")),
]  # fmt: skip
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
        """The points that all sizes from `smallest` on have, of the sizes that have half of the points and five at least.

        Where these are fewer than five, sizes are left out until they are not: first the one that costs most points.
        """
        known = np.isfinite(self.found.mean) & (self.found.used > 1)
        count = known.sum(axis=1)
        sizes = (self.n_spins >= smallest) & (count >= FEWEST_POINTS) & (2 * count >= self.x.size)

        def shared_without(k: int) -> tuple[int, int]:
            return int(known[sizes & (self.n_spins != self.n_spins[k])].all(axis=0).sum()), -int(count[k])

        while sizes.sum() > 1 and known[sizes].all(axis=0).sum() < FEWEST_POINTS:
            sizes[max(np.flatnonzero(sizes).tolist(), key=shared_without)] = False
        return self.of(sizes, known[sizes].all(axis=0))

    @property
    def samples(self) -> int:
        """The smallest number of realizations of a point."""
        return int(self.found.used.min())


def thermodynamic_limit_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What N does to curves along paths; intervals are 95 % of a bootstrap of realizations that is the same for all sizes.

    sweep : as `dnplab.analysis.bath_paths.join_paths` makes it, of one sweep or several

    crossover : by path, measure and size, from the points between from_x and to_x that all sizes share: position (T_z / T_D
        at half of the change), width_decades, the largest slope per decade of T_z and the maximum of |m| with its place.
        whole is the part of the resamples that see the rise level off at both ends, reason why there is no position.
    sharpening : slope, width and position at the largest size over those at the smallest of 8 or more
    fits : laws in N (`dnplab.analysis.scaling`) of the three, over all sizes that have them and from N = 8 on
    limit : laws in N of the mean at each point
    collapse : whether any size matters, of all and from N = 8 and 14 on; and the variance between sizes inside the rise,
        spread, with what is left of it after each curve was moved to one position and stretched to one width
    overlap : at sizes that are exact, too, the cut's mean minus the exact one on the same samples, beside the estimate
    curves : means and standard errors by path, measure, model, order, size and point; whether it takes part and is the best
    profiles : P / |P_0| by offset, in bins of 0.5 MHz, at three points of each path

    Raises:
        UndefinedMeasureError: the runs have not measured the profile, or what a cut costs.

    """
    samples = _samples(sweep)
    curves = _curves(samples)
    weights = _weights(samples, bootstrap, seed)
    grids = list(_grids(samples, curves, weights))
    rises = [row for grid in grids for row in _rises(grid.shared())]
    crossover = pd.DataFrame([row for row, _ in rises])
    if crossover.empty:
        raise UndefinedMeasureError(
            f"thermodynamic_limit needs {FEWEST_POINTS} points of a path that take part, of two samples or more, at some N; "
            f"{sweep.name!r} has fewer."
        )
    return {
        "crossover": crossover,
        "sharpening": pd.DataFrame(_sharpening(rises)).reindex(columns=SHARPENING),
        "fits": pd.concat(_fits(rises), ignore_index=True),
        "limit": pd.concat([part for grid in grids for part in _limits(grid)], ignore_index=True),
        "collapse": pd.DataFrame([row for grid in grids for row in _collapses(grid)]).reindex(columns=COLLAPSE),
        "overlap": _overlap(samples, curves),
        "curves": curves,
        "profiles": _profiles(sweep, crossover, curves),
    }


def _samples(sweep: Sweep) -> pd.DataFrame:
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
    freedom = np.sqrt((1.0 - FITTED / samples["n_spins"]).clip(lower=0.0)).replace(0.0, np.nan)
    for end in ("", TRUNCATION):
        samples[f"{PER_FREEDOM}{end}"] = samples[f"{PROFILE}{end}"] / freedom
        samples[f"{MEAN_OVER_P0}{end}"] = samples[f"{MEAN}{end}"] / samples["p_zero"]
    return samples


def _curves(samples: pd.DataFrame) -> pd.DataFrame:
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


def _weights(samples: pd.DataFrame, bootstrap: int, seed: int) -> Array:
    """How often each realization is drawn (B, R), by its number."""
    drawn = np.unique(samples["realization"].to_numpy())
    weights = np.zeros((bootstrap, int(drawn[-1]) + 1))
    weights[:, drawn] = resample_weights(drawn.size, bootstrap, seed)
    return weights


def _grids(samples: pd.DataFrame, curves: pd.DataFrame, weights: Array) -> Iterator[Grid]:
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
    """A number of one curve: of the mean, of its draws (B,), and of m + e and m - e (2,)."""

    found: Any
    draws: Array
    ends: Array

    @property
    def column(self) -> Array:
        """What is found before the draws (1 + B,)."""
        return np.concatenate([[self.found], self.draws])

    @property
    def truncation(self) -> float:
        return float(abs(self.ends[0] - self.ends[1]) / 2)


Rise = Mapping[str, Number]  # position, width and slope of one size


def _rises(grid: Grid) -> Iterator[tuple[dict[str, object], Rise]]:
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
        ends = np.array([mean + e, mean - e])
        moved = half_rise(grid.x, ends, Resampled(grid.x, mean, one.sem[0], complete).noise)
        slope, slope_at, share = _steepest(grid.x, mean)
        rise = {
            "slope": Number(slope(mean), np.where(whole, slope(np.where(whole[:, None], draws, mean)), np.nan), slope(ends)),
            "position": Number(place.row["crossover_k"], place.temperature_k, moved.temperature_k),
            "width_decades": Number(place.row["width_decades"], place.width_decades, moved.width_decades),
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
        row |= {"whole": float(np.mean(seen_whole(grid.x, complete))), "without_crossing": place.row["without_crossing"]}
        yield row | {"reason": place.row["reason"]}, rise


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


def _by_measure(rises: list[tuple[dict[str, object], Rise]]) -> Iterator[tuple[dict[str, object], pd.DataFrame, list[Rise]]]:
    for path, measure in dict.fromkeys((row["path"], row["measure"]) for row, _ in rises):
        chosen = [found for found in rises if (found[0]["path"], found[0]["measure"]) == (path, measure)]
        yield {"path": path, "measure": measure}, pd.DataFrame([row for row, _ in chosen]), [rise for _, rise in chosen]


def _refused(rows: pd.DataFrame, quantity: str) -> pd.Series:
    """Why a size has no such number: a text for each row, empty where it has one."""
    reason = rows["reason"].where(rows[quantity].isna(), "")
    if quantity == "width_decades":
        reason = reason.mask((reason == "") & (rows["whole"] <= MOST), "the rise does not end inside the path")
    return reason


def _sharpening(rises: list[tuple[dict[str, object], Rise]]) -> Iterator[dict[str, object]]:
    """The ratio of each number at the largest size to that at the smallest from 8 on, or at the smallest of all."""
    for named, rows, found in _by_measure(rises):
        for quantity in QUANTITIES:
            has = np.flatnonzero(_refused(rows, quantity) == "")
            large = [k for k in has if rows["n_spins"][k] >= FROM[0]]
            if len(has) < 2:
                continue
            first, last = (large if len(large) > 1 else has)[0], has[-1]
            low, high = found[first], found[last]
            values = high[quantity].column / low[quantity].column
            cut = rows[f"{quantity}{TRUNCATION}"] / rows[quantity]
            row = {**named, "quantity": quantity, "from_n": int(rows["n_spins"][first]), "to_n": int(rows["n_spins"][last])}
            yield row | estimate("ratio", values) | {f"ratio{TRUNCATION}": float(values[0] * (cut[first] + cut[last]))}


def _fits(rises: list[tuple[dict[str, object], Rise]]) -> Iterator[pd.DataFrame]:
    """Laws in N of slope, width and position over the sizes that have them."""
    for named, rows, found in _by_measure(rises):
        for quantity in QUANTITIES:
            reasons = _refused(rows, quantity)
            has = (reasons == "").to_numpy()
            why = " and ".join(dict.fromkeys(reasons[~has])) if has.sum() < FEWEST_SIZES else ""
            kept = has if has.any() else ~has
            draws = np.column_stack([rise[quantity].draws for rise in found])
            table = rows.assign(value=rows[quantity])
            for smallest in _ranges(rows["n_spins"][kept]):
                part = kept & (rows["n_spins"] >= smallest).to_numpy()
                words = {**named, "quantity": quantity, "from_n": smallest}
                cut = rows[f"{quantity}{TRUNCATION}"].to_numpy()[part]
                yield _with_truncation(laws_of(words, table[part], draws[:, part], why), table[part], draws[:, part], cut)


def _ranges(sizes: pd.Series) -> list[int]:
    """The smallest sizes of fits: all sizes, and those from N = 8 on if that leaves some out and enough."""
    larger = [n for n in sorted(sizes) if n >= FROM[0]]
    return [int(sizes.min()), *([larger[0]] if FEWEST_SIZES <= len(larger) < len(sizes) else [])]


def _limits(grid: Grid) -> Iterator[pd.DataFrame]:
    """Laws in N of the mean at each point."""
    for t, x in enumerate(grid.x):
        has = np.isfinite(grid.found.mean[:, t]) & (grid.found.used[:, t] > 1)
        rows = pd.DataFrame({"n_spins": grid.n_spins, "value": grid.found.mean[:, t], "samples": grid.found.used[:, t]})
        if not has.any():
            continue
        for smallest in _ranges(rows["n_spins"][has]):
            part = has & (grid.n_spins >= smallest)
            named = {"path": grid.path, "measure": grid.measure, "t_z_over_t_d": float(x), "from_n": smallest}
            draws = grid.found.resampled[:, part, t]
            yield _with_truncation(laws_of(named, rows[part], draws), rows[part], draws, grid.truncation[part, t])


def _with_truncation(fits: pd.DataFrame, rows: pd.DataFrame, draws: Array, truncation: Array) -> pd.DataFrame:
    """Fits with what the cuts may have made of limits and exponents, as errors of one sign at all sizes."""
    drawn = draws[np.isfinite(draws).all(axis=1)]
    n, values = (rows[name].to_numpy(dtype=np.float64) for name in ("n_spins", "value"))
    errors, cut = drawn.std(axis=0) if len(drawn) else np.full(n.size, np.nan), np.nan_to_num(truncation)
    limits, exponents = np.full(len(fits), np.nan), np.full(len(fits), np.nan)
    for place, fit in enumerate(fits.to_dict("records")):
        if np.isfinite(fit["limit"]):
            limits[place] = abs(limit_weights(n, errors, fit["law"]) @ cut)
        if np.isfinite(fit["exponent"]):
            weights = values / errors  # of ln m over ln N
            gain = np.linalg.pinv(np.column_stack([np.ones(n.size), np.log(n)]) * weights[:, None]) * weights
            exponents[place] = abs(gain[1] @ (cut / values))
    return fits.assign(**{f"limit{TRUNCATION}": limits, f"exponent{TRUNCATION}": exponents})


def _collapses(grid: Grid) -> Iterator[dict[str, object]]:
    """Whether any size matters, of all sizes and of the larger ones."""
    for smallest in dict.fromkeys((int(grid.n_spins[0]), *FROM)):
        part = grid.shared(smallest)
        if part.n_spins.size < 2 or part.x.size < FEWEST_POINTS:
            continue
        row: dict[str, object] = {"path": part.path, "measure": part.measure, "from_n": smallest}
        row |= {"to_n": int(part.n_spins[-1]), "sizes": part.n_spins.size, "points": part.x.size, "samples": part.samples}
        yield row | _no_size(part) | _spreads(part)


def _no_size(grid: Grid) -> dict[str, object]:
    """chi^2 of all points from one curve, and its p-values from the draws moved onto that curve."""
    y, draws, e = grid.found.mean, grid.found.resampled, grid.truncation
    draws = draws[np.isfinite(draws).all(axis=(1, 2))]
    errors = draws.std(axis=0)
    errors = np.where(errors > 0.0, errors, np.inf)  # a number that has no scatter tells nothing of its error
    weights = 1.0 / errors**2

    def residuals(values: Array) -> Array:
        common = (weights * values).sum(axis=-2) / np.maximum(weights.sum(axis=-2), np.finfo(float).tiny)
        return np.asarray(values - common[..., None, :])

    def chi2(values: Array) -> Array:
        return np.asarray((values**2 * weights).sum(axis=(-2, -1)))

    left = residuals(y)
    beyond = np.sign(left) * np.maximum(np.abs(left) - e, 0.0)
    grown = np.sqrt(grid.samples / max(grid.samples - 1.0, 1.0))  # draws scatter less than samples do
    by_chance = chi2(residuals(grown * (draws - y)))
    k, t = np.unravel_index(int(np.argmax(np.abs(left))), left.shape)
    return {
        "chi2": float(chi2(left)),
        "degrees": (y.shape[0] - 1) * y.shape[1],
        "p_value": float(np.mean(by_chance >= chi2(left))),
        "p_beyond_truncation": float(np.mean(by_chance >= chi2(beyond))),
        "largest": float(left[k, t]),
        "largest_sem": float(residuals(draws)[:, k, t].std()),
        "largest_at": float(grid.x[t]),
        "largest_n": int(grid.n_spins[k]),
        "largest_truncation": float(e[k, t]),
    }


def _spreads(grid: Grid) -> dict[str, float]:
    """The variance between sizes inside the rise, before and after each curve has been moved and stretched."""
    rises = [rise for _, rise in _rises(grid)]
    log_x = np.log10(grid.x)

    def spread(curves: Array, position: Array, width: Array) -> float:
        at = np.log10(position)[:, None] + width[:, None] * INSIDE  # (K, points)
        values = [np.interp(places, log_x, curve) for places, curve in zip(at, curves, strict=True)]
        return float(np.var(values, axis=0, ddof=1).mean())

    def both(curves: Array, position: Array, width: Array) -> tuple[float, float, float]:
        if not (np.isfinite(position) & np.isfinite(width)).all():
            return np.nan, np.nan, np.nan
        common = np.full_like(position, np.exp(np.log(position).mean())), np.full_like(width, width.mean())
        before, after = spread(curves, *common), spread(curves, position, width)
        return before, after, after / before if before > 0.0 else np.nan

    position, width = (np.column_stack([rise[name].column for rise in rises]) for name in ("position", "width_decades"))
    curves = np.concatenate([grid.found.mean[None], grid.found.resampled])
    values = [both(*parts) for parts in zip(curves, position, width, strict=True)]
    names = ("spread", "spread_rescaled", "spread_ratio")
    return {
        key: value
        for name, column in zip(names, np.array(values).T, strict=True)
        for key, value in estimate(name, column).items()
    }


def _overlap(samples: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The cut against the exact model at each point and size that has both: on the same samples, whatever takes part."""
    keys = ["path", "n_spins", "t_z_over_t_d", "realization"]
    columns = ["path", "measure", "order", "n_spins", "t_z_over_t_d"]
    exact, cut = (samples[samples["model"] == model] for model in (EXACT_MODEL, CUT_MODEL))
    parts = []
    for measure in MEASURES:
        pairs = cut.merge(exact[[*keys, measure]], on=keys, suffixes=("", "_exact")).assign(measure=measure)
        pairs["difference"] = pairs[measure] - pairs[f"{measure}_exact"]
        parts.append(
            pairs.groupby(columns, sort=False).agg(
                exact=(f"{measure}_exact", "mean"),
                cut=(measure, "mean"),
                difference=("difference", "mean"),
                difference_sem=("difference", "sem"),
                truncation=(f"{measure}{TRUNCATION}", "mean"),
                samples=("difference", "count"),
            )
        )
    overlap = pd.concat(parts).reset_index()
    overlap["covered"] = overlap["difference"].abs() <= overlap["truncation"]
    return overlap.merge(curves[curves["model"] == CUT_MODEL][[*columns, "takes_part"]], on=columns)


def _profiles(sweep: Sweep, crossover: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """P / |P_0| by offset where the index is known: at both ends of what sizes share, and at half of its rise."""
    columns = ["path", "at", "t_z_over_t_d", "n_spins", "offset_mhz", "mean", "mean_sem", "samples"]
    if sweep.spins.empty:
        return pd.DataFrame(columns=columns)
    best = curves[curves["best"] & (curves["measure"] == PROFILE_INDEX)]
    parts = []
    for path, rows in crossover[crossover["measure"] == PROFILE_INDEX].groupby("path", sort=False):
        x = np.unique(best["t_z_over_t_d"][best["path"] == path])
        last = rows.iloc[-1]
        middle = last["position"] if np.isfinite(last["position"]) else np.sqrt(last["from_x"] * last["to_x"])
        places = {"shortest": last["from_x"], "crossover": x[np.argmin(np.abs(np.log(x / middle)))], "longest": last["to_x"]}
        for at, place in places.items():
            chosen = best[(best["path"] == path) & (best["t_z_over_t_d"] == place)]
            spins = chosen[list(POINT)].merge(sweep.spins, on=list(POINT))
            value = spins["polarization"] / spins["p_zero"]
            offset = BIN_MHZ * (np.floor(spins["offset_mhz"] / BIN_MHZ) + 0.5)
            by = ["n_spins", "offset_mhz"]
            of_sample = (
                spins.assign(value=value, offset_mhz=offset).groupby([*by, "realization"], as_index=False)["value"].mean()
            )
            table = of_sample.groupby(by)["value"].agg(mean="mean", mean_sem="sem", samples="count").reset_index()
            parts.append(table.assign(path=path, at=at, t_z_over_t_d=place))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def thermodynamic_limit_metrics(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """What the summary run logs: slopes by size, how each number changed with N, and the p-values of no size."""
    rows = tables["crossover"].to_dict("records")
    found = {f"obs.slope.{row['path']}.{row['measure']}.N{row['n_spins']}": float(row["slope"]) for row in rows}
    for row in tables["sharpening"].to_dict("records"):
        found[f"obs.{row['quantity']}_ratio.{row['path']}.{row['measure']}"] = float(row["ratio"])
    for row in tables["collapse"].to_dict("records"):
        found[f"obs.no_size_p.{row['path']}.{row['measure']}.from_N{row['from_n']}"] = float(row["p_value"])
    return found
