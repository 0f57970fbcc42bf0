r"""Time averages over trajectories, with errors that know how long a history remembers.

    mean   the average over M trajectories of the same duration, after a burn-in each
    error  from batches: B pieces of some T_1 each, longer than the memory, so that their means are independent;
           the error of the mean is their standard deviation / sqrt(B)
    tau    the integrated correlation time that the batches reveal, (batch / 2) var(batch means) / var(samples)

Whether the means agree with given numbers is one question for all spins together, since their errors are correlated:
Hotelling's T^2 = (mean - expected) C^-1 (mean - expected), C the covariance of the mean, follows F (B - 1) p / (B - p) with
p and B - p degrees of freedom. p counts independent numbers: a combination that never changes must be as expected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.typing import NDArray
from scipy import stats

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError, UndefinedMeasureError
from dnplab.system import SpinSystem
from dnplab.threads import limited_threads
from dnplab.trajectories.history import KINDS
from dnplab.trajectories.run import require_memory_of_histories, require_sampling, require_unravelled, trajectory

__all__ = [
    "BATCH_T1",
    "BURN_IN_T1",
    "Agreement",
    "TrajectoryAverages",
    "agreement",
    "mean_and_error",
    "require_averaging",
    "trajectory_averages",
]

FloatArray = NDArray[np.float64]
BATCH_T1 = 16.0  # flips forget at 1/T_1: neighbouring batches are then correlated by some percent
UNCHANGED = 1e-12  # of the numbers themselves: below it a spread is their rounding
DEPENDENT = 1e-12  # eigenvalue of a correlation matrix: below it a combination of averages never changes
SMALLEST_Z = 1e-3  # of such a combination, which is exact but for rounding
BURN_IN_T1 = 6.0  # what is left of the start is exp(-6) times its distance, in the first few of many T_1


@dataclass(frozen=True, eq=False)
class TrajectoryAverages:
    """Batch means of M trajectories; `mean_and_error` reduces them.

    batch_us : length of a batch
    polarization : (B, N) 2 <S_i^z>
    energy_mhz : (B,) <H_S - omega_e S^z>/2pi
    participation : (B,) over how many eigenstates of H_S the state is spread, if asked for
    jump_rates : (B, 6) jumps of each of `KINDS` in 1/µs
    correlation_us : (N,) integrated correlation time of each spin's polarization, nan where that never changes
    """

    model: str
    batch_us: float
    polarization: FloatArray
    energy_mhz: FloatArray
    participation: FloatArray | None
    jump_rates: FloatArray
    correlation_us: FloatArray


def mean_and_error(batches: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean (...) of batch means (B, ...) and its standard error (...)."""
    return np.asarray(batches.mean(axis=0)), np.asarray(batches.std(axis=0, ddof=1) / len(batches) ** 0.5)


class Agreement(NamedTuple):
    """Means against expected numbers: z in errors (p,), T^2 of all together (about chi^2 of p), and its p-value."""

    z: FloatArray
    chi2: float
    p_value: float


def agreement(batches: FloatArray, expected: FloatArray) -> Agreement:
    """How far the mean of batches (B, p) is from what is expected (p,).

    Raises:
        ParameterError: too few batches for p numbers.
        UndefinedMeasureError: a number that never changed has no error.

    """
    mean, error = mean_and_error(batches)
    count, width = batches.shape
    if count <= width + 1:
        raise ParameterError("batches", count, f"more than {width + 1} to compare {width} numbers")
    if still := int((error <= UNCHANGED * np.abs(batches).max(axis=0)).sum()):
        raise UndefinedMeasureError(
            f"{still} of {width} averages never changed from batch to batch, so that their error is unknown; a longer "
            "duration or a warmer bath has more jumps."
        )
    z = (mean - expected) / error
    values, vectors = np.linalg.eigh(np.atleast_2d(np.corrcoef(batches, rowvar=False)))
    along, free = vectors.T @ z, values > DEPENDENT
    if np.abs(along[~free]).max(initial=0.0) > SMALLEST_Z:
        return Agreement(z, math.inf, 0.0)
    t_squared, rank = float((along[free] ** 2 / values[free]).sum()), int(free.sum())
    return Agreement(z, t_squared, float(stats.f.sf(t_squared * (count - rank) / (rank * (count - 1)), rank, count - rank)))


