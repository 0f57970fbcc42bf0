r"""Build-up in time: rho(t) = exp(L t) rho(0) under the drive, in the frame that rotates with the microwaves.

    d rho/dt = L rho,      P_i(t) = 2 Tr S_i^z rho(t),      E(t) = Tr (H_S - omega_e S^z) rho(t)

for every model: L acts on the real form Z (D, D) of rho, or on 2^N populations (models "hilbert" and "zeno"). L does not
depend on time in this frame, so that the exponential is taken directly (`dnplab.solvers.exponential`, which says why), with
no time grid but that of the output. A trace of one and eigenvalues >= 0 are not imposed: how well they hold is a check.

From the thermal state exp(-beta omega_e S^z) / Tr unless another is given: diagonal in every basis, and the undriven fixed
point of nonsecular and zeno; exp(-beta H_S) / Tr differs from it by beta U and beta Delta, some 1e-5.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.memory import require_memory
from dnplab.models import Generator, RateEquation, build
from dnplab.models.hilbert import Hilbert
from dnplab.models.registry import require_model
from dnplab.solvers.exponential import VECTORS, propagate
from dnplab.spins import from_real, site_values, to_real
from dnplab.system import SpinSystem
from dnplab.threads import limited_threads
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["Evolution", "evolve", "thermal_state"]

FloatArray = NDArray[np.float64]
ONE_THREAD_SPINS = 8  # beyond it products are large enough for a second thread
STATE_TOLERANCE = 1e-9  # by which a given initial state may fail to be one


@dataclass(frozen=True, eq=False)
class Evolution:
    """rho(t) as seen at the output times.

    times_us : (T,)
    polarization : (T, N) P_i
    energy_mhz : (T,) Tr (H_S - omega_e S^z) rho / 2 pi
    trace_error : (T,) |Tr rho - 1|
    error_bound : (T,) bound on the Frobenius norm of the error of rho, but for a factor of at most sqrt D
    real_forms : (T, D, D) if states were to be kept, else (1, D, D): Z at the last time, product basis
    applications : of the generator
    seconds : wall time
    """

    system: SpinSystem
    bath: Bath
    drive: Drive
    model: str
    times_us: FloatArray
    polarization: FloatArray
    energy_mhz: FloatArray
    trace_error: FloatArray
    error_bound: FloatArray
    real_forms: FloatArray
    applications: int
    seconds: float

    @property
    def sz(self) -> FloatArray:
        """(T,) <S^z>."""
        return np.asarray(0.5 * self.polarization.sum(axis=1))

    def density_matrix(self, index: int = -1) -> NDArray[np.complex128]:
        """rho (2^N, 2^N) in the product basis: at the last time, or at any if states were kept."""
        count = len(self.times_us)
        if index not in range(-count, count):
            raise ParameterError("index", index, f"from {-count} to {count - 1}")
        if index % count != count - 1 and len(self.real_forms) < count:
            raise ParameterError("index", index, "-1 unless evolve was called with keep_states=True")
        return from_real(self.real_forms[index % count - count])

    def least_eigenvalues(self) -> FloatArray:
        """The smallest eigenvalue of rho at every time whose state is known: (T,) or (1,)."""
        return np.array([np.linalg.eigvalsh(from_real(z))[0] for z in self.real_forms])


def evolve(
    system: SpinSystem,
    bath: Bath,
    drive: Drive,
    model: str,
    times_us: ArrayLike,
    initial: NDArray[np.complex128] | None = None,
    rtol: float = 1e-8,
    keep_states: bool = False,
) -> Evolution:
    """The state at ascending times >= 0 (µs) after the drive was switched on: model as in `steady_state`.

    initial : density matrix (2^N, 2^N), product basis; None is `thermal_state`. "hilbert" and "zeno" know populations only:
        it must then be diagonal in the eigenstates of H_S, or in product states
    rtol : bound on the truncation error of rho at the last time, relative to rho (`Evolution.error_bound` adds rounding)

    Raises ParameterError, DegenerateSpectrumError, MemoryEstimateError, ConvergenceError.
    """
    start = time.perf_counter()
    require_model(model)
    rtol = checks.tolerance("rtol", rtol)
    times = _ascending(times_us)
    drive.driven_sites(system.n_spins)
    require_memory(system.n_spins, model, vectors=_vectors(model, system.n_spins, len(times) if keep_states else 1))
    first = thermal_state(system, bath) if initial is None else _state(initial, system.dimension)
    with limited_threads(1) if system.n_spins <= ONE_THREAD_SPINS else nullcontext():
        equation = build(model, system, bath, drive)
        flow = (
            _of_populations(equation, system, first)
            if isinstance(equation, RateEquation)
            else _of_matrix(equation, system, first)
        )
        path = propagate(flow.apply, flow.initial, times, flow.functionals, rtol, keep_states)
    n = system.n_spins
    forms = np.array([flow.to_product(x) for x in path.states])
    return Evolution(
        system, bath, drive, model, times,
        polarization=path.values[:, :n],
        energy_mhz=path.values[:, n] / RAD_US_PER_MHZ,
        trace_error=np.abs(path.values[:, n + 1] - 1.0),
        error_bound=path.error_bound,
        real_forms=forms,
        applications=path.applications,
        seconds=time.perf_counter() - start,
    )  # fmt: skip


def thermal_state(system: SpinSystem, bath: Bath) -> NDArray[np.complex128]:
    """exp(-beta omega_e S^z) / Tr (D, D): independent spins, each with the thermal polarization P_0."""
    exponent = -bath.beta * RAD_US_PER_GHZ * system.electron_ghz * site_values(system.n_spins).sum(axis=0)
    weights = np.exp(exponent - exponent.max())
    return np.diag(weights / weights.sum()).astype(np.complex128)


@dataclass(frozen=True, eq=False)
class _Flow:
    """An equation on flat real vectors, with the functionals 2 S_i^z, H_S - omega_e S^z and the trace: (N + 2, size)."""

    apply: Callable[[FloatArray], FloatArray]
    initial: FloatArray
    functionals: FloatArray
    to_product: Callable[[FloatArray], FloatArray]


def _of_matrix(equation: Generator, system: SpinSystem, rho: NDArray[np.complex128]) -> _Flow:
    d, v, z = system.dimension, equation.basis, to_real(rho)
    operators = [np.diag(2.0 * values) for values in site_values(system.n_spins)]
    operators += [system.sparse_hamiltonian.toarray(), np.eye(d)]
    if v is not None:
        operators, z = [v.T @ operator @ v for operator in operators], v.T @ z @ v

    def product(x: FloatArray) -> FloatArray:
        form = x.reshape(d, d)
        return form if v is None else np.asarray(v @ form @ v.T)

    def apply(x: FloatArray) -> FloatArray:
        return np.asarray(equation.apply(x.reshape(d, d))).ravel()

    # Tr F rho = sum_ab F_ab Z_ab for a real symmetric F
    return _Flow(apply, z.ravel(), np.array([operator.ravel() for operator in operators]), product)


def _of_populations(equation: RateEquation, system: SpinSystem, rho: NDArray[np.complex128]) -> _Flow:
    levels = isinstance(equation, Hilbert)
    v = system.spectrum.vectors if levels else np.eye(system.dimension)
    seen = v.T @ rho @ v
    p = np.diagonal(seen).real.copy()
    if np.abs(seen - np.diag(p)).max() > STATE_TOLERANCE:
        where = "the eigenstates of H_S for model=hilbert" if levels else "product states for model=zeno"
        raise ParameterError("initial", "a state with coherences", f"diagonal in {where}")
    polarizations = 2.0 * (system.spectrum.sz_expectations if levels else site_values(system.n_spins))
    energies = system.spectrum.energies if levels else system.sparse_hamiltonian.diagonal()
    return _Flow(
        lambda x: np.asarray(equation.rates @ x),
        p,
        np.vstack([polarizations, energies, np.ones(len(p))]),
        lambda x: np.asarray((v * x) @ v.T),
    )


def _vectors(model: str, n_spins: int, kept: int) -> float:
    # what an evolution holds in real forms (D, D) beside the equation itself; populations are small
    return 2.0 * kept if model in ("hilbert", "zeno") else VECTORS + 2.0 * (n_spins + 2) + 2.0 * kept


def _ascending(times_us: ArrayLike) -> FloatArray:
    times = checks.finite_array("times_us", times_us, (None,))
    if len(times) == 0 or times[0] < 0.0 or (np.diff(times) <= 0.0).any():
        raise ParameterError("times_us", times_us, "at least one time >= 0, in ascending order")
    return times


def _state(rho: NDArray[np.complex128], dimension: int) -> NDArray[np.complex128]:
    allowed = f"a density matrix of shape ({dimension}, {dimension}): Hermitian, of trace 1, without negative eigenvalues"
    try:
        given = np.asarray(rho)
    except ValueError:
        raise ParameterError("initial", "ragged", allowed) from None
    if given.shape != (dimension, dimension) or given.dtype.kind not in "iufc" or not np.isfinite(given).all():
        raise ParameterError("initial", f"an array of shape {given.shape}", allowed)
    matrix = given.astype(np.complex128)
    for amount, what in (
        (np.abs(matrix - matrix.conj().T).max(), "not Hermitian"),
        (abs(np.trace(matrix) - 1.0), f"of trace {np.trace(matrix):.6g}"),
        (-np.linalg.eigvalsh(matrix)[0], "of negative eigenvalues"),
    ):
        if amount > STATE_TOLERANCE:
            raise ParameterError("initial", what, allowed)
    return matrix
