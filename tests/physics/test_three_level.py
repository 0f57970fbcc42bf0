"""The three-level model: closed form, generator, QuTiP, linear response, and the two spins it stands for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qutip
from omegaconf import OmegaConf

from dnplab import Bath, Drive, steady_state
from dnplab.errors import ParameterError
from dnplab.models import Generator
from dnplab.models.nonsecular import Nonsecular
from dnplab.solvers.dense import dense_matrix
from dnplab.studies.base import fingerprint_of
from dnplab.studies.three_level import NAMES, Regime, ThreeLevelStudy
from dnplab.three_level import REGIMES, ThreeLevel, pair_generators, regime_of, spin_pair

CONF = Path(__file__).parents[2] / "conf" / "study" / "three_level.yaml"
OFFSETS = np.linspace(-12.0, 12.0, 49)
UNEVEN = ThreeLevel(detuning=0.7, coupling=-1.3, amplitude=0.9, decay_1=0.4, decay_2=1.1, n_bar=0.35)


def random_model(rng: np.random.Generator, *, cold: bool = False) -> ThreeLevel:
    detuning, coupling = rng.uniform(-5.0, 5.0, 2)
    amplitude, decay_1, decay_2 = np.exp(rng.uniform(-3.0, 1.5, 3))
    return ThreeLevel(
        detuning, coupling, amplitude, decay_1, decay_1 if cold else decay_2, 0.0 if cold else rng.uniform(0, 3)
    )


def populations(state: np.ndarray) -> np.ndarray:
    return np.einsum("nkk->nk", state).real


def study_from_conf(**changed: object) -> ThreeLevelStudy:
    section = OmegaConf.to_container(OmegaConf.load(CONF))["three_level"]
    values = {key: Regime(**value) if isinstance(value, dict) else value for key, value in section.items()}
    return replace(ThreeLevelStudy(**values), **changed)


@pytest.mark.parametrize("cold", [True, False], ids=["n=0", "n>0"])
def test_closed_form_is_the_null_vector_of_the_generator(cold: bool) -> None:
    rng = np.random.default_rng(11 + cold)
    for _ in range(100):
        model = random_model(rng, cold=cold)
        exact, gksl = model.exact_state(OFFSETS), model.gksl_state(OFFSETS)
        np.testing.assert_allclose(exact, gksl, rtol=0, atol=1e-12)
        assert np.linalg.eigvalsh(exact).min() > -1e-14
        np.testing.assert_allclose(np.einsum("nkk->n", gksl), 1.0, rtol=0, atol=1e-14)


def test_closed_form_solves_the_printed_components_at_zero_temperature() -> None:
    """(S95)-(S99), letter for letter; their last three, with the printed sign of V^3 in (S100), are not solved."""
    rng = np.random.default_rng(5)
    printed_residuals = []
    for _ in range(50):
        model = random_model(rng, cold=True)
        delta, j, v, g = model.detuning, model.coupling, model.amplitude, model.decay_1
        for x, rho in zip(OFFSETS, model.exact_state(OFFSETS), strict=True):
            r01, r02, r12, r11, r22 = rho[0, 1], rho[0, 2], rho[1, 2], rho[1, 1], rho[2, 2]

            def third(r01: complex, x=x, r02=r02, r11=r11, r22=r22, delta=delta, j=j, v=v, g=g) -> complex:
                return (x + delta - 1j * g) * r01 - j * r02 + v * (2 * r11 + r22 - 1)

            residuals = [
                v * (r01 - r01.conj()) - j * (r12 - r12.conj()) - 2j * g * r11,
                j * (r12 - r12.conj()) - 2j * g * r22,
                third(r01),
                -j * r01 + (x - delta - 1j * g) * r02 + v * r12,
                v * r02 - 2 * (delta + 1j * g) * r12 + j * (r22 - r11),
            ]
            np.testing.assert_allclose(residuals, 0.0, atol=2e-13)
            w, a, z = -x, 1 - 2 * r11 - r22, delta + 1j * g
            d = 2 * j**2 * z + v**2 * (w - delta + 1j * g) - 2 * z * (w + delta + 1j * g) * (w - delta + 1j * g)
            corrected, printed = (
                (-(j**2) * v * (r11 - r22) + (sign * v**3 + 2 * v * z * (w + delta + 1j * g)) * a) / d for sign in (-1, 1)
            )
            np.testing.assert_allclose(corrected, r01, rtol=0, atol=1e-12)
            # the error is 2 V^3 (1 - 2 rho_11 - rho_22) / D, times the factor of rho_01
            expected = (x + delta - 1j * g) * 2 * v**3 * a / d
            np.testing.assert_allclose(third(printed), expected, rtol=0, atol=1e-12)
            printed_residuals.append(abs(third(printed)))
    assert np.max(printed_residuals) > 0.1


def test_dynamics_of_the_generator_are_the_printed_ones() -> None:
    """(S90)-(S94) at n > 0 and unequal decays, on a density matrix that is not stationary."""
    m, x = UNEVEN, 0.83
    rng = np.random.default_rng(2)
    factor = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    rho = factor @ factor.conj().T
    rho /= np.trace(rho)
    z = (m.generator([x])[0] @ (rho.real + rho.imag).ravel()).reshape(3, 3)
    rate = 0.5 * (z + z.T) + 0.5j * (z - z.T)
    v, j, g1, g2, n, w, d = m.amplitude, m.coupling, m.decay_1, m.decay_2, m.n_bar, -x, m.detuning
    r00, r11, r22, r01, r02, r12 = rho[0, 0], rho[1, 1], rho[2, 2], rho[0, 1], rho[0, 2], rho[1, 2]
    expected = {
        (1, 1): 1j * v * (r01.conj() - r01) + 1j * j * (r12 - r12.conj()) + 2 * g1 * (n * r00 - (n + 1) * r11),
        (2, 2): 1j * j * (r12.conj() - r12) + 2 * g2 * (n * r00 - (n + 1) * r22),
        (0, 1): 1j * ((w - d) * r01 + v * (r00 - r11) + j * r02) - (g1 * (2 * n + 1) + g2 * n) * r01,
        (0, 2): 1j * ((w + d) * r02 - v * r12 + j * r01) - (g2 * (2 * n + 1) + g1 * n) * r02,
        (1, 2): 1j * (2 * d * r12 - v * r02 + j * (r11 - r22)) - (g1 + g2) * (n + 1) * r12,
    }
    for index, value in expected.items():
        np.testing.assert_allclose(rate[index], value, rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.trace(rate), 0.0, atol=1e-15)


@pytest.mark.parametrize("x", [-3.1, 0.2, 2.4])
def test_qutip(x: float) -> None:
    m, ket = UNEVEN, [qutip.basis(3, k) for k in range(3)]
    h = (-x - m.detuning) * ket[1].proj() + (-x + m.detuning) * ket[2].proj()
    for a, b, strength in ((0, 1, m.amplitude), (1, 2, m.coupling)):
        h = h + strength * (ket[a] * ket[b].dag() + ket[b] * ket[a].dag())
    jumps = []
    for level, decay in ((1, m.decay_1), (2, m.decay_2)):
        jumps.append((2 * decay * m.n_bar) ** 0.5 * ket[level] * ket[0].dag())
        jumps.append((2 * decay * (m.n_bar + 1)) ** 0.5 * ket[0] * ket[level].dag())
    expected = qutip.steadystate(h, jumps).full()
    np.testing.assert_allclose(m.exact_state([x])[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_linear_response_is_the_limit_of_a_weak_drive(name: str) -> None:
    """(S101) as printed; and its distance from the exact populations falls as V^2."""
    model = REGIMES[name]
    x = np.linspace(-2.0 * model.resonance, 2.0 * model.resonance, 15)
    delta, j, g = model.detuning, model.coupling, model.decay_1
    e = (x**2 - delta**2 - j**2 - g**2) ** 2 + 4 * g**2 * x**2
    printed = model.amplitude**2 * np.stack([((delta - x) ** 2 + g**2) / e, j**2 / e], axis=1)
    # the closed form is a difference of numbers of the size of r, the printed one is not
    np.testing.assert_allclose(model.linear_response(x)[:, 1:], printed, rtol=1e-11)
    deviations = []
    for amplitude in (1e-2, 1e-3):
        weak = replace(model, amplitude=amplitude)
        ratio = populations(weak.exact_state(x))[:, 1:] / (printed * (amplitude / model.amplitude) ** 2)
        deviations.append(np.abs(ratio - 1.0).max())
    np.testing.assert_allclose(np.array(deviations) / [1e-4, 1e-6], deviations[1] / 1e-6, rtol=1e-2)
    assert deviations[1] < 5e-6
    weakest = replace(model, amplitude=1e-4)
    ratio = populations(weakest.exact_state(x))[:, 1:] / (printed * (1e-4 / model.amplitude) ** 2)
    np.testing.assert_allclose(ratio, 1.0, rtol=0, atol=1e-6)


def test_linear_response_at_a_finite_temperature() -> None:
    """No closed form is printed for n > 0 and unequal decays: the exact populations' second derivative, by Richardson."""
    x = np.linspace(-3.0, 3.0, 7)
    still = populations(replace(UNEVEN, amplitude=0.0).exact_state(x))
    thermal = UNEVEN.n_bar / (3 * UNEVEN.n_bar + 1)
    np.testing.assert_allclose(still[:, 1:], thermal, rtol=0, atol=1e-15)
    h = 0.02
    one, two = (populations(replace(UNEVEN, amplitude=k * h).exact_state(x)) - still for k in (1.0, 2.0))
    slope = (16 * one - two) / (12 * h**2)  # the V^4 term cancels
    expected = (UNEVEN.linear_response(x) - still) / UNEVEN.amplitude**2
    np.testing.assert_allclose(expected, slope, rtol=0, atol=1e-5 * np.abs(slope).max())


