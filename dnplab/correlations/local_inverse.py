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
CONDITION = 1e6  # of eigenvectors: beyond it (near critical damping) supports are solved one by one


@dataclass(frozen=True, eq=False)
class LocalInverse:
    """values (N, 3) and vectors (N, 3, 3), with their inverses, of the Bloch matrices; None where they are defective."""

    hierarchy: Hierarchy
    values: ComplexArray
    vectors: ComplexArray
    inverses: ComplexArray | None

    @classmethod
    def of(cls, hierarchy: Hierarchy) -> Self:
        """Of the spins of a hierarchy."""
        values, vectors = np.linalg.eig(hierarchy.bloch.astype(np.complex128))
        good = np.linalg.cond(vectors).max() < CONDITION
        return cls(hierarchy, values, vectors, np.linalg.inv(vectors) if good else None)

    def solve(self, members: IntArray, strings: FloatArray) -> FloatArray:
        """D_S^{-1} c (m, 3^w) on supports (m, w)."""
        if self.inverses is None:
            return np.asarray(np.linalg.solve(self.hierarchy.local(members), strings[:, :, None])[:, :, 0])
        return kernels.solved(members, self.values, self.vectors, self.inverses, strings, np.empty_like(strings))
