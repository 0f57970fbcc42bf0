"""One case of bad input: a command, what is done to its folder before, what it must say, and its numbers at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from dnplab.config import Plan
from dnplab.ensemble import EnsembleResult, EnsembleSpec, Realization
from dnplab.errors import TrackingError
from experiments import jobs
from tests.systems.bad_input.command import LIMIT_S, Ended, run
from tests.systems.bad_input.folder import ALONE, POINT, SMALL, Place, Warm, files_of, numbers_of, plan_of

__all__ = [
    "FOLDER",
    "Around",
    "Case",
    "Look",
    "MissingToolError",
    "complaints",
    "guarded",
    "in_sweep",
    "incomplete",
    "nothing",
    "recovered",
    "refused",
    "told",
    "turned_away",
]

REFUSAL_S = 6.0
BEGINNINGS = (
    "jobs.run_ensemble",
    "claims.run_ensemble",
    "benchmark.reference",
    "robustness.check",
    "truncation.compare_orders",
    "independent.refer",
)
FOLDER = "but it must be a folder that can be written to"

Around = Callable[[Place], AbstractContextManager[object] | None]
Look = Callable[[Place], str]


def nothing(_: Place) -> None:
    """The folder is as it is."""


def guarded(_: Place) -> AbstractContextManager[object]:
    """What should have been refused must not take hours either."""
    stack = contextlib.ExitStack()
    for name in BEGINNINGS:
        stack.enter_context(mock.patch(f"experiments.{name}", side_effect=TrackingError("It began to compute.")))
    return stack


def canned(_: Place) -> AbstractContextManager[object]:
    """Realizations that take no time."""

    def result(spec: EnsembleSpec, **_: object) -> EnsembleResult:
        return EnsembleResult(spec, [Realization(k, {"entropy": 0.5}) for k in spec.indices])

    return mock.patch.object(jobs, "run_ensemble", result)


class MissingToolError(Exception):
    """This machine cannot make the circumstances of a case."""


@dataclass(frozen=True)
class Case:
    """A row of the table.

    line : what is typed after `python -m experiments.<command>`
    says : parts of what is said
    code : the exit code; 2 changes no file, 1 says what is missing
    around : what is done to the folder before, and undone after
    full : the folder holds the finished sweep
    same : the numbers are those of the undisturbed sweep
    then : a second command, undisturbed, which must have them
    look : what is wrong afterwards, in words
    encoding : of the terminal
    """

    name: str
    line: str
    says: tuple[str, ...]
    code: int
    command: str = "run"
    around: Around = nothing
    full: bool = True
    same: bool = False
    then: str = ""
    look: Look = lambda _: ""
    limit_s: float = LIMIT_S
    encoding: str = "utf-8"


def refused(line: str, *says: str, command: str = "run", around: Around = guarded, name: str = "") -> Case:
    """Words that are refused, in an empty folder, before anything is computed or written."""
    return Case(name or f"{command} {line}", line, says, 2, command, around, full=False, limit_s=REFUSAL_S)


def told(line: str, *says: str) -> Case:
    """Words that are carried out with a remark."""
    return Case(f"run {line}", f"{line} {SMALL}", says, 0, around=canned)


def turned_away(name: str, around: Around, *says: str, line: str = POINT, command: str = "run") -> Case:
    """A finished sweep in circumstances in which the command cannot begin."""
    return Case(name, line, says, 2, command, around, limit_s=REFUSAL_S)


def incomplete(name: str, around: Around, *says: str, line: str = POINT, command: str = "run", then: str = "") -> Case:
    """A finished sweep in circumstances in which the command cannot end well."""
    return Case(name, line, says, 1, command, around, then=then)


def recovered(name: str, around: Around, *says: str, line: str = POINT, look: Look = lambda _: "") -> Case:
    """A finished sweep in circumstances in which the command ends with the right numbers all the same."""
    return Case(name, line, says, 0, around=around, same=True, look=look)


def in_sweep(name: str, around: Around, *says: str, look: Look = lambda _: "") -> Case:
    """The same for the sweep of this one run, which ends with its table."""
    return recovered(name, around, *says, line=ALONE, look=look)


def complaints(case: Case, folder: Path, warm: Warm) -> tuple[Ended, list[str]]:
    """Carry out a case; how its command ended, and all that is not as the row says."""
    place = Place.of(folder, warm, case.full)
    undo = case.around(place) or nullcontext()
    before = files_of(folder)
    with undo:
        line = place.typed(case.line)
        ended = run(case.command, line, folder, case.limit_s, case.encoding)
        found = [*_said(case, [place.typed(part) for part in case.says], ended), *filter(None, [case.look(place)])]
    if case.code == 2 and files_of(folder) != before:
        found.append("it changed files")
    if case.then:
        second = run("run", case.then, folder)
        found += [] if second.code == 0 else [f"the second command ended with {second.code}: {' '.join(second.sentences)}"]
    if (case.same and ended.code == 0) or (case.then and second.code == 0):
        found += _numbers(plan_of(case.then or line), place)
    return ended, found


def _said(case: Case, parts: Sequence[str], ended: Ended) -> Iterator[str]:
    """What is wrong with an exit code and with what was said."""
    if ended.code != case.code:
        yield f"exit code {ended.code} instead of {case.code}"
    if "Traceback" in ended.err + ended.out:
        yield "a traceback"
    lines = [line for line in ended.sentences if not line.startswith("  ")]  # those are of a list
    if bare := [line for line in lines if not line.endswith((".", "?", ":"))]:
        yield f"no sentence: {bare[0]!r}"
    if case.code == 2 and len(ended.sentences) != 1:
        yield f"{len(ended.sentences)} lines instead of one sentence"
    spoken = " ".join((ended.err if case.code == 2 else ended.err + ended.out).split())
    if missing := [part for part in parts if part not in spoken]:
        yield f"it does not say {' ... '.join(missing)!r}"


def _numbers(plan: Plan, place: Place) -> Iterator[str]:
    found = numbers_of(place.outputs)
    for job in plan.jobs:
        if job.fingerprint not in found:
            yield f"{job.name} has no finished run"
        elif found[job.fingerprint] != place.numbers[job.fingerprint]:
            yield f"{job.name} has other numbers"
    if plan.sweep in place.warm.tables:
        table = place.outputs / "crossover" / plan.sweep / "crossover.csv"
        if not table.is_file() or table.read_bytes() != place.warm.tables[plan.sweep]:
            yield "the table of the sweep is another"
