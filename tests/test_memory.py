"""The estimate of memory before a solve, against the peak of that solve in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dnplab.errors import MemoryEstimateError
from dnplab.memory import estimate_bytes, require_memory

PEAK = """
import re, resource
from pathlib import Path
from dnplab import Bath, Drive, SpinSystem, steady_state
system = SpinSystem.sample(n_spins={n}, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
steady_state(system, Bath.letter(temperature_k={t}), Drive(93.8988, 0.628), model="{model}", order={order})
if Path("/proc/self/status").exists():  # there ru_maxrss counts the parent's memory too
    print(1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("model", "n_spins", "order"),
    [
        ("hilbert", 11, None),
        ("secular", 10, None),
        ("nonsecular", 10, None),
        ("nonsecular", 9, None),
        ("correlation", 50, 3),
        ("correlation", 16, 4),
    ],
)
def test_estimate_covers_the_peak(model: str, n_spins: int, order: int | None) -> None:
    code = PEAK.format(n=n_spins, t=12.0, model=model, order=order)
    peak = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert 0.8 < peak / estimate_bytes(n_spins, model, order=order) < 1.2


def test_refusal_has_the_numbers() -> None:
    with pytest.raises(MemoryEstimateError, match=r"n_spins is 20.*GiB.*GiB are free"):
        require_memory(20, "nonsecular")
