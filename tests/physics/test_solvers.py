"""Solvers: the method changes the number of iterations, never the answer; and what they report is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, stationary, steady_state
from dnplab.errors import ConvergenceError
from dnplab.models import build
from dnplab.solvers import Frame, dressed_frame, krylov, native_frame, solve_dense, solve_krylov, tilted_frame
from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.samples import fast_bath, short_t1, small_system, table_drive, table_one

Case = tuple[SpinSystem, Bath, Drive]


def sampled(n_spins: int, bath: Bath, *, ising: bool = False) -> Case:
    system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, n_spins), ising=ising)
    return system, bath, table_drive()


def localized(n_spins: int) -> Case:
    """Full localization: a fast bath, and a strong drive on one spin."""
    system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=1e-4, coupling_mhz=1.0, seed=(0, n_spins))
    return system, fast_bath(), Drive(frequency_ghz=93.9, amplitude_mhz=100.0, sites=[1])


CASES: dict[str, Case] = {
    "1.2 K, N=3": sampled(3, table_one(1.2)),
    "1.2 K, N=5": sampled(5, table_one(1.2)),
    "12 K, N=4, Ising": sampled(4, table_one(12.0), ising=True),
    "12 K, N=5": sampled(5, table_one(12.0)),
    "short T1, N=5": sampled(5, short_t1()),
    "localized, N=3": localized(3),
    "localized, N=4": localized(4),
    "localized, N=5": localized(5),
}


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Relative distance of two density matrices (Frobenius)."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule"])
@pytest.mark.parametrize("name", [n for n in CASES if "localized" not in n])
def test_dressed_krylov_is_dense(name: str, model: str) -> None:
    dense = steady_state(*CASES[name], model=model, method="dense").density_matrix()
    krylov = steady_state(*CASES[name], model=model, method="dressed")
    assert krylov.iterations > 0
    assert krylov.converged
    assert distance(krylov.density_matrix(), dense) < 1e-9


@pytest.mark.parametrize("name", [n for n in CASES if "localized" in n or n.startswith("12 K")])
def test_product_krylov_is_dense(name: str) -> None:
    dense = steady_state(*CASES[name], method="dense").density_matrix()
    krylov = steady_state(*CASES[name], method="product")
    assert krylov.iterations > 0
    assert krylov.converged
    assert distance(krylov.density_matrix(), dense) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_auto_is_dense(name: str) -> None:
    dense = steady_state(*CASES[name], method="dense").density_matrix()
    assert distance(steady_state(*CASES[name]).density_matrix(), dense) < 1e-9


def test_frames_differ_in_iterations_only() -> None:
    """Dressed wins for the letter's bath, product for full localization; both answers are one."""
    counts = {}
    for name in ("12 K, N=4, Ising", "localized, N=3"):
        dressed, product = (steady_state(*CASES[name], method=method) for method in ("dressed", "product"))
        assert distance(dressed.density_matrix(), product.density_matrix()) < 1e-8
        counts[name] = dressed.iterations - product.iterations
    assert counts["12 K, N=4, Ising"] < 0 < counts["localized, N=3"]


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7, 1e-9])
@pytest.mark.parametrize("name", ["1.2 K, N=5", "12 K, N=5", "short T1, N=5", "localized, N=5"])
def test_tolerance_bounds_the_true_error(name: str, rtol: float) -> None:
    """A residual is not an error: at 1.2 K they are 10^4 apart, so the stopping rule must know both."""
    dense = steady_state(*CASES[name], method="dense").density_matrix()
    method = "product" if "localized" in name else "dressed"
    state = steady_state(*CASES[name], method=method, rtol=rtol)
    error = distance(state.density_matrix(), dense)
    assert state.error_estimate <= rtol
    assert error <= rtol
    assert error <= 10 * state.error_estimate + 1e-11


@pytest.mark.parametrize("method", ["dense", "dressed"])
@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_reported_residual_is_the_true_one(temperature_k: float, model: str, method: str) -> None:
    """||L rho|| T_1 / ||rho||, recomputed with the Kronecker superoperator."""
    case = small_system(4), table_one(temperature_k), table_drive()
    state = steady_state(*case, model=model, method=method, rtol=1e-8)
    rho = state.density_matrix()
    image = kron.liouvillian(problem(*case), model) @ rho.ravel()
    true = np.linalg.norm(image) * case[1].t1_us / np.linalg.norm(rho)
    floor = 1e-16 * np.abs(kron.liouvillian(problem(*case), model)).max() * case[1].t1_us
    assert true == pytest.approx(state.residual, rel=0.05, abs=100 * floor)


