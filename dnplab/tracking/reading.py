"""Reading tracked runs back: what the analysis is given of a store."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dnplab.errors import TrackingError

if TYPE_CHECKING:
    from mlflow.entities import Run

    from dnplab.tracking.store import Store

__all__ = ["TrackedRun", "expected_grid", "find_runs", "read_table", "sweeps"]

SWEEP_TAG = "sweep."


@dataclass(frozen=True)
class TrackedRun:
    """One run as the store holds it; `params` are text, as MLflow keeps them."""

    run_id: str
    name: str
    status: str
    started_ms: int
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]

    @classmethod
    def of(cls, run: Run) -> TrackedRun:
        """The same run without MLflow's own tags."""
        return cls(
            run_id=run.info.run_id,
            name=run.info.run_name or run.info.run_id,
            status=run.info.status,
            started_ms=run.info.start_time or 0,
            params=dict(run.data.params),
            metrics=dict(run.data.metrics),
            tags={k: v for k, v in run.data.tags.items() if not k.startswith("mlflow.")},
        )


def find_runs(store: Store, **tags: str) -> list[TrackedRun]:
    """Runs of the store's experiment that carry all the given tags, newest first.

    Pass tags whose names are no identifiers with `**{"sweep.<id>": "1"}`.
    """
    clauses = [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
    return store.search(" and ".join(clauses))


def sweeps(store: Store) -> dict[str, dict[str, list[Any]]]:
    """Every sweep declared in the experiment: id -> (swept key -> its values)."""
    found = store.experiment_tags()
    return {key.removeprefix(SWEEP_TAG): json.loads(value) for key, value in found.items() if key.startswith(SWEEP_TAG)}


def expected_grid(store: Store, sweep: str) -> dict[str, list[Any]]:
    """The grid that `sweep` was declared with: swept key -> its values.

    Raises:
        TrackingError: no such sweep; the message names those that exist.

    """
    declared = sweeps(store)
    if sweep not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise TrackingError(f"There is no sweep {sweep!r} in the experiment {store.experiment!r}; known sweeps: {known}.")
    return declared[sweep]


@contextlib.contextmanager
def _artifact(store: Store, run_id: str, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        yield store.download(run_id, name, Path(folder))


def read_table(store: Store, run_id: str, name: str) -> pd.DataFrame:
    """The Parquet artifact `name` of a run, for example ``spins.parquet``.

    Raises:
        TrackingError: the run has no such artifact.

    """
    with _artifact(store, run_id, name) as path:
        return pd.read_parquet(os.fspath(path))
