r"""Evolution between two jumps without a time step.

    psi(tau) = exp(-i H_eff tau) psi(0),    H_eff = H - (i/2) sum_A A^+ A    complex symmetric (D, D), rad/µs

The norm of psi(tau) falls monotonically: its square is the probability that no jump has happened yet. A propagator takes a
state to its *flight*, the function tau -> psi(tau) for 0 <= tau <= reach_us, exact to rounding at every tau. So a jump time
is the root of a smooth function, and there is no step whose error one would have to control.

    Diagonalised    H_eff = X diag(lambda) X^-1, once: reach without limit, D^2 numbers
    TaylorSeries    psi(tau) = sum_k (-i H_eff tau)^k psi / k!, all terms above rounding: 50 vectors, sparse products only
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse import linalg as sparse_linalg

from dnplab.errors import ParameterError

__all__ = ["PROPAGATORS", "Diagonalised", "Propagator", "TaylorSeries", "propagator_of"]

ComplexArray = NDArray[np.complex128]
Flight = Callable[[float], ComplexArray]

PROPAGATORS = ("auto", "diagonalised", "taylor")
DIAGONALISED_MAX_SPINS = 9  # from 10 on a flight and its jump cost less by sparse products (T(0) = T*)
LARGEST_CONDITION = 1e6  # of the eigenvectors: beyond it they lose more than ten digits near an exceptional point
TAYLOR_REACH = 5.0  # ||H_eff|| tau: the terms grow up to e^5 before they fall, two of sixteen digits
ROUNDING = 2.0**-53


class Propagator(Protocol):
    """Takes a state (D,) to its flight."""

    reach_us: float

    def flight(self, psi: ComplexArray) -> Flight:
        """tau in µs -> psi(tau) (D,), not normalised, for 0 <= tau <= reach_us."""
        ...


class Diagonalised:
    """Eigenvectors of H_eff; `condition` bounds the digits they lose."""

    reach_us = math.inf

    def __init__(self, effective_hamiltonian: sparse.csr_array[Any]) -> None:
        values, vectors = linalg.eig(effective_hamiltonian.toarray())
        self._phases, self._vectors = -1j * values, np.ascontiguousarray(vectors)
        try:
            self._inverse = linalg.inv(vectors)
            self.condition = float(np.linalg.norm(vectors, 1) * np.linalg.norm(self._inverse, 1))
        except linalg.LinAlgError:  # an exceptional point to the last bit
            self._inverse, self.condition = vectors, math.inf

    def flight(self, psi: ComplexArray) -> Flight:
        """See `Propagator.flight`."""
        coefficients = self._inverse @ psi
        return lambda tau: np.asarray(self._vectors @ (np.exp(tau * self._phases) * coefficients))


class TaylorSeries:
    """Powers of H_eff on the state, as far as they count."""

    def __init__(self, effective_hamiltonian: sparse.csr_array[Any]) -> None:
        self._generator = sparse.csr_array(-1j * effective_hamiltonian)
        self.reach_us = TAYLOR_REACH / max(float(sparse_linalg.norm(self._generator, np.inf)), np.finfo(float).tiny)

    def flight(self, psi: ComplexArray) -> Flight:
        """See `Propagator.flight`."""
        terms, smallest = [psi], ROUNDING * float(np.linalg.norm(psi))
        while len(terms) <= TAYLOR_REACH or np.linalg.norm(terms[-1]) > smallest:
            terms.append(np.asarray((self.reach_us / len(terms)) * (self._generator @ terms[-1])))
        series, powers = np.array(terms), np.arange(len(terms))
        return lambda tau: np.asarray((tau / self.reach_us) ** powers @ series)


def propagator_of(effective_hamiltonian: sparse.csr_array[Any], method: str = "auto") -> Propagator:
    """The propagator `method`; "auto" diagonalises few spins, unless H_eff has (nearly) no basis of eigenvectors."""
    if method not in PROPAGATORS:
        raise ParameterError("propagator", method, "one of " + ", ".join(PROPAGATORS))
    if method == "taylor" or (method == "auto" and effective_hamiltonian.shape[0] > 1 << DIAGONALISED_MAX_SPINS):
        return TaylorSeries(effective_hamiltonian)
    diagonalised = Diagonalised(effective_hamiltonian)
    if diagonalised.condition <= LARGEST_CONDITION:
        return diagonalised
    if method == "diagonalised":
        lost = f"{method} (its eigenvectors lose all but {16 - math.log10(diagonalised.condition):.0f} digits)"
        raise ParameterError("propagator", lost, "taylor or auto near an exceptional point of H_eff")
    return TaylorSeries(effective_hamiltonian)
