r"""The microscopic bath: rates 1/T(|omega|) of ballistic acoustic phonons, (S102)-(S106) of the letter.

With tau^4 = hbar / (rho_0 v^5), which restores the hbar that the letter sets to 1, and a = beta |omega| / 2,

    direct        1/T = (g1/g_e)^2 omega_e^2 tau^4 |omega|^3 coth(a) / 2 pi                                    (S105)
    two phonons   1/T = (16/pi^3) (g2/g_e)^2 omega_e^2 tau^8 beta^-7
                        * a coth(a) (pi^6/21 + pi^4 a^2/30 + a^6/70)                                           (S106)

Frequencies in rad/µs, so rates in 1/µs; lab frame. rho_0 is the mass density, v the sound velocity, g1 and g2 the first and
second derivative of the g-factor with respect to strain. The polynomial is what the two integrals of (S106) are:
sinh(y) sinh(a - y) = sinh(a) / (coth(y) + coth(a - y)) turns them into Bose integrals. Its last term is the emission of two
phonons at T = 0, the others contain the Raman process.

The direct rate is omega^2 T only for beta omega << 1; near omega_e it is omega^3 T^0 when cold. The two-phonon rate is
T^7 and flat in omega only for beta omega << 1 as well. Both take the Debye frequency as infinite, but the phonons of the
Raman process have about 6 k_B T. With a Debye temperature of 61 K, that of pyruvic acid for v = 1000 m/s, those below it
give 99.4 % of the two-phonon rate 1/T(0) at 4 K and 26 % at 12 K (`below_debye`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants
from scipy.integrate import quad
from scipy.special import expit

from dnplab import checks
from dnplab.errors import ParameterError
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ, beta_omega

__all__ = [
    "PROCESSES",
    "DirectProcess",
    "PhononProcess",
    "PhononSpectrum",
    "TwoPhononProcess",
    "below_debye",
    "decorrelation_ghz",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PhononProcess(ABC):
    """How vibrations relax a spin of frequency `electron_ghz`.

    coupling_ratio : g1/g_e or g2/g_e
    density_kg_m3 : rho_0; the default is that of pyruvic acid
    sound_velocity_m_s : v
    process : the name of the process
    """

    coupling_ratio: float
    electron_ghz: float = 93.9
    density_kg_m3: float = 1250.0
    sound_velocity_m_s: float = 1000.0
    process: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "coupling_ratio", checks.positive("coupling_ratio", self.coupling_ratio))
        for key in ("electron_ghz", "density_kg_m3", "sound_velocity_m_s"):
            object.__setattr__(self, key, checks.moderate(key, getattr(self, key)))

    @abstractmethod
    def rate(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """1/T(|omega|) in 1/µs at gaps in rad/µs and temperatures in K, which broadcast."""

    @abstractmethod
    def exponent(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """The local power law in temperature, d ln(1/T(|omega|)) / d ln T."""

    @abstractmethod
    def hot_limit(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """1/T(|omega|) in 1/µs for beta omega << 1."""

    @abstractmethod
    def cold_limit(self, omega: ArrayLike) -> FloatArray:
        """1/T(|omega|) in 1/µs for T -> 0: spontaneous emission."""

    def time(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """T(|omega|) in µs; inf where the process does not act."""
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / self.rate(omega, temperature_k))

    def t1_us(self, temperature_k: float) -> float:
        """T_1 = 2 T(omega_e) in µs."""
        return 2.0 * float(self.time(RAD_US_PER_GHZ * self.electron_ghz, temperature_k))

    def with_t1(self, t1_us: float, temperature_k: float) -> Self:
        """The same medium with the coupling that this T_1 at this temperature needs."""
        ratio = self.t1_us(checks.positive("temperature_k", temperature_k)) / checks.positive("t1_us", t1_us)
        return replace(self, coupling_ratio=self.coupling_ratio * math.sqrt(ratio))

    @property
    def _strength(self) -> float:
        # (g/g_e)^2 omega_e^2 in (rad/µs)^2
        energy = self.coupling_ratio * RAD_US_PER_GHZ * self.electron_ghz
        return energy * energy

    @property
    def _tau4(self) -> float:
        # hbar / (rho_0 v^5) in µs^4
        return constants.hbar / (self.density_kg_m3 * self.sound_velocity_m_s**5) * 1e24


@dataclass(frozen=True)
class DirectProcess(PhononProcess):
    """One phonon is emitted or absorbed, (S105); coupling_ratio is g1/g_e. T(0) is infinite."""

    process: str = field(init=False, default="direct")

    def rate(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.rate`."""
        # |omega|^3 coth(a) = omega^2 (2/beta) a coth(a), which needs no care at 0
        return self.hot_limit(omega, temperature_k) * _x_coth_x(_half_ratio(omega, temperature_k))

    def hot_limit(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.hot_limit`: omega^2 T."""
        return np.asarray(self._strength * self._tau4 / math.pi * np.square(omega) / _beta(temperature_k))

    def cold_limit(self, omega: ArrayLike) -> FloatArray:
        """See `PhononProcess.cold_limit`: |omega|^3."""
        return np.asarray(self._strength * self._tau4 / (2.0 * math.pi) * np.abs(omega) ** 3)

    def exponent(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.exponent`: 2a / sinh 2a, from 1 (beta omega << 1) to 0."""
        return 1.0 - _slope_of_x_coth_x(_half_ratio(omega, temperature_k))


@dataclass(frozen=True)
class TwoPhononProcess(PhononProcess):
    """Two phonons emitted, absorbed, or one each (Raman), (S106); coupling_ratio is g2/g_e."""

    process: str = field(init=False, default="two_phonon")

    def rate(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.rate`."""
        a = _half_ratio(omega, temperature_k)
        return np.asarray(self._prefactor * _beta(temperature_k) ** -7 * _x_coth_x(a) * _bracket(a))

    def hot_limit(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.hot_limit`: T^7 at all frequencies."""
        flat = self._prefactor * _beta(temperature_k) ** -7 * math.pi**6 / 21
        return np.asarray(flat * np.ones_like(omega, dtype=np.float64))

    def cold_limit(self, omega: ArrayLike) -> FloatArray:
        """See `PhononProcess.cold_limit`: |omega|^7."""
        return np.asarray(self._prefactor / 70 * np.abs(np.multiply(0.5, omega)) ** 7)

    @property
    def _prefactor(self) -> float:
        return 16.0 / math.pi**3 * self._strength * self._tau4**2

    def exponent(self, omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
        """See `PhononProcess.exponent`: from 7 (beta omega << 1) to 0."""
        a = _half_ratio(omega, temperature_k)
        return 7.0 - _slope_of_x_coth_x(a) - (math.pi**4 / 15 * a**2 + 3 / 35 * a**6) / _bracket(a)


PROCESSES: dict[str, type[PhononProcess]] = {"direct": DirectProcess, "two_phonon": TwoPhononProcess}
"""Processes by name."""


@dataclass(frozen=True)
class PhononSpectrum:
    """gamma(omega) = h(omega) / T(|omega|) of a process at `temperature_k`, in 1/µs: a spectral function for a `Bath`.

    in_sector_mhz : the gap that stands for all inside a sector where T* is one number; at 0, T* = T(0)
    cutoff_ghz : a Debye frequency; gamma is then multiplied by exp(-(omega/cutoff)^8), an edge soft enough to integrate over
        and 1 to 1e-8 below a tenth of it. None: no cutoff, and no Lamb shift.
    """

    process: PhononProcess
    temperature_k: float
    in_sector_mhz: float = 5.0
    cutoff_ghz: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.process, PhononProcess):
            raise ParameterError("process", self.process, "a DirectProcess or a TwoPhononProcess")
        object.__setattr__(self, "temperature_k", checks.moderate("temperature_k", self.temperature_k))
        object.__setattr__(self, "in_sector_mhz", checks.non_negative("in_sector_mhz", self.in_sector_mhz))
        if self.in_sector_mhz >= 1e3 * self.process.electron_ghz:
            allowed = f"below electron_ghz = {self.process.electron_ghz:g}, which is the gap between sectors"
            raise ParameterError("in_sector_mhz", self.in_sector_mhz, allowed)
        if self.cutoff_ghz is not None:
            cutoff = checks.positive("cutoff_ghz", self.cutoff_ghz)
            if cutoff <= self.process.electron_ghz:
                allowed = f"null or above electron_ghz = {self.process.electron_ghz:g}"
                raise ParameterError("cutoff_ghz", self.cutoff_ghz, allowed)
            object.__setattr__(self, "cutoff_ghz", cutoff)
        if not 0.0 < self.times_us[0] < math.inf:
            raise ParameterError("coupling_ratio", self.process.coupling_ratio, "such that T_1 is a finite number > 0")

    def __call__(self, omega: FloatArray) -> FloatArray:
        """gamma at lab-frame gaps in rad/µs; omega > 0 is energy given to the bath."""
        omega = np.asarray(omega, dtype=np.float64)
        h = expit(_beta(self.temperature_k) * omega)
        return np.asarray(h * self.process.rate(omega, self.temperature_k) * self._below_cutoff(omega))

    @property
    def times_us(self) -> tuple[float, float, float]:
        """T_1 = 2 T(omega_e), T* and T(0); inf where the process does not act."""
        gaps = np.array([RAD_US_PER_GHZ * self.process.electron_ghz, RAD_US_PER_MHZ * self.in_sector_mhz, 0.0])
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            line, in_sector, zero = 1.0 / (self(gaps) + self(-gaps))  # gamma(omega) + gamma(-omega) = 1/T
        return 2.0 * float(line), float(in_sector), float(zero)

    def _below_cutoff(self, omega: FloatArray) -> FloatArray:
        if self.cutoff_ghz is None:
            return np.ones(())
        return np.asarray(np.exp(-(np.minimum(np.abs(omega / (RAD_US_PER_GHZ * self.cutoff_ghz)), 4.0) ** 8)))


def decorrelation_ghz(sound_velocity_m_s: float, electrons_mmol_l: float) -> float:
    """v rho_e^(1/3) / 2 pi in GHz: the baths of two spins are independent for phonons far above this frequency."""
    density = checks.positive("electrons_mmol_l", electrons_mmol_l) * constants.N_A  # 1 mmol/L is 1 mol/m^3
    return checks.positive("sound_velocity_m_s", sound_velocity_m_s) * math.cbrt(density) / (2 * math.pi) * 1e-9


def below_debye(debye_ghz: float, temperature_k: float) -> float:
    """The part of the two-phonon rate 1/T(0) from phonons below a Debye frequency: of int x^6 n (n + 1) dx."""
    end = min(beta_omega(checks.positive("debye_ghz", debye_ghz), checks.positive("temperature_k", temperature_k)), 100.0)
    return float(quad(lambda x: x**6 * math.exp(-x) / math.expm1(-x) ** 2, 0.0, end)[0]) * 21 / (16 * math.pi**6)


def _beta(temperature_k: ArrayLike) -> FloatArray:
    # hbar / (k_B T) in µs
    return beta_omega(1.0, 1.0) / RAD_US_PER_GHZ / np.asarray(temperature_k, dtype=np.float64)


def _half_ratio(omega: ArrayLike, temperature_k: ArrayLike) -> FloatArray:
    # a = beta |omega| / 2
    return np.asarray(0.5 * _beta(temperature_k) * np.abs(omega))


def _bracket(a: FloatArray) -> FloatArray:
    # both integrals of (S106) over coth(a) a
    return np.asarray(math.pi**6 / 21 + math.pi**4 / 30 * a**2 + a**6 / 70)


def _x_coth_x(x: FloatArray) -> FloatArray:
    x = np.maximum(x, 1e-8)  # 1 + x^2/3 is 1 there
    return np.asarray(x / np.tanh(x))


def _slope_of_x_coth_x(x: FloatArray) -> FloatArray:
    # d ln(x coth x) / d ln x = 1 - 2x / sinh 2x
    y = np.clip(2.0 * x, 1e-8, 700.0)  # sinh overflows above
    return np.asarray(1.0 - y / np.sinh(y))
