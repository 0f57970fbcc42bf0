"""Rates of phonons: the golden rule in SI units, convolutions by brute force, and limits."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import constants
from scipy.integrate import quad

from dnplab.phonons import PhononProcess, PhononSpectrum, below_debye, decorrelation_ghz
from tests.systems.phonons import DIRECT, PROCESSES, RAMAN

OMEGA_E = 2e3 * np.pi * 93.9  # rad/µs
IN_SECTOR = 2 * np.pi * 5.0


def bose(x: float) -> float:
    return 1 / math.expm1(x)


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
