"""LU of a matrix that may be singular to rounding: the solution then holds inf or nan, which its user tests."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from dnplab.arrays import Array, is_numpy, namespace

__all__ = ["inverse", "lu_factors"]


def lu_factors(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Factors for `scipy.linalg.lu_solve`; the matrix is overwritten."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)
        factors: tuple[NDArray[np.float64], NDArray[np.int32]] = linalg.lu_factor(
            matrix, overwrite_a=True, check_finite=False
        )
    return factors


def inverse(matrix: Array) -> Callable[[Array], Array]:
    """b -> matrix^{-1} b: by LU on the CPU, by the inverse itself elsewhere, where triangular solves are slow."""
    if is_numpy(matrix):
        factors = lu_factors(matrix)
        return lambda b: np.asarray(linalg.lu_solve(factors, b, check_finite=False))
    inverted = namespace(matrix).linalg.inv(matrix)
    return lambda b: inverted @ b
