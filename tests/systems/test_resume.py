"""What a second command does with what the first one left: status, rerun, shards, other folders, too many exclusions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dnplab.analysis import load_sweep
from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult, EnsembleSpec, Realization
from dnplab.errors import ConvergenceError, TrackingError
from dnplab.tracking import Store, default_uri, digests_of
from experiments import jobs
from experiments import run as entry
from experiments.termination import Termination
from tests.systems.outputs import copied

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
    outputs = copied(swept, tmp_path / "outputs")
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
    (table,) = outputs.glob("crossover/*/crossover.csv")
    content = table.read_bytes()
    stored = {file: file.stat().st_mtime_ns for file in (outputs / "checkpoints").rglob("*.npz")}
    store = Store(default_uri(outputs), "dnplab", create=False)
    flipped, torn, gone, _ = (found.run_id for found in store.search())
    flip(outputs / "mlartifacts" / flipped / "artifacts" / "spins.parquet")
    with (outputs / "mlartifacts" / torn / "artifacts" / "realizations.parquet").open("r+b") as file:
        file.truncate(200)
    shutil.rmtree(outputs / "mlartifacts" / gone / "artifacts")
    told = run(f"outputs={outputs}", module="experiments.crossover")
    assert (told.returncode, len(told.stderr.splitlines())) == (2, 1)
    again = run(*SWEEP, f"outputs={outputs}")
    assert again.returncode == 0, again.stderr
    assert f"spins.parquet of the run {flipped} is not what was logged" in again.stderr
    assert f"realizations.parquet of the run {torn} is not what was logged" in again.stderr
    assert f"({gone}) are gone from the store" in again.stderr
    runs = store.search()
    assert [found.status for found in runs] == ["FINISHED"] * 4
    assert not {flipped, torn, gone} & {found.run_id for found in runs}
    assert table.read_bytes() == content
    assert {file: file.stat().st_mtime_ns for file in (outputs / "checkpoints").rglob("*.npz")} == stored


def flip(file: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_runs_of_other_numerics_are_told_and_failed_points_are_named(tmp_path: Path) -> None:
    words = ["-m", "model=hilbert,nonsecular", "system.disorder_mhz=0", "system.coupling_mhz=0", *SMALL]
    words += ["bath.t_zero_us=2", "bath.t_star_us=2", "ensemble.realizations=2", f"outputs={tmp_path}"]
    first = run(*words)
    assert first.returncode == 1
    assert "hilbert T=12K N=3: H_S has degenerate levels" in first.stderr
    assert "1 of 2 runs did not finish; the same command tries them again:" in first.stderr
    assert "1 of 2 points has no finished run: hilbert." in first.stdout
    (table,) = tmp_path.glob("crossover/*/crossover.csv")
    assert "hilbert,12,0,0," in table.read_text()
    store = Store(default_uri(tmp_path), "dnplab", create=False)
    (done,) = store.search("attributes.status = 'FINISHED'")
    store.tag_run(done.run_id, "numerics", "those of last year")
    assert "1 of them were computed by another version of the code; rerun=true computes them again." in run(*words).stdout


def test_a_reader_that_leaves_early_ends_a_command_quietly(swept: Path) -> None:
    command = [sys.executable, "-m", "experiments.crossover", f"outputs={swept}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.parametrize("flag", ["--config-name=claims", "--config-path=/tmp", "--experimental-rerun=x.pickle"])
def test_flags_that_would_put_another_config_in_place_are_refused(flag: str) -> None:
    for module in ("experiments.run", "experiments.status"):
        said = run(flag, module=module)
        assert said.returncode == 2
        assert said.stderr == f"{flag.partition('=')[0]} is not taken here; --config-dir=FOLDER adds a folder of configs.\n"


@pytest.fixture(scope="module")
def copy(swept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of an output folder, whose runs name the files of the original."""
    return Path(shutil.copytree(swept, tmp_path_factory.mktemp("copies") / "copy"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run", SWEEP),
        ("run", [*SWEEP, "tracking.experiment=new"]),
        ("claims", []),
        ("crossover", []),
        ("report", []),
        ("status", []),
        ("ui", []),
        ("collect", ["sources=[{swept}]"]),
    ],
)
def test_a_copied_output_folder_is_refused(swept: Path, copy: Path, name: str, words: list[str]) -> None:
    before = sorted(swept.rglob("*"))
    said = run(*(word.format(swept=swept) for word in words), f"outputs={copy}", module=f"experiments.{name}")
    assert said.returncode == 2
    assert f"{str(copy)!r} was {str(swept)!r} when its store was made, and its runs keep their files there;" in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert sorted(swept.rglob("*")) == before


def test_a_copied_output_folder_is_refused_by_the_address_of_its_store(copy: Path) -> None:
    said = run(f"tracking.uri=sqlite:///{copy}/mlflow.db", module="experiments.crossover")
    assert (said.returncode, len(said.stderr.splitlines())) == (2, 1)
    with pytest.raises(TrackingError, match="move it back"):
        load_sweep(outputs=copy)


