"""From a composed config to what it asks for, and to the names and parameters a run is known by."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import cast

import numpy as np
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dnplab.bath import Bath
from dnplab.config.baths import to_bath
from dnplab.config.drives import to_drive
from dnplab.config.schema import Config, field_types
from dnplab.config.studies import COMMON, ENSEMBLE, STUDIES, reads
from dnplab.ensemble import SCHEMA, EnsembleSpec
from dnplab.errors import DnplabError, ParameterError
from dnplab.phonons import PhononSpectrum
from dnplab.studies import Study

__all__ = [
    "ConfigError",
    "logged_params",
    "resolved",
    "run_name",
    "run_tags",
    "study_params",
    "to_config",
    "to_spec",
    "to_study",
    "with_full_key",
]

SWITCHES = tuple(key for key, hint in field_types().items() if hint is bool)


class ConfigError(DnplabError, ValueError):
    """A config cannot be composed or does not describe an ensemble: one sentence with the full key."""


def to_config(composed: DictConfig) -> Config:
    """The typed config of a composed one (whatever else it holds, Hydra's own node for instance, is left out).

    Raises:
        ConfigError: a value is missing or refers to a key that does not exist.

    """
    try:
        own = {key: composed[key] for key in Config.__dataclass_fields__}
        typed = OmegaConf.merge(OmegaConf.structured(Config), own)
        if missing := sorted(OmegaConf.missing_keys(typed)):
            raise ConfigError(f"{missing[0]} has no value; give {missing[0]}=VALUE.")
        for key in SWITCHES:
            if not isinstance(value := OmegaConf.select(typed, key), bool):
                raise ConfigError(f"{key} is {value!r}, but it must be true or false.")
        return cast(Config, OmegaConf.to_object(typed))
    except OmegaConfBaseException as error:
        where = f"{error.full_key}: " if error.full_key else ""
        said = str(error).splitlines()[0].rpartition(" raised while resolving interpolation: ")[2]
        raise ConfigError(where + said.rstrip(".") + ".") from error


def to_spec(config: Config) -> EnsembleSpec:
    """The ensemble that a config describes; its bath's null times become those of `Bath.letter`.

    Raises:
        ConfigError: a value is out of its domain; the message names the config key.

    """
    system, solver, ensemble, observables = config.system, config.solver, config.ensemble, config.observables
    realizations = ensemble.realizations
    if config.model == "hilbert" and ensemble.realizations_hilbert is not None:
        realizations = ensemble.realizations_hilbert
    try:
        return EnsembleSpec(
            n_spins=system.n_spins,
            electron_ghz=system.electron_ghz,
            disorder_mhz=system.disorder_mhz,
            coupling_mhz=system.coupling_mhz,
            ising=system.ising,
            bath=to_bath(config),
            drive=to_drive(config),
            model=config.model,
            rtol=solver.rtol,
            method=solver.method,
            order=config.correlation.order,
            seed=ensemble.seed,
            realizations=realizations,
            observables=tuple(observables.names),
            epr_edges_mhz=_edges(observables.epr_half_width_mhz, observables.epr_bin_mhz),
            kept_spins=observables.kept_spins,
            shard=_shard(ensemble.shard),
        )
    except ParameterError as error:
        raise with_full_key(error) from error


def to_study(config: Config) -> Study:
    """The study that a config describes.

    Raises:
        ConfigError: a value is out of its domain; the message names the config key.

    """
    try:
        return STUDIES[config.study].make(config)
    except ParameterError as error:
        raise with_full_key(error, config.study) from error


def study_params(config: Config) -> dict[str, str | int | float | bool]:
    """The parameters of a study's run under their config keys: all that it reads, with bath and drive resolved."""
    config = resolved(config) if (bathed := reads(config.study, "bath")) else config
    found: dict[str, str | int | float | bool] = {}
    for key in field_types():
        own = reads(config.study, key) and key.partition(".")[0] not in COMMON
        value = operator.attrgetter(key)(config) if own else None
        if value is not None:
            found[key] = value if isinstance(value, int | float | bool) else str(value)
    times = {f"bath.{key}": t for key, t in _times(to_bath(config)).items()} if bathed else {}
    return {"study": config.study, **found, **times}


def resolved(config: Config) -> Config:
    """The same config with the drive's strength, and the bath's times where they do not follow from phonons, written out."""
    drive = replace(config.drive, amplitude_mhz=to_drive(config).amplitude_mhz, saturation=None)
    if config.bath.process is not None:
        return replace(config, drive=drive)
    bath = replace(config.bath, uniform=False, times_factor=1.0)
    for key, value in _times(to_bath(config)).items():
        setattr(bath, key, value)
    return replace(config, bath=bath, drive=drive)


def _times(bath: Bath) -> dict[str, float]:
    return {"t1_us": bath.t1_us, "t_star_us": bath.t_star_us, "t_zero_us": bath.t_zero_us}


def _shard(text: str | None) -> tuple[int, int] | None:
    """The shard (3, 16) of the text "3/16"."""
    if text is None:
        return None
    part, slash, parts = text.partition("/")
    if not (slash and part.isdecimal() and parts.isdecimal()):
        raise ParameterError("shard", text, "null, or K/N with 1 <= K <= N, such as 3/16")
    return int(part), int(parts)


def _edges(half_width_mhz: float, bin_mhz: float) -> tuple[float, ...]:
    """Bin edges in MHz, symmetric around 0, whose outermost are at +-half_width_mhz."""
    if not (np.isfinite(half_width_mhz) and half_width_mhz > 0):
        raise ParameterError("epr_half_width_mhz", half_width_mhz, "a finite number > 0")
    if not 0 < bin_mhz <= half_width_mhz:
        raise ParameterError("epr_bin_mhz", bin_mhz, f"> 0 and at most epr_half_width_mhz = {half_width_mhz}")
    if 2 * half_width_mhz / bin_mhz > 1e5:
        raise ParameterError("epr_bin_mhz", bin_mhz, f"at least {2e-5 * half_width_mhz:g} (100000 bins)")
    bins = max(1, round(2 * half_width_mhz / bin_mhz))
    if not np.isclose(bins * bin_mhz, 2 * half_width_mhz, rtol=1e-9):
        near = f"{2 * half_width_mhz / bins:.6g}"
        raise ParameterError("epr_bin_mhz", bin_mhz, f"the window of {2 * half_width_mhz:g} MHz over an integer, as {near}")
    return tuple(float(edge) for edge in np.linspace(-half_width_mhz, half_width_mhz, bins + 1))


def with_full_key(error: ParameterError, study: str = ENSEMBLE) -> ConfigError:
    """The same sentence about the config key: "temperature_k is ..." -> "bath.temperature_k is ..."."""
    aliases = {"observables": "observables.names", "epr_edges_mhz": "observables.epr_half_width_mhz"}
    matches = [k for k in field_types() if f".{k}".endswith(f".{error.key}") and reads(study, k)]
    full = aliases.get(error.key, matches[0] if len(matches) == 1 else error.key)
    return ConfigError(str(error).replace(error.key, full, 1).replace(f"{full} is None,", f"{full} is null,", 1))


def logged_params(spec: EnsembleSpec) -> dict[str, str | int | float | bool]:
    """The parameters of a run under their config keys, as plain values, with the bath's times resolved."""
    sites = "all" if spec.drive.sites is None else ",".join(map(str, spec.drive.sites))
    return {
        "model": spec.model,
        "system.n_spins": spec.n_spins,
        "system.electron_ghz": spec.electron_ghz,
        "system.disorder_mhz": spec.disorder_mhz,
        "system.coupling_mhz": spec.coupling_mhz,
        "system.ising": spec.ising,
        **_phonon_params(spec),
        "bath.temperature_k": spec.bath.temperature_k,
        "bath.t1_us": spec.bath.t1_us,
        "bath.t_star_us": spec.bath.t_star_us,
        "bath.t_zero_us": spec.bath.t_zero_us,
        "drive.frequency_ghz": spec.drive.frequency_ghz,
        "drive.amplitude_mhz": spec.drive.amplitude_mhz,
        "drive.sites": sites,
        **({} if spec.order is None else {"correlation.order": spec.order}),
        "solver.method": spec.method,
        "solver.rtol": spec.rtol,
        "observables.names": "+".join(spec.observables),
        **_epr_params(spec),
        "observables.kept_spins": spec.subsystem,
        "ensemble.realizations": spec.realizations,
        "ensemble.seed": spec.seed,
        **({"ensemble.shard": "{}/{}".format(*spec.shard)} if spec.shard else {}),
    }


def _phonon_params(spec: EnsembleSpec) -> dict[str, str | float]:
    if not isinstance(gamma := spec.bath.spectral_function, PhononSpectrum):
        return {"bath.process": "none"}
    process = gamma.process
    return {
        "bath.process": process.process,
        "bath.coupling_ratio": process.coupling_ratio,
        "bath.density_kg_m3": process.density_kg_m3,
        "bath.sound_velocity_m_s": process.sound_velocity_m_s,
        "bath.in_sector_mhz": gamma.in_sector_mhz,
    }


def _epr_params(spec: EnsembleSpec) -> dict[str, float]:
    if not spec.epr_edges_mhz:
        return {}
    half_width_mhz = spec.epr_edges_mhz[-1]
    bin_mhz = 2 * half_width_mhz / (len(spec.epr_edges_mhz) - 1)
    return {"observables.epr_half_width_mhz": half_width_mhz, "observables.epr_bin_mhz": float(f"{bin_mhz:.12g}")}


def run_name(spec: EnsembleSpec) -> str:
    """A run's name in tables and legends: "nonsecular T=12K N=8"."""
    part = " shard {}/{}".format(*spec.shard) if spec.shard else ""
    model = spec.model if spec.order is None else f"{spec.model} {spec.order}"
    return f"{model} T={spec.bath.temperature_k:g}K N={spec.n_spins}{part}"


def run_tags(work: EnsembleSpec | Study, sweep: str) -> dict[str, str]:
    """Tags that tell what a run is for; `sweep` is empty for a run of its own."""
    tags = {"source": "experiments.run", "mlflow.source.name": "experiments.run"}
    if isinstance(work, EnsembleSpec):
        tags |= {"model": work.model, "seed": str(work.seed), "schema": str(SCHEMA)}
    else:
        tags |= {"study": work.study}
    return tags | ({"sweep": sweep, f"sweep.{sweep}": "1"} if sweep else {})
