"""rho(t): closed forms, dense exponentials, QuTiP's integrator, and what no evolution may do."""

from __future__ import annotations

import numpy as np
import pytest
import qutip
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import MemoryEstimateError, ParameterError
from dnplab.evolution import evolve, thermal_state
from dnplab.models import build
from dnplab.studies.build_up import build_up_time
from tests.reference import kronecker as kron
from tests.reference.convert import MEGAHERTZ, problem
from tests.systems.bloch import bloch_state
from tests.systems.samples import fast_bath, short_t1, small_system, table_drive, table_one

MODELS = ["nonsecular", "secular", "ule", "hilbert", "zeno"]
TIMES = np.array([0.0, 0.003, 0.05, 0.4, 2.0])


def random_state(dimension: int, seed: int) -> np.ndarray:
    """A mixed state with coherences everywhere."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(dimension, 2)) + 1j * rng.normal(size=(dimension, 2))
    rho = a @ a.conj().T
    return rho / np.trace(rho)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("bath", [table_one(12.0), short_t1()], ids=["T(0)=T*", "T(0)!=T*"])
def test_it_ends_in_the_steady_state(model: str, bath: Bath) -> None:
    case = small_system(3), bath, table_drive()
    steady = steady_state(*case, model)
    path = evolve(*case, model, [60.0 * bath.t1_us], rtol=1e-9)
    np.testing.assert_allclose(path.polarization[-1], steady.polarization, rtol=0, atol=1e-9)
    np.testing.assert_allclose(path.density_matrix(), steady.density_matrix(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", ["nonsecular", "secular", "ule"])
@pytest.mark.parametrize("bath", [table_one(12.0), table_one(1.2), short_t1()], ids=["12 K", "1.2 K", "short T_1"])
def test_dense_exponential(model: str, bath: Bath) -> None:
    """Against expm of the hand-written 4^N superoperator, from a state with coherences."""
    case = small_system(3), bath, table_drive(sites=[0, 2])
    matrix = kron.liouvillian(problem(*case), model)
    first = random_state(8, 1)
    path = evolve(*case, model, TIMES, initial=first, rtol=1e-11, keep_states=True)
    for k, time in enumerate(TIMES):
        exact = (expm(time * matrix) @ first.ravel()).reshape(8, 8)
        np.testing.assert_allclose(path.density_matrix(k), exact, rtol=0, atol=2e-10)
        np.testing.assert_allclose(path.polarization[k], kron.polarization(exact), rtol=0, atol=4e-10)
        energy = np.trace(kron.static_hamiltonian(problem(*case).but(electron=0.0)) @ exact).real / MEGAHERTZ
        assert path.energy_mhz[k] == pytest.approx(energy, abs=2e-9)


@pytest.mark.parametrize("model", ["hilbert", "zeno"])
def test_rate_equations(model: str) -> None:
    case = small_system(4), table_one(12.0), table_drive()
    equation = build(model, *case)
    first = np.diagonal(thermal_state(*case[:2])).real
    path = evolve(*case, model, TIMES, keep_states=True)
    v = case[0].spectrum.vectors if model == "hilbert" else np.eye(16)
    for k, time in enumerate(TIMES):
        p = expm(time * equation.rates) @ (v.T**2 @ first)
        np.testing.assert_allclose(path.density_matrix(k), (v * p) @ v.T, rtol=0, atol=1e-13)


def test_qutip() -> None:
    """QuTiP's own operators and its own integrator, T(0) = T*, microwaves on one of two coupled spins."""
    case = small_system(2), table_one(12.0), table_drive(sites=[0])
    p = problem(*case)
    half = {"x": qutip.sigmax() / 2, "z": qutip.sigmaz() / 2, "+": qutip.sigmap()}

    def spin(kind: str, i: int) -> qutip.Qobj:
        return qutip.tensor([half[kind] if j == i else qutip.qeye(2) for j in range(2)])

    flip = spin("+", 0) * spin("+", 1).dag()
    h = sum((p.detuning + p.offsets[i]) * spin("z", i) for i in range(2)) + p.couplings[0, 1] * (flip + flip.dag())
    down = 1 / (1 + np.exp(-p.beta * p.electron)) / p.t1
    jumps = []
    for i in range(2):
        jumps += [np.sqrt(down) * spin("+", i).dag(), np.sqrt(1 / p.t1 - down) * spin("+", i)]
        jumps.append(spin("z", i) / np.sqrt(2 * p.t_zero))
    first = qutip.Qobj(thermal_state(*case[:2]), dims=[[2, 2], [2, 2]])
    options = {"rtol": 1e-10, "atol": 1e-12}
    e_ops = [2 * spin("z", i) for i in range(2)]
    solved = qutip.mesolve(h + p.amplitude * spin("x", 0), first, TIMES, jumps, e_ops=e_ops, options=options)
    path = evolve(*case, "nonsecular", TIMES, rtol=1e-11)
    np.testing.assert_allclose(path.polarization, np.array(solved.expect).T, rtol=0, atol=1e-8)


