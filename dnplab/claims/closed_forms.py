r"""Claims that closed forms decide: criteria of regimes, the three-level model, phonons; Supplements III.A, IV and V.

    imbalance = rho_11 / rho_22 where the drive is resonant with |1>, omega_MW - omega_e = -(Delta^2 + J^2)^(1/2)
    exponent  = ln[1/T(omega_e) at 12 K over that at 1.2 K] / ln 10
    ratio     = the larger side of an inequality over the smaller as it should be, divided by 10 for >>

An inequality holds from a ratio of 1 on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from dnplab.claims.claim import Claim, Measured, Rule, above, below, within
from dnplab.claims.laboratory import Laboratory
from dnplab.phonons import DirectProcess, PhononProcess, TwoPhononProcess
from dnplab.regimes import regime_criteria
from dnplab.three_level import REGIMES
from dnplab.units import RAD_US_PER_GHZ

__all__ = ["CLAIMS"]

SUM_UP = "Supplement IV, below (S101)"
BATH = "Supplement V.B, discussion"
COLD_K, WARM_K = 1.2, 12.0
WEAK = 0.01  # V over the decay
PROCESSES: dict[str, PhononProcess] = {"direct": DirectProcess(1.0), "two-phonon": TwoPhononProcess(1.0)}  # any coupling


def _imbalance(name: str) -> float:
    model = REGIMES[name]
    rho = model.exact_state([-model.resonance])[0]
    return float(rho[1, 1].real / rho[2, 2].real)


def _localized(_: Laboratory, name: str) -> Measured:
    return Measured(_imbalance(name))


def _mixed(_: Laboratory) -> Measured:
    model = REGIMES["mixing"]
    rho = model.exact_state([-model.resonance, model.resonance])
    ratios = rho[:, 1, 1].real / rho[:, 2, 2].real
    return Measured(float(np.maximum(ratios, 1.0 / ratios).max()), 0.0, f"{ratios[0]:.3g} and {ratios[1]:.3g}")


def _linear_response(_: Laboratory) -> Measured:
    worst = 0.0
    for model in REGIMES.values():
        weak = replace(model, amplitude=WEAK * model.decay_1)
        offsets = np.linspace(-2.0, 2.0, 201) * max(model.resonance, model.decay_1)
        exact = weak.exact_state(offsets)[:, (1, 2), (1, 2)].real
        worst = max(worst, float(np.abs(weak.linear_response(offsets)[:, 1:] / exact - 1.0).max()))
    return Measured(worst)


def _exponent(_: Laboratory, name: str) -> Measured:
    process = PROCESSES[name]
    cold, warm = process.rate(RAD_US_PER_GHZ * process.electron_ghz, [COLD_K, WARM_K])
    return Measured(math.log(warm / cold) / math.log(WARM_K / COLD_K))


def _flatness(_: Laboratory, temperature_k: float) -> Measured:
    process = PROCESSES["two-phonon"]
    at_electrons, at_zero = process.rate([RAD_US_PER_GHZ * process.electron_ghz, 0.0], temperature_k)
    return Measured(float(at_electrons / at_zero))


def _ratio(lab: Laboratory, case: str, criterion: str) -> Measured:
    spec = lab.specs[f"{case}/nonsecular"]
    criteria = regime_criteria(spec.disorder_mhz, spec.coupling_mhz, spec.bath, spec.drive)
    (found,) = (c for c in criteria if c.name == criterion)
    relation = f"{found.left:.3g} {found.relation} {found.right:.3g} {found.unit}".rstrip()
    return Measured(found.ratio, 0.0, relation + (", marginal" if found.marginal else ""))


def _regime_claim(name: str, statement: str, where: str, case: str, criterion: str) -> Claim:
    return Claim(
        name,
        statement,
        f"Supplement {where}",
        "The side that should be larger over the other, with the values of Table I; over ten times the other for ≫.",
        "",
        above(1.0, "the inequality as it stands; the letter calls such conditions not sharp"),
        partial(_ratio, case=case, criterion=criterion),
    )


def _toy_claim(name: str, statement: str, observable: str, rule: Rule, measure: Callable[[Laboratory], Measured]) -> Claim:
    return Claim(f"toy-{name}", statement, SUM_UP, observable, "", rule, measure)


def _localized_claim(name: str, statement: str, condition: str) -> Claim:
    observable = f"Imbalance rho_11 / rho_22 at the resonance of |1>, closed form; {condition}."
    return _toy_claim(name, statement, observable, above(10.0, ORDER), partial(_localized, name=name))


def _growth_claim(name: str) -> Claim:
    return Claim(
        f"bath-grows-{name}",
        f"The bath relaxes spins faster when it is warmer ({name}).",
        BATH,
        f"Exponent of 1/T(omega_e) in temperature between 1.2 K and 12 K; {name} process.",
        "",
        above(0.0, "the rate grows"),
        partial(_exponent, name=name),
    )


def _flatness_claim(case: str, temperature_k: float) -> Claim:
    return Claim(
        f"raman-flat-{case}",
        f"The two-phonon rate does not depend on the frequency ({temperature_k:g} K).",
        BATH,
        f"1/T(omega_e) over 1/T(0); two-phonon process at {temperature_k:g} K.",
        "",
        within(0.8, 1.2, 'a fifth is "roughly"'),
        partial(_flatness, temperature_k=temperature_k),
    )


ORDER = "an order of magnitude: the excitation stays where it is put"

CLAIMS = (
    _regime_claim(
        "regime-s71", "Couplings are strong enough for ergodic eigenstates, (S71).", "III.A, (S71)", "cold", "s71"
    ),
    _regime_claim(
        "regime-s72-cold", "At 1.2 K the bath is slower than dephasing, (S72).", "III.A, (S72)", "cold", "s72_t_zero"
    ),
    _regime_claim("regime-s73-cold", "At 1.2 K the microwaves are effective, (S73).", "III.A, (S73)", "cold", "s73_t_zero"),
    _regime_claim("regime-s73-warm", "At 12 K the microwaves are effective, (S73).", "III.A, (S73)", "warm", "s73_t_zero"),
    _regime_claim("regime-s74-cold", "At 1.2 K they do not reach all spins, (S74).", "III.A, (S74)", "cold", "s74_t_zero"),
    _regime_claim("regime-s74-warm", "At 12 K they do not reach all spins, (S74).", "III.A, (S74)", "warm", "s74_t_zero"),
    _regime_claim(
        "regime-s77-cold", "At 1.2 K they act before spectral diffusion, (S77).", "III.A, (S77)", "cold", "s77_t_zero"
    ),
    _regime_claim("regime-s82", "At 12 K the bath is faster than dephasing, (S82).", "III.C, (S82)", "warm", "s82_t_zero"),
    _regime_claim(
        "regime-s82-coupling",
        "At 12 K the bath is faster than the couplings, (S82) with T_D = 1/U.",
        "III.C, (S82)",
        "warm",
        "s82_coupling_t_zero",
    ),
    _toy_claim(
        "mixing",
        "Levels that are coupled more strongly than they decay or differ share the excitation.",
        "The larger of rho_11 / rho_22 and its inverse, at both resonances, closed form; gamma, Delta << J.",
        below(2.0, "shared within a factor of two"),
        _mixed,
    ),
    _localized_claim("anderson", "A splitting far above the coupling localizes the excitation.", "gamma << J << Delta"),
    _localized_claim("zeno", "A decay far above the coupling localizes it as well, though Delta < J.", "Delta < J << gamma"),
    _localized_claim("incoherent", "Levels that are weakly coupled do not share it either.", "J << gamma, Delta"),
    _toy_claim(
        "linear-response",
        "Linear response (S101) gives the populations under a weak drive.",
        f"Largest relative deviation from the closed form over both levels, four regimes and offsets; V = {WEAK:g} gamma.",
        below(0.01, "the per cent that is left is of higher order in V / gamma"),
        _linear_response,
    ),
    *map(_growth_claim, PROCESSES),
    Claim(
        "direct-linear",
        "The direct rate is proportional to the temperature.",
        BATH,
        "Exponent of 1/T(omega_e) in temperature between 1.2 K and 12 K; direct process.",
        "",
        within(0.8, 1.2, "omega^2 T, within a fifth of a power"),
        partial(_exponent, name="direct"),
    ),
    Claim(
        "raman-t7",
        "The two-phonon rate is proportional to the seventh power of the temperature.",
        BATH,
        "Exponent of 1/T(omega_e) in temperature between 1.2 K and 12 K; two-phonon process.",
        "",
        within(6.8, 7.2, "T^7, within a fifth of a power"),
        partial(_exponent, name="two-phonon"),
    ),
    _flatness_claim("cold", COLD_K),
    _flatness_claim("warm", WARM_K),
)
