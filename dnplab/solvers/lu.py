"""LU factors of a matrix that may be singular to rounding: the solution then holds inf or nan, which its user tests."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

__all__ = ["lu_factors"]


def lu_factors(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Factors for `scipy.linalg.lu_solve`; the matrix is overwritten."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)
        factors: tuple[NDArray[np.float64], NDArray[np.int32]] = linalg.lu_factor(
            matrix, overwrite_a=True, check_finite=False
        )
    return factors
