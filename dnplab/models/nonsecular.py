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

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dnplab.arrays import Array, is_numpy, namespace, place, set_diagonal, to_numpy
from dnplab.bath import Bath
from dnplab.block_basis import BlockBasis
from dnplab.drive import Drive
from dnplab.kernels import local_dissipation, sparse_commutator, transposed
from dnplab.models.generator import Generator, Projection, commutator
from dnplab.rotating_frame import rotating_hamiltonian
from dnplab.spins import flip_targets, site_values
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
        self._sparse: sparse.csr_array[Any] = sparse.csr_array(self.hamiltonian)
        self._lower, self._raise = map(float, bath.flip_rates(system.electron_ghz))
        self._a = (2.0 * bath.t_star_us) ** -0.5
        self._spin_values = site_values(self.n_spins)
        n_down = np.bitwise_count(np.arange(self.dimension)).astype(np.float64)  # bit 1 is down
        # elementwise in the product basis: decay by flips, and a^2 (S^z rho S^z - rho/4), which counts differing spins
        self._outflow = self._lower * (self.n_spins - n_down) + self._raise * n_down
        self._dephasing = 0.5 * self._a**2 * n_down
        self._eigen: _EigenstateDephasing | None = None
        if bath.uniform_dephasing:
            lowering, raising = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])
            flips = (self._lower**0.5 * lowering, self._raise**0.5 * raising)
            self.site_jumps = (*flips, 0.5 * self._a * np.diag([1.0, -1.0]))
        else:
            system.spectrum.require_nondegenerate("T(0) != T* (t_zero_us, t_star_us)")
            self._eigen = _EigenstateDephasing.of(system, self._a, (2.0 * bath.t_zero_us) ** -0.5 - self._a)

    def placed(self, xp: Any, dtype: str) -> Self:
        """See `Generator.placed`."""
        other = super().placed(xp, dtype)
        other._sparse = self._sparse.copy()
        other._sparse.data = self._sparse.data.astype(dtype)
        if self._eigen is not None:
            other._eigen = self._eigen.placed(xp, dtype)
        return other

    def commute(self, z: Array) -> Array:
        """See `Generator.commute`; sparse on the CPU."""
        return sparse_commutator(self._sparse, z) if is_numpy(z) else commutator(self.hamiltonian, z)

    def dissipate(self, z: Array) -> Array:
        """D(Z) (D, D), 1/µs."""
        out = local_dissipation(z, self._outflow, self._dephasing, self._spin_values, self._raise, self._lower)
        if self._eigen is not None:
            out += self._eigen.change(z)
        return out

    def projection(self, q: Array | None) -> Projection:
        """See `Generator.projection`."""
        if q is None:
            return self._native_projection()
        xp, dimension = namespace(q), self.dimension
        gain = xp.zeros_like(q)
        eigen_q = None if self._eigen is None else self._eigen.basis.into(q)
        lowering_diagonals, z_diagonals = [], []
        for site in range(self.n_spins):
            parted = xp.reshape(q, (2**site, 2, -1, dimension))
            up = xp.reshape(parted[:, 0, :, :], (-1, dimension))
            down = xp.reshape(parted[:, 1, :, :], (-1, dimension))
            lowering = xp.matrix_transpose(down) @ up  # <a|S_i^-|b>
            jump_z = self._a * (xp.matrix_transpose(up) @ up)  # S_i^z = |up><up| - 1/2
            if self._eigen is not None:
                jump_z += (xp.matrix_transpose(eigen_q) * self._eigen.diagonals[site, :]) @ eigen_q
            lowering_diagonals.append(xp.linalg.diagonal(lowering) + 0.0)
            z_diagonals.append(xp.linalg.diagonal(jump_z) - 0.5 * self._a)
            jump_z = set_diagonal(jump_z, z_diagonals[-1])
            lowering *= lowering
            jump_z *= jump_z
            gain += self._lower * lowering + self._raise * transposed(lowering) + jump_z
        flips, dephased = xp.stack(lowering_diagonals), xp.stack(z_diagonals)
        flips_overlap = (self._lower + self._raise) * (xp.matrix_transpose(flips) @ flips)
        return Projection(gain, flips_overlap + xp.matrix_transpose(dephased) @ dephased)

    def _native_projection(self) -> Projection:
        # on the CPU: sparse, but for the blocks of D_i
        gain = np.zeros((self.dimension, self.dimension))
        z_diagonals = self._a * site_values(self.n_spins)
        if self._eigen is None:
            np.fill_diagonal(gain, (z_diagonals**2).sum(axis=0))
        else:
            z_diagonals = self._eigen.add_native_gain(z_diagonals, gain)
        for site in range(self.n_spins):
            up, down = flip_targets(self.n_spins, site)
            gain[down, up] += self._lower
            gain[up, down] += self._raise
        xp, dtype = namespace(self.hamiltonian), str(to_numpy(self.hamiltonian[:1, :1]).dtype)
        return Projection(place(gain, xp, dtype), place(z_diagonals.T @ z_diagonals, xp, dtype))


