"""The hierarchy of correlations: exact at order N, independent spins, equilibrium, symmetry, and how far a cut is off."""

from __future__ import annotations

from dataclasses import replace

import array_api_strict
import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dnplab import Bath, Drive, SpinSystem, stationary, steady_state
from dnplab.arrays import namespace_on
from dnplab.correlations import Hierarchy, elimination, solve_hierarchy
from dnplab.correlations import solve as solve_module
from dnplab.correlations.local_inverse import LocalInverse
from dnplab.correlations.strings import pair_tables, raising_entries, relaxation_table
from dnplab.correlations.supports import Supports
from dnplab.errors import ConvergenceError, MemoryEstimateError, ParameterError, UndefinedMeasureError
from dnplab.memory import require_memory
from dnplab.observables import Pairs, bloch_profile, epr_spectrum, fit_profile, spin_temperature
from tests.systems.samples import table_drive

CPU = namespace_on("cpu")


def uniform_bath(temperature_k: float, scale: float = 1.0) -> Bath:
    """Table I's laws for T_1 and T(0), and T* = T(0)."""
    dephasing = 1.6 * 1.2 / temperature_k * scale
    return Bath.letter(temperature_k, t_star_us=dephasing, t_zero_us=dephasing)


def sample(n_spins: int, realization: int = 0, ising: bool = False) -> SpinSystem:
    """A disorder sample of the letter's width and couplings."""
    return SpinSystem.sample(n_spins, 5.0, 0.75, (0, realization), ising=ising)


def worst(found: NDArray[np.float64], exact: NDArray[np.float64], bath: Bath) -> float:
    """The largest error of a polarization, in units of |P_0|."""
    return float(np.abs(found - exact).max() / abs(bath.thermal_polarization(93.9)))


