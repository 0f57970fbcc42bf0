r"""Quantum trajectories of one disorder sample, Fig. S4 of the letter: what single histories do, and what they average to.

    nonsecular   wave function under H_eff, interrupted by the local jumps (7), (8): spread over many eigenstates of H_S
    hilbert      jumps between single eigenstates of H_S, by the bath (S18) and by microwaves (S53)

Both obey their master equation on average. That is checked: time averages of P_i, of the energy <H_S - omega_e S^z> and of
the rates of all jumps against the steady state, each with an error that knows the memory of a trajectory. Frame: rotating
with the microwaves. Tables are in MHz (omega/2pi), µs and 1/µs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.stationary import SteadyState, steady_state
from dnplab.studies.base import StudyResult, no_progress
from dnplab.system import SpinSystem
from dnplab.trajectories import (
    KINDS,
    UNRAVELLED,
    Agreement,
    Trajectory,
    TrajectoryAverages,
    agreement,
    mean_and_error,
    trajectory,
    trajectory_averages,
)
from dnplab.trajectories.averages import BATCH_T1, BURN_IN_T1, require_averaging
from dnplab.trajectories.level_jumps import LevelJumps
from dnplab.trajectories.local_jumps import LocalJumps
from dnplab.trajectories.run import require_sampling
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["TrajectoriesStudy"]

FloatArray = NDArray[np.float64]
WORDS = {"S-": "down", "S+": "up", "Sz": "dephase", "microwaves": "microwaves"}
SMALLEST_WEIGHT = 1e-3  # of an eigenstate in a stored state
FREEDOM = 5  # batches beyond one for each spin, so that their covariance is known
MOST_SHOWN = 5000  # points in time of the picture, each with the weights of 2^N levels


@dataclass(frozen=True)
class TrajectoriesStudy:
    """Trajectories of the disorder sample (seed, 0) with the addresses (seed, 0), (seed, 1), ...

    count, count_hilbert : how many of each model are averaged (a jump between levels costs little)
    duration_us, step_us, burn_in_us : of each, and its sampling; burn_in_us None is 6 T_1
    shown_us, shown_step_us : length and resolution of the piece that the figure shows, after the burn-in
    """

    n_spins: int
    disorder_mhz: float
    coupling_mhz: float
    bath: Bath
    drive: Drive
    count: int
    count_hilbert: int
    duration_us: float
    step_us: float
    burn_in_us: float | None
    shown_us: float
    shown_step_us: float
    electron_ghz: float = 93.9
    ising: bool = False
    seed: int = 0

    study: ClassVar[str] = "trajectories"

    def __post_init__(self) -> None:
        checks.positive_int("n_spins", self.n_spins)
        checks.non_negative("disorder_mhz", self.disorder_mhz)
        checks.non_negative("coupling_mhz", self.coupling_mhz)
        checks.positive("electron_ghz", self.electron_ghz)
        checks.non_negative_int("seed", self.seed)
        for key in ("count", "count_hilbert"):
            checks.positive_int(key, getattr(self, key))
        if self.burn_in_us is not None:
            checks.non_negative("burn_in_us", self.burn_in_us)
        self.drive.driven_sites(self.n_spins)
        require_averaging(self.bath, self.duration_us, self.step_us)
        batches = self.duration_us / (BATCH_T1 * self.bath.t1_us)
        if min(self.count, self.count_hilbert) * np.floor(batches) < self.n_spins + FREEDOM:
            allowed = (
                f"longer (or count, count_hilbert larger): {self.n_spins + FREEDOM} batches of {BATCH_T1:g} T_1 are needed"
            )
            raise ParameterError("duration_us", self.duration_us, allowed)
        shown, step = require_sampling(self.bath, self.shown_us, self.shown_step_us, "shown_")
        if shown / step > MOST_SHOWN:
            raise ParameterError("shown_step_us", step, f"at least shown_us / {MOST_SHOWN}, a picture of so many points")

    @property
    def system(self) -> SpinSystem:
        """The disorder sample (seed, 0)."""
        address = (self.seed, 0)
        return SpinSystem.sample(self.n_spins, self.disorder_mhz, self.coupling_mhz, address, self.electron_ghz, self.ising)

    @property
    def title(self) -> str:
        """The run's name in tables and legends."""
        return f"trajectories T={self.bath.temperature_k:g}K N={self.n_spins}"

    @property
    def steps(self) -> int:
        """Trajectories, those of the picture included."""
        return self.count + self.count_hilbert + len(UNRAVELLED)

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """One piece of a history of each model, and the averages of many against the steady states."""
        system, pieces, averages = self.system, {}, []
        metrics: dict[str, float] = {}
        # all of them first: what has no steady state is told before any history is made
        states = {model: steady_state(system, self.bath, self.drive, model=model) for model in UNRAVELLED}
        for model, state in states.items():
            pieces[model] = self._shown(system, model)
            progress(1)
            means = self._averages(system, model, progress)
            together = agreement(means.polarization, state.polarization)
            averages.append(_compared(model, means, state, self._expected_rates(state)))
            metrics |= _metrics(model, means, together, averages[-1], self.bath.thermal_polarization(self.electron_ghz))
        tables = {
            "levels": _levels(system),
            "path": pd.concat([_path(piece) for piece in pieces.values()], ignore_index=True),
            "weights": _weights(pieces["nonsecular"]),
            "jumps": pd.concat([_jumps(piece) for piece in pieces.values()], ignore_index=True),
            "averages": pd.concat(averages, ignore_index=True),
        }
        return StudyResult(metrics, tables, _text(self, metrics, tables["averages"]))

    def _shown(self, system: SpinSystem, model: str) -> Trajectory:
        burn_in = BURN_IN_T1 * self.bath.t1_us if self.burn_in_us is None else self.burn_in_us
        return trajectory(
            system,
            self.bath,
            self.drive,
            model,
            (self.seed, 0),
            self.shown_us,
            self.shown_step_us,
            weights=True,
            burn_in_us=burn_in,
        )

    def _averages(self, system: SpinSystem, model: str, progress: Callable[[int], object]) -> TrajectoryAverages:
        count = self.count if model == "nonsecular" else self.count_hilbert
        return trajectory_averages(
            system,
            self.bath,
            self.drive,
            model,
            self.seed,
            count,
            self.duration_us,
            self.step_us,
            self.burn_in_us,
            progress=progress,
        )

    def _expected_rates(self, state: SteadyState) -> FloatArray:
        if state.model == "nonsecular":
            return LocalJumps(state.system, self.bath, self.drive).expected_rates(state.density_matrix())
        levels = LevelJumps(state.system, self.bath, self.drive)
        return levels.expected_rates(state.level_populations, state.system.spectrum.sz)


