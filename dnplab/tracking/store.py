"""One MLflow tracking store and one experiment in it: opened, and created where it does not exist.

A new SQLite store is created under a temporary name, under a file lock, and renamed into place when it is
complete: parallel jobs cannot race for its tables and a killed creation leaves nothing that looks like a store.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shlex
import sqlite3
import ssl
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock

from dnplab.errors import TrackingError
from dnplab.tracking._mlflow import client, quiet, shown, translated
from dnplab.tracking.reading import TrackedRun

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

__all__ = ["MAX_TAG", "Store", "command_on", "default_uri", "experiment_names", "local_folder", "store_of", "ui_command"]

STORE, ARTIFACTS = "mlflow.db", "mlartifacts"  # in an output folder
CONNECT_TIMEOUT_S = 5.0
SERVER_ERROR = 500
LOCK_TIMEOUT_S = 120.0  # another process creates the store within seconds
PAGE = 1000  # runs per query
ATTEMPTS = 8  # at writing what another process may write at the same moment
RACES = ("IntegrityError", "database is locked")  # what MLflow's message then quotes
SQLITE_HEADER = b"SQLite format 3\0"
VERSION_TABLE = "alembic_version"
NO_STORE = "There is no tracking store at {uri!r} yet; `python -m experiments.run -m experiment=crossover` makes one."
NOTE = "mlflow.note.content"
MAX_TAG = 5000  # characters of a tag that every store keeps
SERVERS = ("http", "https", "databricks")
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def default_uri(outputs: Path) -> str:
    """The SQLite store of an output folder, as an absolute URI."""
    return f"sqlite:///{outputs.absolute() / STORE}"


def store_of(outputs: Path, uri: str | None = None) -> str:
    """The URI of the store that is meant: `uri`, or that of an output folder where it is None.

    Raises:
        TrackingError: the folder was moved or copied since its store was made; its runs name their files where they were.

    """
    meant = uri or default_uri(outputs)
    path = _sqlite_path(meant)
    if path is None or (uri and not (path.parent / ARTIFACTS).is_dir()):  # its files are kept elsewhere
        return meant
    here, home = path.parent.absolute(), _home(path)
    if home is not None and home.resolve() != here.resolve():
        gather = shlex.join(["python", "-m", "experiments.collect", f"sources=[{here}]", "outputs=FOLDER"])
        raise TrackingError(
            f"The output folder {str(here)!r} was {str(home)!r} when its store was made, and its runs keep their files "
            f"there; move it back, or gather its runs into another folder with `{gather}`."
        )
    return meant


def _home(path: Path) -> Path | None:
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


def local_folder(location: str) -> Path | None:
    """The folder of an artifact location, None where it is not a local one."""
    return Path(url2pathname(urlsplit(location).path)) if location.startswith("file:") else None


def ui_command(uri: str) -> str:
    """The command that serves MLflow's pages of a store on this machine only, and prints links to them."""
    return command_on("ui", uri)


def command_on(name: str, uri: str, *words: str) -> str:
    """The command ``python -m experiments.<name>`` about a store, as it is typed in a shell, without a password."""
    uri = shown(uri)
    path = _sqlite_path(_absolute(uri))
    key, value = ("tracking.uri", uri) if path is None or path.name != STORE else ("outputs", str(path.parent))
    command = shlex.join(["python", "-m", f"experiments.{name}", *words])
    if value == str(Path("outputs").absolute()):
        return command
    if not re.fullmatch(r"[\w/.:+-]+", value):  # as Hydra quotes what it would take for its own signs
        value = '"{}"'.format(value.replace('"', '\\"'))
    return f"{command} {shlex.quote(f'{key}={value}')}"


def experiment_names(uri: str) -> list[str]:
    """The experiments of a store that exists, those that were touched last first.

    Raises:
        TrackingError: there is no such store, or it cannot be read.

    """
    uri = _absolute(uri)
    if (path := _sqlite_path(uri)) is None:
        _check_reachable(uri)
    else:
        _require_sqlite(path)
    with translated(uri, "listing its experiments"):
        return [found.name for found in client(uri).search_experiments(order_by=["last_update_time DESC"])]


