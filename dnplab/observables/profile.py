r"""The spin-temperature profile that fits polarizations best, for any number of spins.

    P_i = -tanh((beta_s (omega_i - omega_MW) - mu) / 2),      mu = beta_s (h - omega_MW)

by least squares over (beta_s, mu), omega_i = omega_e + Delta_i. The ansatz of `spin_temperature` needs the 2^N levels of H_S
and knows their couplings; this one needs the profile alone. Units are those of `spin_temperature`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dnplab.checks import finite_array
from dnplab.drive import Drive
from dnplab.errors import UndefinedMeasureError
from dnplab.rotating_frame import detuning
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["ProfileFit", "fit_profile"]

FloatArray = NDArray[np.float64]
STRONGEST = 0.999999  # of |P|: what enters the linear first guess


@dataclass(frozen=True, eq=False)
class ProfileFit:
    """beta_s in 1/(2 pi MHz), mu, and the fitted P_i (N,)."""

    beta_s: float
    mu: float
    profile: FloatArray


def fit_profile(system: SpinSystem, drive: Drive, polarization: FloatArray) -> ProfileFit:
    """The fit to P_i (N,) of a system.

    Raises:
        ParameterError: `polarization` is not N finite numbers.
        UndefinedMeasureError: fewer than three offsets differ.

    """
    polarization = finite_array("polarization", polarization, (system.n_spins,))
    offsets = np.asarray(system.offsets_mhz) + detuning(system, drive) / RAD_US_PER_MHZ
    if len(np.unique(offsets)) < 3:
        raise UndefinedMeasureError("a spin temperature's two parameters fit any profile of fewer than three offsets.")
    scale = float(np.ptp(offsets))
    levels = np.column_stack([offsets / scale, -np.ones_like(offsets)])

    def difference(parameters: FloatArray) -> FloatArray:
        return np.asarray(-np.tanh(0.5 * levels @ parameters) - polarization)

    def slopes(parameters: FloatArray) -> FloatArray:
        return np.asarray(-0.5 * levels / np.cosh(0.5 * levels @ parameters)[:, None] ** 2)

    inverted = -2.0 * np.arctanh(np.clip(polarization, -STRONGEST, STRONGEST))
    starts = (np.linalg.lstsq(levels, inverted, rcond=None)[0], np.array([0.0, -float(np.mean(inverted))]))
    fits = [least_squares(difference, start, jac=slopes, xtol=1e-12, ftol=1e-12, gtol=1e-12) for start in starts]
    best = min(fits, key=lambda fit: float(fit.cost))
    return ProfileFit(float(best.x[0]) / scale, float(best.x[1]), np.asarray(polarization + best.fun))
