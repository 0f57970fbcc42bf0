"""Tracked runs of a sweep in, one tidy table and the localization crossover out.

`load_sweep` and its siblings give plain DataFrames. `read_sweep` gathers the runs; `find_crossover` averages every measure
per model and temperature, and says where a measure has done half of its change, with a joint bootstrap interval;
`crossover_definitions` says it by other definitions, and `paired_difference` compares models on the same samples.
"""

from dnplab.analysis.crossover import Crossover, find_crossover, find_definitions, write_definitions, write_results
from dnplab.analysis.curves import MEASURES
from dnplab.analysis.definitions import DEFINITIONS, crossover_definitions, crossover_temperatures
from dnplab.analysis.loading import load_profiles, load_samples, load_spectra, load_sweep
from dnplab.analysis.pairs import paired_difference
from dnplab.analysis.report import format_definitions, format_report
from dnplab.analysis.status import SweepStatus, sweep_status
from dnplab.analysis.sweep import Sweep, read_sweep

__all__ = [
    "DEFINITIONS",
    "MEASURES",
    "Crossover",
    "Sweep",
    "SweepStatus",
    "crossover_definitions",
    "crossover_temperatures",
    "find_crossover",
    "find_definitions",
    "format_definitions",
    "format_report",
    "load_profiles",
    "load_samples",
    "load_spectra",
    "load_sweep",
    "paired_difference",
    "read_sweep",
    "sweep_status",
    "write_definitions",
    "write_results",
]
