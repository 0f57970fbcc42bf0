"""A parallel sweep against an MLflow server on PostgreSQL, both started here on loopback, equals the one in SQLite."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dnplab.tracking import Store

ROOT = Path(__file__).resolve().parents[2]
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
WORDS = [
    "-m",
    "model=hilbert,nonsecular",
    "bath.temperature_k=1.2,12",
    "system.n_spins=3",
    "ensemble.realizations=4",
    "ensemble.workers=1",
]

pytestmark = pytest.mark.skipif(not BINARIES, reason="needs PostgreSQL's server (Debian: postgresql)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture
def database() -> Iterator[str]:
    """The URI of an empty PostgreSQL database."""
    folder, port = Path(tempfile.mkdtemp(prefix="dnplab-postgres-")), free_port()  # pytest's folders are root's alone
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, binaries = folder / "data", BINARIES[-1].parent
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(unprivileged([str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "me"]), **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    subprocess.run(unprivileged([*control, "-o", options, "start"]), **quiet)  # type: ignore[call-overload]
    try:
        create = [str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "me", "runs"]
        subprocess.run(create, **quiet)  # type: ignore[call-overload]
        yield f"postgresql+psycopg2://me@127.0.0.1:{port}/runs"
    finally:
        subprocess.run(unprivileged([*control, "-m", "immediate", "stop"]), **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[str]:
    """The address of an MLflow server on that database."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", database, "--artifacts-destination", str(tmp_path / "artifacts")]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def sweep(outputs: Path, *words: str) -> bytes:
    """Run the sweep; its table."""
    command = [sys.executable, "-m", "experiments.run", *WORDS, f"outputs={outputs}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (folder,) = (outputs / "crossover").iterdir()
    return (folder / "crossover.csv").read_bytes()


def test_a_parallel_sweep_on_a_server_equals_the_one_in_a_file(server: str, tmp_path: Path) -> None:
    shared = sweep(tmp_path / "shared", f"tracking.uri={server}", "hydra/launcher=local", "hydra.launcher.n_jobs=2")
    assert shared == sweep(tmp_path / "alone")
    runs = Store(server, "dnplab", create=False).search()
    assert [run.status for run in runs] == ["FINISHED"] * 4
    assert not (tmp_path / "shared" / "mlflow.db").exists()
    again = sweep(tmp_path / "elsewhere", f"tracking.uri={server}")  # nothing is computed: it is in the store
    assert again == shared
    assert not (tmp_path / "elsewhere" / "checkpoints").exists()
