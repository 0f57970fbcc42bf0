"""Which keys of a config each study reads, and how it is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dnplab import checks
from dnplab.config.baths import to_bath
from dnplab.config.drives import to_drive
from dnplab.config.schema import Config
from dnplab.studies import Study
from dnplab.studies.build_up import BuildUpStudy
from dnplab.studies.phonons import Phonons
from dnplab.studies.regimes import RegimesStudy
from dnplab.studies.single_spin import SingleSpinStudy
from dnplab.studies.three_level import Regime, ThreeLevelStudy
from dnplab.studies.trajectories import TrajectoriesStudy

__all__ = ["COMMON", "ENSEMBLE", "STUDIES", "Recipe", "reads", "sections_of"]

ENSEMBLE = "ensemble"
COMMON = ("study", "outputs", "tracking", "rerun")
ENSEMBLE_SECTIONS = ("summary", "model", "correlation", "system", "bath", "drive", "solver", "ensemble", "observables")


@dataclass(frozen=True)
class Recipe:
    """A study as configs know it: the sections, or single keys, that it reads, and its making."""

    sections: tuple[str, ...]
    make: Callable[[Config], Study]


def _three_level(config: Config) -> Study:
    values = _values(config.three_level)
    for name in ("mixing", "anderson", "zeno", "incoherent"):
        values[name] = Regime(**vars(values[name]))
    return ThreeLevelStudy(**values)


def _regimes(config: Config) -> Study:
    checks.positive("electron_ghz", config.system.electron_ghz)
    return RegimesStudy(config.system.disorder_mhz, config.system.coupling_mhz, **_driven(config))


def _build_up(config: Config) -> Study:
    return BuildUpStudy(model=config.model, **vars(config.system), **_driven(config), **_values(config.build_up))


def _trajectories(config: Config) -> Study:
    return TrajectoriesStudy(**vars(config.system), **_driven(config), **_values(config.trajectories))


def _driven(config: Config) -> dict[str, Any]:
    return {"bath": to_bath(config), "drive": to_drive(config)}


def _values(section: object) -> dict[str, Any]:
    """The keys of a section and their values."""
    assert section is not None, "a study composes with its own section"
    return dict(vars(section))


SPINS = ("system", "bath", "drive")
RANGES = ("system.disorder_mhz", "system.coupling_mhz")
ELECTRON = "system.electron_ghz"  # of baths of phonons; no criterion depends on it or on the microwaves' frequency
STUDIES: Mapping[str, Recipe] = {
    "three_level": Recipe(("three_level",), _three_level),
    "phonons": Recipe(("phonons",), lambda config: Phonons(**_values(config.phonons))),
    "single_spin": Recipe(("single_spin",), lambda config: SingleSpinStudy(**_values(config.single_spin))),
    "regimes": Recipe((*RANGES, ELECTRON, "bath", "drive.amplitude_mhz", "drive.saturation", "drive.sites"), _regimes),
    "build_up": Recipe(("model", *SPINS, "build_up"), _build_up),
    "trajectories": Recipe((*SPINS, "trajectories"), _trajectories),
}


def sections_of(study: str) -> tuple[str, ...]:
    """The sections and keys of the config that have an effect on a study."""
    own = ENSEMBLE_SECTIONS if study == ENSEMBLE else STUDIES[study].sections
    return (*COMMON, *own)


def reads(study: str, key: str) -> bool:
    """Whether a study reads a key, or something of the group of that name."""
    return any(f"{known}.".startswith(f"{key}.") or f"{key}.".startswith(f"{known}.") for known in sections_of(study))
