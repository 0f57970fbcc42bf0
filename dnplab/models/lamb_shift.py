r"""The Lamb shift of the universal Lindblad equation, (S32) of the letter with its sign corrected.

    H_LS = sum_{i mu} sum_{omega, omega'} f(omega, omega') S_i^mu(omega) S_i^mu(omega'),      H_S -> H_S + H_LS
    f(p, q) = -P int dOmega/2pi sqrt(gamma(Omega - p) gamma(Omega + q)) / Omega

(S30) and (S32) are printed without the minus; only with it is the secular part f(-omega, omega) the usual
S(omega) = P int dOmega/2pi gamma(Omega) / (omega - Omega). With S(-omega) the adjoint of S(omega) the sums factorize,

    H_LS = -P int dOmega/(2pi Omega) sum_{i mu} K_{i mu}(Omega) K_{i mu}(Omega)^+
    <m|K(Omega)|n> = sqrt(gamma(Omega - omega_nm)) <m|S|n>,      omega_nm = epsilon_n - epsilon_m, lab frame, rad/µs

which is Hermitian term by term. The sum of x and y is half that of S^- and S^+, so H_LS commutes with S^z. For gaps near
+-omega_e it is const + c S^z, c = (f(-omega_e, omega_e) - f(omega_e, -omega_e)) / 2: the printed (S33) takes the two f as
equal, but the symmetry is f(p, q) = f(-q, -p) only. c moves omega_e, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad_vec

from dnplab.errors import ParameterError
from dnplab.spectrum import Spectrum

__all__ = ["lamb_shift_hamiltonian", "lamb_shift_kernel"]

FloatArray = NDArray[np.float64]
SpectralFunction = Callable[[FloatArray], FloatArray]
ACCURACY = 1e-8  # of the largest element: what is asked of the quadrature
TRUSTED = 1e-5  # and what it must reach
FAR = 1e12  # omega_e: where nothing may be left of the integrand
PIECES = 2000


def lamb_shift_hamiltonian(spectrum: Spectrum, gamma: SpectralFunction, omega_e: float) -> FloatArray:
    """H_LS (D, D) without its trace in the eigenbasis of H_S, rad/µs: block diagonal in the S^z sectors."""
    slices = spectrum.sector_slices
    ends = np.cumsum([0] + [(s.stop - s.start) ** 2 for s in slices])
    raising = [[spectrum.raising_block(i, k) for i in range(spectrum.n_spins)] for k, _, _ in spectrum.adjacent()]
    z = [[spectrum.sz_block(i, k) for i in range(spectrum.n_spins)] for k in range(len(slices))]

    def squares(omega: float) -> FloatArray:
        # the blocks of sum_{i mu} K K^+, one after the other
        e, blocks = spectrum.block_energies, [np.zeros((s.stop - s.start,) * 2) for s in slices]
        for k, _, _ in spectrum.adjacent():
            gap = omega_e + e[k][:, None] - e[k + 1][None, :]
            lower, upper = np.sqrt(0.5 * gamma(omega - gap)), np.sqrt(0.5 * gamma(omega + gap))
            for s in raising[k]:
                blocks[k + 1] += (lower * s).T @ (lower * s)
                blocks[k] += (upper * s) @ (upper * s).T
        for k, block in enumerate(blocks):
            root = np.sqrt(gamma(omega - (e[k][None, :] - e[k][:, None])))
            for s in z[k]:
                block += (root * s) @ (root * s).T
        return np.concatenate([block.ravel() for block in blocks])

    values = _principal_value(squares, gamma, omega_e)
    out = np.zeros((len(spectrum.sz),) * 2)
    for k, s in enumerate(slices):
        block = values[ends[k] : ends[k + 1]].reshape(s.stop - s.start, -1)
        out[s, s] = 0.5 * (block + block.T)  # equal but for rounding
    out[np.diag_indices_from(out)] -= np.trace(out) / len(out)
    return out


def lamb_shift_kernel(gamma: SpectralFunction, p: float, q: float, omega_e: float) -> float:
    """f(p, q) in rad/µs; omega_e, the scale of the problem, tells where gamma may vary fast."""

    def square(omega: float) -> FloatArray:
        return np.sqrt(gamma(np.array([omega - p]))) * np.sqrt(gamma(np.array([omega + q])))

    return float(_principal_value(square, gamma, omega_e)[0])


def _principal_value(square: Callable[[float], FloatArray], gamma: SpectralFunction, omega_e: float) -> FloatArray:
    """-P int dOmega/(2pi Omega) square(Omega), Omega and -Omega taken together."""

    def pair(x: float) -> FloatArray:
        return np.asarray((square(omega_e * x) - square(-omega_e * x)) / (2.0 * math.pi * x))

    near = [0.1**k for k in range(1, 8)]  # structure of gamma at 0 is seen at Omega = 0 and at omega_e
    points = [*near, *(1.0 - d for d in near), 1.0, *(1.0 + d for d in near), 2.0]
    floor = 1e-12 * float(np.abs(square(omega_e) + square(-omega_e)).max())  # for a part that is zero by symmetry
    with np.errstate(over="ignore", invalid="ignore"):  # of a gamma that grows without end, which is refused
        value, error = quad_vec(pair, 0.0, np.inf, epsabs=floor, epsrel=ACCURACY, norm="max", limit=PIECES, points=points)
        far = float(np.abs(square(FAR * omega_e) - square(-FAR * omega_e)).max())
    if not max(error, far) <= max(TRUSTED * float(np.abs(value).max()), 10.0 * floor):
        raise ParameterError("spectral_function", gamma, "one whose Lamb shift converges: gamma must decay with |omega|")
    return np.asarray(-value)
