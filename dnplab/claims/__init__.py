"""The letter's claims as data: statements, what decides them, and the verdicts."""

from dnplab.claims.catalogue import CLAIMS, choose, claims_table, count_verdicts, shown, to_markdown
from dnplab.claims.claim import Claim, Measured, Rule, Verdict, above, below, within
from dnplab.claims.laboratory import FULL, QUICK, Laboratory, Scale, specs

__all__ = [
    "CLAIMS",
    "FULL",
    "QUICK",
    "Claim",
    "Laboratory",
    "Measured",
    "Rule",
    "Scale",
    "Verdict",
    "above",
    "below",
    "choose",
    "claims_table",
    "count_verdicts",
    "shown",
    "specs",
    "to_markdown",
    "within",
]
