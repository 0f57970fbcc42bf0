"""Averages over disorder: the map over realizations, stored values reduced in index order, checkpoint and resume."""

from dnplab.ensemble.checkpoints import Checkpoints
from dnplab.ensemble.numerics import numerics_version
from dnplab.ensemble.realization import Realization, measure_realization
from dnplab.ensemble.result import EnsembleResult
from dnplab.ensemble.run import run_ensemble
from dnplab.ensemble.spec import OBSERVABLES, SCHEMA, EnsembleSpec

__all__ = [
    "OBSERVABLES",
    "SCHEMA",
    "Checkpoints",
    "EnsembleResult",
    "EnsembleSpec",
    "Realization",
    "measure_realization",
    "numerics_version",
    "run_ensemble",
]
