"""What is measured on a steady state."""

from dnplab.observables.correlation_epr import correlation_epr_spectrum
from dnplab.observables.eigenstates import Eigenstates, eigenstates_of_rho
from dnplab.observables.entanglement import entanglement_entropies
from dnplab.observables.epr import diagonal_epr_spectrum, epr_spectrum
from dnplab.observables.level_statistics import gap_ratio
from dnplab.observables.localization import localization_measures
from dnplab.observables.pairs import Pairs
from dnplab.observables.profile import ProfileFit, fit_profile
from dnplab.observables.references import bloch_profile, boltzmann_populations, zeno_profile
from dnplab.observables.spin_temperature import SpinTemperature, fit_spin_temperature, spin_temperature

__all__ = [
    "Eigenstates",
    "Pairs",
    "ProfileFit",
    "SpinTemperature",
    "bloch_profile",
    "boltzmann_populations",
    "correlation_epr_spectrum",
    "diagonal_epr_spectrum",
    "eigenstates_of_rho",
    "entanglement_entropies",
    "epr_spectrum",
    "fit_profile",
    "fit_spin_temperature",
    "gap_ratio",
    "localization_measures",
    "spin_temperature",
    "zeno_profile",
]
