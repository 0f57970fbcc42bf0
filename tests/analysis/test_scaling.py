"""Laws of size: what they find of known values, and whether errors, chi^2 and p_value are right where samples are shared."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dnplab.analysis.bootstrap import resample_weights, weighted_means
from dnplab.analysis.scaling import fit_sizes, limit_weights

Array = NDArray[np.float64]
SIZES = np.arange(4.0, 11.0)
SAMPLES = (200, 200, 200, 200, 200, 100, 60)  # the large sizes have the first of them
BOOTSTRAP = 300


def independent(values: Array, error: float, seed: int = 3) -> tuple[Array, Array]:
    """Values with an error, and resamples that say so."""
    rng = np.random.default_rng(seed)
    values = values + error * rng.normal(size=values.size)
    return values, values + error * rng.normal(size=(1000, values.size))


def shared(truth: Array, rng: np.random.Generator, weights: Array) -> tuple[Array, Array]:
    """Means and joint resamples of samples that correlate by about 0.7 between sizes, skew as deviations are."""
    common = rng.normal(size=(SAMPLES[0], 1))
    noise = np.exp(0.5 * (0.8 * common + 0.6 * rng.normal(size=(SAMPLES[0], truth.size))) - 0.125)
    values = truth * noise
    for place, count in enumerate(SAMPLES):
        values[count:, place] = np.nan
    return np.nanmean(values, axis=0), weighted_means(values.T, weights)


def test_laws_of_size() -> None:
    laws = fit_sizes(SIZES, *independent(2.0 + 3.0 / SIZES, 0.01), 200).set_index("law")
    assert laws.loc["1/N", "limit"] == pytest.approx(2.0, abs=3 * laws.loc["1/N", "limit_sem"])
    assert laws.loc["1/N", "p_value"] > 0.01 > laws.loc["constant", "p_value"]
    assert laws.loc["1/N", "degrees"] == SIZES.size - 2
    assert abs(laws.loc["1/N + parity", "parity"]) < 3 * laws.loc["1/N + parity", "parity_sem"]
    powers = fit_sizes(SIZES, *independent(2.0 * SIZES**-0.7, 0.01), 200).set_index("law")
    assert powers.loc["power", "exponent"] == pytest.approx(0.7, abs=3 * powers.loc["power", "exponent_sem"])
    parity = fit_sizes(SIZES, *independent(1.0 + 0.1 * (-1.0) ** SIZES, 0.01), 200).set_index("law")
    assert parity.loc["1/N + parity", "parity"] == pytest.approx(0.1, abs=0.02)


def test_what_cannot_be_fitted_is_absent() -> None:
    values, draws = independent(1.0 + 1.0 / SIZES, 0.01)
    few = fit_sizes(SIZES[:2], values[:2], draws[:, :2], 200).set_index("law")
    assert few.loc["1/N"].drop("degrees").isna().all()
    assert np.isfinite(few.loc["constant", "limit"])
    assert np.isnan(fit_sizes(SIZES, -values, -draws, 200).set_index("law").loc["power", "exponent"])
    scarce = fit_sizes(SIZES, values, draws, 4).set_index("law")
    assert np.isfinite(scarce.loc["1/N", "limit"])
    assert np.isnan(scarce.loc["1/N", "p_value"])  # of 4 samples a covariance of 5 numbers is not known
    gap = np.where(SIZES == 6.0, np.nan, values)
    assert fit_sizes(SIZES, gap, draws, 200).set_index("law").loc["1/N", "degrees"] == SIZES.size - 3


def test_limit_weights_are_those_of_the_fit() -> None:
    values, draws = independent(0.1 + 1.0 / SIZES, 0.02)
    for law in ("1/N", "2^(-N/2)"):
        fitted = fit_sizes(SIZES, values, draws, 200).set_index("law").loc[law]
        weights = limit_weights(SIZES, draws.std(axis=0), law)
        assert weights @ values == pytest.approx(fitted["limit"], abs=1e-9)
        assert np.std(draws @ weights) == pytest.approx(fitted["limit_sem"], rel=1e-9)


@pytest.fixture(scope="module")
def ensembles() -> list[tuple[Array, Array]]:
    rng, weights = np.random.default_rng(11), resample_weights(SAMPLES[0], BOOTSTRAP, 0)
    return [shared(0.02 + 0.1 / SIZES, rng, weights) for _ in range(400)]


def test_the_limit_is_covered_and_a_true_law_is_refuted_as_rarely_as_it_should_be(
    ensembles: list[tuple[Array, Array]],
) -> None:
    """Of 400: four standard deviations of a binomial of 0.95 are 0.044, and 0.044 of the 0.05 that are refuted."""
    fits = [fit_sizes(SIZES, *ensemble, SAMPLES[-1]).set_index("law").loc["1/N"] for ensemble in ensembles]
    covered = np.mean([abs(fit["limit"] - 0.02) < 1.96 * fit["limit_sem"] for fit in fits])
    assert 0.906 <= covered <= 0.994
    assert 0.006 < np.mean([fit["p_value"] < 0.05 for fit in fits]) < 0.094
    assert 0.4 < np.mean([fit["p_value"] < 0.5 for fit in fits]) < 0.6


def test_sizes_taken_as_independent_would_be_refuted_too_rarely(ensembles: list[tuple[Array, Array]]) -> None:
    rng = np.random.default_rng(5)
    apart = [
        (mean, np.column_stack([rng.permutation(column) for column in draws.T])) for mean, draws in ensembles
    ]  # the same errors of each size, and no correlation
    fits = [fit_sizes(SIZES, *ensemble, SAMPLES[-1]).set_index("law").loc["1/N"] for ensemble in apart]
    assert np.mean([fit["p_value"] < 0.5 for fit in fits]) < 0.2
