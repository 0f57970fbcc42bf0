"""What a solver returns: the value, how it ended, and what its numbers are worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLOOR_ERROR", "Outcome", "Solution", "floor_outcome"]


class Outcome(StrEnum):
    """How a solve ended."""

    CONVERGED = "converged"
    ROUNDING_FLOOR = "rounding floor"
    STALLED = "stalled"
    ITERATION_LIMIT = "iteration limit"

    @property
    def success(self) -> bool:
        """The state is as good as was asked for, or as good as float64 allows."""
        return self in (Outcome.CONVERGED, Outcome.ROUNDING_FLOOR)


FLOOR_ERROR = 1e-6  # a state whose rounding floor lies higher is not a solution


def floor_outcome(error: float, rtol: float) -> Outcome:
    """The outcome of a solve that cannot be improved in float64, by its estimated error."""
    if error <= rtol:
        return Outcome.CONVERGED  # nan is not
    return Outcome.ROUNDING_FLOOR if error <= FLOOR_ERROR else Outcome.STALLED


@dataclass(frozen=True, eq=False)
class Solution:
    """A steady state and its statistics.

    value : real form of rho (D, D) in the generator's native basis, or populations (D,)
    residual : ||L rho|| / (relaxation_rate ||rho||), evaluated on the returned value: 1 is a state that changes by all
        of itself within T_1
    error_estimate : estimated relative error of rho (Frobenius norm)
    iterations : applications of the generator (0 for a direct solve)
    method : "dense", or the frame of the iterations; precision : of these
    """

    value: NDArray[np.float64]
    outcome: Outcome
    residual: float
    error_estimate: float
    iterations: int
    seconds: float
    method: str
    precision: str = "float64"
