"""From the library's public objects to the reference's angular frequencies, and between the two matrix forms.

Only public attributes are read; the constants are converted here a second time on purpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from tests.reference.kronecker import Matrix, Problem

MEGAHERTZ = 2 * np.pi  # rad/µs


def problem(system: Any, bath: Any, drive: Any) -> Problem:
    """The reference's problem in rad/µs and µs."""
    kelvin = constants.k * bath.temperature_k / constants.hbar * 1e-6  # k_B T / hbar in rad/µs
    return Problem(
        electron=1e3 * MEGAHERTZ * system.electron_ghz,
        offsets=MEGAHERTZ * np.asarray(system.offsets_mhz),
        couplings=MEGAHERTZ * np.asarray(system.couplings_mhz),
        beta=1 / kelvin,
        t1=bath.t1_us,
        t_star=bath.t_star_us,
        t_zero=bath.t_zero_us,
        detuning=1e3 * MEGAHERTZ * (system.electron_ghz - drive.frequency_ghz),
        amplitude=MEGAHERTZ * drive.amplitude_mhz,
        sites=None if drive.sites is None else tuple(drive.sites),
        ising=system.ising,
    )


def hermitian(z: NDArray[np.float64]) -> Matrix:
    """X + iY of the real form Z = X + Y, X symmetric and Y antisymmetric."""
    return (z + z.T) / 2 + 1j * (z - z.T) / 2


def real_form(rho: Matrix) -> NDArray[np.float64]:
    """Z = Re rho + Im rho."""
    return np.real(rho) + np.imag(rho)
