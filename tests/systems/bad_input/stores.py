"""Damage to the store itself: its file, its tables, and other processes that hold it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

from filelock import FileLock

from tests.systems.bad_input.case import Around, Case, in_sweep, nothing, recovered, turned_away
from tests.systems.bad_input.command import run
from tests.systems.bad_input.damage import cut, database, empty, immutable, linked_outputs, sql, text
from tests.systems.bad_input.folder import POINT, Place

__all__ = ["STORES"]

NEVER = "ffffffffffff"  # a revision of MLflow's tables that does not exist


def broken_pages(path: Path) -> None:
    """Zeros over the middle, as a bad sector leaves them."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(path.stat().st_size - 8192))


def foreign(place: Place) -> None:
    """A database that belongs to another program."""
    place.database.unlink()
    place.sql("CREATE TABLE thesis (chapter TEXT)")


def torn_journal(place: Place) -> None:
    text(place.outputs / "mlflow.db-journal")


def revision(name: str) -> Around:
    return sql("UPDATE alembic_version SET version_num = ?", name)


ONE_POINT = '{"asked_ms": 3, "keys": ["model"], "count": 1, "axes": [["hilbert"]]}'
ENDLESS = json.dumps({"asked_ms": 3, "keys": ["a"] * 500, "count": 2**500, "axes": [[0, 1]] * 500})


def tagged(value: str, name: str = "sweep.mine") -> Around:
    """Somebody has typed a tag of the experiment that looks like that of a sweep."""
    return sql("INSERT INTO experiment_tags SELECT ?, ?, experiment_id FROM experiments", name, value)


def no_path(place: Place) -> str:
    """The folders of a report and of a table are named after sweeps."""
    ended = run("report", "sweep=/tmp/evil", place.folder)
    return "" if ended.code == 2 and "sweep is '/tmp/evil', but" in ended.err else f"report says {ended.err or ended.out}"


def removed_for_good(place: Place) -> None:
    run_id = place.run_id()
    for name in ("params", "metrics", "latest_metrics", "tags", "runs"):
        place.sql(f"DELETE FROM {name} WHERE run_uuid = ?", run_id)


def experiment_removed(place: Place) -> None:
    place.sql("DELETE FROM experiment_tags")
    place.sql("DELETE FROM experiments WHERE name = 'dnplab'")


