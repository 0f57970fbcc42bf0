r"""exp(L t) x for a linear, time-independent L, by Arnoldi's method with error control.

    exp(L tau) x = |x| V exp(H tau) e_1 + error,     L V = V H + h v e_m^T

V are m orthonormal vectors of the Krylov space of x. With y(s) = |x| exp(H s) e_1, whose last component is y_m,

    error = h int_0^tau exp(L (tau - s)) v y_m(s) ds,     |error| <= h tau max_s |y_m(s)|

where exp(L s) does not expand (in the trace norm no master equation does; the Frobenius norm of a D x D matrix it can expand
by at most sqrt D). A step is shortened until this bound is below its share of rtol, at no cost in applications of L, and
one V serves all the output times of a step.

Measured for build-up curves at rtol 1e-9 over 10 T_1, N = 6: at Table I, 12 K, 1050 applications where DOP853 takes 3100; at
1.2 K, whose T_1 is 1e4 periods of H_S, 1e5 and DOP853 3.5e5; with dephasing 10^4 times the couplings 800, where stability
binds an explicit method to 1e6. `scipy.sparse.linalg.expm_multiply` needs ||L|| t terms and the adjoint of L, and implicit
methods a factorisation of the 4^N matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from dnplab.errors import ConvergenceError

__all__ = ["VECTORS", "Path", "propagate"]

FloatArray = NDArray[np.float64]
VECTORS = 50
NODES = 8  # of a step, where the last component is looked at
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Path:
    """x(t) as seen at the output times.

    values : (T, K) functionals @ x
    states : (T, size) if they were to be kept, else (1, size): at the last time
    error_bound : (T,) bound on |error of x|, rounding included, summed over the steps so far
    applications : of L
    """

    values: FloatArray
    states: FloatArray
    error_bound: FloatArray
    applications: int


def propagate(
    apply: Callable[[FloatArray], FloatArray],
    initial: FloatArray,
    times: FloatArray,
    functionals: FloatArray,
    rtol: float,
    keep: bool = False,
) -> Path:
    """x at ascending times >= 0 from x(0) = initial (size,), with a bound rtol * |x| on truncation at the last time.

    apply : x -> L x on vectors (size,)
    functionals : (K, size), what is to be known of x at every time
    rtol : what is below rounding is taken as rounding
    keep : whether to return x itself at every time
    """
    x, now, end = initial.copy(), 0.0, float(times[-1])
    values = np.empty((len(times), len(functionals)))
    bounds, states = np.zeros(len(times)), np.empty((len(times) if keep else 1, len(x)))
    filled, spent, applications, reach = 0, 0.0, 0, end
    while filled < len(times):
        space = _krylov_space(apply, x)
        applications += space.applications
        allowed = max(rtol, EPS) * space.norm / end if end > 0.0 else 0.0  # of a step, per unit of time
        step, truncation = _longest_step(space, min(reach, end - now), allowed)
        rounding = EPS * space.scale * space.norm
        last = now + step if step < end - now else end
        count = int(np.searchsorted(times, last, side="right")) - filled
        inside = slice(filled, filled + count)
        seen = functionals @ space.vectors.T
        for k in range(filled, filled + count):
            y = space.coefficients(times[k] - now)
            values[k] = seen @ y
            if keep or k == len(times) - 1:
                states[k if keep else 0] = y @ space.vectors
        share = (times[inside] - now) / step if step > 0.0 else np.zeros(count)
        bounds[inside] = spent + share * truncation + rounding * (times[inside] - now)
        spent += truncation + rounding * step
        filled += count
        x = space.coefficients(last - now) @ space.vectors
        now, reach = last, 4.0 * step
    return Path(values, states, bounds, applications)


@dataclass(frozen=True, eq=False)
class _Space:
    vectors: FloatArray  # (m, size), orthonormal rows
    hessenberg: FloatArray  # (m, m)
    beyond: float  # h, 0 if the space is invariant
    norm: float  # |x|
    applications: int

    @cached_property
    def scale(self) -> float:
        """||H||, which approaches that of L from below."""
        return float(np.linalg.norm(self.hessenberg, 2))

    def coefficients(self, time: float) -> FloatArray:
        """y (m,)."""
        return self.norm * np.asarray(linalg.expm(time * self.hessenberg)[:, 0])


def _krylov_space(apply: Callable[[FloatArray], FloatArray], x: FloatArray) -> _Space:
    most = min(VECTORS, len(x))
    vectors, hessenberg = np.empty((most + 1, len(x))), np.zeros((most + 1, most))
    norm = float(np.linalg.norm(x))
    vectors[0] = x / norm
    scale = 0.0
    for j in range(most):
        w = apply(vectors[j])
        scale = max(scale, float(np.linalg.norm(w)))
        if not math.isfinite(scale):
            raise ConvergenceError(
                "The evolution left the range of float64: rates lie too far apart for its bath and drive."
            )
        known = vectors[: j + 1]
        for _ in range(2):  # classical Gram-Schmidt, twice for orthogonality to rounding
            overlaps = known @ w
            w = w - overlaps @ known
            hessenberg[: j + 1, j] += overlaps
        hessenberg[j + 1, j] = np.linalg.norm(w)
        if j + 1 == len(x) or hessenberg[j + 1, j] <= 4.0 * EPS * scale:  # what is left of w is noise: invariant
            return _Space(vectors[: j + 1], hessenberg[: j + 1, : j + 1], 0.0, norm, j + 1)
        vectors[j + 1] = w / hessenberg[j + 1, j]
    return _Space(vectors[:most], hessenberg[:most], float(hessenberg[most, most - 1]), norm, most)


def _longest_step(space: _Space, reach: float, allowed: float) -> tuple[float, float]:
    """(step, bound on its truncation error) with bound <= allowed * step, at most `reach`."""
    if space.beyond == 0.0 or reach == 0.0:
        return reach, 0.0
    step, smallest = reach, min(reach, 1e-6 / space.scale)
    while step >= smallest:
        times, largest = _largest_last(space, step)
        density = space.beyond * space.norm * largest  # of the error in time, for a step that ends there
        failing = np.flatnonzero(~(density <= allowed))  # what is not finite fails
        good = len(times) - 1 if len(failing) == 0 else int(failing[0]) - 1
        if good >= 0 and times[good] >= 0.8 * step:
            return float(times[good]), float(density[good] * times[good])
        step = float(times[failing[0]]) if good >= 0 else 0.5 * float(times[0])
    raise ConvergenceError("The evolution cannot reach its rtol in float64; use a larger rtol or a shorter duration.")


@np.errstate(over="ignore", invalid="ignore")
def _largest_last(space: _Space, step: float) -> tuple[FloatArray, FloatArray]:
    """Times s up to `step`, and the running maximum over them of |e_m^T exp(H s) e_1|.

    They are an octave apart, and NODES in the last ones: far beyond its reach a Krylov space may have forgotten its start,
    and y_m be small there. What overflows is not finite, and fails.
    """
    octaves = max(0, math.ceil(math.log2(max(step * space.scale, 1.0)) - math.log2(NODES)))
    power = linalg.expm(step / NODES / 2.0**octaves * space.hessenberg)
    times, last = [step / NODES / 2.0**octaves], [abs(float(power[-1, 0]))]
    for _ in range(octaves):
        power = power @ power
        times.append(2.0 * times[-1])
        last.append(abs(float(power[-1, 0])))
    y = power[:, 0]
    for k in range(2, NODES + 1):
        y = power @ y
        times.append(step * k / NODES)
        last.append(abs(float(y[-1])))
    return np.array(times), np.maximum.accumulate(last)
