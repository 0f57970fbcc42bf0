"""What does a cut of the correlations cost, and does its estimate say so? ``python -m experiments.truncation --help``.

The CSV grows row by row, so that an interrupted comparison keeps what it has.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import pandas as pd
from omegaconf import OmegaConf

from dnplab import checks
from dnplab.benchmark.truncation import CutRow, compare_orders
from dnplab.config.safety import check_outputs
from dnplab.errors import ConvergenceError, DegenerateSpectrumError, ParameterError
from dnplab.figures.style import save
from dnplab.figures.truncation import truncation_figure
from experiments.command import INCOMPLETE, INTERRUPTED, as_script, dated_folder, perform, require_distinct, require_room
from experiments.progress import describe, progress_bar

__all__ = ["main"]


@dataclass
class TruncationConfig:
    """The keys of this command."""

    sizes: list[int] = field(default_factory=list)
    temperatures_k: list[float] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    coupling_mhz: float = 0.75
    samples: int = 20
    seed: int = 0
    rtol: float = 1e-6
    outputs: str = "outputs"


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("truncation", TruncationConfig, _carry_out)


def _check(config: TruncationConfig) -> None:
    """Refuse a config before anything is written.

    Raises:
        DnplabError: a value out of its domain, or a size that does not fit into memory.

    """
    for key in ("sizes", "temperatures_k", "orders"):
        require_distinct(key, getattr(config, key))
    for size in config.sizes:
        checks.positive_int("sizes", size)
        require_room("sizes", size)
    for temperature in config.temperatures_k:
        checks.moderate("temperatures_k", temperature)
    for order in config.orders:
        checks.positive_int("orders", order)
    if min(config.orders) >= max(config.sizes):
        raise ParameterError("orders", config.orders, f"below the largest size, {max(config.sizes)}, at least one of them")
    checks.non_negative("coupling_mhz", config.coupling_mhz)
    checks.positive_int("samples", config.samples)
    checks.non_negative_int("seed", config.seed)
    checks.tolerance("rtol", config.rtol)
    check_outputs(config.outputs)


def _carry_out(config: TruncationConfig) -> int:
    _check(config)
    folder = dated_folder(config.outputs, "truncation")
    OmegaConf.save(OmegaConf.structured(config), folder / "settings.yaml")
    rows: list[CutRow] = []
    lost: list[str] = []
    code = 0
    try:
        _compare(config, rows, lost, folder / "truncation.csv")
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    for sentence in lost:
        print(sentence, file=sys.stderr)
    code = code or (INCOMPLETE if lost else 0)
    table = pd.DataFrame([asdict(row) for row in rows], columns=[column.name for column in fields(CutRow)])
    if table.empty:
        print("Nothing was compared.", file=sys.stderr)
        return code
    table.to_parquet(folder / "truncation.parquet", index=False)
    save(truncation_figure(table), folder / "truncation.png")
    print(_report(table))
    print(f"\nWritten to {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    return code


def _compare(config: TruncationConfig, rows: list[CutRow], lost: list[str], path: Path) -> None:
    """Append the rows of every sample to `rows` and to the CSV, and to `lost` why a sample has none, or not all."""
    points = [(n, t, r) for n in config.sizes for t in config.temperatures_k for r in range(config.samples)]
    bar = progress_bar(len(points), "sample")
    with bar, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(CutRow)])
        writer.writeheader()
        for n_spins, temperature, realization in points:
            describe(bar, f"N={n_spins}")
            found = compare_orders(
                n_spins, temperature, config.coupling_mhz, config.seed, realization, config.orders, config.rtol
            )
            try:
                for row in found:
                    rows.append(row)
                    writer.writerow(asdict(row))
            except (ConvergenceError, DegenerateSpectrumError) as error:
                lost.append(f"N={n_spins} T={temperature:g}K, realization {realization}: {error}")
            file.flush()
            bar.update()


def _report(table: pd.DataFrame) -> str:
    """Median and largest error by size, temperature and order, and how good the estimate is."""
    shown = table.pivot_table(
        index=["n_spins", "temperature_k"], columns="order", values="error", aggfunc=_median_and_largest
    )
    ratio = table["estimate"] / table["error"]
    return (
        "Error of the worst P_i over |P_0|, median / largest, by order:\n\n"
        f"{shown.to_string()}\n\n"
        f"The estimate bounds it in {(ratio >= 1.0).mean():.1%} of {len(table)}; it is {ratio.median():.1f} times too large "
        "in the median."
    )


def _median_and_largest(errors: pd.Series[float]) -> str:
    return f"{errors.median():.1e} / {errors.max():.1e}"


if __name__ == "__main__":
    as_script(main)
