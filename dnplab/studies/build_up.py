r"""Study: how the polarizations build up after the microwaves are switched on, and when they have arrived.

    P_i(t), their mean, and the nuclear polarization tanh(beta_s(t) omega_n / 2) of the spin-temperature ansatz at each time

from the thermal state (`dnplab.evolution`), with the steady state of the same model beside it. A build-up time is the time
from which on less than 1/e of the whole change, from t = 0 to the steady state, remains: the time constant of an
exponential, and not misled by the nutation of resonant spins, which a cold bath hardly damps. Times are spaced
geometrically: microwaves, couplings and T_1 act decades apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError, UndefinedMeasureError
from dnplab.evolution import Evolution, evolve
from dnplab.models.registry import require_bath, require_model
from dnplab.observables.spin_temperature import fit_spin_temperature, spin_temperature
from dnplab.rotating_frame import detuning
from dnplab.stationary import SteadyState, steady_state
from dnplab.studies.base import StudyResult, no_progress
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["BuildUpStudy", "build_up_time"]

FloatArray = NDArray[np.float64]
DURATION_T1 = 5.0  # of a duration that is not given
DECADES = 4.0  # from the first time after 0 to the last
REMAINING = math.exp(-1.0)
STILL = 1e-9  # a change of a polarization that is none
MOST_POINTS = 10_001


@dataclass(frozen=True)
class BuildUpStudy:
    """Build-up of one model, averaged over the disorder samples (seed, 0) .. (seed, realizations - 1).

    duration_us : None is 5 T_1
    points : output times, 0 among them
    rtol : of the evolution, and of the steady state
    """

    study: ClassVar[str] = "build_up"

    n_spins: int
    disorder_mhz: float
    coupling_mhz: float
    bath: Bath
    drive: Drive
    model: str
    electron_ghz: float = 93.9
    ising: bool = False
    seed: int = 0
    realizations: int = 1
    duration_us: float | None = None
    points: int = 401
    rtol: float = 1e-8

    def __post_init__(self) -> None:
        require_bath(require_model(self.model), self.bath, self.electron_ghz)
        checks.positive_int("n_spins", self.n_spins)
        checks.non_negative("disorder_mhz", self.disorder_mhz)
        checks.non_negative("coupling_mhz", self.coupling_mhz)
        checks.positive("electron_ghz", self.electron_ghz)
        checks.non_negative_int("seed", self.seed)
        checks.positive_int("realizations", self.realizations)
        if self.duration_us is not None:
            checks.positive("duration_us", self.duration_us)
        if not 3 <= checks.positive_int("points", self.points) <= MOST_POINTS:
            raise ParameterError("points", self.points, f"an integer from 3 to {MOST_POINTS}")
        checks.tolerance("rtol", self.rtol)
        self.drive.driven_sites(self.n_spins)

    @property
    def title(self) -> str:
        """The run's name."""
        return f"build_up {self.model} T={self.bath.temperature_k:g}K N={self.n_spins}"

    @property
    def steps(self) -> int:
        """One a realization."""
        return self.realizations

    @property
    def times_us(self) -> FloatArray:
        """(points,) 0 and then a geometric grid up to the duration."""
        end = DURATION_T1 * self.bath.t1_us if self.duration_us is None else self.duration_us
        return np.concatenate([[0.0], end * np.geomspace(10.0**-DECADES, 1.0, self.points - 1)])

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """Evolve every sample, find its steady state, average."""
        runs = []
        for k in range(self.realizations):
            system = SpinSystem.sample(
                self.n_spins, self.disorder_mhz, self.coupling_mhz, (self.seed, k), self.electron_ghz, self.ising
            )
            evolution = evolve(system, self.bath, self.drive, self.model, self.times_us, rtol=self.rtol)
            steady = steady_state(system, self.bath, self.drive, self.model, self.rtol)
            runs.append((evolution, steady, _nuclear(evolution), _steady_nuclear(steady)))
            progress(1)
        return self._result(runs)

    def _result(self, runs: list[tuple[Evolution, SteadyState, FloatArray | None, float | None]]) -> StudyResult:
        times = self.times_us
        offsets = np.mean([np.asarray(e.system.offsets_mhz) for e, *_ in runs], axis=0)
        p = np.mean([e.polarization for e, *_ in runs], axis=0)
        p_steady = np.mean([s.polarization for _, s, *_ in runs], axis=0)
        nuclear = [(path, end) for *_, path, end in runs if path is not None and end is not None]
        thermal = self.bath.thermal_polarization(self.electron_ghz)
        spins = pd.DataFrame(
            {
                "time_us": np.repeat(times, self.n_spins),
                "spin": np.tile(np.arange(self.n_spins), len(times)),
                "offset_mhz": np.tile(offsets, len(times)),
                "polarization": p.ravel(),
                "steady_polarization": np.tile(p_steady, len(times)),
            }
        )
        means = pd.DataFrame(
            {"time_us": times, "mean_polarization": p.mean(axis=1), "steady_mean_polarization": float(p_steady.mean())}
        )
        metrics = {
            "obs.final_distance": float(np.abs(p[-1] - p_steady).max() / abs(thermal)),
            "obs.mean_polarization": float(p[-1].mean()),
            "check.trace_error": max(float(e.trace_error.max()) for e, *_ in runs),
            "check.error_bound": max(float(e.error_bound[-1]) for e, *_ in runs),
            "check.least_eigenvalue": min(float(e.least_eigenvalues().min()) for e, *_ in runs),
            "check.applications": float(sum(e.applications for e, *_ in runs)),
        }
        quantities = [("polarization", means["mean_polarization"].to_numpy(), float(p_steady.mean()))]
        if len(nuclear) == len(runs):
            path, end = np.mean([path for path, _ in nuclear], axis=0), float(np.mean([end for _, end in nuclear]))
            means["nuclear_polarization"], means["steady_nuclear_polarization"] = path, end
            metrics["obs.nuclear_polarization"] = float(path[-1])
            quantities.append(("nuclear_polarization", path, end))
        samples = f"{self.realizations} sample{'s' * (self.realizations > 1)}"
        lines = [f"{self.title}, {samples}, {times[-1]:g} µs = {times[-1] / self.bath.t1_us:g} T_1"]
        for name, path, end in quantities:
            word = ("mean " if name == "polarization" else "") + name.replace("_", " ")
            arrived = build_up_time(times, path, end)
            if arrived is not None:
                metrics[f"obs.build_up_{name}_us"] = arrived
                where = f"less than 1/e remains after {arrived:.4g} µs = {arrived / self.bath.t1_us:.3g} T_1"
            elif abs(end - path[0]) <= STILL:
                where = "there is nothing to build up."
            else:
                where = "more than 1/e of this remains at the end."
            lines.append(f"{word:<22}{path[0]:>10.5f} -> {end:.5f}: {where}")
        if len(quantities) == 1:
            lines.append("nuclear polarization  has no meaning here: it needs a spin temperature and a disorder_mhz > 0.")
        lines.append(f"largest distance from the steady state at the end: {metrics['obs.final_distance']:.1e} |P_0|")
        return StudyResult(metrics, {"build_up": spins, "build_up_mean": means}, "\n".join(lines))


