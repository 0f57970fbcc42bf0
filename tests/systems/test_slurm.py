"""The launcher hydra/launcher=slurm and the plain array of docs/cluster.md, on a SLURM of one node that the tests start."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.systems.outputs import runs_of, stored, table_of
from tests.systems.slurm import Slurm, missing, one_node
from tests.systems.waiting import wait_until

termios = pytest.importorskip("termios")
ROOT = Path(__file__).resolve().parents[2]
SWEEP = ["-m", "model=nonsecular", "system.n_spins=6", "ensemble.realizations=120", "observables=profile"]
FOUR = [*SWEEP, "bath.temperature_k=1.2,3,6,12"]
TWO = [*SWEEP, "bath.temperature_k=1.2,12"]
LAUNCHER = [
    "hydra/launcher=slurm",
    "hydra.launcher.partition=main",
    "hydra.launcher.cpus_per_task=1",
    "hydra.launcher.mem_gb=1",
]
LONG_S = 240.0  # for a few seconds of work on a machine that has other things to do

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"needs {', '.join(missing())} (Debian: slurm-wlm, munge)")


@pytest.fixture(scope="module")
def node() -> Iterator[Slurm]:
    with one_node() as running:
        yield running


@pytest.fixture
def slurm(node: Slurm) -> Iterator[Slurm]:
    """SLURM with an empty queue."""
    yield node
    node.clear()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The table of FOUR, computed by one process."""
    outputs = tmp_path_factory.mktemp("undisturbed")
    compute(*FOUR, f"outputs={outputs}")
    return table_of(outputs)