def trajectory_averages(
    system: SpinSystem,
    bath: Bath,
    drive: Drive,
    model: str = "nonsecular",
    seed: int = 0,
    trajectories: int = 8,
    duration_us: float = 500.0,
    step_us: float = 0.2,
    burn_in_us: float | None = None,
    propagator: str = "auto",
    workers: int = 0,
    progress: Callable[[int], object] | None = None,
    flips: str = "ladder",
    participation: bool = True,
    batch_us: float | None = None,
) -> TrajectoryAverages:
    """Averages over `trajectories` histories with the addresses (seed, 0), (seed, 1), ...

    duration_us : of each, after `burn_in_us` (None: 6 T_1)
    step_us : sampling step; a longer one loses statistics, never accuracy
    workers : processes over trajectories, 0 takes all cores; the result does not depend on it
    progress : called with the number of trajectories done since the last call
    flips : "ladder" or "components", see `trajectory`
    participation : ask for it; it needs the eigenstates of H_S
    batch_us : length of a batch at least (None: 16 T_1); `correlation_us` tells whether it is longer than the memory

    Raises:
        ParameterError: a value is out of its domain, a duration too short to average, or a model without unravelling.

    """
    require_unravelled(model, system, bath, flips)
    duration, step = require_averaging(bath, duration_us, step_us, batch_us)
    batch = BATCH_T1 * bath.t1_us if batch_us is None else batch_us
    burn_in = BURN_IN_T1 * bath.t1_us if burn_in_us is None else checks.non_negative("burn_in_us", burn_in_us)
    count, processes = checks.positive_int("trajectories", trajectories), checks.non_negative_int("workers", workers)
    seed = checks.non_negative_int("seed", seed)
    processes = min(processes or cpu_count(), count)
    require_memory_of_histories(system.n_spins, model, bath, duration, step, participation, propagator, burn_in, processes)
    plan = _Plan(int(duration / batch * (1 + 1e-12)), duration, step, burn_in, propagator, flips, participation)
    done: dict[int, _Batches] = {}
    tasks = (delayed(_measure)(system, bath, drive, model, (seed, i), plan) for i in range(count))
    for index, batches in Parallel(n_jobs=processes, return_as="generator_unordered")(tasks):
        done[index] = batches
        if progress is not None:
            progress(1)
    ordered = [done[i] for i in range(count)]
    polarization = np.concatenate([one.polarization for one in ordered])
    length = duration / plan.batches
    variance = np.mean([one.variance for one in ordered], axis=0)
    spread = polarization.var(axis=0, ddof=1) if len(polarization) > 1 else np.full(system.n_spins, np.nan)
    return TrajectoryAverages(
        model=model,
        batch_us=length,
        polarization=polarization,
        energy_mhz=np.concatenate([one.energy_mhz for one in ordered]),
        participation=_joined([one.participation for one in ordered]),
        jump_rates=np.concatenate([one.jump_rates for one in ordered]),
        correlation_us=0.5 * length * spread / np.where(variance > UNCHANGED**2, variance, np.nan),
    )


def require_averaging(bath: Bath, duration_us: float, step_us: float, batch_us: float | None = None) -> tuple[float, float]:
    """A duration and a sampling step of a time average, checked."""
    duration, step = require_sampling(bath, duration_us, step_us)
    if batch_us is None:
        batch, why = BATCH_T1 * bath.t1_us, f"{BATCH_T1:g} times the relaxation time T_1 = {bath.t1_us:g} µs"
    else:
        batch, why = checks.positive("batch_us", batch_us), "a batch (batch_us)"
        if batch < step:
            raise ParameterError("batch_us", batch, f"at least the sampling step, {step:g} µs")
    if duration < batch:
        raise ParameterError("duration_us", duration, f"at least {batch:g} µs for a time average: {why}")
    return duration, step


@dataclass(frozen=True)
class _Plan:
    batches: int
    duration_us: float
    step_us: float
    burn_in_us: float
    propagator: str
    flips: str
    participation: bool


def _joined(pieces: Sequence[FloatArray | None]) -> FloatArray | None:
    known = [piece for piece in pieces if piece is not None]
    return np.concatenate(known) if known else None


@dataclass(frozen=True, eq=False)
class _Batches:
    polarization: FloatArray
    energy_mhz: FloatArray
    participation: FloatArray | None
    jump_rates: FloatArray
    variance: FloatArray


def _measure(
    system: SpinSystem, bath: Bath, drive: Drive, model: str, seed: tuple[int, int], plan: _Plan
) -> tuple[int, _Batches]:
    duration, step, burn_in = plan.duration_us, plan.step_us, plan.burn_in_us
    with limited_threads(1):
        history = trajectory(
            system,
            bath,
            drive,
            model,
            seed,
            duration,
            step,
            weights=plan.participation,
            propagator=plan.propagator,
            burn_in_us=burn_in,
            flips=plan.flips,
        )
    edges = np.linspace(0.0, duration, plan.batches + 1)
    # sample k stands for the step that ends at its time, the first one for none
    part = np.searchsorted(edges, history.times_us - 0.5 * history.times_us[1], side="right") - 1
    pieces = [part == b for b in range(plan.batches)]
    spread = history.participation
    counts = np.array(
        [np.histogram(history.jumps.times_us[history.jumps.kind == kind], edges)[0] for kind in range(len(KINDS))]
    )
    return seed[1], _Batches(
        polarization=np.array([history.polarization[piece].mean(axis=0) for piece in pieces]),
        energy_mhz=np.array([history.energy_mhz[piece].mean() for piece in pieces]),
        participation=None if spread is None else np.array([spread[piece].mean() for piece in pieces]),
        jump_rates=counts.T * (plan.batches / plan.duration_us),
        variance=history.polarization[1:].var(axis=0),
    )
