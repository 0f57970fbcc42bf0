"""One measurement in a process of its own, so that its memory is its own and that it can be stopped."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from dnplab.benchmark.job import Ending, Job, Measurement
from dnplab.benchmark.machine import peak_mib
from dnplab.benchmark.methods import require_method

__all__ = ["measure", "reference"]

START_S = 600.0  # for imports and compilation, which no time includes
CHECK_S = 600.0  # for one application of the generator and what is sent back
REFERENCE_RTOL = 1e-12
REFERENCE_PATIENCE = 4.0  # limits that a reference may take
DENSE_REFERENCE_SPINS = 4
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def reference(job: Job) -> Measurement:
    """What errors are measured against: dense for N <= 4, else our `auto` at rtol 1e-12."""
    method = "dense" if job.system.n_spins <= DENSE_REFERENCE_SPINS else "auto"
    limit = REFERENCE_PATIENCE * job.limit_s
    return measure(replace(job, method=method, rtol=REFERENCE_RTOL, repeats=1, limit_s=limit))


def measure(job: Job) -> Measurement:
    """Run a job; what cannot run, takes too long or fails says so in the measurement."""
    if require_method(job.method).startswith("qutip") and find_spec("qutip") is None:
        words = "QuTiP is not installed; pip install -e '.[benchmark]' adds it."
        return Measurement(Ending.NOT_INSTALLED, words)
    with tempfile.TemporaryFile() as errors, _worker(job, errors) as (process, messages):
        return _follow(job, process, messages, errors)


def _follow(job: Job, process: subprocess.Popen[bytes], messages: queue.Queue[str], errors: IO[bytes]) -> Measurement:
    """Take a worker's messages until it ends, fails or keeps one phase longer than that may take."""
    found: dict[str, Any] = {}
    seconds: list[float] = []
    waiting, patience = "start", START_S
    while True:
        try:
            line = messages.get(timeout=patience)
        except queue.Empty:
            note = f"The {waiting} took longer than {patience:g} s and was stopped."
            return _measurement({"outcome": Ending.OVER_LIMIT, "peak_mib": peak_mib(process.pid)} | found, seconds, note)
        if not line:
            words = "" if seconds else _last_words(process, errors)
            return _measurement({"outcome": Ending.FAILED} | found, seconds, words)
        said = json.loads(line)
        phase = said.pop("phase")
        if phase == "failed":
            after, note = said.pop("seconds"), said.pop("note")
            if not seconds and said["outcome"] == Ending.NOT_CONVERGED:
                seconds.append(after)  # a result of its own
            return _measurement(said | found, seconds, note)
        if phase == "built":
            found["build_seconds"] = said["seconds"]
        else:
            if phase == "solved":
                seconds.append(said.pop("seconds"))
            found |= said
        waiting, patience = _next(job, phase, found)


def _next(job: Job, phase: str, found: dict[str, Any]) -> tuple[str, float]:
    """What comes after a phase, and how long it may take."""
    if phase == "ready" and job.method.startswith("qutip"):
        return "build of L", job.limit_s
    if phase == "solved" and "residual" not in found:
        return "check", CHECK_S
    return "solve", job.limit_s


def _measurement(found: dict[str, Any], seconds: list[float], note: str) -> Measurement:
    polarization = tuple(found.pop("polarization", ()))
    return Measurement(**found, note=note, seconds=tuple(seconds), polarization=polarization)


def _last_words(process: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    code = process.wait(timeout=30)
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"The process ended {how}{': ' + lines[-1].strip() if lines else ''}."


@contextlib.contextmanager
def _worker(job: Job, errors: IO[bytes]) -> Iterator[tuple[subprocess.Popen[bytes], queue.Queue[str]]]:
    """The process of a job and its lines as they come; an empty one is the end."""
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, **dict.fromkeys(THREAD_VARIABLES, str(job.threads))}
    command = [sys.executable, "-m", "dnplab.benchmark.worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment)
    messages: queue.Queue[str] = queue.Queue()
    assert process.stdin is not None
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, messages), daemon=True)
    try:
        reader.start()
        with contextlib.suppress(BrokenPipeError):  # a worker that is gone already says so by its exit code
            pickle.dump(job, process.stdin)
            process.stdin.flush()  # and left open: its end is how the worker knows that nobody waits any more
        yield process, messages
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def _read(stream: IO[bytes], messages: queue.Queue[str]) -> None:
    for line in stream:
        messages.put(line.decode())
    messages.put("")
