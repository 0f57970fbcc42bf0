"""The letter's experiments from the command line, at a tiny size: picture, tables and run, each ensemble computed once."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import figures, steady_state
from dnplab.config import make_plan
from dnplab.ensemble import EnsembleResult, EnsembleSpec, measure_realization
from dnplab.errors import UndefinedMeasureError
from dnplab.tracking import Store, default_uri, find_runs
from experiments import run as entry
from experiments.letter import summarise

ROOT = Path(__file__).resolve().parents[2]
TINY = ["system.n_spins=3", "ensemble.realizations=2", "ensemble.realizations_hilbert=3", "ensemble.workers=1"]
TABLES = {
    "fig2": [""],
    "figs5": [""],
    "fig1": [""],
    "figs6": ["_epr", "_profile"],
    "figs7": ["_epr", "_profile"],
    "fig3": ["_eigenstates", "_sz_density"],
    "figs9": [""],
    "figs8": [""],
    "figs10": [""],
}
FIRST = {"figs5": "fig2", "fig1": "fig2", "figs9": "fig3", "figs10": "figs8"}  # whose ensembles a figure shares


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("letter")


def command(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The command in this process, without the pictures of each ensemble: a process of its own takes seconds to begin."""
    for name in ("polarization_figure", "epr_figure", "eigenstates_figure", "eigenvalues_figure"):
        monkeypatch.setattr(figures, name, lambda _: None)
    monkeypatch.setattr(sys, "argv", ["experiments.run", *words])
    return entry.main()