@pytest.mark.parametrize("name", NAMES)
def test_total_absorption_knows_no_regime(name: str) -> None:
    """To second order in V the drive puts 2 pi V^2 of weight into |1>, whatever Delta and J: so does rho_11 + rho_22."""
    model = REGIMES[name]
    x = model.decay_1 * np.sinh(np.linspace(-14.0, 14.0, 40001))
    total = np.trapezoid(model.linear_response(x)[:, 1:].sum(axis=1), x)
    np.testing.assert_allclose(total, np.pi * model.amplitude**2 / model.decay_1, rtol=2e-5)


def test_absorbed_power_is_dissipated() -> None:
    """(S95) + (S96): what the drive takes to |1> is what both levels lose, at any V."""
    rng = np.random.default_rng(8)
    for _ in range(20):
        model = random_model(rng, cold=True)
        state = model.gksl_state(OFFSETS)
        absorbed = 2 * model.amplitude * state[:, 0, 1].imag
        np.testing.assert_allclose(absorbed, 2 * model.decay_1 * populations(state)[:, 1:].sum(axis=1), atol=1e-13)


def test_symmetries() -> None:
    """x, Delta -> -x, -Delta reflects the populations; the signs of J and the common unit do not matter."""
    model = ThreeLevel(0.8, 1.7, 0.6, 0.5, 0.9, 0.2)
    state = populations(model.exact_state(OFFSETS))
    np.testing.assert_allclose(populations(replace(model, detuning=-0.8).exact_state(-OFFSETS)), state, atol=1e-14)
    np.testing.assert_allclose(populations(replace(model, coupling=-1.7).exact_state(OFFSETS)), state, atol=1e-14)
    scaled = ThreeLevel(*(7.3 * value for value in (0.8, 1.7, 0.6, 0.5, 0.9)), 0.2)
    np.testing.assert_allclose(scaled.exact_state(7.3 * OFFSETS), model.exact_state(OFFSETS), rtol=0, atol=1e-14)


