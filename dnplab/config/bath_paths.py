"""Paths through the bath's times T_1 and T_z = T(0) = T*: what varies along each, and what stays.

    temperature   the temperature, with T_1 and T_z by their laws
    all_times     T_1 and T_z together at one temperature and one omega_1^2 T_1 T_z, so that the drive follows
    dephasing     T_z alone, at one T_1, temperature and drive

The plan of a sweep and the analysis of its runs ask for the same, so that no sweep is computed which walks none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dnplab.units import RAD_US_PER_MHZ

__all__ = ["PATHS", "off_path"]

PATHS = {  # what varies along a path: the first of these that does names it
    "temperature": "bath.temperature_k",
    "all_times": "bath.t1_us",
    "dephasing": "bath.t_zero_us",
}
RATIO, SATURATION = "T_1 / T_z", "omega_1^2 T_1 T_z"
FIXED = {  # what does not
    "temperature": ("drive.amplitude_mhz",),
    "all_times": ("bath.temperature_k", RATIO, SATURATION),
    "dephasing": ("bath.temperature_k", "bath.t1_us", "drive.amplitude_mhz"),
}
CLOSE = 1e-3  # relative: numbers that a path keeps may be typed with few digits


def off_path(
    path: str, temperature_k: ArrayLike, t1_us: ArrayLike, t_z_us: ArrayLike, amplitude_mhz: ArrayLike
) -> str | None:
    """What keeps points (P,) from lying on one path, as a sentence without its end; None where they do.

    A path keeps numbers, to 1e-3. That of the temperature has one T_1 and T_z at each, and one temperature at each T_z,
    which is its axis.
    """
    temperature, t1, t_z, amplitude = map(np.asarray, (temperature_k, t1_us, t_z_us, amplitude_mhz))
    known = {
        "bath.temperature_k": temperature,
        "bath.t1_us": t1,
        "drive.amplitude_mhz": amplitude,
        RATIO: t1 / t_z,
        SATURATION: (RAD_US_PER_MHZ * amplitude) ** 2 * t1 * t_z,
    }
    named = f"The path {path}, on which {PATHS[path]} varies,"
    for name in FIXED[path]:
        low, high = known[name].min(), known[name].max()
        if high - low > CLOSE * high:
            return f"{named} keeps {name}, but it is {low:g} to {high:g}"
    if path == "temperature":
        for one in np.unique(temperature):
            if any(np.ptp(time[temperature == one]) > CLOSE * time[temperature == one].max() for time in (t1, t_z)):
                return f"{named} has one T_1 and T_z at each temperature, but several at {one:g} K"
        for time in np.unique(t_z):
            if len(np.unique(temperature[t_z == time])) > 1:
                return f"{named} has another T_z at each temperature, but {time:g} µs at several"
    return None
