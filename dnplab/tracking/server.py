"""MLflow's server of a store for as long as it is asked for: open to all users of this machine, and to no other machine."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from dnplab.errors import ParameterError, TrackingError

__all__ = ["LOCALHOST", "Server", "choose_port", "served"]

LOCALHOST = "127.0.0.1"
USUAL_PORT = 5000
START_TIMEOUT_S = 120.0  # an idle machine needs five seconds, a busy one up to a minute
STOP_TIMEOUT_S = 5.0  # open connections of a browser are waited for no longer
HTTP_OK = 200
SET_PARENT_DEATH_SIGNAL = 1  # of prctl


def choose_port(asked: int | None) -> int:
    """The port to listen on: the one asked for, else MLflow's usual one, else any that is free.

    Raises:
        ParameterError: the port asked for is taken, or may not be used.

    """
    if asked is not None:
        if (refusal := _refusal(asked)) is None:
            return asked
        raise ParameterError("port", asked, f"a free port from 1 to 65535, or null to have one chosen ({refusal})")
    if _refusal(USUAL_PORT) is None:
        return USUAL_PORT
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def _refusal(port: int) -> str | None:
    """Why the system does not give a port, None if it does."""
    if not 0 < port < 1 << 16:
        return "there is no such port"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a server that has ended may linger
        try:
            probe.bind((LOCALHOST, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


class Server:
    """A server that has been started; `wait_until_ready` before its address is used."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process, self._port, self._log = process, port, log
        self.address = f"http://{LOCALHOST}:{port}"

    def wait_until_ready(self) -> None:
        """Return when the server answers.

        Raises:
            TrackingError: it has ended, or does not answer in time; with the last line of its log.

        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                lines = self._log.read_text(errors="replace").split("\n")
                said = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
                raise TrackingError(f"MLflow's server on port {self._port} did not start; its last words: {said}")
            time.sleep(0.2)

    def wait(self) -> int:
        """Return when the server ends, with its exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """End the server and whatever it has started."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, sent)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_S)

    def _answers(self) -> bool:
        connection = HTTPConnection(LOCALHOST, self._port, timeout=5.0)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == HTTP_OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _ended_with_its_parent() -> Callable[[], object] | None:
    """What a child does first, on Linux: ask for SIGTERM when its parent ends, were it by SIGKILL."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    return lambda: prctl(SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))


@contextmanager
def served(uri: str, port: int) -> Iterator[Server]:
    """MLflow's server of the store at `uri`, which ends with the block.

    One process serves the pages: those that MLflow starts by default besides it (three more, and eight for jobs of its
    own) need minutes to come up on a busy machine, and have nothing to do here.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOCALHOST, "--port", str(port), "--workers", "1"]
    settings = {
        "MLFLOW_BACKEND_STORE_URI": uri,  # not a word of the command, which everybody can read: it may hold a password
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    with tempfile.TemporaryDirectory(prefix="dnplab-ui-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the server
                preexec_fn=_ended_with_its_parent(),
            )
        server = Server(process, port, log)
        try:
            yield server
        finally:
            server.stop()
