r"""Is localization by the bath a transition for N -> infinity? What sizes past 4^N do to curves along paths of its times.

A transition gets sharper as N grows; a crossover does not. The curves, their slopes and widths, and what a cut may have made
of them are those of `dnplab.analysis.path_curves`; here are laws in N (`dnplab.analysis.scaling`), changes from N = 8 to the
largest size, and whether all sizes are one curve that is stretched.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import BSpline
from scipy.optimize import least_squares

from dnplab.analysis.bath_paths import CUT_MODEL, EXACT_MODEL, POINT
from dnplab.analysis.grids import Array, estimate, joint_weights
from dnplab.analysis.path_curves import (
    FEWEST_POINTS,
    MEASURES,
    QUANTITIES,
    Grid,
    Rise,
    curves_along,
    grids_of,
    rises_of,
    samples_of,
)
from dnplab.analysis.scaling import FEWEST_SIZES, fit_ranges, laws_of, limit_weights
from dnplab.analysis.sweep import Sweep
from dnplab.comparison import PROFILE_INDEX
from dnplab.errors import ParameterError, UndefinedMeasureError
from dnplab.observables.localization import TRUNCATION

__all__ = ["LARGER", "thermodynamic_limit_metrics", "thermodynamic_limit_tables"]

FEWEST_DRAWS = 50
LARGER = 8  # from here on the two numbers that a profile fit takes are few of N
BIN_MHZ = 0.5  # of the profiles
PIECES, CUBIC = 5, 3  # of the spline that all sizes are stretched onto
MOST_STRETCH = 2.0  # of s
STRETCHED = 200  # draws
SHARPENING = [
    "path", "measure", "quantity", "from_n", "to_n", "ratio", "ratio_lower", "ratio_upper", f"ratio{TRUNCATION}",
]  # fmt: skip
CHANGE = ["path", "measure", "t_z_over_t_d", "from_n", "to_n", "difference", "difference_sem", "truncation"]
COLLAPSE = [
    "path", "measure", "from_n", "to_n", "sizes", "values", "centre", "s", "s_lower", "s_upper", f"s{TRUNCATION}",
    "rms_of_one_curve", "rms",
]  # fmt: skip


def thermodynamic_limit_tables(sweep: Sweep, bootstrap: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """What N does to curves along paths; intervals are 95 % of a bootstrap of realizations that is the same for all sizes.

    sweep : as `dnplab.analysis.bath_paths.join_paths` makes it, of one sweep or several

    crossover : by path, measure and size, from the points between from_x and to_x that all sizes share: position (T_z / T_D
        at half of the change), width_decades, the largest slope per decade of T_z and the maximum of |m| with its place.
        whole is the part of the resamples that see the rise level off at both ends, reason why there is no position.
    sharpening : slope, width and position at the largest size over those at the smallest of 8 or more
    fits : laws in N (`dnplab.analysis.scaling`) of the three, over all sizes that have them and from N = 8 on
    limit : laws in N of the mean at each point
    change : at each point the mean at the largest size minus that at the smallest of 8 or more, on joint draws
    collapse : the s with which m = F((log10 T_z/T_D - c) (N/8)^s) fits best from N = 8 on, F a cubic spline of five pieces;
        and the rms of what it leaves, beside that of one curve for all sizes (s = 0)
    overlap : at sizes that are exact, too, the cut's mean minus the exact one on the same samples, beside the estimate
    curves : means and standard errors by path, measure, model, order, size and point; whether it takes part and is the best
    profiles : P / |P_0| by offset, in bins of 0.5 MHz, at three points of each path

    Raises:
        ParameterError: too few resamples for an interval.
        UndefinedMeasureError: the runs have not measured the profile, or what a cut costs.

    """
    if bootstrap < FEWEST_DRAWS:
        raise ParameterError("bootstrap", bootstrap, f"at least {FEWEST_DRAWS} resamples")
    samples = samples_of(sweep)
    curves = curves_along(samples)
    weights = joint_weights(samples, bootstrap, seed)
    grids = list(grids_of(samples, curves, weights))
    rises = [row for grid in grids for row in rises_of(grid.shared())]
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
        "change": pd.DataFrame([row for grid in grids for row in _changes(grid)]).reindex(columns=CHANGE),
        "collapse": pd.DataFrame([row for grid in grids for row in _collapse(grid)]).reindex(columns=COLLAPSE),
        "overlap": _overlap(samples, curves),
        "curves": curves,
        "profiles": _profiles(sweep, crossover, curves),
    }


def _by_measure(rises: list[tuple[dict[str, object], Rise]]) -> Iterator[tuple[dict[str, object], pd.DataFrame, list[Rise]]]:
    for path, measure in dict.fromkeys((row["path"], row["measure"]) for row, _ in rises):
        chosen = [found for found in rises if (found[0]["path"], found[0]["measure"]) == (path, measure)]
        yield {"path": path, "measure": measure}, pd.DataFrame([row for row, _ in chosen]), [rise for _, rise in chosen]


def _refused(rows: pd.DataFrame, quantity: str) -> pd.Series:
    """Why a size has no such number: a text for each row, empty where it has one."""
    return rows["reason"].where(rows[quantity].isna(), "")


def _sharpening(rises: list[tuple[dict[str, object], Rise]]) -> Iterator[dict[str, object]]:
    """The ratio of each number at the largest size to that at the smallest from 8 on, or at the smallest of all."""
    for named, rows, found in _by_measure(rises):
        for quantity in QUANTITIES:
            has = np.flatnonzero(_refused(rows, quantity) == "")
            large = [k for k in has if rows["n_spins"][k] >= LARGER]
            if len(has) < 2:
                continue
            first, last = (large if len(large) > 1 else has)[0], has[-1]
            low, high = found[first], found[last]
            if rows[f"{quantity}_lower"][first] <= 0.0:
                continue  # a ratio to what may be nothing
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
            for smallest in fit_ranges(rows["n_spins"][kept], LARGER):
                part = kept & (rows["n_spins"] >= smallest).to_numpy()
                words = {**named, "quantity": quantity, "from_n": smallest}
                cut = rows[f"{quantity}{TRUNCATION}"].to_numpy()[part]
                yield _with_truncation(laws_of(words, table[part], draws[:, part], why), table[part], draws[:, part], cut)


def _limits(grid: Grid) -> Iterator[pd.DataFrame]:
    """Laws in N of the mean at each point."""
    for t, x in enumerate(grid.x):
        has = np.isfinite(grid.found.mean[:, t]) & (grid.found.used[:, t] > 1)
        rows = pd.DataFrame({"n_spins": grid.n_spins, "value": grid.found.mean[:, t], "samples": grid.found.used[:, t]})
        if not has.any():
            continue
        for smallest in fit_ranges(rows["n_spins"][has], LARGER):
            part = has & (grid.n_spins >= smallest)
            named = {"path": grid.path, "measure": grid.measure, "t_z_over_t_d": float(x), "from_n": smallest}
            draws = grid.found.resampled[:, part, t]
            yield _with_truncation(laws_of(named, rows[part], draws), rows[part], draws, grid.truncation[part, t])


def _with_truncation(fits: pd.DataFrame, rows: pd.DataFrame, draws: Array, truncation: Array) -> pd.DataFrame:
    """Fits with what the cuts may have made of limits and exponents, whatever the signs of their errors."""
    drawn = draws[np.isfinite(draws).all(axis=1)]
    n, values = (rows[name].to_numpy(dtype=np.float64) for name in ("n_spins", "value"))
    errors = drawn.std(axis=0) if len(drawn) else np.full(n.size, np.nan)
    limits, exponents = np.full(len(fits), np.nan), np.full(len(fits), np.nan)
    for place, fit in enumerate(fits.to_dict("records")):
        if np.isfinite(fit["limit"]):
            limits[place] = np.abs(limit_weights(n, errors, fit["law"])) @ truncation
        if np.isfinite(fit["exponent"]):
            weights = values / errors  # of ln m over ln N
            gain = np.linalg.pinv(np.column_stack([np.ones(n.size), np.log(n)]) * weights[:, None]) * weights
            exponents[place] = np.abs(gain[1]) @ (truncation / values)
    return fits.assign(**{f"limit{TRUNCATION}": limits, f"exponent{TRUNCATION}": exponents})


def _changes(grid: Grid) -> Iterator[dict[str, object]]:
    """The largest size that takes part at each point against the smallest of 8 or more."""
    known = np.isfinite(grid.found.mean) & (grid.found.used > 1)
    for t, x in enumerate(grid.x):
        sizes = np.flatnonzero(known[:, t] & (grid.n_spins >= LARGER))
        if sizes.size < 2:
            continue
        first, last = sizes[0], sizes[-1]
        draws = grid.found.resampled[:, last, t] - grid.found.resampled[:, first, t]
        yield {
            "path": grid.path,
            "measure": grid.measure,
            "t_z_over_t_d": float(x),
            "from_n": int(grid.n_spins[first]),
            "to_n": int(grid.n_spins[last]),
            "difference": float(grid.found.mean[last, t] - grid.found.mean[first, t]),
            "difference_sem": float(np.nanstd(draws)),
            "truncation": float(grid.truncation[first, t] + grid.truncation[last, t]),
        }


def _collapse(grid: Grid) -> Iterator[dict[str, object]]:
    """One curve for all sizes from 8 on, stretched by N^s about c."""
    known = np.isfinite(grid.found.mean) & (grid.found.sem > 0.0) & (grid.n_spins >= LARGER)[:, None]
    k, t = np.nonzero(known)
    sizes = np.unique(k).size
    if sizes < FEWEST_SIZES or np.unique(t).size <= PIECES + CUBIC:
        return
    curve = _Stretched(np.log10(grid.x[t]), grid.n_spins[k] / LARGER, grid.found.sem[k, t])
    y, draws = grid.found.mean[k, t], grid.found.resampled[:, k, t]
    c, s = curve.fitted(y)
    complete = draws[np.isfinite(draws).all(axis=1)][:STRETCHED]
    found = np.array([s, *(curve.fitted(draw, (c, s))[1] for draw in complete)])
    rms = [float(np.sqrt(np.mean((curve.errors * curve.left(y, c, stretch)) ** 2))) for stretch in (0.0, s)]
    yield {
        "path": grid.path,
        "measure": grid.measure,
        "from_n": int(grid.n_spins[k].min()),
        "to_n": int(grid.n_spins[k].max()),
        "sizes": sizes,
        "values": y.size,
        "centre": float(10.0**c),
        **estimate("s", found),
        f"s{TRUNCATION}": float(np.abs(curve.gain(y, c, s)) @ grid.truncation[k, t]),
        "rms_of_one_curve": rms[0],
        "rms": rms[1],
    }


@dataclass(frozen=True)
class _Stretched:
    """Values y (J,) at log10 x and N/8 as F((log10 x - c) (N/8)^s), F a cubic spline that is found for each c and s."""

    log_x: Array
    size: Array
    errors: Array

    def left(self, y: Array, c: float, s: float) -> Array:
        """Residuals (J,) in their errors."""
        return self._free(c, s) @ (y / self.errors)

    def fitted(self, y: Array, start: tuple[float, float] | None = None) -> tuple[float, float]:
        """The best c and s."""
        low, high = float(self.log_x.min()), float(self.log_x.max())

        def residuals(parameters: Array) -> Array:
            return self.left(y, float(parameters[0]), float(parameters[1]))

        if start is None:  # there are other minima
            places = itertools.product(np.linspace(low, high, 9)[1:-1], np.linspace(-1.0, 1.0, 21))
            start = min(places, key=lambda place: float(np.sum(residuals(np.array(place)) ** 2)))
        found = least_squares(residuals, start, bounds=([low, -MOST_STRETCH], [high, MOST_STRETCH]))
        return float(found.x[0]), float(found.x[1])

    def gain(self, y: Array, c: float, s: float) -> Array:
        """ds/dy (J,), to first order."""
        step = 1e-4
        slopes = [
            (self.left(y, c + dc, s + ds) - self.left(y, c - dc, s - ds)) / (2 * step)
            for dc, ds in ((step, 0.0), (0.0, step))
        ]
        return np.asarray(-(np.linalg.pinv(np.column_stack(slopes)) @ self._free(c, s))[1] / self.errors)

    def _free(self, c: float, s: float) -> Array:
        """What no spline can change (J, J)."""
        u = (self.log_x - c) * self.size**s
        knots = np.quantile(u, np.linspace(0.0, 1.0, PIECES + 1))
        ends = np.concatenate([knots[[0] * CUBIC], knots, knots[[-1] * CUBIC]])
        basis = BSpline.design_matrix(u, ends, CUBIC).toarray() / self.errors[:, None]
        return np.asarray(np.eye(u.size) - basis @ np.linalg.pinv(basis))


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
    """What the summary run logs: slopes by size, how each number changed with N, and the s of a collapse."""
    rows = tables["crossover"].to_dict("records")
    found = {f"obs.slope.{row['path']}.{row['measure']}.N{row['n_spins']}": float(row["slope"]) for row in rows}
    for row in tables["sharpening"].to_dict("records"):
        found[f"obs.{row['quantity']}_ratio.{row['path']}.{row['measure']}"] = float(row["ratio"])
    for row in tables["collapse"].to_dict("records"):
        found[f"obs.collapse_s.{row['path']}.{row['measure']}"] = float(row["s"])
    return found
