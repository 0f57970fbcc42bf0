"""The microwave drive, circularly polarized, on all spins or on chosen ones.

    H_MW(t) = omega_1 sum_{i in sites} (S_i^x cos omega_MW t + S_i^y sin omega_MW t)

In the frame rotating at omega_MW it is omega_1 sum_i S_i^x, and H_S becomes H_S - omega_MW S^z (letter, below (10)).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from dnplab import checks
from dnplab.errors import ParameterError

__all__ = ["Drive"]


@dataclass(frozen=True)
class Drive:
    """Microwaves of frequency omega_MW / 2pi = `frequency_ghz` and strength omega_1 / 2pi = `amplitude_mhz`.

    sites : the irradiated spins, counted from 0 in order of increasing offset; None irradiates all.
    """

    frequency_ghz: float
    amplitude_mhz: float
    sites: Sequence[int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequency_ghz", checks.positive("frequency_ghz", self.frequency_ghz))
        object.__setattr__(self, "amplitude_mhz", checks.non_negative("amplitude_mhz", self.amplitude_mhz))
        if self.sites is not None:
            allowed = "null (all spins) or distinct spin indices >= 0"
            try:
                sites = sorted(operator.index(i) for i in self.sites)
            except TypeError:
                raise ParameterError("sites", self.sites, allowed) from None
            if not sites or sites[0] < 0 or len(set(sites)) != len(sites):
                raise ParameterError("sites", self.sites, allowed)
            object.__setattr__(self, "sites", tuple(sites))

    def driven_sites(self, n_spins: int) -> tuple[int, ...]:
        """The irradiated spins of a system of N spins."""
        if self.sites is None:
            return tuple(range(n_spins))
        if max(self.sites) >= n_spins:
            raise ParameterError("sites", list(self.sites), f"spin indices from 0 to {n_spins - 1}")
        return tuple(self.sites)
