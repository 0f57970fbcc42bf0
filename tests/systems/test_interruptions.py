"""A sweep killed at random moments ends as one that was not; twenty kills: `python -m tests.systems.interruptions`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.systems.interruptions import kill_and_resume


@pytest.mark.skipif(os.name == "nt", reason="process groups")
def test_three_kills_change_no_bit(tmp_path: Path) -> None:
    assert kill_and_resume(kills=3, seed=1, folder=tmp_path).total() == 3