@pytest.mark.parametrize("model", ["nonsecular", "secular"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_nutation_of_one_spin(model: str, temperature_k: float) -> None:
    """Torrey's transient on resonance: a damped nutation around Bloch's steady state, from equilibrium."""
    bath, omega = table_one(temperature_k), MEGAHERTZ * 0.628
    system = SpinSystem(93.9, [0.0], [[0.0]])
    drive = Drive(93.9, 0.628)
    rate_1, rate_2 = 1 / bath.t1_us, 0.25 / bath.t_zero_us + 0.5 / bath.t1_us
    p0 = bath.thermal_polarization(93.9)
    end = p0 / (1 + omega**2 / (rate_1 * rate_2))
    mean, turn = (rate_1 + rate_2) / 2, np.sqrt(omega**2 - (rate_2 - rate_1) ** 2 / 4)
    times = np.linspace(0.0, 4.0, 81)
    # dP/dt = 0 at the start, where P = P_0 and there is no transverse magnetization
    exact = end + (p0 - end) * np.exp(-mean * times) * (np.cos(turn * times) + mean / turn * np.sin(turn * times))
    path = evolve(system, bath, drive, model, times, rtol=1e-11)
    np.testing.assert_allclose(path.polarization[:, 0], exact, rtol=0, atol=1e-10)


def test_free_decay_of_one_spin() -> None:
    """Without microwaves: T_2 for the transverse and T_1 for the longitudinal magnetization, at the offset's frequency."""
    bath, system = table_one(12.0), SpinSystem(93.9, [0.7], [[0.0]])
    first = np.array([[0.9, 0.3j], [-0.3j, 0.1]])
    path = evolve(system, bath, Drive(93.8995, 0.0), "nonsecular", TIMES, initial=first, rtol=1e-11, keep_states=True)
    p0, rate_2 = bath.thermal_polarization(93.9), 0.25 / bath.t_zero_us + 0.5 / bath.t1_us
    np.testing.assert_allclose(path.polarization[:, 0], p0 + (0.8 - p0) * np.exp(-TIMES / bath.t1_us), atol=1e-10)
    coherence = [path.density_matrix(k)[0, 1] for k in range(len(TIMES))]
    np.testing.assert_allclose(coherence, 0.3j * np.exp(-(rate_2 + 1j * MEGAHERTZ * 1.2) * TIMES), atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_undriven_polarizations_relax_with_t1(model: str) -> None:
    """All down, no drive: the total polarization is exponential with T_1 in every model, couplings or not."""
    system, bath = small_system(3), table_one(12.0)
    first = np.zeros((8, 8), dtype=complex)
    first[7, 7] = 1.0
    path = evolve(system, bath, table_drive(amplitude_mhz=0.0), model, TIMES, initial=first, rtol=1e-10)
    p0 = bath.thermal_polarization(93.9)
    exact = p0 + (-1.0 - p0) * np.exp(-TIMES / bath.t1_us)
    np.testing.assert_allclose(path.polarization.mean(axis=1), exact, rtol=0, atol=2e-5)  # h at the actual gaps


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("bath", [table_one(12.0), short_t1(), fast_bath()], ids=["12 K", "short T_1", "fast"])
def test_trace_and_positivity(model: str, bath: Bath) -> None:
    """At every time: the trace is one, and no eigenvalue is negative by more than the error that is stated."""
    case = small_system(3), bath, table_drive()
    first = random_state(8, 2) if model not in ("hilbert", "zeno") else None
    times = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 40)])
    path = evolve(*case, model, times, initial=first, rtol=1e-9, keep_states=True)
    allowed = 8**0.5 * path.error_bound + 1e-14
    assert (path.trace_error <= 8**0.5 * allowed).all()
    if model in ("nonsecular", "hilbert", "zeno"):  # Lindblad equations; secular ones take degenerate gaps apart
        assert (path.least_eigenvalues() >= -allowed).all()


