"""What a question asks of its sweep: checked on the points of a plan, before hours of computing rather than after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dnplab.config.bath_paths import PATHS, off_path
from dnplab.config.spec import ConfigError

__all__ = ["QUESTIONS", "require_answerable"]

TEMPERATURE, SIZE, COUPLING = "bath.temperature_k", "system.n_spins", "system.coupling_mhz"
T_STAR, T_ZERO = "bath.t_star_us", "bath.t_zero_us"
AMPLITUDE, SAMPLES = "drive.amplitude_mhz", "ensemble.realizations"
TIMES = ("bath.t1_us", T_STAR, T_ZERO)
AXES = ("model", TEMPERATURE)  # vary in every sweep
PROFILE = "polarization"  # the observable that all questions rest on


@dataclass(frozen=True)
class Needs:
    """models : that are compared; varied : the keys that may vary besides the axes; fewest : values of a key

    only : models besides which there may be none
    path : whether driven spins, two samples or more at each point, are followed along one path of `dnplab.config.bath_paths`
    """

    models: tuple[str, ...] = ()
    varied: tuple[str, ...] = ()
    fewest: Mapping[str, int] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    path: bool = False


BOTH = ("hilbert", "nonsecular")
QUESTIONS: Mapping[str, Needs] = {
    "finite_size": Needs(BOTH, (SIZE,), {TEMPERATURE: 5}),
    "one_factor": Needs(BOTH, TIMES, {TEMPERATURE: 2}),
    "zeno_ratio": Needs(BOTH, (SIZE, COUPLING, "system.disorder_mhz", *TIMES)),
    "phase_diagram": Needs(("nonsecular",), (COUPLING,), {TEMPERATURE: 2, COUPLING: 2}),
    "frequency": Needs((), ("drive.frequency_ghz",), {"drive.frequency_ghz": 2}),
    "thermodynamic_limit": Needs(
        varied=(SIZE, *TIMES, AMPLITUDE, "correlation.order"),
        fewest={SIZE: 3, T_ZERO: 5},
        only=("nonsecular", "correlation"),
        path=True,
    ),
}


def require_answerable(question: str, points: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> None:
    """Raise `ConfigError` if a sweep over these points could not answer a question.

    points : by the keys that tell them apart
    runs : all logged parameters of each of its runs
    """
    needs, other = QUESTIONS[question], "summary=crossover takes any sweep"
    found = sorted({run["model"] for run in runs})
    if not set(needs.models) <= set(found):
        compared = f"model={','.join(needs.models)}"
        raise ConfigError(f"{question} compares {compared}, but this sweep has {', '.join(found)} only; {other}.")
    if needs.only and (others := [model for model in found if model not in needs.only]):
        raise ConfigError(f"{question} takes model={','.join(needs.only)} only; leave out {', '.join(others)} ({other}).")
    if needs.path and any(run[T_STAR] != run[T_ZERO] for run in runs):
        raise ConfigError(f"{question} needs T* = T(0) in every bath, which bath=uniform has; {other}.")
    allowed = (*AXES, *needs.varied)
    if varying := [key for key in points[0] if key not in allowed and len({point[key] for point in points}) > 1]:
        raise ConfigError(f"{question} varies {', '.join(allowed)}; give one value of {', '.join(varying)} ({other}).")
    for key, least in needs.fewest.items():
        count = len({run.get(key) for run in runs})
        if count < least:
            values = f"{least} or more values of {key}"
            raise ConfigError(f"{question} needs {values}, but this sweep has {count}; {other}.")
    if not all(PROFILE in run["observables.names"].split("+") for run in runs):
        raise ConfigError(f"{question} follows profiles, but observables.names lacks {PROFILE}; observables=profile has it.")
    if needs.path:
        _require_path(question, runs, other)


def _require_path(question: str, runs: Sequence[Mapping[str, Any]], other: str) -> None:
    """Refuse baths with T* = T(0) that are not of one path, and those of which no curve can be drawn."""
    for key, least, allowed in ((T_ZERO, 0.0, "finite"), (AMPLITUDE, 0.0, "> 0"), (SAMPLES, 1, "2 or more")):
        if wrong := [run[key] for run in runs if not least < run[key] < math.inf]:
            raise ConfigError(f"{question} needs {key} {allowed} in every run, but this sweep has {wrong[0]:g}; {other}.")
    path = next(path for path, key in PATHS.items() if len({run[key] for run in runs}) > 1)
    if reason := off_path(path, *([run[key] for run in runs] for key in (TEMPERATURE, "bath.t1_us", T_ZERO, AMPLITUDE))):
        raise ConfigError(f"{reason} in this sweep; {other}.")
