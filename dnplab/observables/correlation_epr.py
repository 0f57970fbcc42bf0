r"""The EPR spectrum of correlations of few spins, at a stated resolution: no eigenstates of H_S are needed.

With ad O = [H_S - omega_e S^z, O] the spectrum of `dnplab.observables.epr` is

    f(omega) = 1/N Re [ A(omega) - (i/pi) P int A(nu) / (omega - nu) dnu ],
    A(omega) = sum_i Tr( [S_i^-, rho] delta(omega - ad) S_i^+ )

S_i^+ grows into strings of more spins, of which those of up to k spins are kept, as in rho. On Pauli strings i ad is real
and antisymmetric, so that Chebyshev polynomials of ad are a real recursion. Their moments, damped by Jackson's kernel, give
A with Gaussian lines of standard deviation `resolution`, and both integrals over a bin in closed form: with x = cos(theta)

    int T_n(x) / (pi sqrt(1 - x^2)) dx = -sin(n theta) / (pi n)
    P int T_n(y) / ((x - y) pi sqrt(1 - y^2)) dy = -U_{n-1}(x)

The sum rule holds as it does there: all bins together, wide enough, have the mean polarization.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import eigsh

from dnplab import checks
from dnplab.correlations import Correlations
from dnplab.correlations.strings import AXES, pair_entries, spin_pairs
from dnplab.correlations.supports import Supports
from dnplab.errors import ParameterError
from dnplab.memory import require_bytes
from dnplab.stationary import SteadyState
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["correlation_epr_spectrum"]

FloatArray = NDArray[np.float64]
X, Y, Z = range(AXES)
MARGIN, LINES = 1.1, 5.0  # from the largest frequency of ad to the end of the band, and in widths of a line
MOST_MOMENTS = 100_000
CHUNK = 1 << 22  # elements of an (edges, moments) table
_VECTORS, _ENTRIES = 4.5, 400.0  # vectors (strings, N) alive at once; bytes of the generator in the making, a string


def correlation_epr_spectrum(state: SteadyState, edges_mhz: ArrayLike, resolution_mhz: float) -> FloatArray:
    """f (len(edges) - 1,) per MHz, averaged over the bins between ascending edges (MHz from electron_ghz).

    state : of model "correlation"
    resolution_mhz : standard deviation of the line that every transition becomes, in the middle of the band of ad; it is
        less towards the ends

    Raises ParameterError.
    """
    correlations = state.correlations
    if correlations is None:
        raise ParameterError("model", state.model, "correlation for a spectrum by moments; the others have epr_spectrum")
    edges = checks.finite_array("edges_mhz", edges_mhz, (None,))
    if len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ParameterError("edges_mhz", edges_mhz, "at least two edges in ascending order")
    resolution = RAD_US_PER_MHZ * checks.positive("resolution_mhz", resolution_mhz)
    strings, spins = sum(part.size for part in correlations.strings), state.system.n_spins
    require_bytes("A spectrum by moments", strings * (_VECTORS * 16.0 * spins + _ENTRIES))
    generator = _precession(state.system, correlations.order)
    scale = MARGIN * _largest_frequency(generator) + LINES * resolution
    moments = _moments(generator, correlations, scale, math.ceil(math.pi * scale / resolution))
    parts = np.array_split(RAD_US_PER_MHZ * edges / scale, max(1, len(edges) * len(moments) // CHUNK))
    integral = np.diff(np.concatenate([_primitive(x, moments) for x in parts])).real
    return np.asarray(integral / (state.system.n_spins * np.diff(edges)))


def _precession(system: SpinSystem, order: int) -> sparse.csr_array[Any]:
    """G (strings, strings) of i ad on operators sum_s o_s P_s: do/dt = G o, real and antisymmetric; rad/µs."""
    n = system.n_spins
    couplings = RAD_US_PER_MHZ * np.asarray(system.couplings_mhz)
    offsets = RAD_US_PER_MHZ * np.asarray(system.offsets_mhz)
    starts = np.cumsum([0, *(Supports(n, w).count * AXES**w for w in range(1, order + 1))])
    rows, columns, values = [], [], []
    for w in range(1, order + 1):
        supports, start = Supports(n, w), starts[w - 1]
        digits = np.indices((AXES,) * w).reshape(w, -1)
        first = start + AXES**w * np.arange(supports.count)[:, None]
        for place in range(w):  # sigma^x turns into -sigma^y at the offset of the spin
            strings = np.flatnonzero(digits[place] == X)
            rows.append((first + strings + AXES ** (w - 1 - place)).ravel())
            columns.append((first + strings).ravel())
            values.append(-np.repeat(offsets[supports.members[:, place]], len(strings)))
        if w > 1:
            pair, row, face, column, coefficient = pair_entries(w, system.ising)
            members = supports.members[:, np.array(spin_pairs(w))]
            strengths = couplings[members[:, :, 0], members[:, :, 1]]
            lower = starts[w - 2] + AXES ** (w - 1) * supports.faces
            rows.append((first + row).ravel())
            columns.append((lower[:, face] + column).ravel())
            values.append(-(strengths[:, pair] * coefficient).ravel())
    size = int(starts[-1])
    half = sparse.csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(size, size))
    half.eliminate_zeros()
    return sparse.csr_array(half - half.T)


def _largest_frequency(generator: sparse.csr_array[Any]) -> float:
    if generator.nnz == 0:
        return 1.0
    if generator.shape[0] <= 3:
        return float(np.linalg.norm(generator.toarray(), 2))
    start = np.random.default_rng(0).standard_normal(generator.shape[0])
    square = eigsh(-(generator @ generator), k=1, which="LA", tol=1e-3, return_eigenvectors=False, v0=start)
    return math.sqrt(max(float(square[0]), 0.0)) or 1.0


def _moments(
    generator: sparse.csr_array[Any], correlations: Correlations, scale: float, count: int
) -> NDArray[np.complex128]:
    """mu_n = sum_i Tr([S_i^-, rho] T_n(ad / scale) S_i^+), damped by Jackson's kernel."""
    if count > MOST_MOMENTS:
        raise ParameterError("resolution_mhz", f"{count} moments", f"coarser: at most {MOST_MOMENTS} moments")
    n, size = len(correlations.strings[0]), generator.shape[0]
    bra = _pulsed(correlations)
    # columns: real and imaginary part of w_n = i^n T_n S_i^+, which obey w_{n+1} = 2 (G / scale) w_n + w_{n-1}
    start = np.zeros((size, n, 2))
    spins = np.arange(n)
    start[AXES * spins + X, spins, 0] = start[AXES * spins + Y, spins, 1] = 0.5
    now = start.reshape(size, 2 * n)
    before = np.zeros_like(now)
    moments = np.empty(count, dtype=np.complex128)
    for m in range(count):
        moments[m] = (-1j) ** (m % 4) * _overlap(bra, now.reshape(size, n, 2))
        step = np.asarray(generator @ now) / scale
        now, before = (2.0 * step + before if m else step), now
    angle, k = math.pi / (count + 1), np.arange(count)
    jackson = ((count - k + 1) * np.cos(k * angle) + np.sin(k * angle) / math.tan(angle)) / (count + 1)
    return np.asarray(moments * jackson)


