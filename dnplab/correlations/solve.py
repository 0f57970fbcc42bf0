r"""The steady state of a hierarchy cut at k spins, and what the cut costs.

The error of the polarizations has two estimates that miss in opposite directions: what the strings of k + 1 spins would
change to first order, and the last step |P^(k) - P^(k-1)|, which is too large where the orders converge. Their geometric
mean bounds the true error of the worst spin in 98 of 100 random systems that dephase, is five times too large in the median,
and is a guess where nothing dephases (docs/correlation.md). For k = N nothing is neglected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres

from dnplab.arrays import place, to_numpy
from dnplab.correlations.elimination import eliminate
from dnplab.correlations.hierarchy import Hierarchy
from dnplab.correlations.levels import Equations, Preconditioner
from dnplab.correlations.local_inverse import LocalInverse
from dnplab.correlations.strings import AXES, Z
from dnplab.correlations.supports import Supports
from dnplab.solvers.lu import inverse
from dnplab.solvers.solution import Outcome, floor_outcome
from dnplab.threads import limited_threads

__all__ = ["Correlations", "solve_hierarchy"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DIRECT, LARGEST_DIRECT = 1200, 8000  # unknowns: a dense inverse is as fast as the stars, is worth it where they fail
CYCLE, CYCLES = 100, 8  # iterations in one, and how many
GAIN, LEAST_GAIN = 1e-5, 0.1  # of one cycle: stars work in single precision
ROUGH = 1e-3  # for what only estimates an error
BELIEF = 0.1  # of the residual in units of 1/T_1: an error is not believed to be smaller
CHUNK = 1 << 14  # supports that are worked on at once


@dataclass(frozen=True, eq=False)
class Correlations:
    """Stationary Pauli strings <P_s> by weight, and how well they are known.

    strings : (C(N, w), 3^w) of the weights w = 1 .. k; supports as in `supports`, axes as in `strings`
    truncation : estimated error of the polarization of the worst spin that the cut makes
    last_step : (N,) polarizations of this order minus those of one order less; of order 1, minus P_0
    beyond : (N,) what strings of k + 1 spins would change of the polarizations to first order; 0 where k = N
    outcome, residual, error_estimate, iterations : as in `dnplab.solvers.Solution`, of the equations that are kept
    """

    strings: tuple[FloatArray, ...]
    truncation: float
    last_step: FloatArray
    beyond: FloatArray
    outcome: Outcome
    residual: float
    error_estimate: float
    iterations: int

    @property
    def order(self) -> int:
        """k."""
        return len(self.strings)

    @property
    def polarization(self) -> FloatArray:
        """P_i = <sigma_i^z> (N,)."""
        return self.strings[0][:, Z]

    @property
    def weights(self) -> FloatArray:
        """(k,) sum of <P_s>^2 over the strings of w spins: what each order adds to 2^N Tr rho^2 = 1 + ..."""
        return np.array([float((part**2).sum()) for part in self.strings])


def solve_hierarchy(hierarchy: Hierarchy, order: int, rtol: float, xp: Any) -> Correlations:
    """The steady state with strings of up to `order` spins, 1 <= order <= N.

    rtol : bound on the estimated relative error of the kept strings, apart from what the cut costs
    xp : namespace of the device where the iterations run
    """
    cut = _Cut(hierarchy, order, xp)
    strings, ending = cut.steady(rtol)
    truncation, last_step, beyond = 0.0, np.zeros(hierarchy.n_spins), np.zeros(hierarchy.n_spins)
    if order < hierarchy.n_spins and ending.outcome.success:
        change, of_change = cut.response(_returned(cut.inverse, order + 1, strings[-1]))
        if order > 1:
            (before, *_), (of_before, *_) = _Cut(hierarchy, order - 1, xp).steady(ROUGH)
        else:  # P_0: nothing is known of the drive
            before, of_before = np.full((hierarchy.n_spins, AXES), hierarchy.source / cut.slowest), Outcome.CONVERGED
        polarization = strings[0][:, Z]
        last_step, beyond = polarization - before[:, Z], change[:, Z]
        truncation = math.sqrt(np.abs(beyond).max() * np.abs(last_step).max())
        truncation = max(truncation, float(np.abs(polarization).max()) - 1.0)  # no polarization is larger than 1
        if not (math.isfinite(truncation) and of_change.success and of_before.success):
            ending = ending._replace(outcome=Outcome.STALLED)  # what the cut costs is not known
    return Correlations(tuple(strings), truncation, last_step, beyond, *ending)


class _Ending(NamedTuple):
    outcome: Outcome
    residual: float
    error_estimate: float
    iterations: int


class _Cut:
    """The hierarchy cut at `order` spins, with what does not depend on the right-hand side."""

    def __init__(self, hierarchy: Hierarchy, order: int, xp: Any) -> None:
        self.hierarchy, self.order, self.xp = hierarchy, order, xp
        self.inverse = LocalInverse.of(hierarchy)
        self.slowest = -float(hierarchy.bloch[0, Z, Z])  # 1/T_1

    def steady(self, rtol: float) -> tuple[list[FloatArray], _Ending]:
        """Strings by weight, 1 .. k."""
        if self.order == 1:
            source = np.zeros((self.hierarchy.n_spins, AXES, 1))
            source[:, Z] = -self.hierarchy.source
            return [np.asarray(np.linalg.solve(self.hierarchy.bloch, source)[:, :, 0])], _Ending(
                Outcome.CONVERGED, 0.0, 0.0, 0
            )
        kept, ending = self._solved(self.equations.source, rtol, 1.0)
        parts = list(self.equations.parts(kept))
        parts.append(_top(self.inverse, self.order, parts[-1]))
        return parts, ending

    def response(self, beyond: FloatArray) -> tuple[FloatArray, Outcome]:
        """(N, 3) strings of one spin driven by `beyond` (C(N, k), 3^k) on those of k spins alone, roughly."""
        members = Supports(self.hierarchy.n_spins, self.order).members
        top = self.inverse.solve(members, beyond)
        if self.order == 1:
            return top, Outcome.CONVERGED
        # the strings of k spins answer by themselves first, and act on those of k - 1
        back = np.zeros(self.equations.sizes[-1])
        for part, faces in _chunks(self.hierarchy.n_spins, self.order):
            _gather(back, faces, self.hierarchy.lowered(members[part], top[part]))
        source = np.zeros(self.equations.unknowns)
        source[-back.size :] = -back.ravel()
        strings, ending = self._solved(source, ROUGH, 0.0)
        return next(self.equations.parts(strings)), ending.outcome

    @cached_property
    def equations(self) -> Equations:
        return Equations(self.hierarchy, eliminate(self.hierarchy, self.order), self.xp)

    @cached_property
    def _approximate_inverse(self) -> Callable[[FloatArray], FloatArray]:
        if self.equations.unknowns <= DIRECT:
            return self._inverted()
        solve = Preconditioner(self.equations).apply
        return lambda strings: to_numpy(solve(place(np.asarray(strings, dtype=np.float64), self.xp)))

    def _inverted(self) -> Callable[[FloatArray], FloatArray]:
        solve = inverse(place(self.equations.dense(), self.xp))
        return lambda strings: to_numpy(solve(place(np.asarray(strings, dtype=np.float64), self.xp)))

    def _operator(self, strings: FloatArray) -> FloatArray:
        return to_numpy(self.equations.apply(place(np.asarray(strings, dtype=np.float64), self.xp)))

    def _solved(self, source: FloatArray, rtol: float, one: float) -> tuple[FloatArray, _Ending]:
        # `one` is the empty string's value
        approximate_inverse = self._approximate_inverse
        with limited_threads(1):  # the products to come are too small for two
            found = self._refined(approximate_inverse, source, rtol, one)
        if not found[1].outcome.success and DIRECT < self.equations.unknowns <= LARGEST_DIRECT:
            direct = self._refined(self._inverted(), source, rtol, one)
            found = direct if direct[1].error_estimate < found[1].error_estimate else found
        return found

    def _refined(
        self, approximate_inverse: Callable[[FloatArray], FloatArray], source: FloatArray, rtol: float, one: float
    ) -> tuple[FloatArray, _Ending]:
        # GMRES, restarted as iterative refinement, so that residuals are those of float64
        shape = (len(source),) * 2
        matrix = LinearOperator(shape, self._operator, dtype=np.float64)
        preconditioner = LinearOperator(shape, approximate_inverse, dtype=np.float64)
        strings, update, previous, iterations = np.zeros_like(source), 0.0, math.inf, 0

        def count(_: float) -> None:
            nonlocal iterations
            iterations += 1

        for cycle in range(CYCLES + 1):
            rest = source - self._operator(strings)
            reached = float(np.linalg.norm(approximate_inverse(rest)))
            size = math.sqrt(one + float(strings @ strings)) or reached or 1.0
            residual = float(np.linalg.norm(rest)) / (self.slowest * size)
            # a cycle's change is the error before it; slow modes hide from what the stars make of the residual
            error = max(max(reached, update) / size, BELIEF * residual)
            if not math.isfinite(error) or reached == 0.0 or (cycle and (error <= rtol or reached > 0.5 * previous)):
                break
            if cycle < CYCLES:
                # a cycle that gained nothing would prove nothing: the last one makes the error ten times smaller, too
                aim = min(max(0.1 * rtol * size / reached, GAIN), LEAST_GAIN)
                change = gmres(
                    matrix, rest, rtol=aim, atol=0.0, restart=CYCLE, maxiter=1,
                    M=preconditioner, callback=count, callback_type="pr_norm",
                )[0]  # fmt: skip
                strings, update, previous = strings + change, float(np.linalg.norm(change)), reached
        outcome = floor_outcome(error, rtol) if math.isfinite(error) else Outcome.STALLED
        return strings, _Ending(outcome, residual, error, iterations)


def _chunks(n_spins: int, weight: int) -> Iterator[tuple[slice, IntArray]]:
    """Parts of the supports of a weight with their faces."""
    supports = Supports(n_spins, weight)
    for first in range(0, supports.count, CHUNK):
        part = slice(first, first + CHUNK)
        yield part, supports.faces_of(supports.members[part])


def _top(inverse: LocalInverse, weight: int, below: FloatArray) -> FloatArray:
    """Strings of the eliminated weight, -D^{-1} R c (C(N, w), 3^w)."""
    hierarchy = inverse.hierarchy
    members = Supports(hierarchy.n_spins, weight).members
    out = np.empty((len(members), AXES**weight))
    for part, faces in _chunks(hierarchy.n_spins, weight):
        raised = hierarchy.raised(members[part], faces, below)
        out[part] = -inverse.solve(members[part], raised)
    return out


def _returned(inverse: LocalInverse, weight: int, below: FloatArray) -> FloatArray:
    """L D^{-1} R c (C(N, w-1), 3^(w-1)): by way of strings of `weight` spins and back."""
    hierarchy = inverse.hierarchy
    members = Supports(hierarchy.n_spins, weight).members
    out = np.zeros_like(below)
    for part, faces in _chunks(hierarchy.n_spins, weight):
        raised = hierarchy.raised(members[part], faces, below)
        _gather(out, faces, hierarchy.lowered(members[part], inverse.solve(members[part], raised)))
    return out


def _gather(out: FloatArray, faces: IntArray, on_faces: FloatArray) -> None:
    """Add strings (m, w, 3^(w-1)) on the faces (m, w) of supports to `out`."""
    count = faces.size
    which = sparse.csr_array((np.ones(count), (faces.ravel(), np.arange(count))), shape=(len(out), count))
    out += np.asarray(which @ on_faces.reshape(count, -1))
