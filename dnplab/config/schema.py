"""Every config key and its type. Values live in conf/; a key that is not here cannot be set there or anywhere.

Frequencies are omega / 2 pi in GHz or MHz, times in µs, temperatures in K: the unit is in the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

__all__ = ["Config", "field_types", "register"]

if TYPE_CHECKING:
    Switch = bool
else:
    Switch = Any  # OmegaConf makes True of a 7 where bool stands; `to_config` refuses it


@dataclass
class SystemConfig:
    """The spins: H_S of the letter's Eq. (1)."""

    n_spins: int = MISSING
    electron_ghz: float = MISSING
    disorder_mhz: float = MISSING
    coupling_mhz: float = MISSING
    ising: Switch = MISSING


@dataclass
class BathConfig:
    """The bath; without a process of phonons, a time that is null follows `dnplab.Bath.letter`.

    With a process ("direct", "two_phonon") all times follow from it and are null; without one, its keys are null.
    uniform : T* is T(0), so that dephasing acts spin by spin
    times_factor : multiplies all three times, those by their laws and those that are given
    """

    temperature_k: float = MISSING
    t1_us: float | None = MISSING
    t_star_us: float | None = MISSING
    t_zero_us: float | None = MISSING
    uniform: Switch = MISSING
    times_factor: float = MISSING
    process: str | None = MISSING
    coupling_ratio: float | None = MISSING
    density_kg_m3: float | None = MISSING
    sound_velocity_m_s: float | None = MISSING
    in_sector_mhz: float | None = MISSING


@dataclass
class DriveConfig:
    """The microwaves; sites null means every spin.

    saturation : omega_1^2 T_1 T_z, a number, which fixes omega_1 where amplitude_mhz is null
    """

    frequency_ghz: float = MISSING
    amplitude_mhz: float | None = MISSING
    saturation: float | None = MISSING
    sites: list[int] | None = MISSING


@dataclass
class CorrelationConfig:
    """model=correlation: strings of up to `order` spins; null for every other model."""

    order: int | None = MISSING


@dataclass
class SolverConfig:
    """How the steady state is found, and to which estimated relative error."""

    method: str = MISSING
    rtol: float = MISSING
    device: str = MISSING


@dataclass
class EnsembleConfig:
    """How many disorder samples, which ones, and on how many cores (0 chooses)."""

    realizations: int = MISSING
    realizations_hilbert: int | None = MISSING
    seed: int = MISSING
    shard: str | None = MISSING
    workers: int = MISSING
    threads: int = MISSING
    max_excluded: float = MISSING


@dataclass
class ObservablesConfig:
    """What is measured on each steady state."""

    names: list[str] = MISSING
    epr_half_width_mhz: float = MISSING
    epr_bin_mhz: float = MISSING
    kept_spins: int | None = MISSING


@dataclass
class RegimeConfig:
    """One case of the three-level model, in its common unit of angular frequency."""

    detuning: float = MISSING
    coupling: float = MISSING
    decay: float = MISSING
    half_width: float = MISSING


@dataclass
class ThreeLevelConfig:
    """The three-level model: `dnplab.studies.three_level`."""

    amplitude: float = MISSING
    n_bar: float = MISSING
    points: int = MISSING
    mixing: RegimeConfig = field(default_factory=RegimeConfig)
    anderson: RegimeConfig = field(default_factory=RegimeConfig)
    zeno: RegimeConfig = field(default_factory=RegimeConfig)
    incoherent: RegimeConfig = field(default_factory=RegimeConfig)


@dataclass
class PhononsConfig:
    """T(|omega|) of phonons: `dnplab.studies.phonons`."""

    t1_us: float = MISSING
    at_temperature_k: float = MISSING
    electron_ghz: float = MISSING
    density_kg_m3: float = MISSING
    sound_velocity_m_s: float = MISSING
    electrons_mmol_l: float = MISSING
    debye_ghz: float = MISSING
    in_sector_mhz: float = MISSING
    temperatures_k: list[float] = MISSING
    temperature_min_k: float = MISSING
    temperature_max_k: float = MISSING
    temperature_points: int = MISSING
    frequency_min_ghz: float = MISSING
    frequency_max_ghz: float = MISSING
    frequency_points: int = MISSING


@dataclass
class SingleSpinConfig:
    """Bloch saturation of one spin: `dnplab.studies.single_spin`."""

    temperatures_k: list[float] = MISSING
    amplitudes_mhz: list[float] = MISSING
    first_mhz: float = MISSING
    last_mhz: float = MISSING
    points: int = MISSING
    electron_ghz: float = MISSING


@dataclass
class BuildUpConfig:
    """Build-up curves: `dnplab.studies.build_up`."""

    duration_us: float | None = MISSING
    points: int = MISSING
    realizations: int = MISSING
    seed: int = MISSING
    rtol: float = MISSING


@dataclass
class TrajectoriesConfig:
    """Quantum trajectories: `dnplab.studies.trajectories`."""

    count: int = MISSING
    count_hilbert: int = MISSING
    seed: int = MISSING
    duration_us: float = MISSING
    step_us: float = MISSING
    burn_in_us: float | None = MISSING
    shown_us: float = MISSING
    shown_step_us: float = MISSING


@dataclass
class TrackingConfig:
    """Where runs are recorded; uri null is a SQLite file in the output folder."""

    uri: str | None = MISSING
    experiment: str = MISSING
    question: str = MISSING
    sweep: str = MISSING


@dataclass
class Config:
    """One ensemble or one study: what is solved, measured and recorded.

    study : "ensemble", or one of `dnplab.config.studies`; the section of that name is then present
    summary : what a sweep of ensembles ends with, "crossover", a figure of the letter or a question
    rerun : compute again what the store has
    """

    outputs: str = MISSING
    study: str = MISSING
    summary: str = MISSING
    rerun: Switch = MISSING
    model: str = MISSING
    system: SystemConfig = field(default_factory=SystemConfig)
    bath: BathConfig = field(default_factory=BathConfig)
    drive: DriveConfig = field(default_factory=DriveConfig)
    correlation: CorrelationConfig = field(default_factory=CorrelationConfig)
    solver: SolverConfig = field(default_factory=SolverConfig)
    ensemble: EnsembleConfig = field(default_factory=EnsembleConfig)
    observables: ObservablesConfig = field(default_factory=ObservablesConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    three_level: ThreeLevelConfig | None = None
    phonons: PhononsConfig | None = None
    single_spin: SingleSpinConfig | None = None
    build_up: BuildUpConfig | None = None
    trajectories: TrajectoriesConfig | None = None


def register() -> None:
    """Make the schema known to Hydra under the name that conf/config.yaml begins with."""
    ConfigStore.instance().store(name="schema", node=Config, provider="dnplab")


def field_types(schema: type = Config) -> dict[str, Any]:
    """Every key of a schema, dotted, with its type: {"bath.temperature_k": float, ...}."""
    return dict(_walk(schema, ""))


def _walk(kind: type, prefix: str) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(kind)
    for item in fields(kind):
        hint = hints[item.name]
        section = next((part for part in (hint, *get_args(hint)) if isinstance(part, type) and is_dataclass(part)), None)
        if section is not None:
            yield from _walk(section, f"{prefix}{item.name}.")
        else:
            yield f"{prefix}{item.name}", bool if hint is Switch else hint