def build_up_time(times: FloatArray, path: FloatArray, end: float) -> float | None:
    """The time from which on less than 1/e of the change from path[0] to `end` remains; None: not reached, or no change.

    Linear in log t between the output times (in t from 0 to the first).
    """
    change = abs(end - path[0])
    if change <= STILL:
        return None
    remaining = np.abs(end - path) / change
    k = int(np.flatnonzero(remaining > REMAINING)[-1]) + 1
    if k == len(times):
        return None
    share = float((remaining[k - 1] - REMAINING) / (remaining[k - 1] - remaining[k]))
    if times[k - 1] == 0.0:
        return share * float(times[k])
    return float(times[k - 1] * (times[k] / times[k - 1]) ** share)


def _nuclear(evolution: Evolution) -> FloatArray | None:
    """tanh(beta_s omega_n / 2) at every time, omega_n = Delta omega_e / N; None where it has no meaning."""
    system = evolution.system
    if not system.disorder_mhz or system.n_spins == 1:
        return None
    offset = detuning(system, evolution.drive) / RAD_US_PER_MHZ
    energies, sz = system.spectrum.energies / RAD_US_PER_MHZ + offset * system.spectrum.sz, system.spectrum.sz
    out, beta_s = np.empty(len(evolution.times_us)), 0.0
    try:
        for k, (energy, total) in enumerate(zip(evolution.energy_mhz, evolution.sz, strict=True)):
            beta_s, _ = fit_spin_temperature(energies, sz, float(energy + offset * total), float(total), beta_s)
            out[k] = math.tanh(0.5 * beta_s * system.disorder_mhz / system.n_spins)
    except UndefinedMeasureError:
        return None
    return out


def _steady_nuclear(state: SteadyState) -> float | None:
    system = state.system
    if not system.disorder_mhz or system.n_spins == 1:
        return None
    try:
        return spin_temperature(state).nuclear_polarization(system.disorder_mhz / system.n_spins)
    except UndefinedMeasureError:
        return None
