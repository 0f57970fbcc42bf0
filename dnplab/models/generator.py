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
from typing import Any, Self

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, namespace, place, transpose

__all__ = ["Generator", "Projection", "commutator"]

FloatArray = NDArray[np.float64]


def commutator(h: Array, z: Array) -> Array:
    """The real form of -i[H, rho], for a real symmetric H."""
    zt = transpose(z)
    return zt @ h - h @ zt


@dataclass(frozen=True, eq=False)
class Projection:
    """The diagonal parts of a dissipator in a basis: gain (D, D) and overlap (D, D), 1/µs."""

    gain: Array
    overlap: Array

    @property
    def outflow(self) -> Array:
        """Gamma_a (D,), the total rate out of a (its return to a included): trace preservation fixes it."""
        return namespace(self.gain).sum(self.gain, axis=0)

    @property
    def coherence_decay(self) -> Array:
        """(D, D), >= 0 for a != b."""
        outflow = self.outflow
        return 0.5 * (outflow[:, None] + outflow[None, :]) - self.overlap


class Generator(ABC):
    """A master equation on density matrices, in its native basis.

    hamiltonian : (D, D) real symmetric, rotating frame, native basis, rad/µs
    basis : (D, D) orthogonal, columns are the native basis states in the product basis; None is the product basis
    relaxation_rate : 1/T_1 in 1/µs, the scale of the slowest process: what residuals are measured in
    site_jumps : if every jump acts on one spin, and on all spins alike, in the product basis: 2 x 2 matrices in the order
        up, down, with the root of their rate in 1/µs; else None
    """

    hamiltonian: Array
    basis: FloatArray | None
    relaxation_rate: float
    site_jumps: tuple[FloatArray, ...] | None = None

    @property
    def dimension(self) -> int:
        """D = 2^N."""
        return int(self.hamiltonian.shape[0])

    def apply(self, z: Array) -> Array:
        """L Z (..., D, D); leading axes are independent matrices."""
        if z.ndim == 2:
            out = self.commute(z)
            out += self.dissipate(z)
            return out
        out = namespace(z).empty_like(z)
        for index in np.ndindex(z.shape[:-2]):
            out[index] = self.apply(z[index])
        return out

    def commute(self, z: Array) -> Array:
        """The real form of -i[H, Z] (D, D), rad/µs."""
        return commutator(self.hamiltonian, z)

    def placed(self, xp: Any, dtype: str) -> Self:
        """The same generator with its arrays in the namespace `xp` and its real numbers in another precision."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if array_api_compat.is_array_api_obj(value) and name != "basis":
                setattr(other, name, place(value, xp, dtype))
        return other

    @abstractmethod
    def dissipate(self, z: Array) -> Array:
        """D(Z) (D, D), 1/µs."""

    @abstractmethod
    def projection(self, q: Array | None) -> Projection:
        """Diagonal parts of D in the basis of the columns of q (in the native basis); None is the native basis itself."""
