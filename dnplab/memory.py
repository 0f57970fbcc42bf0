"""How much memory a steady state needs, before any of it is allocated, against what is free."""

from __future__ import annotations

from dnplab.arrays import free_bytes
from dnplab.errors import MemoryEstimateError

__all__ = ["estimate_bytes", "require_memory"]

# float64 matrices (D, D) alive at the peak, as measured from N = 10 to 14; a float32 cycle's vectors are 20 of them, up to
# N = 9 40. Where float32 stalls and float64 takes over, it needs up to 16 more.
_MATRICES = {"hilbert": 3.6, "secular": 26.0, "nonsecular": 26.0, "ule": 26.0, "zeno": 3.2}
_LONG_CYCLES_SPINS, _LONG_CYCLES = 9, 20.0
_RATE_EQUATIONS = ("hilbert", "zeno")  # always dense, on the CPU
_DENSE_MATRICES = 3.6  # (D^2, D^2), as measured at N = 6
_EQUATION_MATRICES = 10.0  # of a generator by itself, and what its application takes
_BEYOND_ALL_SPINS = 200  # 16^N is a float64 up to there
_BASE = 180e6  # interpreter and libraries


def estimate_bytes(n_spins: int, model: str, dense: bool = False) -> float:
    """Peak bytes of one steady state of N spins; `dense` solves the 4^N x 4^N system itself."""
    n_spins = min(n_spins, _BEYOND_ALL_SPINS)
    if dense and model not in _RATE_EQUATIONS:
        return _BASE + 8.0 * _DENSE_MATRICES * 16.0**n_spins
    matrices = _MATRICES[model]
    if model == "ule":
        matrices += 1.5 * (3 * n_spins + 2)  # jump operators in float64 and float32
    if n_spins <= _LONG_CYCLES_SPINS and model not in _RATE_EQUATIONS:
        matrices += _LONG_CYCLES
    return _BASE + 8.0 * matrices * 4.0**n_spins


def require_memory(n_spins: int, model: str, dense: bool = False, device: str = "cpu", vectors: float = 0.0) -> None:
    """Raise with the numbers if a steady state of N spins would not fit into the free memory of a device.

    vectors : real forms (D, D) that an evolution in time holds; it needs the larger of the two
    """
    device = "cpu" if dense or model in _RATE_EQUATIONS else device
    needed, free = estimate_bytes(n_spins, model, dense), free_bytes(device)
    if vectors:
        needed = max(needed, _BASE + 8.0 * (vectors + _EQUATION_MATRICES) * 4.0 ** min(n_spins, _BEYOND_ALL_SPINS))
    if needed > free:
        raise MemoryEstimateError(
            f"system.n_spins is {n_spins}, but model={model} would then need about {needed / 2**30:.3g} GiB of memory and "
            f"{free / 2**30:.3g} GiB are free; use fewer spins or a machine with more memory."
        )
