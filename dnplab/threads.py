"""How many threads work inside one solve: the BLAS's and those of the compiled kernels together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numba
from threadpoolctl import ThreadpoolController

__all__ = ["limited_threads"]


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    # looking for the libraries takes as long as a small solve; those that count are loaded with NumPy and SciPy
    return ThreadpoolController()


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """A block in which dense products and kernels use at most `count` threads each."""
    before = numba.get_num_threads()
    with _controller().limit(limits=count):
        numba.set_num_threads(min(count, before))
        try:
            yield
        finally:
            numba.set_num_threads(before)
