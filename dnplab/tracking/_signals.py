"""Ctrl-C and SIGTERM wait while a store is spoken to.

The exception that they raise breaks MLflow's database session off wherever it happens to be; one that is broken off
between its parts keeps a SQLite file locked against the very process that is to close the run.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["undisturbed"]

SIGNALS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
Handler = Callable[[int, FrameType | None], object]


class _Waiting:
    """The handler of both signals inside a block: the first one waits for the end, a second one is not kept waiting."""

    def __init__(self, before: dict[int, Handler]) -> None:
        self.before = before
        self.came: int | None = None
        self.over = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.over or self.came is not None:
            self.before[number](number, frame)
        else:
            self.came = number


@contextmanager
def undisturbed() -> Iterator[None]:
    """A block at whose end Ctrl-C and SIGTERM that came during it are handled as they would have been.

    Where a signal is ignored or ends the process without asking Python, that stays so. Blocks may lie in each other. In
    another thread than the main one, where Python handles no signals, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Handler] = {}
    for number in SIGNALS:
        asked = signal.getsignal(number)
        if callable(asked) and not isinstance(asked, _Waiting):
            before[number] = asked
    waiting = _Waiting(before)
    try:
        for number in before:
            signal.signal(number, waiting)
        yield
    finally:
        waiting.over = True
        for number, handler in before.items():
            signal.signal(number, handler)
        if waiting.came is not None:
            before[waiting.came](waiting.came, None)
