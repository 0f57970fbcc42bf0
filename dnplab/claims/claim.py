"""A statement that a number decides, and the verdict on it.

A rule compares a measured value with a bound that was chosen before anything was measured. A statement is "borne out" if the
value satisfies its rule by at least two standard errors, "not borne out" if it misses it by at least two, else "undecided".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dnplab.claims.laboratory import Laboratory

__all__ = ["SECTIONS", "Claim", "Measured", "Rule", "Verdict", "above", "below", "in_letters_order", "within"]

DECISIVE = 2.0  # standard errors
SECTIONS = (
    "main text",
    *(f"Supplement {name}" for name in ("I.B", "I.E", "I.F", "II", "III.A", "III.C", "III.D", "IV", "V.A", "V.B")),
)
"""The parts of the letter that claims come from, in its order."""


class Verdict(StrEnum):
    """What a measured value says of a claim."""

    BORNE_OUT = "borne out"
    NOT_BORNE_OUT = "not borne out"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Measured:
    """A number with its standard error (0: exact), and a note where there is more to say; nan is one that does not exist."""

    value: float
    error: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """low < value < high, and why these bounds."""

    low: float
    high: float
    reason: str

    def verdict(self, measured: Measured) -> Verdict:
        """The verdict on a measured value; one that is nan, or whose error is unknown, decides nothing."""
        margin = min(measured.value - self.low, self.high - measured.value)
        if not math.isfinite(margin) or not math.isfinite(measured.error) or margin == 0.0:
            return Verdict.UNDECIDED
        if abs(margin) < DECISIVE * measured.error:
            return Verdict.UNDECIDED
        return Verdict.BORNE_OUT if margin > 0.0 else Verdict.NOT_BORNE_OUT

    def __str__(self) -> str:
        if math.isinf(self.low):
            return f"below {self.high:g}"
        return f"above {self.low:g}" if math.isinf(self.high) else f"within {self.low:.4g} to {self.high:.4g}"


def above(bound: float, reason: str) -> Rule:
    """The value must exceed a bound."""
    return Rule(bound, math.inf, reason)


def below(bound: float, reason: str) -> Rule:
    """The value must stay below a bound."""
    return Rule(-math.inf, bound, reason)


def within(low: float, high: float, reason: str) -> Rule:
    """The value must lie between two bounds."""
    return Rule(low, high, reason)


@dataclass(frozen=True)
class Claim:
    """One statement of the letter and how it is measured.

    name : unique, in kebab case
    statement : one sentence in our words
    where : where the letter says it; begins with one of SECTIONS and a comma
    observable : one sentence on what is computed, of which states
    unit : of the value; empty for a number
    rule : what the value must satisfy
    measure : the measurement
    needs : the ensembles of `dnplab.claims.laboratory` that it reads
    """

    name: str
    statement: str
    where: str
    observable: str
    unit: str
    rule: Rule
    measure: Callable[[Laboratory], Measured] = field(repr=False)
    needs: tuple[str, ...] = ()

    @property
    def section(self) -> int:
        """The index of its part of the letter in SECTIONS."""
        return SECTIONS.index(self.where.partition(",")[0])


def in_letters_order(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Sorted by part of the letter; inside a part as given."""
    return tuple(sorted(claims, key=lambda claim: claim.section))
