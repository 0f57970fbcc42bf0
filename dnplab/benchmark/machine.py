"""The machine that times are from: its name, its dense products, and the peak memory of a process."""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import DTypeLike
from threadpoolctl import threadpool_info, threadpool_limits

__all__ = ["Machine", "available_cores", "peak_mib", "product_rate", "this_machine"]

MIB = 2.0**20


@dataclass(frozen=True)
class Machine:
    """What a reader must know of a machine."""

    cpu: str
    cores: int  # that this process may use
    memory_gib: float
    blas: str

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:.0f} GiB, {self.blas}"


def this_machine() -> Machine:
    """The machine this process runs on."""
    memory = psutil.virtual_memory().total / 2**30
    return Machine(_cpu(), available_cores(), memory, _blas())


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def product_rate(dimension: int, dtype: DTypeLike, threads: int, seconds: float = 0.3) -> float:
    """GFLOP/s of the fastest of several (D, D) products, 2 D^3 operations each; after one that does not count."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((dimension, dimension)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    calls = max(1, 10**6 // dimension**3)  # products of few spins are shorter than the clock's tick
    best, begin = math.inf, time.perf_counter()
    with threadpool_limits(limits=threads):
        np.matmul(a, b, out=out)
        while best == math.inf or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            for _ in range(calls):
                np.matmul(a, b, out=out)
            best = min(best, (time.perf_counter() - start) / calls)
    return 2e-9 * dimension**3 / best


def peak_mib(pid: int | None = None) -> float:
    """Peak resident memory of a process (this one if None) in MiB, nan where the system does not tell.

    On Linux it is VmHWM: ru_maxrss of a new process begins with the memory of the one that started it.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return _peak_by_resource() if pid is None else math.nan
    found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return float(found[0]) * 1024.0 / MIB if found else math.nan


def _peak_by_resource() -> float:
    try:
        import resource
    except ImportError:
        return math.nan
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / MIB


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _blas() -> str:
    """The BLAS of NumPy; SciPy may have loaded another one."""
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    if not found:
        return "unknown BLAS"
    found.sort(key=lambda library: "numpy" not in library["filepath"])
    name = f"{found[0]['internal_api']} {found[0]['version']}"
    kernel = found[0].get("architecture")
    return f"{name} ({kernel})" if kernel else name
