r"""Study: one spin, where every model is Bloch's equation: footnote 6 of the letter.

    P = P_0 / (1 + T_1 / T_MW),  1/T_MW = omega_1^2 T_2 / (1 + (omega_e - omega_MW)^2 T_2^2),  1/T_2 = 1/(4 T(0)) + 1/(2 T_1)

against the microwave offset for several amplitudes, and on resonance against the amplitude, from the closed form and from
the models themselves, with baths of `Bath.letter`. The line saturates, and is broadened by the power: its half width is

    (1/T_2) sqrt(1 + omega_1^2 T_1 T_2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.observables.references import bloch_profile
from dnplab.stationary import steady_state
from dnplab.studies.base import StudyResult, no_progress
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["MODELS", "SingleSpinStudy"]

MODELS = ("hilbert", "secular", "nonsecular")
SATURATION_POINTS = 25
EXACT = 1e-10  # what the closed form and a model may differ by


@dataclass(frozen=True)
class SingleSpinStudy:
    """Bloch's saturation, closed form against models.

    temperatures_k : of baths by the power laws of `Bath.letter`
    amplitudes_mhz : omega_1 / 2 pi of the lines
    first_mhz, last_mhz, points : microwave offsets (omega_MW - omega_e) / 2 pi, evenly spaced
    """

    study: ClassVar[str] = "single_spin"

    temperatures_k: tuple[float, ...]
    amplitudes_mhz: tuple[float, ...]
    first_mhz: float
    last_mhz: float
    points: int
    electron_ghz: float = 93.9

    def __post_init__(self) -> None:
        for name in ("temperatures_k", "amplitudes_mhz"):
            values = tuple(checks.moderate(name, value) for value in getattr(self, name))
            if not values or len(set(values)) < len(values):
                raise ParameterError(name, list(values), "at least one number > 0, each once")
            object.__setattr__(self, name, values)
        object.__setattr__(self, "electron_ghz", checks.moderate("electron_ghz", self.electron_ghz))
        for name in ("first_mhz", "last_mhz"):
            object.__setattr__(self, name, checks.finite(name, getattr(self, name)))
        first, last = self.first_mhz, self.last_mhz
        if first <= -1e3 * self.electron_ghz:
            allowed = f"above {-1e3 * self.electron_ghz:g}, where the frequency of the microwaves is 0"
            raise ParameterError("first_mhz", first, allowed)
        if last <= first:
            raise ParameterError("last_mhz", last, f"above first_mhz = {first:g}")
        if not 2 <= checks.positive_int("points", self.points) <= 10_001:
            raise ParameterError("points", self.points, "an integer from 2 to 10001")
        nearest = float(np.abs(self.offsets_mhz).min())
        for bath in self.baths:
            for amplitude in self.amplitudes_mhz:
                half_width = half_width_mhz(bath, amplitude)
                if nearest > half_width:
                    grid = f"{first:g} to {last:g} MHz in {self.points} points"
                    line = f"{half_width:.3g} MHz at {bath.temperature_k:g} K and amplitude {amplitude:g} MHz"
                    raise ParameterError(
                        "first_mhz, last_mhz, points",
                        grid,
                        f"a grid with a point on the line, of half width {line} (the nearest is {nearest:.3g} MHz off)",
                    )

    @property
    def offsets_mhz(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """(points,)."""
        return np.linspace(self.first_mhz, self.last_mhz, self.points)

    @property
    def baths(self) -> tuple[Bath, ...]:
        """One a temperature."""
        return tuple(Bath.letter(temperature) for temperature in self.temperatures_k)

    @property
    def title(self) -> str:
        """The run's name."""
        return "single_spin T=" + ",".join(f"{temperature:g}" for temperature in self.temperatures_k) + "K"

    @property
    def steps(self) -> int:
        """One a temperature and amplitude, and one a saturation curve."""
        return len(self.temperatures_k) * (len(self.amplitudes_mhz) + 1)

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """The lines, the saturation curves, and how far the models are from the closed form."""
        lines, saturation = [], []
        for bath in self.baths:
            for amplitude in self.amplitudes_mhz:
                lines.append(self._rows(bath, ((amplitude, offset) for offset in self.offsets_mhz)))
                progress(1)
            low, high = min(self.amplitudes_mhz) / 10.0, 10.0 * max(self.amplitudes_mhz)
            saturation.append(
                self._rows(bath, ((amplitude, 0.0) for amplitude in np.geomspace(low, high, SATURATION_POINTS)))
            )
            progress(1)
        tables = {"line": pd.concat(lines, ignore_index=True), "saturation": pd.concat(saturation, ignore_index=True)}
        everything = pd.concat(tables.values())
        worst = {model: float((everything[model] - everything["bloch"]).abs().max()) for model in MODELS}
        metrics = {f"check.deviation_{model}": value for model, value in worst.items()}
        for bath in self.baths:
            strongest = bath.thermal_polarization(self.electron_ghz)
            for amplitude in self.amplitudes_mhz:
                on = self._closed(bath, amplitude, 0.0) / strongest
                metrics[f"obs.saturation_{bath.temperature_k:.15g}K_{amplitude:.15g}MHz"] = 1.0 - on
        return StudyResult(metrics, tables, self._report(worst))

    def _rows(self, bath: Bath, drives: Iterable[tuple[float, float]]) -> pd.DataFrame:
        rows = []
        for amplitude, offset in drives:
            system, drive = self._spin(amplitude, offset)
            row = {"temperature_k": bath.temperature_k, "amplitude_mhz": amplitude, "offset_mhz": offset}
            row["bloch"] = self._closed(bath, amplitude, offset)
            rows.append(row | {m: float(steady_state(system, bath, drive, m).polarization[0]) for m in MODELS})
        return pd.DataFrame(rows)

    def _closed(self, bath: Bath, amplitude: float, offset: float) -> float:
        system, drive = self._spin(amplitude, offset)
        return float(bloch_profile(system, bath, drive)[0])

    def _spin(self, amplitude: float, offset: float) -> tuple[SpinSystem, Drive]:
        return SpinSystem(self.electron_ghz, [0.0], [[0.0]]), Drive(self.electron_ghz + 1e-3 * offset, amplitude)

    def _report(self, worst: dict[str, float]) -> str:
        out = [f"{'T / K':>6}{'P_0':>9}{'T_2 / µs':>10}{'ω₁/2π / MHz':>13}{'P at resonance':>16}{'half width / MHz':>18}"]
        for bath in self.baths:
            for amplitude in self.amplitudes_mhz:
                numbers = f"{bath.temperature_k:>6g}{bath.thermal_polarization(self.electron_ghz):>9.4f}{_t2(bath):>10.4g}"
                p, width = self._closed(bath, amplitude, 0.0), half_width_mhz(bath, amplitude)
                out.append(f"{numbers}{amplitude:>13g}{p:>16.6f}{width:>18.4g}")
        out.append("largest deviation from the closed form: " + ", ".join(f"{m} {value:.1e}" for m, value in worst.items()))
        exact = [model for model, value in worst.items() if value <= EXACT]
        rest = [model for model in MODELS if model not in exact]
        out.append(
            "All three models are Bloch's equation for one spin."
            if not rest
            else f"For one spin {', '.join(rest)} should be Bloch's equation, but differ by more than {EXACT:g}."
        )
        return "\n".join(out)


def half_width_mhz(bath: Bath, amplitude_mhz: float) -> float:
    """Half width at half depth of the saturated line."""
    t2, omega_1 = _t2(bath), RAD_US_PER_MHZ * amplitude_mhz
    return math.sqrt(1.0 + omega_1**2 * bath.t1_us * t2) / (RAD_US_PER_MHZ * t2)


def _t2(bath: Bath) -> float:
    return 1.0 / (0.25 / bath.t_zero_us + 0.5 / bath.t1_us)
