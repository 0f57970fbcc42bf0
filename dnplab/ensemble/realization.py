"""Everything that is measured on one realization, as plain numbers and arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dnplab.ensemble.spec import EnsembleSpec
from dnplab.errors import ConvergenceError, UndefinedMeasureError
from dnplab.observables.eigenstates import eigenstates_of_hamiltonian, eigenstates_of_rho
from dnplab.observables.epr import diagonal_epr_spectrum, epr_spectrum
from dnplab.observables.level_statistics import gap_ratio
from dnplab.observables.localization import eigenstate_measures, localization_measures
from dnplab.observables.references import bloch_profile, boltzmann_populations
from dnplab.observables.spin_temperature import SpinTemperature, spin_temperature
from dnplab.stationary import SteadyState, steady_state

__all__ = ["Realization", "measure_realization"]

FloatArray = NDArray[np.float64]


@dataclass
class Realization:
    """Values of one realization.

    scalars : measures and checks by name
    arrays : profiles (N,), spectra (bins,), eigenstates (2^N,), by name
    undefined : measures that do not exist for this state, with the reason
    failure : why there is no state (not converged), or ""; then scalars and arrays are empty
    """

    index: int
    scalars: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, FloatArray] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)
    failure: str = ""


def measure_realization(spec: EnsembleSpec, index: int) -> Realization:
    """Sample, solve and measure realization `index` of an ensemble."""
    start = time.perf_counter()
    out = Realization(index)
    system = spec.system(index)
    try:
        hilbert = steady_state(system, spec.bath, spec.drive, "hilbert", spec.rtol)
        state = hilbert
        if spec.model != "hilbert":
            state = steady_state(system, spec.bath, spec.drive, spec.model, spec.rtol, spec.method)
    except ConvergenceError as error:
        out.failure = str(error)
        return out
    out.scalars |= {
        "residual": state.residual,
        "error_estimate": state.error_estimate,
        "iterations": float(state.iterations),
        "seconds_solve": state.seconds,
        "rounding_floor": float(state.outcome == "rounding floor"),
        "mean_polarization": float(state.polarization.mean()),
    }
    _checks(state, out)
    ansatz = _ansatz(state, out) if "spin_temperature" in spec.observables else None
    if "polarization" in spec.observables:
        _profiles(spec, state, hilbert, ansatz, out)
    if "epr" in spec.observables:
        _spectra(spec, state, ansatz, out)
    if "eigenstates" in spec.observables:
        _eigenstates(spec, state, out)
    if "level_statistics" in spec.observables:
        try:
            out.scalars["gap_ratio"] = gap_ratio(system.spectrum)
        except UndefinedMeasureError as error:
            out.undefined["gap_ratio"] = str(error)
    out.scalars["seconds"] = time.perf_counter() - start
    return out


def _checks(state: SteadyState, out: Realization) -> None:
    p = state.populations
    eigenvalues = np.linalg.eigvalsh(state.density_matrix()) if p is None else p
    out.scalars["min_eigenvalue"] = float(eigenvalues.min())
    out.scalars["trace_error"] = abs(float(eigenvalues.sum()) - 1.0)


def _ansatz(state: SteadyState, out: Realization) -> SpinTemperature | None:
    try:
        return spin_temperature(state)
    except UndefinedMeasureError as error:
        for name in ("ansatz_deviation", "localization_index", "beta_s", "mu", "nuclear_polarization"):
            out.undefined[name] = str(error)
        return None


def _profiles(
    spec: EnsembleSpec, state: SteadyState, hilbert: SteadyState, ansatz: SpinTemperature | None, out: Realization
) -> None:
    system = state.system
    boltzmann = 2.0 * system.spectrum.sz_expectations @ boltzmann_populations(system, spec.bath)
    out.arrays |= {
        "offset_mhz": np.asarray(system.offsets_mhz),
        "polarization": state.polarization,
        "hilbert": hilbert.polarization,
        "bloch": bloch_profile(system, spec.bath, spec.drive),
        "boltzmann": boltzmann,
    }
    if ansatz is not None:
        out.arrays["ansatz"] = ansatz.profile
    out.scalars |= localization_measures(state, hilbert, ansatz)


def _spectra(spec: EnsembleSpec, state: SteadyState, ansatz: SpinTemperature | None, out: Realization) -> None:
    spectrum, edges = state.system.spectrum, spec.epr_edges_mhz
    out.arrays["epr"] = epr_spectrum(state, edges)
    out.arrays["epr_boltzmann"] = diagonal_epr_spectrum(spectrum, boltzmann_populations(state.system, spec.bath), edges)
    if ansatz is not None:
        out.arrays["epr_ansatz"] = diagonal_epr_spectrum(spectrum, ansatz.populations, edges)


def _eigenstates(spec: EnsembleSpec, state: SteadyState, out: Realization) -> None:
    if spec.n_spins == 1:
        for name in ("entropy", "entropy_ratio"):
            out.undefined[name] = "one spin has nothing to be entangled with."
    rho = eigenstates_of_rho(state, spec.kept_spins)
    hamiltonian = eigenstates_of_hamiltonian(state.system, spec.kept_spins)
    measures = eigenstate_measures(rho, hamiltonian)
    if spec.n_spins > 1 and "entropy_ratio" not in measures:
        out.undefined["entropy_ratio"] = "the eigenstates of H_S are not entangled (no couplings)."
    out.scalars |= measures
    out.arrays["site_sz"] = rho.middle_site_sz().ravel()
    if out.index == 0:  # single-sample pictures show realization 0
        out.arrays |= {
            "eigenvalue": rho.eigenvalue,
            "energy_mhz": rho.energy_mhz,
            "sz": rho.sz,
            "arbitrary": rho.arbitrary.astype(float),
            "boltzmann_eigenvalue": _boltzmann_in_order(state, spec),
        }
        if rho.entropy is not None and hamiltonian.entropy is not None:
            out.arrays |= {"entropy": rho.entropy, "hamiltonian_entropy": hamiltonian.entropy}


def _boltzmann_in_order(state: SteadyState, spec: EnsembleSpec) -> FloatArray:
    # eigenstates of H_S run from all up to all down: reversed sectors, then by energy, is the order of energy in the lab
    p = boltzmann_populations(state.system, spec.bath)
    return np.concatenate([p[sector] for sector in reversed(state.system.spectrum.sector_slices)])