@pytest.mark.parametrize("n_spins", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("ising", [False, True])
@pytest.mark.parametrize("sites", [None, [0]])
def test_order_n_is_exact(n_spins: int, ising: bool, sites: list[int] | None) -> None:
    system, bath, drive = sample(n_spins, ising=ising), uniform_bath(4.0), table_drive(sites)
    exact = steady_state(system, bath, drive, rtol=1e-12)
    found = steady_state(system, bath, drive, "correlation", rtol=1e-12, order=n_spins)
    assert found.truncation_error == 0.0
    np.testing.assert_allclose(found.polarization, exact.polarization, rtol=0, atol=1e-9)
    assert found.correlations is not None
    purity = float(np.sum(np.abs(exact.density_matrix()) ** 2))  # 2^N Tr rho^2 = 1 + the weights
    assert 1.0 + found.correlations.weights.sum() == pytest.approx(2**n_spins * purity, rel=1e-9)


@pytest.mark.parametrize("ising", [False, True])
def test_one_and_two_spins_are_those_of_the_density_matrix(ising: bool) -> None:
    system, bath, drive = sample(5, ising=ising), uniform_bath(4.0), table_drive()
    exact = Pairs.of(steady_state(system, bath, drive, rtol=1e-12))
    found = Pairs.of(steady_state(system, bath, drive, "correlation", rtol=1e-12, order=5))
    for name in ("one", "two", "connected", "rms_connected", "range_mhz", "energy_mhz", "min_eigenvalue"):
        np.testing.assert_allclose(getattr(found, name), getattr(exact, name), rtol=0, atol=1e-9, err_msg=name)
    rho = exact.state.density_matrix()
    energy = float(np.trace(system.sparse_hamiltonian.toarray() @ rho).real) / (2 * np.pi)
    assert exact.energy_mhz == pytest.approx(energy, abs=1e-12)


@pytest.mark.parametrize(("n_spins", "order"), [(4, 1), (4, 2), (4, 3), (6, 4), (30, 1), (30, 2), (30, 3)])
def test_uncoupled_spins_are_products_of_bloch_solutions(n_spins: int, order: int) -> None:
    system, bath, drive = SpinSystem.sample(n_spins, 5.0, 0.0, (11, 3)), uniform_bath(4.0), table_drive()
    state = steady_state(system, bath, drive, "correlation", order=order)
    np.testing.assert_allclose(state.polarization, bloch_profile(system, bath, drive), rtol=0, atol=1e-9)
    assert state.truncation_error < 1e-9
    if order > 1:
        np.testing.assert_allclose(Pairs.of(state).connected, 0.0, atol=1e-9)


def test_undriven_spins_are_in_equilibrium() -> None:
    bath = uniform_bath(4.0)
    state = steady_state(sample(30), bath, table_drive(amplitude_mhz=0.0), "correlation")
    np.testing.assert_allclose(state.polarization, bath.thermal_polarization(93.9), rtol=1e-7)
    # the thermal state is a product and stationary: couplings change nothing of it
    assert state.truncation_error < 1e-7


def test_permuted_spins_have_permuted_polarizations() -> None:
    hierarchy = Hierarchy.of(sample(9), uniform_bath(4.0), table_drive([1, 4]))
    order = np.random.default_rng(0).permutation(9)
    permuted = replace(hierarchy, bloch=hierarchy.bloch[order], couplings=hierarchy.couplings[np.ix_(order, order)])
    here, there = (solve_hierarchy(h, 3, 1e-12, CPU) for h in (hierarchy, permuted))
    np.testing.assert_allclose(there.polarization, here.polarization[order], rtol=0, atol=1e-12)
    assert there.truncation == pytest.approx(here.truncation, rel=1e-3)


@pytest.mark.parametrize("n_spins", [6, 8])
@pytest.mark.parametrize(("temperature_k", "bound"), [(12.0, 0.006), (4.0, 0.03), (1.2, 0.03)])
def test_a_cut_is_close(n_spins: int, temperature_k: float, bound: float) -> None:
    """Medians of the worst spin's error over 20 samples; order 4 is three times better than order 3."""
    bath, drive = uniform_bath(temperature_k), table_drive()
    errors = []
    for realization in range(20):
        system = sample(n_spins, realization)
        exact = steady_state(system, bath, drive, rtol=1e-7).polarization
        cuts = [steady_state(system, bath, drive, "correlation", rtol=1e-7, order=k).polarization for k in (3, 4)]
        errors.append([worst(cut, exact, bath) for cut in cuts])
    third, fourth = np.median(errors, axis=0)
    assert third < bound
    assert fourth < third / 3


def random_problem(rng: np.random.Generator) -> tuple[SpinSystem, Bath, Drive]:
    """4 to 6 spins: temperature, couplings, dephasing, T_1, drive and its frequency over decades."""
    temperature = float(rng.choice([1.2, 2.0, 4.0, 8.0, 12.0]))
    bath = uniform_bath(temperature, 10 ** rng.uniform(-1.5, 0.5))
    if rng.random() < 0.3:
        bath = replace(bath, t1_us=float(10 ** rng.uniform(0, 2)))
    coupling, seed = float(rng.choice([0.2, 0.4, 0.75, 1.5])), int(rng.integers(10_000))
    system = SpinSystem.sample(int(rng.integers(4, 7)), 5.0, coupling, (7, seed), ising=bool(rng.random() < 0.3))
    return system, bath, Drive(93.9 + 1e-3 * rng.uniform(-2.5, 2.5), float(10 ** rng.uniform(-1.5, 0)))


@pytest.mark.parametrize(
    ("kind", "count", "bounded"),
    [("law", 200, 0.97), ("one spin", 100, 0.93), ("ten times longer", 100, 0.85), ("no dephasing", 100, 0.75)],
)
def test_the_estimate_bounds_the_error(kind: str, count: int, bounded: float) -> None:
    """In this share of random systems at orders 1 to 3, as docs/correlation.md says; less than ten times too large in the
    median.
    """
    rng = np.random.default_rng(20)
    ratios: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for _ in range(count):
        system, bath, drive = random_problem(rng)
        if kind == "one spin":
            drive = replace(drive, sites=[int(rng.integers(system.n_spins))])
        if kind in ("ten times longer", "no dephasing"):
            longer = 10.0 * bath.t_zero_us if kind == "ten times longer" else np.inf
            bath = replace(bath, t_star_us=longer, t_zero_us=longer)
        exact = steady_state(system, bath, drive, rtol=1e-9).polarization
        for order, found in ratios.items():
            state = steady_state(system, bath, drive, "correlation", rtol=1e-9, order=order)
            found.append(state.truncation_error / float(np.abs(state.polarization - exact).max()))
    for order, found in ratios.items():
        assert np.mean(np.array(found) >= 1.0) >= bounded, order
        assert np.median(found) < 10.0, order


@pytest.mark.parametrize("order", [2, 3, 4])
def test_stars_and_a_dense_solve_agree(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hierarchy = Hierarchy.of(sample(8, ising=True), uniform_bath(1.2), table_drive())
    monkeypatch.setattr(solve_module, "DIRECT", 10_000)
    dense = solve_hierarchy(hierarchy, order, 1e-11, CPU)
    monkeypatch.setattr(solve_module, "DIRECT", 0)
    stars = solve_hierarchy(hierarchy, order, 1e-11, CPU)
    assert dense.iterations <= 2
    assert stars.error_estimate < 1e-11
    size = np.sqrt(1.0 + sum(dense.weights))
    for here, there in zip(stars.strings, dense.strings, strict=True):
        assert np.linalg.norm(here - there) < 1e-11 * size


@pytest.mark.parametrize(("n_spins", "order", "direct"), [(6, 3, 10_000), (6, 3, 0), (6, 4, 0), (5, 1, 0)])
def test_the_gpus_path_finds_the_same_strings(
    n_spins: int, order: int, direct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solve_module, "DIRECT", direct)
    problem = sample(n_spins), uniform_bath(4.0), table_drive()
    expected = steady_state(*problem, "correlation", order=order)
    monkeypatch.setattr(stationary, "namespace_on", lambda _: array_api_strict)
    monkeypatch.setattr("dnplab.memory.free_bytes", lambda _: 1e12)
    found = steady_state(*problem, "correlation", order=order, device="gpu")
    np.testing.assert_allclose(found.polarization, expected.polarization, rtol=0, atol=1e-9)
    assert found.truncation_error == pytest.approx(expected.truncation_error, rel=1e-2)
    assert isinstance(found.solution.value, np.ndarray)


def test_a_critically_damped_spin_has_an_estimate_too() -> None:
    """Its Bloch matrix has no three eigenvectors: supports are then solved one by one."""
    bath = Bath(12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
    rates = 0.5 / 1.6 + 0.25 / 0.16, 1.0 / 1.6
    hierarchy = Hierarchy.of(sample(6), bath, Drive(93.9, 0.5 * abs(rates[0] - rates[1]) / (2 * np.pi)))
    bloch = hierarchy.bloch.copy()
    bloch[2, 0, 1] = bloch[2, 1, 0] = 0.0  # spin 2 at the microwaves
    critical = replace(hierarchy, bloch=bloch)
    bloch = bloch.copy()
    bloch[2, 0, 1], bloch[2, 1, 0] = -1e-3, 1e-3
    near = replace(hierarchy, bloch=bloch)
    assert LocalInverse.of(critical).condition > 1e6 > LocalInverse.of(near).condition
    here, there = (solve_hierarchy(h, 3, 1e-10, CPU) for h in (critical, near))
    np.testing.assert_allclose(here.polarization, there.polarization, rtol=0, atol=1e-5)
    assert here.truncation == pytest.approx(there.truncation, rel=1e-3)


@pytest.mark.parametrize("near", [0.0, 1e-10, 1e-8, 1e-4])
def test_near_critical_damping_no_string_is_lost(near: float) -> None:
    """The purity of order N, whose top strings come from the eigenvectors of Bloch matrices or around them."""
    bath = Bath(12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
    rate = (0.5 / 1.6 + 0.25 / 0.16 - 1.0 / 1.6) / 2
    system = SpinSystem.sample(4, 0.0, 0.75, (1, 1))
    drive = Drive(93.9, rate * (1.0 + near) / (2 * np.pi))
    exact = steady_state(system, bath, drive, rtol=1e-12)
    found = steady_state(system, bath, drive, "correlation", 1e-12, order=4)
    assert found.correlations is not None
    purity = 16 * float(np.sum(np.abs(exact.density_matrix()) ** 2))
    assert 1.0 + found.correlations.weights.sum() == pytest.approx(purity, rel=1e-7)


@pytest.mark.parametrize(("n_spins", "weight"), [(7, 3), (5, 1), (6, 6), (4, 0)])
def test_supports_are_numbered(n_spins: int, weight: int) -> None:
    supports = Supports(n_spins, weight)
    assert len({tuple(members) for members in supports.members}) == supports.count
    np.testing.assert_array_equal(supports.number(supports.members), np.arange(supports.count))
    number, place = supports.cofaces
    larger = Supports(n_spins, weight + 1)
    for small, (numbers, places) in enumerate(zip(number, place, strict=True)):
        for large, p in zip(numbers, places, strict=True):
            assert tuple(np.delete(larger.members[large], p)) == tuple(supports.members[small])
            assert larger.faces[large, p] == small


@pytest.mark.parametrize("weight", [2, 3, 4])
def test_entries_are_the_tables_without_zeros(weight: int) -> None:
    """And a pair term turns a string with k of its axes into two or none, whatever the axis that it adds."""
    pair, row, face, column, value = raising_entries(weight, True)
    tables = np.concatenate([pair_tables(weight, True), relaxation_table(weight)[None]])
    again = np.zeros((*tables.shape[:2], weight, 3 ** (weight - 1)))
    again[pair, row, face, column] = value
    np.testing.assert_array_equal(again.reshape(tables.shape), tables)
    assert set(np.abs(value)) == {1.0, 2.0}


@pytest.mark.parametrize(("threads", "chunk_bytes"), [(1, 1), (2, 1 << 23), (3, 100_000)])
def test_elimination_does_not_know_its_parts(threads: int, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hierarchy = Hierarchy.of(SpinSystem.sample(7, 5.0, 0.75, (3, 0)), uniform_bath(4.0), table_drive())
    whole = elimination.eliminate(hierarchy, 3)
    parts: list[range] = []
    each = elimination.each
    monkeypatch.setattr(elimination, "each", lambda work, items: (parts.append(items), each(work, items)))
    monkeypatch.setattr(elimination, "CHUNK_BYTES", chunk_bytes)
    with threadpool_limits(threads):
        found = elimination.eliminate(hierarchy, 3)
    assert len(parts[0]) > 1
    np.testing.assert_array_equal(found.blocks, whole.blocks)


def test_a_profile_fit_is_near_the_ansatz() -> None:
    """Where couplings are weak the levels' spin temperature and the fit to their polarizations are one."""
    system, bath, drive = SpinSystem.sample(6, 5.0, 0.1, (11, 0)), uniform_bath(1.2), table_drive()
    ansatz = spin_temperature(steady_state(system, bath, drive, "hilbert"))
    fit = fit_profile(system, drive, ansatz.profile)
    assert (fit.beta_s, fit.mu) == pytest.approx((ansatz.beta_s, ansatz.mu), rel=0.02)
    np.testing.assert_allclose(fit.profile, ansatz.profile, rtol=0, atol=2e-3)
    exact = -np.tanh(0.5 * (0.7 * (np.asarray(system.offsets_mhz) + 1.2) - 0.3))
    fit = fit_profile(system, drive, exact)
    assert (fit.beta_s, fit.mu) == pytest.approx((0.7, 0.3), rel=1e-9)
    with pytest.raises(UndefinedMeasureError, match="fewer than three"):
        fit_profile(sample(2), drive, exact[:2])
    with pytest.raises(ParameterError, match=r"polarization is 'of shape \(5,\)', but it must be .* of shape \(6\)"):
        fit_profile(system, drive, exact[:5])


def test_what_it_cannot_do_is_said() -> None:
    system, bath, drive = sample(4), uniform_bath(4.0), table_drive()
    with pytest.raises(ParameterError, match=r"t_zero_us is .* t_star_us = 8.* model=nonsecular"):
        steady_state(system, replace(bath, t_star_us=8.0), drive, "correlation")
    for order in (0, 5, 2.0, True, "3"):
        with pytest.raises(ParameterError, match=r"order is .* from 1 to 4"):
            steady_state(system, bath, drive, "correlation", order=order)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="order is 3, but it must be null for model=nonsecular"):
        steady_state(system, bath, drive, order=3)
    with pytest.raises(MemoryEstimateError, match=r"order 5 would then need .* GiB.* lower order"):
        require_memory(100, "correlation", order=5)
    state = steady_state(system, bath, drive, "correlation", order=2)
    for ask in (
        state.density_matrix,
        lambda: state.level_populations,
        lambda: spin_temperature(state),
        lambda: epr_spectrum(state, [-1.0, 1.0]),
    ):
        with pytest.raises(UndefinedMeasureError, match="strings of up to 2 spins and no density matrix; use its"):
            ask()
    with pytest.raises(UndefinedMeasureError, match="pair correlations need"):
        Pairs.of(steady_state(system, bath, drive, "correlation", order=1))


def test_a_solve_that_does_not_converge_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve_module, "CYCLE", 3)
    monkeypatch.setattr(solve_module, "CYCLES", 1)
    monkeypatch.setattr(solve_module, "DIRECT", 0)
    with pytest.raises(ConvergenceError, match="correlation steady state of 8 spins"):
        steady_state(sample(8), uniform_bath(1.2), table_drive(), "correlation")


SLOW = [
    (SpinSystem.sample(20, 0.0, 0.333, (99, 1)), Bath(8.2, 284.0, np.inf, np.inf), Drive(93.9, 1.94)),
    (SpinSystem.sample(20, 50.0, 7.9, (99, 1)), Bath(1.5, 2300.0, 0.0312, 0.0312), Drive(93.9, 0.0027)),
]


@pytest.mark.parametrize("problem", SLOW)
@pytest.mark.parametrize("rtol", [1e-4, 1e-10])
def test_slow_modes_do_not_hide_from_the_error(
    problem: tuple[SpinSystem, Bath, Drive], rtol: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stars make of the residual of these was a thousand times too small."""
    hierarchy = Hierarchy.of(*problem)
    stars = solve_hierarchy(hierarchy, 3, rtol, CPU)
    monkeypatch.setattr(solve_module, "DIRECT", 10_000)
    dense = solve_hierarchy(hierarchy, 3, 1e-12, CPU)
    size = np.sqrt(1.0 + sum(dense.weights))
    apart = max(float(np.linalg.norm(a - b)) for a, b in zip(stars.strings, dense.strings, strict=True)) / size
    assert stars.iterations > 2
    assert apart <= stars.error_estimate + dense.error_estimate
    assert stars.error_estimate <= rtol


def test_stars_that_fail_give_way_to_a_dense_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strong couplings of equal spins that relax slowly, where the stars stall."""
    hierarchy = Hierarchy.of(SpinSystem.sample(20, 0.0, 8.9, (99, 1)), Bath(4.3, 3.6e5, 0.0338, 0.0338), Drive(93.9, 0.0055))
    assert solve_hierarchy(hierarchy, 3, 1e-10, CPU).outcome.success
    monkeypatch.setattr(solve_module, "LARGEST_DIRECT", 0)
    alone = solve_hierarchy(hierarchy, 3, 1e-10, CPU)
    assert alone.outcome == "stalled"
    assert alone.error_estimate > 1e-3


def test_a_cut_whose_cost_is_not_known_is_not_converged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is found, but not what strings of one spin more would change."""
    hierarchy = Hierarchy.of(sample(6), uniform_bath(4.0), table_drive())
    assert solve_hierarchy(hierarchy, 3, 1e-8, CPU).outcome.success
    solve = solve_module._Cut._solved

    def lost(cut: object, source: NDArray[np.float64], rtol: float, one: float) -> object:
        strings, ending = solve(cut, source, rtol, one)  # type: ignore[arg-type]
        return strings, ending if one else ending._replace(outcome=solve_module.Outcome.STALLED)

    monkeypatch.setattr(solve_module._Cut, "_solved", lost)
    assert not solve_hierarchy(hierarchy, 3, 1e-8, CPU).outcome.success


def test_polarizations_beyond_one_are_no_secret() -> None:
    """A cut may be unphysical; its estimate is then at least what is too much."""
    system, bath = SpinSystem.sample(4, 5.0, 1.5, (3, 497)), Bath(1.2, 160.0, np.inf, np.inf)
    state = steady_state(system, bath, Drive(93.8989, 0.3), "correlation", order=2)
    assert np.abs(state.polarization).max() > 1.1
    assert state.truncation_error >= np.abs(state.polarization).max() - 1.0
