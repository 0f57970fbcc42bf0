"""Steady states of driven, dissipative many-spin systems: from thermal mixing to bath-induced Zeno localization."""

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.observables.epr import epr_spectrum
from dnplab.stationary import SteadyState, steady_state
from dnplab.system import SpinSystem

__all__ = ["Bath", "Drive", "SpinSystem", "SteadyState", "epr_spectrum", "steady_state"]
