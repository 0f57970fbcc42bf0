r"""What a steady state is compared with: independent spins (Bloch) and thermal equilibrium (Boltzmann).

Bloch, exact for U = 0 (footnote 6 of the letter):

    P_i = P_0 / (1 + T_1 / T_MW),   1/T_MW = omega_1^2 T_2 / (1 + (omega_e + Delta_i - omega_MW)^2 T_2^2)
    1/T_2 = 1/(4 T(0)) + 1/(2 T_1),     P_0 = -tanh(beta omega_e / 2)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.rotating_frame import detuning
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["bloch_profile", "boltzmann_populations"]

FloatArray = NDArray[np.float64]


def bloch_profile(system: SpinSystem, bath: Bath, drive: Drive) -> FloatArray:
    """P_i (N,) of the same spins without couplings; spins that are not driven keep P_0."""
    offsets = RAD_US_PER_MHZ * np.asarray(system.offsets_mhz) + detuning(system, drive)
    t2 = 1.0 / (0.25 / bath.t_zero_us + 0.5 / bath.t1_us)
    pumping = (RAD_US_PER_MHZ * drive.amplitude_mhz) ** 2 * t2 / (1.0 + (offsets * t2) ** 2)
    driven = np.isin(np.arange(system.n_spins), drive.driven_sites(system.n_spins))
    return np.asarray(bath.thermal_polarization(system.electron_ghz) / (1.0 + bath.t1_us * pumping * driven))


def boltzmann_populations(system: SpinSystem, bath: Bath) -> FloatArray:
    """p_n (D,) of exp(-beta H_S)/Tr in the eigenbasis of H_S."""
    spectrum = system.spectrum
    exponent = -bath.beta * (spectrum.energies + RAD_US_PER_GHZ * system.electron_ghz * spectrum.sz)
    weights = np.exp(exponent - exponent.max())
    return np.asarray(weights / weights.sum())