@pytest.mark.parametrize("rtol", [1e-4, 1e-7, 1e-10])
def test_the_stated_error_bounds_the_error(rtol: float) -> None:
    case = small_system(3), short_t1(), table_drive()
    matrix = kron.liouvillian(problem(*case), "nonsecular")
    first = random_state(8, 3)
    path = evolve(*case, "nonsecular", TIMES, initial=first, rtol=rtol, keep_states=True)
    for k, time in enumerate(TIMES):
        error = np.linalg.norm(path.density_matrix(k) - (expm(time * matrix) @ first.ravel()).reshape(8, 8))
        assert error <= 8**0.5 * path.error_bound[k] + 1e-12
    assert path.error_bound[-1] <= 3 * rtol * np.linalg.norm(first)  # an error per step, relative to rho at its start


def test_dephasing_much_faster_than_anything_else() -> None:
    """Rates of 3e4 per µs, T_1 of 16 µs, in one path: early against the dense exponential, late against the steady state."""
    system = SpinSystem.sample(3, 1e-4, 1.0, (0, 0))
    case = system, fast_bath(), Drive(93.9, 100.0, sites=[2])
    matrix = kron.liouvillian(problem(*case), "nonsecular")
    times = np.array([1e-5, 1e-3, 0.1, 400.0])
    path = evolve(*case, "nonsecular", times, rtol=1e-9, keep_states=True)
    first = thermal_state(*case[:2]).ravel()
    for k in range(3):
        exact = (expm(times[k] * matrix) @ first).reshape(8, 8)
        np.testing.assert_allclose(path.density_matrix(k), exact, rtol=0, atol=1e-9)
    np.testing.assert_allclose(path.polarization[-1], steady_state(*case).polarization, rtol=0, atol=5e-8)
    assert path.applications < 5000  # an explicit method needs 1e6


def test_against_an_explicit_method() -> None:
    """DOP853 on the same generator, five spins: another integrator where dense is too large."""
    system = SpinSystem.sample(5, 5.0, 0.75, (1, 0))
    case = system, table_one(12.0), table_drive()
    equation = build("nonsecular", *case)
    first = thermal_state(*case[:2]).real
    solved = solve_ivp(
        lambda _, z: equation.apply(z.reshape(32, 32)).ravel(), (0.0, 1.0), first.ravel(), "DOP853", rtol=1e-9, atol=1e-12
    )
    path = evolve(*case, "nonsecular", [1.0], rtol=1e-10)
    z = solved.y[:, -1].reshape(32, 32)
    np.testing.assert_allclose(path.real_forms[0], z, rtol=0, atol=1e-9)


