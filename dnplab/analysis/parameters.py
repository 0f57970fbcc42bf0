"""The samples of a sweep with what tells its runs apart: sizes, couplings, times of the bath."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dnplab.analysis.sweep import Sweep
from dnplab.errors import UndefinedMeasureError

__all__ = [
    "PARAMETERS", "TIMES", "join_sweeps", "joined_warnings", "require_measure", "require_models", "require_varied",
    "with_parameters",
]  # fmt: skip

TIMES = ("t1_us", "t_star_us", "t_zero_us")
PARAMETERS = {
    "n_spins": "system.n_spins",
    "coupling_mhz": "system.coupling_mhz",
    "disorder_mhz": "system.disorder_mhz",
    **{name: f"bath.{name}" for name in TIMES},
}
ALIKE = ("system.", "drive.", "bath.", "solver.", "ensemble.")  # params of a run


def with_parameters(sweep: Sweep) -> pd.DataFrame:
    """The realizations of a sweep with the columns of `PARAMETERS` in front, whether they vary or not."""
    point = [*sweep.groups, "model", "temperature_k"]
    runs = sweep.runs.rename(columns={"bath.temperature_k": "temperature_k"})
    named = runs[point].assign(**{name: runs[key].astype(float) for name, key in PARAMETERS.items()})
    samples = named.merge(sweep.realizations, on=point)
    return samples.drop(columns=list(sweep.groups)).assign(n_spins=samples["n_spins"].astype(int))


def join_sweeps(sweeps: Sequence[Sweep], key: str = "system.n_spins") -> Sweep:
    """One sweep of several that differ in `key`, model and temperature alone, each with a number of samples of its own.

    Large sizes can so be computed with fewer samples than small ones. Spectra and eigenstates are left out.

    Raises:
        UndefinedMeasureError: the sweeps differ in something else, or have a point in common.

    """
    parts: dict[str, list[pd.DataFrame]] = {"realizations": [], "spins": []}
    for sweep in sweeps:
        require_varied(sweep, "A join of sweeps", key)
        for name, tables in parts.items():
            table: pd.DataFrame = getattr(sweep, name)
            tables.append(table if key in table else table.assign(**{key: sweep.runs[key].iloc[0]}))
    runs = pd.concat([sweep.runs for sweep in sweeps], ignore_index=True)
    name = "+".join(sweep.name for sweep in sweeps)
    _require_alike(runs, key, name)
    return Sweep(
        name=name,
        runs=runs,
        groups=(key,),
        expected=sum(sweep.expected for sweep in sweeps),
        missing=tuple(point for sweep in sweeps for point in sweep.missing),
        warnings=joined_warnings(sweeps),
        realizations=pd.concat(parts["realizations"], ignore_index=True),
        spins=pd.concat(parts["spins"], ignore_index=True),
    )


def joined_warnings(sweeps: Sequence[Sweep]) -> tuple[str, ...]:
    """What is to be said of sweeps that are joined, each sentence once."""
    versions = sorted({version for sweep in sweeps if "numerics" in sweep.runs for version in sweep.runs["numerics"]})
    several = f"The numbers of these runs come from {len(versions)} versions of the code: {', '.join(versions)}."
    found = [warning for sweep in sweeps for warning in sweep.warnings]
    return tuple(dict.fromkeys([*found, *([several] if len(versions) > 1 else [])]))


def _require_alike(runs: pd.DataFrame, key: str, name: str) -> None:
    """Raise `UndefinedMeasureError` if runs of a join differ in a parameter that nobody follows, or repeat a point."""
    point = [key, "model", "bath.temperature_k"]
    own = {*point, "ensemble.realizations", *(f"bath.{time}" for time in TIMES)}
    params = [str(column) for column in runs if str(column).startswith(ALIKE) and column not in own]
    if differing := [column for column in params if len(set(map(str, runs[column]))) > 1]:
        raise UndefinedMeasureError(f"The sweeps {name} cannot be joined: they differ in {', '.join(differing)}.")
    if (again := runs[runs.duplicated(point)]).size:
        n, model, temperature = again[point].iloc[0]
        raise UndefinedMeasureError(
            f"The sweeps {name} cannot be joined: {len(again)} points repeat, {model} at {temperature:g} K "
            f"with {key} = {n:g} for one."
        )


def require_models(sweep: Sweep, question: str, *models: str) -> None:
    """Raise `UndefinedMeasureError` if the sweep has no sample of one of the models that a question compares."""
    if not set(models) <= set(sweep.realizations["model"]):
        has = ", ".join(sorted(set(sweep.realizations["model"])))
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