@dataclass(frozen=True, eq=False)
class _EigenstateDephasing:
    """The terms of sum_i D[A_i^z] that contain D_i, sector by sector, where V is block diagonal.

    Rows are worked on, columns by transposition: a block of rows is one piece of memory. With A = V^T Z and B = V^T Z^T,

        change = V [a c M^T * A + c^2 (K * (A V)) V^T - G A]  +  (V [a c M^T * B - G B])^T
    """

    basis: BlockBasis  # V
    decay: tuple[Array, ...]  # blocks of G = V^T (sum_i (A_i^z)^2 - N a^2/4) V / 2
    cross: Array  # (D eigen, D product) a c M^T
    square: Array  # (D eigen, D eigen) c^2 K
    diagonals: Array  # (N, D) c d_i[n]

    @classmethod
    def of(cls, system: SpinSystem, a: float, c: float) -> Self:
        spectrum, d = system.spectrum, system.spectrum.sz_expectations
        basis = BlockBasis.of(spectrum)
        cross = a * c * (d.T @ site_values(system.n_spins))
        square = c**2 * (d.T @ d)
        # sum_i (A_i^z)^2 - N a^2/4 = a c sum_i (S_i^z D_i + D_i S_i^z) + c^2 sum_i D_i^2
        decay = []
        for t, s, v in zip(basis.states, basis.slices, basis.vectors, strict=True):
            mixed = (cross[s][:, t] * v.T) @ v
            decay.append(0.5 * (mixed + mixed.T + np.diag(np.diagonal(square)[s])))
        return cls(basis, tuple(decay), cross, square, c * d)

    def placed(self, xp: Any, dtype: str) -> Self:
        return replace(
            self,
            basis=self.basis.placed(xp, dtype),
            decay=tuple(place(g, xp, dtype) for g in self.decay),
            cross=place(self.cross, xp, dtype),
            square=place(self.square, xp, dtype),
            diagonals=place(self.diagonals, xp, dtype),
        )

    def change(self, z: Array) -> Array:
        """Their action on Z (D, D) in the product basis."""
        a, b = self.basis.into(z), self.basis.into(transposed(z))
        both = self.basis.into(transposed(a))  # (V^T Z V)^T, and K is symmetric
        both *= self.square
        left = self._inner(a)
        left += transposed(self.basis.out_of(both))
        out = self.basis.out_of(left)
        out += transposed(self.basis.out_of(self._inner(b)))
        return out

    def _inner(self, a: Array) -> Array:
        # a c M^T * A - G A
        out = self.cross * a
        for s, g in zip(self.basis.slices, self.decay, strict=True):
            out[s, :] -= g @ a[s, :]
        return out

    def add_native_gain(self, z_diagonals: FloatArray, gain: FloatArray) -> FloatArray:
        """Add sum_i |<s|A_i^z|t>|^2 to gain, given the diagonals of a S_i^z (N, D); the diagonals of A_i^z."""
        out, diagonals = z_diagonals.copy(), to_numpy(self.diagonals)
        for t, s, v in zip(self.basis.states, self.basis.slices, self.basis.vectors, strict=True):
            states, block = to_numpy(t), to_numpy(v).astype(np.float64)
            total = np.zeros_like(block)
            for site, d in enumerate(diagonals):
                jump = (block * d[s]) @ block.T
                jump[np.diag_indices_from(jump)] += z_diagonals[site, states]
                out[site, states] = np.diagonal(jump)
                total += jump**2
            gain[np.ix_(states, states)] += total
        return out