@pytest.mark.parametrize("bath", [table_one(1.2), table_one(12.0), short_t1()], ids=["1.2 K", "12 K", "short T1"])
def test_seven_spins_solve_the_printed_equation(bath: Bath) -> None:
    """Beyond the reach of a superoperator: L rho from the jump operators (7)(8) as plain matrix products."""
    case = sampled(7, bath, ising=True)
    state = steady_state(*case)
    p, rho = problem(*case), state.density_matrix()
    h = kron.rotating_hamiltonian(p)
    image = -1j * (h @ rho - rho @ h)
    for jump in kron.nonsecular_jumps(p):
        square = jump.conj().T @ jump
        image += jump @ rho @ jump.conj().T - (square @ rho + rho @ square) / 2
    true = np.linalg.norm(image) * bath.t1_us / np.linalg.norm(rho)
    floor = 1e-16 * np.abs(h).max() * bath.t1_us
    assert true < 1e-7
    assert true == pytest.approx(state.residual, rel=0.05, abs=100 * floor)
    assert np.linalg.eigvalsh(rho).min() > 0


@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule", "hilbert"])
@pytest.mark.parametrize("name", CASES)
def test_steady_state_is_a_state(name: str, model: str) -> None:
    """Trace one, Hermitian, positive."""
    rho = steady_state(*CASES[name], model=model, method="dense").density_matrix()
    assert abs(np.trace(rho) - 1) < 1e-13
    np.testing.assert_array_equal(rho, rho.conj().T)
    assert np.linalg.eigvalsh(rho).min() > 1e-4 / len(rho)


@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule", "hilbert"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_dense_is_the_reference(temperature_k: float, model: str) -> None:
    for n_spins, ising, sites in ((2, True, None), (3, False, [2]), (4, True, None)):
        case = small_system(n_spins, ising=ising), table_one(temperature_k), table_drive(sites)
        expected = kron.steady_state(problem(*case), model)
        rho = steady_state(*case, model=model, method="dense").density_matrix()
        assert distance(rho, expected) < 1e-9


def test_fully_localized_spins_follow_the_rate_model() -> None:
    """Section 14: in the Zeno limit polarizations obey hopping rates; one spin is burnt, the rest stay thermal."""
    system, bath, drive = localized(4)
    p = problem(system, bath, drive)
    t2 = 1 / (1 / (4 * p.t_zero) + 1 / (2 * p.t1))
    t_ff = 1 / (1 / (2 * p.t_zero) + 1 / p.t1)
    thermal = bath.thermal_polarization(system.electron_ghz)
    gaps = p.offsets[:, None] - p.offsets[None, :]
    hops = 2 * p.couplings**2 * t_ff / (1 + (gaps * t_ff) ** 2)
    delta = p.detuning + p.offsets
    pumping = p.amplitude**2 * t2 / (1 + (delta * t2) ** 2) * np.isin(np.arange(4), p.sites)
    matrix = np.diag(1 / p.t1 + pumping + hops.sum(axis=1)) - hops
    expected = np.linalg.solve(matrix, np.full(4, thermal / p.t1))
    polarization = steady_state(system, bath, drive).polarization
    np.testing.assert_allclose(polarization, expected, atol=2e-5 * abs(thermal))
    assert abs(polarization[1]) < 0.05 * abs(thermal)


