"""Quantum trajectories: their averages are those of the steady state, and their histories obey the master equation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, stats

from dnplab import Bath, SpinSystem, steady_state
from dnplab.trajectories import KINDS, TrajectoryAverages, agreement, mean_and_error, trajectory, trajectory_averages
from dnplab.trajectories.level_jumps import LevelJumps, level_history
from dnplab.trajectories.local_jumps import LocalJumps
from dnplab.trajectories.propagation import propagator_of
from dnplab.trajectories.wave_function import wave_function
from tests.reference import kronecker
from tests.reference.convert import problem
from tests.systems.bloch import bloch_vectors
from tests.systems.samples import small_system, table_drive
from tests.systems.trajectories import BATHS, FAST, UNEVEN, random_state

SMALLEST_P = 1e-3  # of a test with a fixed seed
WRONG_P = 1e-6  # a wrong factor must be seen as clearly as this
WARM = Bath(temperature_k=12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)


# --- averages against the steady state

CASES = {
    "nonsecular T(0)=T*": (small_system(3), FAST, "nonsecular", "ladder"),
    "nonsecular T(0)!=T*": (small_system(3), UNEVEN, "nonsecular", "ladder"),
    "components T(0)=T*": (small_system(3), FAST, "nonsecular", "components"),
    "components T(0)!=T*": (small_system(3), UNEVEN, "nonsecular", "components"),
    "hilbert": (small_system(4), UNEVEN, "hilbert", "ladder"),
}


@cache
def averages(name: str) -> TrajectoryAverages:
    system, bath, model, flips = CASES[name]
    duration_us = 600.0 if model == "nonsecular" else 4000.0
    return trajectory_averages(
        system, bath, table_drive(), model, seed=7, trajectories=4, duration_us=duration_us, step_us=0.4, flips=flips
    )


def steady_numbers(system: SpinSystem, bath: Bath, model: str) -> NDArray[np.float64]:
    state = steady_state(system, bath, table_drive(), model=model)
    energy_mhz = state.level_populations @ system.spectrum.energies / (2 * np.pi)
    return np.append(state.polarization, energy_mhz)


def together(found: TrajectoryAverages) -> NDArray[np.float64]:
    return np.column_stack([found.polarization, found.energy_mhz])


@pytest.mark.parametrize("name", CASES)
def test_averages_are_those_of_the_steady_state(name: str) -> None:
    system, bath, model, _ = CASES[name]
    found = agreement(together(averages(name)), steady_numbers(system, bath, model))
    assert np.abs(found.z).max() < 4.0
    assert found.p_value > SMALLEST_P


WRONG = {
    "T_1": lambda b: Bath(b.temperature_k, 2 * b.t1_us, b.t_star_us, b.t_zero_us),
    "T* and T(0)": lambda b: Bath(b.temperature_k, b.t1_us, b.t_star_us / 2, b.t_zero_us / 2),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", CASES)
def test_a_wrong_factor_is_seen(name: str, wrong: str) -> None:
    """The same test fails for the steady state of a bath with one rate twice as large or half as large."""
    system, bath, model, _ = CASES[name]
    expected = steady_numbers(system, WRONG[wrong](bath), model)
    assert agreement(together(averages(name)), expected).p_value < WRONG_P


def test_one_spin_is_blochs() -> None:
    system, drive = small_system(1), table_drive()
    found = trajectory_averages(system, FAST, drive, seed=1, trajectories=4, duration_us=2000.0, step_us=0.4)
    p = problem(system, FAST, drive)
    closed = 2 * bloch_vectors(p)[:, 2]
    assert agreement(found.polarization, closed).p_value > SMALLEST_P
    wrong = 2 * bloch_vectors(p.but(t1=2 * p.t1))[:, 2]
    assert agreement(found.polarization, wrong).p_value < WRONG_P


@pytest.mark.parametrize("name", CASES)
def test_rates_of_jumps(name: str) -> None:
    """How often each kind of jump happens, against Tr(A^+ A rho) of the printed operators, or the flow between levels."""
    system, bath, model, flips = CASES[name]
    drive = table_drive()
    rho = steady_state(system, bath, drive, model=model).density_matrix()
    mean, error = mean_and_error(averages(name).jump_rates)
    if model == "nonsecular":
        printed = kronecker.nonsecular_jumps(problem(system, bath, drive))
        groups = [[a for i, a in enumerate(printed) if (i % 3 == 2) == z] for z in (False, True)]
        total = [sum(np.trace(a.conj().T @ a @ rho).real for a in group) for group in groups]
        jumps = LocalJumps(system, bath, drive, flips)
        kinds, absent = list(jumps.kinds), sorted({*range(len(KINDS))} - {*jumps.kinds})
        assert [KINDS[k] for k in kinds] == (["S-", "S+", "Sz"] if flips == "ladder" else ["Ax", "Ay", "Sz"])
        assert not mean[absent].any()
        mean, error, expected = mean[kinds], error[kinds], jumps.expected_rates(rho)
        assert abs(mean[0] + mean[1] - total[0]) < 4 * np.hypot(error[0], error[1])
        assert abs(mean[2] - total[1]) < 4 * error[2]
        assert np.abs((mean - expected) / error).max() < 4
    else:
        spectrum = system.spectrum
        populations = np.diagonal(spectrum.vectors.T @ rho @ spectrum.vectors).real
        expected = LevelJumps(system, bath, drive).expected_rates(populations, spectrum.sz)
        assert not mean[len(expected) :].any()
        mean, error = mean[: len(expected)], error[: len(expected)]
        assert np.abs((mean - expected) / error).max() < 4
    happens = expected > 0
    assert np.abs((mean - 2 * expected) / error)[happens].min() > 4  # nor twice as often


# --- single histories


def test_dephasing_jumps_are_a_poisson_process() -> None:
    """T(0) = T*: N/(8T*) jumps per µs, whatever the state: their waiting times are exponential."""
    found = trajectory(small_system(3), FAST, table_drive(), seed=(5, 0), duration_us=600.0, step_us=1.0)
    times = found.jumps.times_us[found.jumps.kind == KINDS.index("Sz")]
    assert len(times) > 1000
    assert stats.kstest(np.diff(times), stats.expon(scale=8 * 0.16 / 3).cdf).pvalue > SMALLEST_P


def test_a_flip_changes_sz_and_a_jump_of_microwaves_too() -> None:
    for model in ("nonsecular", "hilbert"):
        jumps = trajectory(small_system(3), UNEVEN, table_drive(), model, seed=(5, 0), duration_us=200.0, step_us=1.0).jumps
        assert (np.diff(jumps.times_us) > 0).all()
        if model == "nonsecular":
            assert set(jumps.kind) == {0, 1, 2}
            assert set(jumps.site) == {0, 1, 2}
        else:
            assert set(jumps.kind) == {0, 1, 2, 3}
            steps = jumps.sz[:, 1] - jumps.sz[:, 0]
            for kind, allowed in enumerate([{-1.0}, {1.0}, {0.0}, {-1.0, 1.0}]):
                assert set(steps[jumps.kind == kind]) == allowed


def test_weights_are_those_of_the_state() -> None:
    for model in ("nonsecular", "hilbert"):
        system = small_system(3)
        found = trajectory(system, UNEVEN, table_drive(), model, seed=(1, 1), duration_us=5.0, step_us=0.1, weights=True)
        assert found.weights is not None
        assert found.participation is not None
        np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, atol=1e-12)
        np.testing.assert_allclose(found.weights @ system.spectrum.energies / (2 * np.pi), found.energy_mhz, atol=1e-10)
        np.testing.assert_allclose(found.weights @ system.spectrum.sz, found.sz, atol=1e-12)
        late = found.after(20)
        np.testing.assert_allclose(late.times_us, np.arange(31) * 0.1, atol=1e-12)
        np.testing.assert_array_equal(late.energy_mhz, found.energy_mhz[20:])
        assert len(late.jumps.times_us) == (found.jumps.times_us > found.times_us[20]).sum()


def test_flips_by_components_scatter_less_in_a_warm_bath() -> None:
    """The same average of both, at 12 K: what learns where a spin points makes it jump from up to down."""
    system, bath = small_system(4), WARM
    steady = steady_state(system, bath, table_drive()).polarization
    found = {
        flips: trajectory_averages(
            system, bath, table_drive(), seed=2, trajectories=4, duration_us=400.0, flips=flips, participation=False
        )
        for flips in ("ladder", "components")
    }
    scatter = {flips: float(means.polarization.std(axis=0).mean()) for flips, means in found.items()}
    assert scatter["components"] < 0.5 * scatter["ladder"]
    for means in found.values():
        assert means.participation is None
        assert agreement(means.polarization, steady).p_value > SMALLEST_P
    assert agreement(found["components"].polarization, 0.5 * steady).p_value < WRONG_P


def test_a_component_flips_a_spin_whichever_way_it_points() -> None:
    for up in (False, True):
        psi = np.array([float(up), float(not up)])
        history = trajectory(
            small_system(1), WARM, table_drive(amplitude_mhz=0.0), initial=psi, duration_us=40.0, flips="components"
        )
        flips = history.jumps.table().query("kind != 'Sz'")
        assert set(flips["kind"]) == {"Ax", "Ay"}
        assert (flips["sz_before"] * flips["sz_after"]).to_numpy() == pytest.approx(-0.25)


@pytest.mark.parametrize("name", BATHS)
def test_mean_over_histories_follows_the_master_equation(name: str) -> None:
    """Polarizations and energy a while after a pure state, against exp(L t) of the printed superoperator."""
    system, bath, drive, count = small_system(2), BATHS[name], table_drive(), 1500
    psi, times = random_state(4, 5), np.array([0.0, 0.35])
    jumps = LocalJumps(system, bath, drive)
    between = propagator_of(jumps.effective_hamiltonian)
    rngs = [np.random.default_rng([11, i]) for i in range(count)]
    ends = [wave_function(system, jumps, between, psi, times, rng, weights=False) for rng in rngs]
    found = np.array([[*end.polarization[-1], end.energy_mhz[-1]] for end in ends])
    p = problem(system, bath, drive)

    def expected(q: kronecker.Problem) -> NDArray[np.float64]:
        rho = linalg.expm(times[-1] * kronecker.liouvillian(q, "nonsecular")) @ np.outer(psi, psi.conj()).ravel()
        rho = rho.reshape(4, 4)
        energy = np.trace(kronecker.static_hamiltonian(q) @ rho).real / (2 * np.pi)
        return np.append(kronecker.polarization(rho), energy)

    assert agreement(found, expected(p)).p_value > SMALLEST_P
    assert agreement(found, expected(p.but(t_zero=p.t_zero / 2, t_star=p.t_star / 2))).p_value < WRONG_P


def test_levels_follow_the_rate_equation() -> None:
    """The share of 4000 histories in each level a while after one of them, against exp(W t): a chi-squared test."""
    system, drive, count, start, time = small_system(3), table_drive(), 4000, 2, 0.3
    jumps = LevelJumps(system, UNEVEN, drive)
    rng, times = np.random.default_rng(3), np.array([0.0, time])
    ends = [level_history(system, jumps, start, times, rng, weights=True).weights for _ in range(count)]
    seen = sum(w[-1] for w in ends if w is not None)
    generator = (jumps.rates - np.diag(jumps.outflow)).T
    for factor, holds in ((1.0, True), (2.0, False)):
        expected = count * linalg.expm(factor * time * generator)[:, start]
        p_value = stats.chisquare(seen, expected * (count / expected.sum())).pvalue
        assert p_value > SMALLEST_P if holds else p_value < WRONG_P
