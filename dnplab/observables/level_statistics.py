"""Level statistics of H_S: is the closed system ergodic or localized?

    r = min(g_n, g_{n+1}) / max(g_n, g_{n+1}),   g_n = e_{n+1} - e_n

<r> is 0.5307 for the Gaussian orthogonal ensemble and 2 ln 2 - 1 = 0.3863 for independent (Poisson) levels
(Atas et al., PRL 110, 084101 (2013)).
"""

from __future__ import annotations

import numpy as np

from dnplab.errors import UndefinedMeasureError
from dnplab.spectrum import Spectrum

__all__ = ["gap_ratio"]


def gap_ratio(spectrum: Spectrum) -> float:
    """<r> over the middle half of the middle sector (of both middle sectors for odd N, each on its own)."""
    n = spectrum.n_spins
    ratios = []
    for k in {n // 2, (n + 1) // 2}:
        e = spectrum.block_energies[k]
        gaps = np.diff(e[len(e) // 4 : len(e) - len(e) // 4])
        if len(gaps) >= 2 and gaps.min() > 0.0:
            ratios.append(np.minimum(gaps[1:], gaps[:-1]) / np.maximum(gaps[1:], gaps[:-1]))
    if not ratios:
        raise UndefinedMeasureError(f"{n} spins have too few distinct levels in the middle sector for a gap ratio.")
    return float(np.concatenate(ratios).mean())
