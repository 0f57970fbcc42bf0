"""What a sweep of ensembles ends with: a question answered by tables, a note in numbers and a figure.

Every question is answered the same way: `answer` makes its tables of the sweep's finished runs, prints the first of them
with the note, writes picture, CSV and Parquet, and logs one summary run beside the ensembles that it rests on; one that says
the same as before is not logged again. `experiments.run` ends a sweep with `summarise` where its config says
``summary: <name>``.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dnplab.analysis import Sweep, read_sweep
from dnplab.analysis.bath_paths import join_paths
from dnplab.analysis.finite_size import finite_size_metrics, finite_size_tables
from dnplab.analysis.finite_size_note import finite_size_note
from dnplab.analysis.frequency import frequency_metrics, frequency_note, frequency_tables
from dnplab.analysis.one_factor import one_factor_metrics, one_factor_note, one_factor_tables
from dnplab.analysis.parameters import join_sweeps
from dnplab.analysis.phase_diagram import phase_diagram_metrics, phase_diagram_note, phase_diagram_tables
from dnplab.analysis.thermodynamic_limit import thermodynamic_limit_metrics, thermodynamic_limit_tables
from dnplab.analysis.thermodynamic_limit_note import thermodynamic_limit_note
from dnplab.analysis.zeno_ratio import zeno_ratio_metrics, zeno_ratio_note, zeno_ratio_tables
from dnplab.comparison import Tables, group_words
from dnplab.figures import save
from dnplab.figures.finite_size import finite_size_figure
from dnplab.figures.frequency import frequency_figure
from dnplab.figures.one_factor import one_factor_figure
from dnplab.figures.phase_diagram import phase_diagram_figure
from dnplab.figures.thermodynamic_limit import thermodynamic_limit_figure
from dnplab.figures.zeno_ratio import zeno_ratio_figure
from dnplab.numbers import with_error, with_interval
from dnplab.tracking import Store, finished_run, tracked_run
from experiments.endings import BOOTSTRAP, SEED

__all__ = ["QUESTIONS", "Question", "Summary", "answer", "as_text", "open_sweep", "summarise"]

RUNS = "runs"  # a table of this name lists runs; the others are what is drawn
LONGEST_FOLDER = 150
ENDS = ("_sem", "_lower", "_upper")


def _joined(sweeps: Sequence[Sweep]) -> Sweep:
    return join_sweeps(sweeps) if len(sweeps) > 1 else sweeps[0]


def _no_metrics(_: Tables) -> Mapping[str, float]:
    return {}


@dataclass(frozen=True)
class Question:
    """How one question is answered from a sweep.

    tables : what a sweep says, by name, with so many resamples from that seed; the first one is the answer, and printed
    note : one to three sentences: the conclusion with its numbers and errors, and what it does not cover
    figure : of the tables, with the note below
    shown : columns of the printed table and their titles, those that exist; None shows every column
    metrics : numbers that the summary run logs
    join : one sweep of one or several that were asked for
    """

    tables: Callable[[Sweep, int, int], Mapping[str, pd.DataFrame]]
    note: Callable[[Tables], str]
    figure: Callable[[Tables, str], Figure]
    shown: Mapping[str, str] | None = None
    metrics: Callable[[Tables], Mapping[str, float]] = _no_metrics
    join: Callable[[Sequence[Sweep]], Sweep] = _joined


SIZES_SHOWN = {
    "measure": "measure",
    "definition": "definition",
    "n_spins": "N",
    "samples": "samples",
    "crossover_k": "crossover / K",
    "width_decades": "width / decades",
    "reason": "",
}
FACTORS_SHOWN = {
    "measure": "measure",
    "follows": "follows T",
    "rise": "rise",
    "share": "share of the letter's",
    "share_reason": "no share",
    "crossover_k": "crossover / K",
    "reason": "no crossover",
}
BOUNDARY_SHOWN = {
    "measure": "measure",
    "model": "model",
    "temperature_k": "T / K",
    "coupling_mhz": "1/2 at U / MHz",
    "coupling_over_hilbert": "over hilbert",
    "reason": "",
}
OPTIMUM_SHOWN = {
    "temperature_k": "T / K",
    "lobe": "lobe",
    "model": "model",
    "offset_mhz": "optimum / MHz",
    "nuclear_polarization": "P_n",
    "nuclear_polarization_over_hilbert": "over hilbert",
    "without_optimum": "resamples without",
    "reason": "",
}
PATHS_SHOWN = {
    "path": "path",
    "measure": "measure",
    "n_spins": "N",
    "samples": "samples",
    "slope": "slope / decade",
    "slope_truncation": "cut",
    "position": "half rise / T_D",
    "position_truncation": "cut ",
    "width_decades": "width / decades",
    "whole": "seen whole",
    "reason": "",
}
QUESTIONS: dict[str, Question] = {  # by what `summary` says in a config; dnplab.config.plan knows these names
    "finite_size": Question(finite_size_tables, finite_size_note, finite_size_figure, SIZES_SHOWN, finite_size_metrics),
    "one_factor": Question(one_factor_tables, one_factor_note, one_factor_figure, FACTORS_SHOWN, one_factor_metrics),
    "zeno_ratio": Question(zeno_ratio_tables, zeno_ratio_note, zeno_ratio_figure, metrics=zeno_ratio_metrics),
    "phase_diagram": Question(
        phase_diagram_tables, phase_diagram_note, phase_diagram_figure, BOUNDARY_SHOWN, phase_diagram_metrics
    ),
    "frequency": Question(frequency_tables, frequency_note, frequency_figure, OPTIMUM_SHOWN, frequency_metrics),
    "thermodynamic_limit": Question(
        thermodynamic_limit_tables,
        thermodynamic_limit_note,
        thermodynamic_limit_figure,
        PATHS_SHOWN,
        thermodynamic_limit_metrics,
        join_paths,
    ),
}


@dataclass(frozen=True)
class Summary:
    """What was found and written."""

    sweep: Sweep
    tables: Tables
    note: str
    files: tuple[Path, ...]


def summarise(
    uri: str, experiment: str, sweep: str | None, outputs: Path, name: str, bootstrap: int = BOOTSTRAP, seed: int = SEED
) -> Summary:
    """Answer the question `name` from a sweep: print it, write it to `outputs`/<name>/<sweep>/ and log it.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs; the summary goes there too.
        sweep: the sweep's id, the one asked for last if None.
        outputs: the folder everything is written under.
        name: of the question, one of `QUESTIONS`.
        bootstrap: number of resamples.
        seed: of the bootstrap.

    Raises:
        TrackingError: the store cannot be used or holds no such sweep.
        UndefinedMeasureError: the runs have not measured what the question is about.

    """
    found = open_sweep(uri, experiment, sweep, name.replace("_", " ").capitalize(), QUESTIONS[name].join)
    store, folder = Store(uri, experiment, create=False), outputs / name / _folder(found.name)
    return answer(QUESTIONS[name], name, found, store, folder, bootstrap=bootstrap, seed=seed)


def _folder(sweep: str) -> str:
    """The name of a sweep; of many that are joined a short one, as file systems bound a name."""
    if len(sweep) <= LONGEST_FOLDER:
        return sweep
    return f"{sweep.count('+') + 1}-sweeps-{hashlib.sha256(sweep.encode()).hexdigest()[:10]}"


def open_sweep(
    uri: str,
    experiment: str,
    sweep: str | None,
    heading: str,
    join: Callable[[Sequence[Sweep]], Sweep] = _joined,
) -> Sweep:
    """Read a sweep, or several of one experiment joined by +, and print how complete it is under a heading."""
    found = join([read_sweep(uri, experiment, name) for name in (sweep.split("+") if sweep else [None])])
    print(f"\n{heading}. {found.completeness}")
    for warning in found.warnings:
        print(f"Warning: {warning}")
    return found


def answer(
    question: Question,
    name: str,
    sweep: Sweep,
    store: Store,
    folder: Path,
    group: Mapping[str, object] | None = None,
    *,
    bootstrap: int = BOOTSTRAP,
    seed: int = SEED,
) -> Summary:
    """Answer a question from a sweep, or from the part of one that `group` tells apart from the others."""
    group = group or {}
    tables = question.tables(sweep, bootstrap, seed)
    note = question.note(tables)
    if sweep.missing:
        note += f" {len(sweep.missing)} of {sweep.expected} points are missing."
    words = ", ".join(group_words(group))
    values = (f"{value:g}" if isinstance(value, float) else str(value) for value in group.values())
    stem = "_".join([name, *(f"{key.rpartition('.')[2]}_{value}" for key, value in zip(group, values, strict=True))])
    files = [save(question.figure(tables, note), folder / f"{stem}.png"), *_write(tables, folder, stem)]
    print(f"\n{words}\n" if words else "")
    print(as_text(next(iter(tables.values())), question.shown))
    print(f"\n{note}\nWritten to {folder}: {', '.join(file.name for file in files)}")
    params = {"figure": name, "note": note}
    _log(store, f"{name} {words}".strip(), sweep, params, question.metrics(tables), files)
    return Summary(sweep, tables, note, tuple(files))


def as_text(table: pd.DataFrame, shown: Mapping[str, str] | None = None) -> str:
    """A table for a terminal: "a ± b" for a column with its standard error, "a [b, c]" for one with its interval."""
    columns: dict[str, Sequence[str]] = {}
    chosen = shown or {str(name): str(name) for name in table if not str(name).endswith(ENDS)}
    for name, title in chosen.items():
        if name in table:
            ends = [table[name + end] if name + end in table else [np.nan] * len(table) for end in ENDS]
            columns[title] = [_cell(*values) for values in zip(table[name], *ends, strict=True)]
    return pd.DataFrame(columns).to_string(index=False)


def _cell(value: object, sem: float, lower: float, upper: float) -> str:
    if not isinstance(value, float):
        return str(value)
    if np.isnan(value):
        return "-"
    return with_interval(value, lower, upper) if np.isnan(sem) else with_error(value, sem)


def _write(tables: Tables, folder: Path, stem: str) -> list[Path]:
    """Every table as CSV and Parquet: <stem>.csv is what is drawn, where that is one table."""
    drawn = [name for name in tables if name != RUNS]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in tables.items():
        label = stem if drawn == [name] else f"{stem}_{name}"
        table.to_csv(folder / f"{label}.csv", index=False)
        table.to_parquet(folder / f"{label}.parquet", index=False)
        files += [folder / f"{label}.csv", folder / f"{label}.parquet"]
    return files


def _log(
    store: Store, name: str, sweep: Sweep, params: Mapping[str, str], metrics: Mapping[str, float], files: Sequence[Path]
) -> None:
    """One run with picture and tables, unless one holds the same bytes."""
    digest = hashlib.sha256(name.encode())
    for file in files:
        digest.update(file.read_bytes())
    if finished_run(store, digest.hexdigest()) is not None:
        return
    tags = {
        "summary": "true",
        "sweep": sweep.name,
        "source": "experiments.summaries",
        "complete": str(not sweep.missing).lower(),
        "ensembles": ",".join(sweep.runs["run_id"].astype(str)),
    }
    opened = tracked_run(store, name=name, fingerprint=digest.hexdigest(), params=params, tags=tags)
    with opened as run, tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        run.log(metrics={key: float(value) for key, value in metrics.items() if np.isfinite(value)})
        for file in files:
            copy2(file, folder)
        run.log_files(Path(folder))
