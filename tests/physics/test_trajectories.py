"""Quantum trajectories: their operators are those of the master equation, and their averages obey it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, stats

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import DegenerateSpectrumError, DnplabError, MemoryEstimateError, ParameterError, UndefinedMeasureError
from dnplab.studies.trajectories import TrajectoriesStudy
from dnplab.trajectories import KINDS, TrajectoryAverages, agreement, mean_and_error, trajectory, trajectory_averages
from dnplab.trajectories.level_jumps import LevelJumps, level_history
from dnplab.trajectories.local_jumps import LocalJumps, eigenvectors
from dnplab.trajectories.propagation import Diagonalised, TaylorSeries, propagator_of
from dnplab.trajectories.wave_function import wave_function
from tests.reference import kronecker
from tests.reference.convert import problem
from tests.systems.bloch import bloch_vectors
from tests.systems.samples import small_system, table_drive

# Table I's fast times at its low temperature: the larger P_0 shows a wrong factor in shorter trajectories
FAST = Bath(temperature_k=1.2, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
UNEVEN = Bath(temperature_k=1.2, t1_us=1.6, t_star_us=1.0, t_zero_us=0.2)
BATHS = {"T(0)=T*": FAST, "T(0)!=T*": UNEVEN}
SMALLEST_P = 1e-3  # of a test with a fixed seed
WRONG_P = 1e-6  # a wrong factor must be seen as clearly as this


def random_state(dimension: int, seed: int = 0) -> NDArray[np.complex128]:
    rng = np.random.default_rng(seed)
    psi = rng.normal(size=dimension) + 1j * rng.normal(size=dimension)
    return np.asarray(psi / np.linalg.norm(psi))


# the operators


@pytest.mark.parametrize("sites", [None, [1]])
@pytest.mark.parametrize("name", BATHS)
def test_the_operators_are_those_of_the_equation(name: str, sites: list[int] | None) -> None:
    """H_eff, and the sum of A |psi><psi| A^+ over all jumps, against (7) and (8) as printed: the unravelling is exact."""
    system, bath, drive = small_system(3, ising=sites is not None), BATHS[name], table_drive(sites)
    jumps, p = LocalJumps(system, bath, drive), problem(system, bath, drive)
    printed = kronecker.nonsecular_jumps(p)
    decay = sum(a.conj().T @ a for a in printed)
    np.testing.assert_allclose(jumps.decay.toarray(), decay, atol=1e-13)
    h_eff = kronecker.rotating_hamiltonian(p) - 0.5j * decay
    np.testing.assert_allclose(jumps.effective_hamiltonian.toarray(), h_eff, atol=1e-10)
    for seed in range(3):
        psi = random_state(8, seed)
        strengths, gain = jumps.strengths(psi), np.zeros((8, 8), complex)
        for (kind, site), strength in np.ndenumerate(strengths):
            after = jumps.jumped(psi, kind, site)
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


# between jumps


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


# averages against the steady state

CASES = {
    "nonsecular T(0)=T*": (small_system(3), FAST, "nonsecular"),
    "nonsecular T(0)!=T*": (small_system(3), UNEVEN, "nonsecular"),
    "hilbert": (small_system(4), UNEVEN, "hilbert"),
}


@cache
def averages(name: str) -> TrajectoryAverages:
    system, bath, model = CASES[name]
    duration_us = 600.0 if model == "nonsecular" else 4000.0
    return trajectory_averages(
        system, bath, table_drive(), model, seed=7, trajectories=4, duration_us=duration_us, step_us=0.4
    )


def steady_numbers(system: SpinSystem, bath: Bath, model: str) -> NDArray[np.float64]:
    state = steady_state(system, bath, table_drive(), model=model)
    energy_mhz = state.level_populations @ system.spectrum.energies / (2 * np.pi)
    return np.append(state.polarization, energy_mhz)


def together(found: TrajectoryAverages) -> NDArray[np.float64]:
    return np.column_stack([found.polarization, found.energy_mhz])


@pytest.mark.parametrize("name", CASES)
def test_averages_are_those_of_the_steady_state(name: str) -> None:
    system, bath, model = CASES[name]
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
    system, bath, model = CASES[name]
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
    system, bath, model = CASES[name]
    drive = table_drive()
    rho = steady_state(system, bath, drive, model=model).density_matrix()
    mean, error = mean_and_error(averages(name).jump_rates)
    if model == "nonsecular":
        printed = kronecker.nonsecular_jumps(problem(system, bath, drive))
        flips, dephase = ([a for i, a in enumerate(printed) if (i % 3 == 2) == z] for z in (False, True))
        total = [sum(np.trace(a.conj().T @ a @ rho).real for a in group) for group in (flips, dephase)]
        assert abs(mean[0] + mean[1] - total[0]) < 4 * np.hypot(error[0], error[1])
        assert abs(mean[2] - total[1]) < 4 * error[2]
        expected = LocalJumps(system, bath, drive).expected_rates(rho)
        assert np.abs((mean[:3] - expected) / error[:3]).max() < 4
        assert mean[3] == 0
    else:
        spectrum = system.spectrum
        populations = np.diagonal(spectrum.vectors.T @ rho @ spectrum.vectors).real
        expected = LevelJumps(system, bath, drive).expected_rates(populations, spectrum.sz)
        assert np.abs((mean - expected) / error).max() < 4
    happens = expected > 0
    assert np.abs((mean[: len(expected)] - 2 * expected) / error[: len(expected)])[happens].min() > 4  # nor twice as often


# single histories


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


# addresses


def small_averages(**changes: Any) -> TrajectoryAverages:
    arguments: dict[str, Any] = {"seed": 4, "trajectories": 3, "duration_us": 60.0, "step_us": 0.5} | changes
    return trajectory_averages(small_system(2), FAST, table_drive(), **arguments)


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


# bad input


def study(**changes: object) -> TrajectoriesStudy:
    arguments: dict[str, object] = {"n_spins": 3, "disorder_mhz": 5.0, "coupling_mhz": 0.75, "bath": FAST}
    arguments |= {"drive": table_drive(), "count": 2, "count_hilbert": 2, "duration_us": 150.0, "step_us": 0.2}
    arguments |= {"burn_in_us": None, "shown_us": 2.0, "shown_step_us": 0.02}
    return TrajectoriesStudy(**arguments | changes)  # type: ignore[arg-type]


def single(**changes: object) -> object:
    return trajectory(small_system(2), FAST, table_drive(), **changes)  # type: ignore[arg-type]


BAD: list[tuple[Callable[..., object], str, object, str]] = [
    (single, "model", "secular", "no unravelling"),
    (single, "model", "ule", "no unravelling"),
    (single, "model", "lindblad", "one of"),
    (single, "duration_us", -1.0, "> 0"),
    (single, "duration_us", float("nan"), "> 0"),
    (single, "step_us", 0.0, "> 0"),
    (single, "step_us", 1.7, "1.6 µs"),
    (single, "seed", 3, "pair"),
    (single, "seed", (0, -1), "integer >= 0"),
    (single, "initial", [1.0, 0.0], "4 finite amplitudes"),
    (single, "initial", np.zeros(4), "not all zero"),
    (single, "initial", "abc", "4 finite amplitudes"),
    (single, "burn_in_us", -1.0, ">= 0"),
    (single, "propagator", "euler", "taylor"),
    (small_averages, "duration_us", 1.0, "T_1 = 1.6 µs"),
    (small_averages, "duration_us", -5.0, "> 0"),
    (small_averages, "trajectories", 0, "integer >= 1"),
    (small_averages, "burn_in_us", -1.0, ">= 0"),
    (small_averages, "workers", -1, ">= 0"),
    (study, "duration_us", 1.0, "T_1 = 1.6 µs"),
    (study, "step_us", 2.0, "1.6 µs"),
    (study, "shown_us", -1.0, "> 0"),
    (study, "shown_step_us", 2.0, "1.6 µs"),
    (study, "shown_step_us", 1e-6, "shown_us"),
    (study, "duration_us", 30.0, "8 batches"),
    (study, "count", 0, "integer >= 1"),
    (study, "count_hilbert", 0, "integer >= 1"),
    (study, "seed", -1, ">= 0"),
    (study, "burn_in_us", -1.0, ">= 0"),
]


@pytest.mark.parametrize(("make", "key", "value", "words"), BAD, ids=[f"{m.__name__}.{k}={v!r}" for m, k, v, _ in BAD])
def test_bad_input_is_one_sentence(make: Callable[..., object], key: str, value: object, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make(**{key: value})
    assert_one_sentence(caught.value, key, words)


def assert_one_sentence(error: DnplabError, *words: str) -> None:
    message = str(error)
    assert "\n" not in message
    assert message.endswith(".")
    for word in words:
        assert word in message


def test_a_level_must_exist() -> None:
    with pytest.raises(ParameterError, match="initial is 4, but it must be None or a level from 0 to 3"):
        trajectory(small_system(2), FAST, table_drive(), "hilbert", initial=4)


@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_what_does_not_fit_says_what_it_needs(model: str) -> None:
    """Refused before anything is allocated."""
    system = SpinSystem.sample(n_spins=24, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    with pytest.raises(MemoryEstimateError) as caught:
        trajectory(system, UNEVEN, table_drive(), model, weights=True)
    assert_one_sentence(caught.value, "24", "GiB", model)


@pytest.mark.parametrize("changes", [{"duration_us": 1e308}, {"step_us": 1e-320}, {"burn_in_us": 1e300}])
def test_what_would_never_end_does_not_fit(changes: dict[str, float]) -> None:
    for make in (single, small_averages):
        with pytest.raises(MemoryEstimateError) as caught:
            make(**changes)
        assert_one_sentence(caught.value, "GiB")


def test_memory_is_that_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of eight histories would fit by itself."""
    monkeypatch.setattr("dnplab.trajectories.run.free_bytes", lambda _device: 2e6)
    with pytest.raises(MemoryEstimateError, match=r"each of 8 nonsecular trajectories at once"):
        small_averages(trajectories=8, workers=8, step_us=0.005)
    trajectory(small_system(2), FAST, table_drive(), duration_us=60.0, step_us=0.005, weights=True)


