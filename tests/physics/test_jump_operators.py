"""(6), (7)(8) and the component form (S54): three ways to write one nonsecular bath."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Bath
from dnplab.models import build
from tests.reference import kronecker as kron
from tests.reference.convert import hermitian, problem, real_form
from tests.systems.samples import small_system, table_drive, table_one

BATHS = {
    "1.2 K": table_one(1.2),
    "12 K": table_one(12.0),
    "T(0)>T*": Bath(temperature_k=1.2, t1_us=3.0, t_star_us=0.4, t_zero_us=2.2),
}


def random_state(dimension: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(dimension, dimension))


@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("n_spins", [2, 3])
def test_general_form_becomes_the_printed_one(n_spins: int, bath: str) -> None:
    """(7)(8) = (6) once gamma is flat at +-omega_e and h = 1/2 inside a sector, operator by operator."""
    p = problem(small_system(n_spins), BATHS[bath], table_drive())
    pairs = zip(kron.nonsecular_jumps(p), kron.ule_jumps(p, flat=True), strict=True)
    for printed, general in pairs:
        np.testing.assert_allclose(printed, general, atol=2e-15 * np.abs(printed).max() * 2**n_spins)


@pytest.mark.parametrize("bath", BATHS)
def test_library_nonsecular_is_the_flattened_general_form(bath: str) -> None:
    system, drive = small_system(3), table_drive()
    p = problem(system, BATHS[bath], drive)
    z = random_state(8)
    flattened = sum(kron.dissipator(a) for a in kron.ule_jumps(p, flat=True))
    expected = real_form((flattened @ hermitian(z).ravel()).reshape(8, 8))
    actual = build("nonsecular", system, BATHS[bath], drive).dissipate(z)
    np.testing.assert_allclose(actual, expected, atol=1e-13 * np.abs(expected).max())


def test_size_of_the_two_replacements() -> None:
    """At 1.2 K the flat rates change the dissipator by 1e-7 to 1e-4, and not by nothing."""
    system, drive, bath = small_system(3), table_drive(), table_one(1.2)
    z = random_state(8)
    flat = build("nonsecular", system, bath, drive).dissipate(z)
    general = build("ule", system, bath, drive)
    exact = general.basis @ general.dissipate(general.basis.T @ z @ general.basis) @ general.basis.T
    relative = np.abs(flat - exact).max() / np.abs(exact).max()
    assert 1e-7 < relative < 1e-4


def component_form(p: kron.Problem, rho: kron.Matrix) -> kron.Matrix:
    """Off-diagonal elements of the bath part by (S54) with the constraint of E2, rho in the eigenbasis."""
    basis, n = kron.eigenbasis(p), p.n_spins
    dimension = 2**n
    gamma = kron.spectral_rates(p, basis)
    root = np.sqrt(gamma)
    spins = [basis.matrix(kron.site(a, i, n)) for i in range(n) for a in "xyz"]
    rates = kron.bath_rates(p, basis).sum(axis=1)
    values = [np.diag(basis.matrix(kron.site("z", i, n))).real for i in range(n)]
    image = np.zeros((dimension, dimension), complex)
    for row in range(dimension):
        for col in range(dimension):
            if row == col:
                continue
            dephasing = sum((d[row] - d[col]) ** 2 for d in values) / (4 * p.t_zero)
            image[row, col] = -((rates[row] + rates[col]) / 2 + dephasing) * rho[row, col]
            for s in spins:
                left, right = root[:, row] * s[row, :], root[:, col] * s[:, col]
                image[row, col] += left @ rho @ right - left[row] * rho[row, col] * right[col]
                # out of row: all k, but k' = row belongs to the secular line; out of col alike
                out_row = (root[row, :] * s[row, :]) @ (root.T * s)
                out_col = (root * s) @ (root[col, :] * s[:, col])
                out_row[row], out_col[col] = 0, 0
                image[row, col] -= (out_row @ rho[:, col] + rho[row, :] @ out_col) / 2
    return image


@pytest.mark.parametrize("bath", BATHS)
@pytest.mark.parametrize("n_spins", [2, 3])
def test_component_form(n_spins: int, bath: str) -> None:
    """(S54) as corrected in E2 = the jump operators of (6), reference and library."""
    system, drive = small_system(n_spins), table_drive()
    p = problem(system, BATHS[bath], drive)
    basis, dimension = kron.eigenbasis(p), 2**n_spins
    off = ~np.eye(dimension, dtype=bool)

    rho = hermitian(random_state(dimension))
    components = component_form(p, basis.matrix(rho))
    by_jumps = (kron.bath_superoperator(p, "ule") @ rho.ravel()).reshape(dimension, dimension)
    scale = np.abs(by_jumps).max()
    np.testing.assert_allclose(components[off], basis.matrix(by_jumps)[off], atol=1e-12 * scale)

    general = build("ule", system, BATHS[bath], drive)
    native = real_form(general.basis.T @ rho @ general.basis)
    image = general.basis @ hermitian(general.dissipate(native)) @ general.basis.T
    np.testing.assert_allclose(basis.matrix(image)[off], components[off], atol=1e-12 * scale)


def test_rotating_frame_leaves_the_bath_alone() -> None:
    """(S46): exp(-i phi S^z) commutes with the bath of every model, since x and y come as a sum."""
    system, bath, drive = small_system(3), table_one(1.2), table_drive()
    phase = np.diag(np.exp(-0.7j * np.diag(kron.total("z", 3))))
    rho = hermitian(random_state(8))
    for name in ("nonsecular", "ule", "secular"):
        model = build(name, system, bath, drive)
        basis = np.eye(8) if model.basis is None else model.basis

        def act(state: kron.Matrix, model: object = model, basis: np.ndarray = basis) -> kron.Matrix:
            native = real_form(basis.T @ state @ basis)
            return basis @ hermitian(model.dissipate(native)) @ basis.T  # type: ignore[attr-defined]

        rotated = act(phase @ rho @ phase.conj().T)
        expected = phase @ act(rho) @ phase.conj().T
        np.testing.assert_allclose(rotated, expected, atol=1e-12 * np.abs(expected).max())
