"""Units: users give ordinary frequencies and times, the equations use angular frequencies in rad/µs.

Frequencies are nu = omega/2pi in GHz (electron, microwaves) or MHz (disorder, couplings, drive amplitude), times are in
µs, temperatures in K. Inside, omega = 2 pi nu in rad/µs and hbar = k_B = 1, so a rate is 1/µs and beta * omega is a
number. This is the one place where they meet.
"""

from __future__ import annotations

import math

from scipy import constants

__all__ = ["RAD_US_PER_GHZ", "RAD_US_PER_MHZ", "beta_omega"]

RAD_US_PER_MHZ: float = 2.0 * math.pi
"""omega in rad/µs of nu = 1 MHz."""

RAD_US_PER_GHZ: float = 1e3 * RAD_US_PER_MHZ
"""omega in rad/µs of nu = 1 GHz."""


def beta_omega(frequency_ghz: float, temperature_k: float) -> float:
    """h nu / (k_B T), a number, for a frequency in GHz and a temperature in K (3.7554 for 93.9 GHz at 1.2 K)."""
    return constants.h * frequency_ghz * 1e9 / (constants.k * temperature_k)
