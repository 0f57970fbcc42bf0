"""Signals wait while a store is spoken to.

The exceptions that Ctrl-C, SIGTERM and the signals of schedulers raise break MLflow's database session off wherever it is;
one that is broken off between its parts keeps the database locked against the very process that is to close the run.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["undisturbed"]

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
SIGNALS: tuple[int, ...] = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
Handler = Callable[[int, FrameType | None], object]


class _Waiting:
    """The handler of all signals inside a block: they wait for its end, but a Ctrl-C after another signal does not.

    before : the handlers outside the block
    came : the signal to be handled at its end; Ctrl-C gives way to others, which say why the process has to end
    over : the block has ended; where its handlers are still in place they hand on
    """

    def __init__(self) -> None:
        self.before: dict[int, Handler] = {}
        self.came: int | None = None
        self.over = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.over or (self.came is not None and number == signal.SIGINT):
            self.before[number](number, frame)
        elif self.came in (None, signal.SIGINT):
            self.came = number


@contextmanager
def undisturbed() -> Iterator[None]:
    """A block at whose end the signals that came during it are handled as they would have been.

    Where a signal is ignored or ends the process without asking Python, that stays so. Blocks may lie in each other. In
    another thread than the main one, where Python handles no signals, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = _Waiting()
    try:
        for number in SIGNALS:
            asked = signal.getsignal(number)
            while isinstance(asked, _Waiting) and asked.over:  # a signal came as that block put its handlers back
                asked = asked.before[number]
            if callable(asked) and not isinstance(asked, _Waiting):
                waiting.before[number] = asked
                signal.signal(number, waiting)
        yield
    finally:
        waiting.over = True
        for number, asked in waiting.before.items():
            if signal.getsignal(number) is waiting:  # a handler may have put another in its place
                signal.signal(number, asked)
        if waiting.came is not None:
            waiting.before[waiting.came](waiting.came, None)
