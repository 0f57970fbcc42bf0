"""Questions from the command line, at a tiny size: runs, tables, note, picture and summary run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import figures
from dnplab.config import QUESTIONS as KNOWN
from dnplab.config import make_plan
from dnplab.ensemble import EnsembleSpec
from dnplab.tracking import Store, default_uri, find_runs
from experiments import crossover, jobs
from experiments import run as entry
from experiments.summaries import QUESTIONS, as_text

ROOT = Path(__file__).resolve().parents[2]
OFFSETS = "drive.frequency_ghz=93.895,93.898,93.9,93.902,93.905"
WARMING = "bath.temperature_k=1.2,4,12"


@dataclass(frozen=True)
class Asked:
    """A question at a tiny size.

    words : that make it tiny
    runs : so many
    tables : what it writes
    numbers : the table that has the `measure` of runs, as `mean` where it has a column of measures
    too_few : tables that are empty, as the sweep has too few sizes for them
    """

    words: list[str]
    runs: int
    tables: list[str]
    numbers: str
    too_few: tuple[str, ...] = ()
    measure: str = "ansatz_deviation"


ASKED = {
    "finite_size": Asked(
        ["system.n_spins=3,4", "bath.temperature_k=1.2,3,6,12,20"],
        20,
        ["crossover", "infinite", "fits", "limit", "ends", "curves"],
        "curves",
        ("infinite", "fits", "limit"),
    ),
    "one_factor": Asked(["system.n_spins=3", WARMING, "bath=letter,only_t1"], 10, ["factors", "curves"], "curves"),
    "zeno_ratio": Asked(
        ["system.n_spins=3", WARMING, "bath=letter,only_t1", "system.coupling_mhz=0.75,1.5"],
        20,
        ["collapse", "points"],
        "points",
    ),
    "phase_diagram": Asked(
        ["system.n_spins=3", "bath.temperature_k=1.2,12", "system.coupling_mhz=0.05,0.4,3"],
        12,
        ["boundary", "loss", "map", "criteria"],
        "map",
    ),
    "frequency": Asked(
        ["system.n_spins=3", "bath.temperature_k=12", OFFSETS, "model=hilbert,nonsecular"],
        10,
        ["optimum", "profile", "symmetry"],
        "profile",
    ),
    "thermodynamic_limit": Asked(
        ["system.n_spins=3,4,5", "bath.temperature_k=2,6,12,20,30"],
        30,
        ["crossover", "sharpening", "fits", "limit", "change", "collapse", "overlap", "curves", "profiles"],
        "curves",
        too_few=("change", "collapse"),  # which begin at N = 8
        measure="profile_index",
    ),
}


def command(module: object, words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The command in this process, without the pictures of each ensemble: a process of its own takes seconds to begin."""
    for name in ("polarization_figure", "epr_figure", "eigenstates_figure", "eigenvalues_figure"):
        monkeypatch.setattr(figures, name, lambda _: None)
    monkeypatch.setattr(sys, "argv", ["experiments", *words])
    return int(module.main())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ASKED)
