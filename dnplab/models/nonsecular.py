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

import math

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
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
        self._c = (2.0 * bath.t_zero_us) ** -0.5 - self._a
        z = site_values(self.n_spins)
        # all that is elementwise in the product basis: decay by flips and, from a^2 S^z rho S^z, dephasing
        n_up = (z > 0).sum(axis=0)
        outflow = self._lower * n_up + self._raise * (self.n_spins - n_up)
        self._local_decay = -0.5 * (outflow[:, None] + outflow[None, :]) + self._a**2 * (z.T @ z)
        self._eigen: _EigenstateDephasing | None = None
        if math.isclose(bath.t_zero_us, bath.t_star_us, rel_tol=1e-12):
            self._c = 0.0
            self._local_decay -= 0.25 * self._a**2 * self.n_spins
        else:
            system.spectrum.require_nondegenerate("T(0) != T* (t_zero_us, t_star_us)")
            self._eigen = _EigenstateDephasing(system, self._a, self._c)

    def dissipate(self, z: FloatArray) -> FloatArray:
        """D(Z) (..., D, D), 1/µs."""
        out = np.asarray(self._local_decay * z)
        self._add_flips(z, out)
        if self._eigen is not None:
            self._eigen.add_to(z, out)
        return out

    def _add_flips(self, z: FloatArray, out: FloatArray) -> None:
        # sum_i rate S_i^-+ Z S_i^+-: both indices flip the same bit, so each site moves quarters of Z
        lead = z.shape[:-2]
        for site in range(self.n_spins):
            left, right = 1 << site, 1 << (self.n_spins - 1 - site)
            source = z.reshape(*lead, left, 2, right, left, 2, right)
            target = out.reshape(*lead, left, 2, right, left, 2, right)
            target[..., 1, :, :, 1, :] += self._lower * source[..., 0, :, :, 0, :]
            target[..., 0, :, :, 0, :] += self._raise * source[..., 1, :, :, 1, :]

    def projection(self, q: FloatArray | None) -> Projection:
        """See `Generator.projection`."""
        q = np.eye(self.dimension) if q is None else q
        gain = np.zeros_like(q)
        lowering_diagonals, z_diagonals = [], []
        dephasing = None if self._eigen is None else self._eigen.in_basis(q)
        for site in range(self.n_spins):
            up, down = flip_targets(self.n_spins, site)
            lowering = q[down].T @ q[up]  # <a|S_i^-|b>
            gain += self._lower * lowering**2
            gain += self._raise * lowering.T**2
            lowering_diagonals.append(np.diagonal(lowering).copy())
            jump_z = self._a * (q[up].T @ q[up])  # S_i^z = |up><up| - 1/2
            jump_z[np.diag_indices_from(jump_z)] -= 0.5 * self._a
            if dephasing is not None:
                jump_z += dephasing.diagonal_part(site)
            gain += jump_z**2
            z_diagonals.append(np.diagonal(jump_z).copy())
        flips, dephased = np.array(lowering_diagonals), np.array(z_diagonals)
        return Projection(gain, (self._lower + self._raise) * (flips.T @ flips) + dephased.T @ dephased)


class _DiagonalParts:
    """c D_i in another basis: (D, D) for one site at a time."""

    def __init__(self, v_q: FloatArray, weights: FloatArray) -> None:
        self._v_q, self._weights = v_q, weights

    def diagonal_part(self, site: int) -> FloatArray:
        return np.asarray((self._v_q.T * self._weights[site]) @ self._v_q)


class _EigenstateDephasing:
    """The terms of sum_i D[A_i^z] with D_i in them, and all of the decay of A_i^z; V is used sector by sector."""

    def __init__(self, system: SpinSystem, a: float, c: float) -> None:
        spectrum, z = system.spectrum, site_values(system.n_spins)
        d = spectrum.sz_expectations
        self._c, self._d = c, d
        self._cross = a * c * (z.T @ d)  # (D product, D eigen)
        self._square = c**2 * (d.T @ d)
        self._blocks = list(zip(sectors(system.n_spins), spectrum.sector_slices, spectrum.block_vectors, strict=True))
        # sum_i (A_i^z)^2 = N a^2/4 + a c sum_i (S_i^z D_i + D_i S_i^z) + c^2 sum_i D_i^2, block diagonal
        self._decay_blocks = []
        for states, levels, v in self._blocks:
            mixed = (self._cross[states][:, levels] * v) @ v.T
            decay = mixed + mixed.T + (v * np.diagonal(self._square)[levels]) @ v.T
            decay[np.diag_indices_from(decay)] += 0.25 * a**2 * system.n_spins
            self._decay_blocks.append(decay)

    def add_to(self, z: FloatArray, out: FloatArray) -> None:
        """Add their action on Z (..., D, D) in the product basis to out."""
        z_v = self._right(z)  # (..., product, eigen)
        v_z = self._left_transposed(z)  # (..., eigen, product)
        inner = self._cross * z_v + self._left(self._square * self._left_transposed(z_v))
        outer = self._cross.T * v_z
        for states, levels, v in self._blocks:
            out[..., :, states] += inner[..., :, levels] @ v.T
            out[..., states, :] += v @ outer[..., levels, :]
        for (states, _, _), decay in zip(self._blocks, self._decay_blocks, strict=True):
            out[..., :, states] -= 0.5 * (z[..., :, states] @ decay)
            out[..., states, :] -= 0.5 * (decay @ z[..., states, :])

    def in_basis(self, q: FloatArray) -> _DiagonalParts:
        """c D_i seen from the basis q."""
        return _DiagonalParts(self._left_transposed(q), self._c * self._d)

    def _right(self, z: FloatArray) -> FloatArray:
        out = np.empty_like(z)
        for states, levels, v in self._blocks:
            out[..., :, levels] = z[..., :, states] @ v
        return out

    def _left(self, z: FloatArray) -> FloatArray:
        out = np.empty_like(z)
        for states, levels, v in self._blocks:
            out[..., states, :] = v @ z[..., levels, :]
        return out

    def _left_transposed(self, z: FloatArray) -> FloatArray:
        out = np.empty_like(z)
        for states, levels, v in self._blocks:
            out[..., levels, :] = v.T @ z[..., states, :]
        return out