def test_giving_up_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a silent bad state."""
    monkeypatch.setattr(stationary, "ITERATIONS", 4)
    monkeypatch.setattr(stationary, "SINGLE_ITERATIONS", 4)
    with pytest.raises(ConvergenceError) as caught:
        steady_state(*CASES["12 K, N=5"], method="dressed")
    message = str(caught.value)
    for word in ("iteration", "residual", "rtol", "method"):
        assert word in message


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize(("temperature_k", "most"), [(1.2, 25), (12.0, 40)])
def test_applications_stay_few(temperature_k: float, most: int, index: int) -> None:
    """Table I at N = 8, errors below 1e-6: a bound on work, not on seconds."""
    system = SpinSystem.sample(8, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, index))
    bath, drive = Bath.letter(temperature_k), Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    state = steady_state(system, bath, drive, method="dressed", rtol=1e-6)
    assert state.solution.precision == "float32"
    assert state.iterations <= most
    tight = steady_state(system, bath, drive, method="dressed", rtol=1e-11)
    assert np.abs(state.polarization - tight.polarization).max() < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_tilted_frame_needs_no_more_applications(seed: int) -> None:
    """It is chosen for what an application costs, so their number must not grow."""
    system = SpinSystem.sample(7, disorder_mhz=5.0, coupling_mhz=0.75, seed=(seed, 0))
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    dressed, tilted = (steady_state(system, Bath.letter(12.0), drive, method=m, rtol=1e-9) for m in ("dressed", "tilted"))
    assert tilted.solution.method == "tilted"
    assert distance(dressed.density_matrix(), tilted.density_matrix()) < 3e-9
    assert tilted.iterations <= 1.1 * dressed.iterations


def without_populations(make: Callable[..., Frame]) -> Callable[..., Frame]:
    """Frames that never correct a population: a cycle gains nothing."""

    def broken(*arguments: Any) -> Frame:
        return replace(make(*arguments), populations=np.zeros_like)

    return broken


def test_a_stall_changes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stationary, "dressed_frame", without_populations(dressed_frame))
    system = SpinSystem.sample(7, disorder_mhz=5.0, coupling_mhz=0.1, seed=(0, 0))
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    state = steady_state(system, Bath.letter(12.0), drive, rtol=1e-8)
    assert state.solution.method == "product"
    assert state.solution.precision == "float64"
    alone = steady_state(system, Bath.letter(12.0), drive, rtol=1e-8, method="product")
    assert state.iterations > alone.iterations  # what the others spent counts
    assert distance(state.density_matrix(), alone.density_matrix()) < 3e-8


def test_a_stall_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, make in (("dressed_frame", dressed_frame), ("native_frame", native_frame)):
        monkeypatch.setattr(stationary, name, without_populations(make))
    system = SpinSystem.sample(7, disorder_mhz=5.0, coupling_mhz=0.1, seed=(0, 0))
    with pytest.raises(ConvergenceError, match="ended as 'stalled'"):
        steady_state(system, Bath.letter(12.0), Drive(frequency_ghz=93.8988, amplitude_mhz=0.628))


SLOW = Bath(temperature_k=4.0, t1_us=1e3, t_star_us=1e3, t_zero_us=1e3)
FAR = Drive(frequency_ghz=93.89, amplitude_mhz=0.1)


@pytest.mark.parametrize("n_spins", [3, 5])
@pytest.mark.parametrize("method", ["dressed", "tilted"])
def test_a_start_that_is_all_but_right_is_no_stall(n_spins: int, method: str) -> None:
    """Far from resonance the first vector solves it all; what is left of the next ones is rounding, with a trace."""
    system = SpinSystem.sample(n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    state = steady_state(system, SLOW, FAR, method=method, rtol=1e-8)
    assert state.solution.precision == "float32"
    exact = steady_state(system, SLOW, FAR, method="dense").density_matrix()
    assert distance(state.density_matrix(), exact) <= 10 * state.error_estimate + 1e-12


@pytest.mark.parametrize("make", [dressed_frame, tilted_frame, native_frame])
def test_a_state_at_the_rounding_floor_is_not_believed_unseen(make: Callable[..., Frame]) -> None:
    """The slowest direction of M^{-1} L hides an error behind a residual of rounding size: one cycle must look for it."""
    system = SpinSystem.sample(3, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    bath = Bath(temperature_k=4.0, t1_us=1e5, t_star_us=1e4, t_zero_us=1e4)
    generator = build("nonsecular", system, bath, Drive(frequency_ghz=93.8988, amplitude_mhz=0.628))
    frame, exact = make(generator), solve_dense(generator, 1e-12).value
    steps = np.array([frame.to_native(frame.step(frame.from_native(e.reshape(8, 8)))).ravel() for e in np.eye(64)])
    u, s, _ = np.linalg.svd(steps)  # rows are images, so left vectors are directions
    slow = u[:, s > 1e-12][:, -1].reshape(8, 8)
    slow = slow - np.trace(slow) / 8.0 * np.eye(8)
    change = 5e-9 * np.linalg.norm(exact) * slow / np.linalg.norm(slow)
    found = solve_krylov(generator, frame, 1e-8, first=exact + change)
    error = np.linalg.norm(found.value - exact) / np.linalg.norm(exact)
    assert error <= 10 * found.error_estimate + 1e-11
    assert found.iterations > 1


def test_auto_takes_the_tilted_frame_where_it_suits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stationary, "TILTED_MIN_SPINS", 5)
    monkeypatch.setattr(krylov, "SMALL_DIMENSION", 16)  # the short cycles of many spins
    system = SpinSystem.sample(6, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    for bath, frame in (
        (Bath.letter(12.0), "tilted"),
        (Bath.letter(1.2), "dressed"),
        (Bath(12.0, 1e3, 1e3, 1e3), "dressed"),
    ):
        state = steady_state(system, bath, drive, rtol=1e-9)
        assert state.solution.method == frame
        exact = steady_state(system, bath, drive, method="dense").density_matrix()
        assert distance(state.density_matrix(), exact) <= 1e-8
    monkeypatch.setattr(stationary, "tilted_frame", without_populations(tilted_frame))
    assert steady_state(system, Bath.letter(12.0), drive, rtol=1e-9).solution.method == "dressed"
