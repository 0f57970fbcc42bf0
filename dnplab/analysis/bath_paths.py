"""Sweeps that are joined along paths through the bath's times, `dnplab.config.bath_paths`, on which localization sets in.

T_z = T(0) = T*, in µs. The axis of all paths is T_z / T_D with T_D = 1/U = 1 / (2 pi coupling_mhz): the time in which two
spins exchange, which the bath has to interrupt. The letter's min(1/U, 1/Delta omega_e) would be 1/Delta omega_e, the time in
which two spins of different frequency come out of phase: they do so without a bath, too, and Table I at 12 K, where a hole
is burned, has T_z = 0.75/U but 5/Delta omega_e. Neither depends on N, so that the choice is one of units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dnplab.analysis.grids import Array
from dnplab.analysis.parameters import joined_warnings
from dnplab.analysis.sweep import Sweep
from dnplab.bath import Bath
from dnplab.config.bath_paths import PATHS, off_path
from dnplab.errors import UndefinedMeasureError
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["CUT_MODEL", "EXACT_MODEL", "PATHS", "POINT", "join_paths"]

EXACT_MODEL, CUT_MODEL = "nonsecular", "correlation"
ALIKE = (
    "system.coupling_mhz", "system.disorder_mhz", "system.electron_ghz", "system.ising", "drive.frequency_ghz",
    "drive.sites", "bath.process", "ensemble.seed",
)  # fmt: skip
COLUMNS = {
    "model": "model",
    "n_spins": "system.n_spins",
    "order": "correlation.order",
    "t_z_us": "bath.t_zero_us",
    "t1_us": "bath.t1_us",
    "temperature_k": "bath.temperature_k",
    "amplitude_mhz": "drive.amplitude_mhz",
}
POINT = ("path", "model", "n_spins", "order", "t_z_over_t_d", "t_z_us", "t1_us", "temperature_k", "amplitude_mhz")
NUMBERS = ("t_z_over_t_d", "t_z_us", "t1_us", "temperature_k", "amplitude_mhz")
SAME = 1e-5  # relative: a time that comes from a law and one that was typed are one point


def join_paths(sweeps: Sequence[Sweep]) -> Sweep:
    """One sweep of one or several, each of which walks one path, of any sizes, orders and numbers of samples.

    `realizations` and `spins` have the columns `POINT`, run_id and p_zero = |P_0| in front; order is NaN of the exact model.
    A point that several sweeps have on one path is used once, with the larger number of samples.

    Raises:
        UndefinedMeasureError: a sweep walks no path or has none of the two models, or the sweeps differ in what all have to
            share.

    """
    name = "+".join(sweep.name for sweep in sweeps)
    parts = [_points(sweep).assign(sweep=number) for number, sweep in enumerate(sweeps)]
    points = pd.concat(parts, ignore_index=True)
    points = points.assign(**{column: _alike(points[column].to_numpy(dtype=np.float64)) for column in NUMBERS})
    _require_shared(points, name)
    points = points.sort_values("samples", ascending=False, kind="stable").drop_duplicates(list(POINT))
    points = points.sort_values(list(POINT), ignore_index=True)
    for path, rows in points.groupby("path"):
        _require_one(str(path), rows, name)
    tables = {}
    for table in ("realizations", "spins"):
        found = [_long(sweep, table, points[points["sweep"] == number]) for number, sweep in enumerate(sweeps)]
        tables[table] = pd.concat(found, ignore_index=True)
    return Sweep(
        name=name,
        runs=points,
        groups=tuple(column for column in POINT if column not in ("model", "temperature_k")),
        expected=sum(sweep.expected for sweep in sweeps),
        missing=tuple(point for sweep in sweeps for point in sweep.missing),
        warnings=joined_warnings(sweeps),
        **tables,
    )


def _points(sweep: Sweep) -> pd.DataFrame:
    """The runs of a sweep that are exact or cut, with the columns `POINT`, samples and p_zero, and what has to be alike."""
    runs = sweep.runs[sweep.runs["model"].isin((EXACT_MODEL, CUT_MODEL))]
    if runs.empty:
        has = ", ".join(sorted(set(sweep.runs["model"])))
        raise UndefinedMeasureError(
            f"A path needs model={EXACT_MODEL},{CUT_MODEL}; the sweep {sweep.name!r} has {has} only."
        )
    t_zero, t_star = (runs[f"bath.{time}"].to_numpy(dtype=np.float64) for time in ("t_zero_us", "t_star_us"))
    if not (np.isfinite(t_zero).all() and np.allclose(t_zero, t_star, rtol=SAME, atol=0.0)):
        raise UndefinedMeasureError(
            f"A path has finite T(0) = T*, as bath=uniform has; the sweep {sweep.name!r} has others."
        )
    path = next((path for path, key in PATHS.items() if len(set(runs[key])) > 1), None)
    if path is None:
        varies = ", ".join(PATHS.values())
        raise UndefinedMeasureError(f"The sweep {sweep.name!r} walks no path: it has one value each of {varies}.")
    points = pd.DataFrame({column: runs.get(key, np.nan) for column, key in COLUMNS.items()})
    points["t_z_over_t_d"] = RAD_US_PER_MHZ * runs["system.coupling_mhz"] * runs["bath.t_zero_us"]
    p_zero = [
        abs(Bath(t, 1.0, 1.0, 1.0).thermal_polarization(electron))
        for t, electron in zip(runs["bath.temperature_k"], runs["system.electron_ghz"], strict=True)
    ]
    points = points.assign(
        path=path,
        n_spins=runs["system.n_spins"].astype(int),
        run_id=runs["run_id"],
        samples=runs["ensemble.realizations"],
        p_zero=p_zero,
    )
    return pd.concat([points, runs[[key for key in ALIKE if key in runs]]], axis=1)


def _alike(values: Array) -> Array:
    """Values that differ by rounding alone are one: the smallest of them."""
    known = np.unique(values)
    new = np.append(True, np.diff(known) > SAME * known[1:])
    return np.asarray(known[new][np.cumsum(new)[np.searchsorted(known, values)] - 1])


def _require_shared(points: pd.DataFrame, name: str) -> None:
    """Ask for one value each of what no path varies."""
    for key in ALIKE:
        if key in points and len(values := sorted(set(map(str, points[key])))) > 1:
            raise UndefinedMeasureError(f"Paths share {key}, but it is {' and '.join(values)} in {name}.")


def _require_one(path: str, points: pd.DataFrame, name: str) -> None:
    """Ask that the points of one path lie on one."""
    columns = ("temperature_k", "t1_us", "t_z_us", "amplitude_mhz")
    if reason := off_path(path, *(points[column].to_numpy(dtype=np.float64) for column in columns)):
        raise UndefinedMeasureError(f"{reason} in {name}.")


def _long(sweep: Sweep, table: str, points: pd.DataFrame) -> pd.DataFrame:
    """A long table of a sweep at these of its points, whose columns stand in front."""
    values: pd.DataFrame = getattr(sweep, table)
    if values.empty or points.empty:
        return pd.DataFrame()
    keys = [*sweep.groups, "model", "temperature_k"]
    runs = sweep.runs.rename(columns={"bath.temperature_k": "temperature_k"})
    of_runs = runs[["run_id", *keys]].merge(values, on=keys).drop(columns=keys)
    return points[[*POINT, "run_id", "p_zero"]].merge(of_runs, on="run_id")
