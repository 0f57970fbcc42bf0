"""Independent spins against the closed-form Bloch solution (physics section 9), to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Bath, steady_state
from tests.reference.convert import problem
from tests.systems.bloch import bloch_state, bloch_vectors
from tests.systems.samples import small_system, table_drive, table_one

SITES = [None, [0]]


@pytest.mark.parametrize("model", ["nonsecular", "ule", "secular"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_one_spin(model: str, temperature_k: float) -> None:
    """N = 1: (7)(8) exactly; (6) and the secular equation up to their gamma at omega_e + Delta."""
    system, bath, drive = small_system(1), table_one(temperature_k), table_drive()
    p = problem(system, bath, drive)
    if model != "nonsecular":  # their gap is omega_e + Delta, and the coherences +-omega_e share it
        p = p.but(electron=p.electron + p.offsets[0])
    state = steady_state(system, bath, drive, model=model)
    np.testing.assert_allclose(state.polarization, 2 * bloch_vectors(p)[:, 2], atol=1e-11)
    np.testing.assert_allclose(state.density_matrix(), bloch_state(p), atol=1e-11)


@pytest.mark.parametrize("sites", SITES)
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("n_spins", [2, 3, 4])
def test_uncoupled_spins(n_spins: int, temperature_k: float, sites: list[int] | None) -> None:
    """U = 0 at any N: the nonsecular state is the product of Bloch states."""
    system, bath, drive = (
        small_system(n_spins, scale=0.0),
        table_one(temperature_k),
        table_drive(sites),
    )
    p = problem(system, bath, drive)
    state = steady_state(system, bath, drive, model="nonsecular")
    np.testing.assert_allclose(state.polarization, 2 * bloch_vectors(p)[:, 2], atol=1e-10)
    np.testing.assert_allclose(state.density_matrix(), bloch_state(p), atol=1e-10)


def test_uncoupled_spins_do_not_know_t_star() -> None:
    """U = 0: T* cannot matter, since S^z_i has no element between two eigenstates."""
    system, drive, letter = small_system(3, scale=0.0), table_drive(), table_one(12.0)
    states = [
        steady_state(
            system,
            Bath(temperature_k=12.0, t1_us=letter.t1_us, t_star_us=t_star, t_zero_us=letter.t_zero_us),
            drive,
        ).density_matrix()
        for t_star in (0.03, letter.t_zero_us, 50.0)
    ]
    np.testing.assert_allclose(states[0], states[1], atol=1e-12)
    np.testing.assert_allclose(states[2], states[1], atol=1e-12)


def test_hilbert_is_not_bloch_for_more_than_one_spin() -> None:
    """E6: 1/T_nm of the Hilbert rates sums the flips of all spins, so U = 0 does not give Bloch."""
    bath, drive = table_one(12.0), table_drive()
    for n_spins, smallest, largest in ((1, 0.0, 1e-6), (3, 3e-3, 3e-2)):
        system = small_system(n_spins, scale=0.0)
        closed = 2 * bloch_vectors(problem(system, bath, drive))[:, 2]
        hilbert = steady_state(system, bath, drive, model="hilbert").polarization
        assert smallest <= np.abs(hilbert - closed).max() < largest
