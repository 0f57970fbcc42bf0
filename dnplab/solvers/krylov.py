r"""GMRES on the preconditioned equation, restarted as iterative refinement, with an error estimate at every step.

Solve L (rho_0 + x) = 0 for the traceless correction x to the populations' own steady state rho_0:

    M^{-1} L x = -M^{-1} L rho_0,      M from `dnplab.solvers.frame`

Preconditioning from the left makes the minimised residual r an estimate of the error itself: error = (M^{-1}L)^{-1} r, so
||error|| <= ||r|| / sigma_min, with sigma_min read off the Hessenberg matrix. After each cycle the residual is computed
anew from rho in float64, so that what is reported is true of what is returned, and so that a cycle may run in float32. The
plain residual ||L rho|| would mislead: the slowest rate of L can be 10^4 times smaller than ||L||.

A cycle that ends where L rho is rounding noise is a named outcome, not a failure.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnplab.arrays import Array, namespace, place, to_numpy
from dnplab.models.generator import Generator
from dnplab.solvers.frame import Frame
from dnplab.solvers.solution import FLOOR_ERROR, Outcome, Solution, floor_outcome

__all__ = ["cycle_vectors", "solve_krylov"]

FloatArray = NDArray[np.float64]
SMALL_DIMENSION = 512  # 80 vectors take 160 MiB in float64
TINY = float(np.finfo(np.float64).tiny)
ROUNDING = 30.0 * float(np.finfo(np.float64).eps)  # ||L rho|| below this times ||L|| ||rho|| is noise
BELIEF = 1e-3  # of the residual in units of 1/T_1: an error is not believed to be smaller
LEAST_STEPS = 6  # of the first cycle: sigma_min of fewer vectors says little about a slow mode


def cycle_vectors(dimension: int, dtype: str) -> int:
    """Vectors of one cycle: as many as help for small D, as many as fit beside L itself for large D."""
    if dimension <= SMALL_DIMENSION:
        return 80
    return 40 if dtype == "float32" else 20


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what is not finite ends as STALLED
def solve_krylov(
    generator: Generator,
    frame: Frame,
    rtol: float,
    max_iterations: int = 400,
    restart: int | None = None,
    first: FloatArray | None = None,
) -> Solution:
    """Steady state to an estimated relative error `rtol`, in at most `max_iterations` applications of the generator.

    restart : applications of one cycle, which keeps that many vectors (D, D); None is `cycle_vectors`
    first : state (D, D) with trace 1 to start from; None is that of the frame's populations
    """
    start = time.perf_counter()
    restart = cycle_vectors(generator.dimension, frame.dtype) if restart is None else restart
    restart = min(restart, generator.dimension**2 - 1)  # all traceless directions
    # what one cycle can gain before the rounding of its working precision shows
    gain = 1e-4 if frame.dtype == "float32" else 1e-13
    rho = frame.start() if first is None else place(first, namespace(frame.decay)) + 0.0  # worked on in place
    sigma, previous, applications = 1.0, np.inf, 0
    while True:
        residual_matrix = generator.apply(rho)
        applications += 1
        size, residual = _norm(rho), _norm(residual_matrix)
        # scaled to 1 before it may be rounded to float32
        scale = residual if residual > 0.0 else 1.0
        preconditioned = frame.precondition(frame.from_native(residual_matrix / -scale))
        beta = _norm(preconditioned) * scale
        relative = residual / (generator.relaxation_rate * size)
        # a slow direction that no cycle has seen hides from sigma, but not from the residual in units of the slowest rate
        error = max(beta / (sigma * size), BELIEF * relative)
        if ROUNDING * frame.scale > FLOOR_ERROR * generator.relaxation_rate:
            # rates so far apart that rounding hides the slowest: only the residual in its units is to be trusted
            error = max(error, relative)
        if not math.isfinite(error + relative) or (beta == 0.0 and residual > 0.0):
            outcome = Outcome.STALLED
            break
        if residual == 0.0:
            outcome = Outcome.CONVERGED
            break
        begun = previous < np.inf  # before the first cycle nothing is known of sigma, and the error is a guess
        if begun and error <= rtol:
            outcome = Outcome.CONVERGED
            break
        if begun and residual <= ROUNDING * frame.scale * size:
            outcome = floor_outcome(error, rtol)
            break
        if beta > 0.5 * previous:
            outcome = Outcome.STALLED
            break
        if applications >= max_iterations:
            outcome = Outcome.ITERATION_LIMIT
            break
        previous = beta
        # aim below rtol: the check above uses a sigma that can only shrink. A cycle that gains little would be a stall
        aim = _Aim(
            target=min(0.3 * rtol * size / beta, 0.3 * rtol / (BELIEF * relative), 0.1),
            gain=gain,
            least=1 if begun else LEAST_STEPS,
            most=min(restart, max_iterations - applications),
        )
        update, used, sigma = _cycle(frame, preconditioned, aim, sigma)
        applications += used
        rho += beta * frame.to_native(update)
    value = to_numpy(rho)
    value = value / np.trace(value)
    seconds = time.perf_counter() - start
    return Solution(value, outcome, relative, error, applications, seconds, frame.name, frame.dtype)


@dataclass(frozen=True)
class _Aim:
    """Where a cycle ends: at an error of `target` after `least` applications, at a residual of `gain`, or after `most`."""

    target: float
    gain: float
    least: int
    most: int


def _cycle(frame: Frame, first: Array, aim: _Aim, known_sigma: float) -> tuple[Array, int, float]:
    """One GMRES cycle on M^{-1} L u = first / ||first||: (u, applications, sigma_min, at most what was known)."""
    steps = aim.most
    exhausted = 4.0 * float(np.finfo(frame.dtype).eps)  # of a vector: what is left of it is noise
    xp, shape = namespace(first), first.shape
    basis = xp.empty((steps + 1, math.prod(shape)), dtype=first.dtype)
    hessenberg = np.zeros((steps + 1, steps))
    basis[0, :] = xp.reshape(first / _norm(first), (-1,))
    # y H = 0 with y_0 = 1: 1/||y|| is the residual of the least-squares problem, without solving it
    null = np.zeros(steps + 1)
    null[0] = 1.0
    for j in range(steps):
        w = xp.reshape(frame.step(xp.reshape(basis[j, :], shape)), (-1,))
        known = basis[: j + 1, :]
        length = _norm(w)
        if not math.isfinite(length):
            return xp.zeros_like(first), j + 1, TINY
        for _ in range(2):
            # classical Gram-Schmidt, a second time where cancellation would cost orthogonality
            overlaps = known @ w
            w -= overlaps @ known
            # a trace is rounding; normalised with a short w it would let the null vector of L in, and sigma sink to zero
            w[:: shape[0] + 1] -= xp.mean(w[:: shape[0] + 1])
            hessenberg[: j + 1, j] += to_numpy(overlaps)
            hessenberg[j + 1, j] = _norm(w)
            if hessenberg[j + 1, j] > 0.1 * length:
                break
        null[j + 1] = -(null[: j + 1] @ hessenberg[: j + 1, j]) / max(hessenberg[j + 1, j], TINY)
        remaining = 1.0 / float(np.linalg.norm(null[: j + 2]))
        spent = j + 1 == steps or hessenberg[j + 1, j] <= exhausted * length
        enough = remaining <= aim.target * known_sigma and j + 1 >= aim.least
        if spent or enough or remaining <= aim.gain:
            # sigma is costly, and can only be smaller than what is known
            small = hessenberg[: j + 2, : j + 1]
            sigma = max(min(known_sigma, float(np.linalg.svd(small, compute_uv=False)[-1])), TINY)
            if spent or remaining <= max(aim.target * sigma, aim.gain):
                break
        basis[j + 1, :] = w / float(hessenberg[j + 1, j])
    coefficients = np.linalg.lstsq(small, np.eye(j + 2)[0], rcond=None)[0]
    return xp.reshape(xp.asarray(coefficients, dtype=first.dtype) @ known, shape), j + 1, sigma


def _norm(z: Array) -> float:
    return float(namespace(z).linalg.vector_norm(z))
