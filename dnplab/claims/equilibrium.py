"""Claims about steady states without microwaves.

    trace distance = (1/2) sum |eigenvalues of (rho - exp(-beta H_S) / Tr)|

The largest of several samples counts.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from dnplab.claims.claim import Claim, Measured, below
from dnplab.claims.laboratory import Laboratory
from dnplab.observables.references import boltzmann_populations
from dnplab.stationary import steady_state

__all__ = ["CLAIMS"]


def _distance(lab: Laboratory, names: tuple[str, ...]) -> Measured:
    """The largest over the samples of all ensembles; its error is that of the state it belongs to."""
    worst = Measured(0.0)
    for name in names:
        spec = lab.specs[name]
        for k in range(spec.realizations):
            # dense: no iteration stops at its tolerance
            state = steady_state(spec.system(k), spec.bath, spec.drive, spec.model, spec.rtol, method="dense")
            v = state.system.spectrum.vectors
            boltzmann = (v * boltzmann_populations(state.system, state.bath)) @ v.T
            rho = state.density_matrix()
            distance = 0.5 * float(np.abs(np.linalg.eigvalsh(rho - boltzmann)).sum())
            if distance > worst.value:
                error = 0.5 * np.sqrt(len(rho)) * state.error_estimate * np.linalg.norm(rho)
                worst = Measured(distance, float(error))
    return worst


def _equilibrium_claim(case: str, temperature: str) -> Claim:
    return Claim(
        f"equilibrium-{case}",
        f"Without microwaves the nonsecular steady state is the Boltzmann distribution in practice ({temperature}).",
        "main text, Microwave drive",
        f"Largest trace distance from exp(-beta H_S)/Tr, ten samples of four spins; nonsecular, {temperature} (Table I).",
        "",
        below(1e-4, "in practice: below a hundredth of a per cent"),
        partial(_distance, names=(f"undriven-{case}/nonsecular",)),
    )


CLAIMS = (
    _equilibrium_claim("cold", "1.2 K"),
    _equilibrium_claim("warm", "12 K"),
    Claim(
        "equilibrium-secular",
        "Without microwaves the secular steady state is exactly the Boltzmann distribution.",
        "Supplement I.B, below (S19)",
        "Largest trace distance from exp(-beta H_S)/Tr, ten samples of four spins each; secular, 1.2 K and 12 K (Table I).",
        "",
        below(1e-12, "exactly: up to the rounding of float64 numbers"),
        partial(_distance, names=("undriven-cold/secular", "undriven-warm/secular")),
    ),
)
