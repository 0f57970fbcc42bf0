r"""A generator seen from a basis in which most of it is diagonal, and the inverse of what is diagonal there.

In the basis of the columns |a> of an orthogonal Q, keep of L only

    coherences    lambda_ab = -i (E_a - E_b) - decay_ab,   E_a = <a|H|a>,   inverted element by element,
    populations   R_ab = jump rates b -> a  +  2 H_ab^2 Re(1 / (decay_ab + i (E_a - E_b))),   inverted by LU.

The second term of R is what second-order perturbation theory leaves of the off-diagonal H. Two bases serve:

dressed   Q diagonalises H, drive included: nothing of H is left over. It suits dephasing slower than H.
native    Q = 1, for the nonsecular equation the product basis: suits dephasing much faster than H (Zeno regime).

A Krylov method iterates on Z in the frame itself; there the commutator with H is elementwise in the dressed case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from dnplab.models.generator import Generator, transpose

__all__ = ["Frame", "dressed_frame", "native_frame"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """L and its approximate inverse on real forms Z (D, D) in a frame; made by `dressed_frame` or `native_frame`."""

    generator: Generator
    name: str
    q: FloatArray | None  # (D, D), frame states in the native basis; None is the native basis
    gaps: FloatArray  # (D, D), E_a - E_b in rad/µs
    inverse_symmetric: FloatArray  # (D, D), Re 1/lambda_ab, zero on the diagonal
    inverse_antisymmetric: FloatArray  # (D, D), Im 1/lambda_ab
    population_factors: tuple[FloatArray, NDArray[np.int32]]  # LU of R - g 11^T/D
    scale: float  # estimate of ||L||, 1/µs

    def apply(self, z: FloatArray) -> FloatArray:
        """L Z."""
        if self.q is None:
            return self.generator.apply(z)
        dissipated = self.generator.dissipate(self.q @ z @ self.q.T)
        # the real form of -i[E, rho] is -(E_a - E_b) Z^T
        return np.asarray(self.q.T @ dissipated @ self.q - self.gaps * transpose(z))

    def precondition(self, z: FloatArray) -> FloatArray:
        """An approximation to L^{-1} Z for traceless Z; traceless again."""
        out = self.inverse_symmetric * z + self.inverse_antisymmetric * transpose(z)
        populations = linalg.lu_solve(self.population_factors, np.diagonal(z), check_finite=False)
        # a trace of rounding size would come out multiplied by 1/g, along the null vector of L
        out[np.diag_indices_from(out)] = populations - populations.mean()
        return np.asarray(out)

    def start(self) -> FloatArray:
        """The steady state of the populations alone, as a diagonal Z with trace 1."""
        d, g = self.generator.dimension, self.generator.relaxation_rate
        p = linalg.lu_solve(self.population_factors, np.full(d, -g / d), check_finite=False)
        return np.diag(p / p.sum())

    def to_native(self, z: FloatArray) -> FloatArray:
        """Z in the generator's native basis."""
        return z if self.q is None else np.asarray(self.q @ z @ self.q.T)


def dressed_frame(generator: Generator) -> Frame:
    """The eigenbasis of the whole rotating-frame Hamiltonian, drive included."""
    energies, q = linalg.eigh(generator.hamiltonian, driver="evd")
    return _frame(generator, "dressed", np.ascontiguousarray(q), energies, None)


def native_frame(generator: Generator) -> Frame:
    """The generator's own basis, H off its diagonal taken in second order."""
    h = generator.hamiltonian
    return _frame(generator, "product", None, np.diagonal(h).copy(), h)


def decoherence_ratio(generator: Generator) -> float:
    """How far H mixes native basis states before they decohere: rms over states of sqrt(sum_b (H_ab / decay_ab)^2).

    Well below 1 the native frame is the better one, whatever the detunings.
    """
    decay = generator.projection(None).coherence_decay
    off = generator.hamiltonian - np.diag(np.diagonal(generator.hamiltonian))
    mixing = np.divide(off, decay, out=np.where(off == 0.0, 0.0, np.inf), where=(decay > 0.0) & (off != 0.0))
    return float(np.sqrt((mixing**2).sum(axis=1).mean()))


def _frame(generator: Generator, name: str, q: FloatArray | None, energies: FloatArray, h: FloatArray | None) -> Frame:
    d, g = generator.dimension, generator.relaxation_rate
    projection = generator.projection(q)
    # a coherence that neither decays nor turns would be divided by zero; it decays with the slowest rate instead
    decay = np.maximum(projection.coherence_decay, 1e-3 * g)
    gaps = energies[:, None] - energies[None, :]
    magnitude = decay**2 + gaps**2
    symmetric, antisymmetric = -decay / magnitude, gaps / magnitude
    np.fill_diagonal(symmetric, 0.0)
    rates = projection.population_rates
    scale = float(np.ptp(energies) + 2.0 * projection.outflow.max())
    if h is not None:
        pumping = -2.0 * h**2 * symmetric
        rates = rates + pumping - np.diag(pumping.sum(axis=0))
        scale += 2.0 * float(np.abs(h - np.diag(energies)).sum(axis=1).max())
    factors = linalg.lu_factor(rates - g / d, overwrite_a=True, check_finite=False)
    return Frame(generator, name, q, gaps, symmetric, antisymmetric, factors, scale)
