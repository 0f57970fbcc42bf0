"""Study: which regime the letter's criteria (S71) to (S77) and (S82) put a system, bath and drive into."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.regimes import Criterion, regime_criteria, regime_metrics, regime_verdict
from dnplab.studies.base import StudyResult, no_progress

__all__ = ["RegimesStudy"]


@dataclass(frozen=True)
class RegimesStudy:
    """The criteria of `dnplab.regimes` for one set of parameters."""

    study: ClassVar[str] = "regimes"

    disorder_mhz: float
    coupling_mhz: float
    bath: Bath
    drive: Drive

    def __post_init__(self) -> None:
        object.__setattr__(self, "disorder_mhz", checks.non_negative("disorder_mhz", self.disorder_mhz))
        object.__setattr__(self, "coupling_mhz", checks.non_negative("coupling_mhz", self.coupling_mhz))

    @property
    def title(self) -> str:
        """The run's name."""
        return f"regimes T={self.bath.temperature_k:g}K U={self.coupling_mhz:g}MHz"

    @property
    def steps(self) -> int:
        """One."""
        return 1

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """Both sides of every criterion, whether it holds, and what they say together."""
        criteria = regime_criteria(self.disorder_mhz, self.coupling_mhz, self.bath, self.drive)
        verdict = regime_verdict(criteria)
        rows = [
            {
                "criterion": c.name,
                "equation": c.equation,
                "meaning": c.meaning,
                "left": c.left,
                "relation": c.relation,
                "right": c.right,
                "unit": c.unit,
                "ratio": c.ratio,
                "holds": c.holds,
                "marginal": c.marginal,
            }
            for c in criteria
        ]
        metrics = regime_metrics(self.disorder_mhz, self.coupling_mhz, self.bath, self.drive)
        metrics["obs.criteria_holding"] = float(sum(c.holds for c in criteria))
        progress(1)
        return StudyResult(metrics, {"regimes": pd.DataFrame(rows).assign(verdict=verdict)}, _report(criteria, verdict))


def _report(criteria: tuple[Criterion, ...], verdict: str) -> str:
    width = max(len(c.meaning) for c in criteria)
    lines = [f"{'':7}{'criterion':<{width}}  {'left':>9}      {'right':>9}       ratio"]
    for c in criteria:
        word = ("holds" if c.holds else "fails") + (", marginal" if c.marginal else "")
        numbers = f"{c.left:>9.4g}  {c.relation}  {c.right:>9.4g} {c.unit:<4}"
        ratio = f"{c.ratio:>8.3g}" if math.isfinite(c.ratio) else f"{'inf':>8}"
        lines.append(f"{c.equation:<7}{c.meaning:<{width}}  {numbers} {ratio}  {word}")
    lines.append("ratio: how far the criterion holds (from 1 on; ≪ and ≫ ask for a factor of 10)")
    lines.append(f"Verdict: {verdict}.")
    return "\n".join(lines)
