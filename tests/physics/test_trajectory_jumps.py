"""Quantum trajectories: their operators are those of the master equation, and no step changes a jump."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg

from dnplab import Bath, Drive, SpinSystem
from dnplab.errors import ParameterError
from dnplab.trajectories import trajectory
from dnplab.trajectories.level_jumps import LevelJumps
from dnplab.trajectories.local_jumps import LocalJumps, eigenvectors
from dnplab.trajectories.propagation import Diagonalised, TaylorSeries, propagator_of
from tests.reference import kronecker
from tests.reference.convert import problem
from tests.systems.samples import small_system, table_drive
from tests.systems.trajectories import BATHS, FAST, UNEVEN, random_state, small_averages

# --- the operators


@pytest.mark.parametrize("flips", ["ladder", "components"])
@pytest.mark.parametrize("sites", [None, [1]])
@pytest.mark.parametrize("name", BATHS)
def test_the_operators_are_those_of_the_equation(name: str, sites: list[int] | None, flips: str) -> None:
    """H_eff, and the sum of A |psi><psi| A^+ over all jumps, against (7) and (8) as printed: the unravelling is exact."""
    system, bath, drive = small_system(3, ising=sites is not None), BATHS[name], table_drive(sites)
    jumps, p = LocalJumps(system, bath, drive, flips), problem(system, bath, drive)
    printed = kronecker.nonsecular_jumps(p)
    decay = sum(a.conj().T @ a for a in printed)
    np.testing.assert_allclose(jumps.decay.toarray(), decay, atol=1e-13)
    h_eff = kronecker.rotating_hamiltonian(p) - 0.5j * decay
    np.testing.assert_allclose(jumps.effective_hamiltonian.toarray(), h_eff, atol=1e-10)
    for seed in range(3):
        psi = random_state(8, seed)
        strengths, gain = jumps.strengths(psi), np.zeros((8, 8), complex)
        for (row, site), strength in np.ndenumerate(strengths):
            after = jumps.jumped(psi, row, site)
            if flips == "components":  # one by one, up to a phase
                one = printed[3 * site + row] @ psi
                assert strength == pytest.approx(np.vdot(one, one).real)
                assert abs(np.vdot(after, one)) ** 2 == pytest.approx(strength)
            gain += strength * np.outer(after, after.conj())
        wanted = sum(np.outer(a @ psi, (a @ psi).conj()) for a in printed)
        np.testing.assert_allclose(gain, wanted, atol=1e-13)
        rates = jumps.expected_rates(np.outer(psi, psi.conj()))
        np.testing.assert_allclose(rates, strengths.sum(axis=1), atol=1e-13)


def test_eigenvectors_are_those_of_the_spectrum() -> None:
    spectrum = small_system(4).spectrum
    np.testing.assert_array_equal(eigenvectors(spectrum).toarray(), spectrum.vectors)


def test_level_jumps_are_the_rates_of_the_hilbert_equation() -> None:
    """Both parts against the reference, whose rates are projected from the secular superoperator."""
    system, drive = small_system(3), table_drive()
    p = problem(system, UNEVEN, drive)
    jumps, basis = LevelJumps(system, UNEVEN, drive), kronecker.eigenbasis(p)
    driven, dark = (kronecker.hilbert_rates(p.but(amplitude=a)) for a in (p.amplitude, 0.0))
    order = np.lexsort([basis.shifted, -basis.sz])
    for ours, reference in ((jumps.rates, driven), (jumps.by_microwaves, driven - dark)):
        wanted = reference.T[np.ix_(order, order)].copy()
        np.fill_diagonal(wanted, 0.0)
        np.testing.assert_allclose(ours, wanted, atol=1e-9)
    np.testing.assert_array_less(-1e-300, jumps.by_microwaves)


# --- between jumps


@pytest.mark.parametrize("name", BATHS)
@pytest.mark.parametrize("n_spins", [4, 6])
def test_propagators_agree(n_spins: int, name: str) -> None:
    system = SpinSystem.sample(n_spins, 5.0, 0.75, (2, n_spins))
    h_eff = LocalJumps(system, BATHS[name], table_drive()).effective_hamiltonian
    psi, series = random_state(system.dimension), TaylorSeries(h_eff)
    flights = series.flight(psi), Diagonalised(h_eff).flight(psi)
    for tau in (0.0, 0.3 * series.reach_us, series.reach_us):
        exact = linalg.expm(-1j * tau * h_eff.toarray()) @ psi
        for flight in flights:
            np.testing.assert_allclose(flight(tau), exact, atol=1e-12)


def test_an_exceptional_point_has_no_eigenvectors() -> None:
    """One resonant spin with omega_1 = (Gamma_- - Gamma_+)/2: H_eff is a Jordan block."""
    lower, raised = FAST.flip_rates(93.9)
    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[0.0], couplings_mhz=[[0.0]])
    drive = Drive(frequency_ghz=93.9, amplitude_mhz=(lower - raised) / 2 / (2 * np.pi))
    h_eff = LocalJumps(system, FAST, drive).effective_hamiltonian
    between = propagator_of(h_eff)
    assert isinstance(between, TaylorSeries)
    psi, tau = random_state(2), between.reach_us
    np.testing.assert_allclose(between.flight(psi)(tau), linalg.expm(-1j * tau * h_eff.toarray()) @ psi, atol=1e-13)
    with pytest.raises(ParameterError, match=r"propagator is .* but it must be taylor or auto"):
        propagator_of(h_eff, "diagonalised")


@pytest.mark.parametrize("name", BATHS)
def test_neither_sampling_nor_propagator_changes_a_jump(name: str) -> None:
    """There is no step: looking ten times as often finds the same jumps, and so does another propagator."""
    system = small_system(4)
    one, often, taylor = (
        trajectory(system, BATHS[name], table_drive(), seed=(3, 1), duration_us=20.0, step_us=step, propagator=propagator)
        for step, propagator in ((0.5, "diagonalised"), (0.05, "diagonalised"), (0.5, "taylor"))
    )
    assert len(one.jumps.times_us) > 20
    for other in (often, taylor):
        np.testing.assert_allclose(other.jumps.times_us, one.jumps.times_us, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(other.jumps.kind, one.jumps.kind)
        np.testing.assert_array_equal(other.jumps.site, one.jumps.site)
        np.testing.assert_allclose(other.jumps.energy_mhz, one.jumps.energy_mhz, atol=1e-8)
    np.testing.assert_allclose(often.polarization[::10], one.polarization, atol=1e-8)
    np.testing.assert_allclose(taylor.polarization, one.polarization, atol=1e-8)


def test_a_sampling_step_of_a_thousand_jumps() -> None:
    """The norm at the next sample underflows to zero, and the jumps before it are the same."""
    fast = Bath(temperature_k=12.0, t1_us=1.6, t_star_us=1e-5, t_zero_us=1e-5)
    seldom, often = (
        trajectory(small_system(3), fast, table_drive(), seed=(0, 1), duration_us=0.06, step_us=step)
        for step in (0.03, 1e-3)
    )
    assert len(seldom.jumps.times_us) > 2000
    np.testing.assert_allclose(seldom.jumps.times_us, often.jumps.times_us, rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_a_burn_in_is_the_beginning_of_the_same_history(model: str) -> None:
    whole = trajectory(small_system(3), UNEVEN, table_drive(), model, seed=(1, 1), duration_us=9.0, step_us=0.5).after(6)
    late = trajectory(
        small_system(3), UNEVEN, table_drive(), model, seed=(1, 1), duration_us=6.0, step_us=0.5, burn_in_us=3.0
    )
    assert late.times_us[0] == 0.0
    np.testing.assert_allclose(late.times_us, whole.times_us, rtol=0, atol=1e-12)
    np.testing.assert_allclose(late.polarization, whole.polarization, rtol=0, atol=1e-9)
    np.testing.assert_allclose(late.jumps.times_us, whole.jumps.times_us, rtol=0, atol=1e-9)


# --- addresses


def test_workers_change_nothing() -> None:
    seen: list[int] = []
    one, two = small_averages(workers=1), small_averages(workers=2, progress=seen.append)
    for name in ("polarization", "energy_mhz", "participation", "jump_rates", "correlation_us"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert sum(seen) == 3


@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_an_address_is_a_history(model: str) -> None:
    def jumps(*seed: int) -> NDArray[np.float64]:
        return trajectory(
            small_system(2), FAST, table_drive(), model, seed=(seed[0], seed[1]), duration_us=8.0
        ).jumps.times_us

    np.testing.assert_array_equal(jumps(4, 2), jumps(4, 2))
    histories = {tuple(jumps(*seed)) for seed in ((4, 2), (4, 3), (2, 4), (5, 2))}
    assert len(histories) == 4
