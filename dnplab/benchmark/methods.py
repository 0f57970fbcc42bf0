"""The methods by name: what each does before the clock starts, what it does on the clock, and what it answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnplab.benchmark.bicgstab import plain_bicgstab
from dnplab.benchmark.job import Ending, Job
from dnplab.benchmark.with_qutip import Direct, Iterative, Solver, liouvillian
from dnplab.errors import ParameterError
from dnplab.models import Generator, build
from dnplab.solvers import Solution, dressed_frame, solve_krylov
from dnplab.stationary import steady_state
from dnplab.system import SpinSystem

__all__ = ["METHODS", "Answer", "Method", "generator_of", "require_method", "warm_up"]

FloatArray = NDArray[np.float64]

TINY_SPINS = 3


@dataclass(frozen=True, eq=False)
class Answer:
    """A state and its statistics; see `Measurement`."""

    real_form: FloatArray  # (D, D), product basis
    outcome: str
    applications: int | None = None
    error_estimate: float = nan
    frame: str = ""
    precision: str = ""

    @property
    def products(self) -> float:
        """Dense products of one application, (D, D) by (D, D): into the frame and back; 0 where there is none."""
        dimension = len(self.real_form)
        n_spins = dimension.bit_length() - 1
        if self.frame == "dressed":
            return 4.0
        if self.frame == "tilted":  # blocks, and the rotation of each half of the spins
            halves = 2 ** (n_spins // 2) + 2 ** (n_spins - n_spins // 2)
            return 4.0 * float(comb(2 * n_spins, n_spins) / dimension + halves) / dimension
        return 0.0


@dataclass(frozen=True)
class Method:
    """A way to a steady state: `solve` takes the job and what `prepare` made of it, which is timed apart."""

    solve: Callable[[Job, Any], Answer]
    prepare: Callable[[Job], Any] | None = None


def generator_of(job: Job) -> Generator:
    """The nonsecular generator of a job's problem."""
    generator = build("nonsecular", job.system, job.bath, job.drive)
    assert isinstance(generator, Generator)
    return generator


def _ours(method: str) -> Method:
    def solve(job: Job, _: object) -> Answer:
        state = steady_state(job.system, job.bath, job.drive, "nonsecular", job.rtol, method)
        assert state.real_form is not None
        return _answer(state.real_form, state.solution)

    return Method(solve)


def _dressed_float64(job: Job, _: object) -> Answer:
    generator = generator_of(job)
    solution = solve_krylov(generator, dressed_frame(generator, "float64"), job.rtol)
    return _answer(solution.value, solution)


def _plain(job: Job, _: object) -> Answer:
    solution = plain_bicgstab(generator_of(job), job.rtol, job.max_applications)
    return _answer(solution.value, solution)


def _answer(real_form: FloatArray, solution: Solution) -> Answer:
    applications = solution.iterations or None  # a direct solve has none
    words = (solution.outcome, applications, solution.error_estimate, solution.method, solution.precision)
    return Answer(real_form, *words)


def _qutip(solver: Solver, *, dense: bool = False) -> Method:
    def solve(job: Job, superoperator: Any) -> Answer:
        real_form, applications = solver(superoperator, job.rtol)
        return Answer(real_form, Ending.SOLVED if applications is None else "converged", applications)

    return Method(solve, lambda job: liouvillian(job, dense=dense))


METHODS = {
    "auto": _ours("auto"),
    "dressed": _ours("dressed"),
    "dressed_float64": Method(_dressed_float64),
    "tilted": _ours("tilted"),
    "product": _ours("product"),
    "dense": _ours("dense"),
    "plain_bicgstab": Method(_plain),
    "qutip_direct": _qutip(Direct("spsolve")),
    "qutip_direct_dense": _qutip(Direct("solve"), dense=True),
    "qutip_bicgstab": _qutip(Iterative("bicgstab", preconditioned=False)),
    "qutip_gmres": _qutip(Iterative("gmres", preconditioned=True)),
}


def require_method(name: object) -> str:
    """The name of a method, or a ParameterError that lists them."""
    if not isinstance(name, str) or name not in METHODS:
        raise ParameterError("methods", name, "names out of " + ", ".join(METHODS))
    return name


def warm_up(job: Job) -> None:
    """Compile, import and start threads with what the job will use, on three spins."""
    system = SpinSystem.sample(TINY_SPINS, 5.0, 0.75, (0, 0))
    tiny = replace(job, system=system, rtol=max(job.rtol, 1e-6), max_applications=100)
    names = [job.method]
    if job.method == "auto":
        names += ["dressed", "dressed_float64", "tilted", "product"]  # which of them it takes depends on N
    for name in names:
        method = METHODS[name]
        # that a method fails on three spins is no finding
        with contextlib.suppress(Exception):
            method.solve(tiny, None if method.prepare is None else method.prepare(tiny))
