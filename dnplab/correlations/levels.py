r"""The equations of a truncated hierarchy, its highest weight eliminated, and their preconditioner.

Unknowns are the strings of 1 .. v spins, v = k - 1 for order k, the lower weights first:

    D c_1 + L c_2 = -P_0/T_1 on z,     D c_w + R c_{w-1} + L c_{w+1} = 0,     S c_v + R c_{v-1} = 0

The preconditioner is a block factorization: on weight v the stars of `schwarz`, and below it what is left once the supports'
own blocks of S are eliminated in the same way, down to one spin, where it is solved exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, namespace, place
from dnplab.correlations.elimination import BlockRows, eliminate
from dnplab.correlations.hierarchy import Hierarchy
from dnplab.correlations.schwarz import Schwarz
from dnplab.correlations.strings import AXES
from dnplab.correlations.supports import Supports

__all__ = ["Equations", "Preconditioner"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ladder:
    """R and L between the strings of w and of w - 1 spins.

    pairs : (C(N, w), 3^w, w 3^(w-1)) pair terms, raising the same with relaxation; faces, and for each support the places
        (C(N, w-1), N - w + 1) of its strings on the faces of its cofaces
    """

    pairs: Array
    raising: Array
    faces: Array
    places: Array

    @classmethod
    def of(cls, hierarchy: Hierarchy, weight: int, xp: Any) -> Self:
        large, small = Supports(hierarchy.n_spins, weight), Supports(hierarchy.n_spins, weight - 1)
        number, position = small.cofaces
        arrays = (
            *hierarchy.terms(large.members),
            large.faces,
            number * weight + position,
        )
        return cls(*(place(array, xp) for array in arrays))

    def up(self, strings: Array, xp: Any) -> Array:
        """R c (C(N, w), 3^w) of strings (C(N, w-1), 3^(w-1))."""
        count, faces = self.faces.shape
        there = xp.reshape(xp.take(strings, xp.reshape(self.faces, (-1,)), axis=0), (count, faces * strings.shape[1], 1))
        return (self.raising @ there)[:, :, 0]

    def down(self, strings: Array, xp: Any) -> Array:
        """L c (C(N, w-1), 3^(w-1)) of strings (C(N, w), 3^w)."""
        count, faces = self.faces.shape
        on_faces = xp.reshape(xp.matrix_transpose(self.pairs) @ strings[:, :, None], (count * faces, -1))
        gathered = xp.take(on_faces, xp.reshape(self.places, (-1,)), axis=0)
        return -xp.sum(xp.reshape(gathered, (*self.places.shape, -1)), axis=1)


@dataclass(frozen=True, eq=False)
class Equations:
    """The matrix on strings of 1 .. v spins, matrix-free."""

    hierarchy: Hierarchy
    rows: BlockRows
    xp: Any

    @property
    def weight(self) -> int:
        """v, the highest weight that is kept."""
        return self.rows.supports.weight

    @cached_property
    def sizes(self) -> list[tuple[int, int]]:
        """(supports, strings on one) of the weights 1 .. v."""
        n = self.hierarchy.n_spins
        return [(Supports(n, w).count, AXES**w) for w in range(1, self.weight + 1)]

    @property
    def unknowns(self) -> int:
        """How many strings there are."""
        return sum(count * strings for count, strings in self.sizes)

    @cached_property
    def ladders(self) -> list[Ladder]:
        """Those between weights 1 and 2, 2 and 3, ..., v - 1 and v."""
        return [Ladder.of(self.hierarchy, w, self.xp) for w in range(2, self.weight + 1)]

    @cached_property
    def source(self) -> FloatArray:
        """The right-hand side (unknowns,)."""
        out = np.zeros(self.unknowns)
        out[AXES - 1 : AXES * self.hierarchy.n_spins : AXES] = -self.hierarchy.source
        return out

    def parts(self, strings: Array) -> Iterator[Array]:
        """Strings by weight: (supports, strings on one) of the weights 1 .. v."""
        first = 0
        for count, size in self.sizes:
            yield namespace(strings).reshape(strings[first : first + count * size], (count, size))
            first += count * size

    def joined(self, parts: list[Array]) -> Array:
        """The inverse of `parts`."""
        return self.xp.concat([self.xp.reshape(part, (-1,)) for part in parts])

    def apply(self, strings: Array) -> Array:
        """Their rates of change (unknowns,), without the source."""
        xp, parts = self.xp, list(self.parts(strings))
        out = [(block @ part[:, :, None])[:, :, 0] for block, part in zip(self._local, parts[:-1], strict=True)]
        near = xp.take(parts[-1], xp.reshape(self._neighbours, (-1,)), axis=0)
        out.append((self._blocks @ xp.reshape(near, (parts[-1].shape[0], -1, 1)))[:, :, 0])
        for w, ladder in enumerate(self.ladders):
            out[w] = out[w] + ladder.down(parts[w + 1], xp)
            out[w + 1] = out[w + 1] + ladder.up(parts[w], xp)
        return self.joined(out)

    def dense(self) -> FloatArray:
        """The matrix itself (unknowns, unknowns)."""
        out = np.zeros((self.unknowns, self.unknowns))
        ends = np.cumsum([0, *(count * size for count, size in self.sizes)])
        for w, (count, size) in enumerate(self.sizes):
            part = slice(ends[w], ends[w + 1])
            here = np.arange(count)
            view = np.zeros((count, size, count, size))
            supports = Supports(self.hierarchy.n_spins, w + 1)
            if w + 1 < self.weight:
                view[here, :, here, :] = self.hierarchy.local(supports.members)
            else:
                view[here[:, None], :, self.rows.neighbours, :] = np.swapaxes(self.rows.blocks, 1, 2)
            out[part, part] = view.reshape(count * size, -1)
            if w:
                below = slice(ends[w - 1], ends[w])
                faces, (lower_count, lower) = supports.faces, self.sizes[w - 1]
                pairs, raising = (
                    self._spread(table, faces, (count, size, lower_count, lower))
                    for table in self.hierarchy.terms(supports.members)
                )
                out[below, part], out[part, below] = -pairs.T, raising
        return out

    @staticmethod
    def _spread(table: FloatArray, faces: IntArray, shape: tuple[int, int, int, int]) -> FloatArray:
        """A table (m, 3^w, w 3^(w-1)) as a matrix, zero between supports and what are no faces of theirs."""
        count, size, _, lower = shape
        view = np.zeros(shape)
        on_faces = np.swapaxes(table.reshape(count, size, -1, lower), 1, 2)
        view[np.arange(count)[:, None], :, faces, :] = on_faces
        return view.reshape(count * size, -1)

    @cached_property
    def _local(self) -> list[Array]:
        n = self.hierarchy.n_spins
        return [place(self.hierarchy.local(Supports(n, w).members), self.xp) for w in range(1, self.weight)]

    @cached_property
    def _blocks(self) -> Array:
        count, size = self.sizes[-1]
        return place(self.rows.blocks.reshape(count, size, -1), self.xp)

    @cached_property
    def _neighbours(self) -> Array:
        return place(self.rows.neighbours, self.xp)


class Preconditioner:
    """See the module's docstring."""

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        self.stars = [Schwarz.of(equations.rows, equations.xp)]  # of weights v, v - 1, ..., 1
        rows = equations.rows
        for w in range(equations.weight, 1, -1):
            rows = eliminate(equations.hierarchy, w, rows.diagonal)
            self.stars.append(Schwarz.of(rows, equations.xp))

    def apply(self, strings: Array) -> Array:
        """(unknowns,)"""
        xp, parts = self.equations.xp, list(self.equations.parts(strings))
        upwards = list(zip(self.equations.ladders, reversed(self.stars[:-1]), strict=True))
        for w, (ladder, stars) in reversed(list(enumerate(upwards))):
            parts[w] = parts[w] - ladder.down(stars.apply(parts[w + 1], xp), xp)
        parts[0] = self.stars[-1].apply(parts[0], xp)
        for w, (ladder, stars) in enumerate(upwards):
            parts[w + 1] = stars.apply(parts[w + 1] - ladder.up(parts[w], xp), xp)
        return self.equations.joined(parts)
