"""Kill a sweep at random moments, start it again each time, and compare the end with a sweep that nobody disturbed.

    python -m tests.systems.interruptions 20

Every kill is a SIGKILL to the whole process group, as a power cut or the memory killer would do it; the moments are drawn
from the whole time that a fresh sweep takes, so that some fall into the creation of the store.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.systems.outputs import check_runs, runs_of, stored, table_of

ROOT = Path(__file__).resolve().parents[2]
WORDS = [
    "-m",
    "model=hilbert,nonsecular",
    "bath.temperature_k=1.2,12",
    "system.n_spins=4",
    "ensemble.realizations=8",
    "ensemble.workers=2",
]


def start(outputs: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "experiments.run", *WORDS, f"outputs={outputs}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]


def finish(outputs: Path) -> float:
    """Run the sweep to its end; the seconds it took."""
    begun = time.monotonic()
    process = start(outputs)
    text, _ = process.communicate(timeout=600)
    assert process.returncode == 0, text.decode()
    return time.monotonic() - begun


def kill_and_resume(kills: int, seed: int, folder: Path) -> Counter[str]:
    """What the kills found; raises AssertionError where an end is not that of the undisturbed sweep.

    A sweep that is through before its kill is compared, and the next one begins in a fresh folder.
    """
    draw = random.Random(seed)
    quiet = folder / "quiet"
    seconds = finish(quiet)
    found: Counter[str] = Counter()
    rounds = 0
    while found.total() < kills:
        disturbed = folder / f"disturbed-{rounds}"
        process = start(disturbed)
        try:
            process.wait(timeout=draw.uniform(0.1, 0.7) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            found[_moment(disturbed)] += 1
        else:
            compare(disturbed, quiet)
            rounds += 1
        finally:
            process.communicate()
    finish(disturbed)
    compare(disturbed, quiet)
    return found


def _moment(outputs: Path) -> str:
    if not (outputs / "mlflow.db").exists():
        return "before the store was there"
    return "among realizations" if stored(outputs) else "before the first realization"


def compare(disturbed: Path, quiet: Path) -> None:
    """The same table to the last bit, one FINISHED run a point, and every run of every experiment is whole."""
    assert table_of(disturbed) == table_of(quiet), "the tables differ"
    runs = [run for run in runs_of(disturbed) if run.status == "FINISHED"]
    points = Counter((run.params["model"], run.params["bath.temperature_k"]) for run in runs)
    assert set(points.values()) == {1}, points
    assert len(points) == 4
    check_runs(disturbed)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        moments = kill_and_resume(int(sys.argv[1]) if len(sys.argv) > 1 else 20, seed=0, folder=Path(scratch))
        sys.stdout.write(f"{dict(moments)}\n")
