r"""A generator seen from a basis in which most of it is diagonal, and the inverse of what is diagonal there.

In the basis of the columns |a> of an orthogonal Q, keep of L only

    coherences    lambda_ab = -i (E_a - E_b) - decay_ab,   E_a = <a|H|a>,   inverted element by element,
    populations   R_ab = jump rates b -> a  +  2 H_ab^2 Re(1 / (decay_ab + i (E_a - E_b))),   inverted by LU.

The second term of R is what second-order perturbation theory leaves of the off-diagonal H. Two bases serve:

dressed   Q diagonalises H, drive included: nothing of H is left over. It suits dephasing slower than H.
native    Q = 1, for the nonsecular equation the product basis: suits dephasing much faster than H (Zeno regime).

M^{-1} is this inverse. A Krylov method iterates on M^{-1} L in the frame itself, where the commutator with E is elementwise
and only the dissipator needs the native basis: 4 dense products an application in the dressed frame.

A frame may work in float32: its products then cost half, and iterative refinement around it restores float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import linalg

from dnplab.kernels import dressed_step
from dnplab.models.generator import Generator, commutator
from dnplab.solvers.lu import lu_factors

__all__ = ["Frame", "decoherence_ratio", "dressed_frame", "native_frame"]

FloatArray = NDArray[np.float64]
WorkArray = NDArray[Any]  # float32 or float64, as the frame works


@dataclass(frozen=True, eq=False)
class Frame:
    """M^{-1} L and M^{-1} on real forms (D, D) in a frame; made by `dressed_frame` or `native_frame`."""

    generator: Generator  # in the working precision
    name: str
    q: WorkArray | None  # (D, D), frame states in the native basis; None is the native basis
    energies: WorkArray  # (D,) E_a in rad/µs
    off_diagonal: WorkArray | None  # (D, D) H without its diagonal; None where Q diagonalises it
    decay: WorkArray  # (D, D) of coherences, > 0, 1/µs
    population_factors: tuple[FloatArray, NDArray[np.int32]]  # LU of R - g 11^T/D
    scale: float  # estimate of ||L||, 1/µs

    @property
    def dtype(self) -> np.dtype[Any]:
        """The working precision."""
        return self.decay.dtype

    def step(self, z: WorkArray) -> WorkArray:
        """M^{-1} L Z, Z and result in the frame; traceless."""
        return self._inverse(self.from_native(self.generator.dissipate(self._to_native(z))), z)

    def precondition(self, z: WorkArray) -> WorkArray:
        """M^{-1} Z for traceless Z in the frame; traceless."""
        return self._inverse(z, None)

    def start(self) -> FloatArray:
        """The steady state of the frame's populations alone, in the native basis, with trace 1."""
        d, g = len(self.decay), self.generator.relaxation_rate
        p = linalg.lu_solve(self.population_factors, np.full(d, -g / d), check_finite=False)
        return self.to_native(np.diag(p / p.sum()).astype(self.dtype))

    def to_native(self, z: WorkArray) -> FloatArray:
        """Z in the generator's native basis, float64."""
        return np.asarray(self._to_native(z), dtype=np.float64)

    def from_native(self, z: WorkArray) -> WorkArray:
        """Z in the frame, working precision."""
        z = z.astype(self.dtype, copy=False)
        return z if self.q is None else np.asarray(self.q.T @ z @ self.q)

    def _to_native(self, z: WorkArray) -> WorkArray:
        return z if self.q is None else np.asarray(self.q @ z @ self.q.T)

    def _inverse(self, dissipated: WorkArray, z: WorkArray | None) -> WorkArray:
        # M^{-1} of (dissipated + the commutator of H with z)
        if z is None:
            z = np.zeros_like(dissipated)
        elif self.off_diagonal is not None:
            dissipated = dissipated + commutator(self.off_diagonal, z)
        out = np.empty_like(dissipated)
        dressed_step(z, dissipated, self.energies, self.decay, out)
        # a trace of rounding size, before or after, would be multiplied by 1/g along the null vector of L
        diagonal = np.diagonal(out).astype(np.float64)
        populations = linalg.lu_solve(self.population_factors, diagonal - diagonal.mean(), check_finite=False)
        np.fill_diagonal(out, populations - populations.mean())
        return out


def dressed_frame(generator: Generator, dtype: DTypeLike = np.float64) -> Frame:
    """The eigenbasis of the whole rotating-frame Hamiltonian, drive included."""
    energies, q = linalg.eigh(generator.hamiltonian.astype(dtype), driver="evd", overwrite_a=True, check_finite=False)
    return _frame(generator, "dressed", np.ascontiguousarray(q), energies)


def native_frame(generator: Generator, dtype: DTypeLike = np.float64) -> Frame:
    """The generator's own basis, H off its diagonal taken in second order."""
    name = "product" if generator.basis is None else "eigenbasis"
    return _frame(generator, name, None, np.diagonal(generator.hamiltonian).astype(dtype))


def decoherence_ratio(generator: Generator) -> float:
    """How far H mixes native basis states before they decohere: rms over states of sqrt(sum_b (H_ab / decay_ab)^2).

    Well below 1 the native frame is the better one, whatever the detunings.
    """
    decay = generator.projection(None).coherence_decay
    off = generator.hamiltonian - np.diag(np.diagonal(generator.hamiltonian))
    mixing = np.divide(off, decay, out=np.where(off == 0.0, 0.0, np.inf), where=(decay > 0.0) & (off != 0.0))
    return float(np.sqrt((mixing**2).sum(axis=1).mean()))


@np.errstate(over="ignore", invalid="ignore")  # rates beyond float32: the solver meets inf and says so
def _frame(generator: Generator, name: str, q: WorkArray | None, energies: WorkArray) -> Frame:
    working, g = generator.astype(energies.dtype), generator.relaxation_rate
    projection = working.projection(q)
    # a coherence that neither decays nor turns would be divided by zero; it decays with a fraction of the slowest rate
    decay = np.maximum(projection.coherence_decay, energies.dtype.type(1e-3 * g))
    rates = projection.population_rates
    scale = float(np.ptp(energies) + 2.0 * projection.outflow.max())
    off_diagonal = None
    if q is None:
        off_diagonal = working.hamiltonian - np.diag(energies)
        gaps = energies[:, None] - energies[None, :]
        pumping = 2.0 * off_diagonal**2 * decay / (decay**2 + gaps**2)
        rates = rates + pumping - np.diag(pumping.sum(axis=0))
        scale += 2.0 * float(np.abs(off_diagonal).sum(axis=1).max())
    rates = rates.astype(np.float64)
    # columns sum to zero to float64, so that the inverse keeps traces
    rates -= np.diag(rates.sum(axis=0))
    factors = lu_factors(rates - g / len(rates))
    return Frame(working, name, q, energies, off_diagonal, decay, factors, scale)
