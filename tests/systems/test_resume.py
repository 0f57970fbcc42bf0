"""What a second command does with what the first one left: status, rerun, shards, other folders, too many exclusions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult, Realization
from dnplab.errors import ConvergenceError
from dnplab.tracking import Store, default_uri
from experiments import jobs
from experiments import run as entry
from experiments.termination import Termination

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["system.n_spins=3", "ensemble.workers=1", "observables=profile"]
SWEEP = ["-m", "model=hilbert,nonsecular", "bath.temperature_k=1.2,12", "ensemble.realizations=2", *SMALL]


def run(*words: str, module: str = "experiments.run") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a finished sweep."""
    outputs = tmp_path_factory.mktemp("outputs")
    done = run(*SWEEP, f"outputs={outputs}")
    assert done.returncode == 0, done.stderr
    return outputs


def test_status_says_done(swept: Path) -> None:
    said = run(f"outputs={swept}", module="experiments.status")
    assert said.returncode == 0
    assert "4 points: 4 done" in said.stdout
    (name,) = [line.split()[0] for line in said.stdout.splitlines() if "points:" in line]
    grid = run(f"outputs={swept}", f"sweep={name}", module="experiments.status")
    assert grid.returncode == 0
    assert grid.stdout.count(" done ") == 4
    assert grid.stdout.count("2/2") == 4


def test_status_names_what_is_missing_and_what_finishes_it(swept: Path, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    shutil.copytree(swept, outputs)
    store = Store(default_uri(outputs), "dnplab", create=False)
    lost, failed, *_ = store.search()
    store.client.delete_run(lost.run_id)
    store.client.set_terminated(failed.run_id, "FAILED")
    store.tag_run(failed.run_id, "error", "The sky fell.")
    said = run(f"outputs={outputs}", module="experiments.status")
    assert said.returncode == 1
    assert "4 points: 2 done, 1 failed, 1 missing" in said.stdout
    assert "python -m experiments.run -m model=hilbert,nonsecular" in said.stdout
    (name,) = [line.split()[0] for line in said.stdout.splitlines() if "points:" in line]
    assert "The sky fell." in run(f"outputs={outputs}", f"sweep={name}", module="experiments.status").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["outputs=/nowhere"], "There is no tracking store"),
        (["sweep=other"], "sweep is 'other', but it must be one of sweep-"),
        (["tracking.experiment=other"], "tracking.experiment is 'other'"),
        (["swep=other"], "did you mean sweep"),
    ],
)
def test_status_of_what_is_not_there_is_one_sentence(swept: Path, words: list[str], sentence: str) -> None:
    said = run(f"outputs={swept}", *words, module="experiments.status")
    assert said.returncode == 2
    assert sentence in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_rerun_replaces_the_runs(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    assert run(*SWEEP, f"outputs={outputs}").returncode == 0
    store = Store(default_uri(outputs), "dnplab", create=False)
    before = {found.run_id for found in store.search()}
    done = run(*SWEEP, f"outputs={outputs}", "rerun=true")
    assert done.returncode == 0, done.stderr
    runs = store.search()
    assert [found.status for found in runs] == ["FINISHED"] * 4
    assert not before & {found.run_id for found in runs}


def test_shards_of_two_machines_are_gathered_to_the_last_bit(tmp_path: Path) -> None:
    words = ["model=nonsecular", "ensemble.realizations=5", *SMALL]
    for part in ("1/2", "2/2"):
        done = run(*words, f"ensemble.shard={part}", f"outputs={tmp_path / part[0]}")
        assert done.returncode == 0, done.stderr
    sources = f"sources=[{tmp_path / '1'},{tmp_path / '2'}]"
    first = run(sources, f"outputs={tmp_path / 'all'}", module="experiments.collect")
    assert "1 runs and 2 realizations copied" in first.stdout
    assert "1 runs and 3 realizations copied" in first.stdout
    again = run(sources, f"outputs={tmp_path / 'all'}", module="experiments.collect")
    assert again.stdout.count("0 runs and 0 realizations copied, 1 runs were there already.") == 2
    for name in ("all", "alone"):
        assert run(*words, f"outputs={tmp_path / name}").returncode == 0
    gathered, alone = (Store(default_uri(tmp_path / name), "dnplab", create=False).search() for name in ("all", "alone"))
    assert sorted(found.params.get("ensemble.shard", "") for found in gathered) == ["", "1/2", "2/2"]
    (whole,) = [found for found in gathered if "ensemble.shard" not in found.params]
    observed = {key: value for key, value in whole.metrics.items() if key.startswith("obs.")}
    assert observed == {key: value for key, value in alone[0].metrics.items() if key.startswith("obs.")}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "sources is []"), (["sources=[/nowhere]"], "sources is '/nowhere'"), (["sources=here"], "sources is 'here'")],
)
def test_collect_from_nowhere_is_one_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    said = run(*words, f"outputs={tmp_path}", module="experiments.collect")
    assert said.returncode == 2
    assert said.stderr.startswith(sentence)
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize(("lost", "fails"), [(1, False), (2, True)])
def test_a_run_fails_above_its_fraction_of_exclusions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int, fails: bool
) -> None:
    words = [*SMALL, "ensemble.realizations=10", f"outputs={tmp_path}"]
    found = [Realization(k, failure="It stalled.") if k < lost else Realization(k, {"entropy": 0.5}) for k in range(10)]
    monkeypatch.setattr(jobs, "run_ensemble", lambda spec, **_: EnsembleResult(spec, found))
    (job,) = make_plan(ROOT / "conf", words).jobs
    if fails:
        with pytest.raises(ConvergenceError, match=r"2 of 10 realizations .* more than ensemble.max_excluded = 0.1 allows"):
            entry._track(job, None, Termination())
    else:
        entry._track(job, None, Termination())
    (tracked,) = Store(default_uri(tmp_path), "dnplab", create=False).search()
    assert tracked.status == ("FAILED" if fails else "FINISHED")


