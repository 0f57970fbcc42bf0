"""One file a realization, written whole or not at all, so that an interrupted ensemble resumes where it stopped."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from dnplab.ensemble.realization import Realization
from dnplab.ensemble.spec import EnsembleSpec

__all__ = ["Checkpoints"]


@dataclass(frozen=True)
class Checkpoints:
    """Stored realizations of one ensemble: folder/<sample key>/<index>.npz. Failures are not stored, but tried again."""

    folder: Path

    @classmethod
    def of(cls, root: Path, spec: EnsembleSpec) -> Checkpoints:
        """The checkpoints of an ensemble under a common root, shared by all that have the same samples and physics."""
        folder = root / spec.sample_key
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def load(self, index: int) -> Realization | None:
        """A stored realization, or None; a file that cannot be read counts as absent."""
        try:
            with (self.folder / f"{index}.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                head = json.loads(str(file["head"]))
                arrays = {name[2:]: file[name] for name in file.files if name.startswith("a_")}
        except (FileNotFoundError, zipfile.BadZipFile, EOFError, KeyError, ValueError):
            return None
        return Realization(index, head["scalars"], arrays, head["undefined"])

    def save(self, realization: Realization) -> None:
        """Store a converged realization under its index."""
        if realization.failure:
            return
        head = json.dumps({"scalars": realization.scalars, "undefined": realization.undefined})
        arrays = {f"a_{name}": value for name, value in realization.arrays.items()}
        with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
            np.savez(file, head=np.array(head), **arrays)  # type: ignore[arg-type]
        os.replace(file.name, self.folder / f"{realization.index}.npz")
