"""Looking again and again, until something is as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["wait_until"]


def wait_until(met: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, f"{seconds:g} s were not enough until {what}"
        time.sleep(0.05)
