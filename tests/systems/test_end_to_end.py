"""The command itself, in a process of its own: a sweep from a fresh store, its summary, and the same sweep again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult
from dnplab.ensemble.realization import Realization
from dnplab.errors import ConvergenceError
from dnplab.tracking import Store, default_uri, find_runs
from experiments import jobs
from experiments import run as entry
from experiments.termination import Termination
from tests.systems.outputs import run

ROOT = Path(__file__).resolve().parents[2]
SWEEP = ["-m", "model=hilbert,secular,nonsecular", "bath.temperature_k=1.2,12"]
SMALL = ["system.n_spins=3", "ensemble.realizations=2", "ensemble.workers=1"]
ROOT_ARTIFACTS = {
    "polarization.png",
    "epr.png",
    "eigenstates.png",
    "eigenvalues.png",
    "realizations.parquet",
    "spins.parquet",
    "spectrum.parquet",
    "config.yaml",
    "profile.json",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def sweep(outputs: Path) -> subprocess.CompletedProcess[str]:
    """Three models at two temperatures from a fresh store."""
    return run(*SWEEP, *SMALL, f"outputs={outputs}")


@pytest.fixture(scope="module")
def store(outputs: Path, sweep: subprocess.CompletedProcess[str]) -> Store:
    assert sweep.returncode == 0, sweep.stderr
    return Store(default_uri(outputs), "dnplab")


def test_a_sweep_ends_with_a_table_a_figure_and_a_link(
    sweep: subprocess.CompletedProcess[str], store: Store, outputs: Path
) -> None:
    assert "ansatz_deviation" in sweep.stdout
    assert store.link in sweep.stdout
    assert f"python -m experiments.ui outputs={outputs}\n" in sweep.stdout
    assert "Traceback" not in sweep.stderr
    assert "Warning" not in sweep.stderr
    assert "12 of 12 realizations" in sweep.stderr


def test_every_point_is_one_finished_flat_run(store: Store) -> None:
    runs = store.search()
    assert [found.status for found in runs] == ["FINISHED"] * 6
    assert {(found.params["model"], found.params["bath.temperature_k"]) for found in runs} == {
        (model, temperature) for model in ("hilbert", "secular", "nonsecular") for temperature in ("1.2", "12.0")
    }
    assert {found.name for found in runs} >= {"nonsecular T=12K N=3", "hilbert T=1.2K N=3"}


def test_runs_hold_params_metrics_tags_and_artifacts(store: Store) -> None:
    for found in store.search():
        assert {"system.n_spins", "bath.t1_us", "drive.sites", "ensemble.realizations", "ensemble.seed"} <= set(found.params)
        assert found.params["drive.sites"] == "all"
        assert float(found.params["bath.t1_us"]) == pytest.approx(
            160 * (float(found.params["bath.temperature_k"]) / 1.2) ** -2
        )
        assert {"obs.ansatz_deviation", "obs.ansatz_deviation_sem", "check.excluded", "time.total_s"} <= set(found.metrics)
        assert found.metrics["check.excluded"] == 0
        assert found.metrics["check.worst_residual"] < 1e-8
        assert {"model", "sweep", "fingerprint", "seed", "code_version", "code_dirty", "source", "schema"} <= set(found.tags)
        assert found.tags[f"sweep.{found.tags['sweep']}"] == "1"
        assert store.artifact_names(found.run_id) >= ROOT_ARTIFACTS


def test_the_summary_is_logged_beside_the_sweep(store: Store) -> None:
    runs = find_runs(store.sibling("crossover"), summary="true")
    assert {found.tags["model"] for found in runs} == {"hilbert", "secular", "nonsecular"}
    for found in runs:
        history = store.client.get_metric_history(found.run_id, "ansatz_deviation")
        assert [point.step for point in history] == [1200, 12000]


def test_everything_is_under_outputs(store: Store, outputs: Path) -> None:
    assert {item.name for item in outputs.iterdir()} == {
        "mlflow.db",
        "mlflow.db.lock",
        "mlartifacts",
        "checkpoints",
        "crossover",
        "hydra",
    }
    (folder,) = (outputs / "crossover").iterdir()
    table = pd.read_csv(folder / "crossover.csv")
    assert len(table) == 6
    for name in ("crossover.png", "profiles.png", "spectra.png"):
        assert (folder / name).stat().st_size > 10_000
    assert store.uri.startswith("sqlite:////")


def test_the_same_command_again_computes_nothing(store: Store, outputs: Path) -> None:
    before = {found.run_id: found.started_ms for found in store.search()}
    (folder,) = (outputs / "crossover").iterdir()
    table = (folder / "crossover.csv").read_bytes()
    again = run(*SWEEP, *SMALL, f"outputs={outputs}")
    assert again.returncode == 0
    assert "6 runs are in the store already" in again.stdout
    assert {found.run_id: found.started_ms for found in store.search()} == before
    assert (folder / "crossover.csv").read_bytes() == table


def test_a_failing_point_does_not_stop_the_sweep(store: Store, outputs: Path) -> None:
    words = ["-m", "model=hilbert", "system.disorder_mhz=0,5", "system.coupling_mhz=0", "observables=profile", *SMALL]
    ended = run(*words, f"outputs={outputs}", "tracking.experiment=failing")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "degenerate" in ended.stderr
    assert "1 of 2 runs did not finish" in ended.stderr
    assert "1 of 2 points has no finished run" in ended.stdout
    runs = Store(store.uri, "failing").search()
    assert sorted(found.status for found in runs) == ["FAILED", "FINISHED"]
    (failed,) = [found for found in runs if found.status == "FAILED"]
    assert "degenerate" in failed.tags["error"]


def test_a_run_without_any_converged_realization_fails(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*SMALL, f"outputs={outputs}", "tracking.experiment=diverging"]
    lost = [Realization(0, failure="The first did not converge."), Realization(1, failure="Nor did the second.")]
    monkeypatch.setattr(jobs, "run_ensemble", lambda spec, **_: EnsembleResult(spec, lost))
    (job,) = make_plan(ROOT / "conf", words).jobs
    with pytest.raises(ConvergenceError, match="converged: The first did not converge"):
        entry._track(job, None, Termination())
    (found,) = Store(default_uri(outputs), "diverging").search()
    assert found.status == "FAILED"
    assert "The first did not converge." in found.tags["error"]


def interrupted(outputs: Path, experiment: str, *words: str) -> subprocess.Popen[str]:
    """A sweep, in a session of its own, that has begun to compute."""
    words = ("experiment=crossover", *SMALL, *words, "observables=profile", f"outputs={outputs}")
    command = [sys.executable, "-m", "experiments.run", *words, f"tracking.experiment={experiment}"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    query = f"select count(*) from runs join experiments using (experiment_id) where experiments.name = '{experiment}'"
    while time.monotonic() < deadline:
        with contextlib.closing(sqlite3.connect(outputs / "mlflow.db")) as connection:
            if connection.execute(query).fetchone()[0] >= 2:
                break
        time.sleep(0.05)
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_loses_nothing(store: Store, outputs: Path) -> None:
    process = interrupted(outputs, "stopped")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "The same command computes what is missing." in errors
    assert "Traceback" not in errors
    assert {found.status for found in Store(store.uri, "stopped").search()} <= {"FINISHED", "KILLED"}


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_sigterm_closes_the_run_and_its_workers(store: Store, outputs: Path) -> None:
    many = ["ensemble.workers=2", "ensemble.realizations=4000", "system.n_spins=5"]  # far more than it gets to
    process = interrupted(outputs, "terminated", "bath.temperature_k=1.2", *many)
    time.sleep(2.0)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert "Terminated. The same command computes what is missing." in errors
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
    statuses = [found.status for found in Store(store.uri, "terminated").search()]
    assert "KILLED" in statuses
    assert set(statuses) <= {"FINISHED", "KILLED"}


def test_an_empty_output_folder_is_refused_before_anything_starts() -> None:
    ended = run(*SMALL, "outputs=")
    assert ended.returncode == 2
    assert ended.stderr.strip() == "outputs is '', but it must be the path of a folder."
    assert not (ROOT / "mlflow.db").exists()


def test_an_output_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "ünï=1, two"
    ended = run("-m", "model=hilbert", *SMALL, f'outputs="{folder}"')
    assert ended.returncode == 0, ended.stderr
    assert (folder / "crossover").is_dir()


def test_bad_input_ends_before_anything_starts(tmp_path: Path) -> None:
    ended = run("-m", "bath.temperature_k=1.2,-12", f"outputs={tmp_path / 'new'}")
    assert ended.returncode == 2
    assert ended.stderr.strip() == "bath.temperature_k is -12.0, but it must be a finite number > 0."
    assert not (tmp_path / "new").exists()


# --- a study: its files stand beside the store, and come back from it


def test_files_of_a_study_come_back(tmp_path: Path) -> None:
    words = ["study=single_spin", "single_spin.points=3", "single_spin.temperatures_k=[1.2,1000000]", f"outputs={tmp_path}"]
    first = run(*words)
    assert first.returncode == 0, first.stderr
    (folder,) = (tmp_path / "single_spin").iterdir()
    files = {file.name for file in folder.iterdir()}
    assert files >= {"report.txt", "config.yaml", "line.csv", "line.parquet", "single_spin_line.png"}
    (tracked,) = Store(default_uri(tmp_path), "dnplab").search()
    assert "obs.saturation_1000000K_0.2MHz" in tracked.metrics
    (folder / "line.csv").unlink()
    assert run(*words).stdout.count("It is in the store already.") == 1
    assert {file.name for file in folder.iterdir()} == files
    shutil.rmtree(tmp_path / "mlartifacts")
    (folder / "report.txt").unlink()
    gone = run(*words)
    assert gone.returncode == 0
    assert gone.stderr.startswith("The files of the finished run 'single_spin T=1.2,1e+06K'")
    assert {file.name for file in folder.iterdir()} == files