def test_runs_of_a_copied_output_folder_can_be_gathered(copy: Path, tmp_path: Path) -> None:
    assert run(f"sources=[{copy}]", f"outputs={tmp_path}", module="experiments.collect").returncode == 0
    assert "4 points: 4 done" in run(f"outputs={tmp_path}", module="experiments.status").stdout
    assert len(load_sweep(outputs=tmp_path)) == 4


def test_a_damaged_realization_is_told(tmp_path: Path) -> None:
    words = ["model=hilbert", *SMALL, f"outputs={tmp_path}"]
    assert run(*words, "ensemble.realizations=2").returncode == 0
    file = next((tmp_path / "checkpoints").rglob("1.npz"))
    file.write_bytes(file.read_bytes()[:-20])
    more = run(*words, "ensemble.realizations=3")
    assert more.returncode == 0
    assert "Damaged and computed again: 1 stored realization of hilbert T=12K N=3." in more.stderr


def test_a_single_run_whose_pictures_changed_is_made_again(tmp_path: Path) -> None:
    words = ["model=hilbert", "ensemble.realizations=2", *SMALL, f"outputs={tmp_path}"]
    first = run(*words)
    assert first.returncode == 0, first.stderr
    store = Store(default_uri(tmp_path), "dnplab", create=False)
    (before,) = store.search()
    assert set(digests_of(before)) == store.file_names(before) >= {"polarization.png", "profile.json", "config.yaml"}
    flip(tmp_path / "mlartifacts" / before.run_id / "artifacts" / "polarization.png")
    again = run(*words)
    assert again.returncode == 0, again.stderr
    assert f"polarization.png of the run {before.run_id} is not what was logged" in again.stderr
    (after,) = store.search()
    assert after.run_id != before.run_id
    assert digests_of(after) == digests_of(before) | {"polarization.png": digests_of(after)["polarization.png"]}
    assert "It is in the store already." in run(*words).stdout


def test_a_rerun_that_is_interrupted_goes_on_without_the_word(tmp_path: Path) -> None:
    words = [*SMALL, "model=hilbert", "ensemble.realizations=4", f"outputs={tmp_path}"]
    (job,) = make_plan(ROOT / "conf", words).jobs
    entry._track(job, None, Termination())
    store = Store(default_uri(tmp_path), "dnplab", create=False)
    (old,) = store.search()
    jobs.forget(job, store)
    assert jobs.standing_run(store, job) is None
    assert [found.run_id for found in store.search()] == [old.run_id]  # it stands until another is there
    computed: list[int] = []

    def interrupted(count: int) -> None:
        computed.append(count)
        if len(computed) == 2:
            raise KeyboardInterrupt

    assert isinstance(job.work, EnsembleSpec)
    with pytest.raises(KeyboardInterrupt):
        jobs.compute_ensemble(job, job.work, interrupted)
    assert len(jobs.checkpoints_of(job, job.work).stored()) == 2
    entry._track(job, None, Termination())
    (new,) = store.search()
    assert (new.status, new.run_id != old.run_id) == ("FINISHED", True)
    assert {k: v for k, v in new.metrics.items() if k.startswith("obs.")} == {
        k: v for k, v in old.metrics.items() if k.startswith("obs.")
    }


def test_a_stricter_limit_of_exclusions_is_asked_of_runs_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*SMALL, "ensemble.realizations=10", f"outputs={tmp_path}"]
    found = [Realization(k, failure="It stalled.") if k < 1 else Realization(k, {"entropy": 0.5}) for k in range(10)]
    monkeypatch.setattr(jobs, "run_ensemble", lambda spec, **_: EnsembleResult(spec, found))
    (job,) = make_plan(ROOT / "conf", words).jobs
    entry._track(job, None, Termination())
    (strict,) = make_plan(ROOT / "conf", [*words, "ensemble.max_excluded=0.05"]).jobs
    assert strict.fingerprint == job.fingerprint
    with pytest.raises(ConvergenceError, match=r"1 of 10 realizations .* more than ensemble.max_excluded = 0.05 allows"):
        entry._track(strict, None, Termination())
    assert sorted(run.status for run in Store(default_uri(tmp_path), "dnplab", create=False).search()) == [
        "FAILED",
        "FINISHED",
    ]


def test_points_that_repeat_others_are_announced_once(tmp_path: Path) -> None:
    words = ["-m", "model=hilbert", "bath.temperature_k=4,4.0,12", "ensemble.realizations=2", *SMALL]
    said = run(*words, f"outputs={tmp_path}")
    assert "2 runs, 4 realizations. 1 of the 3 points asked for repeats another." in said.stdout
    bar = [line for line in said.stderr.splitlines() if " of " in line]
    assert bar[-1].partition("of ")[2].startswith("4 realizations")
    assert "2 runs are in the store already." in run(*words, f"outputs={tmp_path}").stdout
