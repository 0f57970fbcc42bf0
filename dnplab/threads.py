"""One limit for all threads that a solve may use: those of the BLAS and those of the compiled kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numba
from threadpoolctl import threadpool_limits

__all__ = ["available_cores", "limited_threads"]


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """At most `count` threads inside the block."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(count, available_cores()))
    try:
        with threadpool_limits(limits=count):
            yield
    finally:
        numba.set_num_threads(before)
