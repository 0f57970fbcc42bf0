r"""What claims are measured on: ensembles of disorder samples, and single steady states.

Every ensemble is addressed as "case/model". The cases are the letter's parameter sets, U as omega / 2 pi:

    cold, warm      Table I at 1.2 K and 12 K, U = 0.75 MHz     mbl-*       the same with U = 0.1 MHz (Fig. S6)
    short-t1        T_1 < T(0) < T* at 12 K (Fig. S7)           full        one driven spin, no disorder (Figs. S8, S10)
    eigen-*         with eigenstates of rho (Figs. 3 and S9)    small-*     fewer spins
    ising-*         small-* with the S^z S^z coupling           free-warm   U = 0
    undriven-*      without microwaves
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dnplab import checks
from dnplab.bath import Bath
from dnplab.claims.claim import Measured
from dnplab.drive import Drive
from dnplab.ensemble import EnsembleResult, EnsembleSpec
from dnplab.errors import ConvergenceError, ParameterError, UndefinedMeasureError
from dnplab.stationary import SteadyState, steady_state

__all__ = ["FULL", "QUICK", "Laboratory", "Scale", "bootstrap_error", "mean_of", "ratio_of_means", "specs"]

FloatArray = NDArray[np.float64]
Found = TypeVar("Found")

RESAMPLES = 1000
LETTER_DRIVE = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
OFF = Drive(frequency_ghz=93.9, amplitude_mhz=0.0)
ONE_SPIN = Drive(frequency_ghz=93.9, amplitude_mhz=100.0, sites=(2,))
COLD, WARM = Bath.letter(1.2), Bath.letter(12.0)
SHORT_T1 = Bath(12.0, t1_us=1.6, t_star_us=80.0, t_zero_us=3.2)
UNIT_US = 1e-3 / (2.0 * math.pi)  # (2 pi GHz)^-1
FAST = Bath(12.0, t1_us=1e5 * UNIT_US, t_star_us=0.1 * UNIT_US, t_zero_us=0.1 * UNIT_US)
PROFILE = ("polarization",)
SPECTRA = ("polarization", "spin_temperature", "epr", "level_statistics")  # those of the figures, whose samples are shared
EIGENSTATES = ("eigenstates",)
EDGES_MHZ = tuple(float(edge) for edge in np.linspace(-4.0, 4.0, 81))
FINE_EDGES_MHZ = tuple(float(edge) for edge in np.linspace(-4.0, 4.0, 401))  # those of Fig. S6
SPECTRA_RTOL, EIGENSTATES_RTOL = 1e-5, 1e-10
FREE_SPINS, UNDRIVEN_SPINS = 4, 4


@dataclass(frozen=True)
class Scale:
    """How large the systems and how many the samples are.

    n_spins, realizations : of the letter's ensembles
    eigenstate_realizations : of those whose rho is diagonalized
    small_spins, small_realizations : of paired comparisons that need many cheap samples, and of the smaller size
    level_spins, level_realizations : of the level statistics of H_S, which are compared with two spins fewer
    full_localization_spins : of Figs. S8 and S10, one sample
    """

    n_spins: int
    realizations: int
    eigenstate_realizations: int
    small_spins: int
    small_realizations: int
    level_spins: int
    level_realizations: int
    full_localization_spins: int

    def __post_init__(self) -> None:
        for key, least in LEAST.items():
            if checks.positive_int(key, getattr(self, key)) < least:
                raise ParameterError(key, getattr(self, key), f"an integer >= {least}")
        if self.small_spins >= self.n_spins:
            raise ParameterError("small_spins", self.small_spins, f"smaller than n_spins = {self.n_spins}")


# a standard error needs two samples, the driven third spin others on both sides, a gap ratio four spins
LEAST = {
    "n_spins": 4,
    "realizations": 2,
    "eigenstate_realizations": 2,
    "small_spins": 2,
    "small_realizations": 2,
    "level_spins": 6,
    "level_realizations": 2,
    "full_localization_spins": 4,
}
QUICK = Scale(8, 400, 100, 5, 400, 10, 300, 8)
FULL = Scale(10, 1000, 200, 6, 2000, 10, 1000, 12)


def specs(scale: Scale, seed: int) -> dict[str, EnsembleSpec]:
    """Every ensemble by "case/model", at every model."""
    letter = EnsembleSpec(
        n_spins=scale.n_spins,
        disorder_mhz=5.0,
        coupling_mhz=0.75,
        bath=COLD,
        drive=LETTER_DRIVE,
        rtol=SPECTRA_RTOL,
        seed=seed,
        realizations=scale.realizations,
        observables=SPECTRA,
        epr_edges_mhz=EDGES_MHZ,
    )
    precise = replace(letter, observables=PROFILE, rtol=EIGENSTATES_RTOL)
    eigen = replace(precise, observables=EIGENSTATES, realizations=scale.eigenstate_realizations)
    small = replace(precise, n_spins=scale.small_spins, realizations=scale.small_realizations)
    undriven = replace(precise, n_spins=UNDRIVEN_SPINS, realizations=10, drive=OFF)
    full = replace(precise, n_spins=scale.full_localization_spins, disorder_mhz=1e-4, coupling_mhz=1.0, realizations=1)
    mbl = replace(letter, coupling_mhz=0.1, epr_edges_mhz=FINE_EDGES_MHZ)
    cases = {
        "cold": letter,
        "warm": replace(letter, bath=WARM),
        "mbl-cold": mbl,
        "mbl-warm": replace(mbl, bath=WARM),
        "short-t1": replace(letter, bath=SHORT_T1),
        "eigen-warm": replace(eigen, bath=WARM),
        "eigen-mbl": replace(eigen, bath=WARM, coupling_mhz=0.1),
        "small-cold": small,
        "small-warm": replace(small, bath=WARM),
        "ising-cold": replace(small, ising=True),
        "ising-warm": replace(small, ising=True, bath=WARM),
        "free-warm": replace(small, n_spins=FREE_SPINS, coupling_mhz=0.0, bath=WARM),
        "undriven-cold": undriven,
        "undriven-warm": replace(undriven, bath=WARM),
        "full": replace(full, bath=FAST, drive=ONE_SPIN),
    }
    models = ("hilbert", "secular", "nonsecular")
    return {f"{case}/{model}": replace(spec, model=model) for case, spec in cases.items() for model in models}


class Laboratory:
    """Ensembles that are there, single states on demand, and a memory of what several claims share."""

    def __init__(self, scale: Scale, seed: int, ensembles: Mapping[str, EnsembleResult]) -> None:
        self.scale = scale
        self.seed = seed
        self.specs = specs(scale, seed)
        self._ensembles = ensembles
        self._known: dict[Callable[[Laboratory], Any], Any] = {}

    def ensemble(self, name: str) -> EnsembleResult:
        """An ensemble that was computed beforehand.

        Raises:
            ConvergenceError: no sample has a steady state.

        """
        found = self._ensembles[name]
        if not found.converged:
            raise ConvergenceError(f"No realization of {name} converged: {found.excluded['reason'].iloc[0]}")
        return found

    def scalar(self, name: str, measure: str) -> pd.Series[float]:
        """A measure by realization, those that do not have it left out.

        Raises:
            UndefinedMeasureError: no sample has it.

        """
        found = self.ensemble(name)
        if measure not in found.scalars:
            reason = found.undefined.get(measure, "it is not among the observables.")
            raise UndefinedMeasureError(f"No realization of {name} has {measure}: {reason}")
        return found.scalars[measure].dropna()

    def arrays(self, name: str, array: str) -> pd.DataFrame:
        """An array by realization: a row each."""
        found = {r.index: r.arrays[array] for r in self.ensemble(name).converged if array in r.arrays}
        return pd.DataFrame.from_dict(found, orient="index")

    def state(self, name: str, realization: int) -> SteadyState:
        """The steady state of one sample."""
        spec = self.specs[name]
        return steady_state(spec.system(realization), spec.bath, spec.drive, spec.model, spec.rtol)

    def thermal(self, name: str) -> float:
        """|P_0|."""
        spec = self.specs[name]
        return abs(spec.bath.thermal_polarization(spec.electron_ghz))

    def once(self, compute: Callable[[Laboratory], Found]) -> Found:
        """What `compute` makes of this laboratory, computed at the first call."""
        if compute not in self._known:
            self._known[compute] = compute(self)
        found: Found = self._known[compute]
        return found


def mean_of(values: Sequence[float] | FloatArray | pd.Series[float], note: str = "") -> Measured:
    """Mean and standard error; that of one value is unknown."""
    array = np.asarray(values, dtype=np.float64)
    if len(array) == 0:
        return Measured(math.nan, math.nan, "no sample has this measure")
    error = float(array.std(ddof=1)) / math.sqrt(len(array)) if len(array) > 1 else math.nan
    return Measured(float(array.mean()), error, note)


def bootstrap_error(statistic: Callable[..., float], counts: Sequence[int], seed: int) -> float:
    """Standard error of a statistic of samples drawn with replacement; it takes one array of indices for each count."""
    drawn = stats.bootstrap(
        [np.arange(count) for count in counts],
        statistic,
        vectorized=False,
        n_resamples=RESAMPLES,
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    return float(drawn.standard_error)


def ratio_of_means(above: pd.Series[float], under: pd.Series[float], seed: int, *, paired: bool = True) -> Measured:
    """Ratio of two means with its bootstrap error; paired: of the realizations that both have, drawn together."""
    if paired:
        above, under = above.align(under, join="inner")
        a, b = above.to_numpy(), under.to_numpy()
        error = bootstrap_error(lambda i: float(a[i].mean() / b[i].mean()), [len(a)], seed)
    else:
        a, b = above.to_numpy(), under.to_numpy()
        error = bootstrap_error(lambda i, j: float(a[i].mean() / b[j].mean()), [len(a), len(b)], seed)
    return Measured(float(a.mean() / b.mean()), error, f"{a.mean():.4g} over {b.mean():.4g}")
