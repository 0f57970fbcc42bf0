"""Eight processes on one fresh store: is every run there, once?

    python -m tests.systems.crowd 8 25

Each process sweeps over seeds of its own; nobody has created the store before.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.systems.outputs import runs_of

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["model=hilbert", "system.n_spins=3", "ensemble.realizations=1", "ensemble.workers=1", "observables=profile"]


def crowd(processes: int, points: int, outputs: Path) -> Counter[str]:
    """Statuses of the runs of so many sweeps of so many points; raises AssertionError where one is lost or doubled."""
    started = [_start(outputs, range(k * points, (k + 1) * points)) for k in range(processes)]
    for process in started:
        _, errors = process.communicate(timeout=1800)
        assert process.returncode == 0, errors
    runs = runs_of(outputs)
    seeds = Counter(int(run.params["ensemble.seed"]) for run in runs)
    assert set(seeds) == set(range(processes * points)), "a run is lost"
    assert set(seeds.values()) == {1}, "a run is there twice"
    return Counter(run.status for run in runs)


def _start(outputs: Path, seeds: range) -> subprocess.Popen[str]:
    swept = f"ensemble.seed=range({seeds.start},{seeds.stop})"
    command = [sys.executable, "-m", "experiments.run", "-m", *SMALL, swept, f"outputs={outputs}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    count, each = (int(word) for word in (*sys.argv[1:], "8", "25")[:2])
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        statuses = crowd(count, each, Path(scratch))
    sys.stdout.write(f"{dict(statuses)} in {time.monotonic() - begun:.0f} s\n")
