"""The front door: the steady state of a spin system under microwaves in contact with a bath."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from dnplab import checks
from dnplab.arrays import namespace_on
from dnplab.bath import Bath
from dnplab.correlations import Correlations, Hierarchy, solve_hierarchy
from dnplab.drive import Drive
from dnplab.errors import ConvergenceError, ParameterError, UndefinedMeasureError
from dnplab.memory import require_memory
from dnplab.models import Generator, RateEquation, build
from dnplab.models.hilbert import Hilbert
from dnplab.models.registry import CORRELATION, require_bath, require_model
from dnplab.models.zeno import Zeno
from dnplab.solvers import (
    Frame,
    Outcome,
    Solution,
    dressed_frame,
    native_frame,
    solve_dense,
    solve_krylov,
    solve_populations,
    tilted_frame,
)
from dnplab.solvers.frame import native_mixing
from dnplab.spins import from_real, sectors, site_values
from dnplab.system import SpinSystem
from dnplab.threads import limited_threads

__all__ = ["METHODS", "SteadyState", "require_method", "require_order", "steady_state"]

FloatArray = NDArray[np.float64]

METHODS = ("auto", "dense", "dressed", "tilted", "product")
RATE_EQUATIONS = ("hilbert", "zeno")
DENSE_MAX_SPINS = 6  # the 4^N matrix takes 128 MiB
AUTO_DENSE_MAX_SPINS = 3
ITERATIONS = 400  # of one frame in float64
SINGLE_ITERATIONS = 160  # in float32: what takes more is better off with the longer cycles of float64
ZENO_MIXING = 0.3  # of product states: below it their basis needs fewer iterations than the dressed one
TILTED_MIXING = 0.5  # of tilted states: below it they need about as many
DEFAULT_ORDER = 3
THREADS_MIN_WORK = 3e6  # multiplications for the supports of the highest weight: fewer are not worth a second thread
THREADS_MIN_SPINS = 9  # below it dense products are too small for a second thread
TILTED_MIN_SPINS = 10  # below it dense products cost no more than what replaces them


@dataclass(frozen=True, eq=False)
class SteadyState:
    """A steady state with the problem it solves and the statistics of the solve.

    Frame-dependent quantities are those of the frame rotating at the microwave frequency.
    """

    system: SpinSystem
    bath: Bath
    drive: Drive
    model: str
    solution: Solution
    real_form: FloatArray | None  # Z (D, D), product basis; None if only populations exist (model hilbert)
    populations: FloatArray | None  # p_n (D,) of the eigenstates of H_S, where rho is diagonal in them (model hilbert)
    correlations: Correlations | None = None  # strings of few spins instead of rho (model correlation)

    @cached_property
    def polarization(self) -> FloatArray:
        """P_i = 2 <S_i^z> (N,)."""
        if self.correlations is not None:
            return self.correlations.polarization
        if self.real_form is None:
            return np.asarray(2.0 * self.system.spectrum.sz_expectations @ self.level_populations)
        return 2.0 * site_values(self.system.n_spins) @ np.diagonal(self.real_form)

    @property
    def truncation_error(self) -> float:
        """Estimated error of the worst P_i that a cut of the correlations makes: 0 for models that make none."""
        return 0.0 if self.correlations is None else self.correlations.truncation

    def density_matrix(self) -> NDArray[np.complex128]:
        """rho (2^N, 2^N) in the product basis."""
        return from_real(self._product_basis())

    def sector_matrix(self, k: int) -> NDArray[np.complex128]:
        """<n|rho|m> for eigenstates n, m of H_S with k spins down."""
        self.require_density_matrix()
        spectrum = self.system.spectrum
        if self.real_form is None:
            return np.diag(self.level_populations[spectrum.sector_slices[k]]).astype(np.complex128)
        states, v = sectors(self.system.n_spins)[k], spectrum.block_vectors[k]
        return from_real(v.T @ self.real_form[np.ix_(states, states)] @ v)

    @cached_property
    def level_populations(self) -> FloatArray:
        """<n|rho|n> (D,) of the eigenstates of H_S."""
        if self.populations is not None:
            return self.populations
        return np.concatenate([np.diagonal(self.sector_matrix(k)).real for k in range(self.system.n_spins + 1)])

    def require_density_matrix(self) -> None:
        """Raise UndefinedMeasureError if this state has correlations of few spins only."""
        if self.correlations is not None:
            raise UndefinedMeasureError(
                f"model=correlation knows strings of up to {self.correlations.order} spins and no density matrix; use its "
                "polarization and pair correlations, or model=nonsecular where 4^N numbers fit."
            )

    def _product_basis(self) -> FloatArray:
        self.require_density_matrix()
        if self.real_form is not None:
            return self.real_form
        v = self.system.spectrum.vectors
        return np.asarray((v * self.level_populations) @ v.T)

    @property
    def converged(self) -> bool:
        """The estimated error met rtol, or the solve ended at the rounding floor (see `outcome`)."""
        return self.solution.outcome.success

    @property
    def outcome(self) -> Outcome:
        """How the solve ended."""
        return self.solution.outcome

    @property
    def residual(self) -> float:
        """||L rho|| T_1 / ||rho||, evaluated on the returned state."""
        return self.solution.residual

    @property
    def error_estimate(self) -> float:
        """Estimated relative error of rho."""
        return self.solution.error_estimate

    @property
    def iterations(self) -> int:
        """Applications of the generator: 0 for a direct solve, unless iterations failed before it."""
        return self.solution.iterations

    @property
    def seconds(self) -> float:
        """Wall time of the solve, set-up of the preconditioner included."""
        return self.solution.seconds


def steady_state(
    system: SpinSystem,
    bath: Bath,
    drive: Drive,
    model: str = "nonsecular",
    rtol: float = 1e-10,
    method: str = "auto",
    device: str = "cpu",
    order: int | None = None,
) -> SteadyState:
    """The steady state L rho = 0, Tr rho = 1 of a model: "nonsecular", "secular", "hilbert", "ule" or "zeno".

    Model "correlation" is "nonsecular" for T(0) = T* with strings of up to `order` spins: no density matrix, but many spins.

    rtol : bound on the estimated relative error of rho. Ending at the rounding floor instead is a named outcome.
    method : "dense" (4^N matrix, N <= 6), "dressed", "tilted" (T(0) = T* only) or "product" (GMRES in that frame), or
        "auto": dense for small N, else the frame that suits the bath, the others if it stalls, at last dense where that
        fits. The Hilbert and Zeno models are rate equations and always dense.
    device : "cpu" or "gpu", where the iterations run; what is solved directly stays on the CPU.
    order : of model "correlation", from 1 to N; None is 3 (or N), and the only choice for the other models.

    Raises ParameterError, DegenerateSpectrumError, MemoryEstimateError, and ConvergenceError rather than return a state
    that is worse than asked for.
    """
    start = time.perf_counter()
    require_model(model, stationary=True)
    rtol = checks.tolerance("rtol", rtol)
    require_method(method, model, system.n_spins, bath)
    drive.driven_sites(system.n_spins)
    xp = namespace_on(device)
    cut = require_order(order, model, system.n_spins)
    if cut is not None:
        require_bath(model, bath, system.electron_ghz)
        require_memory(system.n_spins, model, device=device, order=cut)
        few = math.comb(system.n_spins, cut) * 27**cut < THREADS_MIN_WORK
        with limited_threads(1) if few else nullcontext():
            found = solve_hierarchy(Hierarchy.of(system, bath, drive), cut, rtol, xp)
        value = np.concatenate([part.ravel() for part in found.strings])
        seconds = time.perf_counter() - start
        solution = Solution(value, found.outcome, found.residual, found.error_estimate, found.iterations, seconds, "stars")
        return _checked(SteadyState(system, bath, drive, model, solution, None, None, found), rtol)
    require_memory(system.n_spins, model, method == "dense", device)
    with limited_threads(1) if system.n_spins < THREADS_MIN_SPINS else nullcontext():
        equation = build(model, system, bath, drive)
        if isinstance(equation, RateEquation):
            solution = solve_populations(equation.rates, equation.relaxation_rate, rtol)
        else:
            solution = _solve(equation, system.n_spins, rtol, method, device)
    solution = replace(solution, seconds=time.perf_counter() - start)
    if isinstance(equation, Hilbert):
        return _checked(SteadyState(system, bath, drive, model, solution, None, solution.value), rtol)
    if isinstance(equation, Zeno):
        return _checked(SteadyState(system, bath, drive, model, solution, np.diag(solution.value), None), rtol)
    value = solution.value if equation.basis is None else equation.basis @ solution.value @ equation.basis.T
    return _checked(SteadyState(system, bath, drive, model, solution, value, None), rtol)


def _checked(state: SteadyState, rtol: float) -> SteadyState:
    """The state, or a ConvergenceError if it is worse than asked for."""
    if state.converged:
        return state
    raise ConvergenceError(
        f"The {state.model} steady state of {state.system.n_spins} spins ended as '{state.outcome}' after "
        f"{state.iterations} iterations (method {state.solution.method}): estimated error "
        f"{state.error_estimate:.1e} for rtol = {rtol:.1e}, residual {state.residual:.1e}; "
        f"use {'another order' if state.correlations else 'method=auto'}, or a larger rtol."
    )


def require_order(order: object, model: str, n_spins: int) -> int | None:
    """The order at which correlations are cut, None for models that keep all; ParameterError if it cannot be."""
    if model != CORRELATION:
        if order is not None:
            raise ParameterError("order", order, f"null for model={model}, which keeps all correlations")
        return None
    if order is None:
        return min(DEFAULT_ORDER, n_spins)
    if isinstance(order, bool) or not isinstance(order, Integral) or not 1 <= int(order) <= n_spins:
        raise ParameterError("order", order, f"an integer from 1 to {n_spins}, the number of spins")
    return int(order)


def require_method(method: object, model: str, n_spins: int, bath: Bath) -> str:
    """The name of a method that can solve this problem, or a ParameterError that lists those that can."""
    possible = ["auto"]
    if model in RATE_EQUATIONS or (model != CORRELATION and n_spins <= DENSE_MAX_SPINS):
        possible.append("dense")
    if model not in (*RATE_EQUATIONS, CORRELATION):
        possible.append("dressed")
    if model == "nonsecular":
        possible += ["tilted", "product"] if bath.uniform_dephasing else ["product"]
    if not isinstance(method, str) or method not in possible:
        times = "T(0) = T*" if bath.uniform_dephasing else "T(0) different from T*"
        raise ParameterError(
            "method", method, f"one of {', '.join(possible)} for model={model}, {n_spins} spins and {times}"
        )
    return method


def _solve(equation: Generator, n_spins: int, rtol: float, method: str, device: str) -> Solution:
    if method == "dense" or (method == "auto" and n_spins <= AUTO_DENSE_MAX_SPINS):
        return solve_dense(equation, rtol)
    there = equation if device == "cpu" else equation.placed(namespace_on(device), "float64")
    spent = 0
    best: Solution | None = None
    for frame in _frames(there, n_spins, method):
        limit = SINGLE_ITERATIONS if frame.dtype == "float32" else ITERATIONS
        first = best.value if best is not None and best.error_estimate < 1.0 else None
        solution = solve_krylov(there, frame, rtol, max_iterations=limit, first=first)
        spent += solution.iterations
        if best is None or not best.error_estimate <= solution.error_estimate or solution.outcome.success:
            best = solution
        if solution.outcome.success:
            break
    assert best is not None  # there is always a frame to try
    if method == "auto" and not best.outcome.success and n_spins <= DENSE_MAX_SPINS:
        best = solve_dense(equation, rtol)
    return replace(best, iterations=spent)


def _frames(equation: Generator, n_spins: int, method: str) -> Iterator[Frame]:
    """The frames to try one after the other, the most promising first, each made when it is needed."""
    single, double = "float32", "float64"
    if method == "tilted":
        yield tilted_frame(equation, single)
        yield tilted_frame(equation, double)
        return
    if method == "product" or (method == "auto" and equation.basis is None and native_mixing(equation) < ZENO_MIXING):
        yield native_frame(equation, single)
        yield native_frame(equation, double)
        if method == "auto":
            yield dressed_frame(equation, double)
        return
    if method == "auto" and equation.site_jumps is not None and n_spins >= TILTED_MIN_SPINS:
        tilted = tilted_frame(equation, single)
        if tilted.leftover < TILTED_MIXING:
            yield tilted
        del tilted
    yield dressed_frame(equation, single)
    yield dressed_frame(equation, double)
    if method == "auto":
        yield native_frame(equation, double)
