"""The Zeno limit: its closed N x N system, its own limits, and where it meets the nonsecular equation and where not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, epr_spectrum, steady_state
from dnplab.ensemble import EnsembleSpec, measure_realization
from dnplab.errors import ParameterError
from dnplab.memory import estimate_bytes
from dnplab.models import build
from dnplab.models.nonsecular import Nonsecular
from dnplab.observables import bloch_profile, eigenstates_of_rho, spin_temperature, zeno_profile
from dnplab.spins import flip_targets
from tests.systems.samples import fast_bath, short_t1, small_system, table_drive, table_one

BATHS = [table_one(12.0), table_one(1.2), short_t1(), fast_bath()]


def full_localization(n_spins: int, realization: int = 0) -> tuple[SpinSystem, Bath, Drive]:
    """Fig. S8: strong microwaves on the third spin alone."""
    return SpinSystem.sample(n_spins, 1e-4, 1.0, (0, realization)), fast_bath(), Drive(93.9, 100.0, sites=[2])


@pytest.mark.parametrize("bath", BATHS, ids=["12 K", "1.2 K", "short T_1", "fast"])
@pytest.mark.parametrize("sites", [None, [1]])
def test_one_spin_averages_close(bath: Bath, sites: list[int] | None) -> None:
    """2^N populations and N linear equations give the same polarizations: exchange is linear in the occupations."""
    system, drive = SpinSystem.sample(6, 5.0, 0.75, (3, 1)), table_drive(sites)
    full = steady_state(system, bath, drive, "zeno").polarization
    np.testing.assert_allclose(full, zeno_profile(system, bath, drive), rtol=0, atol=1e-12)


def test_they_close_at_every_instant() -> None:
    """d<S_i^z>/dt is a function of the <S_j^z> alone, for any distribution, and that of the N x N system."""
    system, bath, drive = SpinSystem.sample(4, 5.0, 0.75, (3, 2)), table_one(12.0), table_drive()
    rates = build("zeno", system, bath, drive).rates
    steady = zeno_profile(system, bath, drive)
    z = np.array([np.where(np.isin(np.arange(16), flip_targets(4, i)[0]), 1.0, -1.0) for i in range(4)])
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(16), size=40).T
    slopes, averages = z @ rates @ p, z @ p - steady[:, None]
    matrix = slopes @ np.linalg.pinv(averages)
    np.testing.assert_allclose(matrix @ averages, slopes, rtol=0, atol=1e-11)
    off = matrix - np.diag(np.diagonal(matrix))
    np.testing.assert_allclose(off, off.T, rtol=0, atol=1e-11)  # exchange rates
    assert (off >= -1e-11).all()


@pytest.mark.parametrize("n_spins", [4, 5])
@pytest.mark.parametrize("realization", [0, 1])
def test_full_localization_to_five_digits(n_spins: int, realization: int) -> None:
    """Fig. S8's setting against the nonsecular equation: one spin saturated, the others at P_0 but for exchange."""
    case = full_localization(n_spins, realization)
    exact, zeno = steady_state(*case).polarization, zeno_profile(*case)
    np.testing.assert_allclose(zeno, exact, rtol=0, atol=5e-6 * 0.1856)
    thermal = case[1].thermal_polarization(93.9)
    others = np.delete(exact, 2)
    assert 0.0 < exact[2] / thermal < 1 / 300  # saturated: T_1 / T_MW is 400
    assert np.abs(others - thermal).max() > 1e-4  # what they exchange is seen, and is right
    assert np.abs(np.delete(zeno, 2) - others).max() < 1e-3 * np.abs(others - thermal).max()


def test_its_error_grows_with_what_is_left_out() -> None:
    """Dephasing slowed down tenfold, twice: the error falls with (omega_1 T_2)^2 and more, until it is no approximation."""
    system, fast, drive = SpinSystem.sample(4, 1e-4, 1.0, (0, 0)), fast_bath(), Drive(93.9, 1.0, sites=[2])
    errors = []
    for slower in (10.0, 100.0, 1e3, 1e4):
        bath = replace(fast, t_star_us=slower * fast.t_star_us, t_zero_us=slower * fast.t_zero_us)
        errors.append(np.abs(zeno_profile(system, bath, drive) - steady_state(system, bath, drive).polarization).max())
    assert errors[0] < 1e-6
    assert errors[1] > 20 * errors[0]
    assert errors[2] > 20 * errors[1]
    assert 1e-3 < errors[3] < 1e-2


