"""Runs as the store holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Run

    from dnplab.tracking.store import Store

__all__ = ["TrackedRun", "find_runs"]


@dataclass(frozen=True)
class TrackedRun:
    """One run as the store holds it; `params` are text, as MLflow keeps them, `artifacts` is the place of its files."""

    run_id: str
    name: str
    status: str
    started_ms: int
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    artifacts: str = ""

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
            artifacts=run.info.artifact_uri or "",
        )


def find_runs(store: Store, **tags: str) -> list[TrackedRun]:
    """Runs of the store's experiment that carry all the given tags, newest first.

    Pass tags whose names are no identifiers with `**{"sweep.<id>": "1"}`.
    """
    clauses = [f"tags.`{key}` = '{value}'" for key, value in tags.items()]
    return store.search(" and ".join(clauses))