def compute(*words: str) -> str:
    """What a command in one process prints."""
    command = [sys.executable, "-m", "experiments.run", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONG_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def launched(slurm: Slurm, outputs: Path, *words: str, stderr: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """A command whose points are jobs, and which waits for them."""
    command = [sys.executable, "-m", "experiments.run", *words, *LAUNCHER, f"outputs={outputs}"]
    process = subprocess.Popen(command, cwd=ROOT, env=slurm.environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def points(realizations: Iterable[Path]) -> Counter[Path]:
    """How many realizations each point of a sweep has, by its folder."""
    return Counter(file.parent for file in realizations)


def test_an_array_of_jobs_ends_as_a_sweep_in_one_process(slurm: Slurm, undisturbed: bytes, tmp_path: Path) -> None:
    terminal, its_end = os.openpty()
    termios.tcsetwinsize(its_end, (24, 100))
    with launched(slurm, tmp_path, *FOUR, "ensemble.workers=1", stderr=its_end) as process:
        os.close(its_end)
        shown = read_terminal(terminal)
        assert process.wait(timeout=LONG_S) == 0, shown
    counts = {int(count) for count in re.findall(r"(\d+)/480 ", shown)}
    assert {0, 480} < counts, "the progress line does not count what the jobs compute"
    assert [found.status for found in runs_of(tmp_path)] == ["FINISHED"] * 4
    assert table_of(tmp_path) == undisturbed


def read_terminal(terminal: int) -> str:
    """All that is written to a terminal, until nobody has it open."""
    deadline, shown = time.monotonic() + LONG_S, b""
    while time.monotonic() < deadline and select.select([terminal], [], [], LONG_S)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
    os.close(terminal)
    return str(shown, "utf-8")


def preempt(slurm: Slurm, _: Path) -> None:
    """An urgent job takes the node: the others are sent SIGUSR2, as they asked, and queue themselves again."""
    slurm.ask("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")


def requeue(slurm: Slurm, outputs: Path) -> None:
    """SLURM queues the jobs again: the first with SIGTERM to all its processes, the second because it was killed."""
    running = [psutil.Process(int(found.tags["pid"])) for found in runs_of(outputs) if found.status == "RUNNING"]
    for job in running:
        workers = job.children()
        assert len(workers) >= 2, "it computes by itself"
        assert all(map(ignores_sigterm, workers)), "SIGTERM would end a worker"
    slurm.ask("scontrol", "requeue", min(slurm.queue("RUNNING")))
    (second,) = [found for found in runs_of(outputs) if found.params["bath.temperature_k"] == "3.0"]
    os.kill(int(second.tags["pid"]), signal.SIGKILL)


def ignores_sigterm(process: psutil.Process) -> bool:
    """Whether the kernel drops the signal before the process sees it: what a worker inherits from its parent."""
    (mask,) = re.findall(r"SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("take_away", [preempt, requeue])
def test_jobs_that_lose_their_node_go_on_from_what_is_stored(
    slurm: Slurm, take_away: Callable[[Slurm, Path], None], undisturbed: bytes, tmp_path: Path
) -> None:
    with launched(slurm, tmp_path, *FOUR, "ensemble.workers=2") as process:
        wait_until(lambda: len(points(stored(tmp_path))) == 2, "two jobs computed", LONG_S)
        jobs, lost = slurm.queue("RUNNING"), points(stored(tmp_path))
        take_away(slurm, tmp_path)
        wait_until(lambda: [slurm.about(job, "Restarts") for job in jobs] == ["1", "1"], "they were queued again")
        before = stored(tmp_path)
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, errors
    assert min(points(before)[point] for point in lost) < 120, "they had nothing left to do"
    assert before.items() < stored(tmp_path).items(), "a realization was computed again"
    runs = runs_of(tmp_path)
    assert [found.status for found in runs] == ["FINISHED"] * 4
    assert len({found.tags["fingerprint"] for found in runs}) == 4
    assert table_of(tmp_path) == undisturbed


def test_jobs_go_on_without_the_command_that_waits(slurm: Slurm, tmp_path: Path) -> None:
    with launched(slurm, tmp_path, *TWO, "ensemble.workers=1") as process:
        wait_until(lambda: len(stored(tmp_path)) >= 5, "the jobs computed", LONG_S)
        jobs = slurm.queue()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 130, errors
    with launched(slurm, tmp_path, *TWO, "ensemble.workers=1") as again:
        _, errors = again.communicate(timeout=LONG_S)
    assert again.returncode == 0, errors
    wait_until(lambda: not slurm.queue(), "the jobs of both commands had ended", LONG_S)
    assert [slurm.about(job, "JobState") for job in jobs] == ["COMPLETED", "COMPLETED"]
    assert [found.status for found in runs_of(tmp_path)] == ["FINISHED"] * 2


def test_a_point_that_fails_is_told_by_the_command_that_waits(slurm: Slurm, tmp_path: Path) -> None:
    words = ["-m", "model=hilbert", "system.n_spins=3", "system.disorder_mhz=0,5", "system.coupling_mhz=0"]
    few = ["ensemble.realizations=2", "ensemble.workers=1", "observables=profile"]
    with launched(slurm, tmp_path, *words, *few) as process:
        said, errors = process.communicate(timeout=LONG_S)
    assert process.returncode == 1
    assert "1 of 2 points has no finished run: system.disorder_mhz = 0" in said
    assert "degenerate" in errors
    assert sorted(found.status for found in runs_of(tmp_path)) == ["FAILED", "FINISHED"]


# --- the plain array, as docs/cluster.md prints it


def printed() -> str:
    """The batch script of docs/cluster.md, for two tasks of one CPU and a small system."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    (script,) = [block for block in blocks if "#SBATCH --array" in block]
    smaller = {
        "--array=1-16": "--array=1-2",
        "--cpus-per-task=2": "--cpus-per-task=1",
        "--mem=8G": "--mem=1G",
        "/16": "/2",
        "ensemble=full": "model=nonsecular system.n_spins=3 ensemble.realizations=6 ensemble.workers=1",
    }
    for text, small in smaller.items():
        assert script.count(text) == 1, text
        script = script.replace(text, small)
    return script.rstrip()


def test_the_array_of_the_page_is_gathered_to_the_last_bit(slurm: Slurm, tmp_path: Path) -> None:
    (tmp_path / "array.sh").write_text(f"{printed()} outputs={tmp_path / 'jobs'}\n", encoding="utf-8")
    slurm.ask("sbatch", f"--chdir={ROOT}", f"--output={tmp_path}/%a.log", str(tmp_path / "array.sh"))
    wait_until(lambda: not slurm.queue(), "the array had ended", LONG_S)
    logs = "\n".join(file.read_text() for file in tmp_path.glob("*.log"))
    assert logs.count("The shards are stored") == 2, logs
    shards = Counter((found.status, found.params["ensemble.shard"]) for found in runs_of(tmp_path / "jobs", "dnplab-letter"))
    assert shards == {("FINISHED", "1/2"): 2, ("FINISHED", "2/2"): 2}
    before = stored(tmp_path / "jobs")
    assert len(before) == 2 * 6
    *_, line = printed().splitlines()
    words = [word for word in shlex.split(line) if "shard" not in word]
    assert words[:4] == ["srun", "python", "-m", "experiments.run"]
    for name in ("jobs", "alone"):
        compute(*words[4:], f"outputs={tmp_path / name}")
    assert stored(tmp_path / "jobs") == before, "a realization was computed again"
    assert averages_of(tmp_path / "jobs") == averages_of(tmp_path / "alone")
    assert pages_of(tmp_path / "jobs") == pages_of(tmp_path / "alone")


def averages_of(outputs: Path) -> dict[str, dict[str, float]]:
    """The observables of the whole ensembles of a figure."""
    found = runs_of(outputs, "dnplab-letter")
    whole = [run for run in found if "summary" not in run.tags and "ensemble.shard" not in run.params]
    assert len(whole) == 2
    return {run.name: {key: mean for key, mean in run.metrics.items() if key.startswith("obs.")} for run in whole}


def pages_of(outputs: Path) -> dict[str, bytes]:
    """The tables of a figure, as files."""
    return {file.name: file.read_bytes() for file in (outputs / "letter").glob("*/*.csv")}
