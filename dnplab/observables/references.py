r"""What a steady state is compared with: independent spins (Bloch), spins that trade places (Zeno), equilibrium (Boltzmann).

Bloch, exact for U = 0 (footnote 6 of the letter):

    P_i = P_0 / (1 + T_1 / T_MW),   1/T_MW = omega_1^2 T_2 / (1 + (omega_e + Delta_i - omega_MW)^2 T_2^2)
    1/T_2 = 1/(4 T(0)) + 1/(2 T_1),     P_0 = -tanh(beta omega_e / 2)

Zeno limit, for dephasing faster than couplings and drive: the one-spin averages of `dnplab.models.zeno`, N numbers for 2^N,

    (P_i - P_0) / T_1 + P_i / T_MW^(i) + sum_j k_ij (P_i - P_j) = 0
    k_ij = 2 U_ij^2 T_ff / (1 + (Delta_i - Delta_j)^2 T_ff^2),     1/T_ff = 1/(2 T(0)) + 1/T_1

They close because an exchange of two spins is linear in the occupations: P_i -> P_j whatever the others do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.models.zeno import decoherence, second_order_rate
from dnplab.rotating_frame import detuning
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["bloch_profile", "boltzmann_populations", "zeno_profile"]

FloatArray = NDArray[np.float64]


def bloch_profile(system: SpinSystem, bath: Bath, drive: Drive) -> FloatArray:
    """P_i (N,) of the same spins without couplings; spins that are not driven keep P_0."""
    offsets = RAD_US_PER_MHZ * np.asarray(system.offsets_mhz) + detuning(system, drive)
    t2 = 1.0 / (0.25 / bath.t_zero_us + 0.5 / bath.t1_us)
    pumping = (RAD_US_PER_MHZ * drive.amplitude_mhz) ** 2 * t2 / (1.0 + (offsets * t2) ** 2)
    driven = np.isin(np.arange(system.n_spins), drive.driven_sites(system.n_spins))
    return np.asarray(bath.thermal_polarization(system.electron_ghz) / (1.0 + bath.t1_us * pumping * driven))


def zeno_profile(system: SpinSystem, bath: Bath, drive: Drive) -> FloatArray:
    """P_i (N,) in the Zeno limit, for any N: the polarizations of model "zeno" without its 2^N populations.

    Raises ParameterError with the Ising term, whose flip-flop rates depend on the other spins.
    """
    if system.ising:
        raise ParameterError(
            "ising", True, "false for a profile in the Zeno limit; use model=zeno, which knows all 2^N states"
        )
    offsets = RAD_US_PER_MHZ * np.asarray(system.offsets_mhz)
    one, two = decoherence(bath)
    couplings = RAD_US_PER_MHZ * np.asarray(system.couplings_mhz)
    exchange = second_order_rate(couplings, offsets[:, None] - offsets[None, :], two)
    driven = np.isin(np.arange(system.n_spins), drive.driven_sites(system.n_spins))
    element = np.where(driven, 0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz, 0.0)
    # a rate W up and down changes P_i by -2 W P_i
    pumping = 2.0 * second_order_rate(element, offsets + detuning(system, drive), one)
    matrix = np.diag(1.0 / bath.t1_us + pumping + exchange.sum(axis=1)) - exchange
    thermal = np.full(system.n_spins, bath.thermal_polarization(system.electron_ghz) / bath.t1_us)
    return np.asarray(np.linalg.solve(matrix, thermal))


def boltzmann_populations(system: SpinSystem, bath: Bath) -> FloatArray:
    """p_n (D,) of exp(-beta H_S)/Tr in the eigenbasis of H_S."""
    spectrum = system.spectrum
    exponent = -bath.beta * (spectrum.energies + RAD_US_PER_GHZ * system.electron_ghz * spectrum.sz)
    weights = np.exp(exponent - exponent.max())
    return np.asarray(weights / weights.sum())
