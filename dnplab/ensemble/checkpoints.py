"""One file a realization, written whole or not at all, so that an interrupted ensemble resumes where it stopped."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from dnplab.ensemble.realization import Realization
from dnplab.ensemble.spec import EnsembleSpec
from dnplab.errors import TrackingError

__all__ = ["Checkpoints"]

UNFINISHED = ".part"


@dataclass(frozen=True)
class Checkpoints:
    """Stored realizations of one ensemble: folder/<sample key>/<index>.npz.

    Failures are not stored. A file that a killed process left half-written has another name and is removed in time.
    """

    folder: Path

    @classmethod
    def of(cls, root: Path, spec: EnsembleSpec) -> Checkpoints:
        """The checkpoints of an ensemble under a common root, shared by all that have the same samples and physics."""
        folder = root / spec.sample_key[:20]
        with _translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        checkpoints = cls(folder)
        checkpoints.remove_unfinished()
        return checkpoints

    def load(self, index: int) -> Realization | None:
        """A stored realization, or None; a file that cannot be read counts as absent."""
        try:
            with (self.folder / f"{index}.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                head = json.loads(str(file["head"]))
                arrays = {name[2:]: file[name] for name in file.files if name.startswith("a_")}
            return Realization(index, head["scalars"], arrays, head["undefined"])
        except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError):
            return None

    def save(self, realization: Realization) -> None:
        """Store a converged realization under its index."""
        if realization.failure:
            return
        head = json.dumps({"scalars": realization.scalars, "undefined": realization.undefined})
        arrays = {f"a_{name}": value for name, value in realization.arrays.items()}
        with _translated(self.folder):
            with NamedTemporaryFile(dir=self.folder, suffix=UNFINISHED, delete=False) as file:
                np.savez(file, head=np.array(head), **arrays)  # type: ignore[arg-type]
            os.replace(file.name, self.folder / f"{realization.index}.npz")

    def remove_unfinished(self) -> None:
        """Remove what killed processes left behind: parts that nobody has written to for an hour."""
        with _translated(self.folder):
            for part in self.folder.glob(f"*{UNFINISHED}"):
                if time.time() - part.stat().st_mtime > 3600:
                    part.unlink(missing_ok=True)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise TrackingError(f"The folder for checkpoints, {folder}, cannot be written: {reason}.") from error
