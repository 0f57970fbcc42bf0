r"""The Zeno limit: a classical jump process on product states, for dephasing faster than couplings and drive.

The nonsecular equation with every coherence between product states a and b eliminated in second order of H_ab,

    dp_a/dt = sum_b W_{b->a} p_b - W_{a->b} p_a,     W = 2 H_ab^2 T_ab / (1 + (E_a - E_b)^2 T_ab^2) + flips,

    flips            h(omega_e)/T_1 down, h(-omega_e)/T_1 up      spin i
    microwaves       H_ab = omega_1 / 2,   1/T_ab = 1/T_2  = 1/(4 T(0)) + 1/(2 T_1)        driven spin i
    flip-flop        H_ab = U_ij,          1/T_ab = 1/T_ff = 1/(2 T(0)) + 1/T_1            spins i and j trade places

E_a are the product states' energies in the rotating frame: a gap is Delta_i - Delta_j, or Delta_i + omega_e - omega_MW, and
with the Ising term it depends on the other spins. rho = sum_a p_a |a><a|: its eigenvectors are product states, degenerate
where spins are alike. Without the Ising term one-spin averages close on themselves: `dnplab.observables.zeno_profile`.

The model is not in the letter. It needs U_ij T_ff and (for N > 1) omega_1 T_2 small, or gaps that are large; for U = 0 it is
Bloch's steady state, exactly. T(0) is the dephasing of a product state that is nearly an eigenstate of H_S, so T* does not
enter. At 12 K of Table I, N = 6, it is nearer to the nonsecular state (rms 0.04 |P_0|) than the Hilbert model (0.10); at
1.2 K, where T(0) is long and eigenstates are spread over product states, it fails (0.13 against 0.03; with T* for T(0),
0.44).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.rotating_frame import detuning
from dnplab.spins import flip_flop_pairs, flip_targets, site_values
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["Zeno", "decoherence", "second_order_rate"]

FloatArray = NDArray[np.float64]


def decoherence(bath: Bath) -> tuple[float, float]:
    """(1/T_2, 1/T_ff) in 1/µs: decay of a coherence in which one spin, or two spins, differ."""
    one = 0.25 / bath.t_zero_us + 0.5 / bath.t1_us
    return one, 2.0 * one


def second_order_rate(element: FloatArray | float, gap: FloatArray, decay: float) -> FloatArray:
    """2 |H_ab|^2 T / (1 + gap^2 T^2) in 1/µs for a matrix element and gaps in rad/µs and a decay 1/T in 1/µs."""
    return np.asarray(2.0 * np.square(element) * decay / (decay**2 + np.square(gap)))


class Zeno:
    """rates (D, D): dp/dt = rates @ p on product states, 1/µs; columns sum to zero."""

    def __init__(self, system: SpinSystem, bath: Bath, drive: Drive) -> None:
        n = system.n_spins
        self.relaxation_rate = 1.0 / bath.t1_us
        lower, upper = bath.flip_rates(system.electron_ghz)
        one, two = decoherence(bath)
        energies = system.sparse_hamiltonian.diagonal() + detuning(system, drive) * site_values(n).sum(axis=0)
        couplings = RAD_US_PER_MHZ * np.asarray(system.couplings_mhz)
        driven = drive.driven_sites(n)
        rates = np.zeros((system.dimension, system.dimension))
        for i in range(n):
            up, down = flip_targets(n, i)
            element = 0.5 * RAD_US_PER_MHZ * drive.amplitude_mhz if i in driven else 0.0
            pumping = second_order_rate(element, energies[up] - energies[down], one)
            rates[down, up] = lower + pumping
            rates[up, down] = upper + pumping
            for j in range(i + 1, n):
                a, b = flip_flop_pairs(n, i, j)
                exchange = second_order_rate(couplings[i, j], energies[a] - energies[b], two)
                rates[a, b] = exchange
                rates[b, a] = exchange
        np.fill_diagonal(rates, -rates.sum(axis=0))
        self.rates = rates

    @property
    def dimension(self) -> int:
        """D = 2^N."""
        return len(self.rates)
