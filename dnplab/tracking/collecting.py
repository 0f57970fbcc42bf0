"""Runs of one store copied into another: what nodes without a network have logged on their own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dnplab.tracking._mlflow import translated
from dnplab.tracking.reading import TrackedRun, find_runs
from dnplab.tracking.store import Store
from dnplab.tracking.writing import finished_run

if TYPE_CHECKING:
    from mlflow.entities import Metric

__all__ = ["copy_finished"]

COPIED = "copied_from"  # the run id in the store that it comes from
BATCH = 1000  # metrics a request, MLflow's own limit


def copy_finished(source: Store, target: Store) -> tuple[int, int]:
    """Copy every FINISHED run that the target does not have, whole or not at all; (copied, already there).

    Runs are the same if they have the same fingerprint; those without one (summaries) are drawn anew and not copied. A
    copy that was interrupted is deleted and begun again. Declared sweeps of the source become those of the target.
    Files that are damaged or gone are known by the run's digests; the command that made the run makes it again.
    """
    copied = known = 0
    for key, text in source.experiment_tags().items():
        if key.startswith("sweep.") and key not in target.experiment_tags():
            target.tag_experiment(key, text)
    for run in reversed(source.search("attributes.status = 'FINISHED'")):  # the oldest first
        mark = run.tags.get("fingerprint", "")
        if not mark:
            continue
        if finished_run(target, mark) is not None:
            known += 1
            continue
        _copy(source, target, run)
        copied += 1
    return copied, known


def _copy(source: Store, target: Store, run: TrackedRun) -> None:
    from mlflow.entities import Param, RunTag

    for torn in find_runs(target, **{COPIED: run.run_id}):
        with translated(target.uri, "deleting a torn copy"):
            target.client.delete_run(torn.run_id)
    with translated(target.uri, "copying a run"), tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        for name in sorted(source.artifact_names(run.run_id)):
            source.download(run.run_id, name, Path(folder))
        begun = target.client.create_run(
            target.experiment_id, start_time=run.started_ms, tags={COPIED: run.run_id}, run_name=run.name
        )
        new = begun.info.run_id
        metrics = _history(source, run)
        target.client.log_batch(new, params=[Param(key, value) for key, value in run.params.items()])
        target.client.log_batch(new, tags=[RunTag(key, value) for key, value in run.tags.items()])
        for first in range(0, len(metrics), BATCH):
            target.client.log_batch(new, metrics=metrics[first : first + BATCH])
        target.client.log_artifacts(new, folder)
        target.client.set_terminated(new, "FINISHED")


def _history(source: Store, run: TrackedRun) -> list[Metric]:
    """Every value of every metric, with its time and step."""
    with translated(source.uri, "reading metrics"):
        return [point for key in run.metrics for point in source.client.get_metric_history(run.run_id, key)]
