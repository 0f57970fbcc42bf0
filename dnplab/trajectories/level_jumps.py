r"""One history of the Hilbert approximation: jumps between the eigenstates of H_S, (S18), (S52) and (S53).

    out of level n  after a waiting time, exponential with the rate R_n = sum_m W_{n->m},    W = W^B + W^MW    (1/µs)
    to level m      with probability W_{n->m} / R_n, by microwaves with the share W^MW / W of it, else by the bath

The share of histories in level n obeys the rate equation exactly. T(0) does not move a level: it only broadens W^MW.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.models.hilbert import Hilbert
from dnplab.system import SpinSystem
from dnplab.trajectories.history import KINDS, Jumps, Trajectory
from dnplab.transitions import bath_gain
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["LevelJumps", "level_history"]

FloatArray = NDArray[np.float64]
MICROWAVES = KINDS.index("microwaves")


class LevelJumps:
    """rates (D, D): from row n to column m, diagonal zero; by_microwaves (D, D): the part of them that the drive makes."""

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        rates = Hilbert(system, bath, drive).rates.T.copy()
        np.fill_diagonal(rates, 0.0)
        self.rates = rates
        self.by_microwaves = rates - bath_gain(system.spectrum, bath, system.electron_ghz).T
        self.outflow = rates.sum(axis=1)
        self._cumulative = np.cumsum(rates, axis=1)

    def jump(self, level: int, rng: np.random.Generator) -> tuple[int, bool]:
        """Where a jump out of a level ends, and whether microwaves make it."""
        row = self._cumulative[level]
        target = int(np.searchsorted(row, rng.random() * row[-1], side="right"))
        return target, bool(rng.random() * self.rates[level, target] < self.by_microwaves[level, target])

    def expected_rates(self, populations: FloatArray, sz: FloatArray) -> FloatArray:
        """Rates of the jumps of each kind of `history.KINDS` in a mixture of levels (D,): (4,), 1/µs."""
        change = sz[None, :] - sz[:, None]
        bath = populations[:, None] * (self.rates - self.by_microwaves)
        by_kind = [bath[change == step].sum() for step in (-1.0, 1.0, 0.0)]
        return np.array([*by_kind, (populations[:, None] * self.by_microwaves).sum()])


def level_history(
    system: SpinSystem, jumps: LevelJumps, level: int, times_us: FloatArray, rng: np.random.Generator, weights: bool
) -> Trajectory:
    """The history that begins in a level of `system.spectrum`, observed at times (K,) from 0 on."""
    spectrum, now, end = system.spectrum, 0.0, float(times_us[-1])
    levels, jump_times, kinds = [level], [], []
    while jumps.outflow[level] > 0.0:
        now += rng.exponential(1.0 / jumps.outflow[level])
        if now > end:
            break
        target, pumped = jumps.jump(level, rng)
        step = spectrum.sz[target] - spectrum.sz[level]
        kinds.append(MICROWAVES if pumped else KINDS.index({-1.0: "S-", 1.0: "S+", 0.0: "Sz"}[step]))
        jump_times.append(now)
        levels.append(target)
        level = target
    path, times = np.array(levels, dtype=np.intp), np.array(jump_times, dtype=np.float64)
    seen = path[np.searchsorted(times, times_us, side="right")]
    either_side = np.column_stack([path[:-1], path[1:]])
    energy_mhz = spectrum.energies / RAD_US_PER_MHZ
    return Trajectory(
        model="hilbert",
        times_us=times_us,
        polarization=2.0 * spectrum.sz_expectations[:, seen].T,
        energy_mhz=energy_mhz[seen],
        weights=(seen[:, None] == np.arange(len(energy_mhz))).astype(np.float64) if weights else None,
        jumps=Jumps(
            times,
            np.array(kinds, dtype=np.intp),
            np.full(len(times), -1, dtype=np.intp),
            energy_mhz[either_side],
            spectrum.sz[either_side],
        ),
    )
