r"""A generator seen from a basis in which most of it is diagonal, and the inverse of what is diagonal there.

In the basis of the columns |a> of an orthogonal Q, keep of L only

    coherences    lambda_ab = -i (E_a - E_b) - decay_ab,   E_a = <a|H|a>,   inverted element by element,
    populations   R_ab = jump rates b -> a  +  2 H_ab^2 Re(1 / (decay_ab + i (E_a - E_b))),   inverted by LU.

The second term of R is what second-order perturbation theory leaves of the off-diagonal H. Three bases serve
(`dnplab.solvers.basis`):

dressed   Q diagonalises H, drive included: nothing of H is left over. It suits dephasing slower than H.
tilted    each spin along its own field, then the sectors of that: it leaves over what changes the number of tilted spins
          down, and costs a quarter of the dressed one or less. It suits a local bath that hides what is left over.
native    Q = 1, for the nonsecular equation the product basis: suits dephasing much faster than H (Zeno regime).

M^{-1} is this inverse. A Krylov method iterates on M^{-1} L in the frame itself; where Q diagonalises H the commutator is
elementwise there, and only the dissipator needs the native basis.

A frame may work in float32: its products then cost half, and iterative refinement around it restores float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import linalg

from dnplab.arrays import Array, is_numpy, namespace, place, set_diagonal, to_numpy
from dnplab.kernels import dressed_step, inverse_coherences
from dnplab.models.generator import Generator, Projection
from dnplab.solvers.basis import Basis, DenseBasis, NativeBasis, Tilt
from dnplab.solvers.lu import inverse

__all__ = ["Frame", "dressed_frame", "native_frame", "native_mixing", "tilted_frame"]


@dataclass(frozen=True, eq=False)
class Frame:
    """M^{-1} L and M^{-1} on real forms (D, D) in a frame; made by `dressed_frame`, `tilted_frame` or `native_frame`."""

    generator: Generator  # in the working precision
    name: str
    dtype: str  # the working precision: float32 or float64
    basis: Basis
    energies: Array  # (D,) E_a in rad/µs
    diagonal: bool  # whether Q diagonalises H
    decay: Array  # (D, D) of coherences, > 0, 1/µs
    populations: Callable[[Array], Array]  # the inverse of R - g 11^T/D on (D,) in float64
    scale: float  # estimate of ||L||, 1/µs
    leftover: float  # how far H mixes the states of the frame before they decohere (`native_mixing`)

    def step(self, z: Array) -> Array:
        """M^{-1} L Z, Z and result in the frame; traceless."""
        native = self.basis.to_native(z)
        if self.diagonal:
            dissipated = self.basis.from_native(self.generator.dissipate(native))
            return self._with_populations(dressed_step(z, dissipated, self.energies, self.decay))
        return self.precondition(self.basis.from_native(self.generator.apply(native)))

    def precondition(self, z: Array) -> Array:
        """M^{-1} Z for traceless Z in the frame; traceless."""
        return self._with_populations(inverse_coherences(z, self.energies, self.decay))

    def start(self) -> Array:
        """The steady state of the frame's populations alone, in the native basis in float64, with trace 1."""
        xp, d = namespace(self.decay), self.decay.shape[0]
        p = self.populations(xp.full((d,), -self.generator.relaxation_rate / d, dtype=xp.float64))
        diagonal = xp.astype(p / xp.sum(p), self.decay.dtype)
        return self.to_native(set_diagonal(xp.zeros_like(self.decay), diagonal))

    def to_native(self, z: Array) -> Array:
        """Z in the generator's native basis, float64."""
        xp = namespace(z)
        return xp.astype(self.basis.to_native(z), xp.float64, copy=False)

    def from_native(self, z: Array) -> Array:
        """Z in the frame, working precision."""
        return self.basis.from_native(namespace(z).astype(z, self.decay.dtype, copy=False))

    def _with_populations(self, z: Array) -> Array:
        # a trace of rounding size, before or after, would be multiplied by 1/g along the null vector of L
        xp = namespace(z)
        diagonal = xp.astype(xp.linalg.diagonal(z), xp.float64)
        populations = self.populations(diagonal - xp.mean(diagonal))
        return set_diagonal(z, xp.astype(populations - xp.mean(populations), z.dtype))