def rms(difference: np.ndarray, bath: Bath) -> float:
    return float(np.sqrt(np.mean(difference**2)) / abs(bath.thermal_polarization(93.9)))


@pytest.mark.parametrize(
    ("temperature_k", "closest", "between"), [(12.0, "zeno", (0.02, 0.06)), (1.2, "hilbert", (0.10, 0.18))]
)
def test_where_it_holds_and_where_not(temperature_k: float, closest: str, between: tuple[float, float]) -> None:
    """Table I, N = 6, ten samples: a fair guess at 12 K, better than Hilbert; at 1.2 K it fails and Hilbert is good."""
    bath, drive = Bath.letter(temperature_k), table_drive()
    distance = {"zeno": 0.0, "hilbert": 0.0}
    for k in range(10):
        system = SpinSystem.sample(6, 5.0, 0.75, (0, k))
        exact = steady_state(system, bath, drive, rtol=1e-7).polarization
        for model in distance:
            distance[model] += rms(steady_state(system, bath, drive, model).polarization - exact, bath) / 10
    assert min(distance, key=lambda model: distance[model]) == closest
    assert between[0] < distance["zeno"] < between[1]


@pytest.mark.parametrize("bath", BATHS, ids=["12 K", "1.2 K", "short T_1", "fast"])
def test_uncoupled_spins_are_bloch(bath: Bath) -> None:
    system = small_system(4, scale=0.0)
    state = steady_state(system, bath, table_drive(), "zeno")
    np.testing.assert_allclose(state.polarization, bloch_profile(system, bath, table_drive()), rtol=0, atol=1e-13)


def test_undriven_fixed_point() -> None:
    system, bath = small_system(3, ising=True), table_one(1.2)
    state = steady_state(system, bath, table_drive(amplitude_mhz=0.0), "zeno")
    np.testing.assert_allclose(state.polarization, bath.thermal_polarization(93.9), rtol=0, atol=1e-13)


def test_flip_flop_rate_of_two_spins() -> None:
    """The exchange rate is what second order leaves of the nonsecular equation's own coherence between |+-> and |-+>."""
    system, bath, drive = small_system(2), table_one(12.0), table_drive(amplitude_mhz=0.0)
    equation = Nonsecular(system, bath, drive)
    decay, h = equation.projection(None).coherence_decay[1, 2], equation.hamiltonian
    rate = 2.0 * h[1, 2] ** 2 * (1.0 / (decay + 1j * (h[1, 1] - h[2, 2]))).real
    rates = build("zeno", system, bath, drive).rates
    assert rates[1, 2] == pytest.approx(rate, rel=1e-13)
    assert rates[2, 1] == pytest.approx(rate, rel=1e-13)


def test_ising_shifts_the_gaps() -> None:
    """With the Ising term a gap depends on the other spins: 2^N populations know it, a closed profile cannot."""
    system, bath, drive = small_system(3, ising=True), table_one(12.0), table_drive(sites=[0])
    u = 2 * np.pi * np.asarray(system.couplings_mhz)
    rates = build("zeno", system, bath, drive).rates
    one = 0.25 / bath.t_zero_us + 0.5 / bath.t1_us
    lower, _ = bath.flip_rates(93.9)
    for s1, s2, up, down in ((0.5, 0.5, 0, 4), (0.5, -0.5, 1, 5), (-0.5, -0.5, 3, 7)):
        gap = 2 * np.pi * (1.2 + system.offsets_mhz[0]) - 4 * (u[0, 1] * s1 + u[0, 2] * s2)
        pumping = 0.5 * (2 * np.pi * 0.628) ** 2 * one / (one**2 + gap**2)
        assert rates[down, up] == pytest.approx(lower + pumping, rel=1e-6)  # the detuning is a difference of two GHz
    with pytest.raises(ParameterError, match="ising"):
        zeno_profile(system, bath, drive)


