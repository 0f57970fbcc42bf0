"""Carry out the table of bad input, or the cases whose name or command holds the words that are given.

    python -m tests.systems.bad_input            # the whole table
    python -m tests.systems.bad_input clock

Each case is written with its exit code, its seconds, its outcome and what was said.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.systems.bad_input import CASES
from tests.systems.bad_input.case import Case, MissingToolError, complaints
from tests.systems.bad_input.folder import warm_store

SHOWN = 6  # lines of what a command said


def report(cases: Sequence[Case], folder: Path) -> int:
    """Carry out cases one after the other and write what became of each; how many are not as their row says."""
    bad = 0
    with warm_store(_new(folder, "warm")) as warm:
        for number, case in enumerate(cases):
            try:
                ended, found = complaints(case, _new(folder, str(number)), warm)
            except MissingToolError as reason:
                _write("skipped", case.name, str(reason))
                continue
            bad += bool(found)
            head = f"{'NOT ' if found else 'good'} {ended.code} {ended.seconds:5.1f} s"
            _write(head, case.name, *(f"!! {wrong}" for wrong in found), *ended.sentences[:SHOWN])
    _write(f"{len(cases)} cases, {bad} of them not as they should be.", "")
    return bad


def _write(head: str, name: str, *lines: str) -> None:
    sys.stdout.write("\n".join([f"{head}  {name}".rstrip(), *(f"      {line[:400]}" for line in lines)]) + "\n")


def _new(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    chosen = [case for case in CASES if all(word in f"{case.name} {case.line}" for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory(prefix="dnplab-bad-") as scratch:
        sys.exit(int(report(chosen, Path(scratch)) > 0))
