"""One line of progress for a whole command, whatever computes it: this process, other ones, or jobs of a cluster."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from dnplab.config import ENSEMBLE, Job, Plan
from dnplab.ensemble import EnsembleSpec
from experiments.jobs import checkpoints_of

__all__ = ["REALIZATION", "bar_of", "describe", "progress_bar", "unit_of", "watched"]

REALIZATION = "realization"
TERMINAL_S, LOG_S = 0.5, 10.0  # between two lines; a log file is not flooded
Bar = tqdm  # its type parameter is of no use here


def unit_of(plan: Plan) -> str:
    """What the bar counts."""
    return REALIZATION if plan.jobs[0].config.study == ENSEMBLE else "step"


def bar_of(plan: Plan, open_jobs: Sequence[Job]) -> Bar[Any]:
    """A bar over all that is still to be computed, with the remaining time."""
    return progress_bar(sum(job.steps for job in open_jobs), unit_of(plan))


def progress_bar(total: int, unit: str) -> Bar[Any]:
    """A bar on standard error: it moves in a terminal, and is a line now and then in a log file."""
    if sys.stderr.isatty():
        return tqdm(total=total, unit=unit, mininterval=TERMINAL_S, dynamic_ncols=True)
    form = "{desc}{n_fmt} of {total_fmt} " + unit + "s, {elapsed} passed, {remaining} left"
    return tqdm(total=total, unit=unit, mininterval=LOG_S, bar_format=form, file=_Lines())


def describe(bar: Bar[Any], what: str) -> None:
    """Say what is under way; in a log file with the next line."""
    bar.set_description(what, refresh=sys.stderr.isatty())


class _Lines(io.TextIOBase):
    """Standard error, with a line where a bar would go back to the beginning of one."""

    def write(self, text: str) -> int:
        line = text.strip("\r\n ")
        return sys.stderr.write(f"{line}\n") if line else 0

    def flush(self) -> None:
        sys.stderr.flush()


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
    indices, checkpoints = set(job.work.indices), checkpoints_of(job, job.work)
    return lambda: len(indices & checkpoints.stored())
