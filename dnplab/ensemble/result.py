"""Per-realization values gathered into tables, and their averages, always reduced in the order of the index."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnplab.ensemble.realization import Realization
from dnplab.ensemble.spec import EnsembleSpec

__all__ = ["EnsembleResult"]

PROFILES = ("polarization", "ansatz", "hilbert", "bloch", "boltzmann")
SPECTRA = {"epr": "epr", "ansatz": "epr_ansatz", "boltzmann": "epr_boltzmann"}


@dataclass(frozen=True, eq=False)
class EnsembleResult:
    """The realizations of an ensemble. Those without a converged state are in `excluded` and in no average.

    damaged : how many stored realizations could not be read and were computed again
    """

    spec: EnsembleSpec
    realizations: Sequence[Realization]
    damaged: int = 0

    @property
    def converged(self) -> list[Realization]:
        """Realizations that have a state, by index."""
        return [r for r in self.realizations if not r.failure]

    @property
    def excluded(self) -> pd.DataFrame:
        """realization, reason."""
        rows = [(r.index, r.failure) for r in self.realizations if r.failure]
        return pd.DataFrame(rows, columns=["realization", "reason"])

    @property
    def undefined(self) -> dict[str, str]:
        """Measures that some realization does not have, with the reason of the first."""
        reasons: dict[str, str] = {}
        for r in self.converged:
            for name, reason in r.undefined.items():
                reasons.setdefault(name, reason)
        return reasons

    @property
    def undefined_counts(self) -> dict[str, int]:
        """How many converged realizations do not have a measure; they are not in its average."""
        return dict(Counter(name for r in self.converged for name in r.undefined))

    @property
    def scalars(self) -> pd.DataFrame:
        """A row a realization; a measure is nan where it is undefined, and no column if it is so everywhere."""
        rows = self.converged
        index = pd.Index([r.index for r in rows], name="realization")
        return pd.DataFrame([r.scalars for r in rows], index=index).astype(float)

    @property
    def averages(self) -> dict[str, tuple[float, float]]:
        """Mean and standard error of every scalar over the realizations that have it (the error of one value is nan)."""
        return {str(name): _mean_sem(column.dropna().to_numpy()) for name, column in self.scalars.items()}

    @property
    def spins(self) -> pd.DataFrame | None:
        """A row a realization and spin: offset_mhz and polarizations P_i of the state and of what it is compared with."""
        tables = []
        for r in self.converged:
            if "polarization" in r.arrays:
                columns = {name: r.arrays[name] for name in ("offset_mhz", *PROFILES) if name in r.arrays}
                spin = np.arange(self.spec.n_spins)
                tables.append(pd.DataFrame({"realization": r.index, "spin": spin, **columns}))
        return pd.concat(tables, ignore_index=True) if tables else None

    @property
    def profile(self) -> pd.DataFrame | None:
        """Means and standard errors of `spins` by spin."""
        if (spins := self.spins) is None:
            return None
        table: dict[str, NDArray[np.generic]] = {"spin": np.arange(self.spec.n_spins)}
        for name in spins.columns.drop(["realization", "spin"]):
            values = spins[name].to_numpy().reshape(-1, self.spec.n_spins)
            defined = values[~np.isnan(values).any(axis=1)]
            table[name], table[f"{name}_sem"] = _mean_sem_columns(defined)
        return pd.DataFrame(table)

    @property
    def spectrum(self) -> pd.DataFrame | None:
        """EPR spectrum per MHz by bin: left_mhz, right_mhz and epr, ansatz, boltzmann, each with its standard error."""
        edges = np.asarray(self.spec.epr_edges_mhz)
        table = {"left_mhz": edges[:-1], "right_mhz": edges[1:]}
        for column, name in SPECTRA.items():
            values = [r.arrays[name] for r in self.converged if name in r.arrays]
            if values:
                table[column], table[f"{column}_sem"] = _mean_sem_columns(np.array(values))
        return pd.DataFrame(table) if "epr" in table else None

    @property
    def eigenstates(self) -> pd.DataFrame | None:
        """Eigenstates of rho of realization 0 in order of energy: order, energy_mhz, sz, eigenvalue, entropy, arbitrary.

        sz_0, sz_1, ... are <S_i^z> of spin 0, 1, ...;
        hamiltonian_entropy and boltzmann_eigenvalue belong to the eigenstate of H_S at the same place in the order.
        """
        first = next((r for r in self.converged if "eigenvalue" in r.arrays), None)
        if first is None:
            return None
        names = ("energy_mhz", "sz", "eigenvalue", "boltzmann_eigenvalue", "entropy", "hamiltonian_entropy")
        table = {name: first.arrays[name] for name in names if name in first.arrays}
        order = np.arange(len(first.arrays["eigenvalue"]))
        table |= {f"sz_{site}": values for site, values in enumerate(first.arrays.get("state_site_sz", ()))}
        return pd.DataFrame({"order": order, **table, "arbitrary": first.arrays["arbitrary"] > 0})

    @property
    def sz_values(self) -> pd.DataFrame | None:
        """<S_i^z> of all spins in mid-spectrum eigenstates of rho: realization, sz."""
        tables = [
            pd.DataFrame({"realization": r.index, "sz": r.arrays["site_sz"]})
            for r in self.converged
            if "site_sz" in r.arrays
        ]
        return pd.concat(tables, ignore_index=True) if tables else None


def _mean_sem(values: NDArray[np.float64]) -> tuple[float, float]:
    sem = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return float(values.mean()), sem


def _mean_sem_columns(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = len(values)
    sem = values.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(values.shape[1], np.nan)
    return values.mean(axis=0), np.asarray(sem)
