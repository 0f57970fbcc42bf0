"""The process of one measurement: a pickled job on stdin, a JSON object a line on stdout, one for each phase that ends.

ready    imports and warm-up are done                  base_mib
built    QuTiP has its L                               seconds
solved   a steady state was found (once a repeat)      seconds; the first: peak_mib and what `Answer` says
checked  after the first solve, off the clock          residual, polarization
failed   the method gave no state                      outcome, note, seconds, peak_mib
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil

from dnplab.benchmark.job import Ending, Job
from dnplab.benchmark.machine import peak_mib
from dnplab.benchmark.methods import METHODS, Answer, generator_of, warm_up
from dnplab.errors import ConvergenceError, ParameterError
from dnplab.spins import site_values
from dnplab.threads import limited_threads

__all__ = ["main"]

SHARE = 0.95  # of the memory that is free, so that a solve that needs more fails alone


def main() -> None:
    """Measure the job on stdin."""
    job: Job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with os.fdopen(os.dup(1), "w") as messages:
        os.dup2(2, 1)  # what libraries print is no message

        def tell(phase: str, **values: Any) -> None:
            messages.write(json.dumps({"phase": phase, **values}) + "\n")
            messages.flush()

        with limited_threads(job.threads):
            _measure(job, tell)


def _end_with_parent() -> None:
    """Stop when the process that asked is gone, however it went."""
    sys.stdin.buffer.read()
    os._exit(1)


def _measure(job: Job, tell: Callable[..., None]) -> None:
    method, started = METHODS[job.method], time.perf_counter()
    try:
        warm_up(job)
        _limit_memory()
        tell("ready", base_mib=peak_mib())
        started = time.perf_counter()
        prepared = None
        if method.prepare is not None:
            prepared = method.prepare(job)
            tell("built", seconds=time.perf_counter() - started)
        spent = 0.0
        for repeat in range(job.repeats):
            started = time.perf_counter()
            answer = method.solve(job, prepared)
            seconds = time.perf_counter() - started
            if repeat == 0:
                tell("solved", seconds=seconds, peak_mib=peak_mib(), **_words(answer))
                tell("checked", **_checks(job, answer))
            else:
                tell("solved", seconds=seconds)
            spent += seconds
            if spent > job.limit_s:
                break
    except Exception as error:  # noqa: BLE001 - whatever a foreign solver raises is its result
        note = str(error).strip() or type(error).__name__
        tell(
            "failed",
            outcome=_ending(error),
            note=" ".join(note.split()),
            seconds=time.perf_counter() - started,
            peak_mib=peak_mib(),
        )


def _ending(error: Exception) -> Ending:
    if isinstance(error, MemoryError):
        return Ending.NO_MEMORY
    if isinstance(error, ParameterError):
        return Ending.NOT_APPLICABLE
    if isinstance(error, ConvergenceError) or str(error).startswith("scipy.sparse.linalg"):  # QuTiP's words
        return Ending.NOT_CONVERGED
    return Ending.FAILED


def _words(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": answer.outcome,
        "applications": answer.applications,
        "error_estimate": answer.error_estimate,
        "frame": answer.frame,
        "precision": answer.precision,
        "products": answer.products,
    }


def _checks(job: Job, answer: Answer) -> dict[str, Any]:
    """What our generator says of the state, whoever found it."""
    generator, z = generator_of(job), answer.real_form
    residual = np.linalg.norm(generator.apply(z)) / (generator.relaxation_rate * np.linalg.norm(z))
    polarization = 2.0 * site_values(job.system.n_spins) @ np.diagonal(z) / np.trace(z)
    return {"residual": float(residual), "polarization": polarization.tolist()}


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        limit = int(psutil.Process().memory_info().vms + SHARE * psutil.virtual_memory().available)
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
