"""What commands have left in an output folder: realizations, runs with their files, and the table of a sweep."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dnplab.tracking import Store, TrackedRun, default_uri, experiment_names

__all__ = ["check_runs", "copied", "files_of_run", "run", "runs_of", "stored", "table_of"]

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, module: str = "experiments.run") -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def stored(outputs: Path) -> dict[Path, int]:
    """The realizations on disk, and when each was written."""
    return {file: file.stat().st_mtime_ns for file in (outputs / "checkpoints").rglob("*.npz")}


def table_of(outputs: Path) -> bytes:
    """The table of the only sweep."""
    (folder,) = (outputs / "crossover").iterdir()
    return (folder / "crossover.csv").read_bytes()


def runs_of(outputs: Path, experiment: str = "dnplab") -> list[TrackedRun]:
    return Store(default_uri(outputs), experiment, create=False).search()


def files_of_run(store: Store, run: TrackedRun) -> Path:
    """The folder of a run's files."""
    return Path(url2pathname(urlsplit(store.client.get_run(run.run_id).info.artifact_uri).path))


def check_runs(outputs: Path) -> None:
    """AssertionError if a run of any experiment says RUNNING, or a FINISHED one lacks a file or has another one."""
    uri = default_uri(outputs)
    for experiment in experiment_names(uri):
        store = Store(uri, experiment, create=False)
        for run in store.search():
            label = f"{run.name!r} of {experiment}"
            assert run.status != "RUNNING", f"{label} says RUNNING"
            if run.status == "FINISHED":
                _check_files(files_of_run(store, run), run, label)


def _check_files(folder: Path, run: TrackedRun, label: str) -> None:
    digests = json.loads(run.tags.get("digests", "{}"))
    assert digests or "fingerprint" not in run.tags, f"{label} names no file"
    for name, digest in digests.items():
        assert digest, f"{label} has no digest of {name}"
        assert (folder / name).is_file(), f"{label} has lost {name}"
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert found.startswith(digest), f"{name} of {label} is not what was logged"


def copied(outputs: Path, place: Path) -> Path:
    """A copy of an output folder whose store names the files where they are now, as if it had been made there."""
    shutil.copytree(outputs, place)
    with closing(sqlite3.connect(place / "mlflow.db")) as database, database:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            database.execute(f"UPDATE {table} SET {column} = replace({column}, '{outputs}', '{place}')")
    return place
