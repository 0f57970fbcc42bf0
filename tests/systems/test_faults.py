"""A disk that fills up and a server that dies in the middle: a sentence, and the same command then loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dnplab.tracking import Store
from tests.systems.outputs import runs_of, stored, table_of
from tests.systems.servers import free_port, mlflow_server
from tests.systems.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["-m", "model=nonsecular", "bath.temperature_k=1.2,12", "system.n_spins=4", "ensemble.workers=1"]
ROOMY = "30m"


def start(outputs: Path, *words: str) -> subprocess.Popen[str]:
    environment = os.environ | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}  # as impatient as a test
    command = [sys.executable, "-m", "experiments.run", *SMALL, *words, f"outputs={outputs}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, env=environment, **pipes)  # type: ignore[call-overload,no-any-return]


def finish(outputs: Path, *words: str) -> bytes:
    """Run the sweep to its end; its table."""
    process = start(outputs, *words)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return table_of(outputs)


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of that size, mounted at a folder."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs the right to mount a small disk")
def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """Sizes at which the store, a run's files, and the summary do not fit."""
    few = "ensemble.realizations=3"
    quiet = finish(tmp_path / "quiet", few)
    small = tmp_path / "small"
    small.mkdir()
    for size, code in (("500k", 2), ("1100k", 1), ("1500k", 1)):
        with disk(small, size):
            process = start(small, few)
            said, errors = process.communicate(timeout=300)
            assert process.returncode == code, (size, said, errors)
            assert "disk is full" in errors or "No space left" in errors
            assert "Traceback" not in errors
            subprocess.run(["mount", "-o", f"remount,size={ROOMY}", small], check=True)
            assert finish(small, few) == quiet
            assert [run.status for run in runs_of(small)] == ["FINISHED"] * 2


def test_a_server_that_dies_costs_no_realization(tmp_path: Path) -> None:
    many, port = "ensemble.realizations=25", free_port()
    database = f"sqlite:///{tmp_path / 'server.db'}"
    outputs = tmp_path / "shared"
    with ExitStack() as server:
        address = server.enter_context(mlflow_server(database, tmp_path, port))
        process = start(outputs, many, f"tracking.uri={address}")
        wait_until(lambda: len(stored(outputs)) >= 5 or process.poll() is not None, "the sweep had begun", 120)
        server.close()
        said, errors = process.communicate(timeout=300)
    assert process.returncode == 1, errors
    assert "where no tracking server answers" in errors or "failed while" in errors
    assert "Traceback" not in errors
    before = stored(outputs)
    assert len(before) == 2 * 25, said
    with mlflow_server(database, tmp_path, port) as address:
        shared = finish(outputs, many, f"tracking.uri={address}")
        runs = Store(address, "dnplab", create=False).search()
    assert sorted(run.status for run in runs) == ["FINISHED"] * 2
    assert stored(outputs) == before
    assert shared == finish(tmp_path / "alone", many)
