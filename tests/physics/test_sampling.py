"""Disorder as a distribution, and its address (ensemble seed, realization)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from dnplab import SpinSystem

N_SPINS, DISORDER_MHZ, COUPLING_MHZ = 8, 5.0, 0.75
SMALLEST_P = 1e-3


def draw(seed: tuple[int, int], n_spins: int = N_SPINS) -> SpinSystem:
    return SpinSystem.sample(n_spins=n_spins, disorder_mhz=DISORDER_MHZ, coupling_mhz=COUPLING_MHZ, seed=seed)


@pytest.fixture(scope="module")
def samples() -> list[SpinSystem]:
    return [draw((11, r)) for r in range(1500)]


def upper(system: SpinSystem) -> np.ndarray:
    return np.asarray(system.couplings_mhz)[np.triu_indices(N_SPINS, 1)]


def test_offsets_are_uniform_and_sorted(samples: list[SpinSystem]) -> None:
    offsets = np.array([s.offsets_mhz for s in samples])
    assert (np.diff(offsets, axis=1) > 0).all()
    uniform = stats.uniform(-DISORDER_MHZ / 2, DISORDER_MHZ)
    assert stats.kstest(offsets.ravel(), uniform.cdf).pvalue > SMALLEST_P
    # sorted i.i.d. uniforms: the k-th of N follows a beta distribution (so they are independent, too)
    for k in range(N_SPINS):
        order = stats.beta(k + 1, N_SPINS - k, loc=-DISORDER_MHZ / 2, scale=DISORDER_MHZ)
        assert stats.kstest(offsets[:, k], order.cdf).pvalue > SMALLEST_P


def test_couplings_are_gaussian_with_variance_over_n(samples: list[SpinSystem]) -> None:
    couplings = np.array([upper(s) for s in samples])
    deviation = COUPLING_MHZ / math.sqrt(N_SPINS)
    assert stats.kstest(couplings.ravel(), stats.norm(0, deviation).cdf).pvalue > SMALLEST_P
    # chi-squared bound on the variance: 42,000 numbers know it to 0.7 % (one sigma)
    assert couplings.var() == pytest.approx(deviation**2, rel=0.03)
    for system in samples[:10]:
        matrix = np.asarray(system.couplings_mhz)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert not np.diag(matrix).any()


def test_numbers_are_independent(samples: list[SpinSystem]) -> None:
    """No correlation between couplings, with offsets, or between neighbouring realizations."""
    couplings = np.array([upper(s) for s in samples])
    offsets = np.array([s.offsets_mhz for s in samples])
    between = np.corrcoef(couplings.T)[np.triu_indices(28, 1)]
    mixed = np.corrcoef(couplings.T, offsets.T)[:28, 28:].ravel()
    serial = [np.corrcoef(c[:-1], c[1:])[0, 1] for c in couplings.T]
    bound = 4.5 / math.sqrt(len(samples))  # of some 600 correlations none beyond 4.5 sigma
    assert max(np.abs(np.concatenate([between, mixed, serial]))) < bound


def test_variance_at_other_sizes() -> None:
    for n_spins in (2, 5):
        values = [np.asarray(draw((3, r), n_spins).couplings_mhz)[np.triu_indices(n_spins, 1)] for r in range(1500)]
        assert np.var(values) == pytest.approx(COUPLING_MHZ**2 / n_spins, rel=0.12)


def test_address_fixes_the_sample_in_any_order() -> None:
    forward = [draw((5, r)) for r in range(6)]
    np.random.seed(1)  # noqa: NPY002  (a foreign global seed must not matter)
    backward = [draw((5, r)) for r in reversed(range(6))][::-1]
    for a, b in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(a.offsets_mhz, b.offsets_mhz)
        np.testing.assert_array_equal(a.couplings_mhz, b.couplings_mhz)


def test_tricky_addresses_are_distinct() -> None:
    """Swapped pairs, and pairs that zero padding or concatenation of 32-bit words would merge."""
    numbers = (0, 1, 2, 2**32, 2**32 + 1, 2**33, 2**64 - 1)
    addresses = list(itertools.product(numbers, repeat=2))
    offsets = {a: tuple(draw(a).offsets_mhz) for a in addresses}
    couplings = {a: tuple(upper(draw(a))) for a in addresses}
    assert len(set(offsets.values())) == len(addresses)
    assert len(set(couplings.values())) == len(addresses)


def test_unsorted_input_is_sorted_with_its_couplings() -> None:
    """A system given in another order is the same system."""
    rng = np.random.default_rng(2)
    system = draw((1, 2), n_spins=5)
    order = rng.permutation(5)
    shuffled = SpinSystem(
        electron_ghz=system.electron_ghz,
        offsets_mhz=np.asarray(system.offsets_mhz)[order],
        couplings_mhz=np.asarray(system.couplings_mhz)[np.ix_(order, order)],
    )
    np.testing.assert_array_equal(shuffled.offsets_mhz, system.offsets_mhz)
    np.testing.assert_array_equal(shuffled.couplings_mhz, system.couplings_mhz)
