"""Tracked runs in MLflow; the only package of the project that imports it, and it does so late."""

from dnplab.tracking._mlflow import shown
from dnplab.tracking.addresses import command_on, default_uri, local_folder, ui_command
from dnplab.tracking.collecting import copy_finished
from dnplab.tracking.files import (
    DIGESTS,
    OUTDATED,
    digests_of,
    fetch_files,
    outdate,
    read_table,
    require_names,
    require_whole,
)
from dnplab.tracking.reading import TrackedRun, find_runs
from dnplab.tracking.record import code_tags, metrics_of, tables_of
from dnplab.tracking.store import Store, experiment_names, store_of
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
    "OUTDATED",
    "DeclaredSweep",
    "RunWriter",
    "Store",
    "TrackedRun",
    "abandoned",
    "close_stale_runs",
    "code_tags",
    "command_on",
    "copy_finished",
    "declare_sweep",
    "declared_sweeps",
    "default_uri",
    "digests_of",
    "experiment_names",
    "fetch_files",
    "find_runs",
    "finished_run",
    "join_sweep",
    "keep_newest",
    "local_folder",
    "log_summary",
    "metrics_of",
    "outdate",
    "read_table",
    "require_names",
    "require_whole",
    "shown",
    "store_of",
    "tables_of",
    "tracked_run",
    "ui_command",
    "withdraw",
]
