"""Rates of phonons: the golden rule in SI units, convolutions by brute force, limits, and what the models make of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import qutip
from scipy import constants
from scipy.integrate import quad

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.config import logged_params, make_plan, resolved
from dnplab.ensemble import EnsembleSpec, run_ensemble
from dnplab.errors import DnplabError, ParameterError
from dnplab.models import build
from dnplab.phonons import DirectProcess, PhononProcess, PhononSpectrum, TwoPhononProcess, below_debye, decorrelation_ghz
from dnplab.studies import Study, fingerprint_of
from dnplab.studies.phonons import Phonons
from dnplab.transitions import bath_gain
from tests.reference import kronecker as kron
from tests.reference.convert import hermitian, problem, real_form
from tests.systems.samples import small_system, table_drive

CONF = Path(__file__).resolve().parents[2] / "conf"
OMEGA_E = 2e3 * np.pi * 93.9  # rad/µs
IN_SECTOR = 2 * np.pi * 5.0
DIRECT = DirectProcess(coupling_ratio=0.3, density_kg_m3=1100.0, sound_velocity_m_s=1400.0)
RAMAN = TwoPhononProcess(coupling_ratio=70.0, density_kg_m3=1100.0, sound_velocity_m_s=1400.0)
PROCESSES = {"direct": DIRECT.with_t1(160.0, 1.2), "two_phonon": RAMAN.with_t1(160.0, 1.2)}


def bose(x: float) -> float:
    return 1 / math.expm1(x)


# --- the rates


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("ghz", [1.0, 93.9, 400.0])
def test_direct_rate_is_the_golden_rule_in_si_units(ghz: float, temperature_k: float) -> None:
    """2 pi / hbar^2 |M|^2 times the density of modes, with the mode volume left in: emission over h is 1/T."""
    omega = 2e9 * np.pi * ghz  # rad/s
    volume, energy = 3.7e-6, constants.hbar * 2e9 * np.pi * 93.9 * DIRECT.coupling_ratio
    x = constants.hbar * omega / (constants.k * temperature_k)
    strain_square = (omega / 1400.0) ** 2 * constants.hbar / (2 * 1100.0 * volume * omega) * (bose(x) + 1)
    modes = volume * omega**2 / (2 * np.pi**2 * 1400.0**3)
    emission = 2 * np.pi / constants.hbar**2 * energy**2 * strain_square * modes
    expected = emission * (1 + math.exp(-x)) * 1e-6
    assert DIRECT.rate(omega * 1e-6, temperature_k) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("temperature_k", [1.2, 4.0, 12.0])
@pytest.mark.parametrize("ghz", [0.005, 20.0, 93.9, -93.9, 300.0])
def test_two_phonon_rate_is_a_convolution(ghz: float, temperature_k: float) -> None:
    """gamma = 2 (g2/g_e)^2 omega_e^2 int dOmega/2pi c(Omega) c(omega - Omega), c the spectral density of a strain, in SI."""
    thermal = constants.k * temperature_k / constants.hbar  # rad/s
    w = 2e9 * np.pi * ghz / thermal

    def density(x: float) -> float:  # Omega^3 (n + 1) in units of (k_B T / hbar)^3, both signs of Omega
        return x**2 if abs(x) < 1e-12 else x**3 / -math.expm1(-x)

    pieces = [-60.0, min(0.0, w), max(0.0, w), 60.0 + abs(w)]
    integral = sum(
        quad(lambda x: density(x) * density(w - x), a, b, epsabs=0, epsrel=1e-12, limit=200)[0] for a, b in pairwise(pieces)
    )
    strain = constants.hbar / (2 * np.pi * 1100.0 * 1400.0**5)
    gamma = 2 * (70.0 * 2e9 * np.pi * 93.9) ** 2 * strain**2 * thermal**7 * integral / (2 * np.pi)
    expected = gamma * (1 + math.exp(-w)) * 1e-6
    assert RAMAN.rate(w * thermal * 1e-6, temperature_k) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("a", [1e-9, 1e-3, 0.18777, 1.8777, 9.0, 30.0])
def test_closed_form_of_the_printed_integrals(a: float) -> None:
    """(S106): cosh(a) times the bracket of two integrals over its value at a = 0, which is pi^6/21 = 45.7804."""

    def cubed(y: float) -> float:
        return y**2 if y < 1e-12 else y**3 / math.sinh(min(y, 700.0))

    two = quad(lambda y: cubed(y) * cubed(a - y), 0, a, epsrel=1e-12, epsabs=0)[0]
    raman = quad(lambda y: cubed(y) * cubed(a + y), 0, np.inf, epsrel=1e-12, epsabs=0)[0]
    printed = math.cosh(a) * (two + 2 * raman) / (math.pi**6 / 21)
    temperature_k = 3.0
    omega = 2 * a * 1e-6 * constants.k * temperature_k / constants.hbar
    assert RAMAN.rate(omega, temperature_k) / RAMAN.rate(0.0, temperature_k) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(("temperature_k", "expected"), [(1.2, 1.0), (4.0, 0.9936), (12.0, 0.2604)])
def test_part_below_the_debye_frequency(temperature_k: float, expected: float) -> None:
    """The convolution of 1/T(0) with both phonons at most at 1270 GHz, over all of it."""
    end = constants.h * 1270e9 / (constants.k * temperature_k)

    def square(x: float) -> float:  # c(x) c(-x)
        return (0.5 * x**3 / math.sinh(0.5 * x)) ** 2 if x > 1e-6 else x**4

    part, whole = (quad(square, 0.0, b, epsabs=0, epsrel=1e-11)[0] for b in (end, 120.0))
    assert below_debye(1270.0, temperature_k) == pytest.approx(part / whole, rel=1e-9)
    assert below_debye(1270.0, temperature_k) == pytest.approx(expected, abs=5e-5)


def test_two_phonon_limits() -> None:
    ratios = RAMAN.rate(OMEGA_E, [1.2, 4.0, 12.0]) / RAMAN.rate(0.0, [1.2, 4.0, 12.0])
    np.testing.assert_allclose(ratios, [2.487, 1.128, 1.014], atol=5e-4)
    np.testing.assert_allclose(RAMAN.rate(0.0, 12.0) / RAMAN.rate(0.0, 1.2), 1e7, rtol=1e-12)
    thermal = constants.k * 2.0 / constants.hbar
    strain = constants.hbar / (1100.0 * 1400.0**5)
    slow = 16 * np.pi**3 / 21 * (70.0 * 2e9 * np.pi * 93.9) ** 2 * strain**2 * thermal**7 * 1e-6
    assert RAMAN.rate(0.0, 2.0) == pytest.approx(slow, rel=1e-12)
    np.testing.assert_allclose(RAMAN.rate(300 * OMEGA_E, 1.2), RAMAN.cold_limit(300 * OMEGA_E), rtol=1e-3)
    np.testing.assert_allclose(RAMAN.cold_limit(2 * OMEGA_E) / RAMAN.cold_limit(OMEGA_E), 2**7)


def test_direct_limits() -> None:
    """omega^2 T where beta omega << 1; at 1.2 K and omega_e it is omega^3 T^0 within 5 %, and omega^2 T is off by two."""
    slow = RAMAN.electron_ghz * 2 * np.pi  # 93.9 MHz
    np.testing.assert_allclose(DIRECT.rate(2 * slow, 3.6) / DIRECT.rate(slow, 1.2), 12.0, rtol=1e-5)
    assert DIRECT.rate(OMEGA_E, 1.2) / DIRECT.cold_limit(OMEGA_E) == pytest.approx(1.048, abs=5e-4)
    assert DIRECT.rate(OMEGA_E, 1.2) / DIRECT.hot_limit(OMEGA_E, 1.2) == pytest.approx(1.048 / 0.533, abs=2e-3)
    np.testing.assert_allclose(DIRECT.cold_limit(2 * OMEGA_E) / DIRECT.cold_limit(OMEGA_E), 2**3)
    assert DIRECT.rate(0.0, 1.2) == 0.0
    assert DIRECT.time(0.0, 1.2) == math.inf


@pytest.mark.parametrize("process", [DIRECT, RAMAN], ids=["direct", "two_phonon"])
def test_exponents_are_the_slopes(process: PhononProcess) -> None:
    for omega in (1e-6 * OMEGA_E, OMEGA_E, 20 * OMEGA_E):
        temperatures = np.array([0.5, 1.2, 4.0, 20.0])
        up, down = (np.log(process.rate(omega, temperatures * math.exp(d))) for d in (1e-5, -1e-5))
        np.testing.assert_allclose(process.exponent(omega, temperatures), (up - down) / 2e-5, atol=2e-9)
    assert process.exponent(0.0, 1.2) == pytest.approx({"direct": 1.0, "two_phonon": 7.0}[process.process], abs=1e-15)
    assert process.exponent(1e6 * OMEGA_E, 1.2) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("process", [DIRECT, RAMAN], ids=["direct", "two_phonon"])
def test_coupling_for_a_given_t1(process: PhononProcess) -> None:
    chosen = process.with_t1(160.0, 1.2)
    assert chosen.t1_us(1.2) == pytest.approx(160.0, rel=1e-14)
    assert 2 / chosen.rate(OMEGA_E, 1.2) == pytest.approx(160.0, rel=1e-14)
    assert replace(chosen, coupling_ratio=process.coupling_ratio) == process


def test_decorrelation_is_of_the_order_of_the_electron_frequency() -> None:
    density = 10 * 6.02214076e23  # m^-3 of 10 mmol/L
    assert decorrelation_ghz(1e3, 10.0) == pytest.approx(1e3 * density ** (1 / 3) / (2e9 * np.pi), rel=1e-12)
    assert 1 < 93.9 / decorrelation_ghz(1e3, 10.0) < 10


@pytest.mark.parametrize("name", PROCESSES)
def test_detailed_balance(name: str) -> None:
    gamma, omega = PhononSpectrum(PROCESSES[name], 1.2), np.array([IN_SECTOR, OMEGA_E, 3 * OMEGA_E])
    beta = constants.hbar / (constants.k * 1.2) * 1e6
    np.testing.assert_allclose(gamma(omega) / gamma(-omega), np.exp(beta * omega), rtol=1e-12)
    np.testing.assert_allclose(gamma(omega) + gamma(-omega), PROCESSES[name].rate(omega, 1.2), rtol=1e-14)
    inside = PhononSpectrum(PROCESSES[name], 1.2, cutoff_ghz=1270.0)
    np.testing.assert_allclose(inside(omega[:2]), gamma(omega[:2]), rtol=2e-9)
    assert inside(np.array([1e12]))[0] == 0.0


# --- the bath in the models


def spectral_rates(process: PhononProcess) -> Callable[..., np.ndarray]:
    """gamma(omega_nm) (D, D) for the reference, from the golden rule's closed forms written down again."""

    def rates(p: kron.Problem, basis: kron.Eigenbasis, flat: bool = False) -> np.ndarray:
        assert not flat
        gaps = basis.gaps(p.electron)
        a = np.abs(p.beta * gaps) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            coth = 1 / np.tanh(a)
            if process.process == "direct":
                shape = np.where(a > 0, a**3 * coth, 0.0)
            else:
                shape = np.where(a > 0, a * coth, 1.0) * (np.pi**6 / 21 + np.pi**4 / 30 * a**2 + a**6 / 70)
        x = p.beta * p.electron / 2
        at_line = x**3 if process.process == "direct" else x * (np.pi**6 / 21 + np.pi**4 / 30 * x**2 + x**6 / 70)
        return kron.thermal_factor(gaps, p.beta) * 2 / p.t1 * shape * np.tanh(x) / at_line

    return rates


