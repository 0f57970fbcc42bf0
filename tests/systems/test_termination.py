"""SIGTERM ends a block as Terminated, whatever the code in it does with the first exception."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from experiments.termination import Terminated, Termination

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture
def termination() -> Iterator[Termination]:
    before = signal.getsignal(signal.SIGTERM)
    handler = Termination()
    handler.listen()
    yield handler
    signal.signal(signal.SIGTERM, before)


def swallow(termination: Termination) -> None:
    with termination.kept():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Terminated):
            termination.check()


def replace(termination: Termination) -> None:
    with termination.kept():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ValueError("the clean-up failed") from None


def fail(termination: Termination) -> None:
    with termination.kept():
        termination.check()
        raise ValueError("as it was")


@pytest.mark.parametrize("block", [swallow, replace])
def test_the_signal_is_not_lost(termination: Termination, block: Callable[[Termination], None]) -> None:
    with pytest.raises(Terminated):
        block(termination)
    signal.raise_signal(signal.SIGTERM)  # a second one must not disturb the closing of the run


def test_without_a_signal_nothing_changes(termination: Termination) -> None:
    with pytest.raises(ValueError, match="as it was"):
        fail(termination)
