"""Sweeps of several sizes, each with samples of its own, answer one question: ``experiments.crossover sweep=A+B``."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from dnplab import figures
from dnplab.tracking import Store, declare_sweep, declared_sweeps, default_uri, find_runs
from experiments import crossover, report, run, status

SWEEP = ["-m", "model=hilbert,nonsecular", "observables=profile", "bath.temperature_k=1.2,3,6,12,20", "ensemble.workers=1"]


def test_sizes_with_samples_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("polarization_figure", "epr_figure", "eigenstates_figure", "eigenvalues_figure"):
        monkeypatch.setattr(figures, name, lambda _: None)  # takes seconds, and is not asked for

    def command(main: object, *words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["command", *words, f"outputs={tmp_path}"])
        return main()  # type: ignore[operator,no-any-return]

    assert command(run.main, *SWEEP, "system.n_spins=3,4", "ensemble.realizations=4") == 0
    assert command(run.main, *SWEEP, "system.n_spins=5", "ensemble.realizations=2") == 0
    store = Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts")
    first, second = sorted(declared_sweeps(store), key=lambda name: declared_sweeps(store)[name].asked_ms)
    capsys.readouterr()
    assert command(crossover.main, f"sweep={first}+{second}", "summary=finite_size") == 0
    printed = capsys.readouterr().out
    assert "All 30 points have a finished run." in printed
    folder = tmp_path / "finite_size" / f"{first}+{second}"
    curves = pd.read_csv(folder / "finite_size_curves.csv")
    assert curves.groupby("n_spins")["samples"].max().to_dict() == {3: 4, 4: 4, 5: 2}
    logged = find_runs(store, summary="true")
    (answer,) = [found for found in logged if found.params.get("figure") == "finite_size"]
    assert answer.params["note"] in printed

    assert command(crossover.main, f"sweep={first}+{second}") == 2
    joined = "must be finite_size or thermodynamic_limit where sweeps are joined"
    assert f"summary is 'crossover', but it {joined}" in capsys.readouterr().err
    assert command(crossover.main, f"sweep={first}+{first}", "summary=finite_size") == 2
    assert "cannot be joined: 20 points repeat" in capsys.readouterr().err
    for alone in (status, report):
        assert command(alone.main, f"sweep={first}+{second}") == 2
        assert "must be one sweep; `python -m experiments.crossover` joins several." in capsys.readouterr().err
    elsewhere = Store(default_uri(tmp_path), "elsewhere", tmp_path / "mlartifacts")
    declare_sweep(elsewhere, "other-1", [{"model": "hilbert"}], summary="crossover")
    assert command(crossover.main, f"sweep={first}+other-1", "summary=finite_size") == 2
    assert "must be of one experiment, but these are of dnplab and elsewhere." in capsys.readouterr().err
    assert command(crossover.main, "summary=weather") == 2
    assert "summary is 'weather', but it must be one of crossover, finite_size" in capsys.readouterr().err
