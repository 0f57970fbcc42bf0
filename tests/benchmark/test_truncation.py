"""`python -m experiments.truncation` on a few small samples."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import SpinSystem, steady_state
from dnplab.benchmark.truncation import DRIVE, CutRow, uniform_bath
from dnplab.errors import ConvergenceError
from dnplab.figures.truncation import truncation_figure
from experiments import truncation


def command(monkeypatch: pytest.MonkeyPatch, outputs: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["truncation", *words, f"outputs='{outputs}'"])
    return truncation.main()


def test_a_small_comparison(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(monkeypatch, tmp_path, "sizes=[3,4]", "temperatures_k=[4,12]", "orders=[1,3]", "samples=2", "seed=5") == 0
    (folder,) = (tmp_path / "truncation").iterdir()
    assert {file.suffix for file in folder.iterdir()} == {".csv", ".parquet", ".png", ".yaml"}
    table = pd.read_parquet(folder / "truncation.parquet")
    assert list(table.columns) == [column.name for column in fields(CutRow)]
    pd.testing.assert_frame_equal(pd.read_csv(folder / "truncation.csv"), table)
    assert sorted(zip(table["n_spins"], table["order"], strict=True)) == sorted([(3, 1)] * 4 + [(4, 1), (4, 3)] * 4)
    row = table[(table["n_spins"] == 4) & (table["temperature_k"] == 12) & (table["realization"] == 1)].iloc[-1]
    system, bath = SpinSystem.sample(4, 5.0, 0.75, (5, 1)), uniform_bath(12.0)
    exact, cut = (steady_state(system, bath, DRIVE, *how).polarization for how in (("nonsecular",), ("correlation",)))
    unit = abs(bath.thermal_polarization(93.9))
    assert row["error"] == pytest.approx(np.abs(cut - exact).max() / unit, rel=1e-3)
    printed = capsys.readouterr().out
    assert printed.startswith("Error of the worst P_i over |P_0|, median / largest, by order:")
    assert "The estimate bounds it in " in printed


def test_the_figure_has_the_medians() -> None:
    rows = [
        CutRow(n, t, 0.75, 0, r, k, 10.0 ** -(k + r), 10.0 ** (1 - k - r), 0.1, 1.0)
        for n in (4, 5) for t in (1.2, 12.0) for r in range(3) for k in (1, 2, 3)
    ]  # fmt: skip
    left, middle, right = truncation_figure(pd.DataFrame(rows)).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [1e-2, 1e-3, 1e-4])
    assert [line.get_xdata().tolist() for line in middle.lines] == [[4, 5]] * 4
    np.testing.assert_allclose(middle.lines[1].get_ydata(), [1e-4, 1e-4])
    assert len(right.collections) == 2
    assert all(len(points.get_offsets()) == 18 for points in right.collections)


def test_an_interrupted_comparison_keeps_its_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compare = truncation.compare_orders

    def interrupted(n_spins: int, *rest: object) -> object:
        if n_spins == 4:
            raise KeyboardInterrupt
        return compare(n_spins, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(truncation, "compare_orders", interrupted)
    assert command(monkeypatch, tmp_path, "sizes=[3,4]", "temperatures_k=[12]", "orders=[1,2]", "samples=1") == 130
    (folder,) = (tmp_path / "truncation").iterdir()
    assert len(pd.read_csv(folder / "truncation.csv")) == 2


def test_a_sample_that_does_not_converge_is_named_and_the_others_stand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    compare = truncation.compare_orders

    def failing(*words: object) -> object:
        rows = compare(*words)  # type: ignore[arg-type]
        yield next(rows)
        if words[4] == 1:  # the realization
            raise ConvergenceError("It stalled.")
        yield from rows

    monkeypatch.setattr(truncation, "compare_orders", failing)
    assert command(monkeypatch, tmp_path, "sizes=[3]", "temperatures_k=[12]", "orders=[1,2]", "samples=3") == 1
    (folder,) = (tmp_path / "truncation").iterdir()
    assert len(pd.read_csv(folder / "truncation.csv")) == 5
    assert "N=3 T=12K, realization 1: It stalled." in capsys.readouterr().err
