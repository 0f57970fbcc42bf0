"""The finished runs of one sweep, by one paged search of the store: which they are, and what is missing.

Runs of one crossover must share their disorder samples. Every parameter that says which samples they are (system,
drive, seed) and that takes more than one value among the runs becomes an extra grouping column, so that two system
sizes are two crossovers and never one average.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from dnplab.analysis.completeness import Point, canonical, describe_missing, distinct, missing_points
from dnplab.errors import TrackingError
from dnplab.tracking import (
    OUTDATED,
    DeclaredSweep,
    Store,
    TrackedRun,
    declared_sweeps,
    digests_of,
    experiment_names,
    find_runs,
    read_table,
    require_names,
    shown,
)

__all__ = ["AXES", "SweepRuns", "find_sweep"]

FINISHED = "FINISHED"
AXES = ("model", "bath.temperature_k")
SAMPLE_PARAMS = ("system.", "drive.", "ensemble.seed")


@dataclass(frozen=True)
class SweepRuns:
    """The finished runs of a sweep, one a point.

    name : the sweep's id
    runs : as the store holds them, by model and temperature
    table : a row a run, in the same order: run_id, name, tags `numerics` and `fingerprint`, params, metrics
    groups : params other than model and temperature that tell crossovers of the sweep apart
    expected : number of points that were asked for
    missing : those without a finished run (empty ones where the sweep was too long to store them)
    declared : whether it is known what was asked for
    warnings : sentences on what looks wrong
    """

    store: Store
    name: str
    runs: tuple[TrackedRun, ...]
    table: pd.DataFrame
    groups: tuple[str, ...]
    expected: int
    missing: tuple[Point, ...]
    declared: bool
    warnings: tuple[str, ...]

    @property
    def completeness(self) -> str:
        """One sentence: which points have no finished run."""
        return describe_missing(self.missing, self.expected)

    def require_files(self) -> dict[str, set[str]]:
        """The names of the files of every run, by run_id.

        Raises:
            DamagedRunError: a table that was logged is gone.

        """
        found = {run.run_id: self.store.file_names(run) for run in self.runs}
        for run in self.runs:
            logged = {"realizations.parquet", *(name for name in digests_of(run) if name.endswith(".parquet"))}
            require_names(run, logged, found[run.run_id])
        return found

    def long(self, name: str, keys: pd.DataFrame, files: Mapping[str, set[str]]) -> pd.DataFrame:
        """The Parquet file `name` of every run that has it, with its row of `keys` (a row a run) in front."""
        have = [row for row, run in enumerate(self.runs) if name in files[run.run_id]]
        parts = [read_table(self.store, self.runs[row], name) for row in have]
        if not parts:
            return pd.DataFrame(columns=[*keys.columns, "realization"])
        parts = [part if "realization" in part else part.reset_index() for part in parts]
        rows = [row for row, part in zip(have, parts, strict=True) for _ in range(len(part))]
        front = keys.iloc[rows].reset_index(drop=True)
        return pd.concat([front, pd.concat(parts, ignore_index=True)], axis="columns")


def find_sweep(
    uri: str, experiment: str | None, sweep: str | None = None, tags: Mapping[str, str] | None = None
) -> SweepRuns:
    """The FINISHED runs tagged `sweep.<sweep>` (the one asked for last if None) that carry all of `tags`.

    An experiment of None looks through all of the store, and passes over sweeps of studies and shards, which have no table.
    What is missing is told of the sweep, whatever `tags` leave of it.

    Raises:
        TrackingError: there are no runs, or the sweep is unknown (the message lists those that exist).

    """
    names = experiment_names(uri) if experiment is None else [experiment]
    stores = {store: declared_sweeps(store) for store in (Store(uri, name, create=False) for name in names)}
    store, name = _chosen(stores, sweep, uri, experiment)
    declared = stores[store]
    with _without_collection():
        tagged = find_runs(store, **{f"sweep.{name}": "1"})
    if not tagged and name not in declared:
        known = ", ".join(sorted(name for sweeps in stores.values() for name in sweeps)) or "none"
        raise TrackingError(f"There is no sweep {name!r} in {_place(uri, experiment)}; known sweeps: {known}.")
    finished = [run for run in tagged if run.status == FINISHED]
    if not finished:
        raise TrackingError(f"The sweep {name!r} has no finished run yet; the command that started it finishes it.")
    asked = declared.get(name)
    expected, missing, undeclared = _completeness(_runs_table(finished), asked)
    chosen = _with_tags(finished, tags or {}, name)
    left_out = (f"{len(chosen)} of {len(finished)} finished runs carry the tags asked for.",) if tags else ()
    runs, params = _runs_table(chosen), list(dict.fromkeys(key for run in chosen for key in run.params))
    groups = _group_columns(runs, [key for key in params if key in AXES or _differs(runs[key])], asked)
    runs, repeated = _newest_of_each_point(runs, [*groups, *AXES])
    by_id = {run.run_id: run for run in chosen}
    return SweepRuns(
        store=store,
        name=name,
        runs=tuple(by_id[run_id] for run_id in runs["run_id"]),
        table=runs,
        groups=groups,
        expected=expected,
        missing=tuple(missing),
        declared=asked is not None,
        warnings=(
            *undeclared,
            *left_out,
            *repeated,
            *_outdated_warning(by_id[run_id] for run_id in runs["run_id"]),
            *_version_warning(runs),
        ),
    )


def _outdated_warning(runs: Iterable[TrackedRun]) -> tuple[str, ...]:
    count = sum(OUTDATED in run.tags for run in runs)
    if not count:
        return ()
    return (f"{count} of these runs are to be made again (rerun=true, or damage), which has not happened yet.",)


@contextmanager
def _without_collection() -> Iterator[None]:
    """MLflow makes a hundred objects a run, none of which is garbage: to look for it among them took half of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _chosen(
    stores: Mapping[Store, Mapping[str, DeclaredSweep]], sweep: str | None, uri: str, experiment: str | None
) -> tuple[Store, str]:
    """Where the sweep of a name is, or the one that was asked for last."""
    known = [(store, name, asked) for store, sweeps in stores.items() for name, asked in sweeps.items()]
    known = [found for found in known if sweep in (None, found[1])]
    if sweep is None and experiment is None:  # studies and shards have no table
        known = [found for found in known if found[2].summary] or known
    if known:
        now_ms = time.time() * 1e3  # a sweep of tomorrow was asked for while the clock was wrong
        return max(known, key=lambda found: (found[2].asked_ms <= now_ms, found[2].asked_ms))[:2]
    if sweep is not None:  # which nobody may have declared
        tagged = (store for store in stores if len(stores) == 1 or find_runs(store, **{f"sweep.{sweep}": "1"}))
        return next(tagged, next(iter(stores))), sweep
    raise TrackingError(
        f"There is no sweep in {_place(uri, experiment)}; `python -m experiments.run -m experiment=crossover` makes one."
    )


