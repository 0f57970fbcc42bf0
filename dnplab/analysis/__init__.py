"""Tracked runs of a sweep in, one tidy table and the localization crossover out.

`read_sweep` gathers the runs; `find_crossover` averages every measure per model and temperature, and says where a
measure has done half of its change, with a joint bootstrap interval.
"""

from dnplab.analysis.crossover import Crossover, find_crossover, write_results
from dnplab.analysis.curves import MEASURES
from dnplab.analysis.report import format_report
from dnplab.analysis.status import SweepStatus, sweep_status
from dnplab.analysis.sweep import Sweep, read_sweep

__all__ = [
    "MEASURES",
    "Crossover",
    "Sweep",
    "SweepStatus",
    "find_crossover",
    "format_report",
    "read_sweep",
    "sweep_status",
    "write_results",
]
