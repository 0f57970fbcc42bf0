"""Everything that is measured on one realization, as plain numbers and arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dnplab.ensemble.spec import EnsembleSpec
from dnplab.errors import (
    ConvergenceError,
    DegenerateSpectrumError,
    MemoryEstimateError,
    ParameterError,
    UndefinedMeasureError,
)
from dnplab.observables.correlation_epr import correlation_epr_spectrum
from dnplab.observables.eigenstates import Eigenstates, eigenstates_of_hamiltonian, eigenstates_of_rho
from dnplab.observables.epr import diagonal_epr_spectrum, epr_spectrum
from dnplab.observables.level_statistics import gap_ratio
from dnplab.observables.localization import eigenstate_measures, localization_measures
from dnplab.observables.pairs import Pairs
from dnplab.observables.references import bloch_profile, boltzmann_populations
from dnplab.observables.spin_temperature import SpinTemperature, spin_temperature
from dnplab.stationary import SteadyState, steady_state

__all__ = ["Realization", "measure_realization"]

FloatArray = NDArray[np.float64]
ANSATZ = ("ansatz_deviation", "localization_index", "beta_s", "mu", "nuclear_polarization")
OF_RHO = {  # measures that need a density matrix, by observable
    "polarization": ("hilbert_distance",),
    "spin_temperature": ANSATZ,
    "eigenstates": ("sz_spread", "entropy", "entropy_ratio"),
}
ISING = "with ising a line depends on all spins at once, and few-spin correlations misplace it; use model=nonsecular."


@dataclass
class Realization:
    """Values of one realization.

    scalars : measures and checks by name
    arrays : profiles (N,), spectra (bins,), eigenstates (2^N,) or per spin (N, 2^N), by name
    undefined : measures that do not exist for this state, with the reason
    failure : why there is no state (not converged), or ""; then scalars and arrays are empty
    """

    index: int
    scalars: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, FloatArray] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)
    failure: str = ""


def measure_realization(spec: EnsembleSpec, index: int, device: str = "cpu") -> Realization:
    """Sample, solve (on a device) and measure realization `index` of an ensemble."""
    start = time.perf_counter()
    out = Realization(index)
    system = spec.system(index)
    try:
        state = steady_state(system, spec.bath, spec.drive, spec.model, spec.rtol, spec.method, device, spec.order)
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
    if state.correlations is not None:
        _correlations(spec, state, out)
        out.scalars["seconds"] = time.perf_counter() - start
        return out
    states = eigenstates_of_rho(state, spec.kept_spins) if "eigenstates" in spec.observables else None
    _checks(state, states, out)
    ansatz = _ansatz(state, out) if "spin_temperature" in spec.observables else None
    if "polarization" in spec.observables:
        _profiles(spec, state, ansatz, out)
    if "epr" in spec.observables:
        _spectra(spec, state, ansatz, out)
    if states is not None:
        _eigenstates(spec, state, states, out)
    if "level_statistics" in spec.observables:
        try:
            out.scalars["gap_ratio"] = gap_ratio(system.spectrum)
        except UndefinedMeasureError as error:
            out.undefined["gap_ratio"] = str(error)
    out.scalars["seconds"] = time.perf_counter() - start
    return out


def _correlations(spec: EnsembleSpec, state: SteadyState, out: Realization) -> None:
    """What a state without a density matrix has."""
    system, correlations = state.system, state.correlations
    assert correlations is not None
    p0 = abs(state.bath.thermal_polarization(system.electron_ghz))
    out.scalars["truncation_error"] = state.truncation_error / p0
    out.scalars |= {f"weight_{w}": float(weight) for w, weight in enumerate(correlations.weights, start=1)}
    try:
        pairs = Pairs.of(state)
        out.scalars |= {"min_eigenvalue": pairs.min_eigenvalue, "pair_correlation": pairs.rms_connected}
        out.scalars["correlation_range_mhz"] = pairs.range_mhz
    except UndefinedMeasureError as error:
        out.undefined |= dict.fromkeys(("pair_correlation", "correlation_range_mhz"), str(error))
    try:
        state.require_density_matrix()
    except UndefinedMeasureError as error:
        asked = {name for observable, names in OF_RHO.items() if observable in spec.observables for name in names}
        out.undefined |= dict.fromkeys(sorted(asked), str(error))
    if "epr" in spec.observables:
        _spectrum_by_moments(spec, state, out)
    if "level_statistics" in spec.observables:
        out.undefined["gap_ratio"] = "model=correlation does not make the levels of H_S; use model=hilbert or nonsecular."
    if "polarization" in spec.observables:
        measures, undefined = localization_measures(state, None, None)
        out.scalars |= measures
        out.undefined |= undefined
        out.arrays |= {
            "offset_mhz": np.asarray(system.offsets_mhz),
            "polarization": state.polarization,
            "bloch": bloch_profile(system, spec.bath, spec.drive),
        }


def _spectrum_by_moments(spec: EnsembleSpec, state: SteadyState, out: Realization) -> None:
    """At a resolution of one bin: its lines have that standard deviation."""
    assert state.correlations is not None
    if spec.ising and state.correlations.order < spec.n_spins:
        out.undefined["epr"] = ISING
        return
    edges = np.asarray(spec.epr_edges_mhz)
    try:
        out.arrays["epr"] = correlation_epr_spectrum(state, edges, float(np.diff(edges).min()))
    except (MemoryEstimateError, ParameterError) as error:
        out.undefined["epr"] = str(error)


def _checks(state: SteadyState, states: Eigenstates | None, out: Realization) -> None:
    if states is not None:
        eigenvalues = states.eigenvalue  # one decomposition serves both: at N = 12 it takes minutes
    else:
        p = state.populations
        eigenvalues = np.asarray(np.linalg.eigvalsh(state.density_matrix())) if p is None else p
    out.scalars["min_eigenvalue"] = float(eigenvalues.min())
    out.scalars["trace_error"] = abs(float(eigenvalues.sum()) - 1.0)


def _ansatz(state: SteadyState, out: Realization) -> SpinTemperature | None:
    try:
        return spin_temperature(state)
    except UndefinedMeasureError as error:
        for name in ANSATZ:
            out.undefined[name] = str(error)
        return None


def _hilbert(spec: EnsembleSpec, state: SteadyState, out: Realization) -> SteadyState | None:
    # the Hilbert steady state of the same sample, to compare with
    if spec.model == "hilbert":
        return state
    try:
        return steady_state(state.system, spec.bath, spec.drive, "hilbert", spec.rtol)
    except (ConvergenceError, DegenerateSpectrumError) as error:
        out.undefined["hilbert_distance"] = str(error)
        return None


def _profiles(spec: EnsembleSpec, state: SteadyState, ansatz: SpinTemperature | None, out: Realization) -> None:
    system, hilbert = state.system, _hilbert(spec, state, out)
    boltzmann = 2.0 * system.spectrum.sz_expectations @ boltzmann_populations(system, spec.bath)
    out.arrays |= {
        "offset_mhz": np.asarray(system.offsets_mhz),
        "polarization": state.polarization,
        "bloch": bloch_profile(system, spec.bath, spec.drive),
        "boltzmann": boltzmann,
    }
    if hilbert is not None:
        out.arrays["hilbert"] = hilbert.polarization
    if ansatz is not None:
        out.arrays["ansatz"] = ansatz.profile
    measures, undefined = localization_measures(state, hilbert, ansatz)
    out.scalars |= measures
    out.undefined |= undefined


def _spectra(spec: EnsembleSpec, state: SteadyState, ansatz: SpinTemperature | None, out: Realization) -> None:
    spectrum, edges = state.system.spectrum, spec.epr_edges_mhz
    out.arrays["epr"] = epr_spectrum(state, edges)
    out.arrays["epr_boltzmann"] = diagonal_epr_spectrum(spectrum, boltzmann_populations(state.system, spec.bath), edges)
    if ansatz is not None:
        out.arrays["epr_ansatz"] = diagonal_epr_spectrum(spectrum, ansatz.populations, edges)


def _eigenstates(spec: EnsembleSpec, state: SteadyState, rho: Eigenstates, out: Realization) -> None:
    hamiltonian = eigenstates_of_hamiltonian(state.system, spec.kept_spins)
    measures, undefined = eigenstate_measures(rho, hamiltonian)
    out.scalars |= measures
    out.undefined |= undefined
    out.arrays["site_sz"] = rho.middle_site_sz().ravel()
    if out.index == 0:  # single-sample pictures show realization 0
        out.arrays |= {
            "eigenvalue": rho.eigenvalue,
            "energy_mhz": rho.energy_mhz,
            "sz": rho.sz,
            "state_site_sz": rho.site_sz,
            "arbitrary": rho.arbitrary.astype(float),
            "boltzmann_eigenvalue": _boltzmann_in_order(state, spec),
        }
        if rho.entropy is not None and hamiltonian.entropy is not None:
            out.arrays |= {"entropy": rho.entropy, "hamiltonian_entropy": hamiltonian.entropy}


def _boltzmann_in_order(state: SteadyState, spec: EnsembleSpec) -> FloatArray:
    # eigenstates of H_S run from all up to all down: reversed sectors, then by energy, is the order of energy in the lab
    p = boltzmann_populations(state.system, spec.bath)
    return np.concatenate([p[sector] for sector in reversed(state.system.spectrum.sector_slices)])
