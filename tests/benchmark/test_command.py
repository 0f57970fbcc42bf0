"""`python -m experiments.benchmark` on three spins: every method in a process of its own, one table, one tracked run."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab.benchmark import METHODS
from dnplab.tracking import Store, default_uri
from experiments import benchmark

CASES = ["table1_cold", "table1_fast", "zeno"]
KRYLOV = ["dressed", "dressed_float64", "product"]
TILTED = ["table1_fast"]  # it does not suit zeno, and table1_cold has T(0) != T*


@dataclass(frozen=True)
class Run:
    table: pd.DataFrame
    folder: Path
    outputs: Path
    printed: str


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["benchmark", *words])
    return benchmark.main()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    outputs = tmp_path_factory.mktemp("benchmark")
    words = ["sizes=[3]", f"cases=[{','.join(CASES)}]", "repeats=1", "threads=1", f"outputs='{outputs}'"]
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: lines.append(" ".join(map(str, words))))
        assert command(patch, *words) == 0
    (folder,) = (outputs / "benchmark").iterdir()
    return Run(pd.read_parquet(folder / "benchmark.parquet"), folder, outputs, "\n".join(lines))


def test_every_method_has_a_row_in_every_case(run: Run) -> None:
    rows = list(zip(run.table["case"], run.table["method"], strict=True))
    assert rows == [(case, method) for case in CASES for method in METHODS]
    tilted = run.table["method"] == "tilted"
    assert run.table["finished"][~tilted | run.table["case"].isin(TILTED)].all()
    nonlocal_bath = run.table["case"] == "table1_cold"
    assert (run.table["outcome"][tilted & nonlocal_bath] == "does not apply").all()


def test_every_method_finds_the_same_polarizations(run: Run) -> None:
    table = run.table[run.table["finished"]]
    assert table["polarization_error"].max() < 1e-6
    assert table["residual"].max() < 1e-4
    ours = table[table["method"].isin(["auto", "dense", *KRYLOV])]
    assert ours["polarization_error"].max() < 1e-9


def test_times_ratios_and_limits_fit_together(run: Run) -> None:
    auto = run.table[run.table["method"] == "auto"].set_index("case")["seconds"]
    np.testing.assert_allclose(run.table["ratio_to_auto"] * run.table["case"].map(auto), run.table["seconds"], rtol=1e-12)
    dressed = run.table[run.table["method"] == "dressed_float64"]
    floor = dressed["applications"] * 4 * 2 * 8**3 / (1e9 * dressed["product_gflops_float64"])
    np.testing.assert_allclose(dressed["over_limit"].astype(float), dressed["seconds"] / floor.astype(float), rtol=1e-12)
    assert (run.table["over_limit"].notna() == run.table["frame"].isin(["dressed", "tilted"])).all()
    assert (run.table["peak_mib"] > 50.0).all()
    assert (run.table["peak_mib"] >= run.table["base_mib"]).all()


def test_the_build_of_qutips_liouvillian_is_counted_apart(run: Run) -> None:
    assert (run.table["build_seconds"].notna() == run.table["method"].str.startswith("qutip")).all()


def test_files_are_written_and_logged(run: Run) -> None:
    names = {"benchmark.csv", "benchmark.parquet", "benchmark.png", "settings.yaml"}
    assert {file.name for file in run.folder.iterdir()} == names
    written = pd.read_csv(run.folder / "benchmark.csv")
    np.testing.assert_array_equal(written["seconds"], run.table["seconds"])
    store = Store(default_uri(run.outputs), "dnplab-benchmark", create=False)
    (tracked,) = store.search()
    assert tracked.status == "FINISHED"
    assert store.artifact_names(tracked.run_id) == names
    assert tracked.params["cases"] == ",".join(CASES)
    assert "machine.cpu" in tracked.params
    (row,) = run.table[(run.table["case"] == "zeno") & (run.table["method"] == "auto")].to_dict("records")
    assert tracked.metrics["seconds.zeno.auto"] == row["seconds"]
    assert tracked.metrics["check.unfinished"] == (~run.table["finished"]).sum()


def test_the_printed_table_is_compact(run: Run) -> None:
    table = run.printed.partition("\nWritten to")[0].splitlines()
    assert max(map(len, table)) <= 120
    assert "cores" in " ".join(table[:2])
    assert sum(line.startswith("qutip_gmres") for line in table) == len(CASES)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["methods=[auto,guess]"], r"methods is 'guess', but it must be names out of auto, dressed, .*qutip_gmres"),
        (["cases=[warm]"], r"cases is 'warm', but it must be names out of table1_cold, .*zeno"),
        (["sizes=[]"], r"sizes is \[\], but it must be a list of one or more different values"),
        (["sizes=[0]"], r"sizes is 0"),
        (["sizes=[2]", "cases=[zeno]"], r"sites"),
        (["repeat=2"], r"There is no config key repeat; did you mean repeats\?"),
        (["limit_s=-1"], r"limit_s is -1"),
        (["rtol=2"], r"rtol is 2"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(monkeypatch, *words, f"outputs='{tmp_path}'") == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(message, error)
    assert not list(tmp_path.iterdir())
