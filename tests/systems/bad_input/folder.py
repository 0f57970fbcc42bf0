"""The working directory of a case, and the finished sweep that is copied into it.

The copy's absolute paths are set to where it stands. Two things are left out to save time: MLflow's sixty migrations of a
new database, whose outcome is copied, and the drawing of pictures, which are four black pixels.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
from PIL import Image

from dnplab.config import Plan, make_plan
from dnplab.tracking import Store, default_uri, experiment_names
from tests.systems.bad_input.command import run
from tests.systems.outputs import files_of_run

__all__ = ["ALONE", "POINT", "SMALL", "SWEEP", "Place", "Warm", "files_of", "numbers_of", "plan_of", "warm_store"]

ROOT = Path(__file__).resolve().parents[3]
SMALL = "system.n_spins=3 ensemble.realizations=12 ensemble.workers=1 observables=profile"
POINT = f"model=nonsecular {SMALL}"
ALONE = f"-m {POINT}"  # a sweep of one run
SWEEP = f"-m model=hilbert,nonsecular {SMALL}"  # its second run is the same
NUMBERS = ("obs.", "check.", "regime.")


@cache
def plan_of(line: str) -> Plan:
    """What a command line asks for, wherever it puts it."""
    words = [word for word in shlex.split(line) if not word.startswith("outputs=")]
    return make_plan(ROOT / "conf", [word for word in words if word != "-m"], multirun="-m" in words)


def numbers_of(outputs: Path) -> dict[str, dict[str, object]]:
    """By fingerprint, the metrics and tables of the newest finished run, without times."""
    uri = default_uri(outputs)
    found: dict[str, dict[str, object]] = {}
    for store in [Store(uri, name, create=False) for name in experiment_names(uri)]:
        for tracked in store.search("attributes.status = 'FINISHED'"):
            if "fingerprint" in tracked.tags:
                metrics = {key: value for key, value in tracked.metrics.items() if key.startswith(NUMBERS)}
                metrics.pop("check.damaged_checkpoints", None)
                tables = {file.name: _text(file) for file in sorted(files_of_run(store, tracked).glob("*.parquet"))}
                found.setdefault(tracked.tags["fingerprint"], {**metrics, **tables})
    return found


def _text(table: Path) -> str:
    content = pd.read_parquet(table)
    return str(content.drop(columns=[name for name in content if str(name).startswith("seconds")]).to_csv())


def files_of(folder: Path) -> dict[str, str]:
    """Every file below a folder with the digest of its content; locks are left out."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".lock"]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass(frozen=True)
class Warm:
    """Finished sweeps: their folder, their numbers by fingerprint, and their tables by sweep."""

    outputs: Path
    numbers: dict[str, dict[str, object]]
    tables: dict[str, bytes]


@contextmanager
def warm_store(folder: Path) -> Iterator[Warm]:
    """Make the sweeps; inside, commands are as fast as the module's docstring says."""
    with _migrated(folder / "empty.db"), mock.patch("matplotlib.figure.Figure.savefig", _no_picture):
        for line in (ALONE, SWEEP):
            ended = run("run", line, folder)
            assert ended.code == 0, ended.err
        outputs = folder / "outputs"
        tables = {file.parent.name: file.read_bytes() for file in outputs.glob("crossover/*/crossover.csv")}
        shutil.rmtree(outputs / "crossover")  # a command that writes no table has none
        gc.freeze()  # what is imported by now stays
        yield Warm(outputs, numbers_of(outputs), tables)
        gc.unfreeze()


def _no_picture(_: object, path: Path, **__: object) -> None:
    Image.new("RGB", (2, 2)).save(path)


@contextmanager
def _migrated(template: Path) -> Iterator[None]:
    """New databases get their tables from one that MLflow has made."""
    Store(f"sqlite:///{template}", "none")
    from mlflow.store.db import utils

    migrate = utils._initialize_tables
    with contextlib.closing(sqlite3.connect(template)) as connection, connection:
        connection.execute("DELETE FROM experiment_tags")
        connection.execute("DELETE FROM experiments")

    def copy(engine: Any) -> None:
        if not utils._is_empty_database(engine):
            migrate(engine)
            return
        with contextlib.closing(sqlite3.connect(template)) as source:
            target = engine.raw_connection()
            source.backup(target.driver_connection)
            target.close()

    with mock.patch.object(utils, "_initialize_tables", copy):
        yield


@dataclass
class Place:
    """The working directory of a case.

    outputs : where numbers are looked for
    numbers : what they must be, by fingerprint
    words : what stands for {name} in the command and in what is said
    """

    folder: Path
    warm: Warm
    outputs: Path
    numbers: dict[str, dict[str, object]]
    words: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, warm: Warm, full: bool) -> Place:
        """An empty folder, or one with the finished sweep."""
        place = cls(folder, warm, folder / "outputs", dict(warm.numbers))
        if full:
            shutil.copytree(warm.outputs, place.outputs)
            for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("tags", "value")):
                place.sql(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", str(warm.outputs), str(place.outputs))
        return place

    @property
    def store(self) -> Store:
        """The runs, through MLflow."""
        return Store(default_uri(self.outputs), "dnplab", create=False)

    @property
    def database(self) -> Path:
        """Its file."""
        return self.outputs / "mlflow.db"

    def typed(self, text: str) -> str:
        """A text with the words of this place."""
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement on the store, behind MLflow's back."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def run_id(self, model: str = "nonsecular") -> str:
        """The run of a model."""
        tagged = "SELECT run_uuid FROM tags WHERE key = 'model' AND value = ?"  # a summary is, too
        ((found,),) = self.sql(f"{tagged} INTERSECT SELECT run_uuid FROM tags WHERE key = 'checkpoints'", model)
        return str(found)

    def artifacts(self, model: str = "nonsecular") -> Path:
        """Where its files are."""
        return self.outputs / "mlartifacts" / self.run_id(model) / "artifacts"

    def realization(self, index: int, model: str = "nonsecular") -> Path:
        """A stored realization of a model."""
        ((found,),) = self.sql("SELECT value FROM tags WHERE key = 'checkpoints' AND run_uuid = ?", self.run_id(model))
        return Path(found) / f"{index}.npz"

    def forget(self) -> None:
        """Delete the runs, so that a command takes its numbers from the stored realizations."""
        self.sql("UPDATE runs SET lifecycle_stage = 'deleted'")

    def began(self, **tags: object) -> None:
        """Set the nonsecular run back to RUNNING, with these tags."""
        self.sql("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?", self.run_id())
        for key, value in tags.items():
            self.sql("UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?", str(value), self.run_id(), key)
