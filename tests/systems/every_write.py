"""Kill a sweep at the k-th system call that changes a file, and let the same command finish it.

    python -m tests.systems.every_write 40

Random moments rarely fall between two writes that belong together; strace can stop a process exactly there. Most calls
belong to the creation of the store, so one kill in four is drawn from those before it is in place, the others from the rest.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from dnplab.tracking import Store, default_uri

ROOT = Path(__file__).resolve().parents[2]
STRACE = shutil.which("strace")
CALLS = "write,pwrite64,rename,unlink,mkdir,ftruncate,fsync,fdatasync"
WORDS = ["-m", "model=hilbert,nonsecular", "system.n_spins=3", "ensemble.realizations=2", "ensemble.workers=1"]


def sweep(outputs: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    """The sweep, under a command such as strace."""
    command = [*prefix, sys.executable, "-m", "experiments.run", *WORDS, f"outputs={outputs}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def finish(outputs: Path) -> bytes:
    """The sweep's table after the command was given again."""
    done = sweep(outputs)
    assert done.returncode == 0, done.stderr
    runs = Store(default_uri(outputs), "dnplab", create=False).search()
    states = Counter((run.params.get("model", "?"), run.status) for run in runs)
    assert states == {("hilbert", "FINISHED"): 1, ("nonsecular", "FINISHED"): 1}, states
    (folder,) = (outputs / "crossover").iterdir()
    return (folder / "crossover.csv").read_bytes()


def moments(folder: Path) -> tuple[int, int]:
    """How many such calls the main thread makes until the store is in place, and in all."""
    log = folder / "calls"
    done = sweep(folder / "traced", "strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", f"trace={CALLS}")
    assert done.returncode == 0, done.stderr
    lines = [line for line in log.read_text().splitlines() if re.match(r"\d+ +\w+\(", line)]
    main = [line for line in lines if line.split()[0] == lines[0].split()[0]]
    placed = next(k for k, line in enumerate(main) if "rename(" in line and 'mlflow.db"' in line)
    return placed + 1, len(main)


def kill_at_writes(kills: int, seed: int, folder: Path) -> Counter[str]:
    """How many kills fell where; raises AssertionError where an end is not that of the undisturbed sweep."""
    draw = random.Random(seed)
    quiet = finish(folder / "quiet")
    creation, total = moments(folder)
    found: Counter[str] = Counter()
    for number in range(kills):
        early = number % 4 == 0
        at = draw.randint(1, creation) if early else draw.randint(creation + 1, total)
        outputs = folder / f"killed-at-{at}"
        inject = f"inject={CALLS}:signal=KILL:when={at}"
        killed = sweep(
            outputs, "strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", inject
        )
        found["through before its kill" if killed.returncode == 0 else "creation" if early else "afterwards"] += 1
        assert finish(outputs) == quiet, f"killed at call {at} of {total}, the table differs"
        shutil.rmtree(outputs)
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        where = kill_at_writes(int(sys.argv[1]) if len(sys.argv) > 1 else 40, seed=0, folder=Path(scratch))
        sys.stdout.write(f"{dict(where)}\n")
