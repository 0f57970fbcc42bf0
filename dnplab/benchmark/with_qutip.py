r"""QuTiP on the same problem: its Liouvillian from sparse operators, and its steady states.

L has C(2N, N)^2 + 4^N (N/2 + 2 n_driven) entries where T(0) != T*, since the eigenstate dephasing fills the S^z sectors, and
4^N (1 + N/2 + 2 n_driven + N(N-1)/2) where T(0) = T*. QuTiP is imported late: it is optional.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from scipy import sparse

from dnplab.bath import Bath
from dnplab.benchmark.job import Job
from dnplab.errors import MemoryEstimateError
from dnplab.rotating_frame import rotating_hamiltonian
from dnplab.spins import flip_targets, sectors, site_values, to_real
from dnplab.system import SpinSystem

__all__ = ["Direct", "Iterative", "Solver", "liouvillian"]

FloatArray = NDArray[np.float64]
ENTRY = 20.0  # bytes of an entry of a complex CSR matrix
Solver = Callable[[Any, float], tuple[FloatArray, int | None]]
COPIES = 3.2  # of L alive at the peak of its build and of an iterative solve, as measured at N = 7
DENSE_COPIES = 2.6  # of the dense L in an LU solve, as measured at N = 6


def liouvillian(job: Job, *, dense: bool = False) -> Any:
    """QuTiP's L (a Qobj, CSR) in the rotating frame, from sparse H and jump operators.

    Raises MemoryEstimateError where L, or the dense copy of it that a solve makes, would not fit into free memory.
    """
    import qutip

    _require_memory(job, dense)
    dims = [[2] * job.system.n_spins] * 2
    h = qutip.Qobj(sparse.csr_matrix(rotating_hamiltonian(job.system, job.drive)), dims=dims)
    jumps = [qutip.Qobj(sparse.csr_matrix(a), dims=dims) for a in _jumps(job.system, job.bath)]
    return qutip.liouvillian(h, jumps)


@dataclass(frozen=True)
class Direct:
    """LU; `solver` "solve" is dense, "spsolve" sparse."""

    solver: str

    def __call__(self, superoperator: Any, rtol: float) -> tuple[FloatArray, None]:  # noqa: ARG002 - like Iterative
        """(real form of rho, None)."""
        import qutip

        return _real(qutip.steadystate(superoperator, method="direct", solver=self.solver)), None


@dataclass(frozen=True)
class Iterative:
    """A Krylov method of SciPy, called as `iterative-<solver>`, with an incomplete LU if it is `preconditioned`."""

    solver: str
    preconditioned: bool

    def __call__(self, superoperator: Any, rtol: float) -> tuple[FloatArray, int]:
        """(real form of rho, applications of L); RuntimeError where rtol is not met."""
        import qutip

        count = _Counter()
        options: dict[str, Any] = {"rtol": rtol, "callback": count, "use_precond": self.preconditioned}
        if self.solver == "gmres":
            options["callback_type"] = "pr_norm"  # called once an inner iteration
        state = qutip.steadystate(superoperator, method=f"iterative-{self.solver}", **options)
        return _real(state), count.calls * (2 if self.solver == "bicgstab" else 1)


class _Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: object) -> None:
        self.calls += 1


def _real(state: Any) -> FloatArray:
    rho = state.full()
    return to_real(rho / np.trace(rho))


def _jumps(system: SpinSystem, bath: Bath) -> list[sparse.csr_array]:
    """The jump operators (7) and (8) of the letter, in the product basis."""
    lower, upper = bath.flip_rates(system.electron_ghz)
    a = (2.0 * bath.t_star_us) ** -0.5
    c = (2.0 * bath.t_zero_us) ** -0.5 - a
    shape, found = (system.dimension, system.dimension), []
    for site in range(system.n_spins):
        up, down = flip_targets(system.n_spins, site)
        lowering = sparse.csr_array((np.ones(len(up)), (down, up)), shape=shape)
        found += [math.sqrt(lower) * lowering, math.sqrt(upper) * lowering.T.tocsr()]
        jump = sparse.diags_array(a * site_values(system.n_spins)[site]).tocsr()
        found.append(jump if bath.uniform_dephasing else jump + c * _eigenstate_dephasing(system, site))
    return found


def _eigenstate_dephasing(system: SpinSystem, site: int) -> sparse.csr_array:
    """D_i = sum_n <n|S_i^z|n> |n><n|, which fills the S^z sectors and nothing else."""
    spectrum = system.spectrum
    rows, columns, values = [], [], []
    for states, v, s in zip(sectors(system.n_spins), spectrum.block_vectors, spectrum.sector_slices, strict=True):
        rows.append(np.repeat(states, len(states)))
        columns.append(np.tile(states, len(states)))
        values.append(((v * spectrum.sz_expectations[site, s]) @ v.T).ravel())
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_array(entries, shape=(system.dimension, system.dimension))


def entries(job: Job) -> int:
    """Entries of the sparse L."""
    n, d2 = job.system.n_spins, job.system.dimension**2
    moved = d2 * n // 2 + 2 * d2 * len(job.drive.driven_sites(n))
    inside: int = d2 + d2 * n * (n - 1) // 2 if job.bath.uniform_dephasing else math.comb(2 * n, n) ** 2
    return moved + inside


def _require_memory(job: Job, dense: bool) -> None:
    count, free = entries(job), float(psutil.virtual_memory().available)
    needed = COPIES * ENTRY * count + (DENSE_COPIES * 16.0 * 16.0**job.system.n_spins if dense else 0.0)
    if needed > free:
        form = "as a dense matrix " if dense else ""
        raise MemoryEstimateError(
            f"QuTiP's L at N = {job.system.n_spins} has {count:.2g} entries and would {form}need about "
            f"{needed / 2**30:.3g} GiB where {free / 2**30:.3g} GiB are free."
        )
