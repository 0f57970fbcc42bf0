"""Help pages, --cfg, and flags between overrides."""

from __future__ import annotations

import subprocess
import sys

import pytest

from experiments.command import read_words
from tests.config.common import (
    EXPERIMENTS,
    GROUPS,
    ROOT,
    STUDIES,
    keys_of,
    plan,
)


def test_flags_may_stand_between_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra's own parser takes one row of overrides, before which the flags are put."""
    monkeypatch.setattr(sys, "argv", ["run", "model=hilbert", "--config-dir", "mine", "-m", "seed=1"])
    assert read_words().overrides == ["model=hilbert", "seed=1"]
    assert sys.argv == ["run", "--config-dir", "mine", "-m", "model=hilbert", "seed=1"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "experiments.run", *words], cwd=ROOT, capture_output=True, text=True)


def test_help_is_a_page_that_names_every_group_and_key() -> None:
    page = run("--help")
    assert page.returncode == 0
    for word in [*GROUPS, "experiment", *EXPERIMENTS, *(key.rpartition(".")[2] for key in keys_of("ensemble"))]:
        assert word in page.stdout
    assert len(page.stdout.splitlines()) < 95


@pytest.mark.parametrize("name", STUDIES)
def test_help_of_a_study_shows_its_keys(name: str) -> None:
    page = run("--help", f"experiment={name}")
    assert page.returncode == 0
    for key in keys_of(plan(f"experiment={name}").jobs[0].config.study):
        assert key.rpartition(".")[2] in page.stdout


def test_help_and_checks_do_not_import_mlflow() -> None:
    code = (
        "import sys; sys.argv = ['run', 'bath.temperature_k=-1']; import experiments.run as run; "
        "assert run.main() == 2; assert 'mlflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "bath.temperature_k is -1.0, but it must be a finite number > 0."


def test_cfg_prints_the_values_of_a_command() -> None:
    shown = run("--cfg", "job", "experiment=crossover", "bath.temperature_k=3")
    assert shown.returncode == 0
    assert "temperature_k: 3.0" in shown.stdout


def test_cfg_is_of_one_run() -> None:
    shown = run("--cfg", "job", "-m", "study=phonons")
    assert shown.returncode == 2
    assert shown.stderr.strip() == "--cfg prints the config of one run; leave out -m, and give one value of each key."


def test_cfg_needs_no_memory() -> None:
    shown = run("--cfg", "job", "system.n_spins=20")
    assert shown.returncode == 0, shown.stderr
    assert "n_spins: 20" in shown.stdout
