"""One array interface for the CPU and the GPU: the array API standard, through array-api-compat.

Solvers get their namespace from the arrays they work on. NumPy arrays stay on the CPU and CuPy arrays on the GPU; any other
library that keeps the standard works too, which is how the code that a GPU runs is tested where there is none.
"""

from __future__ import annotations

from typing import Any

import array_api_compat
import array_api_compat.numpy as array_api_numpy
import numpy as np
import psutil
from numpy.typing import NDArray

from dnplab.errors import ParameterError

__all__ = [
    "Array",
    "free_bytes",
    "is_numpy",
    "namespace",
    "namespace_on",
    "place",
    "set_diagonal",
    "to_numpy",
    "transpose",
]

Array = Any  # of one namespace: no type describes them all


def namespace_on(device: object) -> Any:
    """The array namespace of a device.

    Raises:
        ParameterError: an unknown device, or a GPU that cannot be used; the message says what is missing.

    """
    if device == "cpu":
        return array_api_numpy
    if device != "gpu":
        raise ParameterError("device", device, "cpu or gpu")
    try:
        import array_api_compat.cupy as array_api_cupy
        import cupy  # type: ignore[import-not-found, unused-ignore]

        count = int(cupy.cuda.runtime.getDeviceCount())
    except ImportError as error:
        raise ParameterError("device", device, "cpu unless CuPy is installed (pip install -e '.[gpu]')") from error
    except Exception as error:
        raise ParameterError("device", device, f"cpu where CUDA finds no GPU ({error})") from error
    if count == 0:
        raise ParameterError("device", device, "cpu where CUDA finds no GPU")
    return array_api_cupy


def free_bytes(device: str) -> float:
    """Memory that is free on a device."""
    if device == "cpu":
        return float(psutil.virtual_memory().available)
    cupy = namespace_on(device)
    # what CuPy keeps for its next array is free too
    return float(cupy.cuda.runtime.memGetInfo()[0] + cupy.get_default_memory_pool().free_bytes())


def namespace(array: Array) -> Any:
    """The namespace that an array belongs to."""
    return array_api_compat.array_namespace(array)


def is_numpy(array: Array) -> bool:
    """Whether the compiled kernels can work on it."""
    return isinstance(array, np.ndarray)


def place(array: Array, xp: Any, dtype: str | None = None) -> Array:
    """An array in another namespace, and in another precision if its numbers are real and `dtype` is given."""
    if namespace(array) is xp:
        real = dtype is not None and xp.isdtype(array.dtype, "real floating")
        return xp.astype(array, getattr(xp, str(dtype)), copy=False) if real else array
    host = to_numpy(array)
    if dtype is not None and host.dtype.kind == "f":
        host = host.astype(dtype, copy=False)
    return host if xp is array_api_numpy else xp.asarray(np.ascontiguousarray(host))


def to_numpy(array: Array) -> NDArray[Any]:
    """The same numbers as a NumPy array, on the CPU."""
    if is_numpy(array):
        return np.asarray(array)
    return np.asarray(array.get() if hasattr(array, "get") else array)  # CuPy does not convert without being asked


def transpose(z: Array) -> Array:
    """Z^T over the last two axes: a view."""
    return namespace(z).matrix_transpose(z)


def set_diagonal(z: Array, values: Array) -> Array:
    """Z (D, D) with another diagonal; Z itself may or may not have changed."""
    xp = namespace(z)
    flat = xp.reshape(z, (-1,))
    flat[:: z.shape[0] + 1] = values
    return xp.reshape(flat, z.shape)
