r"""The Hilbert approximation: rate equations for the populations of the eigenstates of H_S, (S50) to (S53).

    dp_n/dt = sum_m (W^B_{m->n} + W^MW_nm) p_m - (W^B_{n->m} + W^MW_nm) p_n,        rho = sum_n p_n |n><n|
    W^MW_nm = 2 omega_1^2 T_nm / (1 + (T_nm Delta omega_nm)^2) |<n|S^x|m>|^2

The limit of the secular equation for a weak drive. Its 1/T_nm treat degenerate gaps as non-degenerate, so it does not
become Bloch's equation for U -> 0, N > 1. Undriven, the fixed point is exp(-beta H_S)/Tr, exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.rotating_frame import detuning, drive_elements
from dnplab.system import SpinSystem
from dnplab.transitions import Decoherence, bath_gain

__all__ = ["Hilbert", "hilbert_rates"]

FloatArray = NDArray[np.float64]


class Hilbert:
    """rates (D, D): dp/dt = rates @ p in the eigenbasis of H_S, 1/µs; columns sum to zero."""

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        spectrum = system.spectrum
        spectrum.require_nondegenerate("model=hilbert")
        self.relaxation_rate = 1.0 / bath.t1_us
        gain = bath_gain(spectrum, bath, system.electron_ghz)
        self.rates = hilbert_rates(system, drive, gain, Decoherence.of(spectrum, bath, gain))

    @property
    def dimension(self) -> int:
        """D = 2^N."""
        return len(self.rates)


def hilbert_rates(system: SpinSystem, drive: Drive, gain: FloatArray, decoherence: Decoherence) -> FloatArray:
    """(D, D) of dp/dt = rates @ p: W^B as `gain`, and the W^MW that it and 1/T_nm allow; columns sum to zero."""
    spectrum, rates = system.spectrum, gain.copy()
    frame_energies = spectrum.energies + detuning(system, drive) * spectrum.sz
    for k, up, down in spectrum.adjacent():
        inverse_t = decoherence.rates(up, down)
        gap = frame_energies[up, None] - frame_energies[None, down]
        pumping = 2.0 * drive_elements(spectrum, drive, k) ** 2 * inverse_t / (inverse_t**2 + gap**2)
        rates[up, down] += pumping
        rates[down, up] += pumping.T
    np.fill_diagonal(rates, -rates.sum(axis=0))
    return rates
