"""All claims in the letter's order, and the table of what was measured of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dnplab.claims import closed_forms, eigenstates, equilibrium, formulas, full_localization, profiles
from dnplab.claims.claim import Claim, Measured, Verdict, in_letters_order
from dnplab.errors import ParameterError

__all__ = ["CLAIMS", "choose", "claims_table", "count_verdicts", "shown", "to_markdown"]

MODULES = (equilibrium, profiles, eigenstates, full_localization, closed_forms, formulas)
CLAIMS = in_letters_order(tuple(claim for module in MODULES for claim in module.CLAIMS))


def choose(names: Sequence[str]) -> tuple[Claim, ...]:
    """The claims of these names in the letter's order; all for none."""
    known = {claim.name for claim in CLAIMS}
    if unknown := [name for name in names if name not in known]:
        raise ParameterError("only", unknown, "names out of " + ", ".join(claim.name for claim in CLAIMS))
    return tuple(claim for claim in CLAIMS if not names or claim.name in names)


def claims_table(claims: Sequence[Claim], found: Mapping[str, Measured]) -> pd.DataFrame:
    """A row a claim, in the order given: what it says, how it was measured, value, error, bounds and verdict."""
    rows = [
        {
            "name": claim.name,
            "statement": claim.statement,
            "where": claim.where,
            "observable": claim.observable,
            "unit": claim.unit,
            "value": found[claim.name].value,
            "error": found[claim.name].error,
            "bound_low": claim.rule.low,
            "bound_high": claim.rule.high,
            "rule": str(claim.rule),
            "reason": claim.rule.reason,
            "verdict": str(claim.rule.verdict(found[claim.name])),
            "note": found[claim.name].note,
        }
        for claim in claims
    ]
    return pd.DataFrame(rows)


def count_verdicts(table: pd.DataFrame) -> str:
    """One line: how many claims are borne out, not borne out, undecided."""
    counts = table["verdict"].value_counts()
    return f"{len(table)} claims: " + ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in Verdict) + "."


def to_markdown(table: pd.DataFrame, head: Sequence[str]) -> str:
    """The page: head, summary, and a table with a row a claim, under a heading for each part of the letter."""
    lines = [*head, "", count_verdicts(table)]
    parts = table["where"].str.partition(",")[0]
    for part in parts.unique():
        lines += ["", f"## {part[0].upper()}{part[1:]}", ""]
        lines += ["| claim | where | measured | rule | verdict |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(row) for row in table[parts == part].to_dict("records")]
    return "\n".join(lines) + "\n"


def _row(row: Mapping[str, object]) -> str:
    where = str(row["where"]).partition(", ")[2]
    note = f" ({row['note']})" if row["note"] else ""
    measured = f"{shown(float(str(row['value'])), float(str(row['error'])))} {row['unit']}".rstrip() + note
    name, statement, observable, verdict = (_plain(str(row[key])) for key in ("name", "statement", "observable", "verdict"))
    cells = (
        f"**{name}**: {statement}<br>{observable}",
        _plain(where[0].upper() + where[1:]),
        _plain(measured),
        _plain(f"{row['rule']}: {row['reason']}"),
        verdict if verdict == Verdict.BORNE_OUT else f"**{verdict}**",
    )
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    """Text that Markdown takes for text."""
    for character, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", r"\|"), ("*", r"\*")):
        text = text.replace(character, code)
    return text


def shown(value: float, error: float) -> str:
    """Value and error with as many digits as the error allows."""
    if error != error or error <= 1e-6 * abs(value) or value == 0.0:
        return f"{value:.3g}"
    if abs(value) < 1e-3 or abs(value) >= 1e5:
        return f"{value:.2e} ± {error:.1e}"
    digits = max(0, 1 - int(f"{error:e}".partition("e")[2]))
    return f"{value:.{digits}f} ± {error:.{digits}f}"
