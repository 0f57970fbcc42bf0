"""`python -m experiments.independent` on a few small samples."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import SpinSystem, steady_state
from dnplab.benchmark.independent import Case, Row, Site, load, nearest_within, refer, save
from dnplab.benchmark.truncation import DRIVE, uniform_bath
from dnplab.errors import ConvergenceError
from dnplab.figures.independent import independent_figure
from dnplab.trajectories import agreement
from experiments import independent

SMALL = ("exact=[[4,12,2]]", "trajectories=[[4,12,1,160,8]]", "orders=[2,3]", "seed=5")


def command(monkeypatch: pytest.MonkeyPatch, outputs: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["independent", *words, f"outputs='{outputs}'"])
    return independent.main()


def written(outputs: Path) -> Path:
    """The folder of the latest call."""
    return max((outputs / "independent").glob("*_*"), key=lambda folder: folder.stat().st_mtime_ns)


def test_a_small_comparison(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(monkeypatch, tmp_path, *SMALL) == 0
    folder = written(tmp_path)
    table, profiles = (pd.read_csv(folder / f"independent{name}.csv") for name in ("", "_profiles"))
    assert list(table.columns) == [column.name for column in fields(Row)]
    assert list(profiles.columns) == [column.name for column in fields(Site)]
    assert len(table) == 3 * 2
    assert len(profiles) == 3 * 3 * 4
    system, bath = SpinSystem.sample(4, 5.0, 0.75, (5, 1)), uniform_bath(12.0)
    exact, cut = (steady_state(system, bath, DRIVE, *how) for how in (("nonsecular",), ("correlation",)))
    unit = abs(bath.thermal_polarization(93.9))
    row = table.query("reference == 'exact' and realization == 1 and order == 3").iloc[0]
    difference = np.abs(cut.polarization - exact.polarization).max() / unit
    assert row["difference"] == pytest.approx(difference, abs=2 * row["reference_error"])
    assert row["estimate"] == pytest.approx(cut.truncation_error / unit, rel=1e-3)
    points = profiles.query("reference == 'exact' and realization == 1 and order == 0")
    np.testing.assert_allclose(points["polarization"], -exact.polarization / unit, atol=row["reference_error"])
    averaged = table.query("reference == 'trajectories'")
    assert (averaged["p_within"] >= averaged["p_value"]).all()
    assert averaged["p_within"].gt(1e-3).all()
    assert averaged["worst_z"].lt(5).all()
    printed = capsys.readouterr().out
    assert printed.startswith("| N | T / K | sample | reference | order |")
    assert (folder / "independent.md").read_text(encoding="utf-8") in printed


def test_what_is_stored_is_not_computed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Interrupted at the second reference it keeps the first; other parameters, and a damaged file, are computed."""
    seen: list[tuple[str, int]] = []

    def watched(case: Case) -> object:
        if len(seen) == stop:
            raise KeyboardInterrupt
        seen.append((case.kind, case.realization))
        return refer(case)

    monkeypatch.setattr(independent, "refer", watched)
    stop = 1
    assert command(monkeypatch, tmp_path, *SMALL) == 130
    assert seen == [("exact", 0)]
    columns = [column.name for column in fields(Row) if column.name != "seconds"]
    first = pd.read_csv(written(tmp_path) / "independent.csv")[columns]
    stop = 100
    assert command(monkeypatch, tmp_path, *SMALL) == 0
    assert seen == [("exact", 0), ("exact", 1), ("trajectories", 0)]
    pd.testing.assert_frame_equal(pd.read_csv(written(tmp_path) / "independent.csv")[columns].head(2), first)
    assert command(monkeypatch, tmp_path, *SMALL) == 0
    assert len(seen) == 3
    assert len(list((tmp_path / "independent").glob("*_*/independent.csv"))) == 3  # a call leaves those before it alone
    assert command(monkeypatch, tmp_path, *SMALL, "rtol=1e-5") == 0
    assert seen[3:] == [("exact", 0), ("exact", 1)]
    damaged = next((tmp_path / "independent" / "references").glob("trajectories*.json"))
    damaged.write_text(damaged.read_text(encoding="utf-8")[:100], encoding="utf-8")
    assert command(monkeypatch, tmp_path, *SMALL) == 0
    assert seen[5:] == [("trajectories", 0)]