# rates beyond float32: the solver meets inf and says so
LEAST_DECAY = 1e-3  # of a coherence, in units of the slowest rate: one that neither decays nor turns has no inverse
_overflow = partial(np.errstate, over="ignore", invalid="ignore")


@_overflow()
def dressed_frame(generator: Generator, dtype: str = "float64") -> Frame:
    """The eigenbasis of the whole rotating-frame Hamiltonian, drive included."""
    working = generator.placed(namespace(generator.hamiltonian), dtype)
    h = working.hamiltonian
    if is_numpy(h):
        energies, q = linalg.eigh(h, driver="evd", check_finite=False)
        q = np.ascontiguousarray(q)
    else:
        energies, q = namespace(h).linalg.eigh(h)
    return _frame(working, "dressed", dtype, DenseBasis(q), energies, None, working.projection(q))


@_overflow()
def tilted_frame(generator: Generator, dtype: str = "float64") -> Frame:
    """Every spin along its own effective field, and the sectors of that: for a bath of one-spin jumps (`site_jumps`)."""
    if generator.site_jumps is None:
        raise ValueError("the tilted frame needs a bath that acts on each spin by itself")
    xp = namespace(generator.hamiltonian)
    tilt = Tilt.of(to_numpy(generator.hamiltonian).astype(np.float64, copy=False))
    basis = tilt.basis()
    h = place(basis.blocks.into(basis.blocks.into(tilt.hamiltonian).T), xp, dtype)
    projection = tilt.projection(generator.site_jumps, dtype)
    projection = Projection(place(projection.gain, xp), place(projection.overlap, xp))
    energies = xp.linalg.diagonal(h) + 0.0
    return _frame(generator.placed(xp, dtype), "tilted", dtype, basis.placed(xp, dtype), energies, h, projection)


@_overflow()
def native_frame(generator: Generator, dtype: str = "float64") -> Frame:
    """The generator's own basis, H off its diagonal taken in second order."""
    name = "product" if generator.basis is None else "eigenbasis"
    working = generator.placed(namespace(generator.hamiltonian), dtype)
    h = working.hamiltonian + 0.0
    energies = namespace(h).linalg.diagonal(h) + 0.0
    return _frame(working, name, dtype, NativeBasis(), energies, h, working.projection(None))


def native_mixing(generator: Generator) -> float:
    """How far H mixes native states before they decohere: rms over states of sqrt(sum_b (H_ab / decay_ab)^2).

    Well below 1, what is off the diagonal of H counts little, whatever the detunings.
    """
    decay = generator.projection(None).coherence_decay
    h = set_diagonal(generator.hamiltonian + 0.0, 0.0)
    return _mixing(h, namespace(decay).clip(decay, min=LEAST_DECAY * generator.relaxation_rate))


def _mixing(off_diagonal: Array, decay: Array) -> float:
    xp = namespace(decay)
    ratio = off_diagonal / decay
    return float(xp.sqrt(xp.mean(xp.sum(ratio * ratio, axis=1))))


def _frame(
    working: Generator, name: str, dtype: str, basis: Basis, energies: Array, h: Array | None, projection: Projection
) -> Frame:
    # h is the Hamiltonian in the frame, which is used up; None where it is diagonal
    xp, g = namespace(energies), working.relaxation_rate
    decay = xp.clip(projection.coherence_decay, min=LEAST_DECAY * g)
    outflow, rates = projection.outflow, projection.gain
    scale = float(xp.max(energies) - xp.min(energies) + 2.0 * xp.max(outflow))
    leftover = 0.0
    if h is not None:
        h = set_diagonal(h, 0.0)
        scale += 2.0 * float(xp.max(xp.sum(xp.abs(h), axis=1)))
        leftover = _mixing(h, decay)
        gaps = energies[:, None] - energies[None, :]
        rates = rates + 2.0 * h**2 * decay / (decay**2 + gaps**2)
    # columns sum to zero to float64, so that the inverse keeps traces; what returns to its own state is no rate
    rates = set_diagonal(xp.astype(rates, xp.float64), 0.0)
    rates = set_diagonal(rates, -xp.sum(rates, axis=0))
    rates -= g / rates.shape[0]
    return Frame(working, name, dtype, basis, energies, h is None, decay, inverse(rates), scale, leftover)
