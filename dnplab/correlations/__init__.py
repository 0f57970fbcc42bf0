r"""Past 4^N: the nonsecular steady state as a hierarchy of correlations, cut at k spins.

rho = 2^-N sum_s <P_s> P_s over Pauli strings. With T(0) = T* bath and drive act spin by spin, and a pair term changes the
number of spins in a string by one: the equations are block tridiagonal in it, with local diagonal blocks. Strings of k spins
are eliminated exactly, those of more are dropped; k = N is the exact steady state.
"""

from dnplab.correlations.hierarchy import Hierarchy
from dnplab.correlations.solve import Correlations, solve_hierarchy

__all__ = ["Correlations", "Hierarchy", "solve_hierarchy"]
