"""Tracked runs in MLflow; the only package of the project that imports it, and it does so late."""

from dnplab.tracking.reading import TrackedRun, expected_grid, find_runs, read_table, sweeps
from dnplab.tracking.record import code_tags, metrics_of, tables_of
from dnplab.tracking.store import Store, default_uri, ui_command
from dnplab.tracking.writing import RunWriter, close_stale_runs, finished_run, join_sweep, log_summary, tracked_run

__all__ = [
    "RunWriter",
    "Store",
    "TrackedRun",
    "close_stale_runs",
    "code_tags",
    "default_uri",
    "expected_grid",
    "find_runs",
    "finished_run",
    "join_sweep",
    "log_summary",
    "metrics_of",
    "read_table",
    "sweeps",
    "tables_of",
    "tracked_run",
    "ui_command",
]
