"""What looks like a mistake in a unit: one sentence each, told before a run that is carried out all the same.

The bounds are those of electrons in a solid at any field and temperature that a magnet and a cryostat reach; the letter's
parameters, its extreme bath of Figs. S8 and S10 included, are far inside. Every study is asked about the keys that it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from operator import attrgetter
from typing import cast

from dnplab.config.baths import to_bath
from dnplab.config.schema import Config, field_types
from dnplab.config.spec import resolved
from dnplab.config.studies import ENSEMBLE, reads
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
LONG_DEPHASING = 25.0  # U T(0): up to there the estimate of what a cut costs is a bound (docs/correlation.md)
MOST_SPINS_OF_SPECTRA = 20  # of correlations: more take 10 s and more a sample


def doubts_of(config: Config) -> Iterator[str]:
    """Sentences on what the study of a config reads."""
    read = _keys(config.study)
    if "bath.t1_us" in read:
        config = resolved(config)
    for key in read:
        value = attrgetter(key)(config)
        for number in value if isinstance(value, list) else [value]:
            yield from _of_number(key, number)
    if "system.disorder_mhz" in read:
        yield from _of_disorder(config)
    if "observables.names" in read and "epr" in config.observables.names:
        yield from _of_spectrum(config)
    if "bath.t1_us" in read:
        yield from _of_bath(config)
    if config.study == ENSEMBLE and config.model == "correlation":
        yield from _of_cut(config)


@cache
def _keys(study: str) -> tuple[str, ...]:
    return tuple(key for key in field_types() if reads(study, key))


def _of_number(key: str, value: float) -> Iterator[str]:
    """What a number says by itself; the last word of its key names what it is and its unit."""
    name = key.rpartition(".")[2]
    if name == "electron_ghz" and not LEAST_GHZ <= value <= MOST_GHZ:
        yield f"Is {key} = {value:g} in GHz?"
    if name in ("temperature_k", "temperatures_k") and not LEAST_K <= value <= MOST_K:
        yield f"Is {key} = {value:g} in K?"
    if name == "coupling_mhz" and value > MOST_COUPLING_MHZ:
        yield f"Is {key} = {value:g} in MHz? Spins 0.8 nm apart have {MOST_COUPLING_MHZ:g}."
    if name in ("amplitude_mhz", "amplitudes_mhz") and value > MOST_AMPLITUDE_MHZ:
        yield f"Is {key} = {value:g} in MHz? The strongest pulses reach about 100."
    if name == "rtol" and value > MOST_ERROR:
        yield f"{key} = {value:g} lets every steady state be wrong by {value:.0%}."


def _of_disorder(config: Config) -> Iterator[str]:
    disorder_mhz, electron_ghz = config.system.disorder_mhz, config.system.electron_ghz
    spread = 1e-3 * disorder_mhz / electron_ghz
    if spread > MOST_SPREAD and LEAST_GHZ <= electron_ghz <= MOST_GHZ:
        yield f"Is system.disorder_mhz = {disorder_mhz:g} in MHz? It is {spread:.0%} of system.electron_ghz."


def _of_spectrum(config: Config) -> Iterator[str]:
    band_mhz, reach_mhz = config.system.disorder_mhz + config.system.coupling_mhz, config.system.disorder_mhz / 2
    half_width_mhz, bin_mhz = config.observables.epr_half_width_mhz, config.observables.epr_bin_mhz
    if half_width_mhz < reach_mhz:
        yield f"observables.epr_half_width_mhz = {half_width_mhz:g} cuts off lines, which reach to {reach_mhz:g}."
    if 0.0 < band_mhz <= 2.0 * bin_mhz:
        yield f"observables.epr_bin_mhz = {bin_mhz:g} is too wide to show a spectrum, whose lines span {band_mhz:g}."


def _of_bath(config: Config) -> Iterator[str]:
    """What the bath's times say beside the spins and the microwaves."""
    system, bath = config.system, to_bath(config)
    band_mhz = system.disorder_mhz + system.coupling_mhz
    line_mhz = 1.0 / (RAD_US_PER_MHZ * bath.t1_us)
    if line_mhz > MUCH * band_mhz > 0.0:
        yield f"Is bath.t1_us = {bath.t1_us:g} in µs? It widens lines to {line_mhz:g} MHz, all spins span {band_mhz:g}."
    for key in ("t1_us", "t_star_us", "t_zero_us"):
        if (time := getattr(bath, key)) * RAD_US_PER_GHZ * system.electron_ghz < 1.0:
            yield f"Is bath.{key} = {time:g} in µs? It is shorter than a turn of the electrons, 1/omega_e."
    amplitude_mhz = cast(float, config.drive.amplitude_mhz)  # of a resolved config
    if amplitude_mhz == 0.0:
        return
    away_mhz = 1e3 * abs(config.drive.frequency_ghz - system.electron_ghz)
    if away_mhz > MUCH * (band_mhz + amplitude_mhz) and reads(config.study, "drive.frequency_ghz"):
        yield f"The microwaves are {away_mhz:g} MHz away from system.electron_ghz: is drive.frequency_ghz right?"
    saturation = (RAD_US_PER_MHZ * amplitude_mhz) ** 2 * bath.t1_us * max(bath.t_star_us, bath.t_zero_us)
    if saturation < LEAST_SATURATION:
        yield f"drive.amplitude_mhz = {amplitude_mhz:g} hardly acts: omega_1^2 T_1 T* is {saturation:.0e}."


def _of_cut(config: Config) -> Iterator[str]:
    """What a cut of the correlations makes slow or uncertain."""
    n_spins, time_us = config.system.n_spins, to_bath(config).t_zero_us
    if (exchanges := RAD_US_PER_MHZ * config.system.coupling_mhz * time_us) > LONG_DEPHASING:
        times = f"bath.t_zero_us = {time_us:g} is {exchanges:.0f} exchanges (1/U) of spins long"
        yield f"{times}: truncation_error is an estimate there, but no bound."
    if "epr" in config.observables.names and n_spins > MOST_SPINS_OF_SPECTRA:
        yield f"observables.names has epr, which takes long at system.n_spins = {n_spins}; observables=profile is without."
