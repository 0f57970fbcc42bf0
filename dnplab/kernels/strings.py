"""Kernels for Pauli strings, support by support: `dnplab.correlations` says what they are.

A pair term is a list of entries (pair, row, face, column, coefficient): the string `row` on a support is driven by the
string `column` on one of its faces, in proportion to the coupling of one of its pairs.
"""

from __future__ import annotations

import numpy as np

from dnplab.kernels.compiled import Array, Kernel

__all__ = ["lowered", "raised", "solved"]


def _raised(
    strengths: Array, pair: Array, row: Array, face: Array, column: Array, coefficient: Array, faces: Array, below: Array,
    out: Array, begin: int, end: int,
) -> None:  # fmt: skip
    # out[s, row] = sum strengths[s, pair] coefficient below[faces[s, face], column]
    for s in range(begin, end):
        out[s, :] = 0.0
        for e in range(len(pair)):
            out[s, row[e]] += strengths[s, pair[e]] * coefficient[e] * below[faces[s, face[e]], column[e]]


def _lowered(
    strengths: Array, pair: Array, row: Array, face: Array, column: Array, coefficient: Array, strings: Array,
    out: Array, begin: int, end: int,
) -> None:  # fmt: skip
    # out[s, face, column] = -sum strengths[s, pair] coefficient strings[s, row]
    for s in range(begin, end):
        out[s, :, :] = 0.0
        for e in range(len(pair)):
            out[s, face[e], column[e]] -= strengths[s, pair[e]] * coefficient[e] * strings[s, row[e]]


def _solved(
    members: Array, values: Array, vectors: Array, inverses: Array, strings: Array, out: Array, begin: int, end: int
) -> None:
    # out[s] = (V x V x ..) [(V^-1 x V^-1 x ..) strings[s] / sums of values]; a round acts on the first axis and puts it last
    weight, size = members.shape[1], strings.shape[1]
    rest = size // 3
    here, there = np.empty(size, dtype=np.complex128), np.empty(size, dtype=np.complex128)
    for s in range(begin, end):
        for k in range(size):
            here[k] = strings[s, k]
        for side in range(2):
            for place in range(weight):
                matrix = inverses[members[s, place]] if side == 0 else vectors[members[s, place]]
                for r in range(rest):
                    a, b, c = here[r], here[rest + r], here[2 * rest + r]
                    for i in range(3):
                        there[3 * r + i] = matrix[i, 0] * a + matrix[i, 1] * b + matrix[i, 2] * c
                here, there = there, here
            if side == 0:
                for k in range(size):
                    rate, digits = 0.0j, k
                    for place in range(weight - 1, -1, -1):
                        rate += values[members[s, place], digits % 3]
                        digits //= 3
                    here[k] /= rate
        for k in range(size):
            out[s, k] = here[k].real


raised = Kernel(_raised)
lowered = Kernel(_lowered)
solved = Kernel(_solved)