def test_two_level_limit_saturates() -> None:
    """J = 0: the driven two-level system, rho_11 = V^2 / (gamma^2 + (x + Delta)^2 + 2 V^2), and rho_22 = 0."""
    model = ThreeLevel(0.4, 0.0, 3.0, 0.7, 0.7)
    state = populations(model.exact_state(OFFSETS))
    np.testing.assert_allclose(state[:, 1], 9.0 / (0.49 + (OFFSETS + 0.4) ** 2 + 18.0), rtol=1e-13)
    np.testing.assert_allclose(state[:, 2], 0.0, atol=1e-15)


def test_named_regimes() -> None:
    for name, model in REGIMES.items():
        assert regime_of(model.detuning, model.coupling, model.decay_1) == name
        assert regime_of(-3 * model.detuning, -3 * model.coupling, 3 * model.decay_1) == name  # sizes, and no unit
    assert regime_of(1.0, 1.0, 1.0) == "crossover"
    assert REGIMES["mixing"].localization == pytest.approx(REGIMES["zeno"].localization)  # the same eigenstates


@pytest.mark.parametrize("name", NAMES)
def test_the_corrected_map_is_exact_and_the_printed_one_is_not(name: str) -> None:
    for sign, x in ((1.0, 0.0), (1.0, -1.7), (-1.0, 2.9)):
        model = replace(REGIMES[name], detuning=sign * REGIMES[name].detuning)
        own, spins = pair_generators(model, x)
        np.testing.assert_allclose(spins, own, rtol=0, atol=1e-14 * np.abs(own).max())
        own, spins = pair_generators(model, x, printed=True)
        # Delta -> 2 Delta, V -> V / sqrt 2: |1> is off by Delta, |1><2| by 2 Delta, the drive by .29 V
        off = max(2 * abs(model.detuning), (1 - 0.5**0.5) * model.amplitude)
        np.testing.assert_allclose(np.abs(own - spins).max(), off, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_map_with_both_components(name: str) -> None:
    """S_i^x and S_i^y: the package's own nonsecular generator, gamma = gamma(omega_e) / 4."""
    model, x = REGIMES[name], -0.4
    system, bath, drive = spin_pair(model, x, "xy")
    generator: Generator = Nonsecular(system, bath, drive)
    kept = np.array([3, 1, 2])  # |-->, spin 0 up, spin 1 up
    index = (4 * kept[:, None] + kept).ravel()
    own = model.generator([x])[0]
    # the microwave frequency of 10^5 rad/µs rounds x to 1e-10
    np.testing.assert_allclose(dense_matrix(generator)[np.ix_(index, index)], own, rtol=0, atol=3e-10)
    assert 2.0 / bath.t1_us == pytest.approx(4.0 * model.decay_1)  # gamma(omega_e) = 1 / T(omega_e) = 2 / T_1
    assert 2.0 / spin_pair(model, x)[1].t1_us == pytest.approx(8.0 * model.decay_1)


def test_two_whole_spins_differ_by_their_doubly_excited_state() -> None:
    """|++> carries rho_11 rho_22 and so falls as V^4: the relative distance of the populations falls as V^2."""
    distances = []
    for amplitude in (0.1, 0.05):
        model = replace(REGIMES["mixing"], amplitude=amplitude)
        x = -model.resonance
        state = steady_state(*spin_pair(model, x, "xy"), model="nonsecular")
        toy = populations(model.exact_state([x]))[0, 1:]
        distances.append(np.abs(0.5 * (1 + state.polarization) / toy - 1).max())
    assert 1e-5 < distances[0] < 1e-3
    assert distances[0] / distances[1] == pytest.approx(4.0, rel=0.05)


def test_study_of_the_config() -> None:
    study, calls = study_from_conf(), []
    for name in NAMES:
        assert study.model(name) == REGIMES[name]
    result = study.compute(calls.append)
    assert sum(calls) == study.steps
    metrics = result.metrics
    assert metrics["obs.mixing.imbalance"] < 1.5
    assert metrics["obs.anderson.imbalance"] == pytest.approx(102.0, abs=0.5)  # (2 Delta / J)^2 and corrections
    assert metrics["obs.zeno.imbalance"] == pytest.approx(101.0, abs=1.0)  # (gamma / J)^2 and corrections
    for name in ("mixing", "anderson"):  # (S101): rho_22 peaks at x^2 = Delta^2 + J^2 - gamma^2
        model = REGIMES[name]
        assert metrics[f"obs.{name}.peak_22"] == pytest.approx(-((model.resonance**2 - 1.0) ** 0.5), abs=1e-2)
    assert metrics["check.exact_minus_gksl"] < 1e-14
    assert metrics["check.smallest_eigenvalue"] > 0
    assert metrics["check.map.corrected.generator_distance"] < 1e-14
    assert metrics["check.map.corrected.population_distance"] < 5e-3
    assert metrics["check.map.printed.generator_distance"] > 0.5
    table = result.tables["populations"]
    assert len(table) == 2 * len(NAMES) * study.points
    peaks = table[table["level"] == 1].groupby("regime")["exact"].max()
    for name in NAMES:
        assert 0 < metrics[f"obs.{name}.rho_11"] / peaks[name] - 1 < 1e-2  # between two points of the grid
    assert "printed" in result.text
    assert fingerprint_of(study) != fingerprint_of(study_from_conf(amplitude=0.2))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"decay_1": -1.0}, "decay_1 is -1.0, but it must be a finite number > 0."),
        ({"decay_2": 0.0}, "decay_2 is 0.0"),
        ({"n_bar": -0.1}, "n_bar is -0.1, but it must be a finite number >= 0."),
        ({"amplitude": -0.1}, "amplitude is -0.1"),
        ({"detuning": np.nan}, "detuning is nan"),
    ],
)
def test_bad_levels(changed: dict[str, float], sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        replace(UNEVEN, **changed)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"zeno": Regime(0.01, 0.1, -1.0, 5.0)}, "zeno.decay is -1.0, but it must be a finite number > 0."),
        ({"mixing": Regime(1.0, 0.0, 1.0, 20.0)}, "mixing.coupling is 0.0, but it must be at least 0.001 in size"),
        ({"zeno": Regime(0.01, 1e-170, 1.0, 5.0)}, "zeno.coupling is 1e-170, but it must be at least 0.001 in size"),
        ({"zeno": Regime(0.01, 0.1, 1.0, 1e308)}, "points is 601, but it must be from inf"),
        ({"amplitude": 1e-170}, "amplitude is 1e-170, but it must be from 0.001 to 1000"),
        ({"amplitude": 1e200}, "amplitude is 1e+200, but it must be from 0.001 to 1000"),
        ({"anderson": Regime(25.0, 5.0, 1.0, 20.0)}, "anderson.half_width is 20.0, but it must be at least 26.5"),
        ({"n_bar": -1.0}, "n_bar is -1.0, but it must be a finite number >= 0."),
        ({"amplitude": 0.0}, "amplitude is 0.0"),
        ({"points": 101}, "points is 101, but it must be from 241"),
        ({"points": 10**9}, "points is 1000000000, but it must be from 81"),
    ],
)
def test_bad_studies(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError) as error:
        study_from_conf(**changed)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("factor", [1e-9, 1e6])
