"""What fixes the numbers of an ensemble, and the address of one of its samples."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import pairwise

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.models.registry import require_model
from dnplab.observables.entanglement import default_kept_spins
from dnplab.stationary import METHODS
from dnplab.system import SpinSystem

__all__ = ["OBSERVABLES", "EnsembleSpec"]

OBSERVABLES = ("polarization", "spin_temperature", "epr", "eigenstates", "level_statistics")
SCHEMA = 1  # raise when the content of a stored realization changes its meaning


@dataclass(frozen=True)
class EnsembleSpec:
    """An ensemble of disorder realizations 0 .. realizations - 1 of one model, bath and drive.

    Frequencies and times as in `SpinSystem`, `Bath` and `Drive`. epr_edges_mhz are ascending bin edges from electron_ghz;
    kept_spins is the subsystem of the entanglement entropy (None: max(1, N//2 - 1)).
    """

    n_spins: int
    disorder_mhz: float
    coupling_mhz: float
    bath: Bath
    drive: Drive
    electron_ghz: float = 93.9
    ising: bool = False
    model: str = "nonsecular"
    rtol: float = 1e-8
    method: str = "auto"
    seed: int = 0
    realizations: int = 1
    observables: tuple[str, ...] = OBSERVABLES
    epr_edges_mhz: tuple[float, ...] = ()
    kept_spins: int | None = None

    def __post_init__(self) -> None:
        checks.positive_int("n_spins", self.n_spins)
        checks.non_negative("disorder_mhz", self.disorder_mhz)
        checks.non_negative("coupling_mhz", self.coupling_mhz)
        checks.positive("electron_ghz", self.electron_ghz)
        checks.positive("rtol", self.rtol)
        checks.non_negative_int("seed", self.seed)
        checks.positive_int("realizations", self.realizations)
        require_model(self.model)
        if self.method not in METHODS:
            raise ParameterError("method", self.method, "one of " + ", ".join(METHODS))
        unknown = [name for name in self.observables if name not in OBSERVABLES]
        if unknown:
            raise ParameterError("observables", unknown, "names out of " + ", ".join(OBSERVABLES))
        edges = self.epr_edges_mhz
        if "epr" in self.observables and (len(edges) < 2 or any(b <= a for a, b in pairwise(edges))):
            raise ParameterError("epr_edges_mhz", list(edges), "at least two edges in ascending order")
        if self.kept_spins is not None and not 1 <= checks.positive_int("kept_spins", self.kept_spins) < self.n_spins:
            raise ParameterError("kept_spins", self.kept_spins, f"an integer from 1 to {self.n_spins - 1}")
        self.drive.driven_sites(self.n_spins)

    @property
    def subsystem(self) -> int:
        """How many spins the entanglement entropy keeps."""
        return default_kept_spins(self.n_spins) if self.kept_spins is None else self.kept_spins

    def system(self, realization: int) -> SpinSystem:
        """The disorder sample (seed, realization), whatever the order or the worker that asks for it."""
        address = (self.seed, realization)
        return SpinSystem.sample(self.n_spins, self.disorder_mhz, self.coupling_mhz, address, self.electron_ghz, self.ising)

    @property
    def sample_key(self) -> str:
        """Hash of all that fixes one realization's values but its index: it names a folder of checkpoints."""
        if self.bath.spectral_function is not None:
            raise ParameterError("bath.spectral_function", self.bath.spectral_function, "None where results are stored")
        content = asdict(self) | {"schema": SCHEMA}
        del content["realizations"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
