"""Tracked runs of a sweep in, one tidy table and the localization crossover out.

`read_sweep` gathers the runs, `crossover_table` averages every measure per model and temperature,
and `crossover_temperatures` says where a measure has done half of its change, with a joint
bootstrap interval.
"""

from dnplab.analysis.crossover import (
    MEASURES,
    RATIO,
    crossover_table,
    crossover_temperatures,
    write_results,
)
from dnplab.analysis.report import format_report
from dnplab.analysis.sweep import Sweep, read_sweep

__all__ = [
    "MEASURES",
    "RATIO",
    "Sweep",
    "crossover_table",
    "crossover_temperatures",
    "format_report",
    "read_sweep",
    "write_results",
]
