r"""The bases in which frames work: orthogonal Q that take a real form there and back, Z -> Q^T Z Q and Z -> Q Z Q^T.

native    Q = 1
dense     any Q: 2 dense products each way
tilted    Q = u V: u turns every spin to the effective field (omega_1, detuning) that it sees by itself, V diagonalises what
          then conserves the number of spins down, sector by sector: less than half a dense product each way at N = 10
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, namespace, place, transpose
from dnplab.block_basis import BlockBasis
from dnplab.kernels import transposed
from dnplab.models.generator import Projection
from dnplab.spectrum import Spectrum
from dnplab.spins import flip_targets, site_values

__all__ = ["Basis", "DenseBasis", "NativeBasis", "Tilt", "TiltedBasis"]

FloatArray = NDArray[np.float64]


class Basis(Protocol):
    """There and back on real forms (D, D)."""

    def from_native(self, z: Array) -> Array:
        """Q^T Z Q."""

    def to_native(self, z: Array) -> Array:
        """Q Z Q^T."""


class NativeBasis:
    """Q = 1."""

    def from_native(self, z: Array) -> Array:
        """Z itself."""
        return z

    def to_native(self, z: Array) -> Array:
        """Z itself."""
        return z


@dataclass(frozen=True, eq=False)
class DenseBasis:
    """Q as a matrix (D, D)."""

    q: Array

    def from_native(self, z: Array) -> Array:
        """Q^T Z Q."""
        return transpose(self.q) @ z @ self.q

    def to_native(self, z: Array) -> Array:
        """Q Z Q^T."""
        return self.q @ z @ transpose(self.q)


@dataclass(frozen=True, eq=False)
class TiltedBasis:
    """Q = (u_high x u_low) V: each half of the spins turned by one small matrix, V in blocks."""

    blocks: BlockBasis
    high: Array  # (2^(N - N//2),) * 2, the first spins
    low: Array  # (2^(N//2),) * 2, the last spins

    def placed(self, xp: Any, dtype: str) -> Self:
        """The same in another namespace and precision."""
        return type(self)(self.blocks.placed(xp, dtype), place(self.high, xp, dtype), place(self.low, xp, dtype))

    def from_native(self, z: Array) -> Array:
        """Q^T Z Q."""
        return transposed(self._in(transposed(self._in(z))))

    def to_native(self, z: Array) -> Array:
        """Q Z Q^T."""
        return transposed(self._out(transposed(self._out(z))))

    def _in(self, z: Array) -> Array:
        return self.blocks.into(self.turn(z, transpose(self.high), transpose(self.low)))

    def _out(self, z: Array) -> Array:
        return self.turn(self.blocks.out_of(z), self.high, self.low)

    @staticmethod
    def turn(z: Array, high: Array, low: Array) -> Array:
        """(high x low) Z."""
        xp, shape, rows = namespace(z), z.shape, high.shape[0]
        z = xp.reshape(high @ xp.reshape(z, (rows, -1)), (rows, low.shape[0], -1))
        return xp.reshape(low @ z, shape)


@dataclass(frozen=True, eq=False)
class Tilt:
    """How a Hamiltonian looks when every spin is turned to its own effective field.

    cosines, sines : (N,) of half the angle between that field and z, at most 45 degrees: up stays mostly up
    spectrum : of the part that conserves the number of spins down
    hamiltonian : (D, D) the whole in the tilted product basis, rad/µs
    """

    cosines: FloatArray
    sines: FloatArray
    spectrum: Spectrum
    hamiltonian: FloatArray

    @classmethod
    def of(cls, hamiltonian: FloatArray) -> Self:
        """Of a real symmetric H (D, D) in the product basis.

        H's part on spin i alone is delta_i S_i^z + omega_i S_i^x, delta_i = (4/D) Tr(H S_i^z), omega_i = (4/D) Tr(H S_i^x).
        """
        dimension = len(hamiltonian)
        n_spins = dimension.bit_length() - 1
        delta = 4.0 / dimension * (site_values(n_spins) @ np.diagonal(hamiltonian))
        flips = [hamiltonian[flip_targets(n_spins, site)].sum() for site in range(n_spins)]
        omega = 4.0 / dimension * np.array(flips)
        half_angle = 0.5 * np.arctan2(np.where(delta < 0.0, -omega, omega), np.abs(delta))
        cosines, sines = np.cos(half_angle), np.sin(half_angle)
        high, low = _halves(cosines, sines)
        turned = TiltedBasis.turn(hamiltonian, high.T, low.T).T
        turned = np.ascontiguousarray(TiltedBasis.turn(np.ascontiguousarray(turned), high.T, low.T))
        return cls(cosines, sines, Spectrum.of(n_spins, turned), turned)

    def basis(self) -> TiltedBasis:
        """The basis that diagonalises `spectrum`, in float64 on the CPU."""
        return TiltedBasis(BlockBasis.of(self.spectrum), *_halves(self.cosines, self.sines))

    def projection(self, site_jumps: tuple[FloatArray, ...], dtype: str) -> Projection:
        """Diagonal parts of a dissipator of one-spin jumps in that basis.

        Turned, a traceless jump is [[z, p], [m, -z]]: it keeps, raises or lowers the number of spins up.
        """
        spectrum, dimension = self.spectrum, len(self.hamiltonian)
        gain = np.zeros((dimension, dimension), dtype=dtype)
        kept = []
        for site, (c, s) in enumerate(zip(self.cosines, self.sines, strict=True)):
            u = np.array([[c, -s], [s, c]])
            turned = np.array([u.T @ jump @ u for jump in site_jumps])
            keeps, raises, lowers = (turned[:, 0, 0] - turned[:, 1, 1]), turned[:, 0, 1], turned[:, 1, 0]
            kept.append(keeps @ keeps)
            for k, up, down in spectrum.adjacent():
                strength = spectrum.raising_block(site, k) ** 2
                gain[up, down] += (raises @ raises) * strength
                gain[down, up] += (lowers @ lowers) * strength.T
            for k, sector in enumerate(spectrum.sector_slices):
                gain[sector, sector] += kept[-1] * spectrum.sz_block(site, k) ** 2
        d = spectrum.sz_expectations
        return Projection(gain, ((np.array(kept)[:, None] * d).T @ d).astype(dtype))


def _halves(cosines: FloatArray, sines: FloatArray) -> tuple[FloatArray, FloatArray]:
    """u_high and u_low: Kronecker products of the first and of the last spins' rotations."""
    turns = [np.array([[c, -s], [s, c]]) for c, s in zip(cosines, sines, strict=True)]
    first = len(turns) - len(turns) // 2
    return _kronecker(turns[:first]), _kronecker(turns[first:])


def _kronecker(factors: Sequence[FloatArray]) -> FloatArray:
    out: FloatArray = np.eye(1)
    for factor in factors:
        out = np.asarray(np.kron(out, factor), dtype=np.float64)
    return out
