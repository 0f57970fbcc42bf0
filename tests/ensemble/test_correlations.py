"""What an ensemble measures on correlations of few spins, and what it says it cannot."""

from __future__ import annotations

import numpy as np
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
