"""What the commands share: how Ctrl-C ends them, and whose keys their sentences name."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from experiments import claims, collect, command, crossover, robustness, status
from experiments.command import as_script


def interrupted() -> int:
    raise KeyboardInterrupt


def test_ctrl_c_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        as_script(interrupted)
    assert (ended.value.code, capsys.readouterr().err) == (130, "Interrupted.\n")


@pytest.mark.parametrize("main", [collect.main, crossover.main, status.main])
def test_commands_leave_ctrl_c_to_their_end(main: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "typed_config", lambda *_: interrupted())
    with pytest.raises(KeyboardInterrupt):
        main()


@pytest.mark.parametrize(
    ("main", "word", "key"),
    [
        (claims.main, "size.n_spins=30", "size.n_spins"),
        (claims.main, "size.full_localization_spins=30", "size.full_localization_spins"),
        (robustness.main, "sizes=[4,30]", "sizes"),
    ],
)
def test_a_size_beyond_the_memory_is_named_by_the_commands_own_key(
    main: Callable[[], int], word: str, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["command", word])
    assert main() == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{key} is 30, but the nonsecular model would then need about ")
    assert len(said.splitlines()) == 1
