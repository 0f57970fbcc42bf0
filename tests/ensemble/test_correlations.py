"""What an ensemble measures on correlations of few spins, and what it says it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dnplab import Bath, Drive
from dnplab.ensemble import EnsembleSpec, measure_realization

BATH = Bath(12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
OF_RHO = {
    "hilbert_distance", "ansatz_deviation", "localization_index", "beta_s", "mu", "nuclear_polarization",
    "sz_spread", "entropy", "entropy_ratio", "gap_ratio",
}  # fmt: skip


def spec(model: str = "correlation", order: int | None = 3, n_spins: int = 6) -> EnsembleSpec:
    observables = ("polarization", "spin_temperature", "eigenstates", "level_statistics")
    drive = Drive(93.8988, 0.628)
    return EnsembleSpec(n_spins, 5.0, 0.75, BATH, drive, model=model, order=order, observables=observables)


def test_a_cut_has_the_measures_that_need_no_density_matrix() -> None:
    exact = measure_realization(spec("nonsecular", None), 2).scalars
    found = measure_realization(spec(), 2)
    for name in ("mean_polarization", "bloch_distance", "profile_deviation", "profile_index", "profile_beta_s"):
        assert found.scalars[name] == pytest.approx(exact[name], rel=0.1), name
    assert 0.0 < found.scalars["truncation_error"] < 0.1
    assert {"weight_1", "weight_2", "weight_3", "pair_correlation", "correlation_range_mhz", "min_eigenvalue"} <= set(
        found.scalars
    )
    assert set(found.undefined) == OF_RHO
    assert all("nonsecular" in reason for reason in found.undefined.values())
    assert set(found.arrays) == {"offset_mhz", "polarization", "bloch"}
    assert np.isfinite(list(found.scalars.values())).all()


def test_many_spins_are_one_realization_like_any_other() -> None:
    found = measure_realization(spec(n_spins=24), 0)
    assert not found.failure
    assert len(found.arrays["polarization"]) == 24


def test_the_order_is_part_of_the_address() -> None:
    assert spec(order=None) == spec(order=3)
    assert spec(order=2).sample_key != spec().sample_key
    assert spec("nonsecular", None).sample_key != spec().sample_key


@pytest.mark.parametrize("temperature_k", [12.0, 4.0, 1.2])
def test_what_a_cut_costs_an_average_is_bounded_by_its_estimate(temperature_k: float) -> None:
    time_us = Bath.letter(temperature_k).t_zero_us
    bath = Bath.letter(temperature_k, t_star_us=time_us)
    asked = ("profile_deviation", "profile_index", "bloch_distance", "mean_polarization")
    kinds = {"exact": ("nonsecular", None), "cut": ("correlation", 3), "coarse": ("correlation", 2)}
    found = {}
    for kind, (model, order) in kinds.items():
        parts = replace(spec(model, order, n_spins=7), bath=bath, observables=("polarization",))
        found[kind] = pd.DataFrame([measure_realization(parts, k).scalars for k in range(12)]).mean()
    for kind in ("cut", "coarse"):
        for name in asked:
            estimate = found[kind][f"{name}_truncation"]
            assert abs(found[kind][name] - found["exact"][name]) <= estimate, (kind, name)
            assert estimate > 0.0
    assert not [name for name in found["exact"].index if name.endswith("_truncation")]
    for name in asked:  # a higher order is known better
        assert found["cut"][f"{name}_truncation"] < found["coarse"][f"{name}_truncation"]


def test_nothing_is_cut_at_order_n() -> None:
    found = measure_realization(spec(order=4, n_spins=4), 0).scalars
    assert [found[f"{name}_truncation"] for name in ("profile_deviation", "profile_index", "mean_polarization")] == [0.0] * 3


def with_spectrum(model: str, order: int | None, ising: bool = False) -> EnsembleSpec:
    edges = tuple(np.linspace(-5.0, 5.0, 21))
    return replace(spec(model, order), observables=("polarization", "epr"), epr_edges_mhz=edges, ising=ising)


def test_spectra_are_those_of_the_eigenstates_at_a_resolution_of_a_bin() -> None:
    exact, whole, cut = (
        measure_realization(with_spectrum(*model), 1).arrays["epr"]
        for model in (("nonsecular", None), ("correlation", 6), ("correlation", 3))
    )
    edges = np.linspace(-5.0, 5.0, 21)
    centres = 0.5 * (edges[1:] + edges[:-1])
    # both lines as Gaussians of two bins more: what is left of the difference is their first bin's width
    blur = np.exp(-0.5 * ((centres[:, None] - centres) / 1.0) ** 2)
    blur /= blur.sum(axis=0)
    height = np.abs(blur @ exact).max()
    assert np.abs(blur @ (whole - exact)).max() < 0.1 * height
    assert np.abs(cut - whole).max() < 0.15 * np.abs(whole).max()
    assert np.abs(cut - whole).max() > 1e-3 * np.abs(whole).max()


def test_spectra_sum_to_the_polarization() -> None:
    found = measure_realization(with_spectrum("correlation", 3), 1)
    assert 0.5 * found.arrays["epr"].sum() == pytest.approx(found.scalars["mean_polarization"], rel=2e-2)


def test_there_are_no_spectra_of_a_cut_with_the_ising_term() -> None:
    cut, whole = (measure_realization(with_spectrum("correlation", order, ising=True), 1) for order in (3, 6))
    assert "ising" in cut.undefined["epr"]
    assert "epr" not in cut.arrays
    assert "epr" in whole.arrays
