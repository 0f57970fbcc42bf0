"""Entanglement entropy against closed forms, and the eigenstates of the steady state."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Drive, SpinSystem, steady_state
from dnplab.errors import ParameterError
from dnplab.observables.eigenstates import (
    eigenstates_of_hamiltonian,
    eigenstates_of_rho,
    middle_ranks,
)
from dnplab.observables.entanglement import default_kept_spins, entanglement_entropies
from tests.reference import kronecker as kron
from tests.reference.convert import MEGAHERTZ, problem
from tests.systems.samples import fast_bath, small_system, table_drive, table_one

UP, DOWN = np.array([1.0, 0.0]), np.array([0.0, 1.0])
BELL = (np.kron(UP, DOWN) - np.kron(DOWN, UP)) / np.sqrt(2)


def entropy(vector: np.ndarray, kept_spins: int) -> float:
    return float(entanglement_entropies(vector[:, None], kept_spins)[0])


def test_product_states_have_none() -> None:
    rng = np.random.default_rng(0)
    vector = np.ones(1, complex)
    for _ in range(5):
        spin = rng.normal(size=2) + 1j * rng.normal(size=2)
        vector = np.kron(vector, spin / np.linalg.norm(spin))
    for kept in range(1, 5):
        assert entropy(vector, kept) == pytest.approx(0, abs=1e-12)


def test_bell_pair_is_one_natural_bit() -> None:
    assert entropy(BELL, 1) == pytest.approx(np.log(2), rel=1e-14)


def test_the_kept_spins_are_the_first() -> None:
    """A pair of spins 0 and 1 is cut after the first and whole after the second."""
    vector = np.kron(BELL, UP)
    assert entropy(vector, 1) == pytest.approx(np.log(2), rel=1e-14)
    assert entropy(vector, 2) == pytest.approx(0, abs=1e-14)
    other = np.kron(UP, BELL)
    assert entropy(other, 1) == pytest.approx(0, abs=1e-14)
    assert entropy(other, 2) == pytest.approx(np.log(2), rel=1e-14)


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_one_excitation_spread_over_all(kept: int) -> None:
    """W state: the binary entropy of k / N."""
    vector = np.zeros(16)
    vector[[1, 2, 4, 8]] = 0.5
    q = kept / 4
    assert entropy(vector, kept) == pytest.approx(-q * np.log(q) - (1 - q) * np.log(1 - q))


def test_many_pairs_add_up_and_columns_are_independent() -> None:
    """Two Bell pairs across the cut give 2 ln 2; each column is its own state."""
    pairs = np.einsum("ac,bd->abcd", BELL.reshape(2, 2), BELL.reshape(2, 2)).ravel()
    product = np.kron(np.kron(UP, DOWN), np.kron(UP, DOWN))
    cat = np.zeros(16, complex)
    cat[0], cat[-1] = np.sqrt(0.5), 1j * np.sqrt(0.5)
    found = entanglement_entropies(np.stack([pairs, product, cat], axis=1), 2)
    np.testing.assert_allclose(found, [2 * np.log(2), 0, np.log(2)], atol=1e-13)


def test_random_complex_states_by_singular_values() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(32, 6)) + 1j * rng.normal(size=(32, 6))
    vectors /= np.linalg.norm(vectors, axis=0)
    for kept in (1, 2, 3, 4):
        weights = [np.linalg.svd(v.reshape(2**kept, -1), compute_uv=False) ** 2 for v in vectors.T]
        expected = [-(w * np.log(w)).sum() for w in weights]
        np.testing.assert_allclose(entanglement_entropies(vectors, kept), expected, rtol=1e-12)


@pytest.mark.parametrize("kept", [0, 2, -1, 1.5])
def test_impossible_cut(kept: object) -> None:
    with pytest.raises(ParameterError, match="kept_spins"):
        entanglement_entropies(BELL[:, None], kept)  # type: ignore[arg-type]


def test_default_cut() -> None:
    """The letter keeps 4 of 10; never none."""
    assert [default_kept_spins(n) for n in (2, 3, 4, 6, 8, 10)] == [1, 1, 1, 2, 3, 4]


def test_middle_of_the_spectrum() -> None:
    """S^z = 0 for even N, both middle sectors for odd N."""
    assert middle_ranks(4) == slice(5, 11)
    assert middle_ranks(3) == slice(1, 7)


@pytest.mark.parametrize("model", ["nonsecular", "secular", "hilbert"])
@pytest.mark.parametrize("n_spins", [3, 4])
def test_eigenstates_rebuild_averages(n_spins: int, model: str) -> None:
    """sum lambda = 1, and lambda-weighted <S_i^z> and <H_S> are those of rho; order is by <H_S> in the lab."""
    case = small_system(n_spins), table_one(12.0), table_drive()
    state = steady_state(*case, model=model)
    states = eigenstates_of_rho(state)
    p, rho = problem(*case), state.density_matrix()
    assert states.eigenvalue.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(2 * states.site_sz @ states.eigenvalue, state.polarization, atol=1e-12)
    np.testing.assert_allclose(states.sz, states.site_sz.sum(axis=0), atol=1e-12)
    energy = np.trace(kron.static_hamiltonian(p) @ rho).real / MEGAHERTZ
    assert states.energy_mhz @ states.eigenvalue == pytest.approx(energy, abs=1e-10)
    lab = states.energy_mhz + 93900.0 * states.sz
    assert (np.diff(lab) >= 0).all()
    assert not states.arbitrary.any()


def test_eigenstates_of_a_hilbert_state_are_those_of_the_hamiltonian() -> None:
    system = small_system(4)
    rho = eigenstates_of_rho(steady_state(system, table_one(12.0), table_drive(), model="hilbert"))
    closed = eigenstates_of_hamiltonian(system)
    basis = kron.eigenbasis(problem(system, table_one(12.0), table_drive()))
    ascending = np.argsort(basis.shifted + 1e6 * basis.sz)
    np.testing.assert_allclose(closed.energy_mhz, basis.shifted[ascending] / MEGAHERTZ, atol=1e-12)
    np.testing.assert_allclose(closed.sz, basis.sz[ascending], atol=1e-12)
    expected = entanglement_entropies(basis.vectors[:, ascending], 1)
    for states in (rho, closed):
        assert states.entropy is not None
        np.testing.assert_allclose(states.entropy, expected, atol=1e-11)
        np.testing.assert_allclose(states.site_sz, closed.site_sz, atol=1e-12)
    assert closed.middle_entropy() == pytest.approx(expected[5:11].mean(), abs=1e-11)
    np.testing.assert_array_equal(closed.middle_site_sz(), closed.site_sz[:, 5:11])
    assert closed.middle_site_sz(most=2).shape == (4, 2)


def test_degenerate_eigenvectors_are_called_arbitrary() -> None:
    """E23: undriven rho is degenerate inside a sector, only all up and all down stand alone."""
    state = steady_state(small_system(4), table_one(12.0), table_drive(amplitude_mhz=0.0))
    arbitrary = eigenstates_of_rho(state).arbitrary
    assert arbitrary.sum() == 14
    assert not arbitrary[0]
    assert not arbitrary[-1]


def test_a_fast_bath_disentangles_eigenstates() -> None:
    """Full localization: eigenstates of rho are product states where those of H_S are not (Fig. S10)."""
    system = SpinSystem.sample(n_spins=4, disorder_mhz=1e-4, coupling_mhz=1.0, seed=(0, 4))
    drive = Drive(frequency_ghz=93.9, amplitude_mhz=100.0, sites=[2])
    rho = eigenstates_of_rho(steady_state(system, fast_bath(), drive), kept_spins=2)
    closed = eigenstates_of_hamiltonian(system, kept_spins=2)
    assert closed.middle_entropy() > 0.3
    assert rho.middle_entropy() < 1e-3
