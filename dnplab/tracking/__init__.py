"""Tracked runs in MLflow; the only package of the project that imports it, and it does so late."""

from dnplab.tracking.collecting import copy_finished
from dnplab.tracking.reading import DIGESTS, TrackedRun, fetch_files, find_runs, read_table
from dnplab.tracking.record import code_tags, metrics_of, tables_of
from dnplab.tracking.store import Store, default_uri, experiment_names, ui_command
from dnplab.tracking.sweeps import DeclaredSweep, declare_sweep, declared_sweeps, join_sweep
from dnplab.tracking.writing import (
    RunWriter,
    abandoned,
    close_stale_runs,
    finished_run,
    keep_newest,
    log_summary,
    tracked_run,
    withdraw,
)

__all__ = [
    "DIGESTS",
    "DeclaredSweep",
    "RunWriter",
    "Store",
    "TrackedRun",
    "abandoned",
    "close_stale_runs",
    "code_tags",
    "copy_finished",
    "declare_sweep",
    "declared_sweeps",
    "default_uri",
    "experiment_names",
    "fetch_files",
    "find_runs",
    "finished_run",
    "join_sweep",
    "keep_newest",
    "log_summary",
    "metrics_of",
    "read_table",
    "tables_of",
    "tracked_run",
    "ui_command",
    "withdraw",
]
