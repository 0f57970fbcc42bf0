"""The samples of a sweep with what tells its runs apart: sizes, couplings, times of the bath."""

from __future__ import annotations

import pandas as pd

from dnplab.analysis.sweep import Sweep
from dnplab.errors import UndefinedMeasureError

__all__ = ["PARAMETERS", "TIMES", "require_measure", "require_models", "require_varied", "with_parameters"]

TIMES = ("t1_us", "t_star_us", "t_zero_us")
PARAMETERS = {
    "n_spins": "system.n_spins",
    "coupling_mhz": "system.coupling_mhz",
    "disorder_mhz": "system.disorder_mhz",
    **{name: f"bath.{name}" for name in TIMES},
}


def with_parameters(sweep: Sweep) -> pd.DataFrame:
    """The realizations of a sweep with the columns of `PARAMETERS` in front, whether they vary or not."""
    point = [*sweep.groups, "model", "temperature_k"]
    runs = sweep.runs.rename(columns={"bath.temperature_k": "temperature_k"})
    named = runs[point].assign(**{name: runs[key].astype(float) for name, key in PARAMETERS.items()})
    samples = named.merge(sweep.realizations, on=point)
    return samples.drop(columns=list(sweep.groups)).assign(n_spins=samples["n_spins"].astype(int))


def require_models(sweep: Sweep, question: str, *models: str) -> None:
    """Raise `UndefinedMeasureError` if the sweep lacks one of the models that a question compares."""
    if not set(models) <= set(sweep.runs["model"]):
        has = ", ".join(sorted(set(sweep.runs["model"])))
        raise UndefinedMeasureError(f"{question} needs model={','.join(models)}; the sweep {sweep.name!r} has {has} only.")


def require_measure(sweep: Sweep, question: str, measure: str) -> None:
    """Raise `UndefinedMeasureError` if the runs have not measured what a question follows."""
    if measure not in sweep.realizations:
        told = f"the runs of the sweep {sweep.name!r} have not measured it; observables=profile does"
        raise UndefinedMeasureError(f"{question} follows {measure}, but {told}.")


def require_varied(sweep: Sweep, question: str, *allowed: str) -> None:
    """Raise `UndefinedMeasureError` if a sweep varies more than model, temperature and the `allowed` parameters."""
    if others := [key for key in sweep.groups if key not in allowed]:
        varies = ", ".join(("model", "bath.temperature_k", *allowed))
        raise UndefinedMeasureError(f"{question} varies {varies}; give one value of {', '.join(others)}.")
