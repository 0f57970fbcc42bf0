"""How the numbers of a sweep came to be: command, seeds, code, packages, machine and time."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata

from dnplab.numbers import duration, utc
from dnplab.report.checks import distinct
from dnplab.tracking import TrackedRun

__all__ = ["provenance_of"]

PACKAGES = ("numpy", "scipy", "numba", "pandas", "matplotlib", "hydra-core", "mlflow")
SECONDS = "time.total_s"


def provenance_of(runs: Sequence[TrackedRun], numerics: str) -> Iterator[tuple[str, str]]:
    """(what, value) for the table below the command.

    numerics : the version of the solvers and models that are installed now
    """
    if not runs:
        return
    seeds = distinct(run.params.get("ensemble.seed", "") for run in runs)
    if seeds:
        yield "seed of the disorder", f"{', '.join(seeds)} (sample k is addressed by (seed, k))"
    yield "code version", ", ".join(distinct(_commit(run) for run in runs)) or "not recorded"
    versions = distinct(run.tags.get("numerics", "") for run in runs)
    same = "" if not versions else ", as installed now" if versions == [numerics] else f"; installed now: {numerics}"
    yield "numerics (hash of the solvers' and models' files)", (", ".join(versions) or "not recorded") + same
    if devices := distinct(run.tags.get("device", "") for run in runs):
        yield "solved on", ", ".join(devices)
    if hosts := distinct(run.tags.get("host", "") for run in runs):
        yield "machines", str(len(hosts))
    timed = [run.metrics[SECONDS] for run in runs if SECONDS in run.metrics]
    if timed:
        lacking = f" ({len(runs) - len(timed)} runs do not record theirs)" if len(timed) < len(runs) else ""
        yield "time of all runs, added up", duration(sum(timed)) + lacking
    started = sorted(run.started_ms for run in runs if run.started_ms)
    if started:
        yield "runs began", utc(started[0]) if len(started) == 1 else f"{utc(started[0])} to {utc(started[-1])}"
    yield "packages where this page was written", ", ".join(_packages())
    yield "platform where this page was written", f"{platform.platform()}, Python {platform.python_version()}"


def _commit(run: TrackedRun) -> str:
    version = run.tags.get("code_version", "")
    return f"{version} with edited files" if version and run.tags.get("code_dirty") == "true" else version


def _packages() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
