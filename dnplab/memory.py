"""How much memory a steady state needs, before any of it is allocated, against what is free."""

from __future__ import annotations

import math

from dnplab.arrays import free_bytes
from dnplab.errors import MemoryEstimateError

__all__ = ["estimate_bytes", "require_bytes", "require_memory"]

# float64 matrices (D, D) alive at the peak, as measured from N = 10 to 14; a float32 cycle's vectors are 20 of them, up to
# N = 9 40. Where float32 stalls and float64 takes over, it needs up to 16 more.
_MATRICES = {"hilbert": 3.6, "secular": 26.0, "nonsecular": 26.0, "ule": 26.0, "zeno": 3.2}
_LONG_CYCLES_SPINS, _LONG_CYCLES = 9, 20.0
_RATE_EQUATIONS = ("hilbert", "zeno")  # always dense, on the CPU
_DENSE_MATRICES = 3.6  # (D^2, D^2), as measured at N = 6
_EQUATION_MATRICES = 10.0  # of a generator by itself, and what its application takes
_BEYOND_ALL_SPINS = 200  # 16^N is a float64 up to there
_BASE = 180e6  # interpreter and libraries
_STAR_BYTES = 20.0  # of an element: a star's matrix is gathered, laid out anew and rounded to float32
_HIERARCHY_BASE = 225e6  # with compiled kernels
_CHUNKS = 2.0  # of a support's elimination, alive at once


def estimate_bytes(n_spins: int, model: str, dense: bool = False, order: int | None = None) -> float:
    """Peak bytes of one steady state of N spins; `dense` solves the 4^N x 4^N system itself.

    order : of the correlations that are kept, where not all are (model "correlation")
    """
    if order is not None:
        return _hierarchy_bytes(n_spins, order)
    n_spins = min(n_spins, _BEYOND_ALL_SPINS)
    if dense and model not in _RATE_EQUATIONS:
        return _BASE + 8.0 * _DENSE_MATRICES * 16.0**n_spins
    matrices = _MATRICES[model]
    if model == "ule":
        matrices += 1.5 * (3 * n_spins + 2)  # jump operators in float64 and float32
    if n_spins <= _LONG_CYCLES_SPINS and model not in _RATE_EQUATIONS:
        matrices += _LONG_CYCLES
    return _BASE + 8.0 * matrices * 4.0**n_spins


def require_memory(
    n_spins: int, model: str, dense: bool = False, device: str = "cpu", vectors: float = 0.0, order: int | None = None
) -> None:
    """Raise with the numbers if a steady state of N spins would not fit into the free memory of a device.

    vectors : real forms (D, D) that an evolution in time holds; it needs the larger of the two
    order : see `estimate_bytes`
    """
    device = "cpu" if dense or model in _RATE_EQUATIONS else device
    needed, free = estimate_bytes(n_spins, model, dense, order), free_bytes(device)
    if vectors:
        needed = max(needed, _BASE + 8.0 * (vectors + _EQUATION_MATRICES) * 4.0 ** min(n_spins, _BEYOND_ALL_SPINS))
    if needed > free:
        what = f"model={model}" if order is None else f"model={model} of order {order}"
        fewer = "fewer spins" if order is None else "a lower order, fewer spins"
        raise MemoryEstimateError(
            f"system.n_spins is {n_spins}, but {what} would then need about {needed / 2**30:.3g} GiB of memory and "
            f"{free / 2**30:.3g} GiB are free; use {fewer} or a machine with more memory."
        )


def require_bytes(what: str, needed: float) -> None:
    """Raise with the numbers if something would not fit into the free memory of this machine."""
    if needed > (free := free_bytes("cpu")):
        raise MemoryEstimateError(
            f"{what} would need about {needed / 2**30:.3g} GiB of memory and {free / 2**30:.3g} GiB are free; "
            "use fewer spins, a lower order, or a machine with more memory."
        )


def _hierarchy_bytes(n_spins: int, order: int) -> float:
    if order == 1:
        return _HIERARCHY_BASE

    def supports(weight: int) -> float:
        return float(min(math.comb(n_spins, weight), 10**300))

    v = min(order - 1, 300)
    kept = range(1, v + 1)
    # rows of blocks of the matrix, local blocks below it, pair terms with and without relaxation
    rows = 8.0 * supports(v) * (1 + v * (n_spins - v)) * 9.0**v
    local = sum(8.0 * supports(w) * 9.0**w for w in kept[:-1])
    ladders = sum(16.0 * supports(w) * w * 9.0**w / 3.0 for w in kept[1:])
    own = 8.0 * supports(order) * order * 9.0**v  # what the eliminated supports add to their faces
    stars = [supports(w - 1) * ((n_spins - w + 1) * 3.0**w) ** 2 for w in kept]
    inverses = 4.0 * sum(stars)
    # strings of order + 1 spins, whose supports are listed to estimate what the cut costs
    lists = 24.0 * supports(order + 1) * (order + 1) + 16.0 * supports(order) * 3.0**order
    support = 8.0 * (3.0**order + 2.0 * order * 3.0**v) ** 2 * _CHUNKS  # at least one at a time
    return _HIERARCHY_BASE + rows + local + ladders + max(own + support, (_STAR_BYTES - 4.0) * max(stars) + inverses, lists)
