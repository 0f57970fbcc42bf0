"""One case of bad input: a command inside this process, what it must say, and the numbers that it must end with.

A command has a working directory of its own. Where a case needs a store, `outputs` is a copy of a finished sweep, whose
absolute paths are set to where the copy stands. Two things are left out to save time: MLflow's sixty migrations of a new
database, whose outcome is copied, and the drawing of pictures, which are empty files.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import io
import os
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pandas as pd
import psutil
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from dnplab.config import Plan, make_plan
from dnplab.ensemble import EnsembleResult, EnsembleSpec, Realization
from dnplab.errors import TrackingError
from dnplab.tracking import Store, default_uri, experiment_names
from experiments import jobs
from experiments.command import as_script

__all__ = [
    "ALONE",
    "POINT",
    "SMALL",
    "SWEEP",
    "Around",
    "Case",
    "Ended",
    "Look",
    "MissingToolError",
    "Place",
    "Warm",
    "complaints",
    "guarded",
    "incomplete",
    "nothing",
    "numbers_of",
    "plan_of",
    "recovered",
    "refused",
    "run",
    "told",
    "turned_away",
    "warm_store",
]

ROOT = Path(__file__).resolve().parents[2]
SMALL = "system.n_spins=3 ensemble.realizations=12 ensemble.workers=1 observables=profile"
POINT = f"model=nonsecular {SMALL}"
ALONE = f"-m {POINT}"  # a sweep of one run
SWEEP = f"-m model=hilbert,nonsecular {SMALL}"  # its second run is the same
LIMIT_S, REFUSAL_S = 20.0, 6.0
MEMORY_BYTES = 3 * 2**30  # more than any case needs: this machine must survive those that would take all
BAR = re.compile(r"\d+ of \d+ \w+, .* left$")
BEGINNINGS = ("jobs.run_ensemble", "claims.run_ensemble", "benchmark.reference", "robustness.check")
NUMBERS = ("obs.", "check.", "regime.")
SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # by Python's default


# --- a command


class Hung(BaseException):
    """A command did not end; no handler of errors may take it for one of its own."""


class MissingToolError(Exception):
    """This machine cannot make the circumstances of a case."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; the code is None where it did not."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def sentences(self) -> list[str]:
        """The lines of stderr that are no progress."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", self.err) if line.strip() and not BAR.search(line)]


def run(command: str, line: str, folder: Path, limit_s: float = LIMIT_S, encoding: str = "utf-8") -> Ended:
    """`python -m experiments.<command> <line>` in a working directory."""
    main = importlib.import_module(f"experiments.{command}").main
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    argv = [f"{ROOT}/experiments/{command}.py", *shlex.split(line)]
    begun, code = time.monotonic(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _as_a_process(argv, folder), _limits(limit_s):
        try:
            as_script(main)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except Hung:
            err.write(f"It did not end within {limit_s:g} s.")
        except Exception:  # noqa: BLE001  as the interpreter ends
            traceback.print_exc()
            code = 1
    spoken = [_written(stream) for stream in (out, err)]
    return Ended(code, *spoken, time.monotonic() - begun)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


@contextmanager
def _as_a_process(argv: list[str], folder: Path) -> Iterator[None]:
    """What a new process would begin with: its words and directory, no Hydra and no open database."""
    before, handler = (sys.argv, Path.cwd()), signal.getsignal(signal.SIGTERM)
    hydras = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    GlobalHydra.instance().clear()
    _close_databases()
    sys.argv = argv
    os.chdir(folder)
    try:
        with warnings.catch_warnings():
            warnings.resetwarnings()
            for kind in SILENT:
                warnings.simplefilter("ignore", kind)
            warnings.showwarning = _on_stderr
            yield
    finally:
        sys.argv = before[0]
        os.chdir(before[1])
        GlobalHydra.instance().hydra, HydraConfig.instance().cfg = hydras
        signal.signal(signal.SIGTERM, handler)


def _on_stderr(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def _close_databases() -> None:
    if "mlflow" not in sys.modules:
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry

    for engine in SqlAlchemyStore._engine_map.values():
        engine.dispose()
    SqlAlchemyStore._engine_map.clear()
    _tracking_store_registry._get_store_with_resolved_uri.cache_clear()


@contextmanager
def _limits(limit_s: float) -> Iterator[None]:
    """Time, asked for once a second from then on, and memory."""

    def hung(*_: object) -> None:
        raise Hung

    handler, memory = signal.signal(signal.SIGALRM, hung), resource.getrlimit(resource.RLIMIT_AS)
    left, _ = signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY_BYTES, memory[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, memory)


# --- its numbers


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
                folder = url2pathname(urlsplit(store.client.get_run(tracked.run_id).info.artifact_uri).path)
                tables = {file.name: _text(file) for file in sorted(Path(folder).glob("*.parquet"))}
                found.setdefault(tracked.tags["fingerprint"], {**metrics, **tables})
    return found


def _text(table: Path) -> str:
    content = pd.read_parquet(table)
    return str(content.drop(columns=[name for name in content if str(name).startswith("seconds")]).to_csv())


def _files_of(folder: Path) -> dict[str, str]:
    """Every file below a folder with the digest of its content; locks are left out."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".lock"]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


