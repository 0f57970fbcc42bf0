"""The map over realizations: processes over small samples, or the BLAS's threads inside one large sample at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from joblib import Parallel, delayed

from dnplab import checks
from dnplab.ensemble.checkpoints import Checkpoints
from dnplab.ensemble.numerics import numerics_version
from dnplab.ensemble.realization import Realization, measure_realization
from dnplab.ensemble.result import EnsembleResult
from dnplab.ensemble.spec import EnsembleSpec
from dnplab.errors import ConvergenceError
from dnplab.stationary import THREADS_MIN_SPINS
from dnplab.threads import limited_threads

__all__ = ["run_ensemble", "threads_per_solve"]

LARGE_SAMPLE_SPINS = 11  # below it two samples side by side take less time than one after the other on two cores


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_per_solve(n_spins: int, threads: int) -> int:
    """Threads of one solve: as given, else by size alone, so that the worker count cannot change a byte."""
    if n_spins < THREADS_MIN_SPINS:
        return 1  # more would only wait for each other
    if threads > 0:
        return threads
    return available_cores() if n_spins >= LARGE_SAMPLE_SPINS else 1


def run_ensemble(
    spec: EnsembleSpec,
    workers: int = 0,
    threads: int = 0,
    device: str = "cpu",
    checkpoints: Path | None = None,
    progress: Callable[[int], object] | None = None,
) -> EnsembleResult:
    """All realizations of an ensemble, in the order of their index.

    workers : processes over realizations; 0 takes as many as cores / threads, one on a GPU
    threads : of each solve; 0 takes 1 below N = 11 and all cores from there on. Below N = 9 a solve takes 1
    device : "cpu" or "gpu", where each solve runs
    checkpoints : root folder of stored realizations; those that are there are not computed again
    progress : called with the number of realizations that are done since the last call (for instance tqdm.update)
    """
    checks.non_negative_int("workers", workers)
    limit = threads_per_solve(spec.n_spins, checks.non_negative_int("threads", threads))
    store = None if checkpoints is None else Checkpoints.of(checkpoints, spec)
    done: dict[int, Realization] = {}
    damaged = 0
    if store is not None:
        stored = sorted(store.stored() & set(spec.indices))
        done = {r.index: r for i in stored if (r := store.load(i)) is not None}
        damaged = len(stored) - len(done)
    if done and progress is not None:
        progress(len(done))
    missing = [i for i in spec.indices if i not in done]
    fitting = 1 if device == "gpu" else max(1, available_cores() // limit)
    count = min(workers or fitting, max(1, len(missing)))
    version = numerics_version()
    tasks = (delayed(_measure)(spec, i, limit, device, version) for i in missing)
    for realization in Parallel(n_jobs=count, return_as="generator_unordered")(tasks):
        done[realization.index] = realization
        if store is not None:
            store.save(realization)
        if progress is not None:
            progress(1)
    return EnsembleResult(spec, [done[i] for i in spec.indices], damaged)


def _measure(spec: EnsembleSpec, index: int, threads: int, device: str, version: str) -> Realization:
    """One realization; a worker imports the code when it is spawned, which may be after somebody has edited it."""
    if numerics_version() != version:
        raise ConvergenceError("The code was edited while this ensemble was computed; the same command takes the new code.")
    with limited_threads(threads):
        return measure_realization(spec, index, device)
