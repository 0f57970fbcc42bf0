r"""Measures of localization of one steady state: how far from one spin temperature, how near to independent spins.

    ansatz_deviation  = rms_i |P_i - P_i^ansatz| / |P_0|       bloch_distance = rms_i |P_i - P_i^Bloch| / |P_0|
    hilbert_distance  = rms_i |P_i - P_i^Hilbert| / |P_0|, on the same sample
    localization_index = ansatz_deviation / (ansatz_deviation + bloch_distance)     0: one spin temperature, 1: independent
    profile_deviation, profile_index : the same two with the spin-temperature profile that fits P_i best, for any N
    <measure>_truncation : what a cut of the correlations costs those that follow from the profile alone

and, of the eigenstates of rho in the middle sector,

    entropy_ratio = mean entanglement entropy over that of the eigenstates of H_S (alone no measure of localization: a strong
                    drive mixes sectors and raises it)
    sz_spread     = standard deviation of <S_i^z> over spins and mid-spectrum eigenstates
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dnplab.correlations.solve import Correlations
from dnplab.errors import UndefinedMeasureError
from dnplab.observables.eigenstates import Eigenstates, middle_ranks
from dnplab.observables.profile import fit_profile
from dnplab.observables.references import bloch_profile
from dnplab.observables.spin_temperature import SpinTemperature
from dnplab.stationary import SteadyState

__all__ = ["TRUNCATION", "eigenstate_measures", "localization_measures", "truncation_errors"]

FloatArray = NDArray[np.float64]
SAME = "the profile is that of one spin temperature and of independent spins."
TRUNCATION = "_truncation"  # behind the name of a measure
NO_DISTANCE = 1e-4  # of P_0: ten times what the models' own approximations move an undriven profile


def truncation_errors(measures: Callable[[FloatArray], Mapping[str, float]], correlations: Correlations) -> dict[str, float]:
    r"""Estimated errors of measures m(P) of a profile P (N,) that a cut of the correlations makes, under <name>_truncation.

        sqrt(|m(P) - m(P - d)| |m(P + s) - m(P)|)

    with d the last step in the order and s what strings of one more spin would change: as for the polarizations themselves
    (`dnplab.correlations.solve`), but an error that a measure does not see does not count. It is meant for averages over
    samples: of one sample either factor may vanish by accident. A measure that P - d or P + s does not have is left out.
    """
    p, d, s = correlations.polarization, correlations.last_step, correlations.beyond
    here, below, beyond = measures(p), measures(p - d), measures(p + s)
    return {
        f"{name}{TRUNCATION}": float(np.sqrt(abs((value - below[name]) * (beyond[name] - value))))
        for name, value in here.items()
        if name in below and name in beyond
    }


def localization_measures(
    state: SteadyState, hilbert: SteadyState | None, ansatz: SpinTemperature | None
) -> tuple[dict[str, float], dict[str, str]]:
    """Measures of the polarization profile, and the reasons for those that this state does not have.

    Without `hilbert` or `ansatz` the measures that need them are absent; who failed to make them knows the reason.
    """
    p = state.polarization
    p0 = abs(state.bath.thermal_polarization(state.system.electron_ghz))
    measures, undefined = _of_profile(state, p)
    if state.correlations is not None:
        measures |= truncation_errors(
            lambda profile: _of_profile(state, profile)[0] | {"mean_polarization": float(profile.mean())}, state.correlations
        )

    def distance(other: FloatArray) -> float:
        return float(np.sqrt(np.mean((p - other) ** 2)) / p0)

    if hilbert is not None:
        measures["hilbert_distance"] = distance(hilbert.polarization)
    if ansatz is not None:
        deviation = distance(ansatz.profile)
        measures |= {"ansatz_deviation": deviation, "beta_s": ansatz.beta_s, "mu": ansatz.mu}
        if deviation + measures["bloch_distance"] > NO_DISTANCE:
            measures["localization_index"] = deviation / (deviation + measures["bloch_distance"])
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


def _of_profile(state: SteadyState, p: FloatArray) -> tuple[dict[str, float], dict[str, str]]:
    """What follows from polarizations p (N,) alone, whatever solved for them."""
    p0 = abs(state.bath.thermal_polarization(state.system.electron_ghz))
    bloch = float(np.sqrt(np.mean((p - bloch_profile(state.system, state.bath, state.drive)) ** 2)) / p0)
    measures = {"bloch_distance": bloch}
    try:
        fit = fit_profile(state.system, state.drive, p)
    except UndefinedMeasureError as error:
        return measures, dict.fromkeys(("profile_deviation", "profile_index", "profile_beta_s"), str(error))
    fitted = float(np.sqrt(np.mean((p - fit.profile) ** 2)) / p0)
    measures |= {"profile_deviation": fitted, "profile_beta_s": fit.beta_s}
    if fitted + bloch <= NO_DISTANCE:
        return measures, {"profile_index": SAME}
    return measures | {"profile_index": fitted / (fitted + bloch)}, {}


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
