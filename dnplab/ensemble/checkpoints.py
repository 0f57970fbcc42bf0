"""One file a realization, written whole or not at all, so that an interrupted ensemble resumes where it stopped.

A file is a zip archive of arrays, with a head that names the sample and has the digest of each array. One that does not
pass, or that another schema version wrote, counts as absent, is told and is written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from dnplab.ensemble.realization import Realization
from dnplab.ensemble.spec import SCHEMA, EnsembleSpec
from dnplab.errors import TrackingError

__all__ = ["Checkpoints"]

UNFINISHED = ".part"


@dataclass(frozen=True)
class Checkpoints:
    """Stored realizations of one ensemble: root/<sample key>/<index>.npz.

    Failures are not stored. A file that a killed process left half-written has another name and is removed in time.
    """

    folder: Path
    sample: str

    @classmethod
    def of(cls, root: Path, spec: EnsembleSpec) -> Checkpoints:
        """The checkpoints of an ensemble under a common root, shared by all that have the same samples and physics."""
        folder = root / spec.sample_key[:20]
        with _translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        checkpoints = cls(folder, spec.sample_key)
        checkpoints.remove_unfinished()
        return checkpoints

    def stored(self) -> set[int]:
        """The indices that have a file."""
        with _translated(self.folder):
            return {int(file.stem) for file in self.folder.glob("*.npz") if file.stem.isascii() and file.stem.isdigit()}

    def remove(self, indices: Iterable[int]) -> None:
        """Remove stored realizations, so that they are computed again."""
        with _translated(self.folder):
            for index in indices:
                (self.folder / f"{index}.npz").unlink(missing_ok=True)

    def load(self, index: int) -> Realization | None:
        """A stored realization, or None if its file is absent, damaged, of another sample or of another schema version."""
        try:
            with (self.folder / f"{index}.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                head = json.loads(str(file["head"]))
                arrays = {name[2:]: file[name] for name in file.files if name.startswith("a_")}
            found = Realization(index, head["scalars"], arrays, head["undefined"])
            return found if head == self._head(found) else None
        except Exception:  # noqa: BLE001  whatever is wrong with a file, its realization is computed again
            return None

    def save(self, realization: Realization) -> None:
        """Store a converged realization under its index."""
        if realization.failure:
            return
        head = json.dumps(self._head(realization))
        arrays = {f"a_{name}": value for name, value in realization.arrays.items()}
        target = self.folder / f"{realization.index}.npz"
        with _translated(target):
            with NamedTemporaryFile(dir=self.folder, suffix=UNFINISHED, delete=False) as file:
                np.savez(file, head=np.array(head), **arrays)  # type: ignore[arg-type]
            os.replace(file.name, target)

    def _head(self, realization: Realization) -> dict[str, Any]:
        """What a file says of itself: whose realization it is, and a digest of every array with its type and shape."""
        arrays = {name: np.ascontiguousarray(value) for name, value in realization.arrays.items()}
        return {
            "schema": SCHEMA,
            "sample": self.sample,
            "index": realization.index,
            "arrays": {
                name: [value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()[:16]]
                for name, value in arrays.items()
            },
            "scalars": realization.scalars,
            "undefined": realization.undefined,
        }

    def remove_unfinished(self) -> None:
        """Remove what killed processes left behind: parts that nobody has written to for an hour."""
        with _translated(self.folder):
            for part in self.folder.glob(f"*{UNFINISHED}"):
                with contextlib.suppress(FileNotFoundError):  # its process has finished it meanwhile
                    if time.time() - part.stat().st_mtime > 3600:
                        part.unlink()


@contextmanager
def _translated(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise TrackingError(f"The place for checkpoints, {place}, cannot be written: {reason}.") from error
