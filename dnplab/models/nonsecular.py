r"""The nonsecular master equation with local jumps, Eqs. (4), (7) and (8) of the letter.

    d rho/dt = -i[H_S - omega_MW S^z + omega_1 S^x, rho] + sum_A (A rho A^+ - {A^+ A, rho} / 2)

The x and y jumps (7) of a spin are together the two channels S_i^- at rate h(omega_e)/T_1 and S_i^+ at h(-omega_e)/T_1.
The z jump (8) is

    A_i^z = a S_i^z + c D_i,   a = (2T*)^{-1/2},   c = (2T(0))^{-1/2} - a,   D_i = sum_n d_i[n] |n><n|,  d_i[n] = <n|S_i^z|n>

With T(0) = T* everything acts site by site in the product basis. Otherwise, with z_i[s] the S_i^z of a product state,
V the eigenvectors of H_S, M[s, n] = sum_i z_i[s] d_i[n] and K[n, m] = sum_i d_i[n] d_i[m], the sums over sites collapse:

    sum_i S_i^z Z D_i = [M * (Z V)] V^T,     sum_i D_i Z D_i = V [K * (V^T Z V)] V^T

Undriven, the fixed point is exp(-beta omega_e S^z)/Tr, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.kernels import add_permuted, local_dissipation, permuted
from dnplab.models.generator import Generator, Projection
from dnplab.rotating_frame import rotating_hamiltonian
from dnplab.spins import flip_targets, sectors, site_values
from dnplab.system import SpinSystem

__all__ = ["Nonsecular"]

FloatArray = NDArray[np.float64]


class Nonsecular(Generator):
    """Jump operators (7) and (8), in the product basis."""

    basis = None

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        self.n_spins = system.n_spins
        self.relaxation_rate = 1.0 / bath.t1_us
        self.hamiltonian = rotating_hamiltonian(system, drive)
        self._lower, self._raise = bath.flip_rates(system.electron_ghz)
        self._a = (2.0 * bath.t_star_us) ** -0.5
        n_down = np.bitwise_count(np.arange(self.dimension)).astype(np.float64)  # bit 1 is down
        # elementwise in the product basis: decay by flips, and a^2 (S^z rho S^z - rho/4), which counts differing spins
        self._outflow = self._lower * (self.n_spins - n_down) + self._raise * n_down
        self._dephasing = 0.5 * self._a**2 * n_down
        self._eigen: _EigenstateDephasing | None = None
        if not bath.uniform_dephasing:
            system.spectrum.require_nondegenerate("T(0) != T* (t_zero_us, t_star_us)")
            self._eigen = _EigenstateDephasing.of(system, self._a, (2.0 * bath.t_zero_us) ** -0.5 - self._a)

    def astype(self, dtype: DTypeLike) -> Self:
        """See `Generator.astype`."""
        other = super().astype(dtype)
        if self._eigen is not None and other is not self:
            other._eigen = self._eigen.astype(dtype)
        return other

    def dissipate(self, z: FloatArray) -> FloatArray:
        """D(Z) (..., D, D), 1/µs."""
        out = np.empty_like(z)
        for index in np.ndindex(z.shape[:-2]):
            local_dissipation(z[index], self._outflow, self._dephasing, self._raise, self._lower, out[index])
        if self._eigen is not None:
            self._eigen.add_to(z, out)
        return out

    def projection(self, q: FloatArray | None) -> Projection:
        """See `Generator.projection`."""
        q = np.eye(self.dimension, dtype=self.hamiltonian.dtype) if q is None else q
        gain = np.zeros_like(q)
        lowering_diagonals, z_diagonals = [], []
        eigen_q = None if self._eigen is None else self._eigen.in_basis(q)
        for site in range(self.n_spins):
            up, down = flip_targets(self.n_spins, site)
            lowering = q[down].T @ q[up]  # <a|S_i^-|b>
            gain += self._lower * lowering**2
            gain += self._raise * lowering.T**2
            lowering_diagonals.append(np.diagonal(lowering).copy())
            jump_z = self._a * (q[up].T @ q[up])  # S_i^z = |up><up| - 1/2
            jump_z[np.diag_indices_from(jump_z)] -= 0.5 * self._a
            if self._eigen is not None and eigen_q is not None:
                jump_z += (eigen_q.T * self._eigen.diagonals[site]) @ eigen_q
            gain += jump_z**2
            z_diagonals.append(np.diagonal(jump_z).copy())
        flips, dephased = np.array(lowering_diagonals), np.array(z_diagonals)
        return Projection(gain, (self._lower + self._raise) * (flips.T @ flips) + dephased.T @ dephased)


@dataclass(frozen=True, eq=False)
class _EigenstateDephasing:
    """The terms of sum_i D[A_i^z] that contain D_i, on product states sorted by sector, where V is block diagonal."""

    order: NDArray[np.intp]  # (D,) product states, sector by sector
    back: NDArray[np.intp]  # (D,) its inverse
    sector_slices: tuple[slice, ...]
    vectors: tuple[FloatArray, ...]  # blocks of V
    decay: tuple[FloatArray, ...]  # blocks of sum_i (A_i^z)^2 - N a^2/4, over 2
    cross: FloatArray  # (D product, D eigen) a c M
    square: FloatArray  # (D eigen, D eigen) c^2 K
    diagonals: FloatArray  # (N, D) c d_i[n]

    @classmethod
    def of(cls, system: SpinSystem, a: float, c: float) -> Self:
        spectrum, d = system.spectrum, system.spectrum.sz_expectations
        order = np.concatenate(sectors(system.n_spins))
        cross = a * c * (site_values(system.n_spins)[:, order].T @ d)
        square = c**2 * (d.T @ d)
        # sum_i (A_i^z)^2 - N a^2/4 = a c sum_i (S_i^z D_i + D_i S_i^z) + c^2 sum_i D_i^2
        decay = []
        for s, v in zip(spectrum.sector_slices, spectrum.block_vectors, strict=True):
            mixed = (cross[s, s] * v) @ v.T
            decay.append(0.5 * (mixed + mixed.T + (v * np.diagonal(square)[s]) @ v.T))
        return cls(
            order, np.argsort(order), spectrum.sector_slices, spectrum.block_vectors, tuple(decay), cross, square, c * d
        )

    def astype(self, dtype: DTypeLike) -> Self:
        return replace(
            self,
            vectors=tuple(v.astype(dtype) for v in self.vectors),
            decay=tuple(g.astype(dtype) for g in self.decay),
            cross=self.cross.astype(dtype),
            square=self.square.astype(dtype),
            diagonals=self.diagonals.astype(dtype),
        )

    def add_to(self, z: FloatArray, out: FloatArray) -> None:
        """Add their action on Z (..., D, D) in the product basis to out."""
        for index in np.ndindex(z.shape[:-2]):
            z_sorted = np.empty_like(z[index])
            permuted(z[index], self.order, z_sorted)
            add_permuted(self._change(z_sorted), self.back, out[index])

    def _change(self, z: FloatArray) -> FloatArray:
        # their action on one Z whose rows and columns are sorted by sector
        z_v, v_z = np.empty_like(z), np.empty_like(z)  # (product, eigen) and (eigen, product)
        for s, v in self._blocks():
            np.matmul(z[:, s], v, out=z_v[:, s])
            np.matmul(v.T, z[s], out=v_z[s])
        inner, outer = self.cross * z_v, self.cross.T * v_z
        for s, v in self._blocks():
            inner[s] += v @ (self.square[s] * (v.T @ z_v[s]))
        change = np.empty_like(z)
        for s, v, decay in zip(self.sector_slices, self.vectors, self.decay, strict=True):
            change[:, s] = inner[:, s] @ v.T - z[:, s] @ decay
        for s, v, decay in zip(self.sector_slices, self.vectors, self.decay, strict=True):
            change[s] += v @ outer[s] - decay @ z[s]
        return change

    def in_basis(self, q: FloatArray) -> FloatArray:
        """V^T Q (D, D)."""
        return np.concatenate([v.T @ q[self.order[s]] for s, v in self._blocks()])

    def _blocks(self) -> Iterator[tuple[slice, FloatArray]]:
        return zip(self.sector_slices, self.vectors, strict=True)
