r"""Hand-written dense superoperators of the driven many-spin model, in complex numbers.

A density matrix is flattened row by row, so that A rho B becomes (A kron B^T) vec(rho). Any consistent
units do (hbar = k_B = 1). Frame: rotating with the microwaves about z; basis: product states, spin 0 the
most significant bit, up first.

    rho' = -i [H_S - omega_MW S^z + omega_1 S^x, rho] + bath(rho)

with the bath of (7)(8) `nonsecular`, of (6) `ule`, of (S47)(S48) `secular`; `hilbert_rates` projects the
secular equation on the populations to second order in the drive (S50)-(S53).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

PAULI = {
    "x": np.array([[0, 1], [1, 0]], dtype=complex) / 2,
    "y": np.array([[0, -1j], [1j, 0]], dtype=complex) / 2,
    "z": np.array([[1, 0], [0, -1]], dtype=complex) / 2,
    "+": np.array([[0, 1], [0, 0]], dtype=complex),
    "-": np.array([[0, 0], [1, 0]], dtype=complex),
}


@dataclass(frozen=True)
class Problem:
    """One driven system with its bath: angular frequencies and times in any consistent units."""

    electron: float
    offsets: NDArray[np.float64]  # (N,)
    couplings: NDArray[np.float64]  # (N, N) symmetric
    beta: float
    t1: float
    t_star: float
    t_zero: float
    detuning: float  # omega_e - omega_MW, apart from `electron` to keep its digits
    amplitude: float
    sites: tuple[int, ...] | None = None
    ising: bool = False

    @property
    def n_spins(self) -> int:
        return len(self.offsets)

    def but(self, **changes: object) -> Problem:
        """The same problem with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def site(kind: str, i: int, n_spins: int) -> Matrix:
    """S^kind_i on the full space, (D, D)."""
    factors = [PAULI[kind] if j == i else np.eye(2) for j in range(n_spins)]
    return reduce(np.kron, factors).astype(complex)


def total(kind: str, n_spins: int, sites: Iterable[int] | None = None) -> Matrix:
    """Sum of S^kind_i over `sites` (all of them by default), (D, D)."""
    chosen = range(n_spins) if sites is None else sites
    return sum((site(kind, i, n_spins) for i in chosen), np.zeros((2**n_spins,) * 2, complex))


def static_hamiltonian(p: Problem) -> Matrix:
    """H_S - omega_e S^z of (1)(2), (D, D): the large omega_e is left out to keep digits."""
    n = p.n_spins
    h = sum((p.offsets[i] * site("z", i, n) for i in range(n)), np.zeros((2**n,) * 2, complex))
    for i in range(n):
        for j in range(i + 1, n):
            flip = site("+", i, n) @ site("-", j, n)
            h = h + p.couplings[i, j] * (flip + flip.conj().T)
            if p.ising:
                h = h - 4 * p.couplings[i, j] * site("z", i, n) @ site("z", j, n)
    return h


def rotating_hamiltonian(p: Problem) -> Matrix:
    """H_S - omega_MW S^z + omega_1 S^x, (D, D); S^x over the irradiated spins only."""
    n = p.n_spins
    drive = p.amplitude * total("x", n, p.sites)
    return static_hamiltonian(p) + p.detuning * total("z", n) + drive


@dataclass(frozen=True)
class Eigenbasis:
    """H_S|n> = eps_n|n>, S^z|n> = s_n|n>; `shifted` = eps_n - omega_e s_n; columns of `vectors` are |n>."""

    shifted: NDArray[np.float64]
    sz: NDArray[np.float64]
    vectors: Matrix

    def gaps(self, frequency: float) -> NDArray[np.float64]:
        """eps_n - eps_m with `frequency` (s_n - s_m) put back, (D, D)."""
        energies = self.shifted[:, None] - self.shifted[None, :]
        return energies + frequency * (self.sz[:, None] - self.sz[None, :])

    def matrix(self, operator: Matrix) -> Matrix:
        """<n|operator|m>, (D, D)."""
        return self.vectors.conj().T @ operator @ self.vectors


