"""From the bath's part of a config to a bath."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from dnplab import checks
from dnplab.bath import Bath
from dnplab.config.schema import Config
from dnplab.errors import ParameterError
from dnplab.phonons import PROCESSES

__all__ = ["to_bath"]


def to_bath(config: Config) -> Bath:
    """The bath that a config describes: of phonons, or of times, which follow `Bath.letter` where they are null.

    `times_factor` multiplies all three of them, which is the bath at another speed.
    """
    bath = config.bath
    times = {key: getattr(bath, key) for key in ("t1_us", "t_star_us", "t_zero_us")}
    medium = {key: getattr(bath, key) for key in ("coupling_ratio", "density_kg_m3", "sound_velocity_m_s")}
    if bath.process is None:
        for key, value in (medium | {"in_sector_mhz": bath.in_sector_mhz}).items():
            if value is not None:
                raise ParameterError(f"bath.{key}", value, f"null where bath.process is null, one of {', '.join(PROCESSES)}")
        if bath.uniform:
            if bath.t_star_us is not None:
                raise ParameterError("bath.t_star_us", bath.t_star_us, "null where bath.uniform=true: T* is T(0)")
            times["t_star_us"] = Bath.letter(bath.temperature_k, **times).t_zero_us
        return _scaled(Bath.letter(bath.temperature_k, **times), checks.positive("bath.times_factor", bath.times_factor))
    if bath.times_factor != 1.0:
        allowed = f"1 where bath.process={bath.process}: the times follow from phonons"
        raise ParameterError("bath.times_factor", bath.times_factor, allowed)
    if bath.uniform:
        raise ParameterError("bath.uniform", True, f"false where bath.process={bath.process}: the times follow from phonons")
    if bath.process not in PROCESSES:
        raise ParameterError("bath.process", bath.process, "null or one of " + ", ".join(PROCESSES))
    for key, value in times.items():
        if value is not None:
            raise ParameterError(
                f"bath.{key}", value, f"null where bath.process={bath.process}: the times follow from phonons"
            )
    process = PROCESSES[bath.process](electron_ghz=config.system.electron_ghz, **medium)
    return Bath.phonons(process, bath.temperature_k, cast(float, bath.in_sector_mhz))


def _scaled(bath: Bath, factor: float) -> Bath:
    """The same bath with all times multiplied; 15 digits, as the laws have, so that 0.16 over 16 is 0.01."""
    if factor == 1.0:
        return bath
    t1, t_star, t_zero = (float(f"{factor * time:.15g}") for time in (bath.t1_us, bath.t_star_us, bath.t_zero_us))
    return replace(bath, t1_us=t1, t_star_us=t_star, t_zero_us=t_zero)
