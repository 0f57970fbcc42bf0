"""Supports: the sets of w spins that Pauli strings act on, numbered, with their faces and cofaces.

Sets s_0 < s_1 < ... are numbered by the combinatorial number system, sum_p C(s_p, p + 1), so that those of the first n spins
are the first C(n, w) ones. A face leaves one spin out, a coface has one more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

__all__ = ["Supports"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Supports:
    """All sets of `weight` spins out of `n_spins`."""

    n_spins: int
    weight: int

    @cached_property
    def members(self) -> IntArray:
        """(C(N, w), w) spins of each set, ascending."""
        sets = np.zeros((1, 0), dtype=np.int64)
        for w in range(1, self.weight + 1):
            largest = np.arange(w - 1, self.n_spins)
            below = self._binomial[largest, w - 1]  # sets of w - 1 spins below the largest one
            starts = np.cumsum(below) - below
            within = np.arange(below.sum()) - np.repeat(starts, below)
            sets = np.column_stack([sets[within], np.repeat(largest, below)])
        return sets

    @property
    def count(self) -> int:
        """C(N, w)."""
        return int(self._binomial[self.n_spins, self.weight])

    def number(self, members: IntArray) -> IntArray:
        """Numbers (...) of sets (..., w) of ascending spins."""
        return np.asarray(self._binomial[members, np.arange(1, members.shape[-1] + 1)].sum(axis=-1))

    @cached_property
    def faces(self) -> IntArray:
        """(C(N, w), w): the number of the set without its p-th spin."""
        return self.faces_of(self.members)

    def faces_of(self, members: IntArray) -> IntArray:
        """The same for some of the sets."""
        left_out = [self.number(np.delete(members, p, axis=1)) for p in range(self.weight)]
        return np.stack(left_out, axis=1)

    @cached_property
    def outside(self) -> IntArray:
        """(C(N, w), N - w) spins that are not in the set, ascending."""
        inside = np.zeros((self.count, self.n_spins), dtype=bool)
        np.put_along_axis(inside, self.members, True, axis=1)
        return np.nonzero(~inside)[1].reshape(self.count, -1)

    @cached_property
    def cofaces(self) -> tuple[IntArray, IntArray]:
        """Numbers of the sets with one more spin, and that spin's place in them; both (C(N, w), N - w)."""
        members, outside = self.members, self.outside
        place = (members[:, None, :] < outside[:, :, None]).sum(axis=2)
        larger = np.sort(
            np.concatenate(
                [np.broadcast_to(members[:, None, :], (*outside.shape, self.weight)), outside[:, :, None]], axis=2
            )
        )
        return self.number(larger), place

    @cached_property
    def _binomial(self) -> IntArray:
        # C(s, k) for s <= N and k <= w + 1
        s, k = np.arange(self.n_spins + 1)[:, None], np.arange(self.weight + 2)[None, :]
        return np.rint(comb(s, k)).astype(np.int64)
