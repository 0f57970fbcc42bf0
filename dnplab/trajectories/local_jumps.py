r"""Jump operators of the nonsecular equation, Eqs. (7) and (8) of the letter, acting on wave functions.

    S_i^- at h(omega_e)/T_1,    S_i^+ at h(-omega_e)/T_1,    A_i^z = a S_i^z + c D_i,    D_i = V diag(d_i) V^T
    d_i[n] = <n|S_i^z|n>,    a = (2T*)^{-1/2},    c = (2T(0))^{-1/2} - a
    H_eff = H_S - omega_MW S^z + omega_1 S^x - (i/2) sum_A A^+ A    (rad/µs)

Two pairs of flips unravel the same equation, since one is a unitary mixture of the other:

    ladder       sqrt(g_-) S_i^-  and  sqrt(g_+) S_i^+,    g_-+ = h(+-omega_e)/T_1: each changes S^z by one
    components   A^x_i, A^y_i = [sqrt(g_-) S_i^- +- sqrt(g_+) S_i^+] / sqrt(2) of (7)

S_i^- psi and S_i^+ psi are orthogonal, so that the components share the rate of both equally. In a warm bath they are nearly
unitary: they learn nothing of where the spin points, and what is averaged scatters much less from time to time.

With T(0) = T* every jump acts on one spin alone and (A_i^z)^2 = 1/(8T*) is a number. Otherwise

    sum_i (A_i^z)^2 = N a^2/4 + a c [(M * V) V^T + V (M * V)^T] + c^2 V diag(sum_i d_i^2) V^T
    M[s, n] = sum_i z_i[s] d_i[n]

with z_i[s] the S_i^z of a product state. Everything is sparse: V and this sum are block diagonal in the S^z sectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.rotating_frame import detuning
from dnplab.spectrum import Spectrum
from dnplab.spins import flip_targets, sectors, site_values
from dnplab.system import SpinSystem
from dnplab.trajectories.history import KINDS
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["FLIPS", "LocalJumps", "eigenvectors", "require_flips"]

FloatArray = NDArray[np.float64]
ArrayOrFloat = TypeVar("ArrayOrFloat", FloatArray, float)
ComplexArray = NDArray[np.complex128]
LOWER, RAISE, DEPHASE = range(3)  # the rows of rates; with components A^x and A^y stand in those of S^- and S^+
FLIPS = {"ladder": ("S-", "S+"), "components": ("Ax", "Ay")}


def require_flips(flips: str) -> str:
    """A pair of flips that there is."""
    if flips not in tuple(FLIPS):
        raise ParameterError("flips", flips, "one of " + ", ".join(FLIPS))
    return flips


class LocalJumps:
    """The jumps of one system, bath and drive.

    flips : which pair flips a spin, one of `FLIPS`; it changes neither of the two operators below
    kinds : (3,) what the rows of rates are, indices into `history.KINDS`
    decay : sum_A A^+ A, real symmetric (D, D), 1/µs: its expectation value is the rate of all jumps together
    effective_hamiltonian : H_eff, complex symmetric (D, D), rad/µs

    Raises:
        ParameterError: no such pair of flips.

    """

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive, flips: str = "ladder") -> None:
        self.n_spins = system.n_spins
        self.flips = require_flips(flips)
        self.kinds = tuple(map(KINDS.index, (*FLIPS[flips], "Sz")))
        self._z = site_values(self.n_spins)
        self._rates = tuple(map(float, bath.flip_rates(system.electron_ghz)))
        self._a = (2.0 * bath.t_star_us) ** -0.5
        self._vectors: sparse.csr_array[Any] | None = None
        dephasing = sparse.diags_array(np.full(system.dimension, 0.25 * self.n_spins * self._a**2))
        if not bath.uniform_dephasing:
            system.spectrum.require_nondegenerate("T(0) != T* (t_zero_us, t_star_us)")
            c = (2.0 * bath.t_zero_us) ** -0.5 - self._a
            self._vectors = eigenvectors(system.spectrum)
            self._cd = c * system.spectrum.sz_expectations  # (N, D)
            dephasing = dephasing + _eigenstate_dephasing(system.spectrum, self._a, c)
        up = 0.5 * self.n_spins + self._z.sum(axis=0)  # how many spins are up, (D,)
        self.dephasing = sparse.csr_array(dephasing)
        self.decay = self.dephasing + sparse.diags_array(self._rates[LOWER] * up + self._rates[RAISE] * (self.n_spins - up))
        self.effective_hamiltonian = sparse.csr_array(_rotating(system, drive) - 0.5j * self.decay)

    def strengths(self, psi: ComplexArray) -> FloatArray:
        """Rates of the jumps of each of `kinds` and spin out of a normalised state: (3, N), 1/µs."""
        z = self._z @ np.abs(psi) ** 2
        if self._vectors is None:
            dephase = np.full(self.n_spins, 0.25 * self._a**2)
        else:
            dephase = np.array([np.linalg.norm(self._dephased(psi, site)) ** 2 for site in range(self.n_spins)])
        return np.array([*self._shared(self._rates[LOWER] * (0.5 + z), self._rates[RAISE] * (0.5 - z)), dephase])

    def expected_rates(self, rho: ComplexArray) -> FloatArray:
        """Rates of the jumps of each of `kinds` in a mixed state (D, D): (3,), 1/µs."""
        up = float(0.5 * self.n_spins + self._z.sum(axis=0) @ np.diagonal(rho).real)
        dephase = float((self.dephasing @ rho).trace().real)
        return np.array([*self._shared(self._rates[LOWER] * up, self._rates[RAISE] * (self.n_spins - up)), dephase])

    def jumped(self, psi: ComplexArray, row: int, site: int) -> ComplexArray:
        """A psi, normalised; A is that of a row of rates and a spin."""
        out = self._dephased(psi, site) if row == DEPHASE else self._flipped(psi, row, site)
        return np.asarray(out / np.linalg.norm(out))

    def _shared(self, lowered: ArrayOrFloat, raised: ArrayOrFloat) -> tuple[ArrayOrFloat, ArrayOrFloat]:
        """The rates of the two flips from those of S^- and S^+."""
        if self.flips == "ladder":
            return lowered, raised
        return 0.5 * (lowered + raised), 0.5 * (lowered + raised)

    def _flipped(self, psi: ComplexArray, row: int, site: int) -> ComplexArray:
        out = np.zeros_like(psi)
        parted, flipped = (array.reshape(2**site, 2, -1) for array in (psi, out))  # the middle axis: up, down
        if self.flips == "ladder":
            flipped[:, 1 - row] = parted[:, row]
        else:
            flipped[:, 1] = self._rates[LOWER] ** 0.5 * parted[:, 0]
            flipped[:, 0] = (1 - 2 * row) * self._rates[RAISE] ** 0.5 * parted[:, 1]
        return out

    def _dephased(self, psi: ComplexArray, site: int) -> ComplexArray:
        out = self._a * self._z[site] * psi
        if self._vectors is not None:
            out += self._vectors @ (self._cd[site] * (self._vectors.T @ psi))
        return np.asarray(out)


def eigenvectors(spectrum: Spectrum) -> sparse.csr_array[Any]:
    """V (D, D): rows are product states, columns the eigenstates of H_S."""
    columns = [np.arange(s.start, s.stop) for s in spectrum.sector_slices]
    return _assembled(sectors(spectrum.n_spins), columns, spectrum.block_vectors)


def _eigenstate_dephasing(spectrum: Spectrum, a: float, c: float) -> sparse.csr_array[Any]:
    d, z, blocks = spectrum.sz_expectations, site_values(spectrum.n_spins), []
    for states, s, v in zip(sectors(spectrum.n_spins), spectrum.sector_slices, spectrum.block_vectors, strict=True):
        mixed = a * c * ((z[:, states].T @ d[:, s]) * v) @ v.T
        blocks.append(mixed + mixed.T + c**2 * (v * (d[:, s] ** 2).sum(axis=0)) @ v.T)
    return _assembled(sectors(spectrum.n_spins), sectors(spectrum.n_spins), blocks)


def _assembled(
    rows: Sequence[NDArray[np.intp]], columns: Sequence[NDArray[np.intp]], blocks: Sequence[FloatArray]
) -> sparse.csr_array[Any]:
    dimension = sum(map(len, rows))
    i = np.concatenate([np.repeat(r, len(c)) for r, c in zip(rows, columns, strict=True)])
    j = np.concatenate([np.tile(c, len(r)) for r, c in zip(rows, columns, strict=True)])
    values = np.concatenate([block.ravel() for block in blocks])
    return sparse.csr_array((values, (i, j)), shape=(dimension, dimension))


def _rotating(system: SpinSystem, drive: Drive) -> sparse.csr_array[Any]:
    # H_S - omega_MW S^z + omega_1 S^x as in `dnplab.rotating_frame`, without its dense matrix
    h = system.sparse_hamiltonian + sparse.diags_array(detuning(system, drive) * site_values(system.n_spins).sum(axis=0))
    half = 0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz
    for site in drive.driven_sites(system.n_spins):
        up, down = flip_targets(system.n_spins, site)
        entries = (np.full(2 * len(up), half), (np.concatenate([up, down]), np.concatenate([down, up])))
        h = h + sparse.csr_array(entries, shape=h.shape)
    return sparse.csr_array(h)
