"""One line of progress for a whole command, whatever computes it: this process, other ones, or jobs of a cluster."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from dnplab.config import ENSEMBLE, Job, Plan
from dnplab.ensemble import EnsembleSpec
from experiments.jobs import checkpoint_root

__all__ = ["REALIZATION", "bar_of", "unit_of", "watched"]

REALIZATION = "realization"
TERMINAL_S, LOG_S = 0.5, 10.0  # between two lines; a log file is not flooded
Bar = tqdm  # its type parameter is of no use here


def unit_of(plan: Plan) -> str:
    """What the bar counts."""
    return REALIZATION if plan.jobs[0].config.study == ENSEMBLE else "step"


def bar_of(plan: Plan, open_jobs: Sequence[Job]) -> Bar[Any]:
    """A bar over all that is still to be computed, with the remaining time."""
    interval = TERMINAL_S if sys.stderr.isatty() else LOG_S
    total = sum(job.steps for job in open_jobs)
    return tqdm(total=total, unit=unit_of(plan), mininterval=interval, dynamic_ncols=True)


@contextmanager
def watched(bar: Bar[Any], jobs: Sequence[Job]) -> Iterator[None]:
    """Move the bar by the realizations that appear on disk, where other processes compute them."""
    done = threading.Event()
    counts = [_stored(job) for job in jobs]
    shown = 0

    def look() -> None:
        nonlocal shown
        found = sum(count() for count in counts)
        bar.update(found - shown)
        shown = found

    def watch() -> None:
        while not done.wait(TERMINAL_S if sys.stderr.isatty() else LOG_S):
            look()

    thread = threading.Thread(target=watch, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        look()


def _stored(job: Job) -> Callable[[], int]:
    """How many realizations of a job are on disk; a study has none."""
    if not isinstance(job.work, EnsembleSpec):
        return lambda: 0
    indices = set(job.work.indices)
    folder = checkpoint_root(job.config.outputs) / job.work.sample_key[:20]
    return lambda: sum(file.stem.isdigit() and int(file.stem) in indices for file in folder.glob("*.npz"))
