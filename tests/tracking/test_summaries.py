"""Summaries of sweeps: which one stands."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from dnplab.errors import TrackingError
from dnplab.tracking import (
    RunWriter,
    Store,
    find_runs,
    log_summary,
    require_whole,
)


def summarised(store: Store, *files: Path) -> str:
    return log_summary(store, sweep="s", model="hilbert", group="", steps={}, params={}, tags={}, files=files)


def begun_summary(store: Store, pid: int) -> str:
    """What a process has left of a summary so far."""
    owner = {"pid": str(pid), "host": socket.gethostname()}
    key = {"summary": "true", "sweep": "s", "model": "hilbert", "group": ""}
    return str(store.client.create_run(store.experiment_id, tags=key | owner).info.run_id)


def test_a_summary_is_replaced_not_repeated(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "crossover.csv"
    file.write_text("model,temperature_k\n")
    for value in (1.0, 2.0):
        steps = {1200: {"ansatz_deviation": value}, 12000: {"ansatz_deviation": value + 1}}
        log_summary(store, sweep="s", model="hilbert", group="", steps=steps, params={}, tags={}, files=[file])
    (found,) = find_runs(store, summary="true")
    assert (found.status, found.tags["model"], found.tags["sweep"]) == ("FINISHED", "hilbert", "s")
    history = store.client.get_metric_history(found.run_id, "ansatz_deviation")
    assert [(point.step, point.value) for point in history] == [(1200, 2.0), (12000, 3.0)]
    assert store.artifact_names(found.run_id) == {"crossover.csv"}


def test_a_summary_that_another_process_has_begun_since_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[str] = []

    def meanwhile(*_: object, **__: object) -> None:
        newer = {"summary": "true", "sweep": "s", "model": "hilbert", "group": ""}
        later.append(store.client.create_run(store.experiment_id, tags=newer).info.run_id)

    monkeypatch.setattr(RunWriter, "log", meanwhile)
    log_summary(store, sweep="s", model="hilbert", group="", steps={}, params={}, tags={}, files=[])
    assert set(later) <= {run.run_id for run in store.search()}


def test_a_summary_of_a_clock_that_was_ahead_is_replaced(store: Store) -> None:
    older = {"summary": "true", "sweep": "s", "model": "hilbert", "group": ""}
    store.client.create_run(store.experiment_id, tags=older, start_time=int(time.time() * 1000) + 86_400_000)
    run_id = log_summary(store, sweep="s", model="hilbert", group="", steps={}, params={}, tags={}, files=[])
    assert [run.run_id for run in store.search()] == [run_id]


def test_a_summary_that_fails_says_so_and_leaves_the_earlier_one(store: Store, tmp_path: Path) -> None:
    def log(*files: Path) -> str:
        return log_summary(store, sweep="s", model="hilbert", group="", steps={}, params={}, tags={}, files=files)

    first = log()
    with pytest.raises(TrackingError):
        log(tmp_path / "nowhere.csv")
    assert {run.run_id: run.status for run in store.search()}[first] == "FINISHED"
    assert sorted(run.status for run in store.search()) == ["FAILED", "FINISHED"]
    last = log()
    assert [run.run_id for run in store.search()] == [last]


def test_summaries_of_different_groups_stand_side_by_side(store: Store) -> None:
    for group in ("n = 4", "n = 6", "n = 4"):
        log_summary(store, sweep="s", model="hilbert", group=group, steps={}, params={}, tags={}, files=[])
    assert sorted(run.tags["group"] for run in find_runs(store, model="hilbert")) == ["n = 4", "n = 6"]


def test_a_summary_that_a_living_process_is_writing_stays(store: Store) -> None:
    living, dead = begun_summary(store, os.getppid()), begun_summary(store, 2**22 + 1)
    own = summarised(store)
    assert {run.run_id for run in store.search()} == {living, own}
    assert dead not in {run.run_id for run in store.search()}


def test_of_two_summaries_at_once_the_newer_one_stands(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    newer: list[str] = []
    log = RunWriter.log

    def overtaken(writer: RunWriter, **values: Any) -> None:
        log(writer, **values)
        if not newer:
            monkeypatch.setattr(RunWriter, "log", log)
            time.sleep(0.01)  # their times of begin are in ms
            newer.append(summarised(store))

    monkeypatch.setattr(RunWriter, "log", overtaken)
    assert summarised(store) == newer[0]
    assert [run.run_id for run in store.search()] == newer


def test_a_summary_knows_its_process_and_its_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "crossover.csv").write_text("model\n")
    summarised(store, tmp_path / "crossover.csv")
    (found,) = store.search()
    assert {"pid", "host", "process_began"} <= set(found.tags)
    assert set(json.loads(found.tags["digests"])) == {"crossover.csv"}
    require_whole(store, found)
