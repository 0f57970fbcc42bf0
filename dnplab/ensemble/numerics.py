"""The version of the code that numbers depend on: what a stored realization, or a study, was computed with."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["numerics_version"]

PACKAGE = Path(__file__).resolve().parents[1]
PACKAGES = ("kernels", "models", "solvers", "correlations", "observables", "ensemble")  # and the modules beside them
STUDIES = ("studies", "trajectories")  # what a study's numbers depend on besides, and no realization's


@cache
def numerics_version(*, study: bool = False) -> str:
    """Hash of every source file that the values of a realization, or of a study, can depend on.

    A commit that only touches figures, docs or the tracking keeps it, an edit that is not committed changes it.
    """
    packages = (*PACKAGES, *STUDIES) if study else PACKAGES
    files = [*PACKAGE.glob("*.py"), *(file for package in packages for file in (PACKAGE / package).rglob("*.py"))]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(PACKAGE).as_posix()}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
