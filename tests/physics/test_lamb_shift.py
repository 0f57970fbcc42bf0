"""The Lamb shift (S32): Hilbert transforms, exact level shifts of a spin with oscillators, brute force, and its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import qutip
from scipy.integrate import quad
from scipy.special import dawsn, expit

from dnplab import Bath, steady_state
from dnplab.ensemble import EnsembleSpec
from dnplab.errors import ParameterError
from dnplab.models import build
from dnplab.models.lamb_shift import lamb_shift_hamiltonian, lamb_shift_kernel
from dnplab.phonons import DirectProcess, PhononProcess, PhononSpectrum, TwoPhononProcess
from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.samples import small_system, table_drive

OMEGA_E = 2e3 * np.pi * 93.9  # rad/µs
PROCESSES = {"direct": DirectProcess(1.0).with_t1(160.0, 1.2), "two_phonon": TwoPhononProcess(1.0).with_t1(160.0, 1.2)}


def gauss(centre: float, width: float, height: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda omega: height * np.exp(-(((np.asarray(omega) - centre) / width) ** 2))


def debye(process: PhononProcess) -> PhononSpectrum:
    return PhononSpectrum(process, 1.2, cutoff_ghz=1270.0)


def moved_frequency(gamma: Callable[[np.ndarray], np.ndarray]) -> float:
    """c = (f(-omega_e, omega_e) - f(omega_e, -omega_e)) / 2 in rad/µs."""
    up, down = (lamb_shift_kernel(gamma, p, -p, OMEGA_E) for p in (-OMEGA_E, OMEGA_E))
    return 0.5 * (up - down)


# --- the kernel


@pytest.mark.parametrize("scale", [1.0, OMEGA_E])
@pytest.mark.parametrize("omega", [-1.0, 0.32, 1.0, 1.3])
def test_secular_part_is_a_hilbert_transform(omega: float, scale: float) -> None:
    """f(-omega, omega) = S(omega) = P int dOmega/2pi gamma(Omega) / (omega - Omega): Dawson's and Lorentz' pairs."""
    x = (omega - 0.3) / 0.2
    found = lamb_shift_kernel(gauss(0.3 * scale, 0.2 * scale), -omega * scale, omega * scale, scale)
    assert found == pytest.approx(dawsn(x) / np.sqrt(np.pi), abs=1e-9)

    def lorentz(w: np.ndarray) -> np.ndarray:
        return 1 / (1 + ((w / scale - 0.3) / 0.2) ** 2)

    found = lamb_shift_kernel(lorentz, -omega * scale, omega * scale, scale)
    assert found == pytest.approx(0.5 * x / (1 + x**2), abs=1e-9)


def test_symmetry_is_the_true_one_and_not_the_printed_one() -> None:
    """f(p, q) = f(-q, -p); (S33) takes f(omega_e, -omega_e) for f(-omega_e, omega_e)."""
    gamma = gauss(0.7, 1.1)
    for p, q in ((0.4, 1.3), (-1.0, 0.9), (1.0, 1.0)):
        assert lamb_shift_kernel(gamma, p, q, 1.0) == pytest.approx(lamb_shift_kernel(gamma, -q, -p, 1.0), abs=1e-9)
    assert abs(lamb_shift_kernel(gamma, -1.0, 1.0, 1.0) - lamb_shift_kernel(gamma, 1.0, -1.0, 1.0)) > 0.1


@pytest.mark.parametrize("detuning", [0.6, 2.5])
def test_sign_and_size_are_those_of_exact_level_shifts(detuning: float) -> None:
    """A spin with an oscillator for x and one for y, both at zero temperature: its splitting moves by c, in second order.

    gamma = 2 pi g^2 delta(omega - Omega) for S^x (a + a+) g; above the line a mode pushes the levels together, below apart.
    """
    g, modes = 0.01, 4
    one, a = qutip.qeye(modes), qutip.destroy(modes)
    sz, sx, sy = (qutip.tensor(s / 2, one, one) for s in (qutip.sigmaz(), qutip.sigmax(), qutip.sigmay()))
    ax, ay = qutip.tensor(qutip.qeye(2), a, one), qutip.tensor(qutip.qeye(2), one, a)
    h = sz + detuning * (ax.dag() * ax + ay.dag() * ay) + g * (sx * (ax + ax.dag()) + sy * (ay + ay.dag()))
    values, states = h.eigenstates()

    def level(spin: int) -> float:
        bare = qutip.tensor(qutip.basis(2, spin), qutip.basis(modes, 0), qutip.basis(modes, 0))
        return float(values[np.argmax([abs(bare.overlap(state)) for state in states])])

    exact = level(0) - level(1) - 1.0
    width = 1e-2
    narrow = gauss(detuning, width, 2 * np.sqrt(np.pi) * g**2 / width)  # its area is 2 pi g^2
    up, down = (lamb_shift_kernel(narrow, p, -p, 1.0) for p in (-1.0, 1.0))
    assert 0.5 * (up - down) == pytest.approx(exact, rel=3e-3)
    assert np.sign(exact) == np.sign(1.0 - detuning)


# --- the Hamiltonian


def test_hamiltonian_is_the_double_sum_over_gaps() -> None:
    """Two spins, each pair of matrix elements with its own f(omega, omega') by Cauchy quadrature; a gamma of few MHz."""
    system = small_system(2)
    p = problem(system, Bath.letter(1.2), table_drive()).but(electron=40.0)
    basis = kron.eigenbasis(p)
    gamma = gauss(8.0, 25.0, 0.3)
    gaps = basis.gaps(p.electron)  # [n, m]: epsilon_n - epsilon_m

    def kernel(first: float, second: float) -> float:
        def square(w: float) -> float:
            return float(np.sqrt(gamma(w - first) * gamma(w + second)))

        return -quad(square, -500.0, 500.0, weight="cauchy", wvar=0.0, limit=400, epsabs=1e-11)[0] / (2 * np.pi)

    expected = np.zeros((4, 4))
    for i in range(2):
        for axis in "xyz":
            s = basis.matrix(kron.site(axis, i, 2))  # <m|S|n> at [m, n], part of S(omega_nm)
            for a, b, c in np.argwhere(np.abs(s[:, :, None] * s[None, :, :]) > 1e-14):
                f = kernel(gaps[b, a], gaps[c, b])
                expected[a, c] += np.real(s[a, b] * s[b, c]) * f
    expected -= np.trace(expected) / 4 * np.eye(4)
    found = system.spectrum.vectors @ lamb_shift_hamiltonian(system.spectrum, gamma, 40.0) @ system.spectrum.vectors.T
    # x and y each have elements between sectors two apart; only their sum is stationary, and conserves S^z
    np.testing.assert_allclose(found, (basis.vectors @ expected @ basis.vectors.T).real, atol=1e-8)
    assert np.abs(found).max() > 0.03


@pytest.mark.parametrize("n_spins", [1, 3, 4])
@pytest.mark.parametrize("name", PROCESSES)
def test_it_is_a_shift_of_the_electron_frequency(name: str, n_spins: int) -> None:
    """Hermitian, conserves S^z, and const + c S^z but for gaps that differ from omega_e by 1e-5 of it."""
    spectrum, gamma = small_system(n_spins).spectrum, debye(PROCESSES[name])
    h, c = lamb_shift_hamiltonian(spectrum, gamma, OMEGA_E), moved_frequency(gamma)
    np.testing.assert_array_equal(h, h.T)
    assert np.abs(h * (spectrum.sz[:, None] != spectrum.sz[None, :])).max() == 0.0
    difference = np.abs(h - c * np.diag(spectrum.sz)).max()
    assert difference < 1e-4 * abs(c)
    assert n_spins == 1 or difference > 1e-8 * abs(c)


def test_size_for_phonons() -> None:
    """Twenty kHz and three MHz at 1.2 K, both down: modes up to the Debye frequency push the levels together."""
    c = {name: moved_frequency(debye(process)) / (2 * np.pi) for name, process in PROCESSES.items()}
    assert c["direct"] == pytest.approx(-0.0258, abs=1e-4)
    assert c["two_phonon"] == pytest.approx(-3.096, abs=1e-3)


# --- in the model


def test_steady_state_is_that_of_the_shifted_frequency() -> None:
    """Three MHz move the line off resonance; moving electron_ghz by c instead does the same, moving it by -c does not."""
    system, drive = small_system(4), table_drive()
    gamma = debye(PROCESSES["two_phonon"])
    bath = Bath.phonons(PROCESSES["two_phonon"], 1.2, cutoff_ghz=1270.0, lamb_shift=True)
    own = Bath(1.2, bath.t1_us, bath.t_star_us, bath.t_zero_us, spectral_function=lambda w: gamma(w))
    moved = moved_frequency(gamma) / (2e3 * np.pi)
    dressed = steady_state(system, bath, drive, model="ule").polarization

    def at(shift_ghz: float) -> np.ndarray:
        there = replace(system, electron_ghz=system.electron_ghz + shift_ghz)
        return steady_state(there, own, drive, model="ule").polarization

    np.testing.assert_allclose(dressed, at(moved), atol=1e-4)
    assert np.abs(dressed - at(0.0)).max() > 0.1
    assert np.abs(dressed - at(-moved)).max() > 0.1


def test_only_the_hamiltonian_changes() -> None:
    system, drive = small_system(3), table_drive()
    plain, shifted = (
        build("ule", system, Bath.phonons(PROCESSES["direct"], 1.2, cutoff_ghz=1270.0, lamb_shift=on), drive)
        for on in (False, True)
    )
    z = np.random.default_rng(1).normal(size=(8, 8))
    np.testing.assert_array_equal(plain.dissipate(z), shifted.dissipate(z))
    expected = lamb_shift_hamiltonian(system.spectrum, debye(PROCESSES["direct"]), OMEGA_E)
    np.testing.assert_allclose(shifted.hamiltonian - plain.hamiltonian, expected, atol=1e-11)
    assert np.abs(expected).max() > 0.1


# --- mistakes


@pytest.mark.parametrize("gamma", [expit, lambda w: expit(w) * w**2, lambda w: expit(w) / (1 + np.abs(w)) ** 0.1])
def test_what_does_not_decay_is_refused(gamma: Callable[[np.ndarray], np.ndarray]) -> None:
    """h(omega) / T alone: its integral grows with the logarithm of the largest frequency."""
    with pytest.raises(ParameterError, match=r"^spectral_function is .*, but it must be one whose Lamb shift converges"):
        lamb_shift_kernel(gamma, -1.0, 1.0, 1.0)


def test_mistakes_are_one_sentence() -> None:
    system, drive = small_system(2), table_drive()
    with pytest.raises(ParameterError, match=r"^cutoff_ghz is None, but it must be a Debye frequency"):
        Bath.phonons(PROCESSES["direct"], 1.2, lamb_shift=True)
    with pytest.raises(ParameterError, match=r"^lamb_shift is True, but it must be false for a bath of three times"):
        Bath(1.2, 160.0, 80.0, 1.6, lamb_shift=True)
    with pytest.raises(ParameterError, match=r"^lamb_shift is 1, but it must be true or false"):
        Bath(1.2, 160.0, 80.0, 1.6, expit, lamb_shift=1)  # type: ignore[arg-type]
    endless = Bath(1.2, 160.0, 80.0, 1.6, expit, lamb_shift=True)
    with pytest.raises(ParameterError, match=r"^spectral_function is .* converges"):
        steady_state(system, endless, drive, model="ule")
    bath = Bath.phonons(PROCESSES["direct"], 1.2, cutoff_ghz=1270.0, lamb_shift=True)
    for model in ("hilbert", "secular", "nonsecular"):
        with pytest.raises(ParameterError, match=rf"^lamb_shift is True, but it must be false for model={model}"):
            steady_state(system, bath, drive, model=model)
    with pytest.raises(ParameterError, match=r"^lamb_shift is True, but it must be false in an ensemble"):
        EnsembleSpec(2, 5.0, 0.7, bath, drive, model="ule", observables=())
