"""Baths so fast that short trajectories see many jumps, random states, and a cheap average."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnplab import Bath
from dnplab.trajectories import TrajectoryAverages, trajectory_averages
from tests.systems.samples import small_system, table_drive

# Table I's fast times at its low temperature: the larger P_0 shows a wrong factor in shorter trajectories
FAST = Bath(temperature_k=1.2, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
UNEVEN = Bath(temperature_k=1.2, t1_us=1.6, t_star_us=1.0, t_zero_us=0.2)
BATHS = {"T(0)=T*": FAST, "T(0)!=T*": UNEVEN}


def random_state(dimension: int, seed: int = 0) -> NDArray[np.complex128]:
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=dimension) + 1j * rng.normal(size=dimension)
    return np.asarray(psi / np.linalg.norm(psi))


def small_averages(**changes: Any) -> TrajectoryAverages:
    arguments: dict[str, Any] = {"seed": 4, "trajectories": 3, "duration_us": 60.0, "step_us": 0.5} | changes
    return trajectory_averages(small_system(2), FAST, table_drive(), **arguments)