# --- the finished sweep that cases begin with


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
    path.touch()


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


# --- a case


Around = Callable[[Place], AbstractContextManager[object] | None]
Look = Callable[[Place], str]


def nothing(_: Place) -> None:
    """The folder is as it is."""


def guarded(_: Place) -> AbstractContextManager[object]:
    """What should have been refused must not take hours either."""
    stack = contextlib.ExitStack()
    for name in BEGINNINGS:
        stack.enter_context(mock.patch(f"experiments.{name}", side_effect=TrackingError("It began to compute.")))
    return stack


def canned(_: Place) -> AbstractContextManager[object]:
    """Realizations that take no time."""

    def result(spec: EnsembleSpec, **_: object) -> EnsembleResult:
        return EnsembleResult(spec, [Realization(k, {"entropy": 0.5}) for k in spec.indices])

    return mock.patch.object(jobs, "run_ensemble", result)


@dataclass(frozen=True)
class Case:
    """A row of the table.

    line : what is typed after `python -m experiments.<command>`
    says : parts of what is said
    code : the exit code; 2 changes no file, 1 says what is missing
    around : what is done to the folder before, and undone after
    full : the folder holds the finished sweep
    same : the numbers are those of the undisturbed sweep
    then : a second command, undisturbed, which must have them
    look : what is wrong afterwards, in words
    encoding : of the terminal
    """

    name: str
    line: str
    says: tuple[str, ...]
    code: int
    command: str = "run"
    around: Around = nothing
    full: bool = True
    same: bool = False
    then: str = ""
    look: Look = lambda _: ""
    limit_s: float = LIMIT_S
    encoding: str = "utf-8"


def refused(line: str, *says: str, command: str = "run", around: Around = guarded, name: str = "") -> Case:
    """Words that are refused, in an empty folder, before anything is computed or written."""
    return Case(name or f"{command} {line}", line, says, 2, command, around, full=False, limit_s=REFUSAL_S)


def told(line: str, *says: str) -> Case:
    """Words that are carried out with a remark."""
    return Case(f"run {line}", f"{line} {SMALL}", says, 0, around=canned)


def turned_away(name: str, around: Around, *says: str, line: str = POINT, command: str = "run") -> Case:
    """A finished sweep in circumstances in which the command cannot begin."""
    return Case(name, line, says, 2, command, around, limit_s=REFUSAL_S)


def incomplete(name: str, around: Around, *says: str, line: str = POINT, command: str = "run", then: str = "") -> Case:
    """A finished sweep in circumstances in which the command cannot end well."""
    return Case(name, line, says, 1, command, around, then=then)


def recovered(name: str, around: Around, *says: str, line: str = POINT, look: Look = lambda _: "") -> Case:
    """A finished sweep in circumstances in which the command ends with the right numbers all the same."""
    return Case(name, line, says, 0, around=around, same=True, look=look)


def complaints(case: Case, folder: Path, warm: Warm) -> tuple[Ended, list[str]]:
    """Carry out a case; how its command ended, and all that is not as the row says."""
    place = Place.of(folder, warm, case.full)
    undo = case.around(place) or nullcontext()
    before = _files_of(folder)
    with undo:
        line = place.typed(case.line)
        ended = run(case.command, line, folder, case.limit_s, case.encoding)
        found = [*_said(case, [place.typed(part) for part in case.says], ended), *filter(None, [case.look(place)])]
    if case.code == 2 and _files_of(folder) != before:
        found.append("it changed files")
    if case.then:
        second = run("run", case.then, folder)
        found += [] if second.code == 0 else [f"the second command ended with {second.code}: {' '.join(second.sentences)}"]
    if (case.same and ended.code == 0) or (case.then and second.code == 0):
        found += _numbers(plan_of(case.then or line), place)
    return ended, found


def _said(case: Case, parts: Sequence[str], ended: Ended) -> Iterator[str]:
    """What is wrong with an exit code and with what was said."""
    if ended.code != case.code:
        yield f"exit code {ended.code} instead of {case.code}"
    if "Traceback" in ended.err + ended.out:
        yield "a traceback"
    lines = [line for line in ended.sentences if not line.startswith("  ")]  # those are of a list
    if bare := [line for line in lines if not line.endswith((".", "?", ":"))]:
        yield f"no sentence: {bare[0]!r}"
    if case.code == 2 and len(ended.sentences) != 1:
        yield f"{len(ended.sentences)} lines instead of one sentence"
    spoken = " ".join((ended.err if case.code == 2 else ended.err + ended.out).split())
    if missing := [part for part in parts if part not in spoken]:
        yield f"it does not say {' ... '.join(missing)!r}"


def _numbers(plan: Plan, place: Place) -> Iterator[str]:
    found = numbers_of(place.outputs)
    for job in plan.jobs:
        if job.fingerprint not in found:
            yield f"{job.name} has no finished run"
        elif found[job.fingerprint] != place.numbers[job.fingerprint]:
            yield f"{job.name} has other numbers"
    if plan.sweep in place.warm.tables:
        table = place.outputs / "crossover" / plan.sweep / "crossover.csv"
        if not table.is_file() or table.read_bytes() != place.warm.tables[plan.sweep]:
            yield "the table of the sweep is another"
