"""Letter-like systems of one to four spins, with Table I's baths and drive."""

from __future__ import annotations

import numpy as np

from dnplab import Bath, Drive, SpinSystem

MICROSECOND = 1e3 * 2 * np.pi  # in (2 pi GHz)^-1: the letter's unit of time

OFFSETS_MHZ = {
    1: [-1.0],
    2: [-1.3, 0.8],
    3: [-1.7, -0.4, 1.9],
    4: [-2.1, -1.1, 0.3, 1.8],
}
COUPLINGS_MHZ = np.array([[0, 0.3, -0.2, 0.15], [0.3, 0, 0.5, -0.4], [-0.2, 0.5, 0, 0.25], [0.15, -0.4, 0.25, 0]])


def small_system(n_spins: int, ising: bool = False, scale: float = 1.0) -> SpinSystem:
    """One to four spins; `scale` multiplies the couplings (0: independent spins)."""
    couplings = scale * COUPLINGS_MHZ[:n_spins, :n_spins]
    return SpinSystem(electron_ghz=93.9, offsets_mhz=OFFSETS_MHZ[n_spins], couplings_mhz=couplings, ising=ising)


def table_one(temperature_k: float) -> Bath:
    """Table I of the letter at 1.2 K (T(0) != T*) or 12 K (T(0) = T*)."""
    t_zero, t_star, t1 = {1.2: (1e4, 5e5, 1e6), 12.0: (1e3, 1e3, 1e4)}[temperature_k]
    return Bath(
        temperature_k=temperature_k,
        t1_us=t1 / MICROSECOND,
        t_star_us=t_star / MICROSECOND,
        t_zero_us=t_zero / MICROSECOND,
    )


def short_t1() -> Bath:
    """The bath of Fig. S7."""
    return Bath(
        temperature_k=12.0,
        t1_us=1e4 / MICROSECOND,
        t_star_us=5e5 / MICROSECOND,
        t_zero_us=2e4 / MICROSECOND,
    )


def fast_bath() -> Bath:
    """The bath of full localization (Figs S8, S10): dephasing 10^4 times the couplings."""
    return Bath(
        temperature_k=12.0,
        t1_us=1e5 / MICROSECOND,
        t_star_us=0.1 / MICROSECOND,
        t_zero_us=0.1 / MICROSECOND,
    )


def table_drive(sites: list[int] | None = None, amplitude_mhz: float = 0.628) -> Drive:
    """The letter's microwaves, 1.2 MHz below omega_e."""
    return Drive(frequency_ghz=93.8988, amplitude_mhz=amplitude_mhz, sites=sites)
