"""The phase diagram and the DNP profile from the command line, at a tiny size: picture, tables, run and complaints."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import figures
from dnplab.config import make_plan
from dnplab.tracking import Store, default_uri, find_runs
from experiments import run as entry

CONF = Path(__file__).resolve().parents[2] / "conf"
TINY = ["system.n_spins=3", "ensemble.realizations=3", "ensemble.workers=1"]
MAP = ["experiment=phase_diagram", "bath.temperature_k=1.2,12", "system.coupling_mhz=0.05,0.4,3", *TINY]
OFFSETS = "drive.frequency_ghz=93.895,93.898,93.9,93.902,93.905"
PROFILE = ["experiment=frequency", "bath.temperature_k=12", OFFSETS, "model=hilbert,nonsecular", *TINY]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What every command ends with; the pictures of each ensemble are left out."""
    monkeypatch.setattr(figures, "polarization_figure", lambda _: None)
    return [f"outputs={tmp_path}"]


def run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["experiments.run", *words])
    return entry.main()


@pytest.mark.parametrize(
    ("name", "words", "runs", "tables"),
    [
        ("phase_diagram", MAP, 12, ["boundary", "loss", "map", "criteria"]),
        ("frequency", PROFILE, 10, ["optimum", "profile", "symmetry"]),
    ],
)
def test_a_question_is_answered(
    name: str,
    words: list[str],
    runs: int,
    tables: list[str],
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*words, *command], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert f"All {runs} points have a finished run." in printed
    assert "N = 3, 3 samples" in printed
    (folder,) = (tmp_path / name).iterdir()
    assert (folder / f"{name}.png").stat().st_size > 20_000
    for table in tables:
        csv, parquet = pd.read_csv(folder / f"{name}_{table}.csv"), pd.read_parquet(folder / f"{name}_{table}.parquet")
        assert len(csv) == len(parquet) > 0
    store = Store(default_uri(tmp_path), f"dnplab-{name.replace('_', '-')}", tmp_path / "mlartifacts")
    (summary,) = find_runs(store, summary="true")
    assert summary.status == "FINISHED"
    assert len(summary.tags["ensembles"].split(",")) == runs
    assert [key for key in summary.metrics if key.startswith("obs.")]

    # the numbers are those of the runs
    shown = pd.read_csv(folder / f"{name}_{tables[-2 if name == 'phase_diagram' else 1]}.csv")
    ensembles = {run.run_id: run for run in find_runs(store) if "summary" not in run.tags}
    logged = sorted(run.metrics["obs.ansatz_deviation"] for run in ensembles.values())
    np.testing.assert_allclose(sorted(shown["ansatz_deviation"]), logged)


def test_a_map_of_one_temperature_is_refused_in_one_sentence(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*MAP, "bath.temperature_k=12", "system.coupling_mhz=0.4,3", "model=hilbert"]
    assert run([*words[:1], *words[3:], *command], monkeypatch) != 0
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith("A phase diagram needs several values of bath.temperature_k, but this sweep has one.")
    )


@pytest.mark.parametrize(("scale", "n_spins", "samples", "points"), [("quick", 8, 32, (6, 10)), ("full", 10, 100, (8, 16))])
def test_sizes_of_the_map(scale: str, n_spins: int, samples: int, points: tuple[int, int]) -> None:
    words = ["experiment=phase_diagram", f"ensemble={scale}", "model=nonsecular"]
    across, upwards = (
        [job.spec for job in make_plan(CONF, [*words, fixed]).jobs]
        for fixed in ("system.coupling_mhz=0.75", "bath.temperature_k=1.2")
    )
    assert {(spec.n_spins, spec.realizations) for spec in (*across, *upwards)} == {(n_spins, samples)}
    assert (len({spec.bath.temperature_k for spec in across}), len({spec.coupling_mhz for spec in upwards})) == points
    assert min(spec.coupling_mhz for spec in upwards) <= 5.0 / 50  # uncoupled spins, which the boundary is measured against


@pytest.mark.parametrize(("scale", "n_spins", "samples", "count"), [("quick", 8, 32, 25), ("full", 10, 200, 41)])
def test_sizes_of_the_profile(scale: str, n_spins: int, samples: int, count: int) -> None:
    words = ["experiment=frequency", f"ensemble={scale}", "model=hilbert", "bath.temperature_k=12"]
    specs = [job.spec for job in make_plan(CONF, words).jobs]
    assert {(spec.n_spins, spec.realizations) for spec in specs} == {(n_spins, samples)}
    offsets = sorted({round(1e3 * (spec.drive.frequency_ghz - spec.electron_ghz), 6) for spec in specs})
    assert len(offsets) == count
    np.testing.assert_array_equal(offsets, -np.array(offsets)[::-1])  # the symmetry is asked of pairs
    assert -1.2 in offsets  # the letter's microwaves


def test_what_is_typed_wins() -> None:
    words = ["experiment=phase_diagram", "ensemble=full", "system.n_spins=6", "ensemble.realizations=7", "model=hilbert"]
    (spec,) = [job.spec for job in make_plan(CONF, [*words, "bath.temperature_k=3", "system.coupling_mhz=0.2"]).jobs]
    assert (spec.n_spins, spec.realizations, spec.coupling_mhz) == (6, 7, 0.2)
