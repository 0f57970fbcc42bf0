"""Tracking against a real SQLite store: creation, skipping and resuming, stale runs, and errors as one sentence."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest

from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult
from dnplab.ensemble.realization import Realization
from dnplab.errors import DamagedRunError, ParameterError, TrackingError
from dnplab.tracking import (
    RunWriter,
    Store,
    close_stale_runs,
    collecting,
    copy_finished,
    declare_sweep,
    declared_sweeps,
    default_uri,
    find_runs,
    finished_run,
    join_sweep,
    keep_newest,
    log_summary,
    metrics_of,
    read_table,
    require_whole,
    shown,
    tracked_run,
    ui_command,
    withdraw,
)

ROOT = Path(__file__).resolve().parents[1]
OPEN = "import sys; from pathlib import Path; from dnplab.tracking import Store, default_uri; "
OPEN += "o = Path(sys.argv[1]); s = Store(default_uri(o), 'dnplab', o / 'mlartifacts'); "


def python(code: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder, in a path with a blank, whose store three processes have just created at the same time."""
    folder = tmp_path_factory.mktemp("out puts")
    started = [python(OPEN + "print(s.experiment_id)", str(folder)) for _ in range(3)]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert len({out for out, _ in ended}) == 1
    return folder


@pytest.fixture
def store(outputs: Path, request: pytest.FixtureRequest) -> Store:
    """An experiment of its own for every test."""
    return Store(default_uri(outputs), request.node.name, outputs / "mlartifacts", "What is asked?")


def finish(store: Store, fingerprint: str, **params: object) -> str:
    with tracked_run(store, name=fingerprint, fingerprint=fingerprint, params=params, tags={}) as run:
        return run.run_id


# --- the store


def test_a_new_store_survives_a_race_and_leaves_no_temporary_file(outputs: Path) -> None:
    assert sorted(item.name for item in outputs.iterdir() if "mlflow" in item.name) == ["mlflow.db", "mlflow.db.lock"]


def test_what_a_killed_creation_leaves_is_replaced(tmp_path: Path) -> None:
    process = python(OPEN, str(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".mlflow.db.*.tmp")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not (tmp_path / "mlflow.db").exists()
    assert Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts").search() == []
    assert not list(tmp_path.glob(".mlflow.db*"))


def test_the_experiment_states_its_question_and_its_artifacts_are_absolute(store: Store, outputs: Path) -> None:
    assert store.experiment_tags()["mlflow.note.content"] == "What is asked?"
    location = store.client.get_experiment(store.experiment_id).artifact_location
    assert location == (outputs / "mlartifacts").as_uri()
    assert store.sibling("crossover").experiment == f"{store.experiment}-crossover"


def test_the_link_opens_the_runs_page(store: Store) -> None:
    assert store.link == f"http://127.0.0.1:5000/#/experiments/{store.experiment_id}?workflowType=machine_learning"


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("sqlite:////data/me/mlflow.db", " outputs=/data/me"),
        ("sqlite:////data/my runs, 2/mlflow.db", """ 'outputs="/data/my runs, 2"'"""),
        ("sqlite:////data/runs.db", " tracking.uri=sqlite:////data/runs.db"),
        (default_uri(Path("outputs")), ""),
    ],
)
def test_the_command_that_opens_a_store_names_it(uri: str, word: str) -> None:
    assert ui_command(uri) == f"python -m experiments.ui{word}"


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:////dev/null/runs.db",
        "sqlite:////dev",
        "http://127.0.0.1:9",
        "file:///tmp/mlruns",
        "mlruns",
        "carrier-pigeon://loft",
        "databricks",
        "databricks://a-profile-that-is-not-there",
    ],
)
def test_a_store_that_cannot_be_used_is_one_sentence(uri: str, tmp_path: Path) -> None:
    before = time.monotonic()
    with pytest.raises(TrackingError) as caught:
        Store(uri, "dnplab", tmp_path)
    assert uri in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - before < 20


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "thesis.db"
    file.write_text("chapter one\n" * 100)
    with pytest.raises(TrackingError, match="cannot be opened for writing"):
        Store(f"sqlite:///{file}", "dnplab")
    assert file.read_text().startswith("chapter one")
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.db"]


def test_a_deleted_experiment_is_named(store: Store) -> None:
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(TrackingError, match="was deleted"):
        Store(store.uri, store.experiment)


# --- runs


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


# --- sweeps and summaries


@pytest.mark.parametrize(
    ("points", "form", "stored"),
    [
        ([(m, t) for m in ("hilbert", "secular") for t in range(400)], "axes", True),  # a product is short
        ([("hilbert", 1.2), ("hilbert", 12.0), ("secular", 1.2)], "points", True),
        ([("hilbert" if t % 2 else "secular", t) for t in range(1000)], "count", False),
    ],
)
def test_a_sweep_declares_what_was_asked_for(store: Store, points: list[tuple[object]], form: str, stored: bool) -> None:
    asked = [dict(zip(("model", "bath.temperature_k"), point, strict=True)) for point in points]
    before = time.time() * 1000 - 1
    declare_sweep(store, "s", asked)
    (text,) = [value for key, value in store.experiment_tags().items() if key == "sweep.s"]
    assert len(text) <= 5000
    assert form in json.loads(text)
    (found,) = declared_sweeps(store).values()
    assert found.asked_ms >= before
    assert (found.keys, found.count) == (("model", "bath.temperature_k"), len(points))
    assert found.points == (tuple(asked) if stored else None)


