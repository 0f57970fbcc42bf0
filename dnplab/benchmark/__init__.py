"""Solvers against each other: same samples, tolerance and threads, every measurement in a process of its own.

Tables and machine descriptions live in `dnplab.benchmark.table` and `dnplab.benchmark.machine`; this package itself imports
little, because its workers' memory is what is measured.
"""

from dnplab.benchmark.job import Ending, Job, Measurement
from dnplab.benchmark.methods import METHODS
from dnplab.benchmark.processes import measure, reference

__all__ = ["METHODS", "Ending", "Job", "Measurement", "measure", "reference"]
