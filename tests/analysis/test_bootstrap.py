"""The joint bootstrap against `scipy.stats.bootstrap` where both can do it, and where realizations are absent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dnplab.analysis.bootstrap import interval, resample_weights, weighted_means

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("realizations", [2, 7, 40])
def test_means_and_interval_are_those_of_scipy(realizations: int) -> None:
    values = RNG.lognormal(size=realizations)
    ours = weighted_means(values, resample_weights(realizations, 500, seed=3))
    scipys = stats.bootstrap((values,), np.mean, n_resamples=500, method="percentile", rng=np.random.default_rng(3))
    np.testing.assert_allclose(ours, scipys.bootstrap_distribution, rtol=1e-13)
    np.testing.assert_allclose(interval(ours), tuple(scipys.confidence_interval), rtol=1e-13)


def test_paired_statistics_are_those_of_scipy() -> None:
    """A ratio of means on the same samples."""
    both = RNG.lognormal(size=(2, 30))
    means = weighted_means(both, resample_weights(30, 400, seed=1))
    scipys = stats.bootstrap(
        tuple(both),
        lambda above, below, axis: above.mean(axis) / below.mean(axis),
        n_resamples=400,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    np.testing.assert_allclose(means[:, 0] / means[:, 1], scipys.bootstrap_distribution, rtol=1e-13)


def test_absent_realizations_have_no_weight() -> None:
    values = RNG.normal(size=(3, 12))
    values[0, :4] = values[2, 11] = np.nan
    weights = resample_weights(12, 300, seed=0)
    drawn = [np.repeat(np.arange(12), row.astype(int)) for row in weights]  # each resample, realization by realization
    np.testing.assert_allclose(weighted_means(values, weights), [np.nanmean(values[:, rows], axis=1) for rows in drawn])


def test_all_points_see_the_same_draws() -> None:
    values = np.outer([1.0, -2.0, 5.0], RNG.normal(size=20))
    means = weighted_means(values, resample_weights(20, 100, seed=0))
    np.testing.assert_allclose(means, means[:, :1] * [1.0, -2.0, 5.0], rtol=1e-12)


def test_weights_are_draws_with_replacement() -> None:
    weights = resample_weights(realizations=20, bootstrap=4000, seed=0)
    assert set(weights.sum(axis=1)) == {20.0}
    # The number of times one of R is drawn is binomial: mean 1, variance 1 - 1/R.
    assert weights.mean() == 1.0
    assert weights.var() == pytest.approx(1 - 1 / 20, rel=0.02)


def test_one_realization_is_all_there_is() -> None:
    np.testing.assert_array_equal(resample_weights(1, 5, seed=0), np.ones((5, 1)))


def test_weighted_means_leave_out_what_is_absent() -> None:
    values = np.array([[1.0, 2.0, np.nan], [4.0, np.nan, np.nan]])
    means = weighted_means(values, np.array([[1.0, 1.0, 1.0], [0.0, 3.0, 0.0]]))
    np.testing.assert_array_equal(means, [[1.5, 4.0], [2.0, np.nan]])


def test_an_interval_of_nothing_is_no_number() -> None:
    assert np.isnan(interval(np.array([np.nan, np.nan]))).all()
