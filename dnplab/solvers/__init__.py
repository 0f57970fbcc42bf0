"""Steady states of linear generators: L rho = 0, Tr rho = 1. A solver knows a generator, not its physics."""

from dnplab.solvers.dense import solve_dense, solve_populations
from dnplab.solvers.frame import Frame, dressed_frame, native_frame, tilted_frame
from dnplab.solvers.krylov import solve_krylov
from dnplab.solvers.solution import Outcome, Solution

__all__ = [
    "Frame",
    "Outcome",
    "Solution",
    "dressed_frame",
    "native_frame",
    "solve_dense",
    "solve_krylov",
    "solve_populations",
    "tilted_frame",
]
