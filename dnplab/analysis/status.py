"""How far a sweep is: every point that was asked for, with the state of its newest run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dnplab.analysis.completeness import canonical
from dnplab.tracking import (
    DIGESTS,
    OUTDATED,
    DeclaredSweep,
    Store,
    TrackedRun,
    abandoned,
    digests_of,
    find_runs,
    local_folder,
)

__all__ = ["STATES", "SweepStatus", "sweep_status"]

STATES = ("done", "running", "stale", "stopped", "failed", "outdated", "missing")
_STATE = {"FINISHED": "done", "FAILED": "failed", "KILLED": "stopped", "RUNNING": "running", "SCHEDULED": "running"}


@dataclass(frozen=True, eq=False)
class SweepStatus:
    """The state of a sweep.

    grid : a row a point, with its parameters, `state`, `realizations` ("12/40": stored of those asked for, where they can
        be counted from here) and `error`
    command : what finishes it; empty where it is not known
    """

    name: str
    experiment: str
    grid: pd.DataFrame
    command: str

    @property
    def counts(self) -> dict[str, int]:
        """How many points are in each state that occurs."""
        found = self.grid["state"].value_counts()
        return {state: int(found[state]) for state in STATES if state in found}

    @property
    def complete(self) -> bool:
        """Whether every point is done."""
        return set(self.counts) <= {"done"}


def sweep_status(store: Store, name: str, asked: DeclaredSweep) -> SweepStatus:
    """Look up every point of a declared sweep."""
    runs = find_runs(store, **{f"sweep.{name}": "1"})
    best: dict[tuple[object, ...], TrackedRun] = {}
    for run in runs:  # newest first; a finished run counts before any other
        mark = tuple(canonical(run.params.get(key, "")) for key in asked.keys)
        if mark not in best or (_is_done(run) and not _is_done(best[mark])):
            best[mark] = run
    points: Sequence[Mapping[str, object]]
    if asked.points is not None:
        points = asked.points
    else:  # too many to be stored: those that have begun, and as many unknown ones as are missing
        points = [dict(zip(asked.keys, mark, strict=True)) for mark in best]
        points = [*points, *(dict.fromkeys(asked.keys, "?") for _ in range(asked.count - len(best)))]
    rows = [{**point, **_row(best.get(tuple(map(canonical, point.values()))))} for point in points]
    command = f"python -m experiments.run {asked.words}" if asked.words else ""
    return SweepStatus(name, store.experiment, pd.DataFrame(rows), command)


def _is_done(run: TrackedRun) -> bool:
    return run.status == "FINISHED" and OUTDATED not in run.tags


def _row(run: TrackedRun | None) -> dict[str, str]:
    if run is None:
        return {"state": "missing", "realizations": "", "error": ""}
    state = "stale" if run.status == "RUNNING" and abandoned(run) else _STATE[run.status]
    reason = run.tags.get(OUTDATED) or _lost(run)
    if state == "done" and reason:
        state = "outdated"
    asked = _indices(run)
    folder = Path(run.tags.get("checkpoints") or "/nowhere")
    stored: object = len(asked)
    if state != "done":  # the folder may hold samples of larger ensembles, and of other shards
        names = [file.stem for file in folder.glob("*.npz") if file.stem.isascii() and file.stem.isdigit()]
        stored = sum(int(name) in asked for name in names) if folder.is_dir() else "?"
    errors = {"failed": run.tags.get("error", ""), "stale": run.tags.get("error", ""), "outdated": reason}
    return {"state": state, "realizations": f"{stored}/{len(asked)}" if asked else "", "error": errors.get(state, "")}


def _lost(run: TrackedRun) -> str:
    """What a finished run of this machine lacks; the command that made it asks more of its files."""
    folder = local_folder(run.artifacts)
    if folder is None or DIGESTS not in run.tags:
        return ""
    lost = digests_of(run).keys() - {path.name for path in folder.glob("*")}
    return f"{min(lost)} is gone" if lost else ""


def _indices(run: TrackedRun) -> range:
    """The realizations of an ensemble or its shard, as `EnsembleSpec.indices` has them; none of a study."""
    try:
        count = int(run.params["ensemble.realizations"])
        part, parts = map(int, run.params.get("ensemble.shard", "1/1").split("/"))
    except (KeyError, ValueError):
        return range(0)
    return range((part - 1) * count // parts, part * count // parts)