@pytest.mark.parametrize("model", ["secular", "ule", "hilbert"])
@pytest.mark.parametrize("name", PROCESSES)
def test_models_take_gamma_at_the_gap(name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system, drive, bath = small_system(3), table_drive(), Bath.phonons(PROCESSES[name], 1.2)
    p = problem(system, bath, drive)
    monkeypatch.setattr(kron, "spectral_rates", spectral_rates(PROCESSES[name]))
    generator = build(model, system, bath, drive)
    if model == "hilbert":
        overlaps = np.abs(kron.eigenbasis(p).vectors.conj().T @ system.spectrum.vectors) ** 2
        order = overlaps.argmax(axis=0)
        expected = kron.hilbert_rates(p)[np.ix_(order, order)]
        np.testing.assert_allclose(generator.rates, expected, atol=1e-10 * np.abs(expected).max())
        return
    z = np.random.default_rng(5).normal(size=(8, 8))
    rho = (generator.basis @ hermitian(z) @ generator.basis.T).ravel()
    image = (kron.bath_superoperator(p, model) @ rho).reshape(8, 8)
    expected = real_form(generator.basis.T @ image @ generator.basis)
    np.testing.assert_allclose(generator.dissipate(z), expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("name", PROCESSES)
def test_golden_rule_rates_are_those_of_qutip(name: str) -> None:
    """Bloch-Redfield populations of two spins, each component with a bath of its own."""
    system, gamma = small_system(2), PhononSpectrum(PROCESSES[name], 4.0)
    operators = [
        qutip.tensor(*[s / 2 if i == j else qutip.qeye(2) for j in range(2)])
        for i in range(2)
        for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())
    ]
    p = problem(system, Bath.phonons(PROCESSES[name], 4.0), table_drive())
    h = qutip.Qobj(kron.static_hamiltonian(p) + p.electron * kron.total("z", 2), dims=operators[0].dims)
    spectra = [[op, lambda w: float(gamma(np.array(w)))] for op in operators]
    tensor, states = qutip.bloch_redfield_tensor(h, spectra, sec_cutoff=-1, fock_basis=False)
    found = np.real(tensor.full()[::5, ::5])  # from populations to populations
    order = (np.abs(states.full().conj().T @ system.spectrum.vectors) ** 2).argmax(axis=0)
    ours = bath_gain(system.spectrum, Bath.phonons(PROCESSES[name], 4.0), 93.9)
    theirs = found[np.ix_(order, order)]
    np.fill_diagonal(theirs, 0.0)
    np.testing.assert_allclose(ours, theirs, atol=1e-11 * np.abs(theirs).max())


@pytest.mark.parametrize("name", PROCESSES)
def test_undriven_secular_state_is_gibbs(name: str) -> None:
    system, bath, off = small_system(3), Bath.phonons(PROCESSES[name], 1.2), table_drive(amplitude_mhz=0.0)
    basis, p = kron.eigenbasis(problem(system, bath, off)), problem(system, bath, off)
    weights = np.exp(-p.beta * (basis.shifted + p.electron * basis.sz))
    gibbs = basis.vectors @ np.diag(weights / weights.sum()) @ basis.vectors.conj().T
    np.testing.assert_allclose(steady_state(system, bath, off, model="secular").density_matrix(), gibbs, atol=1e-11)


@pytest.mark.parametrize("name", PROCESSES)
def test_nonsecular_is_the_flattened_general_form(name: str) -> None:
    """Exact after the two replacements; 1e-7 to 1e-4 of the dissipator before them, and not nothing."""
    system, drive, bath = small_system(3), table_drive(), Bath.phonons(PROCESSES[name], 1.2)
    p, z = problem(system, bath, drive), np.random.default_rng(3).normal(size=(8, 8))
    ours = build("nonsecular", system, bath, drive).dissipate(z)
    flat = sum(kron.dissipator(a) for a in kron.ule_jumps(p, flat=True))
    expected = real_form((flat @ hermitian(z).ravel()).reshape(8, 8))
    np.testing.assert_allclose(ours, expected, atol=1e-13 * np.abs(expected).max())
    general = build("ule", system, bath, drive)
    exact = general.basis @ general.dissipate(general.basis.T @ z @ general.basis) @ general.basis.T
    assert 1e-7 < np.abs(ours - exact).max() / np.abs(exact).max() < 1e-4


@pytest.mark.parametrize("model", ["hilbert", "secular", "nonsecular", "ule"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("name", PROCESSES)
def test_every_model_solves_every_bath(name: str, temperature_k: float, model: str) -> None:
    """T(0) = inf, T* = 1e10 µs or 39 ps of T_1: iterations end where the dense solution is."""
    bath, drive = Bath.phonons(PROCESSES[name], temperature_k), table_drive()
    for n_spins in (4, 6):
        system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
        state = steady_state(system, bath, drive, model=model)
        assert state.error_estimate < 1e-10
        if n_spins == 4:
            exact = steady_state(system, bath, drive, model=model, method="dense")
            np.testing.assert_allclose(state.polarization, exact.polarization, atol=1e-9)


def test_in_sector_gap_zero_is_local_dephasing() -> None:
    bath = Bath.phonons(PROCESSES["two_phonon"], 4.0, in_sector_mhz=0.0)
    assert bath.uniform_dephasing
    assert Bath.phonons(PROCESSES["direct"], 4.0, in_sector_mhz=0.0).t_star_us == math.inf
    system = SpinSystem.sample(n_spins=5, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
    other = Bath.phonons(PROCESSES["two_phonon"], 4.0)
    one, two = (steady_state(system, b, table_drive()).polarization for b in (bath, other))
    np.testing.assert_allclose(one, two, atol=1e-6)


# --- mistakes


def test_mistakes_are_one_sentence() -> None:
    bath = Bath.phonons(PROCESSES["direct"], 1.2)
    with pytest.raises(ParameterError, match=r"^coupling_ratio is -1, but it must be a finite number > 0\.$"):
        DirectProcess(coupling_ratio=-1)
    with pytest.raises(ParameterError, match=r"^sound_velocity_m_s is 0"):
        TwoPhononProcess(coupling_ratio=1.0, sound_velocity_m_s=0)
    with pytest.raises(ParameterError, match=r"^process is 'direct', but it must be a DirectProcess"):
        Bath.phonons("direct", 1.2)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"^in_sector_mhz is -5"):
        Bath.phonons(PROCESSES["direct"], 1.2, in_sector_mhz=-5)
    with pytest.raises(ParameterError, match=r"^cutoff_ghz is 50, but it must be null or above electron_ghz = 93\.9\.$"):
        Bath.phonons(PROCESSES["direct"], 1.2, cutoff_ghz=50)
    with pytest.raises(ParameterError, match=r"^in_sector_mhz is 100000\.0, but it must be below electron_ghz = 93\.9"):
        Bath.phonons(PROCESSES["direct"], 1.2, in_sector_mhz=100_000)
    for huge in (1e-300, 1e300):
        with pytest.raises(
            ParameterError, match=r"^sound_velocity_m_s is .*, but it must be a number from 1e-12 to 1e12\.$"
        ):
            TwoPhononProcess(1.0, sound_velocity_m_s=huge)
        with pytest.raises(ParameterError, match=r"^coupling_ratio is .*, but it must be such that T_1 is a finite number"):
            Bath.phonons(TwoPhononProcess(huge), 1.2)
    for key in ("t1_us", "t_star_us", "t_zero_us", "temperature_k"):
        with pytest.raises(ParameterError, match=rf"^{key} is 2\.0, but it must be .* as in the bath of phonons"):
            replace(bath, **{key: 2.0})
    other = SpinSystem(electron_ghz=95.0, offsets_mhz=[0.0], couplings_mhz=[[0.0]])
    with pytest.raises(ParameterError, match=r"^electron_ghz is 95\.0, but it must be 93\.9 as in the bath"):
        steady_state(other, bath, Drive(95.0, 0.1))
    own = Bath(1.2, 160.0, 80.0, 1.6, spectral_function=lambda w: np.exp(-(w**2)))
    with pytest.raises(ParameterError, match=r"^bath\.spectral_function is .* model=nonsecular"):
        steady_state(small_system(2), own, table_drive())
    with pytest.raises(ParameterError, match=r"^bath\.spectral_function is .* stored"):
        EnsembleSpec(2, 5.0, 0.7, own, table_drive(), model="ule", observables=()).fingerprint  # noqa: B018


def test_own_spectral_functions_in_all_models_that_know_gaps() -> None:
    """A callable that is h / T at all gaps is the bath of equal times."""
    times = Bath(temperature_k=4.0, t1_us=2.0, t_star_us=1.0, t_zero_us=1.0)
    own = replace(times, spectral_function=times.h)
    for model in ("hilbert", "secular", "ule"):
        one, two = (steady_state(small_system(3), b, table_drive(), model=model).polarization for b in (times, own))
        np.testing.assert_allclose(one, two, atol=1e-12)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bath=phonon_direct", "bath.t1_us=160"], "bath.t1_us is 160"),
        (["bath=phonon_direct", "bath.coupling_ratio=-1"], "bath.coupling_ratio is -1"),
        (["bath=phonon_direct", "bath.coupling_ratio=null"], "bath.coupling_ratio is None"),
        (["bath=phonon_raman", "bath.process=orbach"], "bath.process is 'orbach'"),
        (["bath=letter", "bath.coupling_ratio=1"], "bath.coupling_ratio is 1"),
        (["bath=letter", "bath.in_sector_mhz=5"], "bath.in_sector_mhz is 5"),
    ],
)
def test_config_swallows_nothing(words: list[str], message: str) -> None:
    with pytest.raises(DnplabError, match=message.replace(".", r"\.")) as caught:
        make_plan(CONF, words)
    assert "\n" not in str(caught.value)


def test_configs_of_phonons(tmp_path: Path) -> None:
    """T_1 = 160 µs at 1.2 K, the times are logged, and an ensemble runs."""
    marks = set()
    for option, process in (("phonon_direct", "direct"), ("phonon_raman", "two_phonon")):
        (job,) = make_plan(CONF, [f"bath={option}", "bath.temperature_k=1.2", "system.n_spins=3", "model=ule"]).jobs
        params = logged_params(job.spec)
        assert params["bath.t1_us"] == pytest.approx(160.0, rel=1e-6)
        assert params["bath.process"] == process
        assert params["bath.t_zero_us"] == pytest.approx({"direct": math.inf, "two_phonon": 198.9}[process], rel=1e-3)
        assert params["bath.in_sector_mhz"] == 5.0
        assert resolved(job.config) == job.config  # with times written out it could not be given again
        result = run_ensemble(replace(job.spec, realizations=1), workers=1, checkpoints=tmp_path)
        assert result.excluded.empty
        marks |= {job.fingerprint, make_plan(CONF, [f"bath={option}", "bath.density_kg_m3=1000"]).jobs[0].fingerprint}
    assert len(marks) == 4


# --- the study


def the_study(**changes: object) -> Phonons:
    values = {
        "t1_us": 160.0,
        "at_temperature_k": 1.2,
        "electron_ghz": 93.9,
        "density_kg_m3": 1250.0,
        "sound_velocity_m_s": 1000.0,
        "electrons_mmol_l": 10.0,
        "debye_ghz": 1270.0,
        "in_sector_mhz": 5.0,
        "temperatures_k": (1.2, 12.0),
        "temperature_min_k": 1.0,
        "temperature_max_k": 20.0,
        "temperature_points": 21,
        "frequency_min_ghz": 0.1,
        "frequency_max_ghz": 1000.0,
        "frequency_points": 21,
    }
    return Phonons(**{**values, **changes})  # type: ignore[arg-type]


def test_study() -> None:
    study, done = the_study(), []
    result = study.compute(done.append)
    assert sum(done) == study.steps
    metrics = result.metrics
    assert metrics["check.two_phonon_integral"] < 1e-12
    assert metrics["obs.coupling_ratio_direct"] == pytest.approx(0.1115, abs=1e-4)
    assert metrics["obs.coupling_ratio_two_phonon"] == pytest.approx(190.7, abs=0.1)
    assert metrics["obs.rate_over_hot_limit_two_phonon_1.2K"] == pytest.approx(2.487, abs=5e-4)
    # ten times hotter: 10^7 1.014 / 2.487, and coth(0.18777) / coth(1.8777)
    assert metrics["obs.t1_exponent_two_phonon"] == pytest.approx(7 + math.log10(1.01426 / 2.48660), abs=1e-5)
    direct = math.log10(math.tanh(1.877704) / math.tanh(0.1877704))
    assert metrics["obs.t1_exponent_direct"] == pytest.approx(direct, abs=1e-6)
    for table, x in (("phonon_temperature", "temperature_k"), ("phonon_frequency", "frequency_ghz")):
        values = result.tables[table][[x, "time_us", "hot_limit_us", "cold_limit_us"]].to_numpy()
        assert np.isfinite(values).all()
        assert (values > 0).all()
    rows = result.tables["phonon_temperature"].query("process == 'two_phonon' and gap == 'in_sector'")
    np.testing.assert_allclose(rows["time_us"], rows["hot_limit_us"], rtol=1e-6)
    slope = -np.gradient(np.log(rows["time_us"]), np.log(rows["temperature_k"]))
    np.testing.assert_allclose(slope, 7.0, atol=1e-6)
    assert "0.111 (direct)" in result.text
    assert metrics["obs.below_debye_two_phonon_12K"] == pytest.approx(0.26, abs=1e-3)
    assert "26.0%" in result.text


def test_study_of_extreme_media_and_temperatures() -> None:
    """Nothing overflows far outside what a laboratory has, and the closed form is that of the integrals still."""
    for changes in ({"temperatures_k": (1e-3, 1e4)}, {"sound_velocity_m_s": 1e-12}, {"at_temperature_k": 1e12}):
        metrics = the_study(**changes).compute().metrics
        assert np.isfinite(list(metrics.values())).all()
        assert metrics["check.two_phonon_integral"] < 1e-6


def test_study_is_known_by_its_fields() -> None:
    study: Study = the_study()
    assert fingerprint_of(study) == fingerprint_of(the_study()) != fingerprint_of(the_study(in_sector_mhz=4.0))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"frequency_min_ghz": 94.0}, "frequency_min_ghz is 94"),
        ({"frequency_max_ghz": 93.9}, "frequency_max_ghz is 93.9"),
        ({"frequency_points": 1}, "frequency_points is 1"),
        ({"temperatures_k": (12.0, 1.2)}, "temperatures_k is"),
        ({"temperature_max_k": 0.5}, "temperature_max_k is 0.5"),
        ({"debye_ghz": 90.0}, "debye_ghz is 90"),
        ({"debye_ghz": 1e9}, "debye_ghz is 1"),
        ({"in_sector_mhz": 1e6}, "in_sector_mhz is 1000000"),
        ({"temperature_points": 10**9}, "temperature_points is 1000000000, but it must be an integer from 2 to 10001"),
        ({"density_kg_m3": -1.0}, "density_kg_m3 is -1"),
        ({"t1_us": 0.0}, "t1_us is 0"),
    ],
)
def test_study_refuses_what_it_cannot_draw(changes: dict[str, object], key: str) -> None:
    with pytest.raises(ParameterError, match=key):
        the_study(**changes)
