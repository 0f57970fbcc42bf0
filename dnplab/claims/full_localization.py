r"""Claims about complete localization, one sample: Figs. S8 and S10 of the letter.

The third spin alone is driven, at omega_MW = omega_e with omega_1 / 2 pi = 100 MHz; T(0) = T* is 1e-4 / U.
Errors of P_i come from the estimated error of rho: |Tr 2 S_i^z delta rho| <= 2^{N/2} ||delta rho||.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.claims.claim import Claim, Measured, below
from dnplab.claims.eigenstates import log_distance, spectrum_of_rho
from dnplab.claims.laboratory import Laboratory
from dnplab.observables.eigenstates import Eigenstates, eigenstates_of_rho
from dnplab.observables.references import boltzmann_populations
from dnplab.stationary import SteadyState

__all__ = ["CLAIMS"]

FloatArray = NDArray[np.float64]

PERCENT = "a hundredth of the thermal polarization is below the size of a dot in the figure"
FIG_S8, FIG_S10 = "Supplement III.C, Fig. S8", "Supplement III.D, Fig. S10"
DRIVEN = 2  # the letter's spin 3


def nonsecular(lab: Laboratory) -> SteadyState:
    """The nonsecular steady state of the sample."""
    return lab.state("full/nonsecular", 0)


def hilbert(lab: Laboratory) -> SteadyState:
    """The Hilbert steady state of the sample."""
    return lab.state("full/hilbert", 0)


def eigenstates(lab: Laboratory) -> Eigenstates:
    """Eigenstates of the nonsecular one."""
    return eigenstates_of_rho(lab.once(nonsecular))


def _polarization_error(state: SteadyState) -> float:
    rho = state.density_matrix()
    return float(np.sqrt(len(rho)) * state.error_estimate * np.linalg.norm(rho))


def _driven_spin(lab: Laboratory) -> Measured:
    state, p0 = lab.once(nonsecular), lab.thermal("full/nonsecular")
    return Measured(abs(float(state.polarization[DRIVEN])) / p0, _polarization_error(state) / p0)


def _other_spins(lab: Laboratory) -> Measured:
    state, p0 = lab.once(nonsecular), lab.thermal("full/nonsecular")
    distance = np.abs(state.polarization + p0) / p0
    distance[DRIVEN] = 0.0
    spin = int(distance.argmax())
    exchange = abs(float(np.asarray(state.system.couplings_mhz)[DRIVEN, spin]))
    note = f"spin {spin + 1}, |U| / 2pi = {exchange:.2f} MHz to the driven one"
    return Measured(float(distance[spin]), _polarization_error(state) / p0, note)


def _shared(lab: Laboratory) -> Measured:
    state = lab.once(hilbert)
    mean = abs(float(state.polarization.mean()))
    return Measured(float(np.ptp(state.polarization)) / mean, _polarization_error(state) / mean)


def _entropy(lab: Laboratory) -> Measured:
    found = lab.once(eigenstates)
    assert found.entropy is not None  # there are several spins
    defined = found.entropy[~found.arbitrary]
    note = f"{found.arbitrary.sum()} of {len(found.arbitrary)} eigenvectors are arbitrary and left out"
    return Measured(float(defined.mean()) if len(defined) else float("nan"), 0.0, note)


def _eigenvalues(lab: Laboratory) -> Measured:
    state = lab.once(nonsecular)
    boltzmann = boltzmann_populations(state.system, state.bath)
    near = log_distance(lab.once(eigenstates).eigenvalue, boltzmann)
    far = log_distance(spectrum_of_rho(lab.once(hilbert)), boltzmann)
    return Measured(near / far, 0.0, f"{near:.3g} over {far:.3g}")


CLAIMS = (
    Claim(
        "full-localization-spin3",
        "The driven third spin is at infinite temperature (nonsecular).",
        FIG_S8,
        "|P_3|; nonsecular.",
        "|P_0|",
        below(0.01, PERCENT),
        _driven_spin,
    ),
    Claim(
        "full-localization-others",
        "All other spins are at Boltzmann equilibrium (nonsecular).",
        FIG_S8,
        "Largest |P_i - P_0| of the spins that are not driven; nonsecular.",
        "|P_0|",
        below(0.01, PERCENT),
        _other_spins,
    ),
    Claim(
        "full-localization-hilbert",
        "In the Hilbert approximation all spins share one polarization.",
        FIG_S8,
        "Largest minus smallest P_i; Hilbert.",
        "|mean P|",
        below(0.01, PERCENT),
        _shared,
    ),
    Claim(
        "full-localization-entropy",
        "The eigenstates of the steady state are product states (nonsecular).",
        FIG_S10,
        "Mean entanglement entropy of the eigenvectors of rho that are not arbitrary; nonsecular.",
        "nat",
        below(0.01, "next to nothing beside the ln 2 of an entangled pair of spins"),
        _entropy,
    ),
    Claim(
        "full-localization-eigenvalues",
        "Its eigenvalues are much closer to Boltzmann's than those of Hilbert are.",
        FIG_S10,
        "rms over ranks of ln(lambda / lambda_Boltzmann), nonsecular over Hilbert.",
        "",
        below(0.5, "less than a factor of two would be a matter of degree"),
        _eigenvalues,
    ),
)
