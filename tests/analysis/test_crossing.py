"""The crossover temperature against curves whose crossing is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab.analysis.crossing import Outcome, half_rise, rise_bounds, steepest, threshold

T = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
QUIET = np.zeros((5, 5))


def crossing(*values: float, noise: np.ndarray = QUIET) -> tuple[float, Outcome]:
    found = half_rise(T, np.array([values]), noise)
    return float(found.temperature_k[0]), Outcome(found.outcome[0])


def test_interpolates_linearly_in_log_t() -> None:
    # 3 of 8 between 2 K (1) and 4 K (5): the crossing of 4 is three quarters of an octave up.
    assert crossing(0, 1, 5, 7, 8) == (pytest.approx(2 * 2**0.75), Outcome.CROSSES)


def test_a_rise_linear_in_log_t_crosses_at_the_geometric_mean() -> None:
    assert crossing(0, 1, 2, 3, 4) == (pytest.approx(4.0), Outcome.CROSSES)


@pytest.mark.parametrize(("scale", "shift"), [(-1.0, 0.0), (3.0, -2.0), (-0.5, 7.0)])
def test_is_blind_to_scale_sign_and_shift(scale: float, shift: float) -> None:
    values = [0.0, 1.0, 5.0, 7.0, 8.0]
    moved = crossing(*(scale * v + shift for v in values))
    assert moved == (pytest.approx(crossing(*values)[0]), Outcome.CROSSES)


def test_takes_the_first_of_several_crossings() -> None:
    wide = np.full((5, 5), 2.0)  # the step back from 5 to 3 is within errors
    wide[0, -1] = 0.0
    assert crossing(0, 5, 3, 6, 8, noise=wide) == (pytest.approx(2**0.8), Outcome.CROSSES)


def test_a_peak_beyond_its_error_is_no_crossover() -> None:
    assert crossing(0, 3, 9, 8, 6)[1] is Outcome.NOT_MONOTONE
    assert np.isnan(crossing(0, 3, 9, 8, 6)[0])


def test_a_small_peak_is_allowed() -> None:
    assert crossing(0, 3, 7, 8.5, 8)[1] is Outcome.CROSSES  # back by 6 % of the rise


def test_a_peak_within_its_error_is_allowed() -> None:
    noise = np.full((5, 5), 1.6)
    assert crossing(0, 3, 9, 8, 6, noise=noise)[1] is Outcome.CROSSES


def test_a_dip_is_no_crossover() -> None:
    assert crossing(0, -4, 1, 5, 8)[1] is Outcome.NOT_MONOTONE


def test_no_change_beyond_its_error_is_no_crossover() -> None:
    noise = np.full((5, 5), 0.6)
    assert crossing(0, 0.2, 0.5, 0.8, 1.0, noise=noise)[1] is Outcome.FLAT
    assert crossing(2, 2, 2, 2, 2)[1] is Outcome.FLAT


def test_rounding_is_no_change() -> None:
    assert crossing(1, 1, 1, 1, 1 + 1e-12)[1] is Outcome.FLAT


def test_an_unknown_point_makes_a_resample_incomplete() -> None:
    assert crossing(0, 1, np.nan, 3, 4)[1] is Outcome.INCOMPLETE


def test_many_curves_are_each_as_alone() -> None:
    rng = np.random.default_rng(3)
    curves = np.cumsum(rng.normal(0.5, 0.5, size=(200, 5)), axis=1)
    noise = np.full((5, 5), 0.1)
    together = half_rise(T, curves, noise)
    alone = [half_rise(T, curve[None, :], noise) for curve in curves]
    np.testing.assert_array_equal(together.temperature_k, [one.temperature_k[0] for one in alone])
    np.testing.assert_array_equal(together.outcome, [one.outcome[0] for one in alone])
    assert {Outcome.CROSSES, Outcome.NOT_MONOTONE} <= set(together.outcome)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 3, 9, 8, 6], (1.0, 4.0)),  # up to the peak
        ([0, -4, 1, 5, 8], (2.0, 16.0)),  # from the dip
        ([8, 9, 4, 2, 1], (2.0, 16.0)),  # a fall, after a bump
    ],
)
def test_bounds_hold_the_climb(values: list[float], expected: tuple[float, float]) -> None:
    assert rise_bounds(T, np.array(values, dtype=float)) == expected


def test_the_width_of_half_rise_is_that_from_10_to_90_percent() -> None:
    found = half_rise(T, np.array([[0.0, 1.0, 5.0, 9.0, 10.0]]), QUIET)
    assert found.width_decades[0] == pytest.approx(np.log10(8.0 / 2.0))
    assert np.isnan(half_rise(T, np.array([[0.0, 9.0, 1.0, 2.0, 1.0]]), QUIET).width_decades[0])


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ([0, 1, 5, 9, 10], Outcome.CROSSES),
        ([0, 5, 8, 9, 10], Outcome.BELOW),
        ([0, 1, 2, 5, 10], Outcome.ABOVE),
        ([0, 1, 2, 3, 4], Outcome.NO_PLATEAUS),
        ([0, 3, 9, 8, 6], Outcome.NOT_MONOTONE),
    ],
)
def test_the_steepest_point_is_inside_or_there_is_none(values: list[float], outcome: Outcome) -> None:
    found = steepest(T, np.array([values], dtype=float), QUIET)
    assert Outcome(found.outcome[0]) is outcome
    if outcome is Outcome.CROSSES:
        assert found.temperature_k[0] == pytest.approx(4.0)  # of a curve that is symmetric around 4 K
        assert found.width_decades[0] == pytest.approx(np.log10(2.0) * 10 / 4.5)  # the change over the slope, 4.5 an octave
    else:
        assert np.isnan(found.temperature_k[0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 3, 4, 5], 2 * 2**0.5),  # 2 lies half an octave above 2 K
        ([3, 1, 3, 4, 5], 2 * 2**0.5),  # from there on
        ([3, 3, 3, 4, 5], Outcome.BELOW),
        ([0, 1, 3, 4, 1], Outcome.ABOVE),
        ([0, 1, 1, 1, 1], Outcome.ABOVE),
        ([0, 1, np.nan, 4, 5], Outcome.INCOMPLETE),
    ],
)
def test_threshold_is_where_the_curve_stays_above(values: list[float], expected: float | Outcome) -> None:
    found = threshold(T, np.array([values], dtype=float), 2.0)
    if isinstance(expected, Outcome):
        assert Outcome(found.outcome[0]) is expected
    else:
        assert found.temperature_k[0] == pytest.approx(expected)
