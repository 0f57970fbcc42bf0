"""Averages over disorder: the map over realizations, stored values reduced in index order, checkpoint and resume."""

from dnplab.ensemble.realization import Realization, measure_realization
from dnplab.ensemble.result import EnsembleResult
from dnplab.ensemble.run import run_ensemble
from dnplab.ensemble.spec import OBSERVABLES, SCHEMA, EnsembleSpec

__all__ = ["OBSERVABLES", "SCHEMA", "EnsembleResult", "EnsembleSpec", "Realization", "measure_realization", "run_ensemble"]
