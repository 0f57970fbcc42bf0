"""The errors of dnplab: each message is one sentence a user can act on.

Bad input raises `ParameterError` at the boundary where it enters, naming the argument, what it got and what it may be.
"""

from __future__ import annotations

__all__ = [
    "ConvergenceError",
    "DamagedRunError",
    "DegenerateSpectrumError",
    "DnplabError",
    "MemoryEstimateError",
    "ParameterError",
    "TrackingError",
    "UndefinedMeasureError",
]


class DnplabError(Exception):
    """Base of every error that dnplab raises on purpose."""


class ParameterError(DnplabError, ValueError):
    """An argument is out of its domain."""

    def __init__(self, key: str, got: object, allowed: str) -> None:
        super().__init__(f"{key} is {got!r}, but it must be {allowed}.")
        self.key = key
        self._arguments = (key, got, allowed)

    def __reduce__(self) -> tuple[type[ParameterError], tuple[str, object, str]]:
        """Pickle by the arguments, so that the error comes back whole from a worker process."""
        return type(self), self._arguments


class DegenerateSpectrumError(DnplabError, ValueError):
    """H_S has degenerate levels inside an S^z sector where the equation needs its eigenvectors."""


class ConvergenceError(DnplabError):
    """A steady state did not reach the requested accuracy; the message carries residual and remedy."""


class MemoryEstimateError(DnplabError, MemoryError):
    """A calculation would not fit into the memory that is free."""


class UndefinedMeasureError(DnplabError):
    """An observable has no meaning for this state (for instance a spin temperature for one spin)."""


class TrackingError(DnplabError):
    """The tracking store cannot be reached, read or written."""


class DamagedRunError(TrackingError):
    """Files of a finished run are gone or are not what was logged; run_id names it."""

    def __init__(self, run_id: str, complaint: str) -> None:
        super().__init__(f"{complaint}; the command that made it makes it again.")
        self.run_id = run_id
