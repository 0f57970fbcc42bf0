"""Writing runs: begin, skip by fingerprint, log in batches, close whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import psutil

from dnplab.errors import DnplabError, TrackingError
from dnplab.tracking._mlflow import translated
from dnplab.tracking._signals import undisturbed
from dnplab.tracking.addresses import local_folder
from dnplab.tracking.files import DIGESTS, OUTDATED, digest_of
from dnplab.tracking.reading import TrackedRun, find_runs
from dnplab.tracking.store import MAX_TAG, Store

__all__ = [
    "RunWriter",
    "abandoned",
    "close_stale_runs",
    "finished_run",
    "keep_newest",
    "log_summary",
    "new_run",
    "tracked_run",
    "withdraw",
]


STATUS_OF_PROCESSES = Path("/proc/self/stat")
DEAD = "ZXx"  # states of a process that has ended, though nobody has asked how


@dataclass(frozen=True)
class RunWriter:
    """Logs into one run; the digests of its files are logged when it is closed."""

    store: Store
    run_id: str
    digests: dict[str, str] = field(default_factory=dict)

    def log(
        self,
        *,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        step: int = 0,
    ) -> None:
        """Log params, metrics and tags in one batch."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        with translated(self.store.uri, "logging a run"):
            self.store.client.log_batch(
                self.run_id,
                metrics=[Metric(key, float(value), now, step) for key, value in (metrics or {}).items()],
                params=[Param(key, str(value)) for key, value in (params or {}).items()],
                tags=[RunTag(key, str(value)[:MAX_TAG]) for key, value in (tags or {}).items()],
            )

    def log_files(self, folder: Path) -> None:
        """Log every file of a folder at the run's root, where the UI compares artifacts."""
        with translated(self.store.uri, "storing artifacts"):
            self.store.client.log_artifacts(self.run_id, str(folder))
            files = [file for file in sorted(folder.iterdir()) if file.is_file()]
            self.digests.update({file.name: digest_of(file.read_bytes()) for file in files})

    def log_table(self, name: str, table: pd.DataFrame) -> None:
        """Log a table that the UI shows side by side, once."""
        with translated(self.store.uri, f"storing {name}"):
            self.store.client.log_table(self.run_id, table, name)
            run = TrackedRun.of(self.store.client.get_run(self.run_id))
        self.digests[name] = digest_of(self.store.content(run, name))


def finished_run(store: Store, fingerprint: str) -> TrackedRun | None:
    """The newest FINISHED run with this fingerprint that is not to be made again."""
    found = find_runs(store, fingerprint=fingerprint)
    return next((run for run in found if run.status == "FINISHED" and OUTDATED not in run.tags), None)


def keep_newest(store: Store, fingerprint: str) -> None:
    """Leave one run of a fingerprint that has a FINISHED one, which is not outdated.

    Other FINISHED runs are deleted. Those that say RUNNING on another machine are closed: nothing can be said about their
    process from here, and if it lives it will end its run as FINISHED, which then is the newest.
    """
    runs = find_runs(store, fingerprint=fingerprint)
    finished = [run for run in runs if run.status == "FINISHED"]
    standing = [run for run in finished if OUTDATED not in run.tags][:1]
    for run in finished if standing else []:
        if run not in standing:
            withdraw(store, run.run_id, run.tags.get(OUTDATED, "a newer run of the same is there"))
    for run in runs if standing else []:
        if run.status == "RUNNING" and run.tags.get("host") != socket.gethostname():
            _kill(store, run, "another process has finished what this run was for")


def withdraw(store: Store, run_id: str, reason: str) -> None:
    """Delete a run, which MLflow keeps out of sight until its garbage collection, with the reason as its tag `error`."""
    try:
        store.tag_run(run_id, "error", reason)
        with translated(store.uri, "deleting a run"):
            store.client.delete_run(run_id)
    except TrackingError:
        with translated(store.uri, "deleting a run"):
            if store.client.get_run(run_id).info.lifecycle_stage != "deleted":  # by another process: just as good
                raise


@contextmanager
def tracked_run(
    store: Store, *, name: str, fingerprint: str, params: Mapping[str, Any], tags: Mapping[str, str]
) -> Iterator[RunWriter]:
    """A run that ends FINISHED, FAILED (an exception; its text is the tag `error`) or KILLED (Ctrl-C).

    It is a new one, so that nothing of an attempt that ended otherwise stays in it. Those with the same fingerprint are
    deleted, unless a living process holds them; the sweeps that runs of this fingerprint belong to are this one's too.
    """
    before = find_runs(store, fingerprint=fingerprint)
    sweeps = {key: value for run in before for key, value in run.tags.items() if key.startswith("sweep.")}
    with new_run(store, name, {**sweeps, **tags, "fingerprint": fingerprint}) as writer:
        for run in before:
            if run.status in ("FAILED", "KILLED") or (run.status == "RUNNING" and abandoned(run)):
                withdraw(store, run.run_id, "it was tried again")
        writer.log(params=params)
        yield writer


