"""A parallel sweep against an MLflow server on PostgreSQL, both started here on loopback, equals the one in SQLite."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dnplab.tracking import Store
from tests.systems.outputs import table_of
from tests.systems.servers import POSTGRES, free_port, mlflow_server, postgres_database

ROOT = Path(__file__).resolve().parents[2]
WORDS = [
    "-m",
    "model=hilbert,nonsecular",
    "bath.temperature_k=1.2,12",
    "system.n_spins=3",
    "ensemble.realizations=4",
    "ensemble.workers=1",
]

pytestmark = pytest.mark.skipif(not POSTGRES, reason="needs PostgreSQL's server (Debian: postgresql)")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of an MLflow server on an empty PostgreSQL database."""
    with postgres_database() as database, mlflow_server(database, tmp_path, free_port()) as address:
        yield address


def sweep(outputs: Path, *words: str) -> bytes:
    """Run the sweep; its table."""
    command = [sys.executable, "-m", "experiments.run", *WORDS, f"outputs={outputs}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return table_of(outputs)


def test_a_parallel_sweep_on_a_server_equals_the_one_in_a_file(server: str, tmp_path: Path) -> None:
    shared = sweep(tmp_path / "shared", f"tracking.uri={server}", "hydra/launcher=local", "hydra.launcher.n_jobs=2")
    assert shared == sweep(tmp_path / "alone")
    runs = Store(server, "dnplab", create=False).search()
    assert [run.status for run in runs] == ["FINISHED"] * 4
    assert not (tmp_path / "shared" / "mlflow.db").exists()
    again = sweep(tmp_path / "elsewhere", f"tracking.uri={server}")  # nothing is computed: it is in the store
    assert again == shared
    assert not (tmp_path / "elsewhere" / "checkpoints").exists()
