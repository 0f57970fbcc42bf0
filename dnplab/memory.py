"""How much memory a steady state needs, before any of it is allocated, against what is free."""

from __future__ import annotations

from dnplab.arrays import free_bytes
from dnplab.errors import MemoryEstimateError

__all__ = ["estimate_bytes", "require_memory"]

# float64 matrices (D, D) alive at the peak, as measured at N = 10 and 11; a Krylov cycle's vectors are about 20 of them
_MATRICES = {"hilbert": 4.5, "secular": 37.0, "nonsecular": 37.0, "ule": 37.0}
_DENSE_MATRICES = 3.6  # (D^2, D^2), as measured at N = 6
_BASE = 120e6  # interpreter and libraries
_SMALL_SPINS, _SMALL = 9, 160e6  # up to here a cycle keeps more vectors than that


def estimate_bytes(n_spins: int, model: str, dense: bool = False) -> float:
    """Peak bytes of one steady state of N spins; `dense` solves the 4^N x 4^N system itself."""
    if dense and model != "hilbert":
        return _BASE + 8.0 * _DENSE_MATRICES * 16.0**n_spins
    matrices = _MATRICES[model]
    if model == "ule":
        matrices += 1.5 * (3 * n_spins + 2)  # jump operators in float64 and float32
    small = _SMALL if n_spins <= _SMALL_SPINS and model != "hilbert" else 0.0
    return _BASE + small + 8.0 * matrices * 4.0**n_spins


def require_memory(n_spins: int, model: str, dense: bool = False, device: str = "cpu") -> None:
    """Raise with the numbers if a steady state of N spins would not fit into the free memory of a device."""
    device = "cpu" if dense or model == "hilbert" else device
    needed, free = estimate_bytes(n_spins, model, dense), free_bytes(device)
    if needed > free:
        raise MemoryEstimateError(
            f"system.n_spins is {n_spins}, but model={model} would then need about {needed / 2**30:.3g} GiB of memory and "
            f"{free / 2**30:.3g} GiB are free; use fewer spins or a machine with more memory."
        )
