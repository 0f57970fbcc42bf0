"""Sampling of disorder: offsets and couplings of one realization, addressed by (ensemble seed, realization).

    Delta_i / 2pi  uniform on [-W/2, W/2], i.i.d., then sorted     W = disorder_mhz
    U_ij / 2pi     normal, mean 0, variance U^2 / N, i < j, i.i.d. U = coupling_mhz

(letter, below Eq. (11)). The address fixes the sample, whatever the order or the number of workers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dnplab import checks
from dnplab.errors import ParameterError

__all__ = ["sample"]


def sample(
    n_spins: int, disorder_mhz: float, coupling_mhz: float, seed: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets (N,) ascending and symmetric couplings (N, N), both in MHz."""
    n = checks.positive_int("n_spins", n_spins)
    width = checks.non_negative("disorder_mhz", disorder_mhz)
    coupling = checks.non_negative("coupling_mhz", coupling_mhz)
    if not isinstance(seed, tuple | list) or len(seed) != 2:
        raise ParameterError("seed", seed, "a pair (ensemble seed, realization) of integers >= 0")
    root, realization = (checks.non_negative_int("seed", part) for part in seed)
    if max(root, realization) >= 2**64:
        raise ParameterError("seed", seed, "a pair of integers below 2**64")
    # spawn_key keeps the two numbers apart: as entropy [root, realization] some pairs would collide by zero padding
    rng = np.random.default_rng(np.random.SeedSequence(root, spawn_key=(realization,)))
    offsets = np.sort(rng.uniform(-width / 2, width / 2, n))
    couplings = np.zeros((n, n))
    upper = np.triu_indices(n, 1)
    couplings[upper] = rng.normal(0.0, coupling / math.sqrt(n), len(upper[0]))
    return offsets, couplings + couplings.T
