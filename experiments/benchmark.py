"""Solvers against each other on the same samples: ``python -m experiments.benchmark --help``.

Each measurement runs in a process of its own. The table is printed, drawn, written as CSV and Parquet, and logged as one
MLflow run whose metrics stand at the step N; the CSV grows row by row, so that an interrupted benchmark is not lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from dnplab import checks
from dnplab.benchmark import Job, measure, reference
from dnplab.benchmark.machine import Machine, available_cores, product_rate, this_machine
from dnplab.benchmark.methods import require_method
from dnplab.benchmark.table import benchmark_table, format_table, row_of
from dnplab.config import make_plan
from dnplab.config.safety import check_outputs
from dnplab.errors import ParameterError
from dnplab.tracking import RunWriter, Store, code_tags, store_of, tracked_run, ui_command
from experiments.command import CONF, RecordKeys, as_script, dated_folder, perform, require_distinct, require_room
from experiments.progress import describe, progress_bar

__all__ = ["CASES", "main"]

ROOT = Path(__file__).resolve().parents[1]
NOTE = (
    "How fast, how small and how exact are the solvers? One run a benchmark, each metric against its step, which is the "
    "number of spins."
)
CASES = {
    "table1_cold": ("system=letter", "bath=table1_slow", "drive=letter"),
    "table1_fast": ("system=letter", "bath=table1_fast", "drive=letter"),
    "short_t1": ("system=letter", "bath=short_t1", "drive=letter"),
    "mbl": ("system=mbl", "bath=table1_fast", "drive=letter"),
    "zeno": ("system=full_localization", "bath=full_localization", "drive=single_spin"),
}
LOGGED = (
    "seconds",
    "build_seconds",
    "applications",
    "peak_mib",
    "residual",
    "polarization_error",
    "ratio_to_auto",
    "over_limit",
)


@dataclass
class BenchmarkConfig:
    """The keys of this command."""

    sizes: list[int] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    repeats: int = 3
    rtol: float = 1e-10
    threads: int = 0
    seed: int = 0
    limit_s: float = 120.0
    max_applications: int = 3000
    outputs: str = "outputs"
    tracking: RecordKeys = field(default_factory=RecordKeys)


@dataclass(frozen=True)
class Problem:
    """All methods on one sample."""

    case: str
    jobs: tuple[Job, ...]


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("benchmark", BenchmarkConfig, _carry_out)


def _checked(config: BenchmarkConfig) -> BenchmarkConfig:
    """The config with the cores counted.

    Raises:
        DnplabError: a value out of its domain, or a size that does not fit into memory.

    """
    for key in ("sizes", "cases", "methods"):
        require_distinct(key, getattr(config, key))
    for size in config.sizes:
        checks.positive_int("sizes", size)
    for case in config.cases:
        if case not in CASES:
            raise ParameterError("cases", case, "names out of " + ", ".join(CASES))
    for method in config.methods:
        require_method(method)
    checks.positive_int("repeats", config.repeats)
    checks.tolerance("rtol", config.rtol)
    checks.non_negative_int("seed", config.seed)
    checks.positive("limit_s", config.limit_s)
    checks.positive_int("max_applications", config.max_applications)
    check_outputs(config.outputs)
    require_room("sizes", max(config.sizes))
    config.threads = checks.non_negative_int("threads", config.threads) or available_cores()
    return config


def _problems(config: BenchmarkConfig) -> Iterator[Problem]:
    """Every case at every size, from the presets in conf/."""
    for size in config.sizes:
        for case in config.cases:
            words = [*CASES[case], f"system.n_spins={size}", f"ensemble.seed={config.seed}"]
            spec = make_plan(CONF, words).jobs[0].spec
            system = spec.system(0)
            limits = (config.rtol, config.threads, config.repeats, config.limit_s, config.max_applications)
            yield Problem(case, tuple(Job(name, system, spec.bath, spec.drive, *limits) for name in config.methods))


def _carry_out(config: BenchmarkConfig) -> int:
    config = _checked(config)
    problems = list(_problems(config))
    folder = dated_folder(config.outputs, "benchmark")
    machine = this_machine()
    settings = {key: value for key, value in asdict(config).items() if key not in ("outputs", "tracking")}
    outputs = Path(config.outputs).absolute()
    store = Store(store_of(outputs, config.tracking.uri), config.tracking.experiment, outputs / "mlartifacts", NOTE)
    tags = code_tags(ROOT, "zeno-dnp") | {"source": "experiments.benchmark", "mlflow.source.name": "experiments.benchmark"}
    params = {key: _plain(value) for key, value in settings.items()}
    params |= {f"machine.{key}": value for key, value in asdict(machine).items()}
    # every benchmark measures anew: its folder, which carries the time, is part of what it is
    mark = hashlib.sha256(json.dumps([params, tags, str(folder)], sort_keys=True).encode()).hexdigest()
    sizes = ",".join(map(str, config.sizes))
    with tracked_run(store, name=f"benchmark N={sizes}", fingerprint=mark, params=params, tags=tags) as run:
        OmegaConf.save(OmegaConf.create({**settings, "machine": asdict(machine)}), folder / "settings.yaml")
        table = _measured(config, problems, folder)
        _write(table, folder)
        _log(run, table, folder)
    print(format_table(table, _head(config, machine)))
    print(f"\nWritten to {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    print(f"Run:  {store.link}")
    if store.uri.startswith("sqlite"):
        print(f"Open:  {ui_command(store.uri)}")
    return 0


def _plain(value: object) -> object:
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _head(config: BenchmarkConfig, machine: Machine) -> list[str]:
    return [
        f"Steady states of the nonsecular equation on {machine}.",
        f"rtol = {config.rtol:g}; BLAS threads: {config.threads}; sample ({config.seed}, 0); median of up to "
        f"{config.repeats} solves; limit of {config.limit_s:g} s a solve.",
        "error: the largest of the polarizations; vs auto: seconds over those of auto; vs limit: seconds over those of its "
        "dense products (applications x products of one) at this machine's rate.",
    ]


def _measured(config: BenchmarkConfig, problems: Sequence[Problem], folder: Path) -> pd.DataFrame:
    """All measurements, one after the other; what is there so far is in the CSV."""
    rows: list[dict[str, Any]] = []
    rates: dict[int, dict[str, float]] = {}
    total = sum(1 + len(problem.jobs) for problem in problems)
    with progress_bar(total, "measurement") as bar:
        for problem in problems:
            size, dimension = problem.jobs[0].system.n_spins, problem.jobs[0].system.dimension
            if dimension not in rates:
                names = ("float64", "float32")
                rates[dimension] = {name: product_rate(dimension, name, config.threads) for name in names}
            describe(bar, f"N={size} {problem.case} reference")
            truth = reference(problem.jobs[0])
            bar.update()
            for job in problem.jobs:
                describe(bar, f"N={size} {problem.case} {job.method}")
                rows.append(row_of(problem.case, job, measure(job), truth, rates[dimension]))
                benchmark_table(rows).to_csv(folder / "benchmark.csv", index=False)
                bar.update()
    return benchmark_table(rows)


def _write(table: pd.DataFrame, folder: Path) -> None:
    from dnplab import figures  # seaborn is slow to import
    from dnplab.figures.benchmark import benchmark_figure

    table.to_csv(folder / "benchmark.csv", index=False)
    table.to_parquet(folder / "benchmark.parquet", index=False)
    figures.save(benchmark_figure(table), folder / "benchmark.png")


def _log(run: RunWriter, table: pd.DataFrame, folder: Path) -> None:
    """Metrics `<what>.<case>.<method>` at step N, and every file."""
    for size, rows in table.groupby("n_spins"):
        metrics: dict[str, float] = {}
        for row in rows.to_dict("records"):
            metrics |= _metrics(row)
        metrics |= {f"product_gflops.{name}": rows[f"product_gflops_{name}"].iloc[0] for name in ("float64", "float32")}
        run.log(metrics=metrics, step=int(str(size)))
    run.log(metrics={"check.unfinished": float((~table["finished"]).sum())})
    run.log_files(folder)


def _metrics(row: Mapping[Hashable, Any]) -> dict[str, float]:
    """What is known of one row."""
    known = {name: row[name] for name in LOGGED if not pd.isna(row[name])}
    where = f"{row['case']}.{row['method']}"
    return {f"{name}.{where}": float(value) for name, value in known.items() if np.isfinite(value)}


if __name__ == "__main__":
    as_script(main)