def _overlap(bra: sparse.coo_array[Any], parts: FloatArray) -> complex:
    chosen = parts[bra.row, bra.col]
    return complex(bra.data @ (chosen[:, 0] + 1j * chosen[:, 1]))


def _pulsed(correlations: Correlations) -> sparse.coo_array[Any]:
    """Tr([S_i^-, rho] P_s) (strings, N): [x, S^-] = z, [y, S^-] = -i z, [z, S^-] = i y - x at the place of spin i."""
    n = len(correlations.strings[0])
    rows, columns, values, start = [], [], [], 0
    for w, strings in enumerate(correlations.strings, start=1):
        members = Supports(n, w).members
        digits = np.indices((AXES,) * w).reshape(w, -1)
        for place in range(w):
            step = AXES ** (w - 1 - place)
            base = np.flatnonzero(digits[place] == X)  # the same string with x, y, z there: base, base + step, base + 2 step
            x, y, z = (strings[:, base + axis * step] for axis in (X, Y, Z))
            for axis, value in ((X, z + 0j), (Y, -1j * z), (Z, 1j * y - x)):
                rows.append((start + AXES**w * np.arange(len(members))[:, None] + base + axis * step).ravel())
                columns.append(np.repeat(members[:, place], len(base)))
                values.append(value.ravel())
        start += strings.size
    shape = (start, n)
    return sparse.coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def _primitive(x: FloatArray, moments: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Of A - (i/pi) P int A / (x - y) at x, without a constant and what the real mu_0 adds to the imaginary part."""
    inside = np.clip(x, -1.0, 1.0)
    theta, k = np.arccos(inside), np.arange(1, len(moments))
    scaled = 2.0 * moments[1:] / k
    waves = np.outer(theta, k)
    # outside the band T_n goes over into the n-th power of |x| - sqrt(x^2 - 1), with the sign of cos(n theta)
    beyond = np.maximum(np.abs(x), 1.0)
    decay = (beyond - np.sqrt(beyond**2 - 1.0))[:, None] ** k
    absorbed = moments[0] * (1.0 - theta / math.pi) - np.sin(waves) @ scaled / math.pi
    return np.asarray(absorbed + 1j / math.pi * ((decay * np.cos(waves)) @ scaled))
