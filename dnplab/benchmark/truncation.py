"""What a cut of the correlations costs: every order against the exact steady state of the same sample, with its estimate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.stationary import steady_state
from dnplab.system import SpinSystem

__all__ = ["DRIVE", "CutRow", "compare_orders", "uniform_bath"]

FloatArray = NDArray[np.float64]
DRIVE = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
DISORDER_MHZ = 5.0


@dataclass(frozen=True)
class CutRow:
    """One order of one sample: the error of its worst polarization and the estimate of it, both in units of |P_0|.

    seconds, exact_seconds : of this solve, and of the one with all correlations
    """

    n_spins: int
    temperature_k: float
    coupling_mhz: float
    seed: int
    realization: int
    order: int
    error: float
    estimate: float
    seconds: float
    exact_seconds: float


def uniform_bath(temperature_k: float) -> Bath:
    """Table I's laws for T_1 and T(0), and T* = T(0): `bath=uniform` on the command line."""
    law = Bath.letter(temperature_k)
    return Bath(temperature_k, law.t1_us, law.t_zero_us, law.t_zero_us)


def compare_orders(
    n_spins: int, temperature_k: float, coupling_mhz: float, seed: int, realization: int, orders: Sequence[int], rtol: float
) -> Iterator[CutRow]:
    """A row for each order below N, of one sample with the letter's disorder and microwaves in a uniform bath."""
    system = SpinSystem.sample(n_spins, DISORDER_MHZ, coupling_mhz, (seed, realization))
    bath = uniform_bath(temperature_k)
    unit = abs(bath.thermal_polarization(system.electron_ghz))
    exact = steady_state(system, bath, DRIVE, rtol=rtol)
    for order in orders:
        if order < n_spins:
            cut = steady_state(system, bath, DRIVE, "correlation", rtol=rtol, order=order)
            error = float(np.abs(cut.polarization - exact.polarization).max())
            yield CutRow(
                n_spins, temperature_k, coupling_mhz, seed, realization, order,
                error / unit, cut.truncation_error / unit, cut.seconds, exact.seconds,
            )  # fmt: skip
