"""The midpoint of a sigmoid: recovered where there is one, refused where its plateaus would be invented."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab.analysis.crossing import Outcome, half_rise
from dnplab.analysis.sigmoid import sigmoid, sigmoid_midpoint

T = np.geomspace(1.0, 16.0, 9)
X = np.log(T)
QUIET = np.zeros((9, 9))


def fitted(curve: np.ndarray, error: float = 1e-6) -> tuple[float, float, Outcome]:
    found = sigmoid_midpoint(T, curve[None, :], QUIET, np.full(T.size, error))
    return float(found.temperature_k[0]), float(found.width_decades[0]), Outcome(found.outcome[0])


@pytest.mark.parametrize("rise", [0.05, -3.0])
@pytest.mark.parametrize("middle_k", [3.0, 4.0, 6.0])
def test_recovers_midpoint_and_width(rise: float, middle_k: float) -> None:
    w = 0.3
    midpoint, width, outcome = fitted(sigmoid(X, 0.02, rise, np.log(middle_k), w))
    assert outcome is Outcome.CROSSES
    assert midpoint == pytest.approx(middle_k, rel=1e-5)
    assert width == pytest.approx(2 * np.log(9) * w / np.log(10), rel=1e-5)
    # the definition of the width: 10 % and 90 % of the rise are that far apart
    ends = midpoint * 10 ** np.array([-0.5 * width, 0.5 * width])
    np.testing.assert_allclose((sigmoid(np.log(ends), 0.02, rise, np.log(middle_k), w) - 0.02) / rise, [0.1, 0.9], rtol=1e-5)


def test_a_longer_sweep_does_not_move_it_while_half_of_the_rise_moves() -> None:
    curve = sigmoid(X, 0.0, 1.0, np.log(3.0), 0.4)
    for cut in (9, 7, 6):
        found = sigmoid_midpoint(T[:cut], curve[None, :cut], QUIET[:cut, :cut], np.full(cut, 1e-6))
        assert found.temperature_k[0] == pytest.approx(3.0, rel=1e-4)
    halves = [half_rise(T[:cut], curve[None, :cut], QUIET[:cut, :cut]).temperature_k[0] for cut in (9, 6)]
    assert halves[0] / halves[1] > 1.1


@pytest.mark.parametrize(
    ("curve", "outcome"),
    [
        (X, Outcome.NO_PLATEAUS),  # a straight line has no plateaus
        (np.exp(X), Outcome.NO_PLATEAUS),  # nor has what only rises
        (sigmoid(X, 0.0, 1.0, np.log(12.0), 0.6), Outcome.NO_PLATEAUS),  # its upper plateau is not in the sweep
        (np.array([0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 1.0]), Outcome.NO_PLATEAUS),  # two steps
        (np.array([0, 0, 0, 0, 1e-4, 1 - 1e-4, 1, 1, 1]), Outcome.UNRESOLVED),  # a step between two points
        (np.ones(9), Outcome.FLAT),
        (np.sin(X), Outcome.NOT_MONOTONE),
        (np.where(np.arange(9) == 3, np.nan, X), Outcome.INCOMPLETE),
    ],
)
def test_what_is_no_sigmoid_has_none(curve: np.ndarray, outcome: Outcome) -> None:
    midpoint, width, found = fitted(np.asarray(curve, dtype=float))
    assert found is outcome
    assert np.isnan(midpoint)
    assert np.isnan(width)


def test_each_curve_is_as_alone() -> None:
    rng = np.random.default_rng(0)
    curves = sigmoid(X, 0.0, 1.0, np.log(4.0), 0.4) + 0.01 * rng.normal(size=(20, 9))
    errors = np.full(9, 0.01)
    together = sigmoid_midpoint(T, curves, QUIET + 0.014, errors)
    alone = [sigmoid_midpoint(T, curve[None, :], QUIET + 0.014, errors).temperature_k[0] for curve in curves]
    np.testing.assert_allclose(together.temperature_k, alone, rtol=1e-4)
