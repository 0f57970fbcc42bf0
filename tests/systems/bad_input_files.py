"""Damage to what is stored: realizations, tables of finished runs, and the store itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from filelock import FileLock

from experiments import jobs
from tests.systems.bad_input_case import (
    ALONE,
    POINT,
    Around,
    Case,
    MissingToolError,
    Place,
    incomplete,
    nothing,
    numbers_of,
    recovered,
    run,
    turned_away,
)

__all__ = ["FILES", "as_file", "during", "immutable", "sql"]

AGAIN = "1 stored realizations of nonsecular T=12K N=3 were damaged and are computed again."
LONG = f"{POINT} observables.names=[epr] observables.epr_bin_mhz=0.002"  # spectra of 4000 bins
NEVER = "ffffffffffff"  # a revision of MLflow's tables that does not exist


# --- files


def text(path: Path) -> None:
    path.write_text("thesis\n")


def cut(path: Path, keep: float = 0.6) -> None:
    os.truncate(path, int(keep * path.stat().st_size))


def empty(path: Path) -> None:
    cut(path, 0.0)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "notes").touch()


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def flipped(path: Path, position: int, value: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[position] = content[position] ^ 1 if value is None else value
    path.write_bytes(content)


def as_file(name: str) -> Around:
    """A file stands where a folder of the outputs should be."""

    def around(place: Place) -> None:
        place.forget()
        shutil.rmtree(place.outputs / name, ignore_errors=True)
        text(place.outputs / name)

    return around


def during(act: Callable[[Place], object]) -> Around:
    """Something happens once, after realizations are computed and before they are logged."""

    def around(place: Place) -> AbstractContextManager[object]:
        compute, once = jobs.run_ensemble, [act]

        def wrapped(*args: Any, **keys: Any) -> object:
            found = compute(*args, **keys)
            if once:
                once.pop()(place)
            return found

        place.forget()
        return mock.patch.object(jobs, "run_ensemble", wrapped)

    return around


@contextmanager
def immutable(path: Path) -> Iterator[None]:
    """A file or folder that not even root may write to."""
    if not shutil.which("chattr") or subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        raise MissingToolError("chattr +i is not available here.")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


# --- realizations


def spoilt(change: Callable[[Path], object]) -> Around:
    """Realization 0 is changed, and the run that was made of it is gone."""

    def around(place: Place) -> None:
        place.forget()
        change(place.realization(0))

    return around


def twelve_flips(place: Place) -> None:
    """The last bit of one byte in each realization: headers of zip and numpy, names, numbers, the directory at the end."""
    place.forget()
    for index in range(12):
        file = place.realization(index)
        content = file.read_bytes()
        places = (
            0,  # zip's magic
            content.index(b"head.npy"),
            content.index(b"\x93NUMPY") + 8,  # the length of numpy's header
            content.index(b"<U") + 2,  # the length of the text
            content.index(b"\x93NUMPY") + 200,  # the text
            content.index(b"a_polarization.npy") + 3,
            content.index(b"<f8"),
            content.index(b"(3,)") + 1,
            content.index(b"(3,)") + 80,  # a number
            content.rindex(b"PK\x01\x02") + 16,  # a checksum
            content.rindex(b"PK\x01\x02") + 42,  # where a member begins
            len(content) - 6,  # where the directory begins
        )
        flipped(file, places[index])


def in_long_header(value: int, behind: int) -> Around:
    """A byte of numpy's header of a long spectrum is another; zip asks its checksum only at a member's end."""

    def around(place: Place) -> None:
        before = set(place.outputs.rglob("0.npz"))
        undisturbed = run("run", LONG, place.folder)
        assert undisturbed.code == 0, undisturbed.err
        place.numbers |= numbers_of(place.outputs)
        (file,) = set(place.outputs.rglob("0.npz")) - before
        content = file.read_bytes()
        flipped(file, content.index(b"\x93NUMPY", content.index(b"a_epr.npy")) + behind, value)
        place.forget()

    return around


def older(path: Path) -> None:
    """A sound file of another version of the schema, whose numbers mean something else."""
    with np.load(path) as file:
        arrays = {name: 2 * file[name] for name in file.files if name != "head"}
        head = json.loads(str(file["head"]))
    head["schema"] -= 1
    np.savez(path, allow_pickle=False, head=np.array(json.dumps(head)), **arrays)


class Intruder:
    """An object whose unpickling leaves a folder."""

    def __reduce__(self) -> tuple[Any, tuple[str, ...]]:
        return os.mkdir, ("intruder",)


def pickled(path: Path) -> None:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["a_polarization"] = np.array([Intruder(), 0, 0], dtype=object)
    np.savez(path, allow_pickle=True, **arrays)


def no_intruder(place: Place) -> str:
    return "it was unpickled" if list(place.folder.rglob("intruder")) else ""


def vast(path: Path) -> None:
    """A header that promises 10^15 numbers."""
    shape = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
    with np.load(path) as file, zipfile.ZipFile(path.with_suffix(".new"), "w") as new:
        for name in file.files:
            with new.open(f"{name}.npy", "w") as member:
                if name == "a_polarization":
                    member.write(b"\x93NUMPY\x01\x00v\x00" + shape.ljust(117).encode() + b"\n")
                else:
                    np.lib.format.write_array(member, file[name])
    path.with_suffix(".new").replace(path)


def of_hilbert(place: Place) -> None:
    place.forget()
    shutil.copy(place.realization(0, "hilbert"), place.realization(0))


def strangers(place: Place) -> None:
    place.forget()
    for name in ("x.npz", "-1.npz", "99.npz", "²0.npz", "².npz", "0.npz.bak"):
        text(place.realization(0).with_name(name))


def no_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    text(path.parent)


REALIZATIONS = [
    recovered("a truncated realization", spoilt(cut), AGAIN),
    recovered("text in place of a realization", spoilt(text), AGAIN),
    recovered("a link to nowhere in place of a realization", spoilt(linked), AGAIN),
    recovered("all realizations gone", spoilt(lambda path: shutil.rmtree(path.parents[2]))),
    recovered("a flipped bit in each realization", twelve_flips, "12 stored realizations of nonsecular T=12K N=3 were"),
    recovered("a flipped bit in a long header", in_long_header(116, 8), AGAIN, line=LONG),
    recovered("a flipped bit that leaves no literal", in_long_header(ord("z"), 10), AGAIN, line=LONG),
    recovered("a realization of another schema", spoilt(older), AGAIN),
    recovered("a realization with another index", spoilt(lambda path: shutil.copy(path.with_name("1.npz"), path)), AGAIN),
    recovered("a realization of another sample", of_hilbert, AGAIN),
    recovered("a pickled realization", spoilt(pickled), AGAIN, look=no_intruder),
    recovered("a realization that promises 10^15 numbers", spoilt(vast), AGAIN),
    recovered("other files beside the realizations", strangers),
    incomplete("a folder in place of a realization", spoilt(as_folder), "0.npz"),
    incomplete("a file in place of the realizations", spoilt(no_folder), "checkpoints", "cannot be written"),
    incomplete("a file in place of the checkpoints", as_file("checkpoints"), "checkpoints", "cannot be written"),
]


# --- files of finished runs


def lost(change: Callable[[Path], object]) -> Around:
    """Something happens to the artifacts of the nonsecular run."""

    def around(place: Place) -> None:
        change(place.artifacts())

    return around


def table(change: Callable[[Path], object], name: str = "realizations.parquet") -> Around:
    """Something happens to one of its tables."""
    return lost(lambda folder: change(folder / name))


def of_the_other(place: Place) -> None:
    shutil.copy(place.artifacts("hilbert") / "realizations.parquet", place.artifacts())


def everything_gone(place: Place) -> None:
    shutil.rmtree(place.outputs / "mlartifacts")
    shutil.rmtree(place.outputs / "checkpoints")


def no_artifacts(place: Place) -> None:
    shutil.rmtree(place.outputs / "mlartifacts")
    text(place.outputs / "mlartifacts")


NAMED = "realizations.parquet of the run"
in_sweep = partial(recovered, line=ALONE)
ARTIFACTS = [
    in_sweep("a truncated table of a finished run", table(cut), NAMED),
    in_sweep("a table that is gone", table(Path.unlink), "are gone"),
    in_sweep("the table of another run", of_the_other, NAMED),
    in_sweep("a folder in place of a table", table(as_folder), "realizations.parquet"),
    in_sweep("the artifacts of a run gone", lost(shutil.rmtree), "are gone"),
    in_sweep("artifacts and realizations gone", everything_gone, "are gone"),
    turned_away("a truncated table, for the crossover", table(cut), NAMED, "makes it again", line="", command="crossover"),
    incomplete("a file in place of the artifacts", during(no_artifacts), "mlartifacts"),
]


# --- the store


def database(change: Callable[[Path], object]) -> Around:
    """Something happens to the file of the store."""

    def around(place: Place) -> None:
        change(place.database)

    return around


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


def sql(statement: str, *values: str) -> Around:
    """A statement about the nonsecular run :run, or about all."""

    def around(place: Place) -> None:
        place.sql(statement.replace(":run", f"'{place.run_id()}'"), *values)

    return around


def revision(name: str) -> Around:
    return sql("UPDATE alembic_version SET version_num = ?", name)


def tagged(value: str) -> Around:
    """Somebody has typed a tag of the experiment that looks like that of a sweep."""
    return sql("INSERT INTO experiment_tags SELECT 'sweep.mine', ?, experiment_id FROM experiments", value)


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
        stack.enter_context(mock.patch("dnplab.tracking.store.CONNECT_TIMEOUT_S", 0.1))
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
    with FileLock(f"{place.database}.lock"), mock.patch("dnplab.tracking.store.LOCK_TIMEOUT_S", 0.1):
        yield


def moved(place: Place) -> None:
    place.outputs.rename(place.folder / "moved")


def linked_outputs(place: Place) -> None:
    (place.folder / "link").symlink_to(place.outputs)


def status_works(place: Place) -> str:
    ended = run("status", "", place.folder)
    return "" if ended.code == 0 else f"status ends with {ended.code}: {' '.join(ended.sentences)[-200:]}"


def for_others(name: str, around: Around, *says: str) -> list[Case]:
    """The same for the commands that read."""
    lines = {"status": "", "crossover": "", "collect": "sources=[outputs] outputs=gathered"}
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
    turned_away(
        "a deleted experiment",
        sql("UPDATE experiments SET lifecycle_stage = 'deleted' WHERE name = 'dnplab'"),
        "tracking.experiment is 'dnplab', which was deleted",
        "mlflow experiments restore",
    ),
    recovered("an experiment removed for good", experiment_removed),
    turned_away("a folder that was moved", moved, "keep their files there; move it back", line=f"{POINT} outputs=moved"),
    recovered("the same folder through a link", linked_outputs, line=f"{POINT} outputs=link"),
    turned_away("an unknown sweep, for status", nothing, "sweep is 'x', but it must be", line="sweep=x", command="status"),
    turned_away("an unknown sweep", nothing, "no sweep 'x'", "known sweeps: sweep-", line="sweep=x", command="crossover"),
    turned_away(
        "no finished run", sql("UPDATE runs SET status = 'FAILED'"), "no finished run", line="", command="crossover"
    ),
    turned_away("no sweep, for status", sql("DELETE FROM experiment_tags"), "no sweep", line="", command="status"),
    turned_away("no sweep", sql("DELETE FROM experiment_tags"), "There is no sweep", line="", command="crossover"),
    turned_away("too many resamples", nothing, "bootstrap is 1000000000", line="bootstrap=1000000000", command="crossover"),
]

FILES = (*REALIZATIONS, *ARTIFACTS, *STORES)
