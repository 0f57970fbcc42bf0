r"""Who is excited in the three-level model, in four regimes, and which two spins it stands for: Fig. S11 of the letter.

    rho_11(x), rho_22(x),   x = omega_MW - omega_e

from the closed form, from the GKSL generator and in linear response (S101), see `dnplab.three_level`. The drive acts on |1>
alone: rho_11 / rho_22 on the line of |1> is near 1 if the two levels mix, and large if the excitation stays where it is put.
All frequencies are angular, in one common unit that no population depends on; the letter gives no values.

The same populations are those of two spins without their state |++>. The study solves the two spins whole, at T = 0, with
the map of `dnplab.three_level.spin_pair` and with the printed one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from dnplab import checks
from dnplab.errors import ParameterError
from dnplab.stationary import steady_state
from dnplab.studies.base import StudyResult, no_progress
from dnplab.three_level import ThreeLevel, pair_generators, regime_of, spin_pair

__all__ = ["Regime", "ThreeLevelStudy"]

FloatArray = NDArray[np.float64]

NAMES = ("mixing", "anderson", "zeno", "incoherent")
MAPS = {"corrected": False, "printed": True}
PAIR_POINTS = 41  # of the evenly spaced offsets at which two spins are solved
LARGEST_GRID = 100_001
LEAST, MOST = 1e-3, 1e3  # of J and V, in decays: two spins, solved to some 1e-12, do not resolve the populations below


@dataclass(frozen=True)
class Regime:
    """Delta, J, gamma (of both levels) of a case, and the half width of its offset axis, in the common unit."""

    detuning: float
    coupling: float
    decay: float
    half_width: float


@dataclass(frozen=True)
class ThreeLevelStudy:
    """Populations against the offset of the drive in four regimes.

    mixing, anderson, zeno, incoherent : one case each; their names are what they are meant to show, nothing is fitted
    amplitude : V
    n_bar : occupation of the baths
    points : offsets on each axis
    """

    mixing: Regime
    anderson: Regime
    zeno: Regime
    incoherent: Regime
    amplitude: float
    n_bar: float
    points: int

    study: ClassVar[str] = "three_level"

    def __post_init__(self) -> None:
        checks.positive("amplitude", self.amplitude)
        checks.non_negative("n_bar", self.n_bar)
        checks.positive_int("points", self.points)
        for name in NAMES:
            self._check(name, getattr(self, name))

    def _check(self, name: str, regime: Regime) -> None:
        checks.finite(f"{name}.detuning", regime.detuning)
        checks.finite(f"{name}.coupling", regime.coupling)
        checks.positive(f"{name}.decay", regime.decay)
        checks.positive(f"{name}.half_width", regime.half_width)
        least, most = LEAST * regime.decay, MOST * regime.decay
        if abs(regime.coupling) < least:
            needed = f"at least {least:g} in size, {LEAST:g} of the decay: level 2 is reached through the coupling alone"
            raise ParameterError(f"{name}.coupling", regime.coupling, needed)
        if not least <= self.amplitude <= most:
            needed = f"from {least:g} to {most:g}, that is {LEAST:g} to {MOST:g} times the decay of {name}"
            raise ParameterError("amplitude", self.amplitude, needed)
        edge = math.hypot(regime.detuning, regime.coupling) + regime.decay
        if regime.half_width < edge:
            needed = f"at least {edge:.4g}, so that the frequency grid is not without the line at +-(Delta^2 + J^2)^(1/2)"
            raise ParameterError(f"{name}.half_width", regime.half_width, needed)
        fewest = np.ceil(4.0 * (regime.half_width / regime.decay) * (1.0 - 1e-12)) + 1.0  # whatever the unit's rounding
        if not fewest <= self.points <= LARGEST_GRID:
            why = f"two to the decay of {name}, whose line falls between them otherwise"
            needed = f"from {fewest:.0f} ({why}) to {LARGEST_GRID}"
            raise ParameterError("points", self.points, needed)

    @property
    def title(self) -> str:
        """The run's name."""
        return f"three_level V={self.amplitude:g} n={self.n_bar:g}"

    @property
    def steps(self) -> int:
        """Two for each regime: its populations and its pair of spins."""
        return 2 * len(NAMES)

    def model(self, name: str) -> ThreeLevel:
        """The three levels of a regime."""
        regime: Regime = getattr(self, name)
        return ThreeLevel(regime.detuning, regime.coupling, self.amplitude, regime.decay, regime.decay, self.n_bar)

    def offsets(self, name: str) -> FloatArray:
        """x (points,) of a regime."""
        half_width: float = getattr(self, name).half_width
        return np.linspace(-half_width, half_width, self.points)

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """Populations, peaks and imbalance of every regime, and the distance to two spins."""
        populations, rows, pairs, distances = [], [], [], []
        for name in NAMES:
            model, x = self.model(name), self.offsets(name)
            table, row = _regime(name, model, x)
            populations.append(table)
            rows.append(row)
            progress(1)
            # the map is that of T = 0
            pair, distance = _pair(name, replace(model, n_bar=0.0), x)
            pairs.append(pair)
            distances.append(distance)
            progress(1)
        regimes, distance_table = pd.DataFrame(rows), pd.concat(distances, ignore_index=True)
        tables = {
            "populations": pd.concat(populations, ignore_index=True),
            "regimes": regimes,
            "pair": pd.concat(pairs, ignore_index=True),
            "map": distance_table,
        }
        return StudyResult(_metrics(regimes, distance_table), tables, _text(regimes, distance_table))


