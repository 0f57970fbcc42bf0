"""How many threads work inside one solve: as many as the BLAS is set to, for its products and for the compiled kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["blas_threads", "each", "limited_threads"]


T = TypeVar("T")
R = TypeVar("R")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    # looking for the libraries takes as long as a small solve; those that count are loaded with NumPy and SciPy
    controller: ThreadpoolController = ThreadpoolController().select(user_api="blas")
    return controller


def blas_threads() -> int:
    """Threads of a dense product now."""
    return max((int(library["num_threads"]) for library in _controller().info()), default=1)


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """A block in which dense products and kernels use at most `count` threads: never more than they were set to.

    The BLAS's limit is that of the whole process: solve in processes, not in Python threads, if their limits differ.
    """
    with _controller().limit(limits=min(count, blas_threads())):
        yield


def each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`work` on every item, as many at once as the BLAS has threads, each with one: for many matrices of medium size."""
    threads = min(blas_threads(), len(items))
    if threads <= 1:
        return [work(item) for item in items]
    with limited_threads(1), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
