r"""How a number depends on the size N: weighted least squares of a few laws, with chi^2.

    constant      y = a                        no size matters
    1/N           y = a + b / N                a is the thermodynamic limit, as of what a surface or a count of spins does
    2^(-N/2)      y = a + b 2^(-N/2)           as of what eigenstates of a chaotic H_S scatter (ETH)
    1/N + parity  y = a + b / N + c (-1)^N     c tells even and odd sizes apart
    power         y = a N^-p                   vanishes as N grows, for p > 0; of positive values only

Errors are taken as known and as independent between sizes (chi^2 is not scaled away): `p_value` is the chance of a larger
chi^2 if the law held. A law with as many parameters as there are sizes is not fitted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import chi2 as chi2_distribution

__all__ = ["LINEAR", "POWER", "fit_sizes", "limit_weights"]

Array = NDArray[np.float64]
Terms = dict[str, Callable[[Array], Array]]

_LIMIT: Terms = {"limit": np.ones_like}
_INVERSE: Terms = {"slope": lambda n: 1.0 / n}
LINEAR: dict[str, Terms] = {  # laws that are sums of terms, by name: coefficient -> term
    "constant": _LIMIT,
    "1/N": _LIMIT | _INVERSE,
    "2^(-N/2)": _LIMIT | {"slope": lambda n: 2.0 ** (-n / 2)},
    "1/N + parity": _LIMIT | _INVERSE | {"parity": lambda n: np.cos(np.pi * n)},
}
POWER = "power"
SHOWN = ("limit", "slope", "exponent", "parity")


def fit_sizes(n_spins: Array, values: Array, errors: Array) -> pd.DataFrame:
    """Fits of `values` (K,) with standard errors `errors` (K,) at sizes `n_spins` (K,); values that are NaN are left out.

    A row a law: law, limit (a; absent for the power law), slope (b), exponent (p), parity (c), each with its standard error
    `_sem`, chi2, degrees (K minus the number of parameters) and p_value. Numbers that a law does not have, or that could not
    be fitted, are NaN.
    """
    known = np.isfinite(values) & np.isfinite(errors) & (errors > 0.0)
    n, y, sem = (np.asarray(part, dtype=np.float64)[known] for part in (n_spins, values, errors))
    linear = [{"law": law, **_linear_fit(terms, n, y, sem)} for law, terms in LINEAR.items()]
    return pd.DataFrame([*linear, {"law": POWER, **_power_fit(n, y, sem)}])


def limit_weights(n_spins: Array, errors: Array, law: str) -> Array:
    """The weights (K,) with which values at the sizes add up to the limit a of a linear law, as `fit_sizes` finds it."""
    design = _design(LINEAR[law], n_spins)
    return np.asarray(np.linalg.pinv(design / errors[:, None])[0] / errors)


def _linear_fit(terms: Terms, n: Array, y: Array, sem: Array) -> dict[str, float]:
    if n.size <= len(terms):
        return _row(n.size - len(terms))
    design = _design(terms, n)
    inverse = np.linalg.pinv(design / sem[:, None])  # (parameters, K)
    found = inverse @ (y / sem)
    spread = np.sqrt(np.sum(inverse**2, axis=1))
    values = {name: (value, error) for name, value, error in zip(terms, found, spread, strict=True)}
    return _row(n.size - len(terms), values, (y - design @ found) / sem)


def _power_fit(n: Array, y: Array, sem: Array) -> dict[str, float]:
    degrees = n.size - 2
    if degrees <= 0 or not (y > 0.0).all():
        return _row(degrees)
    slope, level = np.polyfit(np.log(n), np.log(y), 1, w=y / sem)

    def law(n: Array, scale: float, exponent: float) -> Array:
        return np.asarray(scale * n**-exponent)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)  # nothing was found about the error
            found, covariance = curve_fit(law, n, y, (np.exp(level), -slope), sem, absolute_sigma=True)
    except (RuntimeError, OptimizeWarning):
        return _row(degrees)
    return _row(degrees, {"exponent": (found[1], np.sqrt(covariance[1, 1]))}, (y - law(n, *found)) / sem)


def _design(terms: Terms, n: Array) -> Array:
    return np.column_stack([term(n) for term in terms.values()])


def _row(
    degrees: int, found: dict[str, tuple[float, float]] | None = None, residuals: Array | None = None
) -> dict[str, float]:
    """The row of a law; NaN where nothing is found."""
    row = {name: np.nan for shown in SHOWN for name in (shown, f"{shown}_sem")}
    for name, (value, error) in (found or {}).items():
        row |= {name: float(value), f"{name}_sem": float(error)}
    chi2 = np.nan if residuals is None else float(np.sum(residuals**2))
    p_value = float(chi2_distribution.sf(chi2, degrees)) if degrees > 0 else np.nan
    return row | {"chi2": chi2, "degrees": float(max(degrees, 0)), "p_value": p_value}