def test_hundreds_of_spins() -> None:
    """No 2^N in sight: flux in by T_1 equals flux out by microwaves, and strong exchange makes all spins equal."""
    bath, drive = table_one(12.0), Drive(93.8988, 0.628)
    thermal = bath.thermal_polarization(93.9)
    system = SpinSystem.sample(300, 5.0, 0.75, (0, 0))
    p, bloch = zeno_profile(system, bath, drive), bloch_profile(system, bath, drive)
    pumping = (thermal / bloch - 1.0) / bath.t1_us
    assert ((p - thermal) / bath.t1_us + p * pumping).sum() == pytest.approx(0.0, abs=1e-10)
    assert (thermal <= p).all()
    assert (p <= 0).all()
    strong = zeno_profile(SpinSystem.sample(300, 5.0, 1e4, (0, 0)), bath, drive)
    assert np.ptp(strong) < 1e-3 * np.ptp(p)
    assert strong.mean() == pytest.approx(thermal / (1.0 + bath.t1_us * pumping.mean()), rel=1e-3)


def test_every_observable() -> None:
    """EPR, spin temperature, eigenstates of rho (product states, without entanglement), as for any other model."""
    state = steady_state(SpinSystem.sample(5, 5.0, 0.75, (0, 0)), table_one(12.0), table_drive(), "zeno")
    edges = np.linspace(-400.0, 400.0, 4001)
    weight = float(epr_spectrum(state, edges).sum() * (edges[1] - edges[0]))
    assert weight == pytest.approx(float(state.polarization.mean()), rel=1e-2)
    ansatz = spin_temperature(state)
    assert ansatz.profile.mean() == pytest.approx(state.polarization.mean(), rel=1e-9)
    rho = eigenstates_of_rho(state)
    assert rho.entropy is not None
    assert np.abs(rho.entropy).max() < 1e-12
    np.testing.assert_allclose(np.abs(rho.site_sz), 0.5, rtol=0, atol=1e-14)
    assert rho.eigenvalue.sum() == pytest.approx(1.0, abs=1e-13)
    assert not rho.arbitrary.any()


def test_like_spins_leave_eigenstates_arbitrary() -> None:
    """Undriven: product states of a sector have one and the same weight."""
    state = steady_state(small_system(3), table_one(12.0), table_drive(amplitude_mhz=0.0), "zeno")
    np.testing.assert_array_equal(eigenstates_of_rho(state).arbitrary, [False, *[True] * 6, False])


def test_in_an_ensemble() -> None:
    spec = EnsembleSpec(
        n_spins=4, disorder_mhz=5.0, coupling_mhz=0.75, bath=table_one(12.0), drive=table_drive(), model="zeno",
        epr_edges_mhz=tuple(np.linspace(-4.0, 4.0, 81)),
    )  # fmt: skip
    realization = measure_realization(spec, 0)
    assert not realization.failure
    assert realization.scalars["entropy_ratio"] == pytest.approx(0.0, abs=1e-12)
    assert realization.scalars["sz_spread"] == pytest.approx(0.5, abs=1e-2)
    assert realization.scalars["hilbert_distance"] > 0.01
    assert {"epr", "epr_ansatz", "ansatz", "hilbert", "entropy"} <= set(realization.arrays)


@pytest.mark.parametrize("method", ["dressed", "product"])
def test_it_is_solved_directly(method: str) -> None:
    with pytest.raises(ParameterError, match="one of auto, dense"):
        steady_state(small_system(2), table_one(12.0), table_drive(), "zeno", method=method)


def test_it_knows_three_times_only() -> None:
    bath = replace(table_one(12.0), spectral_function=lambda omega: np.ones_like(omega))
    with pytest.raises(ParameterError, match="spectral_function"):
        steady_state(small_system(2), bath, table_drive(), "zeno")


def test_memory_estimate_covers_the_peak() -> None:
    code = (
        "import re; from pathlib import Path\n"
        "from dnplab import Bath, Drive, SpinSystem, steady_state\n"
        "system = SpinSystem.sample(12, 5.0, 0.75, (0, 0))\n"
        "steady_state(system, Bath.letter(12.0), Drive(93.8988, 0.628), model='zeno')\n"
        "print(1024 * int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]))"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("/proc")
    peak = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert 0.8 < peak / estimate_bytes(12, "zeno") < 1.2
