"""Figures of one run and of a crossover: DataFrames in, matplotlib figures out, no global state.

The functions of one run return None where the run has not observed what they draw.
"""

from dnplab.figures.crossover import crossover_figure, profiles_figure, spectra_figure
from dnplab.figures.definitions import definitions_figure
from dnplab.figures.run import (
    eigenstates_figure,
    eigenvalues_figure,
    epr_figure,
    polarization_figure,
)
from dnplab.figures.studies import study_figures
from dnplab.figures.style import MODEL_COLOURS, save

__all__ = [
    "MODEL_COLOURS",
    "crossover_figure",
    "definitions_figure",
    "eigenstates_figure",
    "eigenvalues_figure",
    "epr_figure",
    "polarization_figure",
    "profiles_figure",
    "save",
    "spectra_figure",
    "study_figures",
]
