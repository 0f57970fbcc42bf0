"""What is measured, and what a measurement says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import nan

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.system import SpinSystem

__all__ = ["FINISHED", "Ending", "Job", "Measurement"]


@dataclass(frozen=True, eq=False)
class Job:
    """One method on one nonsecular steady state.

    rtol : what the method is asked for, in its own terms: an estimated error for ours, a residual for the others
    threads : BLAS threads
    repeats : solves whose median is the time; no further one is begun once limit_s seconds were spent
    limit_s : a solve (or a build of QuTiP's L) that takes longer is stopped
    max_applications : where plain BiCGSTAB gives up
    """

    method: str
    system: SpinSystem
    bath: Bath
    drive: Drive
    rtol: float
    threads: int
    repeats: int
    limit_s: float
    max_applications: int


class Ending(StrEnum):
    """How a measurement ended, where the solver's own `Outcome` does not say it."""

    SOLVED = "solved"  # by a direct method that gives no estimate
    NOT_CONVERGED = "not converged"
    OVER_LIMIT = "over limit"
    NO_MEMORY = "out of memory"
    NOT_INSTALLED = "not installed"
    NOT_APPLICABLE = "does not apply"
    FAILED = "failed"


FINISHED = ("converged", "rounding floor", str(Ending.SOLVED))


@dataclass(frozen=True)
class Measurement:
    """What one job gave; nan where there is nothing to say.

    note : a sentence where the outcome needs one
    applications : of the generator; None where a method does not apply it
    seconds : of each solve, set-up included
    build_seconds : of QuTiP's L, which no solve includes
    peak_mib, base_mib : peak resident memory of the process after the first solve, and before it
    residual : ||L rho|| T_1 / ||rho||, by our generator
    frame, precision, products : where our Krylov methods iterate, and the dense products of one application there
    """

    outcome: str
    note: str = ""
    applications: int | None = None
    seconds: tuple[float, ...] = ()
    build_seconds: float = nan
    peak_mib: float = nan
    base_mib: float = nan
    residual: float = nan
    error_estimate: float = nan
    polarization: tuple[float, ...] = ()
    frame: str = ""
    precision: str = ""
    products: float = 0.0

    @property
    def finished(self) -> bool:
        """The method says that it has the steady state."""
        return self.outcome in FINISHED
