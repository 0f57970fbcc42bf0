r"""What every 4^N master equation offers to a solver.

    L Z = -(H Z^T - Z^T H) + D(Z)      H: Hamiltonian of the rotating frame, D: dissipator, rad/µs and 1/µs

and the parts of D that survive on the diagonal of a basis |a> = columns of Q, for preconditioners:

    gain[a, b]    = sum_A |<a|A|b>|^2            classical jump rates b -> a; outflow of b is its column sum
    overlap[a, b] = sum_A <a|A|a> <b|A|b>        so that the coherence a, b decays at (Gamma_a + Gamma_b)/2 - overlap
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Generator", "Projection", "commutator", "transpose"]

FloatArray = NDArray[np.float64]


def transpose(z: FloatArray) -> FloatArray:
    """Z^T over the last two axes."""
    return np.swapaxes(z, -1, -2)


def commutator(h: FloatArray, z: FloatArray) -> FloatArray:
    """The real form of -i[H, rho], for a real symmetric H."""
    zt = transpose(z)
    return np.asarray(zt @ h - h @ zt)


@dataclass(frozen=True, eq=False)
class Projection:
    """The diagonal parts of a dissipator in a basis: gain (D, D) and overlap (D, D), 1/µs."""

    gain: FloatArray
    overlap: FloatArray

    @property
    def outflow(self) -> FloatArray:
        """Gamma_a (D,), the total rate out of a (its return to a included): trace preservation fixes it."""
        return np.asarray(self.gain.sum(axis=0))

    @property
    def population_rates(self) -> FloatArray:
        """R (D, D): dp/dt = R p, columns sum to zero."""
        return self.gain - np.diag(self.outflow)

    @property
    def coherence_decay(self) -> FloatArray:
        """(D, D), >= 0 for a != b."""
        outflow = self.outflow
        return 0.5 * (outflow[:, None] + outflow[None, :]) - self.overlap


class Generator(ABC):
    """A master equation on density matrices, in its native basis.

    hamiltonian : (D, D) real symmetric, rotating frame, native basis, rad/µs
    basis : (D, D) orthogonal, columns are the native basis states in the product basis; None is the product basis
    relaxation_rate : 1/T_1 in 1/µs, the scale of the slowest process: what residuals are measured in
    """

    hamiltonian: FloatArray
    basis: FloatArray | None
    relaxation_rate: float

    @property
    def dimension(self) -> int:
        """D = 2^N."""
        return len(self.hamiltonian)

    def apply(self, z: FloatArray) -> FloatArray:
        """L Z (..., D, D); leading axes are independent matrices."""
        return commutator(self.hamiltonian, z) + self.dissipate(z)

    def astype(self, dtype: DTypeLike) -> Self:
        """The same generator with its arrays in another precision (itself, if they are in that one)."""
        if self.hamiltonian.dtype == dtype:
            return self
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                setattr(other, name, value.astype(dtype))
        return other

    @abstractmethod
    def dissipate(self, z: FloatArray) -> FloatArray:
        """D(Z) (..., D, D), 1/µs."""

    @abstractmethod
    def projection(self, q: FloatArray | None) -> Projection:
        """Diagonal parts of D in the basis of the columns of q (in the native basis); None is the native basis itself."""
