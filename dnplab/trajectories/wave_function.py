r"""The Monte Carlo wave function: one history of the nonsecular equation.

    between jumps   psi(tau) = exp(-i H_eff tau) psi,   S(tau) = ||psi(tau)||^2 is the probability of no jump before tau
    a jump          at S(tau) = u, u uniform on (0, 1]: psi becomes A psi / ||A psi||, A drawn in proportion to ||A psi||^2

The average of |psi><psi| over histories obeys the master equation exactly: nothing is expanded in a time step. Sampling only
looks at the state, so that the jumps do not depend on how often it looks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq

from dnplab.spins import site_values
from dnplab.system import SpinSystem
from dnplab.trajectories.history import Jumps, Trajectory
from dnplab.trajectories.local_jumps import LocalJumps, eigenvectors
from dnplab.trajectories.propagation import Flight, Propagator
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["wave_function"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
TIME_ROUNDING_US = 1e-15
RELATIVE_ROUNDING = 1e-15
SMALLEST = float(np.finfo(np.float64).tiny)  # a norm squared that falls below it is far beyond the jump

_Event = tuple[float, int, int, tuple[float, float], tuple[float, float]]  # time, kind, site, energies, S^z


def wave_function(
    system: SpinSystem,
    jumps: LocalJumps,
    propagator: Propagator,
    psi: ComplexArray,
    times_us: FloatArray,
    rng: np.random.Generator,
    weights: bool,
) -> Trajectory:
    """The history of a normalised state psi (D,) in the product basis, observed at times (K,) from 0 on."""
    watch = _Watch(system, times_us, weights)
    watch.look(0, psi)
    history: list[_Event] = []
    flight, start, reached, survival, k = propagator.flight(psi), 0.0, 0.0, 1.0 - rng.random(), 1
    while k < len(times_us):
        lands = start + propagator.reach_us <= times_us[k]
        target = start + propagator.reach_us if lands else float(times_us[k])
        psi = flight(min(target - start, propagator.reach_us))
        norm = _square(psi)
        if norm <= survival:
            tau = _jump_time(flight, survival, reached - start, target - start)
            before = flight(tau)
            before /= _square(before) ** 0.5
            after, kind, site = _jump(jumps, before, rng)
            (e0, s0), (e1, s1) = watch.energy_and_sz(before), watch.energy_and_sz(after)
            start = reached = start + tau
            history.append((start, kind, site, (e0, e1), (s0, s1)))
            flight, survival = propagator.flight(after), 1.0 - rng.random()
            continue
        reached = target
        if target >= times_us[k]:
            watch.look(k, psi / norm**0.5)
            k += 1
        if lands:
            flight, start = propagator.flight(psi), target
    return watch.trajectory(history)


def _jump_time(flight: Flight, survival: float, low: float, high: float) -> float:
    logarithm = math.log(survival)

    def excess(tau: float) -> float:
        return math.log(max(_square(flight(tau)), SMALLEST)) - logarithm  # ln S is nearly linear in time

    return float(brentq(excess, low, high, xtol=TIME_ROUNDING_US, rtol=RELATIVE_ROUNDING))


def _jump(jumps: LocalJumps, psi: ComplexArray, rng: np.random.Generator) -> tuple[ComplexArray, int, int]:
    cumulative = np.cumsum(jumps.strengths(psi))
    channel = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    row, site = divmod(channel, jumps.n_spins)
    return jumps.jumped(psi, row, site), jumps.kinds[row], site


def _square(psi: ComplexArray) -> float:
    return float(np.vdot(psi, psi).real)


class _Watch:
    """Observables at the sampled times, filled in as the state passes."""

    def __init__(self, system: SpinSystem, times_us: FloatArray, weights: bool) -> None:
        self.times_us = times_us
        self._z = site_values(system.n_spins)
        self._hamiltonian = system.sparse_hamiltonian
        self._vectors: sparse.csr_array[Any] | None = eigenvectors(system.spectrum).T.tocsr() if weights else None
        self.polarization = np.empty((len(times_us), system.n_spins))
        self.energy_mhz = np.empty(len(times_us))
        self.weights = np.empty((len(times_us), system.dimension)) if weights else None

    def energy_and_sz(self, psi: ComplexArray) -> tuple[float, float]:
        return self._energy_mhz(psi), float((self._z @ np.abs(psi) ** 2).sum())

    def look(self, k: int, psi: ComplexArray) -> None:
        self.polarization[k] = 2.0 * self._z @ np.abs(psi) ** 2
        self.energy_mhz[k] = self._energy_mhz(psi)
        if self.weights is not None and self._vectors is not None:
            self.weights[k] = np.abs(np.asarray(self._vectors @ psi)) ** 2

    def _energy_mhz(self, psi: ComplexArray) -> float:
        return float(np.vdot(psi, np.asarray(self._hamiltonian @ psi)).real) / RAD_US_PER_MHZ

    def trajectory(self, history: list[_Event]) -> Trajectory:
        times, kinds, sites, energies, sz = zip(*history, strict=True) if history else ((),) * 5
        jumps = Jumps(
            np.array(times, dtype=np.float64),
            np.array(kinds, dtype=np.intp),
            np.array(sites, dtype=np.intp),
            np.array(energies, dtype=np.float64).reshape(-1, 2),
            np.array(sz, dtype=np.float64).reshape(-1, 2),
        )
        return Trajectory("nonsecular", self.times_us, self.polarization, self.energy_mhz, self.weights, jumps)
