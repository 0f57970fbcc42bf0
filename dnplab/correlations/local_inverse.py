"""D_S^{-1} for very many supports: a Kronecker sum is diagonal where each spin's Bloch matrix is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dnplab.correlations.hierarchy import Hierarchy
from dnplab.kernels import strings as kernels

__all__ = ["LocalInverse"]

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CONDITION = 1e8  # of the eigenvectors of a support: beyond it (near critical damping) supports are solved one by one
CHUNK_BYTES = 1 << 26


@dataclass(frozen=True, eq=False)
class LocalInverse:
    """values (N, 3) and vectors (N, 3, 3), with their inverses and worst condition, of the Bloch matrices."""

    hierarchy: Hierarchy
    values: ComplexArray
    vectors: ComplexArray
    inverses: ComplexArray
    condition: float

    @classmethod
    def of(cls, hierarchy: Hierarchy) -> Self:
        """Of the spins of a hierarchy."""
        values, vectors = np.linalg.eig(hierarchy.bloch.astype(np.complex128))
        condition = float(np.linalg.cond(vectors).max())
        good = condition < CONDITION
        return cls(hierarchy, values, vectors, np.linalg.inv(vectors) if good else vectors, condition)

    def solve(self, members: IntArray, strings: FloatArray) -> FloatArray:
        """D_S^{-1} c (m, 3^w) on supports (m, w)."""
        weight = members.shape[1]
        if not self.condition**weight < CONDITION:
            out, step = np.empty_like(strings), max(1, CHUNK_BYTES // (8 * strings.shape[1] ** 2))
            for first in range(0, len(members), step):
                part = slice(first, first + step)
                out[part] = np.linalg.solve(self.hierarchy.local(members[part]), strings[part, :, None])[:, :, 0]
            return out
        return kernels.solved(members, self.values, self.vectors, self.inverses, strings, np.empty_like(strings))
