"""Claims that a formula holds as it is printed, that of a limit, and that a dropped term does not matter.

Where the print is wrong, its corrected form stands beside it. What is printed is in `dnplab.claims.printed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dnplab.claims import printed
from dnplab.claims.claim import Claim, Measured, Rule, below
from dnplab.claims.laboratory import Laboratory, mean_of
from dnplab.models.ule import UniversalLindblad
from dnplab.observables.epr import epr_spectrum
from dnplab.spins import from_real, to_real
from dnplab.stationary import SteadyState, steady_state
from dnplab.three_level import ThreeLevel, pair_generators

__all__ = ["CLAIMS"]

FloatArray = NDArray[np.float64]

WARM = "12 K (Table I)"
ROUNDING = "an identity: up to the rounding of float64 numbers"
FEW = 3  # spins of component forms; two have coinciding gaps
TOY = ThreeLevel(detuning=0.7, coupling=0.9, amplitude=0.5, decay_1=1.0, decay_2=1.0)
OFFSETS = (-1.2, -0.5, 0.3, 1.1)  # of its drive
EDGES_MHZ = np.linspace(-4.0, 4.0, 41)


def _largest_mean(changes: FloatArray) -> Measured:
    """The spin with the largest |mean| of (R, N) changes, and its standard error."""
    spin = int(np.argmax(np.abs(changes.mean(axis=0))))
    found = mean_of(changes[:, spin])
    return Measured(abs(found.value), found.error, f"spin {spin + 1} of {changes.shape[1]}, {found.value:+.4f}")


def _decoherence(lab: Laboratory) -> Measured:
    spec = lab.specs["small-warm/hilbert"]
    correct = lab.arrays(f"small-warm/{spec.model}", "polarization")
    literal = np.stack([printed.hilbert_polarization(spec.system(k), spec.bath, spec.drive) for k in correct.index])
    return _largest_mean((literal - correct.to_numpy()) / lab.thermal("small-warm/hilbert"))


def _components(lab: Laboratory, *, corrected: bool) -> Measured:
    spec = replace(lab.specs["warm/nonsecular"], n_spins=FEW)
    system = spec.system(0)
    rng = np.random.default_rng(lab.seed)
    random = rng.normal(size=(2, system.dimension, system.dimension))
    rho = random[0] + random[0].T + 1j * (random[1] - random[1].T)
    exact = from_real(UniversalLindblad(system, spec.bath, spec.drive).dissipate(to_real(rho)))
    np.fill_diagonal(exact, 0.0)
    found = printed.nonsecular_components(system, spec.bath, rho, corrected=corrected)
    return Measured(float(np.linalg.norm(found - exact) / np.linalg.norm(exact)))


def _bloch(lab: Laboratory) -> Measured:
    hilbert, bloch = (lab.arrays("free-warm/hilbert", name).to_numpy() for name in ("polarization", "bloch"))
    return mean_of(np.abs(hilbert - bloch).max(axis=1) / lab.thermal("free-warm/hilbert"))


def few_spins(lab: Laboratory) -> SteadyState:
    """The nonsecular steady state of a sample of three spins at 12 K."""
    spec = replace(lab.specs["warm/nonsecular"], n_spins=FEW, rtol=1e-10)
    return steady_state(spec.system(0), spec.bath, spec.drive, spec.model, spec.rtol)


def _fixed_phase(lab: Laboratory) -> Measured:
    state = lab.once(few_spins)
    averaged = epr_spectrum(state, EDGES_MHZ)
    fixed = printed.fixed_phase_spectrum(state, EDGES_MHZ)
    return Measured(float(np.abs(fixed - averaged).max() / np.abs(averaged).max()))


def _weight(lab: Laboratory) -> Measured:
    state = lab.once(few_spins)
    mean = float(state.polarization.mean())
    weight = printed.total_weight(state)
    return Measured(abs(weight / mean - 1.0), 0.0, f"weight {weight + 0.0:.4f}, mean P_i {mean:.4f}")


def _coherence(_: Laboratory, *, corrected: bool) -> Measured:
    worst = 0.0
    for offset, rho in zip(OFFSETS, TOY.gksl_state(OFFSETS), strict=True):
        found = printed.three_level_coherence(TOY, offset, rho[1, 1].real, rho[2, 2].real, corrected=corrected)
        worst = max(worst, float(abs(found - rho[0, 1]) / abs(rho[0, 1])))
    return Measured(worst)


def _two_spins(_: Laboratory, *, corrected: bool) -> Measured:
    worst = 0.0
    for offset in OFFSETS:
        model, spins = pair_generators(TOY, offset, printed=not corrected)
        worst = max(worst, float(np.linalg.norm(spins - model) / np.linalg.norm(model)))
    return Measured(worst)


def _ising(lab: Laboratory, case: str) -> Measured:
    tables = (lab.arrays(f"{kind}-{case}/nonsecular", "polarization") for kind in ("ising", "small"))
    with_ising, without = next(tables).align(next(tables), join="inner")
    return _largest_mean((with_ising - without).to_numpy() / lab.thermal(f"small-{case}/nonsecular"))


def _pair(
    name: str,
    where: str,
    what: str,
    correction: str,
    observable: str,
    measure: Callable[..., Measured],
    rules: tuple[Rule, Rule],
) -> tuple[Claim, Claim]:
    """The claims that a formula holds as printed, and as corrected."""
    words = (f"{what} holds as printed.", f"Control: {what[0].lower()}{what[1:]} holds {correction}.")
    return (
        Claim(f"printed-{name}", words[0], where, observable, "", rules[0], partial(measure, corrected=False)),
        Claim(f"corrected-{name}", words[1], where, observable, "", rules[1], partial(measure, corrected=True)),
    )


def _ising_claim(case: str, temperature: str) -> Claim:
    return Claim(
        f"ising-no-impact-{case}",
        f"The dropped S^z S^z coupling has no impact ({temperature}).",
        "Supplement V.A, last paragraph",
        f"Largest change of an average P_i when it is restored, same samples; nonsecular, {temperature} (Table I), small N.",
        "|P_0|",
        below(0.01, "no impact: less than a hundredth of the thermal polarization"),
        partial(_ising, case=case),
        (f"ising-{case}/nonsecular", f"small-{case}/nonsecular"),
    )


CLAIMS = (
    Claim(
        "printed-s19",
        "The decoherence rate (S19) holds as printed, with h beside rates that contain it.",
        "Supplement I.B, (S19)",
        f"Largest change of an average P_i by the printed 1/T_nm; Hilbert, {WARM}, small N.",
        "|P_0|",
        below(0.001, "the same formula would change nothing; a thousandth is invisible"),
        _decoherence,
        ("small-warm/hilbert",),
    ),
    Claim(
        "hilbert-bloch",
        "The Hilbert approximation of spins without couplings is Bloch's equation (implied).",
        "Supplement I.E, (S52)",
        f"Largest |P_i - P_i^Bloch| of a sample, mean over samples of four spins at U = 0; Hilbert, {WARM}.",
        "|P_0|",
        below(0.01, "a hundredth of the thermal polarization is below the size of a dot in a figure"),
        _bloch,
        ("free-warm/hilbert",),
    ),
    *_pair(
        "s54",
        "Supplement I.F, (S54)",
        "The component form (S54)",
        "if its first sum leaves out (k, k') = (n, m) alone",
        "Relative distance from the dissipator of Eq. (6) on coherences of a random rho; N = 3, 12 K.",
        _components,
        (below(1e-10, ROUNDING), below(1e-10, ROUNDING)),
    ),
    Claim(
        "printed-s62-weight",
        "The spectrum (S62) as printed has the weight of the mean polarization.",
        "Supplement II, (S62) and (S66)",
        f"|weight / mean P_i - 1|; nonsecular, N = 3, {WARM}.",
        "",
        below(0.01, "the sum rule (S66) is exact"),
        _weight,
    ),
    Claim(
        "printed-s62-phase",
        "A pulse of fixed phase gives the spectrum (S63): other parts of rho lie outside of the window.",
        "Supplement II, below (S62)",
        f"Largest deviation of f at phase 0 from (S63) over max |f|, bins of 0.2 MHz; nonsecular, N = 3, {WARM}.",
        "",
        below(0.01, "negligible: less than a hundredth of the largest value"),
        _fixed_phase,
    ),
    *_pair(
        "s100",
        "Supplement IV, (S100)",
        "The coherence rho_01 of (S100)",
        "with -V^3 for V^3",
        "Largest relative deviation from the stationary GKSL state at four offsets of the drive.",
        _coherence,
        (below(1e-6, "the letter's formula is exact"), below(1e-10, ROUNDING)),
    ),
    *_pair(
        "toy-map",
        "Supplement IV, remark 2",
        "The map of the three-level model to two spins",
        "with Delta_i = -+Delta and V = omega_1 / 2",
        "Largest relative distance of the generator of two spins without |++> from the model's, at four offsets.",
        _two_spins,
        (below(1e-10, ROUNDING), below(1e-10, ROUNDING)),
    ),
    _ising_claim("cold", "1.2 K"),
    _ising_claim("warm", "12 K"),
)
