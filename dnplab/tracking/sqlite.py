"""A SQLite tracking store as a file: created, checked for what it is, and asked where it was made.

A new one is created under a temporary name, under a file lock, and renamed into place when it is complete: parallel jobs
cannot race for its tables and a killed creation leaves nothing that looks like a store.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import tempfile
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from dnplab.errors import TrackingError
from dnplab.tracking._mlflow import quiet, translated
from dnplab.tracking.addresses import local_folder

__all__ = ["ARTIFACTS", "home_of", "prepare_store", "require_store"]

ARTIFACTS = "mlartifacts"  # beside it in an output folder
LOCKED_TIMEOUT_S = 5.0  # another process writes for that long at most
LOCK_TIMEOUT_S = 120.0  # another process creates the store within seconds
HEADER = b"SQLite format 3\0"
VERSION_TABLE = "alembic_version"
NO_STORE = "There is no tracking store at {uri!r} yet; `python -m experiments.run -m experiment=crossover` makes one."


def home_of(path: Path) -> Path | None:
    """The output folder that a store was made in: its first experiment's files are below it; None where nobody knows."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=1.0)) as connection:
            question = "SELECT artifact_location FROM experiments ORDER BY experiment_id LIMIT 1"
            found = connection.execute(question).fetchone()
    except sqlite3.Error:  # whoever opens the store says what is wrong with it
        return None
    folder = local_folder(str(found[0])) if found else None
    places = [] if folder is None else [folder, folder.parent]  # MLflow puts an experiment's own folder below it
    return next((place.parent for place in places if place.name == ARTIFACTS), None)


def require_store(path: Path) -> None:
    """Raise TrackingError unless there is a store that can be read."""
    uri = f"sqlite:///{path}"
    if not path.exists():
        raise TrackingError(NO_STORE.format(uri=uri))
    try:
        _check_database(path)
    except (OSError, sqlite3.Error) as error:
        raise TrackingError(f"tracking.uri is {uri!r}, which cannot be read ({error}).") from error


def prepare_store(path: Path, artifacts: Path | None) -> None:
    """Make sure that `path` is a complete and writable store, creating it if it is missing."""
    try:
        if path.exists():
            _check_database(path)  # before a lock file is put beside it, or MLflow's tables into it
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()  # a lock would wait for ever where nothing can be written
        with FileLock(f"{path}.lock", timeout=LOCK_TIMEOUT_S):
            if not path.exists() or path.stat().st_size == 0:
                _create_sqlite(path, artifacts)
        connection = sqlite3.connect(path, timeout=LOCKED_TIMEOUT_S)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE writable (answer)")  # the lock is given for a read-only file too
            connection.rollback()
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        raise TrackingError(
            f"tracking.uri is 'sqlite:///{path}', which cannot be opened for writing ({error}); "
            "it may be any MLflow tracking URI, or null for mlflow.db in the output folder."
        ) from error


def _check_database(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(len(HEADER))
    if header not in (b"", HEADER):
        raise sqlite3.DatabaseError("file is not a database")
    with contextlib.closing(sqlite3.connect(path, timeout=LOCKED_TIMEOUT_S)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and VERSION_TABLE not in tables:
            raise sqlite3.DatabaseError("it is the database of another program")
        found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() if tables else None
    if found is not None:
        _check_version(path, str(found[0]))


def _check_version(path: Path, revision: str) -> None:
    """Refuse a store whose tables are those of another MLflow than the installed one, and say which way to go."""
    home = find_spec("mlflow")
    assert home is not None
    assert home.origin is not None
    migrations = Path(home.origin).parent / "store" / "db_migrations" / "versions"
    texts = [file.read_text(encoding="utf-8") for file in migrations.glob("*.py")]
    revisions = {match[1] for text in texts if (match := re.search(r"^revision = ['\"](\w+)['\"]", text, re.MULTILINE))}
    followed = set(re.findall(r"^down_revision = ['\"](\w+)['\"]", "\n".join(texts), re.MULTILINE))
    if revision not in revisions:
        raise TrackingError(f"The store {str(path)!r} is of a newer MLflow than the installed one; `pip install -U mlflow`.")
    if revision in followed:
        command = f"mlflow db upgrade 'sqlite:///{path}'"
        raise TrackingError(f"The store {str(path)!r} is of an older MLflow; `{command}` updates it (make a copy first).")


def _create_sqlite(path: Path, artifacts: Path | None) -> None:
    for leftover in path.parent.glob(f".{path.name}.*.tmp*"):
        leftover.unlink()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    uri = f"sqlite:///{temporary}"
    root = artifacts if artifacts is not None else path.parent / ARTIFACTS
    with translated(uri, "creating its tables"):
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        quiet()
        store = SqlAlchemyStore(uri, root.absolute().as_uri())  # type: ignore[no-untyped-call]
        store.engine.dispose()
    temporary.replace(path)
