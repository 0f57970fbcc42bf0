r"""Which Pauli string drives which: fixed tables for the strings on one support.

With rho = 2^-N sum_s c_s P_s and c_s = <P_s>, a pair term J (sigma_i^a sigma_j^a) turns a string of w spins into one of
w - 1 or w + 1, never w. Of a string on T = S without spin j, with i in T:

    d<.. b_i a_j ..>/dt = -2 J eps_abc <.. c_i ..>,      J = (U/2, U/2, -U [ising]) for a = (x, y, z), U = U_ij

and the way back is minus the transposed. Relaxation towards the lattice shortens strings: d<.. z_j ..>/dt gets
(P_0 / T_1) <.. ..>. A string on w ascending spins is numbered by its axes as digits, x = 0, y = 1, z = 2, the first spin's
the most significant.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Entries", "pair_entries", "pair_tables", "raising_entries", "relaxation_table", "spin_pairs"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Entries = tuple[IntArray, IntArray, IntArray, IntArray, FloatArray]  # pair, row, face, column, coefficient
AXES, Z = 3, 2
LEVI_CIVITA = np.array(
    [[[0, 0, 0], [0, 0, 1], [0, -1, 0]], [[0, 0, -1], [0, 0, 0], [1, 0, 0]], [[0, 1, 0], [-1, 0, 0], [0, 0, 0]]], dtype=float
)


def spin_pairs(weight: int) -> list[tuple[int, int]]:
    """Places (p, q), p < q, of the pairs in a support."""
    return list(combinations(range(weight), 2))


@cache
def pair_tables(weight: int, ising: bool) -> FloatArray:
    """(pairs, 3^w, w 3^(w-1)): strings on S driven by those on its w faces, one face after the other, per U of a pair."""
    pairs, digits = spin_pairs(weight), _digits(weight)
    strength = np.array([0.5, 0.5, -1.0 if ising else 0.0])
    table = np.zeros((len(pairs), AXES**weight, weight, AXES ** (weight - 1)))
    for number, pair in enumerate(pairs):
        for removed, kept in (pair, pair[::-1]):
            a, b = digits[removed], digits[kept]
            for c in range(AXES):
                source = digits.copy()
                source[kept] = c
                column = _numbers(np.delete(source, removed, axis=0))
                table[number, np.arange(AXES**weight), removed, column] += -2.0 * strength[a] * LEVI_CIVITA[a, b, c]
    return table.reshape(len(pairs), AXES**weight, weight * AXES ** (weight - 1))


@cache
def relaxation_table(weight: int) -> FloatArray:
    """(3^w, w 3^(w-1)): 1 where a string on S has z at the place that the string on the face lacks."""
    digits = _digits(weight)
    table = np.zeros((AXES**weight, weight, AXES ** (weight - 1)))
    for place in range(weight):
        longitudinal = np.flatnonzero(digits[place] == Z)
        table[longitudinal, place, _numbers(np.delete(digits[:, longitudinal], place, axis=0))] = 1.0
    return table.reshape(AXES**weight, weight * AXES ** (weight - 1))


@cache
def pair_entries(weight: int, ising: bool) -> Entries:
    """`pair_tables` without its zeros: see `dnplab.kernels.strings`."""
    return _entries(pair_tables(weight, ising), weight)


@cache
def raising_entries(weight: int, ising: bool) -> Entries:
    """The same with `relaxation_table` as one pair more."""
    return _entries(np.concatenate([pair_tables(weight, ising), relaxation_table(weight)[None]]), weight)


def _entries(tables: FloatArray, weight: int) -> Entries:
    split = tables.reshape(*tables.shape[:2], weight, -1)
    pair, row, face, column = np.nonzero(split)
    return pair, row, face, column, split[pair, row, face, column]


def _digits(weight: int) -> IntArray:
    # (w, 3^w) axes of every string
    return np.indices((AXES,) * weight).reshape(weight, -1) if weight else np.zeros((0, 1), dtype=np.int64)


def _numbers(digits: IntArray) -> IntArray:
    return AXES ** np.arange(len(digits))[::-1] @ digits
