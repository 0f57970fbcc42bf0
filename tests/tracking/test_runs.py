"""Runs: what they hold, how they end, which are found, replaced, closed or left alone."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pandas as pd
import pytest

from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult
from dnplab.ensemble.realization import Realization
from dnplab.errors import DamagedRunError, ParameterError
from dnplab.tracking import (
    Store,
    close_stale_runs,
    find_runs,
    finished_run,
    join_sweep,
    keep_newest,
    metrics_of,
    read_table,
    require_whole,
    tracked_run,
    withdraw,
)
from tests.tracking.processes import OPEN, ROOT, finish, python


def test_a_run_holds_what_was_logged(store: Store, tmp_path: Path) -> None:
    table = pd.DataFrame({"spin": [0, 1], "polarization": [-0.1, 0.2]})
    table.to_parquet(tmp_path / "spins.parquet")
    with tracked_run(store, name="a", fingerprint="f", params={"system.n_spins": 2}, tags={"model": "hilbert"}) as run:
        run.log(metrics={"obs.beta_s": 0.5})
        run.log_files(tmp_path)
        run.log_table("profile.json", table)
    (found,) = find_runs(store, model="hilbert")
    assert (found.status, found.params, found.metrics) == ("FINISHED", {"system.n_spins": "2"}, {"obs.beta_s": 0.5})
    assert store.artifact_names(found.run_id) == {"spins.parquet", "profile.json"}
    pd.testing.assert_frame_equal(read_table(store, found, "spins.parquet"), table)
    shown = json.loads(store.download(found.run_id, "profile.json", tmp_path).read_text())
    assert shown == {"columns": ["spin", "polarization"], "data": [[0, -0.1], [1, 0.2]]}


def test_a_file_that_is_not_what_was_logged_is_refused(store: Store, outputs: Path, tmp_path: Path) -> None:
    pd.DataFrame({"spin": [0, 1], "polarization": [-0.1, 0.2]}).to_parquet(tmp_path / "spins.parquet")
    with tracked_run(store, name="a", fingerprint="f", params={}, tags={}) as run:
        run.log_files(tmp_path)
    (found,) = find_runs(store, fingerprint="f")
    read_table(store, found, "spins.parquet")
    require_whole(store, found)
    (file,) = (outputs / "mlartifacts").rglob(f"{run.run_id}/artifacts/spins.parquet")
    pd.DataFrame({"spin": [0, 1], "polarization": [-0.1, 0.3]}).to_parquet(file)
    with pytest.raises(DamagedRunError, match=r"^spins.parquet of the run \w+ is not what was logged; .*\.$") as caught:
        read_table(store, found, "spins.parquet")
    assert caught.value.run_id == run.run_id
    with pytest.raises(DamagedRunError, match=r"^spins.parquet of the run \w+ is not what was logged"):
        require_whole(store, found)
    file.unlink()
    with pytest.raises(DamagedRunError, match=r"^The files of the finished run 'a' \(\w+\) are gone from the store"):
        require_whole(store, found)


def test_one_run_of_a_fingerprint_is_left(store: Store) -> None:
    first, second = finish(store, "f"), finish(store, "f")
    other = store.client.create_run(store.experiment_id, tags={"fingerprint": "f", "host": "node7", "pid": "1"}).info.run_id
    here = store.client.create_run(store.experiment_id, tags={"fingerprint": "f", "host": socket.gethostname()}).info.run_id
    keep_newest(store, "f")
    assert {run.run_id: run.status for run in find_runs(store, fingerprint="f")} == {
        second: "FINISHED",
        other: "KILLED",
        here: "RUNNING",  # of a process of this machine, whose end will be seen
    }
    assert store.client.get_run(first).info.lifecycle_stage == "deleted"


def test_metrics_count_the_realizations_that_lack_a_measure() -> None:
    (job,) = make_plan(ROOT / "conf", ["system.n_spins=2", "ensemble.realizations=3"]).jobs
    made = [Realization(i, {"beta_s": float(i), "residual": 1e-12}) for i in range(2)]
    made.append(Realization(2, {"residual": 1e-11}, undefined={"beta_s": "there is none."}))
    found = metrics_of(EnsembleResult(job.spec, made), total_s=1.0)
    assert found["obs.beta_s"] == 0.5
    assert found["check.undefined.beta_s"] == 1
    assert found["check.worst_residual"] == 1e-11
    assert found["check.excluded"] == 0


def test_a_failed_run_says_why_and_is_replaced(store: Store) -> None:
    with (
        pytest.raises(ParameterError),
        tracked_run(store, name="a", fingerprint="f", params={"x": 1}, tags={}) as first,
    ):
        raise ParameterError("x", 1, "2")
    (failed,) = store.search()
    assert (failed.status, failed.tags["error"]) == ("FAILED", "x is 1, but it must be 2.")
    assert finished_run(store, "f") is None
    run_id = finish(store, "f", x=1)
    (finished,) = store.search()
    assert (finished.run_id, finished.status, finished.tags.get("error")) == (run_id, "FINISHED", None)
    assert run_id != first.run_id


def test_an_interrupted_run_is_replaced(store: Store) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        tracked_run(store, name="a", fingerprint="f", params={}, tags={}),
    ):
        raise KeyboardInterrupt
    assert store.search()[0].status == "KILLED"
    run_id = finish(store, "f")
    assert [(run.run_id, run.status) for run in store.search()] == [(run_id, "FINISHED")]


def test_a_finished_run_is_found_and_joins_further_sweeps(store: Store) -> None:
    run_id = finish(store, "f")
    found = finished_run(store, "f")
    assert found is not None
    assert found.run_id == run_id
    assert finished_run(store, "g") is None
    join_sweep(store, run_id, "one")
    join_sweep(store, run_id, "two")
    assert {"sweep.one", "sweep.two"} <= set(store.search()[0].tags)


def test_a_run_that_another_process_holds_is_not_taken(store: Store) -> None:
    with tracked_run(store, name="a", fingerprint="f", params={}, tags={}) as held:
        assert close_stale_runs(store) == 0
        assert finish(store, "f") != held.run_id


def test_runs_of_dead_processes_are_closed_and_resumed(store: Store, outputs: Path) -> None:
    code = OPEN.replace("'dnplab'", repr(store.experiment)) + (
        "import os, signal; from dnplab.tracking import tracked_run; "
        "r = tracked_run(s, name='a', fingerprint='f', params={}, tags={}); r.__enter__(); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    process = python(code, str(outputs))
    process.communicate(timeout=60)
    (stale,) = store.search()
    assert stale.status == "RUNNING"
    assert close_stale_runs(store) == 1
    assert store.search()[0].status == "KILLED"
    finish(store, "f")
    assert [run.status for run in store.search()] == ["FINISHED"]


def test_an_attempt_that_failed_leaves_nothing_in_the_next_but_its_sweeps(store: Store) -> None:
    def fail() -> None:
        with tracked_run(store, name="a", fingerprint="f", params={"old": 1}, tags={"sweep.s": "1"}) as run:
            run.log(metrics={"obs.stale": 42.0})
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    (failed,) = find_runs(store, fingerprint="f")
    finish(store, "f", old=2)
    (found,) = find_runs(store, fingerprint="f")
    assert found.run_id != failed.run_id
    assert (found.status, found.params, found.metrics) == ("FINISHED", {"old": "2"}, {})
    assert found.tags["sweep.s"] == "1"


def test_a_run_that_another_process_has_deleted_is_gone(store: Store) -> None:
    run_id = finish(store, "f")
    withdraw(store, run_id, "once")
    withdraw(store, run_id, "twice")
    assert store.search() == []


def test_a_reused_process_number_does_not_keep_a_run_alive(store: Store) -> None:
    owner = {"pid": str(os.getpid()), "host": socket.gethostname(), "process_began": "0"}
    store.client.create_run(store.experiment_id, tags=owner)
    assert close_stale_runs(store) == 1


def test_runs_of_other_machines_are_left_alone(store: Store) -> None:
    store.client.create_run(store.experiment_id, tags={"pid": "1", "host": "elsewhere", "process_began": "0"})
    assert close_stale_runs(store) == 0