def test_a_path_can_be_taken_up_again() -> None:
    case = small_system(3), short_t1(), table_drive()
    whole = evolve(*case, "nonsecular", [0.7, 1.9], rtol=1e-11)
    part = evolve(*case, "nonsecular", [0.7], rtol=1e-11)
    rest = evolve(*case, "nonsecular", [1.2], initial=part.density_matrix(), rtol=1e-11)
    np.testing.assert_allclose(rest.density_matrix(), whole.density_matrix(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(part.polarization[0], whole.polarization[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("times", [[1e-12, 1e-9], [0.4, 0.4 + 1e-12]])
def test_times_much_shorter_than_any_period(times: list[float]) -> None:
    case = small_system(3), short_t1(), table_drive()
    matrix, first = kron.liouvillian(problem(*case), "nonsecular"), random_state(8, 5)
    path = evolve(*case, "nonsecular", times, initial=first, rtol=1e-11, keep_states=True)
    for k, time in enumerate(times):
        exact = (expm(time * matrix) @ first.ravel()).reshape(8, 8)
        np.testing.assert_allclose(path.density_matrix(k), exact, rtol=0, atol=1e-10 if time > 0.1 else 1e-14)


def test_an_rtol_below_rounding_costs_no_more_than_rounding() -> None:
    case = small_system(2), table_one(12.0), table_drive(), "nonsecular", [0.4]
    assert evolve(*case, rtol=1e-300).applications == evolve(*case, rtol=1e-16).applications


def test_too_many_spins_are_refused_before_anything_is_allocated() -> None:
    system = SpinSystem.sample(20, 5.0, 0.75, (0, 0))
    with pytest.raises(MemoryEstimateError, match=r"n_spins is 20, .* GiB are free"):
        evolve(system, table_one(12.0), table_drive(), "nonsecular", [1.0])


def test_a_stationary_state_stays() -> None:
    system, bath = small_system(1), table_one(12.0)
    first = bloch_state(problem(system, bath, table_drive()))
    path = evolve(system, bath, table_drive(), "nonsecular", TIMES, initial=first)
    np.testing.assert_allclose(path.density_matrix(), first, rtol=0, atol=1e-12)


def test_build_up_time_of_an_exponential() -> None:
    times = np.concatenate([[0.0], np.geomspace(1e-3, 10.0, 400)])
    assert build_up_time(times, 0.3 - 0.5 * np.exp(-times / 1.7), 0.3) == pytest.approx(1.7, rel=1e-3)
    nutation = 1.0 - np.exp(-times / 1.7) * np.cos(20.0 * times)  # crosses early, and arrives with its envelope
    settled = build_up_time(times, nutation, 1.0)
    assert settled is not None
    assert 1.5 < settled < 1.75
    assert build_up_time(times[:50], times[:50], 1.0) is None
    assert build_up_time(times, np.ones(401), 1.0) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times_us": [1.0, 0.5]}, "times_us"),
        ({"times_us": [-1.0]}, "times_us"),
        ({"times_us": []}, "times_us"),
        ({"rtol": 0.0}, "rtol"),
        ({"model": "classical"}, "model"),
        ({"initial": np.eye(2)}, "initial is 'an array of shape"),
        ({"initial": [[1.0], [0.0, 1.0]]}, "initial is 'ragged'"),
        ({"initial": np.eye(4)}, "of trace 4"),
        ({"initial": np.diag([1.5, -0.5, 0, 0])}, "negative"),
        ({"initial": np.eye(4) / 4 + 1j * np.eye(4)}, "not Hermitian"),
        ({"initial": random_state(4, 4), "model": "hilbert"}, "eigenstates of H_S"),
        ({"initial": random_state(4, 4), "model": "zeno"}, "product states"),
    ],
)
def test_bad_input(changes: dict[str, object], message: str) -> None:
    arguments = {"times_us": TIMES, "model": "nonsecular"} | changes
    with pytest.raises(ParameterError, match=message):
        evolve(small_system(2), table_one(12.0), table_drive(), **arguments)


def test_states_in_between_must_be_asked_for() -> None:
    path = evolve(small_system(2), table_one(12.0), table_drive(), "nonsecular", TIMES)
    assert path.density_matrix().shape == (4, 4)
    with pytest.raises(ParameterError, match="keep_states"):
        path.density_matrix(1)
    kept = evolve(small_system(2), table_one(12.0), table_drive(), "nonsecular", TIMES, keep_states=True)
    np.testing.assert_array_equal(kept.density_matrix(-2), kept.density_matrix(3))
    for index in (5, -6):
        with pytest.raises(ParameterError, match=f"index is {index}, but it must be from -5 to 4"):
            kept.density_matrix(index)
