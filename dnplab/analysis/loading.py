"""A sweep as plain DataFrames: `load_sweep` has a row a run, the others a row a realization, a spin, a bin.

Columns are the parameters of the configs without their section (`system.n_spins` is n_spins), the measures without their
prefix (`obs.beta_s` is beta_s), and what else a run says (check_*, regime_*, seconds). Units stand in the names.
Nothing is filled in: what a run does not have is NaN (None for text), and `frame.attrs["warnings"]` says so.

`frame.attrs` of every frame holds sweep, experiment, expected (points asked for), missing (those without a finished run,
by their columns), complete (whether it is known that none is missing) and warnings (sentences).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from dnplab.analysis.runs import SweepRuns, find_sweep
from dnplab.comparison import in_order
from dnplab.errors import DamagedRunError, UndefinedMeasureError
from dnplab.tracking import TrackedRun, store_of

__all__ = ["load_profiles", "load_samples", "load_spectra", "load_sweep"]

PREFIXED = ("drive.", "solver.")  # sections whose keys mean nothing alone: drive_frequency_ghz, solver_method
RENAMED = {"observables.names": "observables", "time.total_s": "seconds", "check.excluded": "excluded"}
LEADING_PARAMS = (
    "model", "temperature_k", "n_spins", "disorder_mhz", "coupling_mhz", "ising", "electron_ghz",
    "t1_us", "t_star_us", "t_zero_us", "drive_frequency_ghz", "drive_amplitude_mhz", "seed", "realizations",
)  # fmt: skip
INTEGERS = ("n_spins", "seed", "realizations", "kept_spins")
POINT = "point."  # metrics that repeat parameters as numbers, for MLflow's pages
SWITCHES = ("ising",)
TEXTS = ("model", "process", "drive_sites", "solver_method", "observables", "shard")
BOOKKEEPING = ("code_version", "numerics")


def load_sweep(
    sweep: str | None = None,
    *,
    outputs: Path | str = "outputs",
    uri: str | None = None,
    experiment: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The finished runs of a sweep, one a row: parameters, means with standard errors (`_sem`), checks, times.

    Args:
        sweep: the sweep's id; None is the one asked for last (studies and shards have no table and are passed over).
        outputs: the output folder that holds the store.
        uri: the tracking store, where it is not the one in `outputs`.
        experiment: the experiment in it, None to look through all.
        tags: keep the runs that carry all of these, e.g. {"model": "nonsecular"}.

    Raises:
        TrackingError: there is no such store, experiment or sweep, or no finished run; one sentence.
        DamagedRunError: a parameter is not what was logged.

    """
    return _run_table(_found(sweep, outputs, uri, experiment, tags))


