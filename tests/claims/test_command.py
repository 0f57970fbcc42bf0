"""`python -m experiments.claims` on a few samples of four spins: every claim, one table, one tracked run."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab.claims import CLAIMS, QUICK, Laboratory, Measured, choose, count_verdicts
from dnplab.ensemble import run_ensemble
from dnplab.tracking import Store, default_uri, find_runs
from experiments import claims
from experiments.termination import Termination

TINY = [
    "workers=1",
    "size.n_spins=4",
    "size.realizations=3",
    "size.eigenstate_realizations=2",
    "size.small_spins=3",
    "size.small_realizations=3",
    "size.level_spins=6",
    "size.level_realizations=2",
    "size.full_localization_spins=4",
]
SOME = "only=[toy-zeno,agreement-cold,hole-warm-nonsecular]"


@dataclass(frozen=True)
class Run:
    outputs: Path
    folder: Path
    table: pd.DataFrame
    printed: str


def command(patch: pytest.MonkeyPatch, outputs: Path, *words: str) -> int:
    patch.setattr(sys, "argv", ["claims", *TINY, *words, f"outputs='{outputs}'"])
    return claims.main()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    outputs = tmp_path_factory.mktemp("claims")
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: lines.append(" ".join(map(str, words))))
        assert command(patch, outputs) == 0
    (folder,) = (outputs / "claims").iterdir()
    return Run(outputs, folder, pd.read_csv(folder / "claims.csv"), "\n".join(lines))


def test_every_claim_has_a_row(run: Run) -> None:
    assert run.table["name"].tolist() == [claim.name for claim in CLAIMS]
    assert {"value", "error", "bound_low", "bound_high", "verdict"} <= set(run.table.columns)
    measured = run.table.set_index("name")["value"]
    assert np.isfinite(measured[~measured.index.str.match("hole-warm|mbl-hole")]).all()
    holes = [name for name in measured.index if re.match("hole-warm|mbl-hole", name)]
    assert measured[holes].isna().all()  # of four spins the first is the resonant one


def test_claims_of_few_spins_already_hold(run: Run) -> None:
    verdicts = run.table.set_index("name")["verdict"]
    for name in ("equilibrium-cold", "equilibrium-secular", "corrected-s54", "corrected-s100", "full-localization-entropy"):
        assert verdicts[name] == "borne out", name
    for name in (
        "printed-s54",
        "printed-s62-weight",
        "printed-s62-phase",
        "printed-s100",
        "printed-toy-map",
        "hilbert-bloch",
    ):
        assert verdicts[name] == "not borne out", name


def test_the_page_says_what_was_measured(run: Run) -> None:
    page = (run.folder / "claims.md").read_text()
    assert page.startswith("# The letter's claims, measured\n\nScale quick, seed 0: N = 4 and 3 samples")
    assert re.search(
        r"Code [0-9a-f.]{5,12}( with changes)?; \d{4}-\d\d-\d\d; \d+\.\d minutes, and the samples \d+\.\d processor", page
    )
    assert page.count("\n| **") == len(CLAIMS)
    summary = count_verdicts(run.table)
    assert summary in page
    assert summary in run.printed
    assert {file.name for file in run.folder.iterdir()} == {"claims.md", "claims.csv", "settings.yaml"}


def test_the_run_is_tracked(run: Run) -> None:
    store = Store(default_uri(run.outputs), "dnplab-letter", create=False)
    (found,) = find_runs(store, source="experiments.claims")
    assert found.name == "claims quick"
    assert found.status == "FINISHED"
    row = run.table.set_index("name").loc["agreement-cold"]
    assert found.metrics["claim.agreement-cold"] == pytest.approx(row["value"])
    assert found.metrics["claim.agreement-cold_sem"] == pytest.approx(row["error"])
    assert {claim.name for claim in CLAIMS} == {key[8:] for key in found.tags if key.startswith("verdict.")}
    assert found.tags["verdict.agreement-cold"] == row["verdict"]
    assert store.artifact_names(found.run_id) == {"claims.md", "claims.csv", "settings.yaml"}
    counts = run.table["verdict"].value_counts()
    assert found.metrics["check.undecided"] == counts["undecided"]


def test_finished_realizations_are_not_computed_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[int] = []

    def counted(*words: object, **options: object) -> object:
        progress = options["progress"]
        assert callable(progress)
        options["progress"] = lambda count: (done.append(count), progress(count))
        return run_ensemble(*words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "run_ensemble", counted)
    earlier = set((run.outputs / "claims").iterdir())
    assert command(monkeypatch, run.outputs, SOME) == 0
    assert done == [3, 3]  # both ensembles at once, from what is stored
    printed = capsys.readouterr().out
    assert "3 claims: " in printed
    (again,) = set((run.outputs / "claims").iterdir()) - earlier
    table = pd.read_csv(again / "claims.csv").set_index("name")
    before = run.table.set_index("name").loc[table.index]
    assert list(table.index) == ["agreement-cold", "hole-warm-nonsecular", "toy-zeno"]
    np.testing.assert_array_equal(table[["value", "error"]], before[["value", "error"]])


def test_a_claim_that_cannot_be_measured_loses_no_other(run: Run) -> None:
    assert re.search(r"\nhole-warm-nonsecular +nan .*undecided", run.printed)
    assert "The resonant one of 4 spins is the first" in (run.folder / "claims.md").read_text()


def test_an_interruption_closes_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(claims, "run_ensemble", interrupted)
    before = set((run.outputs / "claims").iterdir())
    assert command(monkeypatch, run.outputs, "only=[agreement-cold]", "seed=5") == 130
    assert "Interrupted. The same command computes what is missing." in capsys.readouterr().err
    store = Store(default_uri(run.outputs), "dnplab-letter", create=False)
    found = find_runs(store, source="experiments.claims")
    assert [one.status for one in found if one.params["seed"] == "5"] == ["KILLED"]
    assert set((run.outputs / "claims").iterdir()) == before


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("scale=huge", r"scale is 'huge', but it must be one of quick, full"),
        ("only=[toy-xeno]", r"only is \['toy-xeno'\], but it must be names out of "),
        ("seed=-1", r"seed is -1"),
        ("size.n_spins=3", r"size\.n_spins is 3, but it must be an integer >= 4"),
        ("size.small_spins=4", r"size\.small_spins is 4, but it must be smaller than n_spins = 4"),
        ("size.n_spin=4", r"There is no config key size\.n_spin; did you mean size\.n_spins\?"),
        ("size.n_spins=30", r"GiB"),
    ],
)
def test_bad_input_is_one_sentence(
    word: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(monkeypatch, tmp_path, word) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(message, error)
    assert not list(tmp_path.iterdir())


def test_errors_that_are_no_answers_are_not_swallowed(tmp_path: Path) -> None:
    def broken(_: Laboratory) -> Measured:
        raise ZeroDivisionError

    (claim,) = choose(["toy-zeno"])
    task = claims.Task(claims.ClaimsConfig(), QUICK, (replace(claim, measure=broken),))
    with pytest.raises(ZeroDivisionError):
        claims._measured(task, tmp_path, Termination())
