"""Which of the bath's times follow the temperature: the words for them, in tables and figures.

A time that follows has the value of its law (`dnplab.Bath.letter`) at the bath temperature, one that stays that at 1.2 K.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import combinations

import numpy as np

from dnplab.bath import Bath

__all__ = ["ALL", "NONE", "OTHER", "SETS", "STAYS_AT_K", "TIME_NAMES", "followed_times", "others"]

STAYS_AT_K = 1.2
TIME_NAMES = {"t1_us": "T1", "t_star_us": "T*", "t_zero_us": "T(0)"}
NONE, OTHER = "none", "other"
SETS = (NONE, *(" + ".join(words) for count in (1, 2, 3) for words in combinations(TIME_NAMES.values(), count)))
ALL = SETS[-1]


def followed_times(row: Mapping[Hashable, float]) -> str:
    """The times of a run that follow their law, in words ("T1 + T*"); `OTHER` for times of another origin.

    Args:
        row: temperature_k, t1_us, t_star_us, t_zero_us. At 1.2 K all follow.

    """
    law, cold = Bath.letter(row["temperature_k"]), Bath.letter(STAYS_AT_K)
    follow = []
    for name, word in TIME_NAMES.items():
        if np.isclose(row[name], getattr(law, name), rtol=1e-6, atol=0.0):
            follow.append(word)
        elif not np.isclose(row[name], getattr(cold, name), rtol=1e-6, atol=0.0):
            return OTHER
    return " + ".join(follow) or NONE


def others(word: str) -> str:
    """All times but one, in words."""
    return " + ".join(other for other in TIME_NAMES.values() if other != word)
