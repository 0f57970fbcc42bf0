"""Master equations, one a file, and the form in which solvers take them.

A generator acts on the real form Z (D, D) of a density matrix (see `dnplab.spins`) in the basis where it is simplest:

    d rho/dt = L rho = -i[H, rho] + D(rho)      ->      L Z = -(H Z^T - Z^T H) + D(Z)
"""

from dnplab.models.generator import Generator, Projection
from dnplab.models.registry import MODELS, RateEquation, build

__all__ = ["MODELS", "Generator", "Projection", "RateEquation", "build"]
