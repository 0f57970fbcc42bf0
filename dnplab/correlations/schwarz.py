"""An approximate inverse on the strings of one weight, from exact inverses on overlapping stars of supports.

Supports of v spins that share v - 1 of them are a star. Every coupling of `BlockRows` lies inside exactly one star, and a
support in v of them: the average of the stars' solutions is an additive Schwarz preconditioner, for v = 1 the exact inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, is_numpy, place
from dnplab.correlations.elimination import BlockRows
from dnplab.correlations.strings import AXES
from dnplab.correlations.supports import Supports
from dnplab.threads import each

__all__ = ["Schwarz", "star_size"]


def star_size(n_spins: int, weight: int) -> int:
    """Unknowns of one star."""
    return (n_spins - weight + 1) * int(AXES**weight)


@dataclass(frozen=True, eq=False)
class Schwarz:
    """inverses (stars, size, size); members (stars, supports) of each, and where a support finds itself (C(N, v), v)."""

    weight: int
    inverses: Array
    members: Array
    places: Array

    @classmethod
    def of(cls, rows: BlockRows, xp: Any) -> Self:
        """Of a matrix, in single precision where it is an approximation anyway."""
        supports = rows.supports
        n, v = supports.n_spins, supports.weight
        centres = Supports(n, v - 1)
        number, position = centres.cofaces
        spin = centres.outside
        # the support of spin i of a star is coupled to that of spin j: see BlockRows
        slot = 1 + position[:, :, None] * (n - v) + (spin - position)[:, None, :] - (spin[:, :, None] < spin[:, None, :])
        here = np.arange(spin.shape[1])
        slot[:, here, here] = 0
        blocks = rows.blocks[number[:, :, None], :, slot, :]  # (stars, i, j, 3^v, 3^v)
        size = star_size(n, v)
        matrices = np.ascontiguousarray(np.swapaxes(blocks, 2, 3)).reshape(-1, size, size)
        matrices = place(matrices.astype("float64" if v == 1 else "float32"), xp)
        if is_numpy(matrices):
            each(partial(_invert, matrices), range(len(matrices)))
        else:
            matrices = xp.linalg.inv(matrices)
        within = supports.members - np.arange(v)  # the rank of the p-th spin among those outside the face without it
        return cls(v, matrices, place(number, xp), place(supports.faces * spin.shape[1] + within, xp))

    def apply(self, strings: Array, xp: Any) -> Array:
        """(C(N, v), 3^v) strings for such a right-hand side."""
        stars, count = self.members.shape
        size = AXES**self.weight
        there = xp.reshape(xp.take(strings, xp.reshape(self.members, (-1,)), axis=0), (stars, count * size, 1))
        solved = self.inverses @ xp.astype(there, self.inverses.dtype)
        solved = xp.reshape(solved, (stars * count, size))
        gathered = xp.reshape(xp.take(solved, xp.reshape(self.places, (-1,)), axis=0), (-1, self.weight, size))
        return xp.astype(xp.mean(gathered, axis=1), strings.dtype)


def _invert(matrices: NDArray[np.floating[Any]], star: int) -> None:
    try:
        matrices[star] = np.linalg.inv(matrices[star])
    except np.linalg.LinAlgError:
        matrices[star] = np.nan  # as a GPU does: the solve ends as stalled
