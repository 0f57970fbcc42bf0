"""Sweeps that other processes compute: joblib, and submitit with a preemption in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dnplab.config import make_plan
from dnplab.tracking import Store, default_uri

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["model=nonsecular", "bath.temperature_k=1.2,12", "system.n_spins=5", "ensemble.workers=1", "observables=profile"]


def start(outputs: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "experiments.run", "-m", *WORDS, *words, f"outputs={outputs}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def table_of(outputs: Path) -> bytes:
    (folder,) = (outputs / "crossover").iterdir()
    return (folder / "crossover.csv").read_bytes()


@pytest.mark.parametrize("launcher", ["local", "slurm"])
def test_the_launchers_compose_and_are_no_bar_of_this_process(launcher: str) -> None:
    plan = make_plan(ROOT / "conf", ["experiment=crossover", f"hydra/launcher={launcher}"])
    assert not plan.local
    assert len(plan.jobs) == 24


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_preempted_job_is_queued_again_and_goes_on_in_its_run(tmp_path: Path) -> None:
    """SIGUSR2 is what SLURM sends before it takes a job's node away; submitit's local executor queues it again."""
    many = "ensemble.realizations=60"
    process = start(tmp_path / "preempted", many, "hydra/launcher=submitit_local")
    worker = _worker(process.pid, tmp_path / "preempted")
    worker.send_signal(signal.SIGUSR2)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    logs = "".join(file.read_text() for file in (tmp_path / "preempted" / "hydra").rglob("*_log.*"))
    assert "this job is preempted" in logs
    runs = Store(default_uri(tmp_path / "preempted"), "dnplab", create=False).search()
    assert [run.status for run in runs] == ["FINISHED"] * 2
    quiet = start(tmp_path / "quiet", many)
    _, errors = quiet.communicate(timeout=300)
    assert quiet.returncode == 0, errors
    assert table_of(tmp_path / "preempted") == table_of(tmp_path / "quiet")


def _worker(parent: int, outputs: Path) -> psutil.Process:
    """The process of a job that has stored a few realizations and is not through."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if len(list((outputs / "checkpoints").rglob("*.npz"))) >= 5:
            for child in psutil.Process(parent).children(recursive=True):
                if "submitit.core._submit" in child.cmdline():
                    return child
        time.sleep(0.02)
    raise AssertionError("no job began")
