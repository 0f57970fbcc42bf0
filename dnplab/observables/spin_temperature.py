r"""The spin-temperature ansatz: the Gibbs state with the same energy and polarization, (S68) and (S78) to (S81).

    p_n ~ exp(-beta_s (epsilon_n - h s_n)) = exp(-beta_s E_n + mu s_n),    E_n = epsilon_n - omega_MW s_n,
    mu = beta_s (h - omega_MW),     such that  Tr(H_S rho)  and  Tr(S^z rho)  are those of the state.

(beta_s, mu) is the minimum of the convex F = ln Z + beta_s <E> - mu <S^z>, found by Newton's method with backtracking.
h = omega_MW + mu / beta_s is heavy-tailed where beta_s is small: average beta_s and mu, never h.
Frequencies in MHz: beta_s is in 1/(2 pi MHz), so that beta_s times a frequency in MHz is a number, and mu is a number.

A nuclear species of frequency omega_n in contact with the electrons polarizes to P_n = tanh(beta_s omega_n / 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.errors import UndefinedMeasureError
from dnplab.rotating_frame import detuning
from dnplab.stationary import SteadyState
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["SpinTemperature", "fit_spin_temperature", "neighbour_polarization", "spin_temperature"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpinTemperature:
    """The fitted ansatz.

    beta_s : 1/(2 pi MHz)
    mu : beta_s (h - omega_MW), a number
    populations : p_n (D,) of the eigenstates of H_S
    profile : P_i (N,) of the ansatz
    """

    beta_s: float
    mu: float
    populations: FloatArray
    profile: FloatArray

    def nuclear_polarization(self, nuclear_mhz: float) -> float:
        """tanh(beta_s omega_n / 2) for a nuclear frequency in MHz."""
        return math.tanh(self.beta_s * nuclear_mhz / 2)


def spin_temperature(state: SteadyState) -> SpinTemperature:
    """The ansatz of a steady state."""
    state.require_density_matrix()
    system = state.system
    if system.n_spins == 1:
        raise UndefinedMeasureError("one spin has a polarization but no spin temperature: energy and S^z are the same.")
    spectrum = system.spectrum
    energies = (spectrum.energies + detuning(system, state.drive) * spectrum.sz) / RAD_US_PER_MHZ
    p = state.level_populations
    spacing = float(np.ptp(np.asarray(system.offsets_mhz)))
    guess = 0.0
    if spacing > 0.0:
        # (S81): neighbours of mean spacing d obey P(omega) = -tanh(beta_s (omega - h) / 2)
        pn = min(max(neighbour_polarization(state.polarization), -0.99), 0.99)
        guess = 2.0 * (system.n_spins - 1) / spacing * math.atanh(pn)
    beta_s, mu = fit_spin_temperature(energies, spectrum.sz, float(p @ energies), float(p @ spectrum.sz), guess)
    populations = np.exp(_log_weights(energies, spectrum.sz, beta_s, mu))
    return SpinTemperature(beta_s, mu, populations, 2.0 * spectrum.sz_expectations @ populations)


def neighbour_polarization(polarization: FloatArray) -> float:
    """(S81): P_n = 2 sum_i (<S_i> - <S_{i+1}>) / sum_i (1 - 4 <S_i> <S_{i+1}>), spins in ascending frequency."""
    left, right = polarization[:-1], polarization[1:]
    return float((left - right).sum() / (1.0 - left * right).sum())


def fit_spin_temperature(
    energies: FloatArray, sz: FloatArray, mean_energy: float, mean_sz: float, beta_s: float = 0.0
) -> tuple[float, float]:
    """(beta_s, mu) with <E> = mean_energy and <S^z> = mean_sz; energies E_n (D,) in MHz, beta_s the starting point.

    Raises UndefinedMeasureError where the two conditions are one (E_n a function of s_n alone, linear), or where no
    finite (beta_s, mu) meets them.
    """
    levels = np.stack([-energies, sz])  # conjugate to (beta_s, mu)
    target = np.array([-mean_energy, mean_sz])
    spread = np.sqrt(levels.var(axis=1))
    if spread.min() == 0.0 or abs(np.corrcoef(levels)[0, 1]) >= 1.0 - 1e-12:
        raise UndefinedMeasureError(
            "the spin temperature is not defined: energy and S^z do not vary independently over the levels of H_S."
        )
    parameters = np.array([beta_s, 0.0])
    value, gradient, hessian = _dual(levels, target, parameters)
    if (infinite_temperature := _dual(levels, target, np.zeros(2)))[0] < value:
        # a start that is far off leaves one level populated and no curvature to follow
        parameters, (value, gradient, hessian) = np.zeros(2), infinite_temperature
    for _ in range(200):
        if (np.abs(gradient) <= 1e-13 * spread).all():
            break
        step = -np.linalg.solve(
            hessian + 1e-14 * np.trace(hessian / np.outer(spread, spread)) * np.diag(spread**2), gradient
        )
        slope, length = float(gradient @ step), 1.0
        if -slope <= 1e-28:
            break  # the decrement is below rounding: parameters are as good as they get
        while True:
            trial = parameters + length * step
            trial_value, trial_gradient, trial_hessian = _dual(levels, target, trial)
            if trial_value <= value + 1e-4 * length * slope + 1e-15 * abs(value) or length < 1e-10:
                break
            length *= 0.5
        parameters, value, gradient, hessian = trial, trial_value, trial_gradient, trial_hessian
    if not (np.abs(gradient) <= 1e-8 * spread).all():
        raise UndefinedMeasureError("no finite spin temperature has the energy and polarization of the state.")
    return float(parameters[0]), float(parameters[1])


def _log_weights(energies: FloatArray, sz: FloatArray, beta_s: float, mu: float) -> FloatArray:
    exponent = mu * sz - beta_s * energies
    top = exponent.max()
    return np.asarray(exponent - top - math.log(float(np.exp(exponent - top).sum())))


def _dual(levels: FloatArray, target: FloatArray, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    # F = ln Z - parameters.target, its gradient <levels> - target and its Hessian, the covariance of levels
    exponent = parameters @ levels
    top = float(exponent.max())
    weights = np.exp(exponent - top)
    z = float(weights.sum())
    p = weights / z
    mean = levels @ p
    centred = levels - mean[:, None]
    return top + math.log(z) - float(parameters @ target), mean - target, (centred * p) @ centred.T