class Store:
    """A tracking store opened at one experiment."""

    def __init__(
        self, uri: str, experiment: str, artifacts: Path | None = None, note: str = "", *, create: bool = True
    ) -> None:
        """Open the store, creating a missing SQLite database and a missing experiment.

        Args:
            uri: any MLflow tracking URI; a relative SQLite path is relative to the working directory.
            experiment: the experiment's name.
            artifacts: folder for the artifacts of a NEW experiment (a server decides for itself).
            note: Markdown that the experiment's description is to hold; it is added where it does not.
            create: False for reading: what does not exist yet is an error.

        Raises:
            TrackingError: the store cannot be reached, read or written, or does not exist; one sentence.

        """
        self.uri = _absolute(uri)
        self.experiment = experiment
        if (path := _sqlite_path(self.uri)) is None:
            _check_reachable(self.uri)
        elif create:
            _prepare_sqlite(path, artifacts)
        else:
            _require_sqlite(path)
        with translated(self.uri, "being opened"):
            self.client: MlflowClient = client(self.uri)
            self.experiment_id = self._open_experiment(artifacts, note, create)

    def _open_experiment(self, artifacts: Path | None, note: str, create: bool) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is None and not create:
            present = ", ".join(sorted(other.name for other in self.client.search_experiments()))
            raise TrackingError(
                f"tracking.experiment is {self.experiment!r}, but the store {shown(self.uri)!r} holds {present}."
            )
        found = found or self._create(artifacts)
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"tracking.experiment is {self.experiment!r}, which was deleted in {shown(self.uri)!r}; restore it with "
                f"`mlflow experiments restore -x {found.experiment_id}` or choose another name."
            )
        known = found.tags.get(NOTE, "")
        if note not in known:  # commands that share an experiment ask one question each
            text = f"{known}\n\n{note}" if known else note
            _persistently(self.client.set_experiment_tag, found.experiment_id, NOTE, text)
        return str(found.experiment_id)

    def _create(self, artifacts: Path | None) -> Experiment:
        from mlflow.exceptions import MlflowException

        # An absolute location: MLflow freezes it here, for every working directory to come.
        location = None
        if artifacts is not None and _scheme(self.uri) not in SERVERS:
            location = artifacts.absolute().as_uri()
        try:
            self.client.create_experiment(self.experiment, artifact_location=location)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another process was first: just as good
                raise
        found = self.client.get_experiment_by_name(self.experiment)
        assert found is not None
        return found

    @property
    def link(self) -> str:
        """Where the runs are to be seen once the UI runs (`ui_command`)."""
        base = shown(self.uri).rstrip("/") if self.uri.startswith("http") else "http://127.0.0.1:5000"
        return f"{base}/#/experiments/{self.experiment_id}?workflowType=machine_learning"

    def sibling(self, suffix: str, note: str = "") -> Store:
        """The same store at the experiment `<experiment>-<suffix>`, with artifacts beside this one's."""
        with translated(self.uri, "reading the experiment"):
            location = self.client.get_experiment(self.experiment_id).artifact_location
        return Store(self.uri, f"{self.experiment}-{suffix}", local_folder(location), note)

    def search(self, clause: str = "") -> list[TrackedRun]:
        """Runs of the experiment that match an MLflow filter, newest first."""
        found: list[TrackedRun] = []
        token: str | None = None
        with translated(self.uri, "searching runs"):
            while True:
                page = self.client.search_runs(
                    [self.experiment_id], clause, max_results=PAGE, order_by=["start_time DESC"], page_token=token
                )
                found.extend(TrackedRun.of(run) for run in page)
                token = page.token
                if not token:
                    return found

    def experiment_tags(self) -> dict[str, str]:
        """All tags of the experiment."""
        with translated(self.uri, "reading the experiment"):
            return dict(self.client.get_experiment(self.experiment_id).tags)

    def tag_experiment(self, key: str, value: str) -> None:
        """Set one tag of the experiment."""
        with translated(self.uri, "tagging the experiment"):
            _persistently(self.client.set_experiment_tag, self.experiment_id, key, value)

    def tag_run(self, run_id: str, key: str, value: str) -> None:
        """Set one tag of a run."""
        with translated(self.uri, "tagging a run"):
            _persistently(self.client.set_tag, run_id, key, value)

    def artifact_names(self, run_id: str) -> set[str]:
        """Names of the artifacts at a run's root."""
        with translated(self.uri, "listing artifacts"):
            return {item.path for item in self.client.list_artifacts(run_id)}

    def file_names(self, run: TrackedRun) -> set[str]:
        """Names of the files at a run's root."""
        folder = local_folder(run.artifacts)
        return self.artifact_names(run.run_id) if folder is None else {path.name for path in folder.glob("*")}

    def content(self, run: TrackedRun, name: str) -> bytes:
        """The bytes of one file of a run; a folder in its place has none."""
        folder = local_folder(run.artifacts)
        with contextlib.ExitStack() as stack:
            if folder is None:
                place = stack.enter_context(tempfile.TemporaryDirectory(prefix="dnplab-"))
                folder = self.download(run.run_id, name, Path(place)).parent
            stack.enter_context(translated(self.uri, f"reading the artifact {name} of run {run.run_id}"))
            return b"" if (folder / name).is_dir() else (folder / name).read_bytes()

    def download(self, run_id: str, name: str, folder: Path) -> Path:
        """A local copy of one artifact (the artifact itself where it is a local file)."""
        with translated(self.uri, f"reading the artifact {name} of run {run_id}"):
            return Path(self.client.download_artifacts(run_id, name, str(folder)))


