"""The tracked runs of one sweep as tidy tables, with what is missing and what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from dnplab.analysis.completeness import Point, describe_missing
from dnplab.analysis.runs import find_sweep
from dnplab.errors import TrackingError

__all__ = ["Sweep", "read_sweep"]


@dataclass(frozen=True)
class Sweep:
    """The finished runs of a sweep.

    `runs` has a row per run (run_id, name, tags `numerics`, `fingerprint`, params, metrics).
    `realizations` and `spins` are long tables over all runs with the columns of `groups`, `model`
    and `temperature_k` in front; `spins` is empty where no run stored a profile. `spectra` holds the
    EPR spectra, averaged over the realizations, in the same way; `eigenstates` those of rho of
    realization 0, and `sz_values` their <S_i^z>. `missing` lists the points without a finished run
    (empty ones where the sweep was too long to store them).
    """

    name: str
    runs: pd.DataFrame
    realizations: pd.DataFrame
    spins: pd.DataFrame
    groups: tuple[str, ...]
    expected: int
    missing: tuple[Point, ...]
    warnings: tuple[str, ...]
    spectra: pd.DataFrame = field(default_factory=pd.DataFrame)
    eigenstates: pd.DataFrame = field(default_factory=pd.DataFrame)
    sz_values: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def completeness(self) -> str:
        """One sentence: which points have no finished run."""
        return describe_missing(self.missing, self.expected)


def read_sweep(uri: str, experiment: str, sweep: str | None = None) -> Sweep:
    """Gather the FINISHED runs tagged `sweep.<sweep>`; the one asked for last if None.

    Raises:
        TrackingError: there are no runs, or the sweep is unknown (the message lists those that
            exist).

    """
    found = find_sweep(uri, experiment, sweep)
    keys = found.table[[*found.groups, "model", "bath.temperature_k"]]
    keys = keys.rename(columns={"bath.temperature_k": "temperature_k"})
    files = found.require_files()
    tables = {name: found.long(f"{name}.parquet", keys, files) for name in ("realizations", "spins", "spectrum")}
    tables |= {name: found.long(f"{name}.parquet", keys, files) for name in ("eigenstates", "sz_values")}
    if tables["realizations"].empty:
        raise TrackingError(f"The runs of the sweep {found.name!r} hold no realization: none of them converged.")
    return Sweep(
        name=found.name,
        runs=found.table,
        groups=found.groups,
        expected=found.expected,
        missing=found.missing,
        warnings=found.warnings,
        spectra=tables.pop("spectrum"),
        **tables,
    )
