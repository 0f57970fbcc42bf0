"""Random problems far around the letter's: is the answer of `auto` right, or does it say that it is not?

Right is an answer whose true error is at most FACTOR times what was claimed for it: rtol, or the larger estimate that the
outcome "rounding floor" comes with. The factor is there because the claim rests on an estimate: the smallest singular value
of an operator projected on a few vectors is never below the true one, so the estimate may be too small. By less than ten
it costs no more than the last of the promised digits; by more, the claim is false. Two right answers differ by the errors
of both, so the reference's own error counts like a claim; where that is too large, nothing is said.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ConvergenceError, DegenerateSpectrumError, ParameterError
from dnplab.models import Generator, build
from dnplab.spins import site_values
from dnplab.stationary import steady_state
from dnplab.system import SpinSystem

__all__ = ["RANGES", "REFERENCES", "Problem", "Row", "Verdict", "check", "random_problem"]

FloatArray = NDArray[np.float64]

RANGES = {
    "temperature_k": (1.0, 20.0),
    "t1_us": (0.1, 1e3),
    "t_star_us": (0.01, 100.0),
    "t_zero_us": (0.01, 100.0),
    "coupling_mhz": (0.01, 10.0),
    "amplitude_mhz": (0.01, 10.0),
}
DISORDER_MHZ, FREQUENCY_GHZ = 5.0, 93.8988
REFERENCES = ("dense", "krylov")
REFERENCE_RTOL = 1e-12
USABLE = 1e-6  # a reference with a larger error proves nothing
FACTOR = 10.0


class Verdict(StrEnum):
    """What a reference says of an answer."""

    RIGHT = "right"
    REFUSED = "refused"  # an error instead of a state
    WRONG = "wrong"
    UNCHECKED = "unchecked"  # there is a state, but no usable reference


@dataclass(frozen=True, eq=False)
class Problem:
    """One nonsecular steady state, with its address and what was drawn: the first columns of a Row."""

    parameters: dict[str, Any]
    case: tuple[SpinSystem, Bath, Drive]


@dataclass(frozen=True)
class Row:
    """A problem, the answer of `auto` and the verdict on it; nan or None where there is nothing to say.

    site : the driven spin; None is all of them
    coupling_mhz : the U / 2pi that couplings were drawn with
    note : the sentence of a refusal
    iterations : applications of the generator in all attempts
    error : ||rho - reference|| / ||reference||, Frobenius
    polarization_error : max_i |P_i - P_i of the reference|
    reference_error : estimated relative error of the reference itself
    seconds : of `auto`
    """

    n_spins: int
    seed: int
    index: int
    temperature_k: float
    t1_us: float
    t_star_us: float
    t_zero_us: float
    coupling_mhz: float
    amplitude_mhz: float
    site: int | None
    ising: bool
    rtol: float
    reference: str
    verdict: str
    note: str = ""
    method: str = ""
    outcome: str = ""
    iterations: int | None = None
    error_estimate: float = nan
    residual: float = nan
    error: float = nan
    polarization_error: float = nan
    reference_error: float = nan
    seconds: float = nan


def random_problem(n_spins: int, seed: int, index: int) -> Problem:
    """The problem of this size at this address: log-uniform in RANGES, T(0) = T* for half, one driven spin for half."""
    n = checks.positive_int("n_spins", n_spins)
    root, place = checks.non_negative_int("seed", seed), checks.non_negative_int("index", index)
    # a key of two numbers: `dnplab.disorder` draws offsets and couplings from streams with keys of one
    rng = np.random.default_rng(np.random.SeedSequence(root, spawn_key=(n, place)))
    # everything is drawn, used or not, so that no choice moves what is drawn after it
    drawn = {name: float(low * (high / low) ** rng.random()) for name, (low, high) in RANGES.items()}
    site = int(rng.integers(n))
    uniform, everywhere, ising = (bool(choice) for choice in rng.random(3) < 0.5)
    if uniform:
        drawn["t_zero_us"] = drawn["t_star_us"]
    system = SpinSystem.sample(n, DISORDER_MHZ, drawn["coupling_mhz"], (root, place), ising=ising)
    bath = Bath(drawn["temperature_k"], drawn["t1_us"], drawn["t_star_us"], drawn["t_zero_us"])
    drive = Drive(FREQUENCY_GHZ, drawn["amplitude_mhz"], None if everywhere else (site,))
    address = {"n_spins": n, "seed": root, "index": place}
    return Problem({**address, **drawn, "site": None if everywhere else site, "ising": ising}, (system, bath, drive))


def check(problem: Problem, rtol: float, reference: str = "dense") -> Row:
    """Solve with `auto` and compare with a reference that is found in another way.

    reference : "dense", an LU of 16^N numbers that shares only L with the solvers (a second at N = 6, a minute and 2.5 GiB
        at N = 7), or "krylov", rtol 1e-12 in the frame that `auto` did not use or, where that one fails, in the same one
    """
    if reference not in REFERENCES:
        raise ParameterError("reference", reference, "one of " + ", ".join(REFERENCES))
    known = {**problem.parameters, "rtol": rtol, "reference": reference}
    start = time.perf_counter()
    try:
        state = steady_state(*problem.case, rtol=rtol)
    except (ConvergenceError, DegenerateSpectrumError) as error:
        return Row(**known, verdict=Verdict.REFUSED, note=str(error), seconds=time.perf_counter() - start)
    seconds = time.perf_counter() - start
    rho = state.real_form
    assert rho is not None
    truth, own_error = _dense(problem) if reference == "dense" else _krylov(problem, state.solution.method)
    distance = float(np.linalg.norm(rho - truth) / np.linalg.norm(truth))  # the real form has the norm of rho
    polarization = 2.0 * site_values(problem.case[0].n_spins) @ np.diagonal(truth)
    claim = max(rtol, state.error_estimate, own_error)
    verdict = Verdict.RIGHT if distance <= FACTOR * claim else Verdict.WRONG
    return Row(
        **known,
        verdict=verdict if own_error <= USABLE else Verdict.UNCHECKED,
        method=state.solution.method,
        outcome=state.outcome,
        iterations=state.iterations,
        error_estimate=state.error_estimate,
        residual=state.residual,
        error=distance,
        polarization_error=float(np.abs(state.polarization - polarization).max()),
        reference_error=own_error,
        seconds=seconds,
    )


def _dense(problem: Problem) -> tuple[FloatArray, float]:
    """Real form of rho and its error by LU of L, with one balance of populations replaced by that of the trace.

    `auto` may be dense itself, so this is another way: another regular matrix, and residuals from L and not from the matrix.
    """
    generator = build("nonsecular", *problem.case)
    assert isinstance(generator, Generator)
    d, rows = generator.dimension, np.arange(generator.dimension)
    matrix = np.empty((d * d, d * d), order="F")  # factorised in place
    for row in rows:
        units = np.zeros((d, d, d))
        units[rows, row, rows] = 1.0
        matrix[:, row * d + rows] = generator.apply(units).reshape(d, d * d).T
    matrix[0] = generator.relaxation_rate * np.eye(d).ravel()
    factors = linalg.lu_factor(matrix, overwrite_a=True, check_finite=False)
    rho = np.eye(d) / d
    for _ in range(3):  # solve, refine, and see what is left
        defect = generator.apply(rho)
        defect -= np.trace(defect) / d * np.eye(d)  # rounding: L keeps the trace
        defect[0, 0] = 0.0
        correction = linalg.lu_solve(factors, -defect.ravel(), check_finite=False).reshape(d, d)
        rho += correction
    return rho / np.trace(rho), float(np.linalg.norm(correction) / np.linalg.norm(rho))


def _krylov(problem: Problem, used: str) -> tuple[FloatArray, float]:
    """Real form of rho and its estimated error (nan if there is none), if possible not from the frame that was used."""
    for method in sorted(("dressed", "product"), key=lambda name: name == used):
        try:
            state = steady_state(*problem.case, rtol=REFERENCE_RTOL, method=method)
        except ConvergenceError:
            continue
        assert state.real_form is not None
        return state.real_form, state.error_estimate
    return np.full((problem.case[0].dimension,) * 2, nan), nan
