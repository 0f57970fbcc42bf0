"""Which sections of a config each study reads, and how it is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dnplab.config.schema import Config
from dnplab.studies import Study

__all__ = ["ENSEMBLE", "STUDIES", "Recipe", "sections_of"]

ENSEMBLE = "ensemble"
COMMON = ("study", "outputs", "tracking", "rerun")
ENSEMBLE_SECTIONS = ("summary", "model", "system", "bath", "drive", "solver", "ensemble", "observables")


@dataclass(frozen=True)
class Recipe:
    """A study as configs know it: the sections that it reads, and its making."""

    sections: tuple[str, ...]
    make: Callable[[Config], Study]


STUDIES: Mapping[str, Recipe] = {}


def sections_of(study: str) -> tuple[str, ...]:
    """The top-level keys of the config that have an effect on a study."""
    own = ENSEMBLE_SECTIONS if study == ENSEMBLE else STUDIES[study].sections
    return (*COMMON, *own)
