"""A crossover as the midpoint of a sigmoid in x = ln T, with both plateaus fitted.

y(x) = a + b / (1 + exp(-(x - x_0) / w)), points weighted by their standard errors, by `scipy.optimize.curve_fit`. The
crossover temperature is exp(x_0); its width, from 10 % to 90 % of the rise b, is 2 ln(9) w. Unlike half of the change
between the ends of a sweep, it does not move when the sweep is made longer, as long as the curve is a sigmoid: that is
asked first.

There is none when the curve has none of `dnplab.analysis.crossing`, or

- a point stands off the fit by more than `MISFIT` of the measured change and by more than 2 standard errors, or less than
  `COVERED` of the fitted rise b lies inside the sweep: its plateaus would be invented; or
- w is below a tenth of the closest spacing of temperatures: the place of a step between two points is not known.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import expit

from dnplab.analysis.crossing import SIGNIFICANCE, Array, Crossings, Outcome, change_of, half_rise

__all__ = ["sigmoid", "sigmoid_midpoint"]

MISFIT = 0.1
COVERED = 0.7
NARROWEST = 0.1
STEPS = 100  # evaluations a fit
CLOSE = 1e-7  # relative, when a fit has converged
TEN_TO_NINETY = 2.0 * np.log(9.0)


def sigmoid(x: Array, a: float, b: float, x_0: float, w: float) -> Array:
    """The model curve at x (T,)."""
    return a + b * np.asarray(expit((x - x_0) / w))


def sigmoid_midpoint(temperature_k: Array, curves: Array, noise: Array, errors: Array) -> Crossings:
    """The midpoint of the sigmoid through each of `curves` (B, T).

    Args:
        temperature_k: (T,), ascending.
        curves: (B, T).
        noise: (T, T), the standard error of y_j - y_k, as for `half_rise`.
        errors: (T,), the standard error of y_j.

    """
    x = np.log(temperature_k)
    rough = half_rise(temperature_k, curves, noise)
    outcome = rough.outcome.copy()
    middle, width = np.full(len(curves), np.nan), np.full(len(curves), np.nan)
    rows = np.flatnonzero(outcome == Outcome.CROSSES)
    if rows.size == 0:
        return Crossings.of(middle, width, outcome)
    weights = np.maximum(errors, 1e-3 * change_of(curves[rows]).max())  # no point is the only one that counts
    typical = curves[rows].mean(axis=0)  # where its fit ends, those of all resamples begin
    guess = (typical[0], typical[-1] - typical[0], np.log(np.median(rough.temperature_k[rows])), 0.25 * (x[-1] - x[0]))
    first = _fit(x, typical, weights, guess)
    for row in rows:
        y = curves[row]
        fitted = _fit(x, y, weights, guess if first is None else tuple(first))
        if fitted is None:
            outcome[row] = Outcome.NO_PLATEAUS
            continue
        middle[row], width[row] = fitted[2], TEN_TO_NINETY * fitted[3]
        outcome[row] = _outcome(x, y, errors, fitted)
    return Crossings.of(middle, width, outcome)


def _fit(x: Array, y: Array, weights: Array, start: tuple[float, ...]) -> Array | None:
    """a, b, x_0, w > 0 of one curve; None where the fit does not converge."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # on its way a fit may pass by w = 0
        warnings.simplefilter("ignore", OptimizeWarning)  # no covariance is asked for: errors are those of the bootstrap
        try:
            found, _ = curve_fit(sigmoid, x, y, p0=start, sigma=weights, jac=_jacobian, maxfev=STEPS, xtol=CLOSE, ftol=CLOSE)
        except RuntimeError:
            return None
    if not np.isfinite(found).all():
        return None
    a, b, x_0, w = (float(value) for value in found)
    return np.array([a, b, x_0, w] if w > 0.0 else [a + b, -b, x_0, -w])  # the same curve


def _jacobian(x: Array, a: float, b: float, x_0: float, w: float) -> Array:  # noqa: ARG001 (of a it is 1)
    s = np.asarray(expit((x - x_0) / w))
    slope = b * s * (1.0 - s) / w
    return np.stack([np.ones_like(x), s, -slope, -slope * (x - x_0) / w], axis=-1)


def _outcome(x: Array, y: Array, errors: Array, fitted: Array) -> Outcome:
    """Whether one fit can be believed."""
    _, b, x_0, w = fitted
    curve = sigmoid(x, *fitted)
    if np.any(np.abs(y - curve) > np.maximum(MISFIT * abs(y[-1] - y[0]), SIGNIFICANCE * errors)):
        return Outcome.NO_PLATEAUS
    if abs(curve[-1] - curve[0]) < COVERED * abs(b) or not x[0] <= x_0 <= x[-1]:
        return Outcome.NO_PLATEAUS
    return Outcome.UNRESOLVED if w < NARROWEST * np.diff(x).min() else Outcome.CROSSES
