"""Shared settings of the tests: one BLAS thread, so that times and bits do not depend on the machine's load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread() -> Iterator[None]:
    """Small matrices only: more threads would cost time and change the last bit."""
    with threadpool_limits(limits=1):
        yield
