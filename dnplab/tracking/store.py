"""One MLflow tracking store and one experiment in it: opened, and created where it does not exist."""

from __future__ import annotations

import contextlib
import random
import shlex
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dnplab.errors import TrackingError
from dnplab.tracking._mlflow import client, shown, translated
from dnplab.tracking.addresses import SERVERS, absolute, check_reachable, default_uri, local_folder, scheme_of, sqlite_path
from dnplab.tracking.reading import TrackedRun
from dnplab.tracking.sqlite import ARTIFACTS, home_of, prepare_store, require_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

__all__ = ["MAX_TAG", "Store", "experiment_names", "store_of"]

PAGE = 1000  # runs per query
ATTEMPTS = 8  # at writing what another process may write at the same moment
RACES = ("IntegrityError", "database is locked")  # what MLflow's message then quotes
NOTE = "mlflow.note.content"
MAX_TAG = 5000  # characters of a tag that every store keeps


def store_of(outputs: Path, uri: str | None = None) -> str:
    """The URI of the store that is meant: `uri`, or that of an output folder where it is None.

    Raises:
        TrackingError: the folder was moved or copied since its store was made; its runs name their files where they were.

    """
    meant = uri or default_uri(outputs)
    path = sqlite_path(meant)
    if path is None or (uri and not (path.parent / ARTIFACTS).is_dir()):  # its files are kept elsewhere
        return meant
    here, home = path.parent.absolute(), home_of(path)
    if home is not None and home.resolve() != here.resolve():
        gather = shlex.join(["python", "-m", "experiments.collect", f"sources=[{here}]", "outputs=FOLDER"])
        raise TrackingError(
            f"The output folder {str(here)!r} was {str(home)!r} when its store was made, and its runs keep their files "
            f"there; move it back, or gather its runs into another folder with `{gather}`."
        )
    return meant


def experiment_names(uri: str) -> list[str]:
    """The experiments of a store that exists, those that were touched last first.

    Raises:
        TrackingError: there is no such store, or it cannot be read.

    """
    uri = absolute(uri)
    if (path := sqlite_path(uri)) is None:
        check_reachable(uri)
    else:
        require_store(path)
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
        self.uri = absolute(uri)
        self.experiment = experiment
        if (path := sqlite_path(self.uri)) is None:
            check_reachable(self.uri)
        elif create:
            prepare_store(path, artifacts)
        else:
            require_store(path)
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
        if artifacts is not None and scheme_of(self.uri) not in SERVERS:
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
