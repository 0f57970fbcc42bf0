"""What is done to files and folders before a command sees them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from experiments import jobs
from tests.systems.bad_input.case import Around, MissingToolError
from tests.systems.bad_input.folder import Place

__all__ = [
    "as_file",
    "as_folder",
    "cut",
    "database",
    "during",
    "empty",
    "flipped",
    "immutable",
    "linked",
    "linked_outputs",
    "lost",
    "spoilt",
    "sql",
    "table",
    "text",
]


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


def spoilt(change: Callable[[Path], object]) -> Around:
    """Realization 0 is changed, and the run that was made of it is gone."""

    def around(place: Place) -> None:
        place.forget()
        change(place.realization(0))

    return around


def lost(change: Callable[[Path], object]) -> Around:
    """Something happens to the artifacts of the nonsecular run."""

    def around(place: Place) -> None:
        change(place.artifacts())

    return around


def table(change: Callable[[Path], object], name: str = "realizations.parquet") -> Around:
    """Something happens to one of its tables."""
    return lost(lambda folder: change(folder / name))


def database(change: Callable[[Path], object]) -> Around:
    """Something happens to the file of the store."""

    def around(place: Place) -> None:
        change(place.database)

    return around


def sql(statement: str, *values: str) -> Around:
    """A statement about the nonsecular run :run, or about all."""

    def around(place: Place) -> None:
        place.sql(statement.replace(":run", f"'{place.run_id()}'"), *values)

    return around


def linked_outputs(place: Place) -> None:
    (place.folder / "link").symlink_to(place.outputs)