def eigenbasis(p: Problem) -> Eigenbasis:
    """Common eigenbasis of H_S and S^z, sector by sector."""
    h = static_hamiltonian(p)
    magnetization = np.real(np.diag(total("z", p.n_spins)))
    dimension = len(magnetization)
    vectors = np.zeros((dimension, dimension), complex)
    shifted, sz, column = np.zeros(dimension), np.zeros(dimension), 0
    for value in np.unique(magnetization)[::-1]:
        members = np.flatnonzero(magnetization == value)
        energies, block = np.linalg.eigh(h[np.ix_(members, members)])
        columns = np.arange(column, column + len(members))
        vectors[np.ix_(members, columns)] = block
        shifted[columns], sz[columns] = energies, value
        column += len(members)
    return Eigenbasis(shifted, sz, vectors)


def thermal_factor(omega: NDArray[np.float64] | float, beta: float) -> NDArray[np.float64]:
    """h(omega) = 1 / (1 + exp(-beta omega))."""
    return np.asarray(1 / (1 + np.exp(-beta * np.asarray(omega))))


def spectral_rates(p: Problem, basis: Eigenbasis, flat: bool = False) -> NDArray[np.float64]:
    """gamma(omega_nm) of (3)(5), (D, D): T1/2 between sectors, T* inside one, T(0) on the diagonal.

    `flat` makes the two replacements that lead to (7)(8): gamma(+-omega_e) between sectors and
    h = 1/2 inside one.
    """
    dimension = len(basis.sz)
    flips = basis.sz[:, None] - basis.sz[None, :]
    gaps = p.electron * flips if flat else basis.gaps(p.electron)
    times = np.where(flips == 0, p.t_star, p.t1 / 2)
    times[np.arange(dimension), np.arange(dimension)] = p.t_zero
    return thermal_factor(gaps, p.beta) / times


def nonsecular_jumps(p: Problem) -> list[Matrix]:
    """The jump operators A^x_i, A^y_i, A^z_i of (7)(8), as printed."""
    n, basis = p.n_spins, eigenbasis(p)
    strength = np.sqrt(thermal_factor(p.electron, p.beta) / (2 * p.t1))
    weight = np.exp(-p.beta * p.electron / 2)
    outer = 1 / np.sqrt(2 * p.t_star)
    jumps = []
    for i in range(n):
        lower, raised, z = site("-", i, n), site("+", i, n), site("z", i, n)
        diagonal = np.diag(np.diag(basis.matrix(z)))
        projected = basis.vectors @ diagonal @ basis.vectors.conj().T
        jumps.append(strength * (lower + weight * raised))
        jumps.append(1j * strength * (lower - weight * raised))
        jumps.append(outer * z + (1 / np.sqrt(2 * p.t_zero) - outer) * projected)
    return jumps


def ule_jumps(p: Problem, flat: bool = False) -> list[Matrix]:
    """The jump operators of (6): one per spin and axis, all gaps summed coherently."""
    n, basis = p.n_spins, eigenbasis(p)
    amplitudes = np.sqrt(spectral_rates(p, basis, flat))  # index nm: from n to m
    jumps = []
    for i in range(n):
        for axis in "xyz":
            elements = basis.matrix(site(axis, i, n))  # <m|S|n> at [m, n]
            jumps.append(basis.vectors @ (amplitudes.T * elements) @ basis.vectors.conj().T)
    return jumps


def left_right(left: Matrix, right: Matrix) -> Matrix:
    """The superoperator rho -> left rho right."""
    return np.kron(left, right.T)


def dissipator(jump: Matrix) -> Matrix:
    """A rho A+ - {A+ A, rho} / 2 as a (D^2, D^2) matrix."""
    one = np.eye(len(jump))
    square = jump.conj().T @ jump
    gain = left_right(jump, jump.conj().T)
    return gain - (left_right(square, one) + left_right(one, square)) / 2


def commutator(h: Matrix) -> Matrix:
    """-i [h, rho] as a (D^2, D^2) matrix."""
    one = np.eye(len(h))
    return -1j * (left_right(h, one) - left_right(one, h))


