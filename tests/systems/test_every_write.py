"""A sweep killed between two writes ends as one that was not; forty kills: `python -m tests.systems.every_write 40`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.systems.every_write import STRACE, kill_at_writes


def traceable() -> bool:
    """Whether strace is here and allowed to stop processes."""
    return STRACE is not None and subprocess.run([STRACE, "-qq", "-o", "/dev/null", "true"], check=False).returncode == 0


@pytest.mark.skipif(not traceable(), reason="needs strace and the right to trace")
def test_a_kill_between_two_writes_changes_no_bit(tmp_path: Path) -> None:
    assert kill_at_writes(kills=2, seed=1, folder=tmp_path).total() == 2
