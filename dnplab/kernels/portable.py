"""The same kernels in the array API standard, for arrays that numba does not compile for: those of a GPU."""

from __future__ import annotations

from dnplab.arrays import Array, namespace, set_diagonal, transpose

__all__ = ["dressed_step", "inverse_coherences", "local_dissipation"]


def local_dissipation(
    z: Array, outflow: Array, dephasing: Array, spin_values: Array, raising: float, lowering: float
) -> Array:
    """See `dnplab.kernels.local_dissipation`."""
    xp, n_spins, dimension = namespace(z), spin_values.shape[0], z.shape[0]
    # dephasing[s xor t] = dephasing[1] x (number of spins that differ) = dephasing[1] x (N/2 - 2 sum_i z_i[s] z_i[t])
    differing = 0.5 * n_spins - 2.0 * (transpose(spin_values) @ spin_values)
    decay = 0.5 * (outflow[:, None] + outflow[None, :]) + dephasing[1] * differing
    out = -decay * z
    for site in range(n_spins):
        left, right = 2**site, dimension // 2 ** (site + 1)
        parted = xp.reshape(z, (left, 2, right, left, 2, right))  # up, then down, of this spin in rows and in columns
        result = xp.reshape(out, parted.shape)
        result[:, 0, :, :, 0, :] += raising * parted[:, 1, :, :, 1, :]
        result[:, 1, :, :, 1, :] += lowering * parted[:, 0, :, :, 0, :]
        out = xp.reshape(result, z.shape)
    return out


def dressed_step(z: Array, dissipated: Array, energies: Array, decay: Array) -> Array:
    """See `dnplab.kernels.dressed_step`."""
    gap = energies[:, None] - energies[None, :]
    return inverse_coherences(dissipated - gap * transpose(z), energies, decay)


def inverse_coherences(z: Array, energies: Array, decay: Array) -> Array:
    """See `dnplab.kernels.inverse_coherences`."""
    gap = energies[:, None] - energies[None, :]
    scale = 1.0 / (decay**2 + gap**2)
    out = scale * (gap * transpose(z) - decay * z)
    return set_diagonal(out, namespace(z).linalg.diagonal(z))
