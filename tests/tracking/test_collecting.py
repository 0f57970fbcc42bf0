"""Runs that are copied from other output folders."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from dnplab.tracking import (
    Store,
    collecting,
    copy_finished,
    default_uri,
    require_whole,
    tracked_run,
)


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """An output folder with a finished run and its file, which stands elsewhere than where it was made."""
    made = tmp_path / "made"
    (tmp_path / "file.txt").write_text("content")
    with tracked_run(open_store(made), name="a", fingerprint="f", params={"n": 3}, tags={}) as run:
        run.log(metrics={"obs.beta_s": 0.5}, tags={"mlflow.runColor": "#000000"})
        folder = tmp_path / "staged"
        folder.mkdir()
        (tmp_path / "file.txt").rename(folder / "file.txt")
        run.log_files(folder)
    return made.rename(tmp_path / "moved")


def open_store(folder: Path) -> Store:
    return Store(default_uri(folder), "dnplab", folder / "mlartifacts")


def source(folder: Path) -> Store:
    return Store(default_uri(folder), "dnplab", create=False)


def test_runs_of_a_folder_that_was_moved_are_copied_with_their_files(moved: Path, tmp_path: Path) -> None:
    target = open_store(tmp_path / "all")
    assert copy_finished(source(moved), target, moved) == {"copied": 1}
    (copy,) = target.search()
    (original,) = source(moved).search()
    assert (copy.params, copy.metrics, copy.started_ms) == (original.params, original.metrics, original.started_ms)
    assert copy.tags == original.tags | {"copied_from": original.run_id}
    assert target.content(copy, "file.txt") == b"content"
    require_whole(target, copy)
    assert target.client.get_run(copy.run_id).data.tags["mlflow.runColor"] == "#000000"
    assert copy_finished(source(moved), target, moved) == {"known": 1}


def test_a_run_without_its_files_is_not_copied(moved: Path, tmp_path: Path) -> None:
    (file,) = moved.rglob("file.txt")
    file.unlink()
    target = open_store(tmp_path / "all")
    assert copy_finished(source(moved), target, moved) == {"lost": 1}
    assert target.search() == []


def test_a_copy_that_is_being_made_says_whose_it_is(moved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = open_store(tmp_path / "all")

    def stopped(*_: object) -> None:
        (copy,) = target.search()
        assert (copy.status, copy.tags["pid"], copy.tags["host"]) == ("RUNNING", str(os.getpid()), socket.gethostname())
        raise KeyboardInterrupt

    monkeypatch.setattr(collecting, "_history", stopped)
    with pytest.raises(KeyboardInterrupt):
        copy_finished(source(moved), target, moved)
    assert [run.status for run in target.search()] == ["KILLED"]
    monkeypatch.undo()
    assert copy_finished(source(moved), target, moved) == {"copied": 1}
    assert [run.status for run in target.search()] == ["FINISHED"]