def test_a_question(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ASKED[name]
    small = ["ensemble.realizations=3", "ensemble.workers=1", f"outputs={tmp_path}"]
    assert command(entry, [f"experiment={name}", *asked.words, *small], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert f"All {asked.runs} points have a finished run." in printed
    (folder,) = (tmp_path / name).iterdir()
    assert (folder / f"{name}.png").stat().st_size > 20_000
    for table in asked.tables:
        csv, parquet = pd.read_csv(folder / f"{name}_{table}.csv"), pd.read_parquet(folder / f"{name}_{table}.parquet")
        assert len(csv) == len(parquet)
        assert len(csv) > 0 or table in asked.too_few

    store = Store(default_uri(tmp_path), f"dnplab-{name.replace('_', '-')}", create=False)
    (logged,) = find_runs(store, summary="true")
    assert (logged.status, logged.params["figure"], logged.tags["complete"]) == ("FINISHED", name, "true")
    assert logged.params["note"] in printed
    assert len(logged.tags["ensembles"].split(",")) == asked.runs
    assert {f"{name}.png", f"{name}_{asked.tables[0]}.csv"} <= store.artifact_names(logged.run_id)

    # the numbers are those of the runs
    shown = pd.read_csv(folder / f"{name}_{asked.numbers}.csv")
    if "measure" in shown:
        shown = shown[shown["measure"] == asked.measure].rename(columns={"mean": asked.measure})
    values = [run.metrics[f"obs.{asked.measure}"] for run in find_runs(store) if "summary" not in run.tags]
    found = shown[asked.measure].to_numpy()
    assert found.size > 0
    assert np.isclose(found[:, None], values, rtol=1e-9).any(axis=1).all()

    # again from the store: the latest sweep, whatever it ends with, says the same and is not logged twice
    assert command(crossover, [f"outputs={tmp_path}"], monkeypatch) == 0
    assert logged.params["note"] in capsys.readouterr().out
    assert len(find_runs(store, summary="true")) == 1


def test_a_question_that_runs_cannot_answer_ends_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every Hilbert point fails: the last lines say so, not only that Hilbert is missing."""
    compute = jobs.run_ensemble

    def failing(spec: EnsembleSpec, **options: object) -> object:
        if spec.model == "hilbert":
            raise OSError(28, "No room for Hilbert")
        return compute(spec, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "run_ensemble", failing)
    words = ["experiment=one_factor", *ASKED["one_factor"].words, "ensemble.realizations=2", "ensemble.workers=1"]
    assert command(entry, [*words, f"outputs={tmp_path}"], monkeypatch) == 1
    ended = capsys.readouterr()
    assert "one_factor needs model=hilbert,nonsecular" in ended.err
    assert "5 of 10 runs did not finish; the same command tries them again:" in ended.err
    assert "No room for Hilbert" in ended.err.splitlines()[-1]
    assert "Runs:  http" in ended.out


def test_configs_know_the_questions() -> None:
    assert set(QUESTIONS) == set(KNOWN) == set(ASKED)


@pytest.mark.parametrize(
    ("name", "one_point", "quick", "full"),
    [
        ("finite_size", WARMING.replace("4", "3,4,8"), ({4, 5, 6, 7, 8}, {50}), ({4, 5, 6, 7, 8, 9, 10}, {400})),
        ("one_factor", "bath=letter", ({6}, {200}), ({8}, {400})),
        ("zeno_ratio", "system.coupling_mhz=0.75", ({4, 6}, {40}), ({6, 8}, {100})),
        ("phase_diagram", "model=nonsecular", ({8}, {32}), ({10}, {100})),
        ("frequency", "model=hilbert", ({8}, {32}), ({10}, {200})),
    ],
)
def test_sizes(name: str, one_point: str, quick: tuple[set[int], set[int]], full: tuple[set[int], set[int]]) -> None:
    for size, expected in (("quick", quick), ("full", full)):
        specs = [job.spec for job in make_plan(ROOT / "conf", [f"experiment={name}", f"ensemble={size}", one_point]).jobs]
        assert ({spec.n_spins for spec in specs}, {spec.realizations for spec in specs}) == expected
        if name == "phase_diagram":
            axes = ({spec.bath.temperature_k for spec in specs}, {spec.coupling_mhz for spec in specs})
            assert tuple(map(len, axes)) == {"quick": (6, 10), "full": (8, 16)}[size]
            assert min(axes[1]) <= 5.0 / 50  # uncoupled spins, which the boundary is measured against
        if name == "frequency":
            offsets = sorted({round(1e3 * (spec.drive.frequency_ghz - spec.electron_ghz), 6) for spec in specs})
            assert len(offsets) == {"quick": 25, "full": 41}[size]
            np.testing.assert_array_equal(offsets, -np.array(offsets)[::-1])  # the symmetry is asked of pairs
            assert -1.2 in offsets  # the letter's microwaves


def test_what_is_typed_wins() -> None:
    words = ["experiment=phase_diagram", "ensemble=full", "system.n_spins=6", "ensemble.realizations=7", "model=nonsecular"]
    plan = make_plan(ROOT / "conf", [*words, "bath.temperature_k=3,4", "system.coupling_mhz=0.2,0.3"])
    assert {(job.spec.n_spins, job.spec.realizations) for job in plan.jobs} == {(6, 7)}
    assert {job.spec.coupling_mhz for job in plan.jobs} == {0.2, 0.3}


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