def _regime(name: str, model: ThreeLevel, x: FloatArray) -> tuple[pd.DataFrame, dict[str, str | float]]:
    exact_state, gksl_state, linear = model.exact_state(x), model.gksl_state(x), model.linear_response(x)
    levels = {level: exact_state[:, level, level].real for level in (1, 2)}
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "regime": name,
                    "level": level,
                    "offset": x,
                    "exact": exact,
                    "linear": linear[:, level],
                    "gksl": gksl_state[:, level, level].real,
                }
            )
            for level, exact in levels.items()
        ],
        ignore_index=True,
    )
    top_1 = _peak(model, 1, x, levels[1])
    # in linear response rho_22 is even in x and may have two equal maxima: take the one on the side of rho_11's
    side = x * math.copysign(1.0, top_1) >= 0.0
    top_2 = _peak(model, 2, x[side], levels[2][side])
    rho_11, rho_22 = _population(model, 1, top_1), _population(model, 2, top_1)
    row: dict[str, str | float] = {
        "regime": name,
        "detuning": model.detuning,
        "coupling": model.coupling,
        "decay": model.decay_1,
        "amplitude": model.amplitude,
        "n_bar": model.n_bar,
        "named": regime_of(model.detuning, model.coupling, model.decay_1),
        "level_1_weight": model.localization,
        "peak_11": top_1,
        "peak_22": top_2,
        "rho_11": rho_11,
        "rho_22": rho_22,
        "imbalance": rho_11 / rho_22,
        "exact_minus_gksl": float(np.abs(exact_state - gksl_state).max()),
        "linear_deviation": float((table["linear"] / table["exact"] - 1.0).abs().max()),
        "smallest_eigenvalue": float(np.linalg.eigvalsh(exact_state).min()),
    }
    return table, row


def _population(model: ThreeLevel, level: int, offset: float) -> float:
    return float(model.exact_state([offset])[0, level, level].real)


def _peak(model: ThreeLevel, level: int, x: FloatArray, population: FloatArray) -> float:
    """Where a population is largest: the grid's maximum, refined between its neighbours."""
    top = int(np.argmax(population))
    bounds = (x[max(top - 1, 0)], x[min(top + 1, len(x) - 1)])
    found = minimize_scalar(
        lambda offset: -_population(model, level, offset),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-7 * model.decay_1},
    )
    return float(found.x)