def test_lost_and_damaged_files_of_a_finished_run_are_told_and_made_again(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    first = run(*SWEEP, f"outputs={outputs}")
    assert first.returncode == 0
    store = Store(default_uri(outputs), "dnplab", create=False)
    found = store.search()[0]
    folder = outputs / "mlartifacts" / found.run_id / "artifacts"
    with (folder / "realizations.parquet").open("r+b") as file:
        file.truncate(200)
    damaged = run(*SWEEP, f"outputs={outputs}")
    assert damaged.returncode == 1
    assert "Traceback" not in damaged.stderr
    assert f"realizations.parquet of the run {found.run_id} is damaged" in damaged.stderr
    shutil.rmtree(folder)
    gone = run(*SWEEP, f"outputs={outputs}")
    assert gone.returncode == 1
    assert f"({found.run_id}) are gone from the store" in gone.stderr
    assert run(*SWEEP, f"outputs={outputs}", "rerun=true").returncode == 0


def test_a_copied_output_folder_is_refused(swept: Path, tmp_path: Path) -> None:
    shutil.copytree(swept, tmp_path / "copy")
    said = run(*SWEEP, f"outputs={tmp_path / 'copy'}")
    assert said.returncode == 2
    assert "keep their files there; move it back" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_damaged_realization_is_told(tmp_path: Path) -> None:
    words = ["model=hilbert", *SMALL, f"outputs={tmp_path}"]
    assert run(*words, "ensemble.realizations=2").returncode == 0
    file = next((tmp_path / "checkpoints").rglob("1.npz"))
    file.write_bytes(file.read_bytes()[:-20])
    more = run(*words, "ensemble.realizations=3")
    assert more.returncode == 0
    assert "1 stored realizations of hilbert T=12K N=3 were damaged and are computed again." in more.stderr