def read_only(place: Place) -> AbstractContextManager[object]:
    place.forget()
    return immutable(place.database)


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Another process holds the store for ever; all patience with it is cut to a tenth of a second."""
    from sqlalchemy import Engine, event

    def shorter(_c: object, _d: object, statement: str, values: object, _x: object, _m: object) -> tuple[str, object]:
        return statement.replace("busy_timeout = 20000", "busy_timeout = 100"), values

    def connect(_d: object, _r: object, _a: object, keys: dict[str, object]) -> None:
        keys["timeout"] = 0.1

    listeners = (("before_cursor_execute", shorter, {"retval": True}), ("do_connect", connect, {}))
    with contextlib.ExitStack() as stack:
        for name, listener, options in listeners:
            event.listen(Engine, name, listener, **options)
            stack.callback(event.remove, Engine, name, listener)
        stack.enter_context(mock.patch("dnplab.tracking.sqlite.LOCKED_TIMEOUT_S", 0.1))
        other = stack.enter_context(contextlib.closing(sqlite3.connect(place.database)))
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def locked_a_moment(place: Place) -> Iterator[None]:
    """Another process holds the store for half a second."""
    place.forget()
    other = sqlite3.connect(place.database, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    waiting = threading.Timer(0.5, other.rollback)
    waiting.start()
    try:
        yield
    finally:
        waiting.join()
        other.close()


@contextmanager
def being_made(place: Place) -> Iterator[None]:
    """Another process makes the store, and does not come to an end."""
    with FileLock(f"{place.database}.lock"), mock.patch("dnplab.tracking.sqlite.LOCK_TIMEOUT_S", 0.1):
        yield


def moved(place: Place) -> None:
    place.outputs.rename(place.folder / "moved")


def status_works(place: Place) -> str:
    ended = run("status", "", place.folder)
    return "" if ended.code == 0 else f"status ends with {ended.code}: {' '.join(ended.sentences)[-200:]}"


def for_others(name: str, around: Around, *says: str) -> list[Case]:
    """The same for the commands that read."""
    lines = {"status": "", "crossover": "", "report": "", "ui": "", "collect": "sources=[outputs] outputs=gathered"}
    return [
        turned_away(f"{name}, for {command}", around, "mlflow.db", *says, line=line, command=command)
        for command, line in lines.items()
    ]


def of_run(change: str) -> str:
    return f"{change} AND run_uuid = :run"


STORES = [
    turned_away("a store that is text", database(text), "mlflow.db", "not a database"),
    turned_away("half a store", database(cut), "mlflow.db", "malformed"),
    turned_away("a store with broken pages", database(broken_pages), "mlflow.db", "malformed"),
    turned_away("a store that is another program's", foreign, "mlflow.db"),
    turned_away("a store of a newer MLflow", revision(NEVER), "mlflow.db", "newer"),
    turned_away("a store of an older MLflow", revision("bd07f7e963c5"), "mlflow.db", "mlflow db upgrade"),
    turned_away("a store that another process holds", locked, "mlflow.db", "locked"),
    turned_away("a store that another process makes", being_made, "mlflow.db.lock"),
    turned_away("a store that is read-only", read_only, "mlflow.db", "readonly"),
    *for_others("a store that is text", database(text), "not a database"),
    *for_others("half a store", database(cut), "malformed"),
    *for_others("a store that another process holds", locked, "locked"),
    *for_others("a store of a newer MLflow", revision(NEVER), "newer"),
    recovered("an empty store", database(empty)),
    recovered("no store any more", database(Path.unlink)),
    recovered("a torn journal beside the store", torn_journal),
    recovered("a store that another process holds for a moment", locked_a_moment),
    recovered("a run deleted behind our back", sql("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = :run")),
    recovered("a run removed for good", removed_for_good),
    recovered("a run without its fingerprint", sql(of_run("DELETE FROM tags WHERE key = 'fingerprint'"))),
    in_sweep("a run without its parameters", sql("DELETE FROM params WHERE run_uuid = :run")),
    in_sweep(
        "a run with another temperature", sql(of_run("UPDATE params SET value = '4.0' WHERE key = 'bath.temperature_k'"))
    ),
    in_sweep("a run whose digests are no JSON", sql(of_run("UPDATE tags SET value = 'thesis' WHERE key = 'digests'"))),
    in_sweep("a run without digests", sql(of_run("DELETE FROM tags WHERE key = 'digests'"))),
    in_sweep("a tag of the experiment called sweep.mine", tagged("thesis"), look=status_works),
    in_sweep("a tag of a sweep without its keys", tagged('{"asked_ms": 3}'), look=status_works),
    in_sweep("a tag of a sweep with more points than memory", tagged(ENDLESS), look=status_works),
    in_sweep("a tag of a sweep that is a path", tagged(ONE_POINT, "sweep./tmp/evil"), look=no_path),
    turned_away(
        "a deleted experiment",
        sql("UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'dnplab'"),
        "tracking.experiment is 'dnplab', which was deleted",
        "mlflow experiments restore",
    ),
    recovered("an experiment removed for good", experiment_removed),
    turned_away("a folder that was moved", moved, "keep their files there; move it back", line=f"{POINT} outputs=moved"),
    *(
        turned_away(f"a folder that was moved, for {name}", moved, "move it back", line="outputs=moved", command=name)
        for name in ("status", "crossover", "report", "ui", "claims", "benchmark")
    ),
    recovered("the same folder through a link", linked_outputs, line=f"{POINT} outputs=link"),
    turned_away("an unknown sweep, for status", nothing, "sweep is 'x', but it must be", line="sweep=x", command="status"),
    turned_away("an unknown sweep", nothing, "sweep is 'x', but it must be", line="sweep=x", command="crossover"),
    turned_away(
        "no finished run", sql("UPDATE runs SET status = 'FAILED'"), "no finished run", line="", command="crossover"
    ),
    turned_away("no sweep, for status", sql("DELETE FROM experiment_tags"), "no sweep", line="", command="status"),
    turned_away("no sweep", sql("DELETE FROM experiment_tags"), "knows of no sweep", line="", command="crossover"),
    turned_away("too many resamples", nothing, "bootstrap is 1000000000", line="bootstrap=1000000000", command="crossover"),
]
