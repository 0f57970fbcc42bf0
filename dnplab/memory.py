"""How much memory a steady state needs, before any of it is allocated, against what is free."""

from __future__ import annotations

import psutil

from dnplab.errors import MemoryEstimateError

__all__ = ["estimate_bytes", "require_memory"]

# (D, D) float64 matrices alive at the peak, counted in the code and checked against the measured peak
_MATRICES = {"hilbert": 5, "secular": 16, "nonsecular": 16, "ule": 16}
_BASE = 150e6  # interpreter and libraries


def estimate_bytes(n_spins: int, model: str, krylov_vectors: int = 61) -> float:
    """Peak bytes of one steady state of N spins."""
    matrices: float = _MATRICES[model]
    if model != "hilbert":
        matrices += krylov_vectors
    if model == "ule":
        matrices += 3 * n_spins + 2
    return _BASE + 8.0 * matrices * 4.0**n_spins


def require_memory(n_spins: int, model: str, krylov_vectors: int = 61) -> None:
    """Raise with the numbers if a steady state of N spins would not fit into free memory."""
    needed, free = estimate_bytes(n_spins, model, krylov_vectors), float(psutil.virtual_memory().available)
    if needed > free:
        raise MemoryEstimateError(
            f"system.n_spins is {n_spins}, but model={model} would then need about {needed / 2**30:.3g} GiB of memory and "
            f"{free / 2**30:.3g} GiB are free; use fewer spins or a machine with more memory."
        )
