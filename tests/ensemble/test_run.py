"""Order, workers, interruption and failure change nothing that is averaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab import Bath, Drive
from dnplab.ensemble import EnsembleResult, EnsembleSpec, measure_realization, run_ensemble
from dnplab.ensemble import run as module
from dnplab.ensemble.checkpoints import Checkpoints
from dnplab.ensemble.realization import Realization
from dnplab.errors import ParameterError, TrackingError

CLOCKS = ["seconds", "seconds_solve"]  # the only values that may differ between two runs of the same samples


def spec(**changes: object) -> EnsembleSpec:
    base = EnsembleSpec(
        n_spins=5,
        disorder_mhz=5.0,
        coupling_mhz=0.75,
        bath=Bath.letter(temperature_k=4.0),
        drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.628),
        realizations=4,
        epr_edges_mhz=tuple(np.linspace(-4, 4, 17)),
    )
    return replace(base, **changes)


def assert_same_bytes(one: EnsembleResult, other: EnsembleResult) -> None:
    pd.testing.assert_frame_equal(one.scalars.drop(columns=CLOCKS), other.scalars.drop(columns=CLOCKS), check_exact=True)
    for name in ("spins", "profile", "spectrum", "eigenstates", "sz_values"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


@pytest.mark.parametrize("model", ["hilbert", "secular", "nonsecular"])
def test_one_and_two_workers_give_the_same_bytes(model: str) -> None:
    assert_same_bytes(run_ensemble(spec(model=model), workers=1), run_ensemble(spec(model=model), workers=2))


def test_a_realization_does_not_depend_on_those_before_it() -> None:
    whole = run_ensemble(spec(), workers=1)
    alone = measure_realization(spec(), 3)
    together = whole.realizations[3]
    assert {k: v for k, v in alone.scalars.items() if k not in CLOCKS} == {
        k: v for k, v in together.scalars.items() if k not in CLOCKS
    }
    for name, values in alone.arrays.items():
        np.testing.assert_array_equal(values, together.arrays[name])


def test_checkpoints_resume_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = run_ensemble(spec(), workers=1)
    run_ensemble(spec(realizations=2), workers=1, checkpoints=tmp_path)
    computed: list[int] = []

    def counting(of: EnsembleSpec, index: int, device: str) -> Realization:
        computed.append(index)
        return measure_realization(of, index, device)

    monkeypatch.setattr(module, "measure_realization", counting)
    done: list[int] = []
    resumed = run_ensemble(spec(), workers=1, checkpoints=tmp_path, progress=done.append)
    assert computed == [2, 3]
    assert sum(done) == 4
    assert_same_bytes(fresh, resumed)


def test_a_torn_checkpoint_is_computed_again(tmp_path: Path) -> None:
    fresh = run_ensemble(spec(), workers=1, checkpoints=tmp_path)
    file = Checkpoints.of(tmp_path, spec()).folder / "1.npz"
    file.write_bytes(file.read_bytes()[:200])
    assert_same_bytes(fresh, run_ensemble(spec(), workers=1, checkpoints=tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"model": "secular"},
        {"rtol": 1e-9},
        {"bath": Bath.letter(temperature_k=4.0, t1_us=20.0)},
        {"drive": Drive(frequency_ghz=93.8988, amplitude_mhz=0.628, sites=[0])},
        {"ising": True},
        {"epr_edges_mhz": (-1.0, 1.0)},
        {"kept_spins": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_physics_has_other_checkpoints(change: dict[str, object]) -> None:
    assert spec(**change).sample_key != spec().sample_key


def test_more_realizations_share_checkpoints() -> None:
    assert spec(realizations=100).sample_key == spec().sample_key


def test_what_does_not_converge_is_counted_and_in_no_average(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = run_ensemble(spec(), workers=1)

    def failing(of: EnsembleSpec, index: int, device: str) -> Realization:
        return Realization(index, failure="stalled") if index == 1 else measure_realization(of, index, device)

    monkeypatch.setattr(module, "measure_realization", failing)
    result = run_ensemble(spec(), workers=1, checkpoints=tmp_path)
    assert result.excluded.to_dict("records") == [{"realization": 1, "reason": "stalled"}]
    assert list(result.scalars.index) == [0, 2, 3]
    kept = whole.scalars["ansatz_deviation"].drop(1)
    assert result.averages["ansatz_deviation"] == pytest.approx((kept.mean(), kept.sem()), rel=1e-14)
    assert Checkpoints.of(tmp_path, spec()).load(1) is None  # tried again next time


def test_a_forced_stall_is_an_exclusion() -> None:
    """The product frame cannot solve the 1.2 K bath: every realization is excluded, and says why."""
    cold = spec(bath=Bath.letter(temperature_k=1.2), method="product", realizations=2)
    result = run_ensemble(cold, workers=1)
    assert len(result.excluded) == 2
    assert "stalled" in result.excluded["reason"][0]
    assert result.scalars.empty
    assert result.averages == {}


def test_one_spin_has_no_spin_temperature() -> None:
    result = run_ensemble(spec(n_spins=1, realizations=2), workers=1)
    assert "spin temperature" in result.undefined["ansatz_deviation"]
    assert "ansatz_deviation" not in result.averages
    assert result.averages["bloch_distance"][0] < 1e-9  # N = 1 is Bloch's equation


def test_a_measure_that_one_realization_lacks_is_averaged_over_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_ensemble(spec(), workers=1)

    def lacking(of: EnsembleSpec, index: int, device: str) -> Realization:
        found = measure_realization(of, index, device)
        if index == 2:
            del found.scalars["beta_s"], found.arrays["ansatz"]
            found.undefined["beta_s"] = "no reason"
        return found

    monkeypatch.setattr(module, "measure_realization", lacking)
    result = run_ensemble(spec(), workers=1)
    kept = whole.scalars["beta_s"].drop(2)
    assert result.averages["beta_s"] == pytest.approx((kept.mean(), kept.sem()), rel=1e-14)
    assert result.averages["mu"] == whole.averages["mu"]
    assert result.undefined_counts == {"beta_s": 1}
    assert result.profile is not None
    assert not result.profile.isna().any(axis=None)


def test_the_hilbert_model_gates_no_other() -> None:
    """Equal spins have a degenerate H_S: the local nonsecular equation has a steady state, Hilbert has none."""
    result = run_ensemble(spec(disorder_mhz=0.0, coupling_mhz=0.0, bath=Bath.letter(temperature_k=12.0)), workers=1)
    assert result.excluded.empty
    assert result.averages["bloch_distance"][0] < spec().rtol
    assert "hilbert_distance" not in result.averages
    assert "degenerate" in result.undefined["hilbert_distance"]
    assert {"nuclear_polarization", "entropy_ratio", "gap_ratio"} <= set(result.undefined)


def test_undriven_eigenvectors_are_arbitrary_and_measure_nothing() -> None:
    undriven = spec(drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.0), realizations=1)
    result = run_ensemble(undriven, workers=1)
    assert result.averages["arbitrary_fraction"][0] == 1.0
    assert {"entropy_ratio", "sz_spread"} <= set(result.undefined)


def test_what_means_the_same_is_the_same() -> None:
    same = spec(
        bath=Bath.letter(temperature_k=4),
        drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.628, sites=range(5)),
        observables=("epr", "polarization", "level_statistics", "eigenstates", "spin_temperature", "epr"),
        kept_spins=1,
        n_spins=np.int64(5),
    )
    assert same.fingerprint == spec().fingerprint
    unseen = {"observables": ("polarization",)}
    assert spec(**unseen, epr_edges_mhz=()).fingerprint == spec(**unseen).fingerprint
    assert spec(realizations=5).fingerprint != spec().fingerprint


def test_an_unwritable_checkpoint_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrackingError, match=r"place for checkpoints.*cannot be written"):
        run_ensemble(spec(), workers=1, checkpoints=tmp_path / "file")


def test_standard_error_of_one_realization_is_unknown() -> None:
    mean, sem = run_ensemble(spec(realizations=1), workers=1).averages["mean_polarization"]
    assert np.isfinite(mean)
    assert np.isnan(sem)


def test_threads_follow_the_size_not_the_workers() -> None:
    assert module.threads_per_solve(8, 0) == 1
    assert module.threads_per_solve(11, 0) == module.available_cores()
    assert module.threads_per_solve(10, 0) == 1  # two samples side by side are faster
    assert module.threads_per_solve(10, 1) == 1
    assert module.threads_per_solve(10, 2) == 2
    assert module.threads_per_solve(8, 2) == 1


@pytest.mark.parametrize(("keyword", "value"), [("workers", -1), ("threads", 1.5)])
def test_bad_worker_counts(keyword: str, value: float) -> None:
    with pytest.raises(ParameterError, match=keyword):
        run_ensemble(spec(), **{keyword: value})  # type: ignore[arg-type]
