"""Ctrl-C, and SIGTERM that schedulers send before they kill: treated alike, and not forgotten on the way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Terminated", "Termination"]


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything on the way treats it as Ctrl-C."""


class Termination:
    """A handler of both signals that raises KeyboardInterrupt or Terminated, and remembers which.

    The exception appears wherever the main thread happens to be. Code there may swallow it (a finalizer) or raise
    another one in its place (the clean-up of a pool, of a database session), so `check` and `kept` raise it again.
    """

    def __init__(self) -> None:
        self.asked: type[KeyboardInterrupt] | None = None

    def listen(self) -> None:
        """Become the process's handler of SIGTERM, and of Ctrl-C where that is not ignored (nohup)."""
        signal.signal(signal.SIGTERM, self._terminate)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._interrupt)

    def check(self) -> None:
        """Raise what a signal that has come asks for."""
        if self.asked is not None:
            raise self.asked

    @contextmanager
    def kept(self) -> Iterator[None]:
        """A block that ends with what a signal that came during it asks for, whatever became of the first exception."""
        try:
            yield
        except Exception:
            self.check()
            raise
        self.check()

    def _terminate(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the closing of the run
        self.asked = Terminated
        raise Terminated

    def _interrupt(self, *_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second one is meant for whatever takes so long
        self.asked = self.asked or KeyboardInterrupt
        raise self.asked
