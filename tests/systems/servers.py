"""Servers on loopback for the tests of a shared store: MLflow's, and PostgreSQL where Debian's package is there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["POSTGRES", "Ui", "ended", "free_port", "mlflow_server", "postgres_database", "started"]

ROOT = Path(__file__).resolve().parents[2]
START_S = 120.0
WAIT_S = 120
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def postgres_database() -> Iterator[str]:
    """The URI of an empty PostgreSQL database."""
    folder, port = Path(tempfile.mkdtemp(prefix="dnplab-postgres-")), free_port()  # pytest's folders are root's alone
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, binaries = folder / "data", POSTGRES[-1].parent
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(_unprivileged([str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "me"]), **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    subprocess.run(_unprivileged([*control, "-o", options, "start"]), **quiet)  # type: ignore[call-overload]
    try:
        create = [str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "me", "runs"]
        subprocess.run(create, **quiet)  # type: ignore[call-overload]
        yield f"postgresql+psycopg2://me@127.0.0.1:{port}/runs"
    finally:
        subprocess.run(_unprivileged([*control, "-m", "immediate", "stop"]), **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder)


@contextmanager
def mlflow_server(database: str, folder: Path, port: int) -> Iterator[str]:
    """The address of an MLflow server on that database, with its artifacts and its log in a folder."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", database, "--artifacts-destination", str(folder / "artifacts")]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    log = folder / "server.log"
    with log.open("a") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while not _answers(address):
            assert process.poll() is None, f"the server has ended:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the server does not answer within {START_S:g} s:\n{log.read_text()}"
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"{address}/health", timeout=1).close()
        return True
    return False


@dataclass
class Ui:
    """`experiments.ui` while it serves: its process, and what it has printed, by experiment and title."""

    process: subprocess.Popen[str]
    printed: str

    def link(self, experiment: str, title: str) -> str:
        block = self.printed.split(f"\n{experiment}: ")[1].split("\n\n")[0]
        found = re.search(rf"^  {re.escape(title)} +(http\S+)$", block, re.MULTILINE)
        assert found is not None, self.printed
        return found[1]


def started(*words: str) -> Ui:
    command = [sys.executable, "-m", "experiments.ui", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline()) and "Ctrl-C" not in line:
        lines.append(line)
    return Ui(process, "".join(lines))


def ended(ui: Ui, sent: signal.Signals) -> tuple[int, list[psutil.Process]]:
    """End it with a signal: its exit code, and what it has left behind."""
    children = psutil.Process(ui.process.pid).children(recursive=True)
    assert children, ui.printed
    ui.process.send_signal(sent)
    code = ui.process.wait(WAIT_S)
    assert ui.process.stdout is not None
    ui.process.stdout.close()
    return code, psutil.wait_procs(children, timeout=5)[1]
