"""Questions from the command line, at a tiny size: runs, tables, note, picture and summary run."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from dnplab import figures
from dnplab.config import QUESTIONS as KNOWN
from dnplab.config import make_plan
from dnplab.tracking import Store, default_uri, find_runs
from experiments import run as entry
from experiments.summaries import QUESTIONS, as_text, summarise

ROOT = Path(__file__).resolve().parents[2]
TINY = ["ensemble.realizations=3", "ensemble.workers=1"]
WORDS = {
    "finite_size": ["system.n_spins=3,4", "bath.temperature_k=1.2,3,6,12,20"],
    "one_factor": ["system.n_spins=3", "bath.temperature_k=1.2,4,12", "bath=letter,only_t1"],
    "zeno_ratio": ["system.n_spins=3", "bath.temperature_k=1.2,4,12", "bath=letter,only_t1", "system.coupling_mhz=0.75,1.5"],
}
TABLES = {
    "finite_size": ["crossover", "infinite", "fits", "limit", "ends", "curves"],
    "one_factor": ["factors", "curves"],
    "zeno_ratio": ["collapse", "points"],
}


def command(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The command in this process, without the pictures of each ensemble: a process of its own takes seconds to begin."""
    for name in ("polarization_figure", "epr_figure", "eigenstates_figure", "eigenvalues_figure"):
        monkeypatch.setattr(figures, name, lambda _: None)
    monkeypatch.setattr(sys, "argv", ["experiments.run", *words])
    return entry.main()


@pytest.mark.parametrize("name", WORDS)
def test_a_question(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command([f"experiment={name}", *WORDS[name], *TINY, f"outputs={tmp_path}"], monkeypatch) == 0
    printed = capsys.readouterr().out
    (folder,) = (tmp_path / name).iterdir()
    assert (folder / f"{name}.png").stat().st_size > 20_000
    for table in TABLES[name]:
        assert len(pd.read_csv(folder / f"{name}_{table}.csv")) == len(pd.read_parquet(folder / f"{name}_{table}.parquet"))

    store = Store(default_uri(tmp_path), f"dnplab-{name.replace('_', '-')}", tmp_path / "mlartifacts")
    (logged,) = find_runs(store, summary="true")
    assert logged.params["figure"] == name
    assert logged.params["note"] in printed
    assert logged.tags["complete"] == "true"
    assert {f"{name}.png", f"{name}_{TABLES[name][0]}.csv"} <= store.artifact_names(logged.run_id)

    again = summarise(store.uri, store.experiment, None, tmp_path, name)
    assert again.note == logged.params["note"]
    assert len(find_runs(store, summary="true")) == 1  # it says the same as before


def test_configs_know_the_questions() -> None:
    assert set(QUESTIONS) == set(KNOWN)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("size", ["quick", "full"])
def test_what_the_experiments_ask_for(name: str, size: str) -> None:
    one_point = ["bath=letter", "bath.temperature_k=12", "model=nonsecular"]
    jobs = make_plan(ROOT / "conf", [f"experiment={name}", f"ensemble={size}", *one_point]).jobs
    sizes = {job.spec.n_spins for job in jobs}
    expected = {
        "finite_size": ({4, 5, 6, 7, 8}, {4, 5, 6, 7, 8, 9, 10}),
        "one_factor": ({6}, {8}),
        "zeno_ratio": ({4, 6}, {6, 8}),
    }
    assert sizes == expected[name][size == "full"]


def test_tables_as_text() -> None:
    table = pd.DataFrame(
        {"who": ["a", "b"], "n": [1, 2], "x": [1.23456, float("nan")], "x_sem": [0.1, 0.2], "y": [2.0, 3.0]}
        | {"y_lower": [1.0, float("nan")], "y_upper": [3.0, 4.0]}
    )
    lines = as_text(table).splitlines()
    assert lines[0].split() == ["who", "n", "x", "y"]
    assert lines[1].split() == ["a", "1", "1.23", "±", "0.10", "2.0", "[1.0,", "3.0]"]
    assert lines[2].split() == ["b", "2", "-", "3"]
    assert as_text(table, {"n": "N", "absent": "?"}).split() == ["N", "1", "2"]
