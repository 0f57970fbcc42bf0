"""Matrix-free generators = hand-written Kronecker superoperators, for every model, bath, drive and coupling."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem
from dnplab.models import build
from tests.reference import kronecker as kron
from tests.reference.convert import hermitian, problem, real_form
from tests.systems.samples import small_system, table_drive

MODELS = ["nonsecular", "secular", "ule"]
BATHS = {
    "T(0)=T*": Bath(temperature_k=12.0, t1_us=1.7, t_star_us=0.21, t_zero_us=0.21),
    "T(0)<T*": Bath(temperature_k=1.2, t1_us=16.0, t_star_us=8.0, t_zero_us=0.9),
    "T(0)>T*": Bath(temperature_k=5.0, t1_us=3.0, t_star_us=0.4, t_zero_us=2.2),
}
DRIVES = {"all": None, "one": [1], "two": [0, 1]}


def random_real(dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(dimension, dimension))


def reference_images(
    model: str, generator: object, case: tuple[SpinSystem, Bath, Drive], z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """L Z and its bath part from the Kronecker form, in the generator's native basis."""
    p = problem(*case)
    dimension = 2**p.n_spins
    basis = np.eye(dimension) if generator.basis is None else generator.basis  # type: ignore[attr-defined]
    rho = (basis @ hermitian(z) @ basis.T).ravel()
    images = []
    for superoperator in (kron.liouvillian(p, model), kron.bath_superoperator(p, model)):
        image = (superoperator @ rho).reshape(dimension, dimension)
        images.append(real_form(basis.T @ image @ basis))
    return images[0], images[1]


def compare(model: str, case: tuple[SpinSystem, Bath, Drive]) -> None:
    generator = build(model, *case)
    dimension = 2 ** case[0].n_spins
    assert generator.dimension == dimension
    z = random_real(dimension, seed=7)
    whole, bath_part = reference_images(model, generator, case, z)
    np.testing.assert_allclose(generator.apply(z), whole, atol=1e-11 * np.abs(whole).max())
    np.testing.assert_allclose(generator.dissipate(z), bath_part, atol=1e-11 * np.abs(bath_part).max())


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("sites", DRIVES)
@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("model", MODELS)
def test_three_spins(model: str, bath: str, sites: str, ising: bool) -> None:
    compare(model, (small_system(3, ising=ising), BATHS[bath], table_drive(DRIVES[sites])))


@pytest.mark.parametrize("n_spins", [1, 2, 4])
@pytest.mark.parametrize("model", MODELS)
def test_other_sizes(model: str, n_spins: int) -> None:
    system = small_system(n_spins, ising=n_spins == 4)
    compare(model, (system, BATHS["T(0)<T*"], table_drive([n_spins - 1])))


@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("sites", DRIVES)
@pytest.mark.parametrize("bath", BATHS)
def test_hilbert_rates(bath: str, sites: str, ising: bool) -> None:
    """The rate matrix = the secular superoperator projected on populations (S51), up to the order of levels."""
    case = (small_system(3, ising=ising), BATHS[bath], table_drive(DRIVES[sites]))
    model = build("hilbert", *case)
    p = problem(*case)
    overlaps = np.abs(kron.eigenbasis(p).vectors.conj().T @ case[0].spectrum.vectors) ** 2
    order = overlaps.argmax(axis=0)
    np.testing.assert_allclose(overlaps[order, np.arange(8)], 1, atol=1e-10)
    expected = kron.hilbert_rates(p)[np.ix_(order, order)]
    np.testing.assert_allclose(model.rates, expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("model", MODELS)
def test_whole_superoperator(model: str) -> None:
    """All 4^N columns, not one random vector: the matrix of Z -> L Z against the Kronecker form."""
    case = (small_system(2), BATHS["T(0)<T*"], table_drive())
    generator = build(model, *case)
    columns = np.eye(16).reshape(16, 4, 4)
    free = np.array([generator.apply(z).ravel() for z in columns])
    hand = np.array([reference_images(model, generator, case, z)[0].ravel() for z in columns])
    np.testing.assert_allclose(free, hand, atol=1e-11 * np.abs(hand).max())


@pytest.mark.parametrize("model", MODELS)
def test_rotating_hamiltonian(model: str) -> None:
    case = (small_system(3, ising=True), BATHS["T(0)<T*"], table_drive([1]))
    generator = build(model, *case)
    expected = kron.rotating_hamiltonian(problem(*case))
    basis = np.eye(8) if generator.basis is None else generator.basis
    np.testing.assert_allclose(basis.T @ basis, np.eye(8), atol=1e-13)
    rotated = basis @ generator.hamiltonian @ basis.T
    np.testing.assert_allclose(rotated, expected, atol=1e-10)


@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("model", MODELS)
def test_trace_is_conserved(model: str, bath: str) -> None:
    """Tr(L rho) = 0 for any Hermitian rho, commutator and bath each."""
    generator = build(model, small_system(4), BATHS[bath], table_drive())
    for seed in range(3):
        z = random_real(16, seed)
        for image in (generator.apply(z), generator.dissipate(z)):
            assert abs(np.trace(image)) < 1e-12 * np.abs(image).max()


@pytest.mark.parametrize("model", MODELS)
def test_bath_part_is_hermitian_and_real(model: str) -> None:
    """Real symmetric rho stays real symmetric under the bath, imaginary antisymmetric likewise.

    All jump operators combine to real ones, so the dissipator may not mix X and Y of rho = X + iY.
    """
    generator = build(model, small_system(3), BATHS["T(0)<T*"], table_drive())
    z = random_real(8, seed=1)
    symmetric, antisymmetric = generator.dissipate(z + z.T), generator.dissipate(z - z.T)
    scale = 1e-13 * np.abs(symmetric).max()
    np.testing.assert_allclose(symmetric, symmetric.T, atol=scale)
    np.testing.assert_allclose(antisymmetric, -antisymmetric.T, atol=scale)


@pytest.mark.parametrize("model", MODELS)
def test_input_is_left_alone(model: str) -> None:
    generator = build(model, small_system(3), BATHS["T(0)<T*"], table_drive())
    z = random_real(8, seed=2)
    before = z.copy()
    first = generator.apply(z).copy()
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(generator.apply(z), first)
