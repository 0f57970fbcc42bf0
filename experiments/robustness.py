"""Is `auto` right, or does it say that it is not? ``python -m experiments.robustness --help``.

Random problems (`dnplab.benchmark.robustness`), one after the other. The CSV grows row by row, so that an interrupted sweep
keeps what it has; the exit code is 1 if any answer is wrong.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from omegaconf import OmegaConf

from dnplab import checks
from dnplab.benchmark.robustness import Row, Verdict, check, random_problem
from dnplab.config.safety import check_outputs
from dnplab.errors import ParameterError
from experiments.command import INTERRUPTED, as_script, dated_folder, perform, require_distinct, require_room
from experiments.progress import describe, progress_bar

__all__ = ["main"]

FOUND_WRONG = 1
MANY = 150  # applications; the letter's problems need 20 to 70


@dataclass
class RobustnessConfig:
    """The keys of this command."""

    sizes: list[int] = field(default_factory=list)
    samples: int = 200
    seed: int = 0
    rtol: float = 1e-10
    dense_spins: int = 6
    outputs: str = "outputs"


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("robustness", RobustnessConfig, _carry_out)


def _check(config: RobustnessConfig) -> None:
    """Refuse a config before anything is written.

    Raises:
        DnplabError: a value out of its domain, or a size that does not fit into memory.

    """
    require_distinct("sizes", config.sizes)
    checks.positive_int("samples", config.samples)
    if config.samples < len(config.sizes):
        raise ParameterError("samples", config.samples, f"at least one for each of the {len(config.sizes)} sizes")
    checks.non_negative_int("seed", config.seed)
    checks.tolerance("rtol", config.rtol)
    checks.non_negative_int("dense_spins", config.dense_spins)
    for size in config.sizes:
        checks.positive_int("sizes", size)
        require_room("sizes", size, dense=size <= config.dense_spins)
    check_outputs(config.outputs)


def _carry_out(config: RobustnessConfig) -> int:
    _check(config)
    folder = dated_folder(config.outputs, "robustness")
    OmegaConf.save(OmegaConf.structured(config), folder / "settings.yaml")
    rows: list[Row] = []
    code = 0
    try:
        _check_all(config, rows, folder / "robustness.csv")
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    finally:  # whatever ended it
        table = _table(rows)
        table.to_parquet(folder / "robustness.parquet", index=False)
    print("\n".join(_report(table)))
    print(f"\nWritten to {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    return code or (FOUND_WRONG if (table["verdict"] == Verdict.WRONG).any() else 0)


def _check_all(config: RobustnessConfig, rows: list[Row], path: Path) -> None:
    """Append a row for each problem, to `rows` and to the CSV."""
    counts = [len(range(k, config.samples, len(config.sizes))) for k in range(len(config.sizes))]
    bar = progress_bar(config.samples, "problem")
    with bar, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(Row)])
        writer.writeheader()
        for size, count in zip(config.sizes, counts, strict=True):
            describe(bar, f"N={size}")
            for index in range(count):
                reference = "dense" if size <= config.dense_spins else "krylov"
                rows.append(check(random_problem(size, config.seed, index), config.rtol, reference))
                writer.writerow(asdict(rows[-1]))
                file.flush()
                bar.update()


def _table(rows: Sequence[Row]) -> pd.DataFrame:
    table = pd.DataFrame([asdict(row) for row in rows], columns=[column.name for column in fields(Row)])
    return table.astype({"site": "Int64", "iterations": "Int64"})


def _report(table: pd.DataFrame) -> list[str]:
    """Counts, worst errors and applications, then a line for each problem that is not right."""
    if table.empty:
        return ["No problem was checked."]
    verdicts, solved = table["verdict"].value_counts(), table[table["verdict"] != Verdict.REFUSED]
    lines = [f"{len(table)} random problems: " + ", ".join(f"{verdicts.get(v, 0)} {v}" for v in Verdict) + "."]
    frames = table["method"].mask(table["method"] == "", "-")
    lines += ["", pd.crosstab([table["verdict"], frames], table["n_spins"], margins=True, margins_name="all").to_string()]
    if not solved.empty:
        # of Krylov answers: what LU reports lies far below any rtol, and is no bound there
        ratio = (solved["error"] / solved[["error_estimate", "reference_error"]].max(axis=1))[solved["method"] != "dense"]
        lines += ["", "ended as: " + ", ".join(f"{name} {n}" for name, n in solved["outcome"].value_counts().items())]
        lines.append(_worst("true error", solved, solved["error"]))
        lines.append(_worst("true error / estimate, the answer's or the reference's if larger", solved, ratio))
        lines.append(_worst("error of a polarization", solved, solved["polarization_error"]))
        lines.append(_worst("error of a reference", solved, solved["reference_error"]))
        lines.append(_applications(solved))
    bad = table[table["verdict"] != Verdict.RIGHT]
    return [*lines, *(["", *map(_words, bad.to_dict("records"))] if len(bad) else [])]


def _worst(what: str, solved: pd.DataFrame, values: pd.Series[float]) -> str:
    if values.isna().all():
        return f"worst {what}: unknown"
    where = solved.loc[[values.idxmax()]].iloc[0]
    return f"worst {what}: {values.max():.1e} (N={where['n_spins']}, index {where['index']}, {where['method']})"


def _applications(solved: pd.DataFrame) -> str:
    """The Krylov answers' work, and what was not solved at the first attempt or without effort."""
    used = solved["iterations"].astype(float)
    if not (used > 0.0).any():
        return "applications: none, every answer is dense"
    median, high, most = np.quantile(used[used > 0.0], [0.5, 0.9, 1.0])
    fallen = ((solved["method"] == "dense") & (used > 0.0)).sum()
    return (
        f"applications: median {median:.0f}, 90 % up to {high:.0f}, at most {most:.0f}; "
        f"more than {MANY} in {(used > MANY).sum()}; dense only after Krylov failed in {fallen}"
    )


def _words(row: dict[Any, Any]) -> str:
    """One line on one problem."""
    where = "all spins" if pd.isna(row["site"]) else f"spin {row['site']}"
    where += ", Ising" if row["ising"] else ""
    found = row["note"] or (
        f"{row['method']}, {row['outcome']}, {row['iterations']} applications, true error {row['error']:.1e}, estimate "
        f"{row['error_estimate']:.1e}, residual {row['residual']:.1e}, reference's error {row['reference_error']:.1e}"
    )
    return (
        f"{row['verdict']}: N={row['n_spins']}, index {row['index']}: {row['temperature_k']:.3g} K, "
        f"T1 = {row['t1_us']:.3g} µs, T* = {row['t_star_us']:.3g} µs, T(0) = {row['t_zero_us']:.3g} µs, "
        f"U = {row['coupling_mhz']:.3g} MHz, {row['amplitude_mhz']:.3g} MHz on {where}; {found}"
    )


if __name__ == "__main__":
    as_script(main)
