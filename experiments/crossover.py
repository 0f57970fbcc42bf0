"""The crossover of a tracked sweep, printed and logged: ``python -m experiments.crossover``.

`experiments.run` ends a sweep with `summarise`; this command does so again at any time from what is tracked, and for a sweep
that ends with something else, a question or a figure of the letter, it repeats that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from dnplab.analysis import (
    MEASURES,
    Crossover,
    Sweep,
    find_crossover,
    find_definitions,
    format_definitions,
    format_report,
    read_sweep,
    write_definitions,
    write_results,
)
from dnplab.comparison import RATIO, group_words, in_order, microwave_offsets, of_group, split_groups
from dnplab.config import QUESTIONS
from dnplab.config.safety import check_outputs
from dnplab.errors import ParameterError, TrackingError
from dnplab.figures import MODEL_COLOURS, crossover_figure, definitions_figure, profiles_figure, save, spectra_figure
from dnplab.tracking import Store, close_stale_runs, log_summary, store_of, ui_command
from dnplab.tracking.pages import RUN_COLOUR
from experiments.command import LookKeys, as_script, perform
from experiments.endings import BOOTSTRAP, SEED, KnownSweep, known_sweeps
from experiments.endings import summarise as repeat

__all__ = ["CrossoverSummary", "main", "summarise"]

CROSSOVER = "crossover"
JOINED = ("finite_size", "thermodynamic_limit")  # what sweeps of several sizes and paths are joined for
MOST_RESAMPLES = 1_000_000
NOTE = (
    "The crossover of each sweep of the experiment beside this one: one run per model, each "
    "measure against its step, which is the bath temperature in mK."
)


@dataclass
class CrossoverConfig:
    """The keys of this command."""

    sweep: str | None = None
    summary: str | None = None
    outputs: str = "outputs"
    tracking: LookKeys = field(default_factory=LookKeys)
    bootstrap: int = BOOTSTRAP
    seed: int = SEED


@dataclass(frozen=True)
class CrossoverSummary:
    """What `summarise` found and wrote."""

    sweep: Sweep
    crossover: Crossover
    definitions: pd.DataFrame
    files: tuple[Path, ...]
    link: str


def summarise(
    uri: str,
    experiment: str,
    sweep: str | None,
    outputs: Path,
    bootstrap: int = BOOTSTRAP,
    seed: int = SEED,
) -> CrossoverSummary:
    """Read a sweep, print its crossover, write it to `outputs`/crossover/<sweep>/ and log it.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs; summaries go to
            `<experiment>-crossover`.
        sweep: the sweep's id, the one asked for last if None.
        outputs: the folder everything is written under.
        bootstrap: number of resamples.
        seed: of the bootstrap.

    Raises:
        TrackingError: the store cannot be used or holds no such sweep.

    """
    found = read_sweep(uri, experiment, sweep)
    table, temperatures = crossover = find_crossover(found, bootstrap, seed)
    definitions = find_definitions(found, bootstrap, seed)
    folder = outputs / "crossover" / found.name
    files = [*write_results(table, temperatures, folder), write_definitions(definitions, folder)]
    files.append(save(crossover_figure(table, temperatures, found.groups), folder / "crossover.png"))
    if (figure := None if found.groups else definitions_figure(table, definitions)) is not None:
        files.append(save(figure, folder / "definitions.png"))
    offsets = microwave_offsets(found.runs)
    if len(offsets) == 1:
        ends = {"profiles": profiles_figure(found.spins, offsets[0], found.groups)}
        ends["spectra"] = spectra_figure(found.spectra, offsets[0], found.groups)
        files += [save(figure, folder / f"{stem}.png") for stem, figure in ends.items() if figure is not None]
    _print(found, crossover, definitions, files)

    store = Store(uri, experiment, create=False).sibling("crossover", NOTE)
    close_stale_runs(store)
    settings = {"bootstrap": bootstrap, "seed": seed}
    for group, model, curve in _curves(found, crossover):
        log_summary(
            store,
            sweep=found.name,
            model=model,
            group=", ".join(group_words(group)),
            steps=_steps(curve.table, curve.temperatures),
            params={**group, "model": model, **settings},
            tags={
                "source": "experiments.crossover",
                "complete": str(not found.missing).lower(),
                "points": found.completeness,
                RUN_COLOUR: MODEL_COLOURS[model],
            },
            files=files,
        )
    return CrossoverSummary(found, crossover, definitions, tuple(files), store.link)


def _print(found: Sweep, crossover: Crossover, definitions: pd.DataFrame, files: list[Path]) -> None:
    print(f"\nCrossover of {found.name}. {found.completeness}")
    for warning in found.warnings:
        print(f"Warning: {warning}")
    print(f"\n{format_report(*crossover, found.groups)}\n")
    if several := format_definitions(definitions, found.groups):
        print(f"{several}\n")
    print(f"Written to {files[0].parent}: {', '.join(file.name for file in files)}")


def _curves(found: Sweep, crossover: Crossover) -> Iterator[tuple[dict[str, object], str, Crossover]]:
    """(group values, model, its rows) of each summary run."""
    for group, rows in split_groups(crossover.table, found.groups):
        for model in in_order(rows["model"]):
            chosen = of_group(crossover.temperatures, {**group, "model": model})
            yield group, model, Crossover(rows[rows["model"] == model], chosen)


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
    return perform("crossover", CrossoverConfig, _carry_out)


def _carry_out(config: CrossoverConfig) -> int:
    _check(config)
    outputs = Path(config.outputs).absolute()
    uri = store_of(outputs, config.tracking.uri)
    names = config.sweep.split("+") if config.sweep else [None]
    found = [_with_ending(known_sweeps(uri, config.tracking.experiment, name)) for name in names]
    sweep, summary = "+".join(part.name for part in found), config.summary or found[0].asked.summary
    if len(found) > 1 and summary not in JOINED:
        raise ParameterError("summary", summary, f"{' or '.join(JOINED)} where sweeps are joined")
    if len(homes := dict.fromkeys(part.store.experiment for part in found)) > 1:
        raise TrackingError(f"Joined sweeps must be of one experiment, but these are of {' and '.join(homes)}.")
    print(f"Summary runs:  {repeat(found[0].store, sweep, summary, outputs, config.bootstrap, config.seed)}")
    if uri.startswith("sqlite"):
        print(f"Open:  {ui_command(uri)}")
    return 0


def _with_ending(known: Sequence[KnownSweep]) -> KnownSweep:
    """The first of these sweeps that ends with something."""
    for sweep in known:
        if sweep.asked.summary:
            return sweep
    raise TrackingError(f"The sweep {known[0].name!r} is of studies or of shards, which no table sums up.")


def _check(config: CrossoverConfig) -> None:
    """Raise ParameterError for a value out of its domain, ConfigError for a folder that cannot be written to."""
    if config.summary not in (None, CROSSOVER, *QUESTIONS):
        raise ParameterError("summary", config.summary, f"one of {', '.join((CROSSOVER, *QUESTIONS))}")
    if not 2 <= config.bootstrap <= MOST_RESAMPLES:
        raise ParameterError("bootstrap", config.bootstrap, f"a number of resamples from 2 to {MOST_RESAMPLES}")
    if config.seed < 0:
        raise ParameterError("seed", config.seed, "an integer >= 0")
    check_outputs(config.outputs)


if __name__ == "__main__":
    as_script(main)
