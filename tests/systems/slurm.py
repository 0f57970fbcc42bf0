"""A SLURM of one node that a test starts and stops: munged, slurmctld and slurmd in a temporary folder.

Key, socket and ports are its own, the daemons listen on 127.0.0.1 alone, and neither root, nor cgroups, nor accounting
are needed. The node runs two jobs of one CPU. Those in the partition `main` give way to those in `urgent`, for which SLURM
sends them the signal that they asked for. A job whose process is killed (exit code 137) is queued again.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.systems.servers import free_port
from tests.systems.waiting import wait_until

__all__ = ["Slurm", "missing", "one_node"]

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "setpriv")
PYTHON = str(Path(sys.executable).parent)
PATH = os.pathsep.join((PYTHON, os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))
DEADLINE_S = 60.0
CONF = """\
ClusterName=dnplab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket,cred_expire=5
PlugStackConfig={folder}/plugstack.conf
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
SlurmdParameters=config_overrides
KillWait=2
RequeueExit=137
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000
PartitionName=main Nodes=ALL Default=YES PriorityTier=1 GraceTime=60
PartitionName=urgent Nodes=ALL PriorityTier=2 PreemptMode=OFF
"""


@dataclass(frozen=True)
class Slurm:
    """A SLURM that runs; `environment` is that of a process which is to find it."""

    environment: dict[str, str]

    def ask(self, *command: str) -> str:
        """What one of SLURM's commands prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE_S)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout.strip()

    def queue(self, *states: str) -> list[str]:
        """The jobs that wait, run or end, or those in the given states; each task of an array by itself."""
        chosen = [f"--states={','.join(states)}"] if states else []
        return self.ask("squeue", "--noheader", "--array", "--format=%i", *chosen).split()

    def about(self, job: str, key: str) -> str:
        """What SLURM knows of a job, such as Restarts and JobState."""
        (value,) = re.findall(rf"\b{key}=(\S+)", self.ask("scontrol", "show", "job", job))
        return str(value)

    def clear(self) -> None:
        """Cancel all jobs, and wait until they are gone."""
        self.ask("scancel", f"--user={os.geteuid()}")
        wait_until(lambda: not self.queue(), "no job was left")


def missing() -> list[str]:
    """The programs that are not there."""
    return [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]


@contextlib.contextmanager
def one_node() -> Iterator[Slurm]:
    """SLURM, ready for jobs; those that are left at the end are cancelled."""
    with tempfile.TemporaryDirectory(prefix="dnplab-slurm-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _configure(folder)
        slurm = Slurm(_environment(folder))
        with _daemons(folder, slurm):
            yield slurm


def _environment(folder: Path) -> dict[str, str]:
    """This process's, without what a SLURM has told it that it may itself be a job of."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM", "SBATCH", "SUBMITIT"))}
    return kept | {"PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}


def _configure(folder: Path) -> None:
    folder.chmod(0o755)  # or munged refuses to put its socket there
    for name in ("controller", "node"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o400)
    (folder / "plugstack.conf").touch()
    host = socket.gethostname().partition(".")[0]
    ports = {"controller": free_port(), "node": free_port()}
    (folder / "slurm.conf").write_text(CONF.format(host=host, user=os.geteuid(), folder=folder, **ports))


@contextlib.contextmanager
def _daemons(folder: Path, slurm: Slurm) -> Iterator[None]:
    """The three daemons, until no job is left."""
    places = {"socket": "munge.socket", "key-file": "munge.key", "pid-file": "munged.pid", "seed-file": "munged.seed"}
    munged = ["munged", "--foreground", *(f"--{option}={folder / name}" for option, name in places.items())]
    with contextlib.ExitStack() as stack:
        running: list[subprocess.Popen[bytes]] = []
        for command in (munged, ["slurmctld", "-D"], ["slurmd", "-D"]):
            running.append(stack.enter_context(_daemon(command, folder, slurm.environment)))
            wait_until((folder / "munge.socket").exists, "munged had its socket")
        try:
            wait_until(lambda: _ready(slurm, running), "the node was idle")
        except AssertionError as error:
            logs = "\n".join(file.read_text() for file in sorted(folder.glob("*.log")))
            raise AssertionError(f"{error}\n{logs}") from error
        try:
            yield
        finally:
            slurm.clear()


@contextlib.contextmanager
def _daemon(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own: Ctrl-C is for the tests, which then end it. It does not outlive them either."""
    with (folder / f"{command[0]}.log").open("wb") as log:
        bound = ["setpriv", "--pdeathsig", "TERM", *command]
        process = subprocess.Popen(bound, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE_S)


def _ready(slurm: Slurm, daemons: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether SLURM has a node that is idle."""
    assert all(daemon.poll() is None for daemon in daemons), "a daemon has ended"
    command = ["sinfo", "--noheader", "--format=%T"]
    said = subprocess.run(command, env=slurm.environment, capture_output=True, text=True, timeout=DEADLINE_S)
    return set(said.stdout.split()) == {"idle"}