def _pair(name: str, model: ThreeLevel, x: FloatArray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Populations of two whole spins by both maps, and how far their generators and populations are from the model's."""
    curve = model.exact_state(x)
    tables = [
        pd.DataFrame({"regime": name, "map": "three levels", "level": k, "offset": x, "population": curve[:, k, k].real})
        for k in (1, 2)
    ]
    offsets, distances = _pair_offsets(model, x), []
    toy = model.exact_state(offsets)[:, [1, 2], [1, 2]].real
    unit = model.scaled(1.0 / model.decay_1)  # the unit of two spins is not free: omega_e has to be their largest energy
    for which, printed in MAPS.items():
        spins = np.array([_spin_populations(unit, offset, printed) for offset in offsets / model.decay_1])
        tables += [
            pd.DataFrame({"regime": name, "map": which, "level": k, "offset": offsets, "population": spins[:, k - 1]})
            for k in (1, 2)
        ]
        own, other = pair_generators(unit, -unit.resonance, printed=printed)
        distances.append(
            {
                "regime": name,
                "map": which,
                "generator_distance": float(np.abs(own - other).max() / np.abs(own).max()),
                "population_distance": float((np.abs(spins - toy).max(axis=0) / toy.max(axis=0)).max()),
            }
        )
    return pd.concat(tables, ignore_index=True), pd.DataFrame(distances)


def _pair_offsets(model: ThreeLevel, x: FloatArray) -> FloatArray:
    """Evenly spaced ones, and more on the lines of the model and of the printed map (2 Delta in place of Delta)."""
    around = model.decay_1 * np.linspace(-2.0, 2.0, 5)
    lines = [math.hypot(split * model.detuning, model.coupling) for split in (1.0, 2.0)]
    close = np.concatenate([sign * line + around for line in lines for sign in (-1.0, 1.0)])
    every = np.concatenate([np.linspace(x[0], x[-1], PAIR_POINTS), close[np.abs(close) <= x[-1]]])
    return np.unique(every)


def _spin_populations(model: ThreeLevel, offset: float, printed: bool) -> FloatArray:
    """Tr(S_i^z rho) + 1/2 (2,) of the irradiated spin and of the other one, |++> kept."""
    system, bath, drive = spin_pair(model, float(offset), "xy", printed=printed)
    up = 0.5 * (1.0 + steady_state(system, bath, drive, model="nonsecular").polarization)
    irradiated = drive.driven_sites(2)[0]
    return np.array([up[irradiated], up[1 - irradiated]])


def _metrics(regimes: pd.DataFrame, distances: pd.DataFrame) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for row in regimes.to_dict("records"):
        for key in ("peak_11", "peak_22", "rho_11", "rho_22", "imbalance", "level_1_weight"):
            metrics[f"obs.{row['regime']}.{key}"] = float(row[key])
        metrics[f"check.{row['regime']}.linear_deviation"] = float(row["linear_deviation"])
    metrics["check.exact_minus_gksl"] = float(regimes["exact_minus_gksl"].max())
    metrics["check.smallest_eigenvalue"] = float(regimes["smallest_eigenvalue"].min())
    for which, rows in distances.groupby("map"):
        metrics[f"check.map.{which}.generator_distance"] = float(rows["generator_distance"].max())
        metrics[f"check.map.{which}.population_distance"] = float(rows["population_distance"].max())
    return metrics


def _text(regimes: pd.DataFrame, distances: pd.DataFrame) -> str:
    lines = [
        f"{'regime':<11} {'Delta/g':>8} {'J/g':>8} {'V/g':>8}  {'by size':<11} {'|<1|e>|^2':>9} {'x_11/g':>9} {'x_22/g':>9} "
        f"{'rho_11':>10} {'rho_22':>10} {'rho_11/rho_22':>13} {'linear off':>10}"
    ]
    for row in regimes.to_dict("records"):
        g = row["decay"]
        lines.append(
            f"{row['regime']:<11} {row['detuning'] / g:8.3g} {row['coupling'] / g:8.3g} {row['amplitude'] / g:8.3g}  "
            f"{row['named']:<11} {row['level_1_weight']:9.4f} {_shown(row['peak_11'] / g)} {_shown(row['peak_22'] / g)} "
            f"{row['rho_11']:10.3e} {row['rho_22']:10.3e} {row['imbalance']:13.4g} {row['linear_deviation']:10.1e}"
        )
    worst = distances.groupby("map")[["generator_distance", "population_distance"]].max()
    corrected, printed = worst.loc["corrected"], worst.loc["printed"]
    return "\n".join(
        [
            *lines,
            "",
            "g: decay; x_11, x_22: offsets omega_MW - omega_e where rho_11 and rho_22 peak (of two peaks of rho_22 the one",
            "on the side of x_11); populations at x_11; |<1|e>|^2: larger weight of level 1 in an undriven eigenstate;",
            "linear off: largest relative deviation of linear response (S101).",
            f"Closed form and GKSL generator agree to {regimes['exact_minus_gksl'].max():.1e}.",
            "Two spins with Delta_i = -+Delta, omega_1 = 2 V: generator without |++> off by "
            f"{corrected['generator_distance']:.1e}, populations with |++> by {corrected['population_distance']:.1e}.",
            "Two spins with the printed Delta_i = -+2 Delta, omega_1 = sqrt(2) V: off by up to "
            f"{printed['generator_distance']:.2g} and {printed['population_distance']:.2g}.",
            "(Both relative: to the generator's largest element on the line, to the largest population.)",
        ]
    )


def _shown(offset: float) -> str:
    return f"{round(offset, 4) + 0.0:9.4f}"  # + 0.0: no minus before a zero
