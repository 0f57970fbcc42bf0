"""Checks of input, once, at the boundary: which argument, what it got, what it may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab.errors import ParameterError

__all__ = [
    "finite",
    "finite_array",
    "moderate",
    "non_negative",
    "non_negative_int",
    "positive",
    "positive_int",
    "tolerance",
]


def finite(key: str, value: object) -> float:
    """A finite real number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ParameterError(key, value, "a finite number")
    return float(value)


def non_negative(key: str, value: object) -> float:
    """A finite number >= 0."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or value < 0:
        raise ParameterError(key, value, "a finite number >= 0")
    return float(value)


def positive(key: str, value: object, *, infinite: bool = False) -> float:
    """A number > 0, finite unless `infinite` is allowed."""
    allowed = "a number > 0 (or inf)" if infinite else "a finite number > 0"
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value) or value <= 0:
        raise ParameterError(key, value, allowed)
    if math.isinf(value) and not infinite:
        raise ParameterError(key, value, allowed)
    return float(value)


def moderate(key: str, value: object) -> float:
    """A number > 0 from 1e-12 to 1e12: powers of several of them neither overflow nor vanish."""
    if not 1e-12 <= (number := positive(key, value)) <= 1e12:
        raise ParameterError(key, value, "a number from 1e-12 to 1e12")
    return number


def tolerance(key: str, value: object) -> float:
    """A relative error: a number > 0 and < 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 < float(value) < 1.0:
        raise ParameterError(key, value, "a number > 0 and < 1")
    return float(value)


def positive_int(key: str, value: object) -> int:
    """An integer >= 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ParameterError(key, value, "an integer >= 1")
    return int(value)


def non_negative_int(key: str, value: object) -> int:
    """An integer >= 0."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 0:
        raise ParameterError(key, value, "an integer >= 0")
    return int(value)


def finite_array(key: str, value: ArrayLike, shape: Sequence[int | None]) -> NDArray[np.float64]:
    """A read-only float64 copy of an array of finite numbers with the given shape (None: any length)."""
    wanted = "an array of finite real numbers of shape (" + ", ".join("n" if n is None else str(n) for n in shape) + ")"
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "iuf":  # NumPy would cast text, truth values and complex numbers in silence
            raise TypeError
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(key, value, wanted) from None
    if array.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, array.shape, strict=True)):
        raise ParameterError(key, f"of shape {array.shape}", wanted)
    if not np.isfinite(array).all():
        raise ParameterError(key, value, wanted)
    array.setflags(write=False)
    return array
