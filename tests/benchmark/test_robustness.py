"""`python -m experiments.robustness` on a few problems of three and four spins."""

from __future__ import annotations

import re
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dnplab.benchmark.robustness import Problem, Row, Verdict, check, random_problem
from experiments import robustness

NAMES = {"robustness.csv", "robustness.parquet", "settings.yaml"}


def command(monkeypatch: pytest.MonkeyPatch, outputs: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["robustness", *words, f"outputs='{outputs}'"])
    return robustness.main()


def written(outputs: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The CSV and the Parquet file of the only sweep."""
    (folder,) = (outputs / "robustness").iterdir()
    assert {file.name for file in folder.iterdir()} == NAMES
    return pd.read_csv(folder / "robustness.csv"), pd.read_parquet(folder / "robustness.parquet")


def test_a_small_sweep(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(monkeypatch, tmp_path, "sizes=[2,3]", "samples=5", "seed=3", "dense_spins=2") == 0
    text, table = written(tmp_path)
    assert list(text.columns) == list(table.columns) == [column.name for column in fields(Row)]
    assert list(zip(table["n_spins"], table["index"], strict=True)) == [(2, 0), (2, 1), (2, 2), (3, 0), (3, 1)]
    assert list(table["reference"]) == ["dense"] * 3 + ["krylov"] * 2
    assert (table["verdict"] == Verdict.RIGHT).all()
    assert list(table["t1_us"]) == [
        random_problem(n, 3, i).parameters["t1_us"] for n, i in zip(*table_address(table), strict=True)
    ]
    np.testing.assert_array_equal(text["error"], table["error"])
    printed = capsys.readouterr().out
    assert printed.startswith("5 random problems: 5 right, 0 refused, 0 wrong, 0 unchecked.")
    assert "worst true error" in printed
    assert "every answer is dense" in printed


def table_address(table: pd.DataFrame) -> tuple[list[int], list[int]]:
    return table["n_spins"].tolist(), table["index"].tolist()


def test_applications_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(monkeypatch, tmp_path, "sizes=[5]", "samples=3") == 0
    used = written(tmp_path)[1]["iterations"]
    assert f"applications: median {used.median():.0f}, " in capsys.readouterr().out


def test_each_problem_that_is_not_right_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The exit code is that of a wrong answer; a refusal alone is none."""

    def judged(problem: Problem, rtol: float, reference: str) -> Row:
        row = check(problem, rtol, reference)
        if row.index == 1:
            parameters = {name: getattr(row, name) for name in (*problem.parameters, "rtol", "reference")}
            return Row(**parameters, verdict=Verdict.REFUSED, note="It did not converge.")
        return replace(row, verdict=Verdict.WRONG) if row.index == 2 else row

    monkeypatch.setattr(robustness, "check", judged)
    assert command(monkeypatch, tmp_path / "refused", "sizes=[3]", "samples=2") == 0
    assert command(monkeypatch, tmp_path / "wrong", "sizes=[3]", "samples=3") == 1
    printed = capsys.readouterr().out
    assert re.search(r"refused: N=3, index 1: .* K, T1 = .* µs, .* MHz on .*; It did not converge\.", printed)
    assert re.search(r"wrong: N=3, index 2: .*true error .*e-.*, estimate .*, residual ", printed)
    assert written(tmp_path / "wrong")[1]["iterations"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("finished", [0, 2])
def test_what_was_checked_survives_an_interruption(
    finished: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(problem: Problem, *options: Any) -> Row:
        if problem.parameters["index"] == finished:
            raise KeyboardInterrupt
        return check(problem, *options)

    monkeypatch.setattr(robustness, "check", interrupted)
    assert command(monkeypatch, tmp_path, "sizes=[3]", "samples=4") == 130
    assert [len(table) for table in written(tmp_path)] == [finished, finished]
    out, err = capsys.readouterr()
    assert "Interrupted." in err
    assert "Written to" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sizes=[]"], r"sizes is \[\], but it must be a list of one or more different values"),
        (["sizes=[4,4]"], r"sizes is \[4, 4\]"),
        (["sizes=[0]"], r"sizes is 0"),
        (["sizes=[10]", "dense_spins=10"], r"^sizes is 10, .*GiB"),
        (["samples=0"], r"samples is 0"),
        (["seed=-1"], r"seed is -1"),
        (["rtol=2"], r"rtol is 2"),
        (["sample=2"], r"There is no config key sample; did you mean samples\?"),
    ],
)
def test_bad_input_is_one_sentence(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(monkeypatch, tmp_path, *words) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert re.search(message, error)
    assert not list(tmp_path.iterdir())