@pytest.mark.parametrize("name", TABLES)
def test_a_figure_of_the_letter(
    name: str, outputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(default_uri(outputs), "dnplab-letter", outputs / "mlartifacts")
    before = {run.run_id for run in find_runs(store) if "summary" not in run.tags}
    assert command([f"experiment={name}", *TINY, f"outputs={outputs}"], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert f"{name} of the letter. All " in printed
    assert "; the letter: N = " in printed or "sketch" in printed

    (folder,) = (outputs / "letter").glob(f"{name}-*")
    assert (folder / f"{name}.png").stat().st_size > 20_000
    for label in ["_runs", *TABLES[name]]:
        csv, parquet = pd.read_csv(folder / f"{name}{label}.csv"), pd.read_parquet(folder / f"{name}{label}.parquet")
        assert len(csv) == len(parquet) > 0
        assert set(csv["model"]) == {"hilbert", "nonsecular"} - ({"hilbert"} if name == "fig1" else set())

    computed = {run.run_id for run in find_runs(store) if "summary" not in run.tags} - before
    assert len(computed) == (0 if name in FIRST else 2 * len(set(pd.read_csv(folder / f"{name}_runs.csv")["temperature_k"])))
    (summary,) = [run for run in find_runs(store, summary="true") if run.params["figure"] == name]
    assert summary.status == "FINISHED"
    assert summary.tags["complete"] == "true"
    assert {f"{name}.png", f"{name}{TABLES[name][0]}.csv", f"{name}{TABLES[name][0]}.parquet"} <= store.artifact_names(
        summary.run_id
    )


def test_tables_hold_what_they_say(outputs: Path) -> None:
    (folder,) = (outputs / "letter").glob("figs6-*")
    epr, runs = pd.read_csv(folder / "figs6_epr.csv"), pd.read_csv(folder / "figs6_runs.csv")
    widths = epr.groupby("model")["width_mhz"].mean()
    assert widths["nonsecular"] == pytest.approx(10 * widths["hilbert"])
    for model, temperature in runs[["model", "temperature_k"]].itertuples(index=False):
        # the sum rule: f integrates to the mean polarization, but for its tails beyond the window
        rows = epr[(epr["model"] == model) & (epr["temperature_k"] == temperature)]
        run = runs[(runs["model"] == model) & (runs["temperature_k"] == temperature)].iloc[0]
        weight = (rows["epr_per_2pi_ghz"] * 1e-3 * rows["width_mhz"]).sum()
        assert weight == pytest.approx(run["mean_polarization"], abs=2e-2)
    assert dict(zip(runs["model"], runs["samples"], strict=True)) == {"hilbert": 3, "nonsecular": 2}


def test_the_same_picture_is_logged_once(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(default_uri(outputs), "dnplab-letter", outputs / "mlartifacts")
    before = {run.run_id for run in find_runs(store)}
    assert command(["experiment=figs9", *TINY, f"outputs={outputs}"], monkeypatch) == 0
    assert {run.run_id for run in find_runs(store)} == before


def test_sizes_of_a_sweep_are_figures_of_their_own(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["experiment=figs9", "system.n_spins=2,3", *TINY[1:], f"outputs={outputs}"]
    assert command(words, monkeypatch) == 0
    names = {path.name for path in (outputs / "letter").glob("figs9-*/*.png")}
    assert names >= {"figs9_n_spins_2.png", "figs9_n_spins_3.png"}


def test_eigenvectors_that_mean_nothing_are_not_drawn(
    outputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["experiment=fig3", "drive.amplitude_mhz=1e-9", *TINY, f"outputs={outputs}", "tracking.experiment=undriven"]
    assert command(words, monkeypatch) != 0
    error = capsys.readouterr().err
    assert "The eigenvectors of the nonsecular steady state at 12 K are arbitrary" in error
    assert "Traceback" not in error


def test_what_was_not_measured_is_not_drawn(
    outputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["experiment=fig2", "observables=profile", *TINY, f"outputs={outputs}", "tracking.experiment=unmeasured"]
    assert command(words, monkeypatch) != 0
    assert "observables=spectra measures it." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("figure", "source", "reason"),
    [
        ("figs8", "figs5", "it shows one temperature, and the sweep has 1.2 K, 12 K"),
        ("figs9", "figs5", "observables=eigenstates"),
    ],
)
def test_a_figure_of_other_runs_is_refused(figure: str, source: str, reason: str, outputs: Path) -> None:
    (folder,) = (outputs / "letter").glob(f"{source}-*")
    with pytest.raises(UndefinedMeasureError, match=reason):
        summarise(default_uri(outputs), "dnplab-letter", folder.name, outputs, figure)


# --- what the experiments compose to


def specs(*words: str) -> list[EnsembleSpec]:
    return [job.spec for job in make_plan(ROOT / "conf", words).jobs]


@pytest.mark.parametrize(
    ("name", "quick", "full"),
    [
        ("fig2", (8, {400}), (10, {1000})),
        ("figs5", (8, {400}), (10, {3000, 1000})),
        ("figs6", (8, {4000, 400}), (10, {10000, 1000})),
        ("figs7", (8, {400}), (10, {3000, 1000})),
        ("fig3", (8, {1}), (10, {1})),
        ("figs8", (12, {1}), (12, {1})),
    ],
)
def test_sizes(name: str, quick: tuple[int, set[int]], full: tuple[int, set[int]]) -> None:
    for words, expected in (([], quick), (["ensemble=full"], full)):
        found = specs(f"experiment={name}", *words)
        assert ({spec.n_spins for spec in found}, {spec.realizations for spec in found}) == ({expected[0]}, expected[1])


def test_what_is_typed_wins() -> None:
    found = specs("experiment=fig3", "ensemble=full", "system.n_spins=9", "ensemble.realizations=7")
    assert {(spec.n_spins, spec.realizations) for spec in found} == {(9, 7)}


def test_the_full_figure_2_is_the_ensembles_of_the_letter() -> None:
    names = "observables.names=[polarization,spin_temperature,epr,level_statistics]"
    written_out = [
        spec
        for bath in ("table1_slow", "table1_fast")
        for spec in specs("system=letter", f"bath={bath}", "ensemble.realizations=1000", "solver.rtol=1e-5", names)
    ]
    for name in ("fig1", "fig2", "figs5"):
        composed = {spec.fingerprint for spec in specs(f"experiment={name}", "ensemble=full") if spec.model == "nonsecular"}
        assert composed == {spec.fingerprint for spec in written_out}


def test_site_polarizations_of_eigenstates_by_brute_force() -> None:
    spec = next(s for s in specs("experiment=fig3", "system.n_spins=4") if s.model == "nonsecular")
    table = EnsembleResult(spec, [measure_realization(spec, 0)]).eigenstates
    assert table is not None
    state = steady_state(spec.system(0), spec.bath, spec.drive, spec.model, spec.rtol)
    values, vectors = np.linalg.eigh(state.density_matrix())
    place = {round(value, 10): k for k, value in enumerate(values)}
    sz = np.diag([0.5, -0.5])
    for site in range(4):
        operator = np.kron(np.kron(np.eye(2**site), sz), np.eye(2 ** (3 - site)))
        expected = np.einsum("sn,st,tn->n", vectors.conj(), operator, vectors).real
        order = [place[round(value, 10)] for value in table["eigenvalue"]]
        np.testing.assert_allclose(table[f"sz_{site}"], expected[order], atol=1e-7)
    np.testing.assert_allclose(table[[f"sz_{site}" for site in range(4)]].sum(axis=1), table["sz"], atol=1e-12)
