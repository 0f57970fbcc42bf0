r"""Independent driven spins: the closed form of physics section 9 (footnote 6 of the letter).

With delta = omega_i - omega_MW, H = delta S^z + omega_1 S^x and 1/T_2 = 1/(4 T(0)) + 1/(2 T_1), the stationary
Bloch vector m = <S> of one spin is, for M_0 = -tanh(beta omega_e / 2) / 2,

    m_z = M_0 / (1 + T_1 / T_MW),   T_MW = (1 + delta^2 T_2^2) / (T_2 omega_1^2)
    m_y = -omega_1 T_2 m_z / (1 + delta^2 T_2^2),   m_x = -delta T_2 m_y

and U = 0 gives the product of these states, whatever T*.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tests.reference.kronecker import PAULI, Matrix, Problem


def bloch_vectors(p: Problem) -> NDArray[np.float64]:
    """<S^x>, <S^y>, <S^z> of every spin, (N, 3)."""
    t2 = 1 / (1 / (4 * p.t_zero) + 1 / (2 * p.t1))
    vectors = []
    for i, offset in enumerate(p.offsets):
        drive = p.amplitude if p.sites is None or i in p.sites else 0.0
        delta = p.detuning + offset
        width = 1 + (delta * t2) ** 2
        m_z = -np.tanh(p.beta * p.electron / 2) / 2 / (1 + p.t1 * t2 * drive**2 / width)
        m_y = -drive * t2 * m_z / width
        vectors.append([-delta * t2 * m_y, m_y, m_z])
    return np.array(vectors)


def bloch_state(p: Problem) -> Matrix:
    """The product of single-spin states, (D, D)."""
    spins = [
        np.eye(2) / 2 + 2 * sum(m * PAULI[a] for m, a in zip(vector, "xyz", strict=True)) for vector in bloch_vectors(p)
    ]
    return reduce(np.kron, spins).astype(complex)
