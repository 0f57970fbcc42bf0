"""The spectrum by moments: against the transitions between eigenstates of H_S, seen through the same polynomials."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dnplab import SteadyState, epr_spectrum, steady_state
from dnplab.errors import ParameterError
from dnplab.observables import correlation_epr as module
from dnplab.observables.correlation_epr import correlation_epr_spectrum
from tests.physics.test_correlations import sample, uniform_bath
from tests.systems.samples import table_drive

EDGES = np.linspace(-6.0, 6.0, 25)


def states(n_spins: int, order: int, ising: bool = False) -> tuple[SteadyState, SteadyState]:
    problem = sample(n_spins, 1, ising=ising), uniform_bath(4.0), table_drive()
    return steady_state(*problem, rtol=1e-12), steady_state(*problem, "correlation", rtol=1e-11, order=order)


def transition_moments(state: SteadyState, scale: float, count: int) -> NDArray[np.complex128]:
    """sum_nk C_nk T_m(omega_nk / scale), eigenstate by eigenstate."""
    spectrum = state.system.spectrum
    found = np.zeros(count, dtype=np.complex128)
    for k, up, down in spectrum.adjacent():
        upper, lower = state.sector_matrix(k), state.sector_matrix(k + 1)
        gaps = (spectrum.energies[up][:, None] - spectrum.energies[down][None, :]) / scale
        for site in range(state.system.n_spins):
            raising = spectrum.raising_block(site, k)
            c = raising * (upper.T @ raising - raising @ lower.T)
            found += np.array([(c * np.cos(m * np.arccos(gaps))).sum() for m in range(count)])
    return found


@pytest.mark.parametrize("n_spins", [1, 2, 4])
@pytest.mark.parametrize("ising", [False, True])
def test_moments_are_those_of_the_transitions(n_spins: int, ising: bool) -> None:
    exact, cut = states(n_spins, n_spins, ising)
    generator = module._precession(cut.system, n_spins)
    scale = 1.02 * module._largest_frequency(generator)
    assert cut.correlations is not None
    found = module._moments(generator, cut.correlations, scale, 40)
    angle, m = np.pi / 41, np.arange(40)
    jackson = ((41 - m) * np.cos(m * angle) + np.sin(m * angle) / np.tan(angle)) / 41
    np.testing.assert_allclose(found, jackson * transition_moments(exact, scale, 40), rtol=0, atol=1e-9)


def test_a_line_is_as_narrow_as_asked_for() -> None:
    """One spin: a line at its offset, narrower by sqrt(1 - x^2) at the fraction x of the band."""
    _, cut = states(1, 1)
    edges = np.linspace(-5.0, 5.0, 2001)
    line = correlation_epr_spectrum(cut, edges, 0.2)
    middle, offset = 0.5 * (edges[1:] + edges[:-1]), float(np.asarray(cut.system.offsets_mhz)[0])
    inside = np.abs(middle - offset) < 1.0
    weight = line[inside] / line[inside].sum()
    assert weight @ middle[inside] == pytest.approx(offset, abs=0.01)
    width = np.sqrt(weight @ (middle[inside] - offset) ** 2)
    assert 0.1 < width < 0.2


@pytest.mark.parametrize(("order", "bound"), [(5, 0.02), (4, 0.15), (3, 0.2)])
def test_a_fine_resolution_is_the_exact_spectrum(order: int, bound: float) -> None:
    exact, cut = states(5, order)
    f = epr_spectrum(exact, EDGES)
    g = correlation_epr_spectrum(cut, EDGES, 0.002)
    assert np.abs(g - f).max() < bound * np.abs(f).max()


@pytest.mark.parametrize("n_spins", [5, 16])
def test_the_sum_rule(n_spins: int) -> None:
    cut = steady_state(sample(n_spins), uniform_bath(4.0), table_drive(), "correlation", order=2)
    edges = np.linspace(-100.0, 100.0, 401)
    total = float(correlation_epr_spectrum(cut, edges, 0.3) @ np.diff(edges))
    assert total == pytest.approx(cut.polarization.mean(), rel=1e-6)


def test_bad_input() -> None:
    exact, cut = states(2, 2)
    with pytest.raises(ParameterError, match="model is 'nonsecular', but it must be correlation"):
        correlation_epr_spectrum(exact, EDGES, 0.1)
    with pytest.raises(ParameterError, match="resolution_mhz is 0"):
        correlation_epr_spectrum(cut, EDGES, 0)
    with pytest.raises(ParameterError, match="ascending"):
        correlation_epr_spectrum(cut, [1.0, 0.0], 0.1)
    with pytest.raises(ParameterError, match="moments"):
        correlation_epr_spectrum(cut, EDGES, 1e-6)
