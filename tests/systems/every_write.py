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

from tests.systems.outputs import check_runs, runs_of, table_of

ROOT = Path(__file__).resolve().parents[2]
STRACE = shutil.which("strace")
# `?`: no processor has them all
CALLS = [
    "write",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "ftruncate",
    "fsync",
    "fdatasync",
]
KNOWN = ",".join(f"?{name}" for name in CALLS)
WORDS = ["-m", "model=hilbert,nonsecular", "system.n_spins=3", "ensemble.realizations=2", "ensemble.workers=1"]


def sweep(outputs: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    """The sweep, under a command such as strace."""
    command = [*prefix, sys.executable, "-m", "experiments.run", *WORDS, f"outputs={outputs}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def finish(outputs: Path) -> bytes:
    """The sweep's table after the command was given again, which leaves every run of every experiment whole."""
    done = sweep(outputs)
    assert done.returncode == 0, done.stderr
    states = Counter((run.params.get("model", "?"), run.status) for run in runs_of(outputs))
    assert states == {("hilbert", "FINISHED"): 1, ("nonsecular", "FINISHED"): 1}, states
    check_runs(outputs)
    return table_of(outputs)


def calls(folder: Path) -> tuple[list[tuple[str, int]], int]:
    """The main thread's calls, each as its name and its number among those of that name; how many of them make the store."""
    log = folder / "calls"
    done = sweep(folder / "traced", "strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", f"trace={KNOWN}")
    assert done.returncode == 0, done.stderr
    lines = [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    main = [text for thread, text in lines if thread == lines[0][0] and re.match(r"\w+\(", text)]
    placed = next(k for k, text in enumerate(main) if text.startswith("rename") and 'mlflow.db"' in text)
    seen: Counter[str] = Counter()
    numbered = []
    for text in main:
        name = text.partition("(")[0]
        seen[name] += 1  # as strace counts
        numbered.append((name, seen[name]))
    return numbered, placed + 1


def kill_at_writes(kills: int, seed: int, folder: Path) -> Counter[str]:
    """How many kills fell where; raises AssertionError where an end is not that of the undisturbed sweep."""
    draw = random.Random(seed)
    quiet = finish(folder / "quiet")
    numbered, creation = calls(folder)
    found: Counter[str] = Counter()
    for _ in range(2 * kills):
        if found.total() == kills:
            break
        early = found.total() % 4 == 0
        name, at = numbered[draw.randrange(creation) if early else draw.randrange(creation, len(numbered))]
        outputs = folder / f"{name}-{at}"
        inject = ["-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={at}"]
        killed = sweep(outputs, "strace", "-f", "-qq", "-o", "/dev/null", *inject)  # nothing is injected with --seccomp-bpf
        if killed.returncode != 0:  # else it had fewer such calls this time
            found["while the store was created" if early else f"afterwards, at {name}"] += 1
        assert finish(outputs) == quiet, f"killed at the {at}th {name}, the table differs"
        shutil.rmtree(outputs)
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        where = kill_at_writes(int(sys.argv[1]) if len(sys.argv) > 1 else 40, seed=0, folder=Path(scratch))
        sys.stdout.write(f"{dict(where)}\n")
