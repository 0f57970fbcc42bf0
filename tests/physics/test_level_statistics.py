"""Gap ratio of H_S: <r> = 0.386 for Poisson levels, 0.531 for the orthogonal ensemble (E26)."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import SpinSystem
from dnplab.observables.level_statistics import gap_ratio

POISSON, ORTHOGONAL = 2 * np.log(2) - 1, 0.5307


def mean_ratio(n_spins: int, coupling_mhz: float, samples: int) -> tuple[float, float]:
    """Mean over realizations and its standard error."""
    ratios = [
        gap_ratio(SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=coupling_mhz, seed=(7, r)).spectrum)
        for r in range(samples)
    ]
    return float(np.mean(ratios)), float(np.std(ratios, ddof=1) / np.sqrt(samples))


def test_strong_coupling_is_the_orthogonal_ensemble() -> None:
    ratio, error = mean_ratio(10, 3.0, 40)
    assert error < 0.006
    assert abs(ratio - ORTHOGONAL) < 0.015


def test_weak_coupling_is_near_poisson() -> None:
    ratio, error = mean_ratio(10, 0.1, 120)
    assert error < 0.006
    assert abs(ratio - POISSON) < 0.025


def test_the_letter_is_in_between_and_rises_with_size() -> None:
    """0.467 and 0.491 at N = 8 and 10."""
    eight, ten = mean_ratio(8, 0.75, 400), mean_ratio(10, 0.75, 150)
    assert eight[0] == pytest.approx(0.467, abs=3 * eight[1] + 3 * 0.004)
    assert ten[0] == pytest.approx(0.491, abs=3 * ten[1] + 3 * 0.004)
    assert ten[0] - eight[0] > 3 * np.hypot(eight[1], ten[1])
    for ratio, _ in (eight, ten):
        assert POISSON + 0.03 < ratio < ORTHOGONAL - 0.02
