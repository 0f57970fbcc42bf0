"""What a trajectory leaves behind: observables at sampled times, and its jumps with the energies on either side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["KINDS", "Jumps", "Trajectory"]

FloatArray = NDArray[np.float64]

KINDS = ("S-", "S+", "Sz", "microwaves", "Ax", "Ay")
"""Jumps of the bath that flip a spin down, up, or dephase it, jumps by absorbing or emitting a microwave photon, and the two
components of (7), which flip a spin whichever way it points."""


@dataclass(frozen=True, eq=False)
class Jumps:
    """The J jumps of a trajectory.

    times_us : (J,) ascending
    kind : (J,) indices into `KINDS`
    site : (J,) the spin that jumped, or -1 for a jump between eigenstates, which no single spin makes
    energy_mhz : (J, 2) <H_S - omega_e S^z>/2pi before and after
    sz : (J, 2) <S^z> before and after
    """

    times_us: FloatArray
    kind: NDArray[np.intp]
    site: NDArray[np.intp]
    energy_mhz: FloatArray
    sz: FloatArray

    def table(self) -> pd.DataFrame:
        """One line a jump."""
        return pd.DataFrame(
            {
                "time_us": self.times_us,
                "kind": np.array(KINDS)[self.kind],
                "site": self.site,
                "energy_before_mhz": self.energy_mhz[:, 0],
                "energy_after_mhz": self.energy_mhz[:, 1],
                "sz_before": self.sz[:, 0],
                "sz_after": self.sz[:, 1],
            }
        )


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One history, observed at K times in the frame rotating with the microwaves.

    times_us : (K,) from 0 in equal steps
    polarization : (K, N) 2 <S_i^z>
    energy_mhz : (K,) <H_S - omega_e S^z>/2pi
    weights : (K, D) |<n|psi>|^2 of the eigenstates of H_S, if asked for
    """

    model: str
    times_us: FloatArray
    polarization: FloatArray
    energy_mhz: FloatArray
    weights: FloatArray | None
    jumps: Jumps

    def after(self, sample: int) -> Trajectory:
        """The piece from a sample on, with times that begin there."""
        start, jumps = self.times_us[sample], self.jumps
        kept = jumps.times_us > start
        return Trajectory(
            self.model,
            self.times_us[sample:] - start,
            self.polarization[sample:],
            self.energy_mhz[sample:],
            None if self.weights is None else self.weights[sample:],
            Jumps(jumps.times_us[kept] - start, jumps.kind[kept], jumps.site[kept], jumps.energy_mhz[kept], jumps.sz[kept]),
        )

    @property
    def sz(self) -> FloatArray:
        """<S^z> (K,)."""
        return np.asarray(0.5 * self.polarization.sum(axis=1))

    @property
    def participation(self) -> FloatArray | None:
        """Over how many eigenstates of H_S the state is spread, 1 / sum_n |<n|psi>|^4 (K,), if the weights are known."""
        return None if self.weights is None else np.asarray(1.0 / (self.weights**2).sum(axis=1))