@contextmanager
def new_run(store: Store, name: str, tags: Mapping[str, str], started_ms: int | None = None) -> Iterator[RunWriter]:
    """A new run that ends, whatever happens inside: FINISHED, FAILED with the tag `error`, or KILLED.

    It is tagged from birth: a kill at any moment leaves one that can be found and closed.
    """
    owner = {"pid": str(os.getpid()), "host": socket.gethostname(), "process_began": _began(os.getpid())}
    run_id, ended = "", False
    try:
        with undisturbed(), translated(store.uri, "starting a run"):  # no signal comes before its id is known here
            run_id = str(store.client.create_run(store.experiment_id, started_ms, {**tags, **owner}, name).info.run_id)
        writer = RunWriter(store, run_id)
        yield writer
        if writer.digests:
            writer.log(tags={DIGESTS: json.dumps(writer.digests)})
        _settle(store, run_id)
        with undisturbed():
            _end(store, run_id, "FINISHED")
            ended = True
    except Exception as error:
        if run_id and not ended:
            text = str(error) if isinstance(error, DnplabError) else f"{type(error).__name__}: {error}"
            try:
                store.tag_run(run_id, "error", text[:MAX_TAG])
            finally:
                _end(store, run_id, "FAILED")
        raise
    except BaseException:
        if run_id and not ended:
            with suppress(TrackingError):  # whoever breaks off is not to be kept; the next start closes what says RUNNING
                _end(store, run_id, "KILLED")
        raise


def _end(store: Store, run_id: str, status: str) -> None:
    with translated(store.uri, "closing a run"):
        store.client.set_terminated(run_id, status)


def _settle(store: Store, run_id: str) -> None:
    """Have the disk hold the artifacts before the run says FINISHED: a power cut may come in between."""
    with translated(store.uri, "storing artifacts"):
        run = store.client.get_run(run_id)
        if "error" in run.data.tags:  # another machine took this process for dead
            store.client.delete_tag(run_id, "error")
        folder = local_folder(str(run.info.artifact_uri))
        if folder is None or not folder.is_dir():
            return
        for path in [*folder.iterdir(), folder]:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def close_stale_runs(store: Store) -> int:
    """Close runs that say RUNNING though their process on this machine is gone; how many there were."""
    stale = [run for run in store.search("attributes.status = 'RUNNING'") if abandoned(run)]
    for run in stale:
        _kill(store, run, "the process ended without closing this run")
    return len(stale)


def _kill(store: Store, run: TrackedRun, reason: str) -> None:
    store.tag_run(run.run_id, "error", reason)
    _end(store, run.run_id, "KILLED")


def abandoned(run: TrackedRun) -> bool:
    """Whether a run that says RUNNING belongs to a process of this machine that is gone."""
    pid = run.tags.get("pid", "")
    if run.tags.get("host") != socket.gethostname() or not (pid.isascii() and pid.isdigit()):
        return False  # another machine's run: nothing can be said about it from here
    began = _began(int(pid))
    # A process that began at another moment only happens to have the same number.
    return not began or began != run.tags.get("process_began", began)


def _began(pid: int) -> str:
    """When a process began, "" if there is none: in ticks since the boot where the system has them, for clocks are set."""
    try:
        if STATUS_OF_PROCESSES.exists():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] in DEAD else fields[19]  # starttime
        return f"{psutil.Process(pid).create_time():.2f}"
    except (OSError, psutil.NoSuchProcess):
        return ""


def log_summary(
    store: Store,
    *,
    sweep: str,
    model: str,
    group: str,
    steps: Mapping[int, Mapping[str, float]],
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    files: Sequence[Path],
) -> str:
    """Log one model's curves of a sweep as one run, then delete earlier summaries of the same; the id of what stands.

    Those that another process is still writing stay; whichever of the two ends last leaves the newer one.

    Args:
        store: at the summaries' own experiment (`Store.sibling`), so that sweeps stay flat.
        sweep: the sweep's id.
        model: the model.
        group: what else tells this curve apart, in words; empty where nothing does.
        steps: step -> (metric -> value); steps must be integers, so a temperature enters in mK.
        params: plain numbers of the summary.
        tags: further tags.
        files: artifacts, stored at the run's root.

    """
    key = {"summary": "true", "sweep": sweep, "model": model, "group": group}
    older = {run.run_id for run in _summaries(store, sweep, model, group)}
    name = f"crossover {model} {group}".strip()
    with new_run(store, name, {**tags, **key}) as writer, TemporaryDirectory(prefix="dnplab-") as folder:
        run_id = writer.run_id
        writer.log(params=params)
        for step, metrics in sorted(steps.items()):
            writer.log(metrics=metrics, step=step)
        with translated(store.uri, "storing a summary"):
            for path in files:
                shutil.copy2(path, folder)
        writer.log_files(Path(folder))
    summaries = _summaries(store, sweep, model, group)
    ages = {run.run_id: (run.started_ms, run.run_id) for run in summaries}
    standing = run_id
    for other in summaries:
        if other.run_id in older or ages[other.run_id] < ages.get(run_id, (0, "")):
            if not held(other):
                withdraw(store, other.run_id, "a newer summary of the same is there")
        elif other.status == "FINISHED" and ages[other.run_id] > ages.get(standing, (0, "")):  # begun since, and faster
            standing = other.run_id
    if standing != run_id:
        withdraw(store, run_id, "a newer summary of the same is there")
    return standing


def held(run: TrackedRun) -> bool:
    """Whether a run that says RUNNING may belong to a process that lives, on this machine or another."""
    return run.status == "RUNNING" and "pid" in run.tags and not abandoned(run)


def _summaries(store: Store, sweep: str, model: str, group: str) -> list[TrackedRun]:
    return [run for run in find_runs(store, summary="true", sweep=sweep, model=model) if run.tags.get("group", "") == group]
