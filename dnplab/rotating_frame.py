"""The Hamiltonian in the frame rotating at the microwave frequency, H_S - omega_MW S^z + omega_1 S^x (rad/µs)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.drive import Drive
from dnplab.spectrum import Spectrum
from dnplab.spins import flip_targets, site_values
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["detuning", "drive_elements", "eigenbasis_hamiltonian", "rotating_hamiltonian"]

FloatArray = NDArray[np.float64]


def detuning(system: SpinSystem, drive: Drive) -> float:
    """omega_e - omega_MW in rad/µs."""
    return RAD_US_PER_GHZ * (system.electron_ghz - drive.frequency_ghz)


def rotating_hamiltonian(system: SpinSystem, drive: Drive) -> FloatArray:
    """(D, D) real symmetric, product basis, rad/µs; S^x is that of the driven sites."""
    h = system.sparse_hamiltonian.toarray()
    h[np.diag_indices_from(h)] += detuning(system, drive) * site_values(system.n_spins).sum(axis=0)
    for site in drive.driven_sites(system.n_spins):
        up, down = flip_targets(system.n_spins, site)
        h[up, down] += 0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz
        h[down, up] += 0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz
    return h


def eigenbasis_hamiltonian(system: SpinSystem, drive: Drive) -> FloatArray:
    """The same matrix in the eigenbasis of H_S: diagonal but for the drive between adjacent sectors."""
    spectrum = system.spectrum
    h = np.diag(spectrum.energies + detuning(system, drive) * spectrum.sz)
    for k, up, down in spectrum.adjacent():
        h[up, down] = drive_elements(spectrum, drive, k)
        h[down, up] = h[up, down].T
    return h


def drive_elements(spectrum: Spectrum, drive: Drive, k: int) -> FloatArray:
    """<n|omega_1 S^x|m> for n in sector k and m in sector k + 1, in rad/µs, S^x of the driven sites."""
    sites = drive.driven_sites(spectrum.n_spins)
    raising = sum((spectrum.raising_block(i, k) for i in sites), start=np.zeros((1, 1)))
    return np.asarray(0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz * raising)
