r"""Claims about eigenstates and eigenvalues of the steady state, and about the levels of H_S: Figs. 3 and S9 of the letter.

    rho = sum_lambda lambda |lambda><lambda|
    distance of two spectra = rms over ranks of ln(lambda_k / lambda'_k), both in descending order

Entropies are those of the first spins in |lambda>, averaged over the middle sector.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import entr

from dnplab.claims.claim import Claim, Measured, above, below, within
from dnplab.claims.laboratory import Laboratory, mean_of, ratio_of_means
from dnplab.observables.level_statistics import gap_ratio
from dnplab.observables.references import boltzmann_populations
from dnplab.stationary import SteadyState

__all__ = ["CLAIMS", "log_distance"]

FloatArray = NDArray[np.float64]

GOE, POISSON = 0.5307, 2.0 * np.log(2.0) - 1.0
FIG_3, FIG_S9, ETH = "main text, Fig. 3", "Supplement III.D, Fig. S9", "main text, below Table I"
WARM = "12 K (Table I)"
SAMPLES = 40  # whose spectra of rho are compared: each needs two steady states


def log_distance(values: FloatArray, others: FloatArray) -> float:
    """The rms over ranks of ln(lambda_k / lambda'_k), (D,) each."""
    ratio = np.log(np.sort(values)) - np.log(np.sort(others))
    return float(np.sqrt(np.mean(ratio**2)))


def spectrum_of_rho(state: SteadyState) -> FloatArray:
    """Eigenvalues of rho (D,)."""
    return np.asarray(np.linalg.eigvalsh(state.density_matrix()) if state.populations is None else state.populations)


def spectra(lab: Laboratory) -> pd.DataFrame:
    """A row a sample: distances of nonsecular eigenvalues from those of Hilbert and Boltzmann, and exp(entropy) / 2^N."""
    rows = []
    for k in range(min(SAMPLES, lab.specs["eigen-warm/hilbert"].realizations)):
        state = lab.state("eigen-warm/nonsecular", k)
        values = spectrum_of_rho(state)
        hilbert = spectrum_of_rho(lab.state("eigen-warm/hilbert", k))
        boltzmann = boltzmann_populations(state.system, state.bath)
        number = float(np.exp(entr(values).sum())) / len(values)
        rows.append((log_distance(values, hilbert), log_distance(values, boltzmann), number))
    return pd.DataFrame(rows, columns=["to_hilbert", "to_boltzmann", "number"])


def _eigenvalues_similar(lab: Laboratory) -> Measured:
    table = lab.once(spectra)
    return ratio_of_means(table["to_hilbert"], table["to_boltzmann"], lab.seed)


def _entropy_like_mbl(lab: Laboratory) -> Measured:
    # the eigenstates of a Hilbert steady state are those of H_S
    nonsecular, mbl = lab.scalar("eigen-warm/nonsecular", "entropy"), lab.scalar("eigen-mbl/hilbert", "entropy")
    return ratio_of_means(nonsecular, mbl, lab.seed)


def _sz_spread(lab: Laboratory) -> Measured:
    rho, hamiltonian = (lab.scalar(f"eigen-warm/{model}", "sz_spread") for model in ("nonsecular", "hilbert"))
    return ratio_of_means(rho, hamiltonian, lab.seed)


def gap_ratios(lab: Laboratory, n_spins: int, coupling_mhz: float) -> FloatArray:
    """<r> of H_S by sample."""
    spec = replace(lab.specs["warm/hilbert"], n_spins=n_spins, coupling_mhz=coupling_mhz)
    return np.array([gap_ratio(spec.system(k).spectrum) for k in range(lab.scale.level_realizations)])


def _letters_gap_ratios(lab: Laboratory) -> FloatArray:
    return gap_ratios(lab, lab.scale.level_spins, 0.75)


def _gap_ratio(lab: Laboratory, coupling_mhz: float) -> Measured:
    n = lab.scale.level_spins
    found = lab.once(_letters_gap_ratios) if coupling_mhz == 0.75 else gap_ratios(lab, n, coupling_mhz)
    return mean_of(found, f"N = {n}")


def _rising(lab: Laboratory) -> Measured:
    n = lab.scale.level_spins
    large, small = mean_of(lab.once(_letters_gap_ratios)), mean_of(gap_ratios(lab, n - 2, 0.75))
    error = float(np.hypot(large.error, small.error))
    return Measured(large.value - small.value, error, f"{large.value:.3f} at N = {n}, {small.value:.3f} at N = {n - 2}")


R_OBSERVABLE = "Mean ratio of consecutive level spacings of H_S (middle half of the middle sector) at U/2pi = {} MHz."

CLAIMS = (
    Claim(
        "eth-gap-ratio",
        "At the letter's parameters H_S has the level statistics of an ergodic system.",
        ETH,
        R_OBSERVABLE.format(0.75),
        "",
        within(GOE - 0.02, GOE + 0.02, "0.5307 of the Gaussian orthogonal ensemble; a seventh of the way to Poisson"),
        partial(_gap_ratio, coupling_mhz=0.75),
    ),
    Claim(
        "eth-rising",
        "At the letter's parameters H_S becomes more ergodic with size.",
        ETH,
        "Mean gap ratio at U/2pi = 0.75 MHz minus that of two spins fewer.",
        "",
        above(0.0, "an ergodic system approaches the random-matrix value, a localized one Poisson's"),
        _rising,
    ),
    Claim(
        "goe-strong",
        "Control of the measure: strongly coupled spins have the level statistics of random matrices.",
        ETH,
        R_OBSERVABLE.format(3),
        "",
        within(GOE - 0.02, GOE + 0.02, "0.5307 of the Gaussian orthogonal ensemble"),
        partial(_gap_ratio, coupling_mhz=3.0),
    ),
    Claim(
        "entropy-warm",
        "At 12 K the eigenstates of the nonsecular steady state are less entangled than those of H_S.",
        FIG_3,
        f"Mean over samples of the entropy of rho's eigenstates over that of H_S's; nonsecular, {WARM}.",
        "",
        below(0.9, "less by a tenth at least"),
        lambda lab: mean_of(lab.scalar("eigen-warm/nonsecular", "entropy_ratio")),
        ("eigen-warm/nonsecular",),
    ),
    Claim(
        "entropy-like-mbl",
        "They are about as little entangled as many-body localized eigenstates.",
        FIG_3,
        f"Mean entropy of rho's eigenstates over that of H_S's at U/2pi = 0.1 MHz; nonsecular, {WARM}.",
        "",
        below(2.0, "similar means within a factor of two"),
        _entropy_like_mbl,
        ("eigen-warm/nonsecular", "eigen-mbl/hilbert"),
    ),
    Claim(
        "sz-spread-warm",
        "In them <S_i^z> fluctuates more strongly than in eigenstates of H_S.",
        FIG_3,
        f"Standard deviation of <S_i^z> in mid-spectrum eigenstates of rho over that in those of H_S; nonsecular, {WARM}.",
        "",
        above(1.2, "more by a fifth is visible in a histogram"),
        _sz_spread,
        ("eigen-warm/nonsecular", "eigen-warm/hilbert"),
    ),
    Claim(
        "mbl-gap-ratio",
        "At U/2pi = 0.1 MHz H_S is many-body localized.",
        "Supplement III.C, Fig. S6",
        R_OBSERVABLE.format(0.1),
        "",
        within(POISSON - 0.03, POISSON + 0.03, "0.3863 of independent levels; a fifth of the way to random matrices"),
        partial(_gap_ratio, coupling_mhz=0.1),
    ),
    Claim(
        "eigenvalues-similar",
        "The eigenvalues of the nonsecular and of the Hilbert steady state are distributed alike.",
        FIG_S9,
        f"rms over ranks of ln(lambda / lambda_Hilbert) over that of ln(lambda / lambda_Boltzmann); nonsecular, {WARM}.",
        "",
        below(0.5, "at most half as far from Hilbert as from equilibrium"),
        _eigenvalues_similar,
    ),
    Claim(
        "eigenvalues-many",
        "The steady state is not dominated by a few eigenstates.",
        FIG_S9,
        f"exp(von Neumann entropy of rho) / 2^N; nonsecular, {WARM}.",
        "",
        above(0.1, "a tenth of all eigenstates is not a few"),
        lambda lab: mean_of(lab.once(spectra)["number"]),
    ),
)
