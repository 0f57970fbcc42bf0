"""The figures of a study, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from dnplab.figures import build_up, phonons, regimes, single_spin, three_level, trajectories
from dnplab.studies import Study, StudyResult

__all__ = ["study_figures"]

FIGURES: Mapping[str, Callable[[Any, StudyResult], dict[str, Figure]]] = {
    "three_level": three_level.figures,
    "phonons": phonons.figures,
    "single_spin": single_spin.figures,
    "regimes": regimes.figures,
    "build_up": build_up.figures,
    "trajectories": trajectories.figures,
}


def study_figures(study: Study, result: StudyResult) -> dict[str, Figure]:
    """The figures of a study's result by the stem of their file."""
    return FIGURES[study.study](study, result)
