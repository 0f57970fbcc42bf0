"""How far the numbers of a sweep can be trusted: the worst of each check, and what differs between runs that should not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dnplab.solvers.solution import FLOOR_ERROR
from dnplab.tracking import TrackedRun

__all__ = ["Check", "checks_of", "distinct", "warnings_of"]

LARGEST_TRACE_ERROR = 1e-9
LARGEST_CUT = 0.1
UNDEFINED = "check.undefined."


@dataclass(frozen=True)
class Check:
    """One line of the table of checks.

    name, meaning : in words
    value : the worst over the runs
    where : the run that has it
    verdict : "holds", "look", or empty where there is nothing to hold
    """

    name: str
    meaning: str
    value: str
    where: str = ""
    verdict: str = ""


def checks_of(runs: Sequence[TrackedRun]) -> tuple[Check, ...]:
    """The checks of the finished runs; one that some runs do not record says so."""
    found = [
        _worst(runs, "worst_residual", "largest residual", "‖Lρ‖ T₁ / ‖ρ‖ of a steady state"),
        _worst(
            runs,
            "worst_error_estimate",
            "largest error estimate",
            "of ρ, relative; asked for: rtol, or 1e-6 where rounding ended it",
            _within_rtol,
        ),
        _worst(
            runs,
            "worst_truncation_error",
            "largest error of a cut",
            f"estimated, of the worst P_i over |P₀|, where correlations are cut; at most {LARGEST_CUT:g}",
            lambda _, value: value <= LARGEST_CUT,
            expected=False,
        ),
        _worst(runs, "worst_trace_error", "largest error of the trace", "|Tr ρ − 1|, at most 1e-9", _trace_holds),
        _worst(
            runs,
            "min_eigenvalue",
            "smallest eigenvalue of ρ",
            "a density matrix has none below 0, up to its error",
            _positive,
            smallest=True,
        ),
        _total(runs, "excluded", "samples left out", "realizations that did not converge; they are in no average"),
        _total(
            runs, "at_rounding_floor", "stopped at rounding", "realizations that rounding kept from rtol", any_is_bad=False
        ),
        _total(
            runs, "damaged_checkpoints", "damaged on disk", "stored realizations that were computed again", any_is_bad=False
        ),
    ]
    return tuple([check for check in found if check is not None] + list(_undefined(runs)))


def warnings_of(runs: Sequence[TrackedRun], numerics: str) -> Iterator[str]:
    """What readers of the numbers should know: other versions of the code, edited code, several seeds.

    numerics : the version of the solvers and models that are installed now
    """
    seeds = distinct(run.params.get("ensemble.seed", run.tags.get("seed", "")) for run in runs)
    if len(seeds) > 1:
        yield f"The runs take their disorder from {len(seeds)} seeds ({', '.join(seeds)}): two seeds share no samples."
    commits = Counter(run.tags.get("code_version", "unknown")[:10] for run in runs)
    if len(commits) > 1:
        listed = ", ".join(f"{commit} ({count} runs)" for commit, count in commits.items())
        yield f"The runs were made from {len(commits)} commits: {listed}."
    if edited := sum(run.tags.get("code_dirty") == "true" for run in runs):
        yield f"{edited} of {len(runs)} runs were made from files that differed from their commit."
    versions = distinct(run.tags.get("numerics", "unknown") for run in runs)
    if versions and versions != [numerics]:
        yield (
            f"The installed solvers and models are {numerics}, the runs come from {', '.join(versions)}: "
            "the command below may give other digits."
        )


def distinct(values: Iterable[str]) -> list[str]:
    """Values once each, in their order, without empty ones."""
    return [value for value in dict.fromkeys(values) if value]


def _worst(
    runs: Sequence[TrackedRun],
    key: str,
    name: str,
    meaning: str,
    holds: Callable[[TrackedRun, float], bool] | None = None,
    *,
    smallest: bool = False,
    expected: bool = True,
) -> Check | None:
    """The worst value of a metric over the runs; None where there is none and none is expected."""
    values = [(run.metrics[f"check.{key}"], run) for run in runs if math.isfinite(run.metrics.get(f"check.{key}", math.nan))]
    if not values:
        return Check(name, meaning, "not recorded") if runs and expected else None
    value, run = (min if smallest else max)(values, key=lambda pair: pair[0])
    few = expected and len(values) < len(runs)
    lacking = f"; {len(runs) - len(values)} of {len(runs)} runs do not record it" if few else ""
    held = holds is not None and all(holds(at, number_) for number_, at in values)
    verdict = "" if holds is None or (held and lacking) else "holds" if held else "look"
    return Check(name, meaning, f"{value:.1e}" if value else "0", f"{run.name}{lacking}", verdict)


def _total(runs: Sequence[TrackedRun], key: str, name: str, meaning: str, *, any_is_bad: bool = True) -> Check | None:
    """The sum of a count over the runs that have it; None where there is none and none is what is expected."""
    counts = [(run.metrics[f"check.{key}"], run) for run in runs if f"check.{key}" in run.metrics]
    total = sum(count for count, _ in counts)
    if not runs or (total == 0 and not any_is_bad):
        return None
    if not counts:
        return Check(name, meaning, "not recorded")
    asked = sum(_integer(run.params.get("ensemble.realizations", "")) for _, run in counts)
    told = [f"{count:.0f} in {run.name}" for count, run in counts if count]
    if lacking := len(runs) - len(counts):
        told.append(f"{lacking} of {len(runs)} runs do not record it")
    verdict = "" if not any_is_bad else "look" if total else "" if lacking else "holds"
    return Check(name, meaning, f"{total:.0f} of {asked}" if asked else f"{total:.0f}", "; ".join(told), verdict)


def _undefined(runs: Sequence[TrackedRun]) -> Iterator[Check]:
    """The measures that some realizations do not have, with the reasons."""
    keys = distinct(key for run in runs for key in run.metrics if key.startswith(UNDEFINED))
    reasons = distinct(key for run in runs for key in run.tags if key.startswith("undefined."))
    for measure in distinct(
        [*(key.removeprefix(UNDEFINED) for key in keys), *(key[len("undefined.") :] for key in reasons)]
    ):
        lacking = [(run.metrics.get(UNDEFINED + measure, 0.0), run) for run in runs]
        why = distinct(run.tags.get(f"undefined.{measure}", "") for run in runs)
        where = ", ".join(f"{count:.0f} in {run.name}" for count, run in lacking if count)
        total = sum(count for count, _ in lacking)
        value = f"{total:.0f} realizations" if total else "some runs"
        yield Check(f"{measure} is not defined", " ".join(why) or "no reason is recorded", value, where)


def _within_rtol(run: TrackedRun, value: float) -> bool:
    """Whether the error that was asked for is met; where rounding ended a solve, that of its floor is."""
    try:
        asked = float(run.params["solver.rtol"])
    except (KeyError, ValueError):
        return False
    return value <= (max(asked, FLOOR_ERROR) if run.metrics.get("check.at_rounding_floor", 0.0) > 0 else asked)


def _trace_holds(_: TrackedRun, value: float) -> bool:
    return value <= LARGEST_TRACE_ERROR


def _positive(run: TrackedRun, value: float) -> bool:
    """An eigenvalue of rho is off by no more than the error of rho, that of a cut included."""
    errors = (run.metrics.get(f"check.worst_{name}", 0.0) for name in ("error_estimate", "truncation_error"))
    return value >= -max(*errors, 1e-15)


def _integer(text: str) -> int:
    return int(float(text)) if text.replace(".", "", 1).isdigit() else 0
