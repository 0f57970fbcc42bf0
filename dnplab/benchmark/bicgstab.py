r"""BiCGSTAB without a preconditioner, the solver of the letter.

Solve L x = -L rho_0 for the traceless correction to rho_0 = 1/D, down to ||L rho|| <= rtol ||L rho_0||.

The iterates are complex matrices A + iB with A and B Hermitian, carried by the pair of their real forms. From a Hermitian
shadow residual they would stay Hermitian and every coefficient of the recursion real; its stabilizing steps then do nothing
against the imaginary eigenvalues of the commutator, and it breaks down. A random complex shadow avoids that. One application
to such a pair counts as one.

Where the recursion breaks down (shadow orthogonal to the residual, or a vanishing stabilizing step) it starts again from
where it is, and an end is only believed after the residual was computed anew.
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from dnplab.models.generator import Generator
from dnplab.solvers import Outcome, Solution

__all__ = ["plain_bicgstab"]

FloatArray = NDArray[np.float64]  # a complex matrix: (2, D, D), the real forms of A and B
BREAKDOWN = float(np.finfo(np.float64).eps)  # a cosine below it is rounding


def plain_bicgstab(generator: Generator, rtol: float, max_applications: int) -> Solution:
    """Steady state to a relative residual `rtol`, in at most `max_applications` applications of the generator."""
    start = time.perf_counter()
    d = generator.dimension
    shadow = np.random.default_rng(0).standard_normal((2, d, d))
    x = np.stack([np.eye(d) / d, np.zeros((d, d))])
    target, used = math.inf, 0
    while True:
        r = -generator.apply(x)
        used += 1
        length = float(np.linalg.norm(r))
        if target == math.inf:
            target = rtol * length
        if length <= target:
            outcome = Outcome.CONVERGED
            break
        if not math.isfinite(length):
            outcome = Outcome.STALLED
            break
        if used + 3 > max_applications:  # an iteration and its check
            outcome = Outcome.ITERATION_LIMIT
            break
        used += _iterate(generator, x, r, shadow, target, max_applications - used - 1)
    rho = x[0] / np.trace(x[0])
    residual = float(np.linalg.norm(r[0]) / (generator.relaxation_rate * np.linalg.norm(x[0])))
    return Solution(rho, outcome, residual, math.nan, used, time.perf_counter() - start, "plain")


def _iterate(generator: Generator, x: FloatArray, r: FloatArray, shadow: FloatArray, target: float, limit: int) -> int:
    """Advance x in place until the recursion's residual meets the target, breaks down or spends `limit` applications."""
    p, overlap, scale = r, _dot(shadow, r), BREAKDOWN * float(np.linalg.norm(shadow))
    used = 0
    while used + 2 <= limit:
        v = generator.apply(p)
        used += 1
        slope = _dot(shadow, v)
        if not abs(slope) > scale * np.linalg.norm(v):
            break
        alpha = overlap / slope
        s = r - _times(alpha, v)
        t = generator.apply(s)
        used += 1
        square = float(np.vdot(t, t))
        omega = _dot(t, s) / square if square > 0.0 else 0.0
        x += _times(alpha, p) + _times(omega, s)
        r = s - _times(omega, t)
        length = float(np.linalg.norm(r))
        previous, overlap = overlap, _dot(shadow, r)
        if length <= target or omega == 0.0 or not abs(overlap) > scale * length:
            break
        p = r + _times((overlap / previous) * (alpha / omega), p - _times(omega, v))
    return used


def _dot(a: FloatArray, b: FloatArray) -> complex:
    """Tr(a^+ b)."""
    return complex(np.vdot(a[0], b[0]) + np.vdot(a[1], b[1]), np.vdot(a[0], b[1]) - np.vdot(a[1], b[0]))


def _times(factor: complex, a: FloatArray) -> FloatArray:
    return factor.real * a + factor.imag * np.stack([-a[1], a[0]])
