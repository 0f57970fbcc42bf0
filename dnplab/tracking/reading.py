"""Reading tracked runs back: what the analysis is given of a store."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dnplab.errors import DamagedRunError

if TYPE_CHECKING:
    from mlflow.entities import Run

    from dnplab.tracking.store import Store

__all__ = ["DIGESTS", "TrackedRun", "digest_of", "fetch_files", "find_runs", "read_table"]

DIGESTS = "digests"  # tag of a run: file name -> digest, as JSON


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


@contextlib.contextmanager
def _artifact(store: Store, run_id: str, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dnplab-") as folder:
        yield store.download(run_id, name, Path(folder))


def digest_of(content: bytes) -> str:
    """The digest by which a file of a run is known again."""
    return hashlib.sha256(content).hexdigest()[:16]


def read_table(store: Store, run_id: str, name: str, digest: str | None = None) -> pd.DataFrame:
    """The Parquet artifact `name` of a run, for example ``spins.parquet``.

    digest : of the file as it was logged (the run's tag `digests`); None does not ask

    Raises:
        DamagedRunError: the file is not what was logged, or cannot be read.
        TrackingError: the run has no such artifact, or the store cannot be read.

    """
    with _artifact(store, run_id, name) as path:
        content = path.read_bytes() if path.is_file() else b""
    if digest is not None and digest_of(content) != digest:
        raise DamagedRunError(run_id, f"{name} of the run {run_id} is not what was logged")
    try:
        return pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        raise DamagedRunError(run_id, f"{name} of the run {run_id} cannot be read ({str(error).splitlines()[0]})") from error


def fetch_files(store: Store, run_id: str, folder: Path) -> None:
    """Copy all artifacts of a run into a folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(store.artifact_names(run_id)):
        found = store.download(run_id, name, folder)
        if found.parent != folder:
            shutil.copy(found, folder / name)
