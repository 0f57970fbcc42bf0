r"""Strings of w spins eliminated: what is left acts on those of w - 1 spins.

Where nothing couples the strings on one support S of w spins to those on another, the stationary c_S = -D_S^{-1} R_S c and

    S = D - L D_w^{-1} R      on w - 1 spins,

which couples supports that differ in one spin: to each of its C(N, v) supports of v = w - 1 spins 1 + v (N - v) of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.correlations.hierarchy import Hierarchy
from dnplab.correlations.strings import AXES
from dnplab.correlations.supports import Supports
from dnplab.threads import blas_threads, each

__all__ = ["BlockRows", "eliminate", "slots"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CHUNK_BYTES = 1 << 23  # of one part: what a cache holds is there again sooner than fresh memory


def slots(n_spins: int, weight: int) -> int:
    """How many supports a support of `weight` spins is coupled to, itself included."""
    return 1 + weight * (n_spins - weight)


@dataclass(frozen=True, eq=False)
class BlockRows:
    """A matrix on the strings of one weight, a row of blocks a support.

    blocks : (C(N, v), 3^v, slots, 3^v): the support itself, then those with its q-th spin replaced by the k-th spin outside,
        in slot 1 + q (N - v) + k
    neighbours : (C(N, v), slots) their numbers
    """

    supports: Supports
    blocks: FloatArray
    neighbours: IntArray

    @property
    def diagonal(self) -> FloatArray:
        """(C(N, v), 3^v, 3^v)."""
        return self.blocks[:, :, 0, :]


def eliminate(hierarchy: Hierarchy, weight: int, diagonal: FloatArray | None = None) -> BlockRows:
    """The matrix on strings of weight - 1 spins once those of `weight` spins are eliminated.

    diagonal : blocks (C(N, w), 3^w, 3^w) in place of D_S
    """
    large, small = Supports(hierarchy.n_spins, weight), Supports(hierarchy.n_spins, weight - 1)
    size, outside = AXES ** (weight - 1), hierarchy.n_spins - weight + 1
    blocks = np.zeros((small.count, size, slots(hierarchy.n_spins, weight - 1), size))
    own = np.empty((large.count, weight, size, size))
    # no more than fit into a chunk, and a part for each thread
    step = max(1, min(CHUNK_BYTES // (8 * (AXES**weight + 2 * weight * size) ** 2), -(-large.count // blas_threads())))

    all_members, all_faces = large.members, large.faces  # made once, before threads ask for them

    def fill(first: int) -> None:
        part = slice(first, first + step)
        members, faces = all_members[part], all_faces[part]
        local = hierarchy.local(members) if diagonal is None else diagonal[part]
        pairs, raising = hierarchy.terms(members)
        change = np.swapaxes(pairs, 1, 2) @ np.linalg.solve(local, raising)  # L D^{-1} R = -pairs D^{-1} R, subtracted
        change = change.reshape(len(members), weight, size, weight, size)
        for p in range(weight):
            own[part, p] = change[:, p, :, p, :]
            for q in range(weight):
                if q != p:
                    slot = 1 + (q - (q > p)) * outside + members[:, p] - p
                    blocks[faces[:, p], :, slot, :] = change[:, p, :, q, :]

    each(fill, range(0, large.count, step))
    number, place = small.cofaces
    blocks[:, :, 0, :] = hierarchy.local(small.members) + own[number, place].sum(axis=1)
    return BlockRows(small, blocks, _neighbours(small))


def _neighbours(supports: Supports) -> IntArray:
    members, outside = supports.members, supports.outside
    columns = [np.arange(supports.count)[:, None]]
    for q in range(supports.weight):
        kept = np.delete(members, q, axis=1)[:, None, :]
        replaced = np.concatenate(
            [np.broadcast_to(kept, (*outside.shape, supports.weight - 1)), outside[:, :, None]], axis=2
        )
        columns.append(supports.number(np.sort(replaced)))
    return np.concatenate(columns, axis=1)