def test_jumps_by_strong_microwaves_need_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same history fits where microwaves are weak."""
    monkeypatch.setattr("dnplab.trajectories.run.free_bytes", lambda _device: 1e6)
    weak, strong = (table_drive(amplitude_mhz=amplitude_mhz) for amplitude_mhz in (0.1, 100.0))
    trajectory(small_system(2), FAST, weak, "hilbert", duration_us=60.0, step_us=1.0)
    with pytest.raises(MemoryEstimateError, match="a hilbert trajectory of 60 µs"):
        trajectory(small_system(2), FAST, strong, "hilbert", duration_us=60.0, step_us=1.0)


def test_spins_that_always_agree_are_one_number() -> None:
    """Without disorder both spins of a pair have the same polarization in every level, and in the steady state."""
    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[0.0, 0.0], couplings_mhz=[[0.0, 0.75], [0.75, 0.0]])
    found = trajectory_averages(system, FAST, table_drive(), "hilbert", trajectories=2, duration_us=300.0, workers=1)
    steady = steady_state(system, FAST, table_drive(), model="hilbert").polarization
    one, both = agreement(found.polarization[:, :1], steady[:1]), agreement(found.polarization, steady)
    np.testing.assert_allclose(both.chi2, one.chi2, rtol=1e-9)
    assert both.p_value == pytest.approx(one.p_value, rel=1e-9)
    assert agreement(found.polarization, steady + np.array([0.001, -0.001])).p_value == 0.0  # though within both errors


def test_degenerate_levels_are_told_before_any_history() -> None:
    counts: list[int] = []
    with pytest.raises(DegenerateSpectrumError):
        study(disorder_mhz=0.0, coupling_mhz=0.0).compute(counts.append)
    assert not counts


def test_what_never_changes_has_no_correlation_time() -> None:
    cold, off = Bath(temperature_k=0.05, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16), table_drive(amplitude_mhz=0.0)
    found = trajectory_averages(small_system(2), cold, off, trajectories=2, duration_us=60.0, step_us=0.5, workers=1)
    assert np.isnan(found.correlation_us).all()
    with pytest.raises(UndefinedMeasureError, match="2 of 2"):
        agreement(np.tile([-1.0, 0.5], (8, 1)) + 1e-16 * np.arange(16).reshape(8, 2), np.array([-1.0, 0.5]))


def test_an_average_that_never_changes_has_no_error() -> None:
    """Without jumps there is nothing to compare; without microwaves a rate that no jump shows is left open."""
    with pytest.raises(UndefinedMeasureError) as caught:
        agreement(np.tile([-1.0, 0.5], (8, 1)), np.array([-1.0, 0.5]))
    assert_one_sentence(caught.value, "2 of 2", "duration")
    with pytest.raises(ParameterError, match="batches is 3, but it must be more than 3"):
        agreement(np.eye(3)[:, :2], np.zeros(2))
    dark = Bath(temperature_k=0.9, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)  # S+ jumps happen, but rarely
    result = study(bath=dark, drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.0)).compute()
    assert not result.tables["averages"]["quantity"].str.contains("microwaves").any()
    assert np.isfinite(result.metrics["check.hilbert_worst_z"])


# the study


def test_the_study_compares_with_the_steady_state() -> None:
    one, done = study(), []
    result = one.compute(done.append)
    assert sum(done) == one.steps
    assert result.tables["levels"].shape == (8, 3)
    table = result.tables["averages"].set_index(["model", "quantity", "site"])
    state = steady_state(one.system, FAST, table_drive(), model="nonsecular")
    for site, polarization in enumerate(state.polarization):
        assert table.loc[("nonsecular", "polarization", site), "steady_state"] == pytest.approx(polarization, abs=1e-9)
    assert table["z"].abs().max() < 5
    assert result.metrics["obs.nonsecular_rate_dephase_steady"] == pytest.approx(3 / (8 * 0.16), rel=1e-9)
    assert result.metrics["obs.hilbert_participation"] == pytest.approx(1.0)
    assert 1.0 < result.metrics["obs.nonsecular_participation"] < 8.0
    assert all(np.isfinite(value) for value in result.metrics.values())
    weights = result.tables["weights"].groupby("time_us")["weight"].sum()
    assert weights.between(1 - 8e-3, 1 + 1e-9).all()
    assert set(result.tables["jumps"]["model"]) == {"nonsecular", "hilbert"}
    assert result.tables["jumps"]["time_us"].between(0, 2).all()
    assert "steady state" in result.text
    again = study().compute()
    for name, found in result.tables.items():
        assert found.equals(again.tables[name])
