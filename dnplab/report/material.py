"""What the store knows of one sweep: the state of its points, its finished runs, their tables, and its summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from omegaconf import OmegaConf

from dnplab.analysis import Sweep, SweepStatus, read_sweep, sweep_status
from dnplab.errors import TrackingError
from dnplab.tracking import DeclaredSweep, Store, TrackedRun, digests_of, find_runs, read_table

__all__ = ["Material", "Summary", "gather"]

FINISHED = "FINISHED"
NOTE = "mlflow.note.content"
CONFIG = "config.yaml"
STUDY_REPORT = "report.txt"
OF_EXPERIMENT = "This sweep was given no question of its own (tracking.question). Its experiment asks:"
UNKNOWN = "No finished run says what this sweep asks. Its experiment asks:"
LONGEST_TABLE = 60  # rows of a table that is shown
RUNS = "_runs"  # the end of the name of a table that lists runs: they stand in a table of their own


@dataclass(frozen=True)
class Summary:
    """A picture with its words and tables that a command has logged beside the runs.

    missing : what was logged and can no longer be read, one sentence each
    longer : tables that a page has no room for, one sentence each
    """

    name: str
    note: str
    pictures: tuple[tuple[str, bytes], ...]
    tables: tuple[tuple[str, pd.DataFrame], ...]
    missing: tuple[str, ...]
    longer: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Material:
    """See above.

    runs : finished ones, the newest of each point where that is known
    sweep : their tables; None where they cannot be read, `unreadable` then says why
    """

    store: Store
    status: SweepStatus
    asked: DeclaredSweep
    question: str
    runs: tuple[TrackedRun, ...]
    sweep: Sweep | None
    unreadable: str
    summaries: tuple[Summary, ...]

    @property
    def is_study(self) -> bool:
        """Whether its points are studies, which average over no disorder."""
        return any("study" in run.tags for run in self.runs)


def gather(store: Store, name: str, asked: DeclaredSweep) -> Material:
    """Read a declared sweep; whatever cannot be read is told in its place.

    Raises:
        TrackingError: the store cannot be read.

    """
    status = sweep_status(store, name, asked)
    finished = [run for run in find_runs(store, **{f"sweep.{name}": "1"}) if run.status == FINISHED]
    question = _question(store, finished)
    sweep, unreadable = None, ""
    studies = [run for run in finished if "study" in run.tags]
    if not studies:
        try:
            sweep = read_sweep(store.uri, store.experiment, name)
        except TrackingError as error:
            unreadable = str(error)
    if sweep is not None:
        by_id = {run.run_id: run for run in finished}
        finished = [by_id[run_id] for run_id in sweep.runs["run_id"] if run_id in by_id]
    shown = studies or _newest(find_runs(store, summary="true", sweep=name))
    summaries = tuple(_summary(store, run) for run in shown)
    return Material(store, status, asked, question, tuple(finished), sweep, unreadable, summaries)


def _question(store: Store, runs: Sequence[TrackedRun]) -> str:
    """What the newest run was to answer; where it does not say so, what its experiment asks."""
    words = UNKNOWN
    for run in runs[:1]:
        try:
            config = OmegaConf.to_container(OmegaConf.create(store.content(run, CONFIG).decode()), resolve=False)
        except Exception:  # noqa: BLE001  a config that is gone or damaged asks nothing
            continue
        tracking = config.get("tracking") if isinstance(config, dict) else None
        if isinstance(tracking, dict) and (question := str(tracking.get("question") or "").strip()):
            return question
        words = OF_EXPERIMENT
    note = store.experiment_tags().get(NOTE, "").strip()
    return f"{words}\n\n{note}" if note else ""


def _newest(runs: Sequence[TrackedRun]) -> list[TrackedRun]:
    """The newest finished run of each name, in the order of names."""
    found: dict[str, TrackedRun] = {}
    for run in runs:  # newest first
        if run.status == FINISHED:
            found.setdefault(run.name, run)
    return [found[name] for name in sorted(found)]


def _summary(store: Store, run: TrackedRun) -> Summary:
    """Pictures, words and tables of a summary; of a study the words, which have its numbers."""
    pictures: list[tuple[str, bytes]] = []
    tables: list[tuple[str, pd.DataFrame]] = []
    missing: list[str] = []
    longer: list[str] = []
    note, is_study = run.params.get("note", ""), "study" in run.tags
    there = store.file_names(run)
    for name in sorted(there | digests_of(run).keys()):
        stem, _, ending = name.rpartition(".")
        try:
            if name not in there:
                missing.append(f"The file {name} of the run {run.run_id} is gone from the store.")
            elif ending == "png":
                pictures.append((stem, store.content(run, name)))
            elif ending == "parquet" and not is_study and not stem.endswith(RUNS):
                table = read_table(store, run, name)
                if len(table) <= LONGEST_TABLE:
                    tables.append((stem, table))
                else:
                    longer.append(f"{stem} has {len(table)} rows, too many for this page: {name} of the run {run.run_id}.")
            elif name == STUDY_REPORT:
                note = store.content(run, name).decode(errors="replace").strip()
        except TrackingError as error:
            missing.append(str(error))
    return Summary(run.name, note, tuple(pictures), tuple(tables), tuple(missing), tuple(longer))
