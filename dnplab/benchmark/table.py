"""Measurements as a table: one row each, with the ratios that make them comparable, and as text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from dnplab.benchmark.job import FINISHED, Job, Measurement

__all__ = ["COLUMNS", "benchmark_table", "format_table", "row_of"]

WIDTH = 120
COLUMNS = {
    "n_spins": "Int64",
    "case": "string",
    "method": "string",
    "outcome": "string",
    "note": "string",
    "finished": "boolean",
    "applications": "Int64",
    "seconds": "float64",
    "seconds_min": "float64",
    "seconds_max": "float64",
    "solves": "Int64",
    "build_seconds": "float64",
    "peak_mib": "float64",
    "base_mib": "float64",
    "residual": "float64",
    "error_estimate": "float64",
    "polarization_error": "float64",
    "reference_outcome": "string",
    "reference_error_estimate": "float64",
    "ratio_to_auto": "float64",
    "frame": "string",
    "precision": "string",
    "products": "float64",
    "product_gflops_float64": "float64",
    "product_gflops_float32": "float64",
    "over_limit": "float64",
    "rtol": "float64",
    "threads": "Int64",
    "limit_s": "float64",
}
Rates = Mapping[str, float]


def row_of(case: str, job: Job, found: Measurement, truth: Measurement, rates: Rates) -> dict[str, Any]:
    """One row; `rates` are the dense products of this size in GFLOP/s by precision."""
    seconds = median(found.seconds) if found.seconds else math.nan
    dimension = job.system.dimension
    product_seconds = math.nan
    if found.applications and found.products:
        product_seconds = found.applications * found.products * 2e-9 * dimension**3 / rates[found.precision]
    return {
        "n_spins": job.system.n_spins,
        "case": case,
        "method": job.method,
        "outcome": str(found.outcome),
        "note": found.note,
        "finished": found.finished,
        "applications": found.applications,
        "seconds": seconds,
        "seconds_min": min(found.seconds, default=math.nan),
        "seconds_max": max(found.seconds, default=math.nan),
        "solves": len(found.seconds),
        "build_seconds": found.build_seconds,
        "peak_mib": found.peak_mib,
        "base_mib": found.base_mib,
        "residual": found.residual,
        "error_estimate": found.error_estimate,
        "polarization_error": _largest_error(found, truth),
        "reference_outcome": str(truth.outcome),
        "reference_error_estimate": truth.error_estimate,
        "frame": found.frame,
        "precision": found.precision,
        "products": found.products,
        "product_gflops_float64": rates["float64"],
        "product_gflops_float32": rates["float32"],
        "over_limit": seconds / product_seconds,
        "rtol": job.rtol,
        "threads": job.threads,
        "limit_s": job.limit_s,
    }


def _largest_error(found: Measurement, truth: Measurement) -> float:
    """max_i |P_i - P_i of the reference|, nan unless there are both."""
    if not (found.polarization and truth.finished):
        return math.nan
    return float(np.max(np.abs(np.subtract(found.polarization, truth.polarization))))


def benchmark_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows with the ratio of every time to that of `auto` on the same problem, where auto has finished."""
    table = pd.DataFrame(list(rows)).reindex(columns=list(COLUMNS)).astype(COLUMNS)
    auto = table[(table["method"] == "auto") & table["finished"]].set_index(["n_spins", "case"])["seconds"].to_dict()
    problems = zip(table["n_spins"], table["case"], strict=True)
    table["ratio_to_auto"] = table["seconds"] / np.array([auto.get(problem, math.nan) for problem in problems])
    return table


def format_table(table: pd.DataFrame, head: Sequence[str] = ()) -> str:
    """The table in at most 120 columns: a block for each problem, then what could not be measured and why."""
    lines = [line for text in head for line in textwrap.wrap(text, WIDTH)]
    title = f"{'method':<20}{'outcome':<16}{'applic.':>8}{'seconds':>10}{'build s':>9}{'peak MiB':>10}"
    title += f"{'residual':>10}{'error':>10}{'vs auto':>9}{'vs limit':>10}"
    for (n_spins, case), rows in table.groupby(["n_spins", "case"], sort=False):
        rate = rows.iloc[0]
        rates = f"dense products at {rate['product_gflops_float64']:.3g} GFLOP/s in float64, "
        rates += f"{rate['product_gflops_float32']:.3g} in float32"
        lines += ["", f"N = {n_spins}, {case}; {rates}", title]
        lines += [_line(row) for row in rows.to_dict("records")]
    notes = _notes(table)
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _line(row: Mapping[Hashable, Any]) -> str:
    applications = "" if pd.isna(row["applications"]) else str(row["applications"])
    return (
        f"{row['method']:<20}{row['outcome']:<16}{applications:>8}{_number(row['seconds'], 3):>10}"
        f"{_number(row['build_seconds'], 3):>9}{_number(row['peak_mib'], 0):>10}{_number(row['residual'], 1, 'e'):>10}"
        f"{_number(row['polarization_error'], 1, 'e'):>10}{_number(row['ratio_to_auto'], 3):>9}"
        f"{_number(row['over_limit'], 3):>10}"
    ).rstrip()


def _number(value: float, digits: int, kind: str = "") -> str:
    if math.isnan(value):
        return ""
    if kind == "e":
        return f"{value:.{digits}e}"
    if digits == 0 or value >= 10**digits:
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def _notes(table: pd.DataFrame) -> list[str]:
    """Every sentence once, with the problems it is about."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in table.to_dict("records"):
        if row["note"]:
            found.setdefault((row["method"], row["note"]), []).append(f"{row['case']} N={row['n_spins']}")
    lines = []
    for (method, note), problems in found.items():
        lines += textwrap.wrap(f"{method} ({', '.join(problems)}): {note}", WIDTH, subsequent_indent="  ")
    unknown = table[~table["reference_outcome"].isin(FINISHED)]
    for (n_spins, case), _ in unknown.groupby(["n_spins", "case"], sort=False):
        lines.append(f"N = {n_spins}, {case}: no error is known, since the reference did not finish.")
    return lines
