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
from dnplab.system import SpinSystem

__all__ = ["MODELS", "build", "require_model"]

MODELS: dict[str, Callable[[SpinSystem, Bath, Drive], Generator | Hilbert]] = {
    "hilbert": Hilbert,
    "secular": Secular,
    "nonsecular": Nonsecular,
    "ule": UniversalLindblad,
}


def require_model(name: object) -> str:
    """The name of a model, or a ParameterError that lists them."""
    if not isinstance(name, str) or name not in MODELS:
        raise ParameterError("model", name, "one of " + ", ".join(MODELS))
    return name


def build(name: str, system: SpinSystem, bath: Bath, drive: Drive) -> Generator | Hilbert:
    """The master equation `name` for this system, bath and drive."""
    require_model(name)
    if bath.spectral_function is not None and name != "ule":
        raise ParameterError("bath.spectral_function", bath.spectral_function, f"None for model={name} (only ule uses it)")
    return MODELS[name](system, bath, drive)
