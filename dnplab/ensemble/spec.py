"""What fixes the numbers of an ensemble, and the address of one of its samples."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, is_dataclass, replace
from itertools import pairwise

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.models.registry import require_bath, require_model
from dnplab.observables.entanglement import default_kept_spins
from dnplab.stationary import require_method, require_order
from dnplab.system import SpinSystem

__all__ = ["OBSERVABLES", "SCHEMA", "EnsembleSpec"]

OBSERVABLES = ("polarization", "spin_temperature", "epr", "eigenstates", "level_statistics")
MOST_EDGES = 100_001
MOST_SPINS = 100  # the memory that 4^N numbers need is a number up to there
MOST_REALIZATIONS = 10_000_000
SEEDS = 2**64
SCHEMA = 3  # raise when the content of a stored realization changes its meaning


@dataclass(frozen=True)
class EnsembleSpec:
    """An ensemble of disorder realizations 0 .. realizations - 1 of one model, bath and drive.

    Frequencies and times as in `SpinSystem`, `Bath` and `Drive`. epr_edges_mhz are ascending bin edges from electron_ghz;
    kept_spins is the subsystem of the entanglement entropy (None: max(1, N//2 - 1)). shard (k, n) is the k-th of n parts
    of the realizations, counted from 1, which differ by at most one in their number; None is all of them. order is that of
    model "correlation" (None: 3), and of it alone.
    """

    n_spins: int
    disorder_mhz: float
    coupling_mhz: float
    bath: Bath
    drive: Drive
    electron_ghz: float = 93.9
    ising: bool = False
    model: str = "nonsecular"
    rtol: float = 1e-10
    method: str = "auto"
    seed: int = 0
    realizations: int = 1
    observables: tuple[str, ...] = OBSERVABLES
    epr_edges_mhz: tuple[float, ...] = ()
    kept_spins: int | None = None
    shard: tuple[int, int] | None = None
    order: int | None = None

    def __post_init__(self) -> None:
        if (n := checks.positive_int("n_spins", self.n_spins)) > MOST_SPINS:
            raise ParameterError("n_spins", n, f"an integer from 1 to {MOST_SPINS}")
        if checks.positive_int("realizations", self.realizations) > MOST_REALIZATIONS:
            raise ParameterError("realizations", self.realizations, f"an integer from 1 to {MOST_REALIZATIONS}")
        if checks.non_negative_int("seed", self.seed) >= SEEDS:
            raise ParameterError("seed", self.seed, "an integer from 0 to 2^64 - 1")
        require_method(self.method, require_model(self.model, stationary=True), n, self.bath)
        known = [name for name in OBSERVABLES if name in self.observables]
        if unknown := [name for name in self.observables if name not in OBSERVABLES]:
            raise ParameterError("observables", unknown, "names out of " + ", ".join(OBSERVABLES))
        edges = self.epr_edges_mhz
        if "epr" in known and (len(edges) < 2 or any(b <= a for a, b in pairwise(edges))):
            raise ParameterError("epr_edges_mhz", list(edges), "at least two edges in ascending order")
        if len(edges) > MOST_EDGES:
            raise ParameterError("epr_edges_mhz", f"{len(edges)} edges", f"at most {MOST_EDGES} edges (wider bins)")
        if self.kept_spins is not None and n == 1:
            raise ParameterError("kept_spins", self.kept_spins, "null for one spin, which is entangled with nothing")
        if self.kept_spins is not None and not 1 <= checks.positive_int("kept_spins", self.kept_spins) < n:
            raise ParameterError("kept_spins", self.kept_spins, f"null or an integer from 1 to {n - 1}")
        if self.shard is not None:
            part, parts = self.shard
            if not 1 <= part <= parts <= self.realizations:
                allowed = f"null, or K/N with 1 <= K <= N <= {self.realizations} realizations, such as 3/16"
                raise ParameterError("shard", f"{part}/{parts}", allowed)
        driven = self.drive.driven_sites(n)
        # one value for what means the same, so that equal ensembles compare, hash and resume as equal
        normal: dict[str, object] = {
            "n_spins": n,
            "disorder_mhz": checks.non_negative("disorder_mhz", self.disorder_mhz),
            "coupling_mhz": checks.non_negative("coupling_mhz", self.coupling_mhz),
            "electron_ghz": checks.positive("electron_ghz", self.electron_ghz),
            "drive": replace(self.drive, sites=None if len(driven) == n else driven),
            "ising": bool(self.ising),
            "rtol": checks.tolerance("rtol", self.rtol),
            "seed": int(self.seed),
            "realizations": int(self.realizations),
            "observables": tuple(known),
            "epr_edges_mhz": tuple(map(float, edges)) if "epr" in known else (),
            "order": require_order(self.order, self.model, n),
        }
        for name, value in normal.items():
            object.__setattr__(self, name, value)
        require_bath(self.model, self.bath, self.electron_ghz)
        if self.bath.lamb_shift:
            raise ParameterError("lamb_shift", True, "false in an ensemble, whose references stand at the bare electron_ghz")

    @property
    def subsystem(self) -> int:
        """How many spins the entanglement entropy keeps."""
        return default_kept_spins(self.n_spins) if self.kept_spins is None else self.kept_spins

    @property
    def indices(self) -> range:
        """The realizations of the ensemble, or of its shard."""
        if self.shard is None:
            return range(self.realizations)
        part, parts = self.shard
        return range((part - 1) * self.realizations // parts, part * self.realizations // parts)

    def system(self, realization: int) -> SpinSystem:
        """The disorder sample (seed, realization), whatever the order or the worker that asks for it."""
        address = (self.seed, realization)
        return SpinSystem.sample(self.n_spins, self.disorder_mhz, self.coupling_mhz, address, self.electron_ghz, self.ising)

    @property
    def sample_key(self) -> str:
        """Hash of all that fixes one realization's values but its index: it names a folder of checkpoints."""
        return self._hash(without=("realizations", "shard"))

    @property
    def fingerprint(self) -> str:
        """Hash of all that fixes the numbers of the whole ensemble: two runs with the same one are the same."""
        return self._hash(without=())

    def _hash(self, without: tuple[str, ...]) -> str:
        gamma = self.bath.spectral_function
        if gamma is not None and not is_dataclass(gamma):
            raise ParameterError("bath.spectral_function", gamma, "None or that of phonons where results are stored")
        content = asdict(self) | {"schema": SCHEMA, "kept_spins": self.subsystem}
        for name in without:
            del content[name]
        if self.order is None:
            del content["order"]  # ensembles of before it was there keep their addresses
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
