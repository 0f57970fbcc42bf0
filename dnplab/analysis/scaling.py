r"""How a number depends on the size N: weighted least squares of a few laws, with chi^2, where sizes share samples.

    constant      y = a                        no size matters
    1/N           y = a + b / N                a is the thermodynamic limit, as of what a surface or a count of spins does
    2^(-N/2)      y = a + b 2^(-N/2)           as of what eigenstates of a chaotic H_S scatter (ETH)
    1/N + parity  y = a + b / N + c (-1)^N     c tells even and odd sizes apart
    power         y = a N^-p                   vanishes as N grows, for p > 0; of positive values only

Sizes are not independent of each other. `dnplab.disorder` draws realization k from the seed and k alone: the offsets of
N + 1 spins are those of N and one more, and a measure correlates by 0.6 to 0.7 between neighbouring sizes. One draw of
realizations is therefore used for all sizes, and what is fitted comes with these joint resamples. The fit is made of each of
them (of the power law to first order): errors are those of what is found, and chi^2 is of the residuals with the covariance
of the draws.

`p_value` is the chance of a larger chi^2 if the law held, by Hotelling's T^2, as the covariance is itself estimated from a
number of samples. A law with as many parameters as there are sizes is not fitted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import f as f_distribution

__all__ = ["FEWEST_SIZES", "LINEAR", "POWER", "fit_ranges", "fit_sizes", "laws_of", "limit_weights"]

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
FEWEST_SIZES = 3  # that a law in N is fitted to
SHOWN = ("limit", "slope", "exponent", "parity")


class _Fit(NamedTuple):
    """A law at what is found: P parameters by name, d y / d parameter (K, P), and the residuals (K,)."""

    found: dict[str, float]
    jacobian: Array
    residuals: Array


def fit_sizes(n_spins: Array, values: Array, draws: Array, samples: int) -> pd.DataFrame:
    """Fits of `values` (K,) at sizes `n_spins` (K,), with their joint resamples `draws` (B, K).

    Args:
        n_spins: the sizes.
        values: means; a size where this is NaN, or has no scatter, is left out.
        draws: resamples that are the same for all sizes; those that lack a value are left out.
        samples: the smallest number of realizations of a size, which says how well the covariance is known.

    Returns:
        A row a law: law, limit (a; absent for the power law), slope (b), exponent (p), parity (c), each with its standard
        error `_sem`, chi2, degrees (K minus the number of parameters) and p_value. Numbers that a law does not have, or that
        could not be fitted, are NaN; so are chi2 and p_value where the samples are as few as the degrees.

    """
    known = np.isfinite(values) & np.isfinite(draws).any(axis=0)
    drawn = draws[:, known]
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    n, y = (np.asarray(part, dtype=np.float64)[known] for part in (n_spins, values))
    rows = []
    for law in (*LINEAR, POWER):
        parameters = 2 if law == POWER else len(LINEAR[law])
        degrees = max(n.size - parameters, 0)
        fit = None
        if degrees and len(drawn) > n.size and (drawn.std(axis=0) > 0.0).all():
            fit = _power(n, y, drawn.std(axis=0)) if law == POWER else _linear(LINEAR[law], n, y, drawn.std(axis=0))
        rows.append({"law": law, **_row(fit, degrees, drawn, samples)})
    return pd.DataFrame(rows)


def fit_ranges(sizes: Iterable[int], larger: int) -> tuple[int, ...]:
    """The smallest sizes of fits: all sizes, and those from `larger` on if that leaves some out and enough."""
    found = sorted(sizes)
    kept = [n for n in found if n >= larger]
    return (found[0], kept[0]) if FEWEST_SIZES <= len(kept) < len(found) else (found[0],)


def laws_of(named: Mapping[str, object], rows: pd.DataFrame, draws: Array, reason: str = "") -> pd.DataFrame:
    """`fit_sizes` of the column `value` of rows (n_spins, samples) behind what the fits are of; NaN for a `reason`."""
    sizes, values = (rows[name].to_numpy(dtype=np.float64) for name in ("n_spins", "value"))
    fits = fit_sizes(sizes, np.full(values.size, np.nan) if reason else values, draws, int(rows["samples"].min()))
    front = pd.DataFrame([{**named, "to_n": int(sizes[-1]), "sizes": sizes.size, "reason": reason}] * len(fits))
    return pd.concat([front, fits], axis=1)


def limit_weights(n_spins: Array, errors: Array, law: str) -> Array:
    """The weights (K,) with which values at the sizes add up to the limit a of a linear law, as `fit_sizes` finds it."""
    return np.asarray(_gain(_design(LINEAR[law], n_spins), errors)[0])


def _linear(terms: Terms, n: Array, y: Array, errors: Array) -> _Fit | None:
    """None where the sizes cannot tell the terms apart, as even ones alone do not tell a parity from a constant."""
    design = _design(terms, n)
    if np.linalg.matrix_rank(design) < len(terms):
        return None
    found: Array = _gain(design, errors) @ y
    return _Fit(dict(zip(terms, found.tolist(), strict=True)), design, y - design @ found)


def _power(n: Array, y: Array, errors: Array) -> _Fit | None:
    """a N^-p; None of values that are not positive, and where no fit is found."""
    if not (y > 0.0).all():
        return None
    slope, level = np.polyfit(np.log(n), np.log(y), 1, w=y / errors)

    def law(n: Array, scale: float, exponent: float) -> Array:
        return np.asarray(scale * n**-exponent, dtype=np.float64)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)  # nothing was found about the error
            scale, exponent = curve_fit(law, n, y, (np.exp(level), -slope), errors)[0]
    except (RuntimeError, OptimizeWarning):
        return None
    shape = n**-exponent
    jacobian = np.column_stack([shape, -scale * shape * np.log(n)])
    return _Fit({"scale": float(scale), "exponent": float(exponent)}, jacobian, y - scale * shape)


def _design(terms: Terms, n: Array) -> Array:
    return np.column_stack([term(n) for term in terms.values()])


def _gain(jacobian: Array, errors: Array) -> Array:
    """What a change of the values (K,) makes of the parameters (P,): (P, K)."""
    return np.asarray(np.linalg.pinv(jacobian / errors[:, None]) / errors)


def _row(fit: _Fit | None, degrees: int, draws: Array, samples: int) -> dict[str, float]:
    """The row of a law; NaN where nothing is found."""
    row = {name: np.nan for shown in SHOWN for name in (shown, f"{shown}_sem")}
    row |= {"chi2": np.nan, "degrees": float(degrees), "p_value": np.nan}
    if fit is None:
        return row
    spread = (draws @ _gain(fit.jacobian, draws.std(axis=0)).T).std(axis=0)
    for (name, value), error in zip(fit.found.items(), spread, strict=True):
        row |= {name: value, f"{name}_sem": float(error)} if name in SHOWN else {}
    free = np.linalg.svd(fit.jacobian)[0][:, fit.jacobian.shape[1] :]  # (K, degrees): what no parameter can change
    covariance = np.atleast_2d(np.cov(draws @ free, rowvar=False))
    if samples > degrees and np.linalg.matrix_rank(covariance) == degrees:
        left = free.T @ fit.residuals
        row["chi2"] = float(left @ np.linalg.solve(covariance, left))
        scaled = row["chi2"] * (samples - degrees) / (degrees * samples)
        row["p_value"] = float(f_distribution.sf(scaled, degrees, samples - degrees))
    return row
