"""Processes that begin at once on a store that does not exist yet; 8 times 25 runs are `python -m tests.systems.crowd`."""

from __future__ import annotations

from pathlib import Path

from tests.systems.crowd import crowd


def test_four_processes_on_a_fresh_store_lose_nothing(tmp_path: Path) -> None:
    assert crowd(processes=4, points=2, outputs=tmp_path) == {"FINISHED": 8}
