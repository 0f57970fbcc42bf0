r"""What a microscopic bath of phonons gives for T(|omega|): (S105) and (S106) against temperature and frequency.

The letter quotes "omega^2 T" for the direct process and "T^7, independent of the frequency" for two phonons. Both are limits
for beta omega << 1 that the electron frequency does not reach when cold: local exponents d ln(1/T(|omega|)) / d ln T show
where they hold. The couplings g1/g_e and g2/g_e are chosen to give a measured T_1, since nothing else fixes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.integrate import quad

from dnplab import checks
from dnplab.bath import Bath
from dnplab.errors import ParameterError
from dnplab.models.lamb_shift import lamb_shift_kernel
from dnplab.phonons import PROCESSES, PhononProcess, PhononSpectrum, TwoPhononProcess, below_debye, decorrelation_ghz
from dnplab.studies.base import StudyResult, no_progress
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ, beta_omega

__all__ = ["Phonons"]

LARGEST_GRID = 10_001
LARGEST_DEBYE = 1e6  # electron frequencies
MODERATE = (
    "t1_us",
    "at_temperature_k",
    "electron_ghz",
    "density_kg_m3",
    "sound_velocity_m_s",
    "electrons_mmol_l",
    "debye_ghz",
    "in_sector_mhz",
    "temperature_min_k",
    "temperature_max_k",
    "frequency_min_ghz",
    "frequency_max_ghz",
)


@dataclass(frozen=True)
class Phonons:
    """T(|omega|) of both processes in one medium.

    t1_us, at_temperature_k : the T_1 that fixes both couplings, and where it is measured
    electrons_mmol_l : concentration of electron spins, for the decorrelation of their baths
    debye_ghz : Debye frequency, where the integral of the Lamb shift ends
    in_sector_mhz : the gap that stands for all inside an S^z sector
    temperatures_k : ascending; curves against frequency, and the summary from the first to the last
    temperature_min_k .. frequency_points : the two grids, logarithmic; electron_ghz lies inside the second
    """

    study: ClassVar[str] = "phonons"

    t1_us: float
    at_temperature_k: float
    electron_ghz: float
    density_kg_m3: float
    sound_velocity_m_s: float
    electrons_mmol_l: float
    debye_ghz: float
    in_sector_mhz: float
    temperatures_k: tuple[float, ...]
    temperature_min_k: float
    temperature_max_k: float
    temperature_points: int
    frequency_min_ghz: float
    frequency_max_ghz: float
    frequency_points: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperatures_k", tuple(checks.moderate("temperatures_k", t) for t in self.temperatures_k))
        for key in MODERATE:
            object.__setattr__(self, key, checks.moderate(key, getattr(self, key)))
        for key in ("temperature_points", "frequency_points"):
            if not 2 <= checks.positive_int(key, getattr(self, key)) <= LARGEST_GRID:
                raise ParameterError(key, getattr(self, key), f"an integer from 2 to {LARGEST_GRID}")
        if len(self.temperatures_k) < 2 or any(np.diff(self.temperatures_k) <= 0):
            raise ParameterError("temperatures_k", list(self.temperatures_k), "at least two temperatures in ascending order")
        if not self.temperature_max_k > self.temperature_min_k:
            allowed = f"above temperature_min_k = {self.temperature_min_k:g}"
            raise ParameterError("temperature_max_k", self.temperature_max_k, allowed)
        line = f"electron_ghz = {self.electron_ghz:g}"
        if not self.frequency_min_ghz < self.electron_ghz:
            raise ParameterError("frequency_min_ghz", self.frequency_min_ghz, f"below {line}, so that the grid holds it")
        if not self.frequency_max_ghz > self.electron_ghz:
            raise ParameterError("frequency_max_ghz", self.frequency_max_ghz, f"above {line}, so that the grid holds it")
        if not 1.0 < self.debye_ghz / self.electron_ghz <= LARGEST_DEBYE:
            raise ParameterError("debye_ghz", self.debye_ghz, f"above {line} and at most {LARGEST_DEBYE:g} times that")
        for process in self.processes:  # so that a gap or a T_1 that they do not allow is refused here
            PhononSpectrum(process, self.at_temperature_k, self.in_sector_mhz)

    @property
    def processes(self) -> tuple[PhononProcess, ...]:
        """Both processes, with the couplings that the measured T_1 needs."""
        medium = (self.electron_ghz, self.density_kg_m3, self.sound_velocity_m_s)
        return tuple(kind(1.0, *medium).with_t1(self.t1_us, self.at_temperature_k) for kind in PROCESSES.values())

    @property
    def title(self) -> str:
        """The run's name."""
        return f"phonons T1={self.t1_us:g}us at {self.at_temperature_k:g}K"

    @property
    def steps(self) -> int:
        """One for each process and temperature of the summary."""
        return len(PROCESSES) * len(self.temperatures_k)

    def compute(self, progress: Callable[[int], object] = no_progress) -> StudyResult:
        """Both grids and the summary."""
        rows = []
        for process in self.processes:
            for temperature_k in self.temperatures_k:
                rows.append(self._summary(process, temperature_k))
                progress(1)
        summary = pd.DataFrame(rows)
        tables = {
            "phonon_summary": summary,
            "phonon_temperature": pd.concat([self._against_temperature(p) for p in self.processes], ignore_index=True),
            "phonon_frequency": pd.concat([self._against_frequency(p) for p in self.processes], ignore_index=True),
        }
        return StudyResult(self._metrics(summary), tables, self._text(summary))

    def _summary(self, process: PhononProcess, temperature_k: float) -> dict[str, Any]:
        omega_e, in_sector = RAD_US_PER_GHZ * self.electron_ghz, RAD_US_PER_MHZ * self.in_sector_mhz
        bath = Bath.phonons(process, temperature_k, self.in_sector_mhz)
        gamma = PhononSpectrum(process, temperature_k, cutoff_ghz=self.debye_ghz)
        shift = [lamb_shift_kernel(gamma, p, -p, omega_e) for p in (-omega_e, omega_e)]
        return {
            "process": process.process,
            "temperature_k": temperature_k,
            "t1_us": bath.t1_us,
            "t_star_us": bath.t_star_us,
            "t_zero_us": bath.t_zero_us,
            "exponent_electron": float(process.exponent(omega_e, temperature_k)),
            "exponent_in_sector": float(process.exponent(in_sector, temperature_k)),
            "rate_over_hot_limit": float(process.rate(omega_e, temperature_k) / process.hot_limit(omega_e, temperature_k)),
            "lamb_shift_mhz": 0.5 * (shift[0] - shift[1]) / RAD_US_PER_MHZ,
            "below_debye": below_debye(self.debye_ghz, temperature_k) if isinstance(process, TwoPhononProcess) else 1.0,
        }

    def _against_temperature(self, process: PhononProcess) -> pd.DataFrame:
        grid = np.geomspace(self.temperature_min_k, self.temperature_max_k, self.temperature_points)
        gaps = {"in_sector": 1e-3 * self.in_sector_mhz, "electron": self.electron_ghz}
        return pd.concat(
            [_table(process, ghz, grid).assign(gap=gap, frequency_ghz=ghz, temperature_k=grid) for gap, ghz in gaps.items()],
            ignore_index=True,
        )

    def _against_frequency(self, process: PhononProcess) -> pd.DataFrame:
        grid = np.geomspace(self.frequency_min_ghz, self.frequency_max_ghz, self.frequency_points)
        return pd.concat(
            [_table(process, grid, t).assign(frequency_ghz=grid, temperature_k=t) for t in self.temperatures_k],
            ignore_index=True,
        )

    def _metrics(self, summary: pd.DataFrame) -> dict[str, float]:
        metrics = {"obs.decorrelation_ghz": decorrelation_ghz(self.sound_velocity_m_s, self.electrons_mmol_l)}
        cold, hot = self.temperatures_k[0], self.temperatures_k[-1]
        for process in self.processes:
            name, rows = process.process, summary[summary["process"] == process.process]
            metrics[f"obs.coupling_ratio_{name}"] = process.coupling_ratio
            ratio = rows["t1_us"].iloc[0] / rows["t1_us"].iloc[-1]
            metrics[f"obs.t1_exponent_{name}"] = math.log(ratio) / math.log(hot / cold)
            for row in rows.to_dict("records"):
                at = f"{name}_{row['temperature_k']:.15g}K"
                metrics[f"obs.rate_over_hot_limit_{at}"] = row["rate_over_hot_limit"]
                metrics[f"obs.lamb_shift_mhz_{at}"] = row["lamb_shift_mhz"]
                metrics[f"obs.below_debye_{at}"] = row["below_debye"]
        metrics["check.two_phonon_integral"] = max(self._integral_error(t) for t in self.temperatures_k)
        return metrics

    def _integral_error(self, temperature_k: float) -> float:
        """The closed form against the two integrals of (S106) as they are printed, relative, at omega_e."""
        a = 0.5 * beta_omega(self.electron_ghz, temperature_k)
        # exp(a) cosh(a) and the sinh as exponentials that cannot overflow
        two, _ = quad(lambda y: _emitted(y) * _emitted(a - y), 0.0, a)
        raman, _ = quad(lambda y: math.exp(-2.0 * y) * _emitted(y) * _emitted(a + y), 0.0, np.inf)
        printed = 2.0 * (1.0 + math.exp(-2.0 * a)) * (two + 2.0 * raman) / (math.pi**6 / 21)
        process, omega_e = self.processes[1], RAD_US_PER_GHZ * self.electron_ghz
        ratio = float(process.rate(omega_e, temperature_k) / process.hot_limit(omega_e, temperature_k))
        return abs(ratio / printed - 1.0)

    def _text(self, summary: pd.DataFrame) -> str:
        beyond = self.electron_ghz / decorrelation_ghz(self.sound_velocity_m_s, self.electrons_mmol_l)
        times = "".join(f"{head:>12}" for head in ("T_1 / us", "T* / us", "T(0) / us"))
        lines = [f"{'process':<12}{'T / K':>7}{times}{'exponent':>10}{'Lamb / MHz':>12}{'< Debye':>9}"]
        for row in summary.to_dict("records"):
            times = "".join(f"{row[key]:>12.4g}" for key in ("t1_us", "t_star_us", "t_zero_us"))
            lines.append(
                f"{row['process']:<12}{row['temperature_k']:>7g}{times}"
                f"{row['exponent_electron']:>10.3f}{row['lamb_shift_mhz']:>12.3g}{row['below_debye']:>9.1%}"
            )
        ratios = ", ".join(f"{p.coupling_ratio:.3g} ({p.process})" for p in self.processes)
        lines += [
            "",
            "exponent: d ln(1/T) / d ln T at the electron frequency; the direct process has 1 and two phonons 7 when hot.",
            f"< Debye: what phonons below {self.debye_ghz:g} GHz give of 1/T (two phonons: of 1/T(0)); the rates take all.",
            f"T_1 = {self.t1_us:g} us at {self.at_temperature_k:g} K needs g_i / g_e = {ratios}.",
            f"The electron frequency is {beyond:.2g} times v rho_e^(1/3); far above it the baths of spins are independent.",
        ]
        return "\n".join(lines)


def _table(process: PhononProcess, frequency_ghz: Any, temperature_k: Any) -> pd.DataFrame:
    """T(|omega|), its limits and its exponent on a grid in one of the two arguments."""
    omega = RAD_US_PER_GHZ * np.asarray(frequency_ghz)
    return pd.DataFrame(
        {
            "process": process.process,
            "time_us": process.time(omega, temperature_k),
            "hot_limit_us": 1.0 / process.hot_limit(omega, temperature_k),
            "cold_limit_us": 1.0 / process.cold_limit(omega) * np.ones_like(temperature_k),
            "exponent": process.exponent(omega, temperature_k),
        }
    )


def _emitted(y: float) -> float:
    # y^3 / (1 - exp(-2y)), that is y^3 / (2 sinh y) without exp(-y)
    return y**3 / -math.expm1(-2.0 * y) if y > 1e-12 else 0.5 * y**2