@pytest.mark.parametrize("name", ["/tmp/evil", "../../evil", "..", ".evil", "a/b"])
def test_a_sweep_whose_name_is_a_path_is_somebody_elses(name: str, store: Store) -> None:
    declare_sweep(store, "mine.2", [{"model": "hilbert"}], summary="crossover")
    text = store.experiment_tags()["sweep.mine.2"]
    with sqlite3.connect(
        store.uri.removeprefix("sqlite:///")
    ) as database:  # MLflow refuses some of these names, and takes others
        database.execute("INSERT INTO experiment_tags VALUES (?, ?, ?)", (f"sweep.{name}", text, store.experiment_id))
    database.close()
    assert {key: sweep.summary for key, sweep in declared_sweeps(store).items()} == {"mine.2": "crossover"}


@pytest.mark.parametrize("wrong", [{"count": 2**500}, {"count": 3}, {"count": -1}, {"axes": 4}, {"axes": [[0, 1]] * 500}])
def test_a_sweep_has_as_many_points_as_it_says_and_as_memory_holds(wrong: dict[str, Any], store: Store) -> None:
    content = {"asked_ms": 3, "keys": ["k"] * 500, "count": 2**500, "axes": [[0, 1]] * 500} | wrong
    store.tag_experiment("sweep.mine", json.dumps(content))
    assert declared_sweeps(store) == {}


def test_a_sweep_of_long_ago_is_named_after_what_it_ends_with(store: Store) -> None:
    text = json.dumps({"asked_ms": 3, "keys": ["model"], "count": 1, "axes": [["hilbert"]]})
    store.tag_experiment("sweep.finite_size-0123456789", text)
    (found,) = declared_sweeps(store).values()
    assert found.summary == "finite_size"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("postgresql://me:secret@host/db?x=1", "postgresql://me:***@host/db?x=1"),
        ("postgresql://me:se@cret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://host/runs?user=me&password=secret", "postgresql://host/runs?user=me&password=***"),
        ("mssql+pyodbc:///?odbc_connect=UID%3Dme%3BPWD%3Dsecret", "mssql+pyodbc:///?odbc_connect=***"),
        ("-m 'tracking.uri=mysql://me:secret@h/d' outputs=a@b", "-m 'tracking.uri=mysql://me:***@h/d' outputs=a@b"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("sqlite:////home/me@work/mlflow.db", "sqlite:////home/me@work/mlflow.db"),
    ],
)
def test_passwords_are_not_shown(text: str, harmless: str, store: Store) -> None:
    assert shown(text) == harmless
    declare_sweep(store, "s", [{"model": "hilbert"}], text)
    assert declared_sweeps(store)["s"].words == harmless
    assert "secret" not in store.experiment_tags()["sweep.s"]


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


def test_processes_may_declare_and_join_the_same_sweeps(store: Store, outputs: Path, tmp_path: Path) -> None:
    """MLflow looks for a tag before it inserts it, so two at once violate its unique key: each waits until all are there."""
    run_id = finish(store, "f")
    code = OPEN.replace("'dnplab'", repr(store.experiment)) + (
        "import os, time; from dnplab.tracking import declare_sweep, join_sweep\n"
        "here = Path(sys.argv[2]); (here / str(os.getpid())).touch()\n"
        "for _ in range(6000):\n"
        "    if len(list(here.iterdir())) == 4: break\n"
        "    time.sleep(0.01)\n"
        "else: sys.exit('The others did not come.')\n"
        "for i in range(25):\n"
        "    declare_sweep(s, str(i), [{'model': 'hilbert'}])\n"
        "    join_sweep(s, sys.argv[3], str(i))\n"
    )
    started = [python(code, str(outputs), str(tmp_path), run_id) for _ in range(4)]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    assert len(declared_sweeps(store)) == 25
    assert len([tag for tag in store.search()[0].tags if tag.startswith("sweep.")]) == 25


def test_a_tag_that_another_process_has_just_set_is_set_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    write, calls = store.client.set_experiment_tag, []

    def raced(*words: str) -> None:
        calls.append(words)
        if len(calls) < 3:
            raise MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: experiment_tags.key")
        write(*words)

    monkeypatch.setattr(store.client, "set_experiment_tag", raced)
    store.tag_experiment("sweep.s", "text")
    assert (len(calls), store.experiment_tags()["sweep.s"]) == (3, "text")


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


def test_many_writers_share_one_store(store: Store, outputs: Path) -> None:
    code = OPEN.replace("'dnplab'", repr(store.experiment)) + (
        "from dnplab.tracking import tracked_run\n"
        "for i in range(4):\n"
        "    with tracked_run(s, name=sys.argv[2], fingerprint=sys.argv[2] + str(i), params={'i': i}, tags={}) as r:\n"
        "        r.log(metrics={f'obs.{k}': float(k) for k in range(40)})\n"
    )
    started = [python(code, str(outputs), name) for name in "abc"]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    assert {run.status for run in store.search()} == {"FINISHED"}
    assert len(store.search()) == 12


# --- runs that others are still writing


def summarised(store: Store, *files: Path) -> str:
    return log_summary(store, sweep="s", model="hilbert", group="", steps={}, params={}, tags={}, files=files)


def begun_summary(store: Store, pid: int) -> str:
    """What a process has left of a summary so far."""
    owner = {"pid": str(pid), "host": socket.gethostname()}
    key = {"summary": "true", "sweep": "s", "model": "hilbert", "group": ""}
    return str(store.client.create_run(store.experiment_id, tags=key | owner).info.run_id)


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


# --- copies


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


# --- a server that is up but does not work


class OnlyHealthy(BaseHTTPRequestHandler):
    """Answers as a tracking server would while its database is gone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_without_its_database_is_one_sentence_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), OnlyHealthy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(TrackingError, match=r"failed while being opened: the server gave no answer .*\.$"):
            Store(f"http://127.0.0.1:{server.server_port}", "dnplab")
        server.shutdown()
    assert time.monotonic() - began < 60
