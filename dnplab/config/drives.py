"""From the drive's part of a config to the microwaves."""

from __future__ import annotations

import math

from dnplab import checks
from dnplab.config.baths import to_bath
from dnplab.config.schema import Config
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["to_drive"]


def to_drive(config: Config) -> Drive:
    """The microwaves that a config describes: of an amplitude, or of a saturation S = omega_1^2 T_1 T_z.

    omega_1 = sqrt(S / (T_1 T_z)),  T_z = T* = T(0)
    """
    amplitude_mhz, saturation = config.drive.amplitude_mhz, config.drive.saturation
    if saturation is None:
        if amplitude_mhz is None:
            raise ParameterError("drive.amplitude_mhz", None, "a number where drive.saturation is null")
        return Drive(config.drive.frequency_ghz, amplitude_mhz, config.drive.sites)
    if amplitude_mhz is not None:
        off = ", as drive=off has it" if amplitude_mhz == 0.0 else ""
        allowed = f"null where drive.amplitude_mhz is {amplitude_mhz:g}{off}: each fixes the other; drive.amplitude_mhz=null"
        raise ParameterError("drive.saturation", saturation, f"{allowed} leaves it to the saturation")
    bath = to_bath(config)
    if not bath.uniform_dephasing:
        raise ParameterError("drive.saturation", saturation, "null where T(0) is not T*; with bath=uniform it is")
    omega_1 = math.sqrt(checks.non_negative("drive.saturation", saturation) / (bath.t1_us * bath.t_zero_us))
    # 12 digits, as points have: an amplitude and the saturation that it makes are one run
    return Drive(config.drive.frequency_ghz, float(f"{omega_1 / RAD_US_PER_MHZ:.12g}"), config.drive.sites)