def _persistently(write: Callable[[str, str, str], object], owner: str, key: str, value: str) -> None:
    """Set a tag, again if another process wrote the same one in between: MLflow looks before it inserts."""
    from mlflow.exceptions import MlflowException

    for attempt in range(1, ATTEMPTS + 1):
        try:
            write(owner, key, value)
            return
        except MlflowException as error:
            if attempt == ATTEMPTS or not any(race in str(error) for race in RACES):
                raise
            time.sleep(random.uniform(0.0, 0.05 * 2**attempt))


def _absolute(uri: str) -> str:
    path = _sqlite_path(uri)
    return uri if path is None else f"sqlite:///{path.absolute()}"


def _scheme(uri: str) -> str:
    """postgresql+psycopg2://... is postgresql, and the bare word databricks is a URI of its own."""
    scheme = uri.partition(":")[0].partition("+")[0]
    return scheme if ":" in uri or scheme == "databricks" else ""


def _sqlite_path(uri: str) -> Path | None:
    """The file of a SQLite URI, None for any other URI."""
    scheme, _, rest = uri.partition(":///")
    return Path(rest) if scheme == "sqlite" and rest else None


def _require_sqlite(path: Path) -> None:
    """Raise TrackingError unless there is a store that can be read."""
    uri = f"sqlite:///{path}"
    if not path.exists():
        raise TrackingError(NO_STORE.format(uri=uri))
    try:
        _check_database(path)
    except (OSError, sqlite3.Error) as error:
        raise TrackingError(f"tracking.uri is {uri!r}, which cannot be read ({error}).") from error


def _prepare_sqlite(path: Path, artifacts: Path | None) -> None:
    """Make sure that `path` is a complete and writable store, creating it if it is missing."""
    try:
        if path.exists():
            _check_database(path)  # before a lock file is put beside it, or MLflow's tables into it
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()  # a lock would wait for ever where nothing can be written
        with FileLock(f"{path}.lock", timeout=LOCK_TIMEOUT_S):
            if not path.exists() or path.stat().st_size == 0:
                _create_sqlite(path, artifacts)
        connection = sqlite3.connect(path, timeout=CONNECT_TIMEOUT_S)
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
        header = file.read(len(SQLITE_HEADER))
    if header not in (b"", SQLITE_HEADER):
        raise sqlite3.DatabaseError("file is not a database")
    with contextlib.closing(sqlite3.connect(path, timeout=CONNECT_TIMEOUT_S)) as connection:
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


def _ask(uri: str) -> None:
    """One request that any HTTP server answers, with whatever status; MLflow's is asked for its health."""
    parts = urlsplit(uri)
    connection: HTTPConnection
    if parts.scheme == "https":
        anyone = ssl.create_default_context()  # MLflow will check the certificate, if it is asked to
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=CONNECT_TIMEOUT_S, context=anyone)
    else:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=CONNECT_TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        if (status := connection.getresponse().status) >= SERVER_ERROR:
            raise HTTPException(f"status {status}")
    finally:
        connection.close()


def _check_reachable(uri: str) -> None:
    """Fail within seconds where MLflow would retry for minutes."""
    scheme = _scheme(uri)
    if scheme not in (*SERVERS, *DATABASES):
        raise TrackingError(
            f"tracking.uri is {shown(uri)!r}, but it must be the address of a tracking server (http, https, databricks), of "
            f"a database ({', '.join(DATABASES)}) such as 'sqlite:///runs.db', or null for mlflow.db in the output folder."
        )
    if not scheme.startswith("http"):
        return
    try:
        _ask(uri)
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a port that is no number
        raise TrackingError(
            f"tracking.uri is {shown(uri)!r}, where no tracking server answers ({error}); start one, "
            "or leave tracking.uri out to track in the output folder."
        ) from error
