"""The tracked runs of one sweep as tidy tables, with what is missing and what looks wrong.

Runs of one crossover must share their disorder samples. Every parameter that says which samples
they are (system, drive, seed) and that takes more than one value among the runs becomes an extra
grouping column, so that two system sizes are two crossovers and never one average.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dnplab.analysis.completeness import Point, canonical, describe_missing, distinct, missing_points
from dnplab.errors import DamagedRunError, TrackingError
from dnplab.tracking import DIGESTS, DeclaredSweep, Store, TrackedRun, declared_sweeps, find_runs, read_table

__all__ = ["Sweep", "read_sweep"]

FINISHED = "FINISHED"
AXES = ("model", "bath.temperature_k")
SAMPLE_PARAMS = ("system.", "drive.", "ensemble.seed")


@dataclass(frozen=True)
class Sweep:
    """The finished runs of a sweep.

    `runs` has a row per run (run_id, name, tags `code_version`, `fingerprint`, `digests`, params, metrics).
    `realizations` and `spins` are long tables over all runs with the columns of `groups`, `model`
    and `temperature_k` in front; `spins` is empty where no run stored a profile. `spectra` holds the
    EPR spectra, averaged over the realizations, in the same way; `eigenstates` those of rho of
    realization 0, and `sz_values` their <S_i^z>. `missing` lists the points without a finished run
    (empty ones where the sweep was too long to store them).
    """

    name: str
    runs: pd.DataFrame
    realizations: pd.DataFrame
    spins: pd.DataFrame
    groups: tuple[str, ...]
    expected: int
    missing: tuple[Point, ...]
    warnings: tuple[str, ...]
    spectra: pd.DataFrame = field(default_factory=pd.DataFrame)
    eigenstates: pd.DataFrame = field(default_factory=pd.DataFrame)
    sz_values: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def completeness(self) -> str:
        """One sentence: which points have no finished run."""
        return describe_missing(self.missing, self.expected)


def read_sweep(uri: str, experiment: str, sweep: str | None = None) -> Sweep:
    """Gather the FINISHED runs tagged `sweep.<sweep>`; the one asked for last if None.

    Raises:
        TrackingError: there are no runs, or the sweep is unknown (the message lists those that
            exist).

    """
    store = Store(uri, experiment, create=False)
    declared = declared_sweeps(store)
    name = sweep or _latest(declared, store)
    tagged = find_runs(store, **{f"sweep.{name}": "1"})
    if not tagged and name not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise TrackingError(f"There is no sweep {name!r} in the experiment {experiment!r}; known sweeps: {known}.")
    finished = [run for run in tagged if run.status == FINISHED]
    if not finished:
        raise TrackingError(f"The sweep {name!r} has no finished run yet; the command that started it finishes it.")
    runs, params = _runs_table(finished), _param_names(finished)
    varying = [key for key in params if key in AXES or _differs(runs[key])]
    asked = declared.get(name)
    groups = _group_columns(runs, varying, asked)
    expected, missing, undeclared = _completeness(runs, asked)
    runs, repeated = _newest_of_each_point(runs, [*groups, *AXES])
    _require_files(store, runs)
    realizations = _long_table(store, runs, groups, "realizations.parquet")
    if realizations.empty:
        raise TrackingError(f"The runs of the sweep {name!r} hold no realization: none of them converged.")
    return Sweep(
        name=name,
        runs=runs,
        realizations=realizations,
        spins=_long_table(store, runs, groups, "spins.parquet"),
        groups=groups,
        expected=expected,
        missing=tuple(missing),
        spectra=_long_table(store, runs, groups, "spectrum.parquet"),
        eigenstates=_long_table(store, runs, groups, "eigenstates.parquet"),
        sz_values=_long_table(store, runs, groups, "sz_values.parquet"),
        warnings=(*undeclared, *repeated, *_version_warning(runs)),
    )


def _latest(declared: Mapping[str, DeclaredSweep], store: Store) -> str:
    """The sweep that was asked for last."""
    if declared:
        now_ms = time.time() * 1e3  # a sweep of tomorrow was asked for while the clock was wrong
        return max(declared, key=lambda name: (declared[name].asked_ms <= now_ms, declared[name].asked_ms))
    raise TrackingError(
        f"There is no sweep in the experiment {store.experiment!r} of {store.uri!r}; "
        "`python -m experiments.run -m experiment=crossover` makes one."
    )


def _completeness(runs: pd.DataFrame, asked: DeclaredSweep | None) -> tuple[int, list[Point], tuple[str, ...]]:
    """(number of points, points without a finished run, warnings)."""
    if asked is None:
        unknown = "It is not known which points were asked for: the experiment does not declare this sweep."
        return len(runs), [], (unknown,)
    seen = [{key: run.get(key) for key in asked.keys} for run in runs.to_dict("records")]
    if asked.points is None:
        return asked.count, [{}] * (asked.count - len(distinct(seen))), ()
    return asked.count, missing_points(seen, asked.points), ()


def _param_names(runs: Sequence[TrackedRun]) -> list[str]:
    return list(dict.fromkeys(key for run in runs for key in run.params))


def _runs_table(runs: Sequence[TrackedRun]) -> pd.DataFrame:
    """A row per run, by model and temperature, and newest first where these are equal."""
    rows = [
        {
            "run_id": run.run_id,
            "name": run.name,
            "code_version": run.tags.get("code_version", ""),
            "fingerprint": run.tags.get("fingerprint", ""),
            "digests": run.tags.get(DIGESTS, "{}"),
            **{key: canonical(value) for key, value in run.params.items()},
            **run.metrics,
        }
        for run in runs
    ]
    table = pd.DataFrame(rows)
    absent = [key for key in AXES if key not in table or table[key].isna().any()]
    if absent:
        raise TrackingError(f"Runs of this sweep do not record the parameter {absent[0]!r}.")
    return table.sort_values(list(AXES), ignore_index=True, kind="stable")


def _differs(values: pd.Series) -> bool:
    return len(set(map(str, values))) > 1


def _require_files(store: Store, runs: pd.DataFrame) -> None:
    for run_id, name, digests in zip(runs["run_id"], runs["name"], runs["digests"], strict=True):
        logged = {"realizations.parquet", *(file for file in _digests(run_id, digests) if file.endswith(".parquet"))}
        if logged - store.artifact_names(run_id):
            raise DamagedRunError(run_id, f"The files of the finished run {name!r} ({run_id}) are gone from the store")


def _digests(run_id: str, text: str) -> dict[str, str]:
    """The digests of a run's files by their names."""
    try:
        return {str(name): str(digest) for name, digest in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise DamagedRunError(run_id, f"The tag {DIGESTS} of the run {run_id} is not what was logged") from error


def _names_a_point(key: str) -> bool:
    """Whether a parameter says which samples a run is about, or is an axis of the crossover."""
    return key in AXES or key.startswith(SAMPLE_PARAMS)


def _group_columns(runs: pd.DataFrame, varying: Sequence[str], asked: DeclaredSweep | None) -> tuple[str, ...]:
    """Parameters other than model and temperature that tell crossovers of one sweep apart.

    Besides those that were swept or name samples, they are all that differ at one point of the sweep;
    the bath's times, which follow the temperature and the kind of bath, are then none of them.
    """
    swept = [key for key in asked.keys if key in runs] if asked is not None else []
    cells = runs.groupby(list(dict.fromkeys([*AXES, *swept])), dropna=False)
    differing = [key for key in varying if _names_a_point(key) or cells[key].agg(_differs).any()]
    return tuple(dict.fromkeys(key for key in [*swept, *differing] if key not in AXES))


def _newest_of_each_point(runs: pd.DataFrame, point: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One run per point, the newest, and a warning if others were dropped."""
    kept = runs.drop_duplicates(list(point), ignore_index=True)
    dropped = len(runs) - len(kept)
    if not dropped:
        return kept, ()
    return kept, (f"{dropped} finished runs repeat the parameters of a newer one and are left out.",)


def _long_table(store: Store, runs: pd.DataFrame, groups: tuple[str, ...], artifact: str) -> pd.DataFrame:
    """The Parquet `artifact` of every run that has it, under columns that name the run."""
    parts: list[pd.DataFrame] = []
    for run in runs.to_dict("records"):
        run_id = str(run["run_id"])
        if artifact not in store.artifact_names(run_id):
            continue
        part = read_table(store, run_id, artifact, _digests(run_id, str(run["digests"])).get(artifact))
        if "realization" not in part:
            part = part.reset_index()
        names = {**{key: run[key] for key in groups}, "model": run["model"]}
        names["temperature_k"] = run["bath.temperature_k"]
        for position, (key, value) in enumerate(names.items()):
            part.insert(position, key, value)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=[*groups, "model", "temperature_k", "realization"])
    return pd.concat(parts, ignore_index=True)


def _version_warning(runs: pd.DataFrame) -> tuple[str, ...]:
    versions = sorted({str(version)[:12] for version in runs["code_version"]})
    if len(versions) < 2:
        return ()
    return (f"These runs come from {len(versions)} versions of the code: {', '.join(versions)}.",)
