"""What a study is: a question that is answered by one computation, not by an ensemble of disorder samples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import Field, asdict, dataclass
from typing import Any, ClassVar, Protocol

import pandas as pd

from dnplab.errors import ParameterError

__all__ = ["Study", "StudyResult", "fingerprint_of", "no_progress"]

SCHEMA = 1  # raise when the content of a study's tables changes its meaning


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a study found.

    metrics : numbers by name, ``obs.*`` for physics and ``check.*`` for numerical checks
    tables : tidy tables by the stem of their file, with units in the names of their columns
    text : what the command prints
    """

    metrics: Mapping[str, float]
    tables: Mapping[str, pd.DataFrame]
    text: str


def no_progress(_count: int) -> None:
    """Progress that nobody looks at."""


class Study(Protocol):
    """A frozen dataclass whose fields fix its numbers."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    study: ClassVar[str]

    @property
    def title(self) -> str:
        """The run's name in tables and legends."""
        ...

    @property
    def steps(self) -> int:
        """How many units of progress `compute` reports in all."""
        ...

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """Answer the question; `progress` is called with the number of units done since the last call."""
        ...


def fingerprint_of(study: Study) -> str:
    """Hash of all that fixes a study's numbers: two runs with the same one are the same.

    Raises:
        ParameterError: a spectral function of one's own fixes them, which has no value to hash.

    """
    content = {"study": study.study, "schema": SCHEMA, **asdict(study)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=_refuse).encode()).hexdigest()


def _refuse(value: object) -> None:
    raise ParameterError("bath.spectral_function", value, "None or that of phonons where results are stored")
