"""The crossover of a tracked sweep, printed and logged: ``python -m experiments.crossover``.

`experiments.run` ends a sweep with `summarise`; this command repeats it at any time from what is
tracked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import hydra
import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dnplab.analysis import (
    MEASURES,
    RATIO,
    Sweep,
    crossover_table,
    crossover_temperatures,
    format_report,
    read_sweep,
    write_results,
)
from dnplab.errors import DnplabError, ParameterError
from dnplab.figures import crossover_figure, profiles_figure, save
from dnplab.tracking import default_uri, log_summary, ui_command
from dnplab.tracking.opening import existing_store

__all__ = ["CrossoverSummary", "main", "summarise"]

CONF = Path(__file__).resolve().parents[1] / "conf"
BAD_INPUT = 2
NOTE = (
    "The crossover of each sweep of the experiment beside this one: one run per model, each "
    "measure against its step, which is the bath temperature in mK."
)


@dataclass
class TrackingKeys:
    """Where the runs are recorded; uri null is a SQLite file in the output folder."""

    uri: str | None = None
    experiment: str = "dnplab"


@dataclass
class CrossoverConfig:
    """The keys of this command."""

    sweep: str | None = None
    outputs: str = "outputs"
    tracking: TrackingKeys = field(default_factory=TrackingKeys)
    bootstrap: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class CrossoverSummary:
    """What `summarise` found and wrote."""

    sweep: Sweep
    table: pd.DataFrame
    temperatures: pd.DataFrame
    files: tuple[Path, ...]
    link: str


def summarise(
    uri: str,
    experiment: str,
    sweep: str | None,
    outputs: Path,
    bootstrap: int = 1000,
    seed: int = 0,
) -> CrossoverSummary:
    """Read a sweep, print its crossover, write it to `outputs`/crossover/<sweep>/ and log it.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs; summaries go to
            `<experiment>-crossover`.
        sweep: the sweep's id, the newest if None.
        outputs: the folder everything is written under.
        bootstrap: number of resamples.
        seed: of the bootstrap.

    Raises:
        TrackingError: the store cannot be used or holds no such sweep.

    """
    found = read_sweep(uri, experiment, sweep)
    table = crossover_table(found, bootstrap, seed)
    temperatures = crossover_temperatures(found, bootstrap, seed)
    folder = outputs / "crossover" / found.name
    files = [*write_results(table, temperatures, folder)]
    files.append(save(crossover_figure(table, temperatures, found.groups), folder / "crossover.png"))
    offsets = _microwave_offsets(found.runs)
    if len(offsets) == 1 and (profiles := profiles_figure(found.spins, offsets[0], found.groups)):
        files.append(save(profiles, folder / "profiles.png"))
    _print(found, table, temperatures, files)

    store = existing_store(uri, experiment).sibling("crossover", NOTE)
    settings = {"bootstrap": bootstrap, "seed": seed}
    for label, params, rows, crossings in _curves(found, table, temperatures):
        log_summary(
            store,
            sweep=found.name,
            model=label,
            steps=_steps(rows, crossings),
            params={**params, **settings},
            tags={"source": "experiments.crossover", "complete": str(not found.missing).lower()},
            files=files,
        )
    return CrossoverSummary(found, table, temperatures, tuple(files), store.link)


def _microwave_offsets(runs: pd.DataFrame) -> list[float]:
    """Where the drives of a sweep stand from the electron frequency, in MHz."""
    offsets = 1e3 * (runs["drive.frequency_ghz"] - runs["system.electron_ghz"])
    return sorted({round(float(offset), 6) for offset in offsets})


def _print(found: Sweep, table: pd.DataFrame, temperatures: pd.DataFrame, files: list[Path]) -> None:
    print(f"\nCrossover of {found.name}. {found.completeness}")
    for warning in found.warnings:
        print(f"Warning: {warning}")
    print(f"\n{format_report(table, temperatures, found.groups)}\n")
    print(f"Written to {files[0].parent}: {', '.join(file.name for file in files)}")


def _curves(
    found: Sweep, table: pd.DataFrame, temperatures: pd.DataFrame
) -> Iterator[tuple[str, dict[str, object], pd.DataFrame, pd.DataFrame]]:
    """(label, group values, table rows, crossover temperatures) of each summary run."""
    keys = [*found.groups, "model"]
    for values, rows in table.groupby(keys, sort=False):
        params = dict(zip(keys, values, strict=True))
        chosen = temperatures
        for key, value in params.items():
            chosen = chosen[chosen[key] == value]
        extra = [f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in params.items()]
        yield " ".join([str(params["model"]), *extra[:-1]]), params, rows, chosen


def _steps(rows: pd.DataFrame, crossings: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Metrics by temperature in mK; the crossover temperatures stand at step 0."""
    shown = [name for measure in (*MEASURES, RATIO) for name in (measure, f"{measure}_sem") if name in rows]
    steps = {
        round(1000 * row["temperature_k"]): _finite({k: row[k] for k in ["temperature_k", *shown]})
        for row in rows.to_dict("records")
    }
    found = _finite({f"crossover_k.{row['measure']}": row["crossover_k"] for row in crossings.to_dict("records")})
    return {**({0: found} if found else {}), **steps}


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    ConfigStore.instance().store(name="crossover_schema", node=CrossoverConfig, provider="dnplab")
    words = get_args_parser().parse_args()
    if words.help or words.hydra_help or words.cfg or words.info or words.shell_completion:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="crossover")(lambda _: None)()
        return 0
    try:
        config = _composed(words.overrides)
        outputs = Path(config.outputs).absolute()
        uri = config.tracking.uri or default_uri(outputs)
        summary = summarise(uri, config.tracking.experiment, config.sweep, outputs, config.bootstrap, config.seed)
    except DnplabError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(f"Summary runs:  {summary.link}")
    if uri.startswith("sqlite"):
        print(f"Open:  {ui_command(uri)}")
    return 0


def _composed(overrides: list[str]) -> CrossoverConfig:
    """The typed config of a command line.

    Raises:
        ParameterError: an unknown key or a value of the wrong type.

    """
    try:
        with initialize_config_dir(str(CONF), job_name="crossover", version_base="1.3"):
            composed: DictConfig = compose("crossover", overrides=overrides)
        config = cast(CrossoverConfig, OmegaConf.to_object(composed))
    except (HydraException, OmegaConfBaseException) as error:
        known = "KEY=VALUE with a key and a value as `python -m experiments.crossover --help` lists"
        raise ParameterError("The command line", " ".join(overrides), known) from error
    if config.bootstrap < 2:
        raise ParameterError("bootstrap", config.bootstrap, "at least 2 resamples")
    if config.seed < 0:
        raise ParameterError("seed", config.seed, "an integer >= 0")
    return config


if __name__ == "__main__":
    sys.exit(main())
