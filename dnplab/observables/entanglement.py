"""Entanglement entropy of pure states between the first spins and the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from dnplab import checks
from dnplab.errors import ParameterError

__all__ = ["default_kept_spins", "entanglement_entropies"]


def default_kept_spins(n_spins: int) -> int:
    """How many spins are kept: max(1, N//2 - 1), which is 4 of 10 as in the letter's Fig. 3."""
    return max(1, n_spins // 2 - 1)


def entanglement_entropies(vectors: NDArray[np.inexact], kept_spins: int) -> NDArray[np.float64]:
    """S = -Tr rho_A ln rho_A (natural logarithm) of each column of vectors (D, M); A is the first `kept_spins` spins.

    A product state gives 0, a Bell pair ln 2, and nothing exceeds kept_spins ln 2 (or that of the rest, if smaller).
    """
    dimension, count = vectors.shape
    n_spins = dimension.bit_length() - 1
    if checks.positive_int("kept_spins", kept_spins) >= n_spins:
        raise ParameterError("kept_spins", kept_spins, f"an integer from 1 to {n_spins - 1} for {n_spins} spins")
    psi = vectors.T.reshape(count, 1 << kept_spins, -1)
    reduced = psi @ psi.conj().swapaxes(1, 2)
    p = np.clip(np.linalg.eigvalsh(reduced), 0.0, 1.0)
    return np.asarray(entr(p).sum(axis=1))
