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
def pair_entries(weight: int, ising: bool) -> Entries:
    """What drives the strings on a support S from those on its faces, per U of a pair: see `dnplab.kernels.strings`."""
    digits, strength = _digits(weight), np.array([0.5, 0.5, -1.0 if ising else 0.0])
    parts = []
    for number, pair in enumerate(spin_pairs(weight)):
        for removed, kept in (pair, pair[::-1]):
            a, b = digits[removed], digits[kept]
            for c in range(AXES):
                coefficient = -2.0 * strength[a] * LEVI_CIVITA[a, b, c]
                row = np.flatnonzero(coefficient)
                source = digits[:, row]
                source[kept] = c
                parts.append((number, removed, row, _numbers(np.delete(source, removed, axis=0)), coefficient[row]))
    return _joined(parts)


@cache
def raising_entries(weight: int, ising: bool) -> Entries:
    """The same, with relaxation as one pair more: 1 where a string on S has z at the place that the face lacks."""
    digits = _digits(weight)
    parts = []
    for place in range(weight):
        row = np.flatnonzero(digits[place] == Z)
        column = _numbers(np.delete(digits[:, row], place, axis=0))
        parts.append((len(spin_pairs(weight)), place, row, column, np.ones(len(row))))
    both = zip(pair_entries(weight, ising), _joined(parts), strict=True)
    pair, row, face, column, coefficient = (np.concatenate(arrays) for arrays in both)
    return pair, row, face, column, coefficient


@cache
def pair_tables(weight: int, ising: bool) -> FloatArray:
    """(pairs, 3^w, w 3^(w-1)): `pair_entries` as matrices, the strings on one face after those on the other."""
    pair, row, face, column, coefficient = pair_entries(weight, ising)
    tables = np.zeros((len(spin_pairs(weight)), AXES**weight, weight, AXES ** (weight - 1)))
    tables[pair, row, face, column] = coefficient
    return tables.reshape(len(tables), AXES**weight, weight * AXES ** (weight - 1))


@cache
def relaxation_table(weight: int) -> FloatArray:
    """(3^w, w 3^(w-1)): the matrix of the last pair of `raising_entries`."""
    pair, row, face, column, coefficient = raising_entries(weight, False)
    last = pair == len(spin_pairs(weight))
    table = np.zeros((AXES**weight, weight, AXES ** (weight - 1)))
    table[row[last], face[last], column[last]] = coefficient[last]
    return table.reshape(AXES**weight, weight * AXES ** (weight - 1))


def _joined(parts: list[tuple[int, int, IntArray, IntArray, FloatArray]]) -> Entries:
    counts = [len(row) for _, _, row, _, _ in parts]
    pair, face = (np.repeat(np.array([part[k] for part in parts], dtype=np.int64), counts) for k in (0, 1))
    row, column = (np.concatenate([np.zeros(0, dtype=np.int64), *(part[k] for part in parts)]) for k in (2, 3))
    return pair, row, face, column, np.concatenate([np.zeros(0), *(part[4] for part in parts)])


def _digits(weight: int) -> IntArray:
    # (w, 3^w) axes of every string
    return np.indices((AXES,) * weight).reshape(weight, -1) if weight else np.zeros((0, 1), dtype=np.int64)


def _numbers(digits: IntArray) -> IntArray:
    return AXES ** np.arange(len(digits))[::-1] @ digits
