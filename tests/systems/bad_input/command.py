"""A command inside this process, as if it were a new one: its exit code, what it said, and limits of time and memory."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import resource
import shlex
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from experiments.command import as_script

__all__ = ["LIMIT_S", "Ended", "run"]

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 20.0
MEMORY_BYTES = 3 * 2**30  # more than any case needs: this machine must survive those that would take all
BAR = re.compile(r"\d+ of \d+ \w+, .* left$")
SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # by Python's default


class Hung(BaseException):
    """A command did not end; no handler of errors may take it for one of its own."""


@dataclass(frozen=True)
class Ended:
    """How a command ended; the code is None where it did not."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def sentences(self) -> list[str]:
        """The lines of stderr that are no progress."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", self.err) if line.strip() and not BAR.search(line)]


def run(command: str, line: str, folder: Path, limit_s: float = LIMIT_S, encoding: str = "utf-8") -> Ended:
    """`python -m experiments.<command> <line>` in a working directory."""
    main = importlib.import_module(f"experiments.{command}").main
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    argv = [f"{ROOT}/experiments/{command}.py", *shlex.split(line)]
    begun, code = time.monotonic(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _as_a_process(argv, folder), _limits(limit_s):
        try:
            as_script(main)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except Hung:
            err.write(f"It did not end within {limit_s:g} s.")
        except Exception:  # noqa: BLE001  as the interpreter ends
            traceback.print_exc()
            code = 1
    spoken = [_written(stream) for stream in (out, err)]
    return Ended(code, *spoken, time.monotonic() - begun)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


@contextmanager
def _as_a_process(argv: list[str], folder: Path) -> Iterator[None]:
    """What a new process would begin with: its words and directory, no Hydra and no open database."""
    before, handler = (sys.argv, Path.cwd()), signal.getsignal(signal.SIGTERM)
    hydras = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    GlobalHydra.instance().clear()
    _close_databases()
    sys.argv = argv
    os.chdir(folder)
    try:
        with warnings.catch_warnings():
            warnings.resetwarnings()
            for kind in SILENT:
                warnings.simplefilter("ignore", kind)
            warnings.showwarning = _on_stderr
            yield
    finally:
        sys.argv = before[0]
        os.chdir(before[1])
        GlobalHydra.instance().hydra, HydraConfig.instance().cfg = hydras
        signal.signal(signal.SIGTERM, handler)


def _on_stderr(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def _close_databases() -> None:
    if "mlflow" not in sys.modules:
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry

    for engine in SqlAlchemyStore._engine_map.values():
        engine.dispose()
    SqlAlchemyStore._engine_map.clear()
    _tracking_store_registry._get_store_with_resolved_uri.cache_clear()


@contextmanager
def _limits(limit_s: float) -> Iterator[None]:
    """Time, asked for once a second from then on, and memory."""

    def hung(*_: object) -> None:
        raise Hung

    handler, memory = signal.signal(signal.SIGALRM, hung), resource.getrlimit(resource.RLIMIT_AS)
    left, _ = signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY_BYTES, memory[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, memory)
