"""SIGTERM, which schedulers send before they kill: treated as Ctrl-C, and not forgotten on the way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Terminated", "Termination"]


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything on the way treats it as Ctrl-C."""


class Termination:
    """A handler of SIGTERM that raises Terminated, and remembers that it did.

    The exception appears wherever the main thread happens to be. Code there may swallow it (a finalizer) or raise
    another one in its place (the clean-up of a pool, of a database session), so `check` and `kept` raise it again.
    """

    def __init__(self) -> None:
        self.asked = False

    def listen(self) -> None:
        """Become the process's handler of SIGTERM."""
        signal.signal(signal.SIGTERM, self._handle)

    def check(self) -> None:
        """Raise Terminated if SIGTERM has come."""
        if self.asked:
            raise Terminated

    @contextmanager
    def kept(self) -> Iterator[None]:
        """A block that ends with Terminated if SIGTERM came during it, whatever became of the first exception."""
        try:
            yield
        except Exception:
            self.check()
            raise
        self.check()

    def _handle(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the closing of the run
        self.asked = True
        raise Terminated
