r"""Measures of localization of one steady state: how far from one spin temperature, how near to independent spins.

    ansatz_deviation  = rms_i |P_i - P_i^ansatz| / |P_0|       bloch_distance = rms_i |P_i - P_i^Bloch| / |P_0|
    hilbert_distance  = rms_i |P_i - P_i^Hilbert| / |P_0|, on the same sample
    localization_index = ansatz_deviation / (ansatz_deviation + bloch_distance)     0: one spin temperature, 1: independent

and, of the eigenstates of rho in the middle sector,

    entropy_ratio = mean entanglement entropy over that of the eigenstates of H_S (alone no measure of localization: a strong
                    drive mixes sectors and raises it)
    sz_spread     = standard deviation of <S_i^z> over spins and mid-spectrum eigenstates
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.observables.eigenstates import Eigenstates
from dnplab.observables.references import bloch_profile
from dnplab.observables.spin_temperature import SpinTemperature
from dnplab.stationary import SteadyState

__all__ = ["eigenstate_measures", "localization_measures"]

FloatArray = NDArray[np.float64]


def localization_measures(state: SteadyState, hilbert: SteadyState, ansatz: SpinTemperature | None) -> dict[str, float]:
    """Measures of the polarization profile; those that need an ansatz are absent where there is none."""
    p = state.polarization
    p0 = abs(state.bath.thermal_polarization(state.system.electron_ghz))

    def distance(other: FloatArray) -> float:
        return float(np.sqrt(np.mean((p - other) ** 2)) / p0)

    bloch = distance(bloch_profile(state.system, state.bath, state.drive))
    measures = {"hilbert_distance": distance(hilbert.polarization), "bloch_distance": bloch}
    if ansatz is not None:
        deviation = distance(ansatz.profile)
        measures |= {"ansatz_deviation": deviation, "beta_s": ansatz.beta_s, "mu": ansatz.mu}
        if deviation + bloch > 0.0:
            measures["localization_index"] = deviation / (deviation + bloch)
        if state.system.disorder_mhz:
            nuclear_mhz = state.system.disorder_mhz / state.system.n_spins
            measures["nuclear_polarization"] = ansatz.nuclear_polarization(nuclear_mhz)
    return measures


def eigenstate_measures(rho: Eigenstates, hamiltonian: Eigenstates) -> dict[str, float]:
    """Measures of the eigenstates of rho; entropy_ratio is absent where H_S has no entanglement to compare with."""
    measures = {
        "sz_spread": float(rho.middle_site_sz().std()),
        "arbitrary_fraction": float(rho.arbitrary.mean()),
    }
    if rho.entropy is not None and (reference := hamiltonian.middle_entropy()) > 0.0:
        measures["entropy"] = rho.middle_entropy()
        measures["entropy_ratio"] = rho.middle_entropy() / reference
    return measures
