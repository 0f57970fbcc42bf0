r"""The thermal bath: detailed balance and three time constants, Eq. (5) of the letter.

    gamma(omega) = h(omega) / T(|omega|),   h(omega) = 1 / (1 + exp(-beta omega))
    gamma(omega) / gamma(-omega) = exp(beta omega)

omega > 0 is energy given to the bath. Each spin component couples to its own bath. T(|omega|) takes three values:

    T(omega_e) = T_1 / 2   spin flips, |omega| near omega_e (the convention of the letter's footnote 6)
    T*                     0 < |omega| << omega_e, inside an S^z sector
    T(0)                   omega = 0, the diagonal part of S_i^z

or follows from a spectral function gamma(omega), for instance that of phonons (`dnplab.phonons`): models that know the gaps
of H_S then use gamma at the actual gap, and the nonsecular jumps (7) and (8) the three times that it has there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from dnplab import checks
from dnplab.errors import ParameterError
from dnplab.phonons import PhononProcess, PhononSpectrum
from dnplab.units import RAD_US_PER_GHZ, beta_omega

__all__ = ["Bath"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Bath:
    """A bath at `temperature_k` with T_1, T* and T(0) in µs (T* and T(0) may be inf: no such process).

    spectral_function : gamma(omega) in 1/µs at lab-frame gaps omega in rad/µs, with detailed balance built in. It replaces
        the three times in the models "hilbert", "secular" and "ule"; a callable of one's own cannot be used by "nonsecular",
        whose three times might not be its.
    lamb_shift : add the Lamb shift of the spectral function to the Hamiltonian; only the model "ule" can. electron_ghz is
        then the bare frequency.
    """

    temperature_k: float
    t1_us: float
    t_star_us: float
    t_zero_us: float
    spectral_function: Callable[[FloatArray], FloatArray] | None = None
    lamb_shift: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature_k", checks.positive("temperature_k", self.temperature_k))
        object.__setattr__(self, "t1_us", checks.positive("t1_us", self.t1_us))
        object.__setattr__(self, "t_star_us", checks.positive("t_star_us", self.t_star_us, infinite=True))
        object.__setattr__(self, "t_zero_us", checks.positive("t_zero_us", self.t_zero_us, infinite=True))
        if not isinstance(self.lamb_shift, bool):
            raise ParameterError("lamb_shift", self.lamb_shift, "true or false")
        if self.lamb_shift and self.spectral_function is None:
            raise ParameterError("lamb_shift", True, "false for a bath of three times: it needs gamma at all frequencies")
        if isinstance(gamma := self.spectral_function, PhononSpectrum):
            of_phonons = dict(zip(("t1_us", "t_star_us", "t_zero_us"), gamma.times_us, strict=True))
            for key, value in (of_phonons | {"temperature_k": gamma.temperature_k}).items():
                if getattr(self, key) != value:
                    raise ParameterError(key, getattr(self, key), f"{value:g} as in the bath of phonons (use Bath.phonons)")

    @classmethod
    def phonons(
        cls,
        process: PhononProcess,
        temperature_k: float,
        in_sector_mhz: float = 5.0,
        cutoff_ghz: float | None = None,
        lamb_shift: bool = False,
    ) -> Self:
        """The bath of a phonon process: T_1 = 2 T(omega_e), T* = T(|omega|) at `in_sector_mhz`, T(0), and gamma(omega).

        in_sector_mhz : what stands for all gaps inside a sector, the width of the disorder by default; at 0, T* = T(0)
        cutoff_ghz : a Debye frequency, which the Lamb shift needs
        """
        if lamb_shift and cutoff_ghz is None:
            raise ParameterError("cutoff_ghz", None, "a Debye frequency in GHz for a Lamb shift, which diverges without one")
        gamma = PhononSpectrum(process, temperature_k, in_sector_mhz, cutoff_ghz)
        return cls(temperature_k, *gamma.times_us, gamma, lamb_shift)

    @classmethod
    def letter(
        cls,
        temperature_k: float,
        t1_us: float | None = None,
        t_star_us: float | None = None,
        t_zero_us: float | None = None,
    ) -> Self:
        """Power laws through both rows of the letter's Table I (1.2 K and 12 K); a time that is given overrides its law.

        T_1 = 160 µs (T/1.2 K)^-2,  T(0) = 1.6 µs (T/1.2 K)^-1,  T* = 80 µs (T/1.2 K)^-log10(500)
        """
        ratio = checks.moderate("temperature_k", temperature_k) / 1.2
        laws = (160.0 * ratio**-2, 80.0 * ratio ** -math.log10(500.0), 1.6 / ratio)
        given = (t1_us, t_star_us, t_zero_us)
        # 15 digits, so that 1.2 K and 12 K are Table I to the last bit
        t1, t_star, t_zero = (float(f"{law:.15g}") if time is None else time for law, time in zip(laws, given, strict=True))
        return cls(temperature_k, t1, t_star, t_zero)

    @property
    def uniform_dephasing(self) -> bool:
        """T(0) = T*: the jumps of S^z are local and need no eigenstates of H_S."""
        return math.isclose(self.t_zero_us, self.t_star_us, rel_tol=1e-12)

    @property
    def beta(self) -> float:
        """hbar / (k_B T) in µs: beta * omega is a number for omega in rad/µs."""
        return beta_omega(1.0, self.temperature_k) / RAD_US_PER_GHZ

    def h(self, omega: FloatArray) -> FloatArray:
        """The thermal factor 1 / (1 + exp(-beta omega)) at lab-frame gaps in rad/µs."""
        return np.asarray(expit(self.beta * np.asarray(omega)))

    def gamma(self, omega: FloatArray, time_us: float | FloatArray) -> FloatArray:
        """The rate gamma in 1/µs at lab-frame gaps in rad/µs; h(omega) / time_us where there is no spectral function."""
        if self.spectral_function is not None:
            return np.asarray(self.spectral_function(np.asarray(omega)))
        return np.asarray(self.h(omega) / time_us)

    def flip_rates(self, electron_ghz: float) -> tuple[float, float]:
        """Rates in 1/µs of S_i^- and S_i^+ with gamma flat around +-omega_e: h(omega_e)/T_1 and h(-omega_e)/T_1."""
        x = beta_omega(electron_ghz, self.temperature_k)
        return float(expit(x)) / self.t1_us, float(expit(-x)) / self.t1_us

    def thermal_polarization(self, electron_ghz: float) -> float:
        """P_0 = -tanh(beta omega_e / 2) of an undriven spin."""
        return -math.tanh(beta_omega(electron_ghz, self.temperature_k) / 2)
