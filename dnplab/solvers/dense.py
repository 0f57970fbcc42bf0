r"""Direct solves, for small systems and for rate equations.

L has a null vector (the steady state) and a left null vector (the trace). Adding the rank-one term -g vec(1) vec(1)^T / D,
with g the slowest rate, moves that zero eigenvalue to -g and nothing else, so that

    (L - g vec(1) vec(1)^T / D) rho = -g vec(1) / D

is regular and its solution has Tr rho = 1. One step of iterative refinement gives the error estimate.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from dnplab.models.generator import Generator
from dnplab.solvers.lu import lu_factors
from dnplab.solvers.solution import Solution, floor_outcome

__all__ = ["dense_matrix", "solve_dense", "solve_populations"]

FloatArray = NDArray[np.float64]


def dense_matrix(generator: Generator) -> FloatArray:
    """L as a real (D^2, D^2) matrix on vec Z, row-major."""
    d = generator.dimension
    matrix = np.empty((d**2, d**2))
    unit = np.zeros(d**2)
    for k in range(d**2):
        unit[k] = 1.0
        matrix[:, k] = generator.apply(unit.reshape(d, d)).ravel()
        unit[k] = 0.0
    return matrix


def solve_dense(generator: Generator, rtol: float) -> Solution:
    """Steady state of a small generator by LU factorisation of its 4^N x 4^N matrix."""
    start = time.perf_counter()
    d = generator.dimension
    rho, residual, error = _solve_regularised(dense_matrix(generator), np.eye(d).ravel(), generator.relaxation_rate)
    outcome = floor_outcome(error, rtol)
    return Solution(rho.reshape(d, d), outcome, residual, error, 0, time.perf_counter() - start, "dense")


def solve_populations(rates: FloatArray, relaxation_rate: float, rtol: float) -> Solution:
    """Steady state p (D,) of dp/dt = rates @ p by LU factorisation."""
    start = time.perf_counter()
    p, residual, error = _solve_regularised(rates, np.ones(len(rates)), relaxation_rate)
    outcome = floor_outcome(error, rtol)
    return Solution(p, outcome, residual, error, 0, time.perf_counter() - start, "dense")


def _solve_regularised(matrix: FloatArray, trace: FloatArray, rate: float) -> tuple[FloatArray, float, float]:
    # trace @ rho is the trace of rho; matrix is left as it is
    weight = rate / float(trace.sum())
    regular = matrix.copy()
    support = np.flatnonzero(trace)
    regular[np.ix_(support, support)] -= weight
    factors = lu_factors(regular)
    rho = linalg.lu_solve(factors, -weight * trace, check_finite=False)
    correction = linalg.lu_solve(factors, -(matrix @ rho), check_finite=False)
    rho = rho + correction
    rho /= float(trace @ rho)
    residual_vector = matrix @ rho
    error = float(np.linalg.norm(linalg.lu_solve(factors, residual_vector, check_finite=False)) / np.linalg.norm(rho))
    return rho, float(np.linalg.norm(residual_vector) / (rate * np.linalg.norm(rho))), error
