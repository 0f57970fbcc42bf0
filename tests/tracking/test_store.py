"""The store itself: creation, errors as one sentence, many writers, and what it never shows."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dnplab.errors import TrackingError
from dnplab.tracking import (
    Store,
    declare_sweep,
    declared_sweeps,
    default_uri,
    shown,
    ui_command,
)
from tests.tracking.processes import OPEN, python


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
