"""The reference checks itself before it judges anything else: two derivations of each of its parts agree."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.bloch import bloch_state
from tests.systems.samples import small_system, table_drive, table_one


def build(n_spins: int, temperature_k: float, scale: float = 1.0) -> kron.Problem:
    system = small_system(n_spins, scale=scale)
    return problem(system, table_one(temperature_k), table_drive())


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_decay_of_every_coherence_is_the_corrected_rate(temperature_k: float) -> None:
    """(S19) without the extra h (E1): 1/T_nm from rates = diagonal decay of the secular Lindbladian."""
    p = build(3, temperature_k)
    basis = kron.eigenbasis(p)
    rates = kron.bath_rates(p, basis)
    out = rates.sum(axis=1)
    values = np.array([np.diag(basis.matrix(kron.site("z", i, 3))).real for i in range(3)])
    dephasing = ((values[:, :, None] - values[:, None, :]) ** 2).sum(axis=0) / (4 * p.t_zero)
    expected = (out[:, None] + out[None, :]) / 2 + dephasing
    forward = np.kron(basis.vectors, basis.vectors.conj())
    decay = -np.diag(forward.conj().T @ kron.secular_bath(p) @ forward).reshape(8, 8)
    off = ~np.eye(8, dtype=bool)
    np.testing.assert_allclose(decay[off], expected[off], rtol=1e-12)


@pytest.mark.parametrize("n_spins", [1, 2, 3])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_second_order_projection_is_the_printed_microwave_rate(n_spins: int, temperature_k: float) -> None:
    """(S51) = (S53), with 1/T_nm of E1."""
    p = build(n_spins, temperature_k)
    basis = kron.eigenbasis(p)
    dimension = 2**n_spins
    bath = kron.bath_rates(p, basis)
    out = bath.sum(axis=1)
    values = np.array([np.diag(basis.matrix(kron.site("z", i, n_spins))).real for i in range(n_spins)])
    dephasing = ((values[:, :, None] - values[:, None, :]) ** 2).sum(axis=0) / (4 * p.t_zero)
    times = 1 / ((out[:, None] + out[None, :]) / 2 + dephasing + np.eye(dimension))
    detuning = basis.gaps(p.detuning)
    flips = np.abs(basis.matrix(kron.total("x", n_spins))) ** 2
    microwave = 2 * p.amplitude**2 * times / (1 + (times * detuning) ** 2) * flips
    np.fill_diagonal(microwave, 0)
    expected = bath.T + microwave
    expected -= np.diag(expected.sum(axis=0))
    actual = kron.hilbert_rates(p)
    np.testing.assert_allclose(actual, expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_printed_jump_operators_are_two_local_channels(temperature_k: float) -> None:
    """D[A^x] + D[A^y] of (7) = (h / T_1) (D[S^-] + exp(-beta omega_e) D[S^+])."""
    p = build(2, temperature_k)
    jumps = kron.nonsecular_jumps(p)
    rate = kron.thermal_factor(p.electron, p.beta) / p.t1
    for i in range(2):
        printed = kron.dissipator(jumps[3 * i]) + kron.dissipator(jumps[3 * i + 1])
        down = kron.dissipator(kron.site("-", i, 2))
        up = kron.dissipator(kron.site("+", i, 2))
        local = rate * (down + np.exp(-p.beta * p.electron) * up)
        np.testing.assert_allclose(printed, local, atol=1e-14 * np.abs(local).max())


@pytest.mark.parametrize("n_spins", [1, 2, 3])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_reference_is_bloch_without_couplings(n_spins: int, temperature_k: float) -> None:
    p = build(n_spins, temperature_k, scale=0.0)
    rho = kron.steady_state(p, "nonsecular")
    np.testing.assert_allclose(rho, bloch_state(p), atol=1e-11)


@pytest.mark.parametrize("model", ["nonsecular", "ule", "secular"])
def test_reference_is_a_lindbladian(model: str) -> None:
    """Trace and Hermiticity are conserved by the superoperator itself."""
    p = build(3, 1.2)
    generator = kron.liouvillian(p, model)
    trace = np.eye(8).ravel() @ generator
    assert np.abs(trace).max() < 1e-12 * np.abs(generator).max()
    rng = np.random.default_rng(0)
    rho = rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
    image = (generator @ rho.ravel()).reshape(8, 8)
    adjoint = (generator @ rho.conj().T.ravel()).reshape(8, 8)
    np.testing.assert_allclose(image.conj().T, adjoint, atol=1e-12 * np.abs(image).max())
