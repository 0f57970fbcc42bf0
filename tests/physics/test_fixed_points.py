"""Without a drive each model relaxes to its own exact equilibrium (E21), with detailed balance at lab-frame gaps."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import steady_state
from dnplab.models import build
from tests.reference import kronecker as kron
from tests.reference.convert import problem, real_form
from tests.systems.samples import small_system, table_drive, table_one

UNDRIVEN = table_drive(amplitude_mhz=0.0)


def zeeman_state(p: kron.Problem) -> kron.Matrix:
    """exp(-beta omega_e S^z) / Z."""
    weights = np.exp(-p.beta * p.electron * np.diag(kron.total("z", p.n_spins)).real)
    return np.diag(weights / weights.sum()).astype(complex)


def gibbs_state(p: kron.Problem) -> kron.Matrix:
    """exp(-beta H_S) / Z with H_S in the lab frame."""
    basis = kron.eigenbasis(p)
    weights = np.exp(-p.beta * (basis.shifted + p.electron * basis.sz))
    return basis.vectors @ np.diag(weights / weights.sum()) @ basis.vectors.conj().T


# its equilibrium, and |L rho| there in units of the fastest bath rate: rounding, but for (6), which
# balances only up to (beta times the gaps inside a sector)^2, 3e-13 at 1.2 K
EQUILIBRIUM = {
    "nonsecular": (zeeman_state, 1e-15),
    "secular": (gibbs_state, 1e-15),
    "hilbert": (gibbs_state, 1e-15),
    "ule": (gibbs_state, 5e-13),
}


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("model", EQUILIBRIUM)
def test_undriven_steady_state(model: str, temperature_k: float, ising: bool) -> None:
    system, bath = small_system(3, ising=ising), table_one(temperature_k)
    expected, _ = EQUILIBRIUM[model]
    state = steady_state(system, bath, UNDRIVEN, model=model)
    rho = expected(problem(system, bath, UNDRIVEN))
    np.testing.assert_allclose(state.density_matrix(), rho, atol=1e-11)


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule"])
def test_generator_annihilates_its_equilibrium(model: str, temperature_k: float) -> None:
    """The same on the generator itself, where no solver can hide an error."""
    system, bath = small_system(4), table_one(temperature_k)
    expected, tolerance = EQUILIBRIUM[model]
    generator = build(model, system, bath, UNDRIVEN)
    rho = expected(problem(system, bath, UNDRIVEN))
    if generator.basis is not None:
        rho = generator.basis.T @ rho @ generator.basis
    image = generator.dissipate(real_form(rho))
    fastest = 1 / min(bath.t1_us, bath.t_star_us, bath.t_zero_us)
    assert np.abs(image).max() < tolerance * fastest
    whole = generator.apply(real_form(rho))
    frequency = np.abs(generator.hamiltonian).max()
    assert np.abs(whole).max() < tolerance * fastest + 1e-15 * frequency


def test_equilibria_differ_as_they_should() -> None:
    """exp(-beta omega_e S^z) and exp(-beta H_S) are about 3e-6 apart in trace distance at 1.2 K."""
    p = problem(small_system(3), table_one(1.2), UNDRIVEN)
    distance = np.abs(np.linalg.eigvalsh(zeeman_state(p) - gibbs_state(p))).sum() / 2
    assert 1e-6 < distance < 1e-4


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_detailed_balance_at_lab_frame_gaps(temperature_k: float, ising: bool) -> None:
    """W_mn / W_nm = exp(beta omega_mn) for every pair, and the columns sum to zero."""
    system, bath = small_system(4, ising=ising), table_one(temperature_k)
    p = problem(system, bath, UNDRIVEN)
    model = build("hilbert", system, bath, UNDRIVEN)
    rates = np.asarray(model.rates)  # [n, m]: from m to n
    vectors = system.spectrum.vectors
    sz = np.diag(vectors.T @ kron.total("z", 4).real @ vectors)
    shifted = np.diag(vectors.T @ kron.static_hamiltonian(p).real @ vectors)
    energies = shifted + p.electron * sz
    np.testing.assert_allclose(rates.sum(axis=0), 0, atol=1e-13 * np.abs(rates).max())
    pairs = (rates > 1e-9 * np.abs(rates).max()) & ~np.eye(16, dtype=bool)
    assert pairs.sum() > 50
    ratio = (rates / np.where(pairs, rates.T, 1))[pairs]
    expected = np.exp(p.beta * (energies[None, :] - energies[:, None]))[pairs]
    np.testing.assert_allclose(ratio, expected, rtol=1e-9)


def test_thermal_polarization_is_the_brillouin_function() -> None:
    """P_0 = -tanh(h nu / 2 k T): -0.954287 at 1.2 K and -0.185594 at 12 K (physics, header)."""
    for temperature_k, expected in ((1.2, -0.954287), (12.0, -0.185594)):
        assert abs(table_one(temperature_k).thermal_polarization(93.9) - expected) < 1e-6
