r"""Orders of the correlations against what does not know of them: exact steady states, and averages of quantum trajectories.

    difference   max_i |P_i^(k) - P_i| of order k
    z, p         of trajectories: the same in standard errors, and Hotelling's p-value of all spins together, as if the cut
                 cost nothing
    p_within     the p-value of the profile that agrees best among those within the estimated error of the cut,
                 |d_i| <= delta for every spin:  min_d (x - d) C^-1 (x - d),  x = mean - P^(k),  C the covariance of the mean

A reference takes minutes and an order seconds, so that a reference is stored by its case and an order is solved anew.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from dnplab.bath import Bath
from dnplab.benchmark.truncation import DISORDER_MHZ, DRIVE, uniform_bath
from dnplab.ensemble.numerics import numerics_version
from dnplab.errors import MemoryEstimateError, ParameterError
from dnplab.memory import require_memory
from dnplab.stationary import steady_state
from dnplab.system import SpinSystem
from dnplab.trajectories import agreement, mean_and_error, trajectory_averages
from dnplab.trajectories.averages import BURN_IN_T1, require_averaging
from dnplab.trajectories.run import require_memory_of_histories

__all__ = ["Case", "Reference", "Row", "Site", "compare", "load", "nearest_within", "refer", "require_reference", "save"]

FloatArray = NDArray[np.float64]
STEP_US = 0.1  # of sampling: a fifth of the memory at 12 K
FREEDOM = 2  # batches beyond one for each spin: Hotelling's p needs a covariance
CUT_RTOL = 1e-6  # of the strings that an order keeps: far below what a cut costs


@dataclass(frozen=True)
class Case:
    """A sample of the letter's disorder in a uniform bath, and how its reference is made.

    rtol : of the exact steady state, 0 for trajectories
    duration_us, batch_us : of the history that is averaged and of its pieces, 0 for the exact state
    """

    n_spins: int
    temperature_k: float
    realization: int
    seed: int
    coupling_mhz: float
    rtol: float = 0.0
    duration_us: float = 0.0
    batch_us: float = 0.0

    @property
    def kind(self) -> str:
        """What the reference is: "exact" or "trajectories"."""
        return "trajectories" if self.duration_us else "exact"

    @property
    def system(self) -> SpinSystem:
        """The sample."""
        return SpinSystem.sample(self.n_spins, DISORDER_MHZ, self.coupling_mhz, (self.seed, self.realization))

    @property
    def bath(self) -> Bath:
        """Its bath."""
        return uniform_bath(self.temperature_k)

    @property
    def file_name(self) -> str:
        """Of the stored reference: the same numbers of the same code have the same name."""
        key = {**asdict(self), "numerics": numerics_version(study=self.kind == "trajectories")}
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
        return f"{self.kind}_N{self.n_spins}_T{self.temperature_k:g}K_{self.realization}_{digest}.json"


@dataclass(frozen=True, eq=False)
class Reference:
    """Polarizations that know nothing of a cut.

    batches : (B, N) means of pieces of a history; one row if exact
    error : (N,) standard error, or the bound that the exact state's estimated error sets
    memories : of the spin that remembers longest, in a batch; inf if exact
    """

    batches: FloatArray
    error: FloatArray
    memories: float
    seconds: float

    @property
    def polarization(self) -> FloatArray:
        """P_i (N,)."""
        return np.asarray(self.batches.mean(axis=0))


@dataclass(frozen=True)
class Row:
    """One order of one case. `reference_error` (of the worst spin), `difference` and `estimate` are in units of |P_0|."""

    n_spins: int
    temperature_k: float
    realization: int
    reference: str
    reference_error: float
    order: int
    difference: float
    estimate: float
    worst_z: float
    p_value: float
    p_within: float
    seconds: float
    reference_seconds: float


@dataclass(frozen=True)
class Site:
    """P_i / P_0 of one spin: order 0 is the reference, `error` its error or the estimated one of the order."""

    n_spins: int
    temperature_k: float
    realization: int
    reference: str
    order: int
    offset_mhz: float
    polarization: float
    error: float


def require_reference(key: str, case: Case) -> None:
    """Raise, about a key of the command, if a case has no reference: it does not fit, or has too few batches.

    Raises:
        ParameterError: a duration or a batch out of its domain, or too few batches for so many spins.
        MemoryEstimateError: it would not fit into the free memory.

    """
    try:
        if case.kind == "exact":
            require_memory(case.n_spins, "nonsecular")
            return
        duration, step = require_averaging(case.bath, case.duration_us, STEP_US, case.batch_us)
        burn_in = BURN_IN_T1 * case.bath.t1_us
        require_memory_of_histories(case.n_spins, "nonsecular", case.bath, duration, step, False, "auto", burn_in)
    except MemoryEstimateError as error:
        raise MemoryEstimateError(str(error).replace("system.n_spins", key)) from error
    if duration < (case.n_spins + FREEDOM) * case.batch_us:
        least = (case.n_spins + FREEDOM) * case.batch_us
        raise ParameterError(key, case.duration_us, f"at least {least:g} µs, {FREEDOM} batches more than spins")


def refer(case: Case) -> Reference:
    """The reference of a case: the nonsecular steady state, or the average of one history with its flips by components.

    Raises:
        ConvergenceError: the exact state is worse than asked for.
        MemoryEstimateError: it would not fit into memory.

    """
    if case.kind == "exact":
        state = steady_state(case.system, case.bath, DRIVE, rtol=case.rtol)
        assert state.real_form is not None
        # |Tr(2 S_i^z d rho)| <= ||2 S_i^z|| ||d rho|| in the Frobenius norm
        bound = 2.0 ** (0.5 * case.n_spins) * float(np.linalg.norm(state.real_form)) * state.error_estimate
        return Reference(state.polarization[None], np.full(case.n_spins, bound), math.inf, state.seconds)
    start = time.perf_counter()
    found = trajectory_averages(
        case.system, case.bath, DRIVE, seed=case.seed, trajectories=1, duration_us=case.duration_us, step_us=STEP_US,
        workers=1, flips="components", participation=False, batch_us=case.batch_us,
    )  # fmt: skip
    memories = found.batch_us / float(np.nanmax(found.correlation_us))
    return Reference(found.polarization, mean_and_error(found.polarization)[1], memories, time.perf_counter() - start)


def compare(case: Case, reference: Reference, orders: Sequence[int]) -> Iterator[tuple[Row | None, list[Site]]]:
    """The sites of the reference, then a row and its sites for each order up to N.

    Raises:
        ConvergenceError: an order does not converge.

    """
    system = case.system
    unit = case.bath.thermal_polarization(system.electron_ghz)
    where = (case.n_spins, case.temperature_k, case.realization, case.kind)
    worst = float(reference.error.max()) / abs(unit)

    def sites(order: int, polarization: FloatArray, error: FloatArray) -> list[Site]:
        columns = np.column_stack([system.offsets_mhz, polarization / unit, error / abs(unit)])
        return [Site(*where, order, *map(float, values)) for values in columns]

    yield None, sites(0, reference.polarization, reference.error)
    for order in orders:
        cut = steady_state(system, case.bath, DRIVE, "correlation", rtol=CUT_RTOL, order=order)
        z = p_value = p_within = math.nan
        if case.kind == "trajectories":
            plain = agreement(reference.batches, cut.polarization)
            nearest = nearest_within(reference.batches, cut.polarization, cut.truncation_error)
            z, p_value = float(np.abs(plain.z).max()), plain.p_value
            p_within = agreement(reference.batches, nearest).p_value
        difference = float(np.abs(cut.polarization - reference.polarization).max())
        row = Row(
            *where, worst, order, difference / abs(unit), cut.truncation_error / abs(unit),
            z, p_value, p_within, cut.seconds, reference.seconds,
        )  # fmt: skip
        yield row, sites(order, cut.polarization, np.full(case.n_spins, cut.truncation_error))


def nearest_within(batches: FloatArray, expected: FloatArray, margin: float) -> FloatArray:
    """Of the profiles (p,) within a margin of the expected one in every number, the one that batches (B, p) favour most."""
    if margin <= 0.0:
        return expected
    values, vectors = np.linalg.eigh(np.cov(batches, rowvar=False))
    whiten = vectors.T / np.sqrt(np.maximum(values, np.finfo(float).tiny))[:, None]
    found = lsq_linear(whiten, whiten @ (batches.mean(axis=0) - expected), (-margin, margin), tol=1e-12)
    return np.asarray(expected + found.x)


def save(folder: Path, case: Case, reference: Reference) -> None:
    """Store the reference of a case, whole or not at all."""
    content = {**asdict(reference), "case": asdict(case)}
    with NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False, encoding="utf-8") as file:
        json.dump({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in content.items()}, file)
    os.replace(file.name, folder / case.file_name)


def load(folder: Path, case: Case) -> Reference | None:
    """The stored reference of a case; None if its file is absent or damaged."""
    try:
        content = json.loads((folder / case.file_name).read_text(encoding="utf-8"))
        batches, error = (np.array(content[name], dtype=np.float64) for name in ("batches", "error"))
        if batches.shape[1:] != (case.n_spins,) or error.shape != (case.n_spins,):
            return None
        return Reference(batches, error, float(content["memories"]), float(content["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):  # whatever is wrong with a file, its case is computed again
        return None
