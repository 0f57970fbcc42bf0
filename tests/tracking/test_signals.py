"""Ctrl-C while the store is spoken to: it is heard, the run is closed, and nothing stays locked."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

import pytest

from dnplab.tracking import Store, tracked_run
from dnplab.tracking._mlflow import translated
from dnplab.tracking._signals import undisturbed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever runs the tests may ignore it
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


class CtrlC:
    """Ctrl-C, or other signals, as the database begins, or has ended, the n-th statement from now on."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.signals = [signal.SIGINT]

    def __call__(self, *_: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.left = None
                for number in self.signals:
                    signal.raise_signal(number)


@pytest.fixture(params=["before_cursor_execute", "after_cursor_execute"])
def ctrl_c(request: pytest.FixtureRequest) -> Iterator[CtrlC]:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    press = CtrlC()
    event.listen(Engine, request.param, press)
    yield press
    event.remove(Engine, request.param, press)


@pytest.mark.parametrize("statement", range(1, 9))
def test_ctrl_c_in_a_statement_closes_the_run(store: Store, ctrl_c: CtrlC, statement: int) -> None:
    def log() -> None:
        with tracked_run(store, name="stopped", fingerprint="f", params={}, tags={}) as run:
            ctrl_c.left = statement
            run.log(params={"a": 1}, metrics={"b": 2.0}, tags={"c": "d"})
            pytest.fail("the signal did not come")

    with pytest.raises(KeyboardInterrupt):
        log()
    (found,) = store.search()
    assert found.status == "KILLED"


@pytest.mark.parametrize("statement", [4, 5, 6])
def test_ctrl_c_as_a_run_is_created_closes_it(
    store: Store, ctrl_c: CtrlC, statement: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = store.client.create_run

    def press_and_create(*given: Any) -> object:
        ctrl_c.left = statement
        return create(*given)

    monkeypatch.setattr(store.client, "create_run", press_and_create)
    with pytest.raises(KeyboardInterrupt), tracked_run(store, name="stopped", fingerprint="f", params={}, tags={}):
        pytest.fail("the signal did not come")
    (found,) = store.search()
    assert found.status == "KILLED"


@pytest.mark.parametrize("numbers", [[signal.SIGUSR2], [signal.SIGTERM, signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_signals_of_schedulers_wait_too(store: Store, ctrl_c: CtrlC, numbers: list[signal.Signals]) -> None:
    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(number)

    def log() -> None:
        with tracked_run(store, name="stopped", fingerprint="f", params={}, tags={}) as run:
            ctrl_c.left, ctrl_c.signals = 4, numbers
            run.log(params={"a": 1}, metrics={"b": 2.0}, tags={"c": "d"})

    before = {number: signal.signal(number, leave) for number in (signal.SIGUSR2, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit) as caught:
            log()
    finally:
        for number, known in before.items():
            signal.signal(number, known)
    assert caught.value.code == numbers[-1]
    (found,) = store.search()
    assert found.status == "KILLED"


def test_ctrl_c_as_a_finished_run_is_closed_leaves_it_finished(
    store: Store, ctrl_c: CtrlC, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = store.client.set_terminated

    def press_and_close(run_id: str, status: str) -> None:
        ctrl_c.left = 4
        close(run_id, status)

    monkeypatch.setattr(store.client, "set_terminated", press_and_close)
    with pytest.raises(KeyboardInterrupt), tracked_run(store, name="stopped", fingerprint="f", params={}, tags={}):
        pass
    (found,) = store.search()
    assert found.status == "FINISHED"


def test_a_store_that_fails_does_not_keep_whoever_breaks_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(store.client, "set_terminated", fail)
    with pytest.raises(KeyboardInterrupt), tracked_run(store, name="stopped", fingerprint="f", params={}, tags={}):
        signal.raise_signal(signal.SIGINT)
    (found,) = store.search()
    assert found.status == "RUNNING"


@undisturbed()
def twice(reached: list[str]) -> None:
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
    reached.append("after the first")
    signal.raise_signal(signal.SIGINT)
    reached.append("after the second")


def test_the_first_signal_waits_for_the_outermost_block_and_the_second_does_not() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        twice(reached)
    assert reached == ["after the first"]


@undisturbed()
def fail() -> None:
    signal.raise_signal(signal.SIGINT)
    raise ValueError("of the block")


def test_it_takes_the_place_of_an_error() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        fail()
    assert isinstance(caught.value.__context__, ValueError)


def test_handlers_that_a_signal_kept_from_being_put_back_hand_on() -> None:
    with undisturbed():
        left_behind = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, left_behind)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with undisturbed():
        assert signal.getsignal(signal.SIGINT) is not left_behind
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_server_that_does_not_answer_keeps_nobody() -> None:
    with translated("http://127.0.0.1:5000", "waiting"), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with undisturbed():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_another_thread_leaves_signals_alone() -> None:
    seen = []

    def look() -> None:
        with undisturbed():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
