"""Opening a store for reading: unlike for writing, neither it nor its experiment is created."""

from __future__ import annotations

from dnplab.errors import TrackingError
from dnplab.tracking._mlflow import client, translated
from dnplab.tracking.store import Store, _absolute, _sqlite_path

__all__ = ["existing_store"]


def existing_store(uri: str, experiment: str) -> Store:
    """The store at `uri`, opened at an experiment that it holds already.

    Raises:
        TrackingError: there is no such store or experiment; the message says what there is.

    """
    path = _sqlite_path(_absolute(uri))
    if path is not None and not path.exists():
        raise TrackingError(
            f"There is no tracking store at {uri!r} yet; `python -m experiments.run -m experiment=crossover` makes one."
        )
    if path is not None:
        uri = _absolute(uri)
        with translated(uri, "being opened"):
            present = [found.name for found in client(uri).search_experiments()]
        if experiment not in present:
            raise TrackingError(
                f"tracking.experiment is {experiment!r}, but the store {uri!r} holds {', '.join(sorted(present))}."
            )
    return Store(uri, experiment)