def load_samples(
    sweep: str | None = None,
    *,
    outputs: Path | str = "outputs",
    uri: str | None = None,
    experiment: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Every measure of every realization; the arguments of `load_sweep`.

    In front of `realization` stand the columns that name the run: run_id, model, temperature_k, n_spins, and every parameter
    that varies inside the sweep. Equal (system, seed, realization) are the same disorder sample. A measure is NaN where a
    realization does not have it; a realization that did not converge has no row.

    Raises:
        DamagedRunError: the table of a run is gone, or is not what was logged.

    """
    return _long_table("realizations", _found(sweep, outputs, uri, experiment, tags))


def load_profiles(
    sweep: str | None = None,
    *,
    outputs: Path | str = "outputs",
    uri: str | None = None,
    experiment: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Polarizations by realization and spin: realization, spin, offset_mhz, polarization, ansatz, hilbert, bloch, boltzmann.

    Arguments and leading columns are those of `load_samples`.
    """
    return _long_table("spins", _found(sweep, outputs, uri, experiment, tags))


def load_spectra(
    sweep: str | None = None,
    *,
    outputs: Path | str = "outputs",
    uri: str | None = None,
    experiment: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """EPR spectra by bin, per MHz: left_mhz, right_mhz, and epr, ansatz, boltzmann with `_sem`, means over realizations.

    Arguments and leading columns are those of `load_samples`.
    """
    return _long_table("spectrum", _found(sweep, outputs, uri, experiment, tags))


def _found(
    sweep: str | None, outputs: Path | str, uri: str | None, experiment: str | None, tags: Mapping[str, str] | None
) -> SweepRuns:
    found = find_sweep(store_of(Path(outputs), uri), experiment, sweep, tags)
    models = in_order(found.table["model"])
    ranks = found.table.assign(model=found.table["model"].map(models.index))
    by = ["model", "bath.temperature_k", *found.groups]
    mixed = {name: ranks[name].astype(str) for name in by if ranks[name].dtype == object}  # "all" and 2: sites of a drive
    rows = ranks.assign(**mixed).sort_values(by, kind="stable").index
    return replace(found, runs=tuple(found.runs[row] for row in rows), table=found.table.loc[rows].reset_index(drop=True))


def _run_table(found: SweepRuns) -> pd.DataFrame:
    params, others, warnings = _params(found.runs), _logged(found.runs), list(found.warnings)
    measures = [name for name in others if name.startswith("obs.")]
    named = {name: name.removeprefix("obs.") for name in measures}
    others = {name: values for name, values in others.items() if not name.startswith(POINT)}
    named |= {name: RENAMED.get(name, name.replace(".", "_")) for name in others if name not in named}
    checks = sorted(set(others) - set(measures) - set(RENAMED), key=_section)
    front = {"run_id": [run.run_id for run in found.runs], "name": [run.name for run in found.runs]}
    logged = [name for name in ("check.excluded", *measures, *checks, "time.total_s") if name in others]
    table = pd.DataFrame({**front, **params, **{named[name]: others[name] for name in logged}})
    table["started"] = pd.to_datetime([run.started_ms for run in found.runs], unit="ms", utc=True)
    for tag in BOOKKEEPING:
        table[tag] = [run.tags.get(tag, "unknown") for run in found.runs]
    if "excluded" in table and table["excluded"].notna().all():
        table["excluded"] = table["excluded"].astype(np.int64)
    warnings += [_absent(found, name, others[name]) for name in measures if not name.endswith("_sem")]
    table.attrs.update(_attrs(found, [*_seed_warning(params), *warnings]))
    return table


def _long_table(stem: str, found: SweepRuns) -> pd.DataFrame:
    params = _params(found.runs)
    keys = pd.DataFrame({"run_id": [run.run_id for run in found.runs], **params, "numerics": found.table["numerics"]})
    always = ("run_id", "model", "temperature_k", "n_spins")
    keys = keys[[name for name in keys if name in always or len(set(map(str, keys[name]))) > 1]]
    files = found.require_files()
    table = found.long(f"{stem}.parquet", keys, files)
    lacking = [run.name for run in found.runs if f"{stem}.parquet" not in files[run.run_id]]
    if len(lacking) == len(found.runs):
        raise UndefinedMeasureError(
            f"The runs of the sweep {found.name!r} have stored no {stem}: observables.names=... says what runs measure."
        )
    told = [f"{len(lacking)} of {len(found.runs)} runs have stored no {stem}: {', '.join(lacking[:6])}."] if lacking else []
    table.attrs.update(_attrs(found, [*_seed_warning(params), *found.warnings, *told]))
    return table


def _params(runs: Sequence[TrackedRun]) -> dict[str, pd.Series]:
    """Typed columns of the runs' parameters, those of every sweep first."""
    keys = list(dict.fromkeys(key for run in runs for key in run.params))
    names = _column_names(keys)
    columns = {names[key]: _typed(names[key], runs, key) for key in keys}
    leading = [name for name in LEADING_PARAMS if name in columns]
    return {name: columns[name] for name in [*leading, *(name for name in columns if name not in leading)]}


def _column_names(keys: Sequence[str]) -> dict[str, str]:
    names = {
        key: RENAMED.get(key, key.replace(".", "_") if key.startswith(PREFIXED) else key.rpartition(".")[2]) for key in keys
    }
    taken = list(names.values())
    return {key: name if taken.count(name) == 1 else key.replace(".", "_") for key, name in names.items()}


def _typed(name: str, runs: Sequence[TrackedRun], key: str) -> pd.Series:
    """The values of one parameter, of the type that its column has in every sweep; absent ones are NaN or None."""
    texts = [run.params.get(key) for run in runs]
    if name in TEXTS:
        return pd.Series(texts, dtype=object)
    known = name in (*INTEGERS, *SWITCHES, *LEADING_PARAMS)
    read: Callable[[str], object] = int if name in INTEGERS else _switch if name in SWITCHES else float
    values: list[object] = []
    for run, text in zip(runs, texts, strict=True):
        try:
            values.append(None if text is None else read(text))
        except ValueError as error:
            if not known:  # a parameter of another program, in its own words
                return pd.Series(texts, dtype=object)
            complaint = f"The parameter {key} of the run {run.run_id} is {text!r}, which is not what was logged"
            raise DamagedRunError(run.run_id, complaint) from error
    if None in values and read is int:
        return pd.Series(values, dtype="Int64")
    return pd.Series(values, dtype=float) if read is float else pd.Series(values)


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _logged(runs: Sequence[TrackedRun]) -> dict[str, list[float]]:
    """The metrics of the runs by their names; NaN where a run lacks one."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    return {name: [run.metrics.get(name, np.nan) for run in runs] for name in names}


def _section(name: str) -> tuple[int, str]:
    sections = ("check.", "regime.", "time.")
    return next((place for place, section in enumerate(sections) if name.startswith(section)), len(sections)), name


def _absent(found: SweepRuns, name: str, values: Sequence[float]) -> str:
    """A sentence on the runs that lack a measure that others have, with the reason that the first of them logged."""
    lacking = [run for run, value in zip(found.runs, values, strict=True) if np.isnan(value)]
    if not lacking:
        return ""
    measure, first = name.removeprefix("obs."), lacking[0]
    reason = first.tags.get(f"undefined.{measure}", "")
    verb = "has" if len(lacking) == 1 else "have"
    return (
        f"{len(lacking)} of {len(values)} runs {verb} no {measure}, {first.name} for one{': ' + reason if reason else '.'}"
    )


def _seed_warning(params: Mapping[str, pd.Series]) -> list[str]:
    seeds = [] if "seed" not in params else sorted(set(params["seed"].dropna()))
    if len(seeds) < 2:
        return []
    named = ", ".join(map(str, seeds[:6])) + (", ..." if len(seeds) > 6 else "")
    return [f"These runs have {len(seeds)} seeds ({named}); samples are the same only where the seed is."]


def _attrs(found: SweepRuns, warnings: Sequence[str]) -> dict[str, object]:
    """What a frame says about its sweep, in plain values, which Parquet keeps."""
    asked = list(dict.fromkeys(key for point in found.missing for key in point))
    names = _column_names(asked)
    told = [found.completeness] if found.missing else []
    return {
        "sweep": found.name,
        "experiment": found.store.experiment,
        "expected": found.expected,
        "missing": [{names[key]: value for key, value in point.items()} for point in found.missing],
        "complete": found.declared and not found.missing,
        "warnings": [*told, *(sentence for sentence in warnings if sentence)],
    }