def _place(uri: str, experiment: str | None) -> str:
    store = f"the store {shown(uri)!r}"
    return store if experiment is None else f"the experiment {experiment!r} of {store}"


def _completeness(runs: pd.DataFrame, asked: DeclaredSweep | None) -> tuple[int, list[Point], tuple[str, ...]]:
    """(number of points, points without a finished run, warnings)."""
    if asked is None:
        unknown = "It is not known which points were asked for: the experiment does not declare this sweep."
        return len(runs), [], (unknown,)
    seen = [dict(zip(asked.keys, row, strict=True)) for row in zip(*_columns(runs, asked.keys), strict=True)]
    if asked.points is None:
        return asked.count, [{}] * (asked.count - len(distinct(seen))), ()
    return asked.count, missing_points(seen, asked.points), ()


def _columns(runs: pd.DataFrame, keys: Sequence[str]) -> list[list[object]]:
    return [runs[key].tolist() if key in runs else [None] * len(runs) for key in keys]


def _with_tags(runs: Sequence[TrackedRun], tags: Mapping[str, str], sweep: str) -> list[TrackedRun]:
    """The runs that carry all the tags; TrackingError where none does."""
    chosen = list(runs)
    for key, value in tags.items():
        present = sorted({run.tags[key] for run in chosen if key in run.tags})
        chosen = [run for run in chosen if run.tags.get(key) == str(value)]
        if not chosen:
            there = f"they have {', '.join(map(repr, present))}" if present else "they have no such tag"
            raise TrackingError(f"No finished run of the sweep {sweep!r} has the tag {key!r} with {value!r}; {there}.")
    return chosen


def _runs_table(runs: Sequence[TrackedRun]) -> pd.DataFrame:
    """A row per run, by model and temperature, and newest first where these are equal."""
    rows = [
        {
            "run_id": run.run_id,
            "name": run.name,
            "numerics": run.tags.get("numerics", "unknown"),
            "fingerprint": run.tags.get("fingerprint", ""),
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


def _version_warning(runs: pd.DataFrame) -> tuple[str, ...]:
    """A sentence where other solvers or models have computed some of the numbers; other commits alone are no reason."""
    versions = sorted(set(runs["numerics"]))
    if len(versions) < 2:
        return ()
    return (f"The numbers of these runs come from {len(versions)} versions of the code: {', '.join(versions)}.",)