def _levels(system: SpinSystem) -> pd.DataFrame:
    spectrum = system.spectrum
    energy_mhz = spectrum.energies / RAD_US_PER_MHZ
    return pd.DataFrame({"level": range(len(energy_mhz)), "sz": spectrum.sz, "energy_mhz": energy_mhz})


def _path(piece: Trajectory) -> pd.DataFrame:
    columns = {"time_us": piece.times_us, "energy_mhz": piece.energy_mhz, "sz": piece.sz}
    return pd.DataFrame({"model": piece.model, **columns, "participation": piece.participation})


def _weights(piece: Trajectory) -> pd.DataFrame:
    assert piece.weights is not None
    sample, level = np.nonzero(piece.weights >= SMALLEST_WEIGHT)
    return pd.DataFrame({"time_us": piece.times_us[sample], "level": level, "weight": piece.weights[sample, level]})


def _jumps(piece: Trajectory) -> pd.DataFrame:
    table = piece.jumps.table()
    table.insert(0, "model", piece.model)
    return table


def _compared(model: str, means: TrajectoryAverages, state: SteadyState, rates: FloatArray) -> pd.DataFrame:
    """One line for each average: its error, and the steady state's value."""
    n = state.system.n_spins
    energy_mhz = state.level_populations @ state.system.spectrum.energies / RAD_US_PER_MHZ
    # a kind of jump that a model does not have is no number to compare
    known = np.flatnonzero(rates > 0.0)
    batches = np.column_stack([means.polarization, means.energy_mhz, means.jump_rates[:, known]])
    mean, error = mean_and_error(batches)
    steady = np.concatenate([state.polarization, [energy_mhz], rates[known]])
    return pd.DataFrame(
        {
            "model": model,
            "quantity": ["polarization"] * n + ["energy_mhz"] + [f"rate of {KINDS[k]} (1/us)" for k in known],
            "site": [*range(n), *[-1] * (1 + len(known))],
            "mean": mean,
            "error": error,
            "steady_state": steady,
            # nan: it never happened
            "z": np.divide(mean - steady, error, out=np.full_like(mean, np.nan), where=error > 0.0),
        }
    )


def _metrics(
    model: str, means: TrajectoryAverages, together: Agreement, table: pd.DataFrame, thermal: float
) -> dict[str, float]:
    assert means.participation is not None
    participation, participation_error = mean_and_error(means.participation)
    polarizations = table[table["quantity"] == "polarization"]
    metrics = {
        f"obs.{model}_participation": float(participation),
        f"obs.{model}_participation_error": float(participation_error),
        f"obs.{model}_correlation_us": float(means.correlation_us.max()),
        f"check.{model}_chi2": together.chi2,
        f"check.{model}_p_value": together.p_value,
        f"check.{model}_worst_z": float(table["z"].abs().max()),
        f"check.{model}_polarization_error": float(polarizations["error"].max() / abs(thermal)),
    }
    for kind, mean, error in zip(KINDS, *mean_and_error(means.jump_rates), strict=True):
        found = table[table["quantity"] == f"rate of {kind} (1/us)"]
        if not found.empty:
            metrics[f"obs.{model}_rate_{WORDS[kind]}"] = float(mean)
            metrics[f"obs.{model}_rate_{WORDS[kind]}_error"] = float(error)
            metrics[f"obs.{model}_rate_{WORDS[kind]}_steady"] = float(found["steady_state"].iloc[0])
    return metrics


def _text(study: TrajectoriesStudy, metrics: dict[str, float], averages: pd.DataFrame) -> str:
    lines = [f"{'model':<12}{'quantity':<26}{'trajectories':>22}{'steady state':>14}{'z':>7}"]
    for row in averages.itertuples(index=False):
        name = f"P of spin {row.site}" if row.quantity == "polarization" else str(row.quantity)
        found = f"{row.mean:.4f} ± {row.error:.4f}"
        lines.append(f"{row.model:<12}{name:<26}{found:>22}{row.steady_state:>14.4f}{row.z:>7.1f}")
    lines.append("")
    for model in UNRAVELLED:
        p_value, spread = metrics[f"check.{model}_p_value"], metrics[f"obs.{model}_participation"]
        lines.append(
            f"{model}: the polarizations agree with the steady state at p = {p_value:.2g}; a trajectory is spread over "
            f"{spread:.1f} of {2**study.n_spins} eigenstates of H_S."
        )
    return "\n".join(lines)
