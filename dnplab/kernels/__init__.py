"""What a solver does between its dense products: compiled for NumPy arrays, in the array API standard for all others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dnplab.arrays import Array, is_numpy
from dnplab.arrays import transpose as transpose_view
from dnplab.kernels import compiled, portable

__all__ = ["dressed_step", "inverse_coherences", "local_dissipation", "sparse_commutator", "transposed"]


def transposed(z: Array) -> Array:
    """Z^T (D, D), laid out anew where that is faster to work on."""
    return compiled.transposed(z, np.empty_like(z)) if is_numpy(z) else transpose_view(z)


def local_dissipation(
    z: Array, outflow: Array, dephasing: Array, spin_values: Array, raising: float, lowering: float
) -> Array:
    """The site-by-site part of a dissipator in the product basis, (D, D).

    out[s, t] = -[(outflow[s] + outflow[t])/2 + dephasing[s xor t]] z[s, t]
                + sum over spins i that agree in s and t of rate_i z[s with i flipped, t with i flipped]

    where rate_i is `lowering` if spin i is down in s and t, `raising` if it is up. dephasing[k] is proportional to the
    number of bits of k; spin_values (N, D) are the S_i^z of the product states.
    """
    if is_numpy(z):
        return compiled.local_dissipation(z, outflow, dephasing, raising, lowering, np.empty_like(z))
    return portable.local_dissipation(z, outflow, dephasing, spin_values, raising, lowering)


def sparse_commutator(h: sparse.csr_array[Any], z: NDArray[Any]) -> NDArray[Any]:
    """Z^T H - H Z^T, the real form of -i[H, rho], for a sparse real symmetric H and a NumPy Z (D, D)."""
    return compiled.commutator(h.indptr, h.indices, h.data, z, transposed(z), np.empty_like(z))


def dressed_step(z: Array, dissipated: Array, energies: Array, decay: Array) -> Array:
    """Commutator and inverse coherences of the dressed frame in one pass, (D, D).

    A = dissipated - (E_a - E_b) Z^T,   out = Re(1/lambda) A + Im(1/lambda) A^T,   lambda_ab = -i(E_a - E_b) - decay_ab

    On the diagonal out = A: the populations, which are inverted apart.
    """
    if is_numpy(z):
        return compiled.dressed_step(z, dissipated, energies, decay, np.empty_like(z))
    return portable.dressed_step(z, dissipated, energies, decay)


def inverse_coherences(z: Array, energies: Array, decay: Array) -> Array:
    """The same for an A that is given: out = Re(1/lambda) Z + Im(1/lambda) Z^T, the diagonal as it is."""
    if is_numpy(z):
        return compiled.inverse_coherences(z, energies, decay, np.empty_like(z))
    return portable.inverse_coherences(z, energies, decay)
