"""What looks like a mistake in a unit: one sentence each, told before a run that is carried out all the same.

The bounds are those of electrons in a solid at any field and temperature that a magnet and a cryostat reach; the letter's
parameters, its extreme bath of Figs. S8 and S10 included, are far inside.
"""

from __future__ import annotations

from collections.abc import Iterator

from dnplab.ensemble import EnsembleSpec
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["doubts_of"]

LEAST_GHZ, MOST_GHZ = 1.0, 3000.0  # electrons from 0.04 to 100 T
LEAST_K, MOST_K = 0.01, 500.0
MOST_SPREAD = 0.02  # of disorder over the electrons' frequency: g factors of organic radicals differ by less
MOST_COUPLING_MHZ = 100.0  # dipolar coupling at 0.8 nm
MOST_AMPLITUDE_MHZ = 200.0
MUCH = 10.0
LEAST_SATURATION = 1e-3
MOST_ERROR = 1e-2


def doubts_of(work: object) -> Iterator[str]:
    """Sentences on an ensemble; a study has bounds of its own."""
    if isinstance(work, EnsembleSpec):
        if work.rtol > MOST_ERROR:
            yield f"solver.rtol = {work.rtol:g} lets every steady state be wrong by {work.rtol:.0%}."
        yield from _of_spins(work)
        yield from _of_bath(work)
        yield from _of_drive(work)


def _of_spins(spec: EnsembleSpec) -> Iterator[str]:
    if not LEAST_GHZ <= spec.electron_ghz <= MOST_GHZ:
        yield f"Is system.electron_ghz = {spec.electron_ghz:g} in GHz?"
    elif (spread := 1e-3 * spec.disorder_mhz / spec.electron_ghz) > MOST_SPREAD:
        yield f"Is system.disorder_mhz = {spec.disorder_mhz:g} in MHz? It is {spread:.0%} of system.electron_ghz."
    if spec.coupling_mhz > MOST_COUPLING_MHZ:
        yield f"Is system.coupling_mhz = {spec.coupling_mhz:g} in MHz? Spins 0.8 nm apart have {MOST_COUPLING_MHZ:g}."
    reach_mhz = spec.disorder_mhz / 2
    if spec.epr_edges_mhz and spec.epr_edges_mhz[-1] < reach_mhz:
        yield f"observables.epr_half_width_mhz = {spec.epr_edges_mhz[-1]:g} cuts off lines, which reach to {reach_mhz:g}."


def _of_bath(spec: EnsembleSpec) -> Iterator[str]:
    bath = spec.bath
    if not LEAST_K <= bath.temperature_k <= MOST_K:
        yield f"Is bath.temperature_k = {bath.temperature_k:g} in K?"
    line_mhz = 1.0 / (RAD_US_PER_MHZ * bath.t1_us)
    if line_mhz > MUCH * (band_mhz := spec.disorder_mhz + spec.coupling_mhz):
        yield f"Is bath.t1_us = {bath.t1_us:g} in µs? It widens lines to {line_mhz:g} MHz, all spins span {band_mhz:g}."
    for key in ("t1_us", "t_star_us", "t_zero_us"):
        if (time := getattr(bath, key)) * RAD_US_PER_GHZ * spec.electron_ghz < 1.0:
            yield f"Is bath.{key} = {time:g} in µs? It is shorter than a turn of the electrons, 1/omega_e."


def _of_drive(spec: EnsembleSpec) -> Iterator[str]:
    drive, bath = spec.drive, spec.bath
    if drive.amplitude_mhz == 0.0:
        return
    band_mhz = spec.disorder_mhz + spec.coupling_mhz
    away_mhz = 1e3 * abs(drive.frequency_ghz - spec.electron_ghz)
    if away_mhz > MUCH * (band_mhz + drive.amplitude_mhz):
        yield f"The microwaves are {away_mhz:g} MHz away from system.electron_ghz: is drive.frequency_ghz right?"
    if drive.amplitude_mhz > MOST_AMPLITUDE_MHZ:
        yield f"Is drive.amplitude_mhz = {drive.amplitude_mhz:g} in MHz? The strongest pulses reach about 100."
    saturation = (RAD_US_PER_MHZ * drive.amplitude_mhz) ** 2 * bath.t1_us * max(bath.t_star_us, bath.t_zero_us)
    if saturation < LEAST_SATURATION:
        yield f"drive.amplitude_mhz = {drive.amplitude_mhz:g} hardly acts: omega_1^2 T_1 T* is {saturation:.0e}."
