r"""Measures of localization of one steady state: how far from one spin temperature, how near to independent spins.

    ansatz_deviation  = rms_i |P_i - P_i^ansatz| / |P_0|       bloch_distance = rms_i |P_i - P_i^Bloch| / |P_0|
    hilbert_distance  = rms_i |P_i - P_i^Hilbert| / |P_0|, on the same sample
    localization_index = ansatz_deviation / (ansatz_deviation + bloch_distance)     0: one spin temperature, 1: independent
    profile_deviation, profile_index : the same two with the spin-temperature profile that fits P_i best, for any N

and, of the eigenstates of rho in the middle sector,

    entropy_ratio = mean entanglement entropy over that of the eigenstates of H_S (alone no measure of localization: a strong
                    drive mixes sectors and raises it)
    sz_spread     = standard deviation of <S_i^z> over spins and mid-spectrum eigenstates
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.errors import UndefinedMeasureError
from dnplab.observables.eigenstates import Eigenstates, middle_ranks
from dnplab.observables.profile import fit_profile
from dnplab.observables.references import bloch_profile
from dnplab.observables.spin_temperature import SpinTemperature
from dnplab.stationary import SteadyState

__all__ = ["eigenstate_measures", "localization_measures"]

FloatArray = NDArray[np.float64]
SAME = "the profile is that of one spin temperature and of independent spins."
NO_DISTANCE = 1e-4  # of P_0: ten times what the models' own approximations move an undriven profile


def localization_measures(
    state: SteadyState, hilbert: SteadyState | None, ansatz: SpinTemperature | None
) -> tuple[dict[str, float], dict[str, str]]:
    """Measures of the polarization profile, and the reasons for those that this state does not have.

    Without `hilbert` or `ansatz` the measures that need them are absent; who failed to make them knows the reason.
    """
    p = state.polarization
    p0 = abs(state.bath.thermal_polarization(state.system.electron_ghz))

    def distance(other: FloatArray) -> float:
        return float(np.sqrt(np.mean((p - other) ** 2)) / p0)

    bloch = distance(bloch_profile(state.system, state.bath, state.drive))
    measures = {"bloch_distance": bloch}
    undefined: dict[str, str] = {}
    try:
        fit = fit_profile(state.system, state.drive, p)
    except UndefinedMeasureError as error:
        undefined |= dict.fromkeys(("profile_deviation", "profile_index", "profile_beta_s"), str(error))
    else:
        fitted = distance(fit.profile)
        measures |= {"profile_deviation": fitted, "profile_beta_s": fit.beta_s}
        if fitted + bloch > NO_DISTANCE:
            measures["profile_index"] = fitted / (fitted + bloch)
        else:
            undefined["profile_index"] = SAME
    if hilbert is not None:
        measures["hilbert_distance"] = distance(hilbert.polarization)
    if ansatz is not None:
        deviation = distance(ansatz.profile)
        measures |= {"ansatz_deviation": deviation, "beta_s": ansatz.beta_s, "mu": ansatz.mu}
        if deviation + bloch > NO_DISTANCE:
            measures["localization_index"] = deviation / (deviation + bloch)
        else:
            undefined["localization_index"] = SAME
        if state.system.disorder_mhz:
            nuclear_mhz = state.system.disorder_mhz / state.system.n_spins
            measures["nuclear_polarization"] = ansatz.nuclear_polarization(nuclear_mhz)
        else:
            undefined["nuclear_polarization"] = (
                "the nuclear frequency is disorder_mhz / N, and disorder_mhz is 0 or unknown."
            )
    return measures, undefined


def eigenstate_measures(rho: Eigenstates, hamiltonian: Eigenstates) -> tuple[dict[str, float], dict[str, str]]:
    """Measures of the eigenstates of rho in the middle sector, and the reasons for those that do not exist.

    Eigenvectors that the error of rho leaves arbitrary are not counted.
    """
    measures = {"arbitrary_fraction": float(rho.arbitrary[middle_ranks(rho.n_spins)].mean())}
    spread, entropy = rho.middle_site_sz(), rho.middle_entropy()
    degenerate = "the eigenvectors of rho in the middle sector are arbitrary: its eigenvalues coincide."
    undefined: dict[str, str] = {}
    if spread.size:
        measures["sz_spread"] = float(spread.std())
    else:
        undefined["sz_spread"] = degenerate
    if rho.n_spins == 1:
        undefined |= dict.fromkeys(("entropy", "entropy_ratio"), "one spin has nothing to be entangled with.")
    elif entropy is None:
        undefined |= dict.fromkeys(("entropy", "entropy_ratio"), degenerate)
    else:
        measures["entropy"] = entropy
        if reference := hamiltonian.middle_entropy():
            measures["entropy_ratio"] = entropy / reference
        else:
            undefined["entropy_ratio"] = "the eigenstates of H_S are not entangled."
    return measures, undefined
