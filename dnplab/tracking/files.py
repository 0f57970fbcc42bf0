"""The files of runs: each is known by its digest, a tag of the run, so that one that has changed is never read.

A finished run whose files are not what was logged is marked as outdated: it stays as it is until another has taken its
place.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Set
from pathlib import Path

import pandas as pd

from dnplab.errors import DamagedRunError
from dnplab.tracking.addresses import local_folder
from dnplab.tracking.reading import TrackedRun
from dnplab.tracking.store import Store

__all__ = [
    "DIGESTS",
    "OUTDATED",
    "digest_of",
    "digests_of",
    "fetch_files",
    "outdate",
    "read_table",
    "require_names",
    "require_whole",
]

DIGESTS = "digests"  # tag of a run: file name -> digest, as JSON
OUTDATED = "outdated"  # tag of a run that is to be replaced: why


def digest_of(content: bytes) -> str:
    """The digest by which a file of a run is known again."""
    return hashlib.sha256(content).hexdigest()[:16]


def digests_of(run: TrackedRun) -> dict[str, str]:
    """The digests of a run's files by their names.

    Raises:
        DamagedRunError: the tag is not what was logged.

    """
    try:
        return {str(name): str(digest) for name, digest in json.loads(run.tags.get(DIGESTS, "{}")).items()}
    except (ValueError, AttributeError) as error:
        raise DamagedRunError(run.run_id, f"The tag {DIGESTS} of the run {run.run_id} is not what was logged") from error


def require_whole(store: Store, run: TrackedRun, *, thorough: bool = True) -> None:
    """Ask that every file of a run is there, and that it is the one that was logged.

    thorough : fetch the files of a store that is not on this machine, to compare them; False asks for their names alone

    Raises:
        DamagedRunError: naming the file.

    """
    digests = digests_of(run)
    require_names(run, digests.keys(), store.file_names(run))
    if thorough or local_folder(run.artifacts) is not None:
        for name in digests:
            _content(store, run, name)


def require_names(run: TrackedRun, logged: Set[str], found: Set[str]) -> None:
    """Ask that all files that were logged are among those found.

    Raises:
        DamagedRunError: naming those that are not, where others are.

    """
    if gone := sorted(logged - found):
        which, verb = ("The files", "are") if not logged & found else (", ".join(gone), "is" if len(gone) == 1 else "are")
        complaint = f"{which} of the finished run {run.name!r} ({run.run_id}) {verb} gone from the store"
        raise DamagedRunError(run.run_id, complaint)


def read_table(store: Store, run: TrackedRun, name: str) -> pd.DataFrame:
    """The Parquet file `name` of a run, for example ``spins.parquet``.

    Raises:
        DamagedRunError: the file is not what was logged, or cannot be read.
        TrackingError: the run has no such file, or the store cannot be read.

    """
    content = _content(store, run, name)
    try:
        return pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        complaint = f"{name} of the run {run.run_id} cannot be read ({str(error).splitlines()[0]})"
        raise DamagedRunError(run.run_id, complaint) from error


def _content(store: Store, run: TrackedRun, name: str) -> bytes:
    """A file of a run, compared with its digest where it has one: runs of long ago have none."""
    content = store.content(run, name)
    if digest_of(content) != digests_of(run).get(name, digest_of(content)):
        raise DamagedRunError(run.run_id, f"{name} of the run {run.run_id} is not what was logged")
    return content


def fetch_files(store: Store, run: TrackedRun, folder: Path) -> None:
    """Copy all files of a run into a folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(store.file_names(run)):
        (folder / name).write_bytes(_content(store, run, name))


def outdate(store: Store, run: TrackedRun, reason: str) -> None:
    """Mark a run as one that is to be made again."""
    store.tag_run(run.run_id, OUTDATED, reason)
