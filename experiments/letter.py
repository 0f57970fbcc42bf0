"""A figure of the letter out of a tracked sweep: picture and tables, written and logged.

`experiments.run` ends a sweep of ``experiment=fig2`` and the like with `summarise`. The summary run stands beside the
ensembles that it shows; one that says the same as before is not logged again.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

import numpy as np
import pandas as pd

from dnplab.analysis import Sweep, read_sweep
from dnplab.analysis.letter import letter_note, letter_tables, split_sweep
from dnplab.comparison import group_words
from dnplab.figures import save
from dnplab.figures.letter import letter_figure
from dnplab.tracking import Store, finished_run, tracked_run

__all__ = ["LetterSummary", "summarise"]

SHOWN = {  # columns of the printed table, those that exist
    "model": "model",
    "temperature_k": "T / K",
    "n_spins": "N",
    "samples": "samples",
    "mean_polarization": "mean P",
    "ansatz_deviation": "ansatz_deviation",
    "beta_s_per_2pi_mhz": "beta_s (2pi MHz)^-1",
    "entropy": "entropy",
    "entropy_ratio": "entropy_ratio",
}
MEASURES = ("mean_polarization", "ansatz_deviation", "entropy", "entropy_ratio")


@dataclass(frozen=True)
class LetterSummary:
    """What `summarise` found and wrote."""

    sweep: Sweep
    tables: Mapping[str, pd.DataFrame]
    files: tuple[Path, ...]


def summarise(uri: str, experiment: str, sweep: str | None, outputs: Path, figure: str) -> tuple[LetterSummary, ...]:
    """Draw a figure of the letter from a sweep, print it in numbers, write it to `outputs`/letter/<sweep>/ and log it.

    A sweep over sizes or other parameters that the letter keeps makes one figure for each.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs; the summary goes there too.
        sweep: the sweep's id, the one asked for last if None.
        outputs: the folder everything is written under.
        figure: "fig2", "figs10" and the like.

    Raises:
        TrackingError: the store cannot be used or holds no such sweep.
        UndefinedMeasureError: the runs have not measured what the figure shows, or it means nothing for them.

    """
    found = read_sweep(uri, experiment, sweep)
    print(f"\n{figure} of the letter. {found.completeness}")
    for warning in found.warnings:
        print(f"Warning: {warning}")
    store = Store(uri, experiment, create=False)
    folder = outputs / "letter" / found.name
    return tuple(_summary(store, figure, part, group, folder) for group, part in split_sweep(found))


def _summary(store: Store, figure: str, sweep: Sweep, group: Mapping[str, object], folder: Path) -> LetterSummary:
    tables = letter_tables(figure, sweep)
    line = letter_note(figure, tables["runs"])
    if sweep.missing:
        line += f" {len(sweep.missing)} of {sweep.expected} points are missing."
    words = ", ".join(group_words(group))
    values = (f"{value:g}" if isinstance(value, float) else str(value) for value in group.values())
    stem = "_".join([figure, *(f"{key.rpartition('.')[2]}_{value}" for key, value in zip(group, values, strict=True))])
    files = _write(tables, folder, stem)
    files.insert(0, save(letter_figure(figure, tables, line), folder / f"{stem}.png"))
    print(f"\n{words}\n" if words else "")
    print(_report(tables["runs"]))
    print(f"\n{line}\nWritten to {folder}: {', '.join(file.name for file in files)}")
    _log(store, f"{figure} {words}".strip(), sweep, tables["runs"], {"figure": figure, "note": line}, files)
    return LetterSummary(sweep, tables, tuple(files))


def _write(tables: Mapping[str, pd.DataFrame], folder: Path, stem: str) -> list[Path]:
    """Every table as CSV and Parquet: <figure>.csv is what is drawn, where that is one table."""
    drawn = [name for name in tables if name != "runs"]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, table in tables.items():
        label = stem if drawn == [name] else f"{stem}_{name}"
        table.to_csv(folder / f"{label}.csv", index=False)
        table.to_parquet(folder / f"{label}.parquet", index=False)
        files += [folder / f"{label}.csv", folder / f"{label}.parquet"]
    return files


def _report(runs: pd.DataFrame) -> str:
    """A line a run: samples and means with their standard errors."""
    columns: dict[str, Sequence[str]] = {}
    for name, title in SHOWN.items():
        if name in runs:
            errors = runs[f"{name}_sem"] if f"{name}_sem" in runs else [np.nan] * len(runs)
            columns[title] = [_cell(value, error) for value, error in zip(runs[name], errors, strict=True)]
    return pd.DataFrame(columns).to_string(index=False)


def _cell(value: object, error: float) -> str:
    if not isinstance(value, float):
        return str(value)
    if np.isnan(value):
        return "-"
    return f"{value:.4g}" if np.isnan(error) else f"{value:.4f} ± {error:.4f}"


def _log(
    store: Store, name: str, sweep: Sweep, runs: pd.DataFrame, params: Mapping[str, str], files: Sequence[Path]
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
        "source": "experiments.letter",
        "complete": str(not sweep.missing).lower(),
        "ensembles": ",".join(sweep.runs["run_id"].astype(str)),
    }
    metrics = {
        f"obs.{measure}.{row['model']}.{row['temperature_k']:g}K": float(row[measure])
        for row in runs.to_dict("records")
        for measure in MEASURES
        if measure in runs and np.isfinite(row[measure])
    }
    opened = tracked_run(store, name=name, fingerprint=digest.hexdigest(), params=params, tags=tags)
    with opened as run, tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        run.log(metrics=metrics)
        for file in files:
            copy2(file, folder)
        run.log_files(Path(folder))
