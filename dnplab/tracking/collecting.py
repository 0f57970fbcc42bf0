"""Runs of one store copied into another: what nodes without a network have logged on their own."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dnplab.errors import DamagedRunError
from dnplab.tracking._mlflow import translated
from dnplab.tracking.addresses import local_folder
from dnplab.tracking.files import OUTDATED, digests_of
from dnplab.tracking.reading import TrackedRun, find_runs
from dnplab.tracking.store import Store
from dnplab.tracking.writing import finished_run, held, keep_newest, new_run, withdraw

if TYPE_CHECKING:
    from mlflow.entities import Metric

__all__ = ["copy_finished"]

COPIED = "copied_from"  # the run id in the store that it comes from
BATCH = 1000  # metrics a request, MLflow's own limit


def copy_finished(source: Store, target: Store, home: Path) -> Counter[str]:
    """Copy every FINISHED run that the target does not have, whole or not at all; how many were "copied", "known", "lost".

    Runs are the same if they have the same fingerprint; those without one (summaries) are drawn anew and not copied. A
    copy that was interrupted is deleted and begun again. Declared sweeps of the source become those of the target.
    Damaged files are known by the run's digests, and the command that made the run makes it again; a run that is to be made
    again, or lacks a file ("lost"), is not copied.

    home : the output folder that the source lies in, which may have been moved since
    """
    counts: Counter[str] = Counter()
    for key, text in source.experiment_tags().items():
        if key.startswith("sweep.") and key not in target.experiment_tags():
            target.tag_experiment(key, text)
    for run in reversed(source.search("attributes.status = 'FINISHED'")):  # the oldest first
        mark = run.tags.get("fingerprint", "")
        if not mark or OUTDATED in run.tags:
            continue
        if finished_run(target, mark) is not None:
            counts["known"] += 1
        elif not _has_files(source, here := _found_again(run, home)):
            counts["lost"] += 1
        else:
            _copy(source, target, here)
            keep_newest(target, mark)  # another command may have copied it meanwhile
            counts["copied"] += 1
    return counts


def _found_again(run: TrackedRun, home: Path) -> TrackedRun:
    """The same run with its files where they are: a store names the places where they were when they were logged."""
    logged = local_folder(run.artifacts)
    if logged is None or logged.is_dir():
        return run
    below = (home.joinpath(*logged.parts[-depth:]) for depth in (3, 4))  # mlartifacts/[<experiment>/]<run>/artifacts
    moved = next((folder for folder in below if folder.is_dir()), logged)
    return replace(run, artifacts=moved.as_uri())


def _has_files(source: Store, run: TrackedRun) -> bool:
    try:
        return digests_of(run).keys() <= source.file_names(run)
    except DamagedRunError:  # of digests that cannot be read
        return False


def _copy(source: Store, target: Store, run: TrackedRun) -> None:
    for torn in find_runs(target, **{COPIED: run.run_id}):
        if not held(torn):
            withdraw(target, torn.run_id, "it was copied again")
    mark = {COPIED: run.run_id, "fingerprint": run.tags["fingerprint"]}
    with new_run(target, run.name, mark, run.started_ms) as writer:
        with translated(target.uri, "copying a run"), tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
            for name in sorted(source.file_names(run)):
                (Path(folder) / name).write_bytes(source.content(run, name))
            metrics = _history(source, run)
            for first in range(0, len(metrics), BATCH):
                target.client.log_batch(writer.run_id, metrics=metrics[first : first + BATCH])
            target.client.log_artifacts(writer.run_id, folder)
        writer.log(params=run.params, tags=_own(source, run) | run.tags)  # last: until now its owner is this process


def _own(source: Store, run: TrackedRun) -> dict[str, str]:
    """MLflow's own tags: a run's colour, its tables that are shown side by side, the commit."""
    with translated(source.uri, "reading tags"):
        tags = source.client.get_run(run.run_id).data.tags
    return {key: value for key, value in tags.items() if key.startswith("mlflow.") and key != "mlflow.runName"}


def _history(source: Store, run: TrackedRun) -> list[Metric]:
    """Every value of every metric, with its time and step."""
    with translated(source.uri, "reading metrics"):
        return [point for key in run.metrics for point in source.client.get_metric_history(run.run_id, key)]
