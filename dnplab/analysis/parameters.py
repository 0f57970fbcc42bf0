"""The samples of a sweep with what tells its runs apart: sizes, couplings, times of the bath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from dnplab.analysis.sweep import Sweep
from dnplab.errors import UndefinedMeasureError

__all__ = ["PARAMETERS", "TIMES", "join_sweeps", "require_measure", "require_models", "require_varied", "with_parameters"]

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


def join_sweeps(sweeps: Sequence[Sweep], key: str = "system.n_spins") -> Sweep:
    """One sweep of several that differ in `key` alone, each with a number of samples of its own.

    Large sizes can so be computed with fewer samples than small ones: `finite_size_tables` takes what this gives.
    """
    parts: dict[str, list[pd.DataFrame]] = {"realizations": [], "spins": []}
    for sweep in sweeps:
        require_varied(sweep, "join_sweeps", key)
        for name, tables in parts.items():
            table: pd.DataFrame = getattr(sweep, name)
            tables.append(table if key in table else table.assign(**{key: sweep.runs[key].iloc[0]}))
    return replace(
        sweeps[0],
        name="+".join(sweep.name for sweep in sweeps),
        runs=pd.concat([sweep.runs for sweep in sweeps], ignore_index=True),
        groups=(key,),
        expected=sum(sweep.expected for sweep in sweeps),
        missing=tuple(point for sweep in sweeps for point in sweep.missing),
        warnings=tuple(dict.fromkeys(warning for sweep in sweeps for warning in sweep.warnings)),
        realizations=pd.concat(parts["realizations"], ignore_index=True),
        spins=pd.concat(parts["spins"], ignore_index=True),
    )


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