def test_the_unit_of_the_study_is_free(factor: float) -> None:
    """Also where frequencies in rad/µs would be smaller than the rounding of omega_e, or larger than omega_e itself."""
    study = study_from_conf(points=241)
    regimes = {
        name: Regime(*(factor * v for v in (r.detuning, r.coupling, r.decay, r.half_width)))
        for name in NAMES
        for r in [getattr(study, name)]
    }
    one, other = study.compute(), replace(study, amplitude=factor * study.amplitude, **regimes).compute()
    for key in [f"obs.{name}.imbalance" for name in NAMES] + ["check.map.corrected.population_distance"]:
        assert other.metrics[key] == pytest.approx(one.metrics[key], rel=1e-6)


def test_no_map_to_two_spins_in_warm_or_unequal_baths() -> None:
    with pytest.raises(ParameterError, match=r"n_bar is 0\.1"):
        spin_pair(replace(REGIMES["zeno"], n_bar=0.1), 0.0)
    with pytest.raises(ParameterError, match=r"decay_2 is 2\.0"):
        spin_pair(replace(REGIMES["zeno"], decay_2=2.0), 0.0)


def test_the_pair_is_a_problem_of_the_package() -> None:
    system, bath, drive = spin_pair(REGIMES["anderson"], -25.5)
    assert isinstance(bath, Bath)
    assert isinstance(drive, Drive)
    assert bath.flip_rates(system.electron_ghz)[1] == 0.0  # zero temperature
    assert drive.sites == (0,)
    assert spin_pair(replace(REGIMES["anderson"], detuning=-25.0), 0.0)[2].sites == (1,)