def bath_rates(p: Problem, basis: Eigenbasis) -> NDArray[np.float64]:
    """W^B_nm of (S19), the rate from n to m, (D, D), zero diagonal."""
    n = p.n_spins
    weights = sum(
        (np.abs(basis.matrix(site(a, i, n))) ** 2 for i in range(n) for a in "xyz"),
        np.zeros((2**n, 2**n)),
    )
    rates = spectral_rates(p, basis) * weights
    np.fill_diagonal(rates, 0)
    return np.asarray(rates)


def secular_bath(p: Problem) -> Matrix:
    """Bath part of (S47) for non-degenerate gaps, (D^2, D^2), in the product basis.

    One jump operator |m><n| per transition, and one diagonal operator per spin for omega = 0; 1/T_nm
    follows from them and is written nowhere.
    """
    n, basis = p.n_spins, eigenbasis(p)
    dimension = len(basis.sz)
    rates = bath_rates(p, basis)
    generator = np.zeros((dimension**2, dimension**2), complex)
    for source in range(dimension):
        for target in range(dimension):
            if rates[source, target] > 0:
                jump = np.zeros((dimension, dimension), complex)
                jump[target, source] = np.sqrt(rates[source, target])
                generator += dissipator(jump)
    for i in range(n):
        diagonal = np.diag(np.diag(basis.matrix(site("z", i, n))))
        generator += dissipator(diagonal / np.sqrt(2 * p.t_zero))
    forward = np.kron(basis.vectors, basis.vectors.conj())
    return forward @ generator @ forward.conj().T


def bath_superoperator(p: Problem, model: str) -> Matrix:
    """Bath part of a 4^N model, (D^2, D^2), in the product basis."""
    if model == "secular":
        return secular_bath(p)
    jumps = {"nonsecular": nonsecular_jumps, "ule": ule_jumps}[model](p)
    return sum((dissipator(a) for a in jumps), np.zeros((4**p.n_spins,) * 2, complex))


def liouvillian(p: Problem, model: str) -> Matrix:
    """The whole generator, (D^2, D^2), in the product basis of the rotating frame."""
    return commutator(rotating_hamiltonian(p)) + bath_superoperator(p, model)


def hilbert_rates(p: Problem) -> NDArray[np.float64]:
    """R with p_n' = sum_m R_nm p_m in the eigenbasis: (S51), by projecting the secular superoperator.

    L_0 is the diagonal of the secular equation on the coherences, L_1 the drive:
    R = (bath on populations) - P L_1 L_0^-1 L_1 P.
    """
    n, basis = p.n_spins, eigenbasis(p)
    dimension = len(basis.sz)
    forward = np.kron(basis.vectors, basis.vectors.conj())
    undriven = forward.conj().T @ liouvillian(p.but(amplitude=0.0), "secular") @ forward
    drive = commutator(basis.matrix(p.amplitude * total("x", n, p.sites)))
    populations = np.arange(dimension) * (dimension + 1)
    coherences = np.setdiff1d(np.arange(dimension**2), populations)
    decay = np.diag(undriven)[coherences]
    out = drive[np.ix_(populations, coherences)]
    into = drive[np.ix_(coherences, populations)]
    rates = undriven[np.ix_(populations, populations)] - (out / decay) @ into
    return np.real(rates)


def steady_state(p: Problem, model: str) -> Matrix:
    """The stationary density matrix, (D, D), trace one, in the product basis."""
    dimension = 2**p.n_spins
    if model == "hilbert":
        basis, rates = eigenbasis(p), hilbert_rates(p)
        scale = np.abs(np.diag(rates)).max()
        ones = np.ones((dimension, dimension)) * scale / dimension
        populations = np.linalg.solve(rates - ones, -scale / dimension * np.ones(dimension))
        return basis.vectors @ np.diag(populations) @ basis.vectors.conj().T
    generator = liouvillian(p, model)
    identity = np.eye(dimension).ravel() / dimension
    scale = 1 / p.t1
    bordered = generator - scale * np.outer(identity, np.eye(dimension).ravel())
    return np.linalg.solve(bordered, -scale * identity).reshape(dimension, dimension)


def polarization(rho: Matrix, axis: str = "z") -> NDArray[np.float64]:
    """P_i = 2 <S^axis_i>, (N,)."""
    n = int(np.log2(len(rho)))
    return np.array([2 * np.trace(site(axis, i, n) @ rho).real for i in range(n)])
