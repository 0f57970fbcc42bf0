"""Ctrl-C and SIGTERM end a block, whatever the code in it does with the first exception."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from experiments.termination import Terminated, Termination

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")
SIGNALS = [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)]


@pytest.fixture
def termination() -> Iterator[Termination]:
    before = {number: signal.getsignal(number) for number, _ in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever runs the tests may ignore it
    handler = Termination()
    handler.listen()
    yield handler
    for number, known in before.items():
        signal.signal(number, known)


def swallow(termination: Termination, number: signal.Signals) -> None:
    with termination.kept():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            termination.check()


def replace(termination: Termination, number: signal.Signals) -> None:
    with termination.kept():
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise ValueError("the clean-up failed") from None


def fail(termination: Termination) -> None:
    with termination.kept():
        termination.check()
        raise ValueError("as it was")


@pytest.mark.parametrize("block", [swallow, replace])
@pytest.mark.parametrize(("number", "kind"), SIGNALS)
def test_the_signal_is_not_lost(
    termination: Termination,
    block: Callable[[Termination, signal.Signals], None],
    number: signal.Signals,
    kind: type[KeyboardInterrupt],
) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        block(termination, number)
    assert caught.type is kind


def test_a_second_sigterm_does_not_disturb_the_closing_of_the_run(termination: Termination) -> None:
    with pytest.raises(Terminated), termination.kept():
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.usefixtures("termination")
def test_a_second_ctrl_c_is_heard_at_once() -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_after_sigterm_leaves_it_a_sigterm(termination: Termination) -> None:
    for number, kind in SIGNALS:
        with pytest.raises(kind):
            signal.raise_signal(number)
    with pytest.raises(Terminated):
        termination.check()


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Termination().listen()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def test_without_a_signal_nothing_changes(termination: Termination) -> None:
    with pytest.raises(ValueError, match="as it was"):
        fail(termination)
