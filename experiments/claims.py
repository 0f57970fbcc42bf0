"""The letter's claims, measured: ``python -m experiments.claims --help``.

Every statement that a number can decide, with a rule that was fixed beforehand (`dnplab.claims`). The ensembles they share
are computed once and stored realization by realization, so that an interrupted command resumes where it stopped. The table
is written as Markdown and CSV and logged as one MLflow run.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from joblib.externals.loky import get_reusable_executor
from omegaconf import OmegaConf
from tqdm import tqdm

from dnplab import checks
from dnplab.claims import (
    FULL,
    QUICK,
    Claim,
    Laboratory,
    Measured,
    Scale,
    Verdict,
    choose,
    claims_table,
    count_verdicts,
    shown,
    specs,
    to_markdown,
)
from dnplab.config.safety import check_outputs
from dnplab.ensemble import EnsembleResult, run_ensemble
from dnplab.errors import ConvergenceError, ParameterError, UndefinedMeasureError
from dnplab.tracking import RunWriter, Store, code_tags, store_of, tracked_run, ui_command
from experiments.command import INTERRUPTED, TERMINATED, RecordKeys, as_script, dated_folder, perform, require_room
from experiments.jobs import checkpoint_root
from experiments.progress import describe, progress_bar
from experiments.termination import Terminated, Termination

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
SCALES = {"quick": QUICK, "full": FULL}
TITLE = "# The letter's claims, measured"


@dataclass
class SizeKeys:
    """What replaces a number of the scale; null leaves it."""

    n_spins: int | None = None
    realizations: int | None = None
    eigenstate_realizations: int | None = None
    small_spins: int | None = None
    small_realizations: int | None = None
    level_spins: int | None = None
    level_realizations: int | None = None
    full_localization_spins: int | None = None


@dataclass
class ClaimsConfig:
    """The keys of this command."""

    scale: str = "quick"
    only: list[str] = field(default_factory=list)
    seed: int = 0
    workers: int = 0
    size: SizeKeys = field(default_factory=SizeKeys)
    outputs: str = "outputs"
    tracking: RecordKeys = field(default_factory=RecordKeys)


@dataclass(frozen=True)
class Task:
    """What a command asks for, checked."""

    config: ClaimsConfig
    scale: Scale
    claims: tuple[Claim, ...]

    @property
    def ensembles(self) -> tuple[str, ...]:
        """Names of the ensembles that the claims read, each once."""
        return tuple(dict.fromkeys(name for claim in self.claims for name in claim.needs))

    @property
    def params(self) -> dict[str, object]:
        """All that fixes the numbers but the code."""
        only = ",".join(self.config.only) or "all"
        return {"scale": self.config.scale, "only": only, "seed": self.config.seed, **asdict(self.scale)}


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("claims", ClaimsConfig, _test)


def _test(config: ClaimsConfig) -> int:
    task = _checked(config)
    check_outputs(task.config.outputs)
    termination = Termination()
    try:
        termination.listen()
        with termination.kept():
            return _carry_out(task, termination)
    except KeyboardInterrupt as stop:
        get_reusable_executor(reuse=True, kill_workers=True).shutdown(wait=True, kill_workers=True)
        word, code = ("Terminated", TERMINATED) if isinstance(stop, Terminated) else ("Interrupted", INTERRUPTED)
        print(f"{word}. The same command computes what is missing.", file=sys.stderr)
        return code


def _checked(config: ClaimsConfig) -> Task:
    """The task of a config, refused before anything is written.

    Raises:
        DnplabError: a value out of its domain, or a size that does not fit into memory.

    """
    if config.scale not in SCALES:
        raise ParameterError("scale", config.scale, "one of " + ", ".join(SCALES))
    checks.non_negative_int("seed", config.seed)
    checks.non_negative_int("workers", config.workers)
    given = {key.name: value for key in fields(SizeKeys) if (value := getattr(config.size, key.name)) is not None}
    try:
        scale = replace(SCALES[config.scale], **given)
    except ParameterError as error:
        raise ParameterError(f"size.{error.key}", *error.__reduce__()[1][1:]) from error
    for key in ("n_spins", "full_localization_spins"):
        require_room(f"size.{key}", getattr(scale, key))
    return Task(config, scale, choose(config.only))


def _carry_out(task: Task, termination: Termination) -> int:
    config, started = task.config, time.perf_counter()
    outputs = Path(config.outputs).absolute()
    store = Store(store_of(outputs, config.tracking.uri), config.tracking.experiment, outputs / "mlartifacts")
    code = code_tags(ROOT, "zeno-dnp")
    tags = code | {"source": "experiments.claims", "mlflow.source.name": "experiments.claims"}
    mark = hashlib.sha256(json.dumps([task.params, tags], sort_keys=True).encode()).hexdigest()
    with tracked_run(store, name=f"claims {config.scale}", fingerprint=mark, params=task.params, tags=tags) as run:
        ensembles, found = _measured(task, checkpoint_root(outputs), termination)
        table = claims_table(task.claims, found)
        folder = dated_folder(outputs, "claims")
        head = _head(task, ensembles, code, time.perf_counter() - started)
        _write(task, table, head, folder)
        _log(run, table, folder)
    print("\n".join([*head[1:], "", *_lines(table), "", count_verdicts(table)]))
    print(f"\nWritten to {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    print(f"Run:  {store.link}")
    if store.uri.startswith("sqlite"):
        print(f"Open:  {ui_command(store.uri)}")
    return 0


def _measured(
    task: Task, checkpoints: Path, termination: Termination
) -> tuple[dict[str, EnsembleResult], dict[str, Measured]]:
    """All ensembles, then all claims."""
    known = specs(task.scale, task.config.seed)
    total = sum(known[name].realizations for name in task.ensembles) + len(task.claims)
    with progress_bar(total, "step") as bar:
        progress = _progress(bar, termination)
        ensembles: dict[str, EnsembleResult] = {}
        for name in task.ensembles:
            describe(bar, name)
            with termination.kept():
                ensembles[name] = run_ensemble(
                    known[name], workers=task.config.workers, checkpoints=checkpoints, progress=progress
                )
        laboratory = Laboratory(task.scale, task.config.seed, ensembles)
        found: dict[str, Measured] = {}
        for claim in task.claims:
            describe(bar, claim.name)
            try:
                found[claim.name] = claim.measure(laboratory)
            except (ConvergenceError, UndefinedMeasureError) as error:
                found[claim.name] = Measured(math.nan, math.nan, str(error))  # the others are not lost with it
            progress(1)
    return ensembles, found


def _progress(bar: tqdm[Any], termination: Termination) -> Callable[[int], None]:
    def progress(count: int) -> None:
        termination.check()
        bar.update(count)

    return progress


def _head(task: Task, ensembles: Mapping[str, EnsembleResult], code: Mapping[str, str], seconds: float) -> list[str]:
    scale, changed = task.scale, " with changes" if code["code_dirty"] == "true" else ""
    lines = [
        TITLE,
        "",
        f"Scale {task.config.scale}, seed {task.config.seed}: N = {scale.n_spins} and {scale.realizations} samples "
        f"({scale.eigenstate_realizations} with eigenstates); small N = {scale.small_spins} and {scale.small_realizations} "
        f"samples; levels of H_S at N = {scale.level_spins}, {scale.level_realizations} samples; full localization at "
        f"N = {scale.full_localization_spins}, one sample.",
        f"Code {code['code_version'][:12]}{changed}; {datetime.now():%Y-%m-%d}; {seconds / 60:.1f} minutes, and the samples "
        f"{_processor_minutes(ensembles):.1f} processor minutes (those that were stored already included).",
    ]
    missing = {name: len(found.excluded) for name, found in ensembles.items() if len(found.excluded)}
    lines += [f"{count} realizations of {name} did not converge and are in no average." for name, count in missing.items()]
    return lines


def _processor_minutes(ensembles: Mapping[str, EnsembleResult]) -> float:
    return sum(r.scalars["seconds"] for found in ensembles.values() for r in found.converged) / 60


def _write(task: Task, table: pd.DataFrame, head: Sequence[str], folder: Path) -> None:
    (folder / "claims.md").write_text(to_markdown(table, head), encoding="utf-8")
    table.to_csv(folder / "claims.csv", index=False)
    OmegaConf.save(OmegaConf.create(task.params), folder / "settings.yaml")


def _log(run: RunWriter, table: pd.DataFrame, folder: Path) -> None:
    """Metrics `claim.<name>` and `claim.<name>_sem`, tags `verdict.<name>`, how many of each verdict, and every file."""
    metrics = {f"check.{verdict.replace(' ', '_')}": float((table["verdict"] == verdict).sum()) for verdict in Verdict}
    for name, value, error in table[["name", "value", "error"]].itertuples(index=False):
        metrics |= {f"claim.{name}": float(value), f"claim.{name}_sem": float(error)}
    run.log(metrics={name: value for name, value in metrics.items() if math.isfinite(value)})
    run.log(tags={f"verdict.{name}": verdict for name, verdict in table[["name", "verdict"]].itertuples(index=False)})
    run.log_files(folder)


def _lines(table: pd.DataFrame) -> list[str]:
    """One aligned line a claim."""
    measured = [
        f"{shown(value, error)} {unit}".rstrip()
        for value, error, unit in table[["value", "error", "unit"]].itertuples(index=False)
    ]
    columns = [table["name"].tolist(), measured, table["rule"].tolist(), table["verdict"].tolist()]
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


if __name__ == "__main__":
    as_script(main)
