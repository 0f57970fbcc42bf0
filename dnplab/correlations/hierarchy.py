r"""The equations of motion of Pauli strings, support by support.

    dc_S/dt = D_S c_S + sum over faces T of R_ST c_T + sum over cofaces S' of L_SS' c_S'

D_S is the Kronecker sum of the Bloch matrices of the spins in S. R (raising) holds the pair terms that add a spin and the
relaxation towards the lattice; L (lowering) is minus the transposed pair terms. The empty string is c = 1.

With T(0) = T* the jumps (7) and (8) of the letter act spin by spin: with 1/T_2 = 1/(2 T_1) + 1/(4 T*), detuning delta_i from
the microwaves and omega_1 on the driven spins, the Bloch matrix of (x, y, z) is

    [[-1/T_2, -delta_i, 0], [delta_i, -1/T_2, -omega_1], [0, omega_1, -1/T_1]]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.correlations.strings import AXES, pair_entries, pair_tables, raising_entries, relaxation_table, spin_pairs
from dnplab.drive import Drive
from dnplab.kernels import strings as kernels
from dnplab.rotating_frame import detuning
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["Hierarchy"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """bloch (N, 3, 3) and source P_0/T_1 in 1/µs, couplings (N, N) U_ij in rad/µs."""

    bloch: FloatArray
    source: float
    couplings: FloatArray
    ising: bool

    @classmethod
    def of(cls, system: SpinSystem, bath: Bath, drive: Drive) -> Self:
        """The equations of a driven system in a bath with T(0) = T*."""
        n = system.n_spins
        offsets = RAD_US_PER_MHZ * np.asarray(system.offsets_mhz) + detuning(system, drive)
        lowering, raising = bath.flip_rates(system.electron_ghz)
        transverse = 0.5 * (lowering + raising) + 0.25 / bath.t_star_us
        bloch = np.zeros((n, AXES, AXES))
        bloch[:, 0, 0] = bloch[:, 1, 1] = -transverse
        bloch[:, 2, 2] = -(lowering + raising)
        bloch[:, 0, 1], bloch[:, 1, 0] = -offsets, offsets
        driven = list(drive.driven_sites(n))
        bloch[driven, 2, 1] = RAD_US_PER_MHZ * drive.amplitude_mhz
        bloch[driven, 1, 2] = -RAD_US_PER_MHZ * drive.amplitude_mhz
        return cls(bloch, raising - lowering, RAD_US_PER_MHZ * np.asarray(system.couplings_mhz), system.ising)

    @property
    def n_spins(self) -> int:
        """N."""
        return len(self.bloch)

    def local(self, members: IntArray) -> FloatArray:
        """D_S (m, 3^w, 3^w) on supports (m, w)."""
        count, weight = members.shape
        out = np.zeros((count, AXES**weight, AXES**weight))
        for place in range(weight):
            before, after = np.arange(AXES**place)[:, None], np.arange(AXES ** (weight - 1 - place))[None, :]
            shape = (before.size, AXES, after.size)
            parts = out.reshape(count, *shape, *shape)
            parts[:, before, :, after, before, :, after] += self.bloch[members[:, place]]
        return out

    def terms(self, members: IntArray) -> tuple[FloatArray, FloatArray]:
        """R_S without and with relaxation (m, 3^w, w 3^(w-1)): the strings on the faces of S one after the other."""
        weight = members.shape[1]
        pairs = np.tensordot(self._strengths(members), pair_tables(weight, self.ising), axes=1)
        return pairs, pairs + self.source * relaxation_table(weight)

    def raised(self, members: IntArray, faces: IntArray, below: FloatArray) -> FloatArray:
        """R_S c (m, 3^w) on supports (m, w) with these faces, for strings (C(N, w-1), 3^(w-1))."""
        weight = members.shape[1]
        strengths = np.column_stack([self._strengths(members), np.full(len(members), self.source)])
        terms = raising_entries(weight, self.ising)
        return kernels.raised(strengths, *terms, faces, below, np.empty((len(members), AXES**weight)))

    def lowered(self, members: IntArray, strings: FloatArray) -> FloatArray:
        """L c (m, w, 3^(w-1)): what strings (m, 3^w) on S do to those on its faces."""
        weight = members.shape[1]
        out = np.empty((len(members), weight, AXES ** (weight - 1)))
        return kernels.lowered(self._strengths(members), *pair_entries(weight, self.ising), strings, out)

    def _strengths(self, members: IntArray) -> FloatArray:
        # (m, pairs) U of the pairs in a support
        pairs = np.array(spin_pairs(members.shape[1]), dtype=np.int64).reshape(-1, 2)
        return np.asarray(self.couplings[members[:, pairs[:, 0]], members[:, pairs[:, 1]]])