def test_other_numerics_are_computed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = Case(2, 12.0, 0, 0, 0.75, rtol=1e-6)
    save(tmp_path, case, found := refer(case))
    stored = load(tmp_path, case)
    assert stored is not None
    np.testing.assert_array_equal(stored.batches, found.batches)
    np.testing.assert_array_equal(stored.error, found.error)
    assert load(tmp_path, replace(case, temperature_k=4.0)) is None
    monkeypatch.setattr("dnplab.benchmark.independent.numerics_version", lambda study: f"other {study}")
    assert load(tmp_path, case) is None


def test_the_bound_of_an_exact_state() -> None:
    """The estimated error of rho bounds that of P_i, in a state that is solved to 2 % only."""
    case = Case(4, 12.0, 0, 0, 0.75, rtol=2e-2)
    found = refer(case)
    exact = steady_state(case.system, case.bath, DRIVE).polarization
    error = np.abs(found.polarization - exact).max()
    assert 0.0 < error < found.error[0] < 0.1 * abs(case.bath.thermal_polarization(93.9))


def test_short_batches_and_lost_cases_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(monkeypatch, tmp_path, "exact=[]", "trajectories=[[4,12,1,20,1]]", "orders=[2]") == 1
    assert "N=4 T=12K, realization 0: a batch is " in capsys.readouterr().err

    def fails(_case: Case) -> object:
        raise ConvergenceError("It stalled.")

    monkeypatch.setattr(independent, "refer", fails)
    assert command(monkeypatch, tmp_path, "exact=[[4,12,1]]", "trajectories=[]") == 1
    said = capsys.readouterr().err
    assert "N=4 T=12K, realization 0: It stalled." in said
    assert "Nothing was compared." in said


def test_the_nearest_profile_within_a_margin() -> None:
    """Inside the margin nothing is left of a difference; outside of it, what is beyond."""
    rng = np.random.default_rng(3)
    mixing = rng.normal(size=(4, 4))
    batches = 0.1 * rng.normal(size=(60, 4)) @ mixing
    shift = np.array([0.3, -0.2, 0.25, 0.3])
    expected = batches.mean(axis=0) + shift
    assert agreement(batches, expected).p_value < 1e-6
    np.testing.assert_allclose(nearest_within(batches, expected, 0.31), batches.mean(axis=0), atol=1e-6)
    assert nearest_within(batches, expected, 0.0) is expected
    nearest = nearest_within(batches, expected, 0.1)
    assert np.abs(nearest - expected).max() <= 0.1
    best = agreement(batches, nearest)
    assert best.p_value < 1e-3
    for _ in range(200):
        other = expected + rng.uniform(-0.1, 0.1, size=4)
        assert agreement(batches, other).chi2 >= best.chi2 * (1 - 1e-6)


def test_the_figure_has_the_profiles() -> None:
    sites = [
        Site(n, t, r, kind, k, float(i), 0.1 * i + 0.01 * k + r, 0.02)
        for n, kind in ((4, "exact"), (5, "trajectories")) for t in (4.0, 12.0) for r in (0, 1) for k in (0, 2, 3, 4)
        for i in range(n)
    ]  # fmt: skip
    left, right = independent_figure(pd.DataFrame(sites)).axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["4 K, exact", "12 K, exact"]
    np.testing.assert_allclose(np.asarray(right.containers[0].lines[0].get_ydata(), float), 0.1 * np.arange(5))
    drawn = [line.get_ydata() for line in right.lines if line.get_linestyle() in ("-", "--")]
    np.testing.assert_allclose(drawn[:2], [0.1 * np.arange(5) + 0.04, 0.1 * np.arange(5) + 0.03])
    assert [ax.get_title(loc="left") for ax in (left, right)] == ["(a) $N = 4$", "(b) $N = 5$"]
