"""Sweeps that other processes compute: joblib, and submitit with a preemption in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dnplab.config import make_plan
from tests.systems.outputs import runs_of, stored, table_of
from tests.systems.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["model=nonsecular", "bath.temperature_k=1.2,12", "system.n_spins=5", "ensemble.workers=1", "observables=profile"]
MANY = 100
RUNNING = """
    SELECT pid.value, checkpoints.value FROM runs
    JOIN tags pid ON pid.run_uuid = runs.run_uuid AND pid.key = 'pid'
    JOIN tags checkpoints ON checkpoints.run_uuid = runs.run_uuid AND checkpoints.key = 'checkpoints'
    WHERE runs.status = 'RUNNING'
"""


def start(outputs: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "experiments.run", "-m", *WORDS, *words, f"outputs={outputs}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("launcher", ["local", "slurm"])
def test_the_launchers_compose_and_are_no_bar_of_this_process(launcher: str) -> None:
    plan = make_plan(ROOT / "conf", ["experiment=crossover", f"hydra/launcher={launcher}"])
    assert not plan.local
    assert len(plan.jobs) == 24


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_preempted_job_is_queued_again_and_goes_on_in_its_run(tmp_path: Path) -> None:
    """SIGUSR2 is what SLURM sends before it takes a job's node away; submitit's local executor queues it again."""
    many = f"ensemble.realizations={MANY}"
    with start(tmp_path / "preempted", many, "hydra/launcher=submitit_local") as process:
        wait_until(lambda: preempted_one(tmp_path / "preempted"), "a job was preempted", 120)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    logs = "".join(file.read_text() for file in (tmp_path / "preempted" / "hydra").rglob("*_log.*"))
    assert "this job is preempted" in logs
    assert [run.status for run in runs_of(tmp_path / "preempted")] == ["FINISHED"] * 2
    quiet = start(tmp_path / "quiet", many)
    _, errors = quiet.communicate(timeout=300)
    assert quiet.returncode == 0, errors
    assert table_of(tmp_path / "preempted") == table_of(tmp_path / "quiet")


def preempted_one(outputs: Path) -> bool:
    """Whether a job of this sweep that is amid its realizations was found, and sent SIGUSR2."""
    if not stored(outputs):
        return False
    with contextlib.closing(sqlite3.connect(outputs / "mlflow.db")) as store:  # MLflow takes seconds to import
        found = store.execute(RUNNING).fetchall()
    amid = [pid for pid, folder in found if 5 <= len(list(Path(folder).glob("*.npz"))) <= MANY // 2]
    for pid in amid[:1]:
        os.kill(int(pid), signal.SIGUSR2)
    return bool(amid)
