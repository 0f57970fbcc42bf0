"""What a tracked run says about an ensemble: metrics by group, tables, and the state of the code that made it.

Metrics come in three groups: obs.* are means over the realizations that have the measure, with their standard errors
under `<name>_sem`; check.* are exclusions, the number of realizations without a measure (`check.undefined.<name>`) and
the worst numerical checks; time.* are wall-clock times.
"""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dnplab.ensemble import EnsembleResult

__all__ = ["code_tags", "metrics_of", "tables_of"]

NO_OBSERVABLES = {  # scalars of a realization that say how it was computed, and what is logged of them
    "residual": ("check.worst_residual", "max"),
    "error_estimate": ("check.worst_error_estimate", "max"),
    "truncation_error": ("check.worst_truncation_error", "max"),
    "trace_error": ("check.worst_trace_error", "max"),
    "min_eigenvalue": ("check.min_eigenvalue", "min"),
    "arbitrary_fraction": ("check.worst_arbitrary_fraction", "max"),
    "rounding_floor": ("check.at_rounding_floor", "sum"),
    "iterations": ("check.mean_iterations", "mean"),
    "seconds_solve": ("time.solve_mean_s", "mean"),
    "seconds": ("time.realization_mean_s", "mean"),
}


def metrics_of(result: EnsembleResult, total_s: float) -> dict[str, float]:
    """All metrics of a run; what is undefined or not finite is absent."""
    scalars = result.scalars
    found: dict[str, float] = {"check.excluded": len(result.excluded), "time.total_s": total_s}
    if result.damaged:
        found["check.damaged_checkpoints"] = result.damaged
    found |= {f"check.undefined.{name}": count for name, count in result.undefined_counts.items() if count > 0}
    for name, (mean, error) in result.averages.items():
        if name in NO_OBSERVABLES:
            label, reduction = NO_OBSERVABLES[name]
            found[label] = scalars[name].agg(reduction)
        else:
            found[f"obs.{name}"], found[f"obs.{name}_sem"] = mean, error
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def tables_of(result: EnsembleResult) -> dict[str, pd.DataFrame]:
    """The tables of a run by the stem of their Parquet file; those that were not asked for are absent."""
    tables = {
        "realizations": result.scalars,
        "spins": result.spins,
        "spectrum": result.spectrum,
        "eigenstates": result.eigenstates,
        "sz_values": result.sz_values,
        "excluded": result.excluded,
    }
    return {stem: table for stem, table in tables.items() if table is not None and not table.empty}


def code_tags(root: Path, distribution: str) -> dict[str, str]:
    """Which code ran: the Git commit of `root` and whether files differ from it, or the installed version."""
    commit = _git(root, "rev-parse", "HEAD") if _git(root, "rev-parse", "--show-prefix") == "" else None
    if commit is None:
        try:
            version = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            version = "unknown"
        return {"code_version": version, "code_dirty": "unknown"}
    dirty = "false" if _git(root, "status", "--porcelain") == "" else "true"
    return {"code_version": commit, "code_dirty": dirty, "mlflow.source.git.commit": commit}


def _git(root: Path, *words: str) -> str | None:
    """Standard output of a Git command in `root`, None where it fails."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
