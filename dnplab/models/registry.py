"""Master equations by name."""

from __future__ import annotations

from collections.abc import Callable

from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.models.generator import Generator
from dnplab.models.hilbert import Hilbert
from dnplab.models.nonsecular import Nonsecular
from dnplab.models.secular import Secular
from dnplab.models.ule import UniversalLindblad
from dnplab.models.zeno import Zeno
from dnplab.phonons import PhononSpectrum
from dnplab.system import SpinSystem

__all__ = ["CORRELATION", "MODELS", "RateEquation", "build", "require_bath", "require_model"]

RateEquation = Hilbert | Zeno  # 2^N populations

MODELS: dict[str, Callable[[SpinSystem, Bath, Drive], Generator | RateEquation]] = {
    "hilbert": Hilbert,
    "secular": Secular,
    "nonsecular": Nonsecular,
    "ule": UniversalLindblad,
    "zeno": Zeno,
}
CORRELATION = "correlation"


def require_model(name: object, *, stationary: bool = False) -> str:
    """The name of a model, or a ParameterError that lists them.

    stationary : "correlation" (`dnplab.correlations`) is possible too, which has a steady state but no generator
    """
    possible = (*MODELS, CORRELATION) if stationary else tuple(MODELS)
    if not isinstance(name, str) or name not in possible:
        raise ParameterError("model", name, "one of " + ", ".join(possible))
    return name


def require_bath(model: str, bath: Bath, electron_ghz: float) -> None:
    """Raise unless a model can use all of a bath: nothing in it is passed over."""
    if model == CORRELATION and not bath.uniform_dephasing:
        allowed = (
            f"t_star_us = {bath.t_star_us:g} for model=correlation, whose bath acts spin by spin (or use model=nonsecular)"
        )
        raise ParameterError("t_zero_us", bath.t_zero_us, allowed)
    gamma = bath.spectral_function
    if isinstance(gamma, PhononSpectrum):
        if gamma.process.electron_ghz != electron_ghz:
            raise ParameterError("electron_ghz", electron_ghz, f"{gamma.process.electron_ghz} as in the bath of phonons")
    elif gamma is not None and model in ("nonsecular", "zeno", CORRELATION):
        raise ParameterError("bath.spectral_function", gamma, f"None for model={model}, which uses the three times")
    if bath.lamb_shift and model != "ule":
        raise ParameterError("lamb_shift", True, f"false for model={model}; only ule has a Lamb shift")


def build(name: str, system: SpinSystem, bath: Bath, drive: Drive) -> Generator | RateEquation:
    """The master equation `name` for this system, bath and drive."""
    require_bath(require_model(name), bath, system.electron_ghz)
    return MODELS[name](system, bath, drive)
