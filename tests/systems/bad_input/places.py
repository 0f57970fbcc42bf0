"""Output folders and stores in odd places, and folders that are gathered."""

from __future__ import annotations

import shlex
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from tests.systems.bad_input.case import (
    FOLDER,
    Around,
    Case,
    guarded,
    incomplete,
    nothing,
    recovered,
    refused,
    turned_away,
)
from tests.systems.bad_input.command import run
from tests.systems.bad_input.damage import as_file, cut, immutable, linked_outputs, lost, spoilt, table, text
from tests.systems.bad_input.folder import ALONE, POINT, Place

__all__ = ["COLLECTED", "PLACES"]

OUTSIDE = "which lies outside the output folder"


def quoted(key: str, value: str) -> str:
    """KEY="VALUE", safe from the shell."""
    return shlex.quote(f'{key}="{value}"')


def named(name: str) -> Case:
    """An output folder of another name, which is new."""

    def around(place: Place) -> None:
        place.outputs = place.folder / name

    return recovered(f"outputs called {name}", around, line=f"{POINT} {quoted('outputs', name)}")


def a_file(place: Place) -> AbstractContextManager[object]:
    text(place.folder / "notes")
    return guarded(place)


def a_read_only_folder(place: Place) -> AbstractContextManager[object]:
    place.outputs.mkdir()
    return immutable(place.outputs)


PLACES = [
    refused("outputs=", "outputs is '', but it must be the path of a folder."),
    refused("""outputs="' '" """, "outputs is ' ', but it must be the path of a folder."),
    refused("outputs=../elsewhere", "outputs is '../elsewhere', which leaves the working directory; give it as an absolute"),
    refused("outputs=a/../../b", "outputs is 'a/../../b', which leaves the working directory"),
    refused("outputs=notes", f"outputs is 'notes', {FOLDER}", around=a_file),
    refused("outputs=notes/a/b", f"outputs is 'notes/a/b', {FOLDER}", around=a_file),
    refused("outputs=/proc/dnplab", f"outputs is '/proc/dnplab', {FOLDER}"),
    refused("outputs=/dev/null", f"outputs is '/dev/null', {FOLDER}"),
    refused("outputs=outputs", f"outputs is 'outputs', {FOLDER}", around=a_read_only_folder),
    refused(f"outputs={'a' * 300}", "outputs is", "too long", name="a name that is too long"),
    refused(f"outputs={'/'.join(['a' * 200] * 4)}", "outputs is", name="a path that is too long for SQLite"),
    refused("outputs='why?'", "outputs is 'why?', but"),
    refused("hydra.run.dir=../elsewhere", f"hydra.run.dir is '../elsewhere', {OUTSIDE} 'outputs'; give it as an absolute"),
    refused("hydra.run.dir=elsewhere", f"hydra.run.dir is 'elsewhere', {OUTSIDE}"),
    refused("-m hydra.sweep.dir=elsewhere", f"hydra.sweep.dir is 'elsewhere', {OUTSIDE}"),
    refused("-m hydra.sweep.subdir=../../../../x", "hydra.sweep.subdir is", OUTSIDE),
    refused("tracking.uri=sqlite:///runs.db", f"tracking.uri is 'sqlite:///runs.db', {OUTSIDE}"),
    refused("tracking.uri=sqlite:///outputs/../../runs.db", "tracking.uri is", OUTSIDE),
    refused("tracking.uri=sqlite:////proc/runs.db", "tracking.uri is 'sqlite:////proc/runs.db', which cannot be opened"),
    refused("tracking.uri=sqlite://", "tracking.uri is 'sqlite://', but"),
    refused("tracking.uri=sqlite:///:memory:", "tracking.uri is 'sqlite:///:memory:'"),
    refused("tracking.uri=nonsense", "tracking.uri is 'nonsense', but it must be the address of a tracking server"),
    refused("tracking.uri=file:///tmp/mlruns", "tracking.uri is 'file:///tmp/mlruns', but it must be the address"),
    refused("tracking.uri=http://", "tracking.uri is 'http://'"),
    refused("tracking.uri=http://127.0.0.1:99999", "tracking.uri is 'http://127.0.0.1:99999'"),
    refused("tracking.uri=http://nowhere.invalid", "tracking.uri is 'http://nowhere.invalid', where no tracking server"),
    refused("tracking.uri=postgresql://me:secret@127.0.0.1:1/runs", "postgresql://me:***@127.0.0.1:1/runs"),
    *map(named, ("it's 50%", "a#b [1]", "ünï ☃", "-m", "a=b,c;d|e&f", "$HOME ~ {x} \\n")),
    *(
        recovered(f"an experiment called {name}", Place.forget, line=f"{POINT} {quoted('tracking.experiment', name)}")
        for name in ("ünï ☃ 50%", "it's a/b `c`", "Default")
    ),
    incomplete("a file in place of Hydra's folder", as_file("hydra"), "hydra"),
    incomplete("a file in place of the folder of tables", as_file("crossover"), "crossover", line=ALONE),
]


# --- gathered folders


def collected(name: str, around: Around, sources: str = "[outputs]", then: str = POINT) -> Case:
    """Runs and realizations are gathered into another folder, from which a command then has its numbers."""

    def aside(place: Place) -> AbstractContextManager[object] | None:
        undo = around(place)
        place.outputs = place.folder / "gathered"
        return undo

    line = f"sources={sources} outputs=gathered"
    return Case(f"collect {name}", line, (), 0, "collect", aside, then=f"{then} outputs=gathered")


def torn_copy(place: Place) -> None:
    """The first collection was killed while it copied the nonsecular run."""
    assert run("collect", "sources=[outputs] outputs=gathered", place.folder).code == 0
    source, place.outputs = place.outputs, place.folder / "gathered"
    place.began()
    shutil.rmtree(place.artifacts())
    torn = place.run_id()
    for name in ("params", "metrics", "latest_metrics"):
        place.sql(f"DELETE FROM {name} WHERE run_uuid = ?", torn)
    place.sql("DELETE FROM tags WHERE run_uuid = ? AND key != 'copied_from'", torn)
    place.outputs = source


def torn_realization(place: Place) -> None:
    """The first collection had realizations only, and one of them is damaged since."""
    place.forget()
    assert run("collect", "sources=[outputs] outputs=gathered", place.folder).code == 0
    cut(next(Path(place.folder / "gathered").rglob("0.npz")))


ITSELF = ("sources is", "other than outputs")
COLLECTED = [
    turned_away("collect from itself", nothing, *ITSELF, line="sources=[outputs]", command="collect"),
    turned_away("collect from itself through a link", linked_outputs, *ITSELF, line="sources=[link]", command="collect"),
    collected("from a sweep, twice", nothing, "[outputs,outputs]"),
    collected("on a torn copy", torn_copy),
    collected("on a torn realization", torn_realization),
    collected("a run whose table is damaged", table(cut), then=ALONE),
    collected("a run whose artifacts are gone", lost(shutil.rmtree), then=ALONE),
    collected("a damaged realization", spoilt(cut)),
]
