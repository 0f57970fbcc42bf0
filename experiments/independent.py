"""Is model=correlation right past N = 10? ``python -m experiments.independent --help``.

Each reference is stored when it is finished, so that an interrupted comparison loses one and goes on with the same command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from dnplab import checks
from dnplab.benchmark.independent import Case, Row, Site, compare, load, refer, require_reference, save
from dnplab.config.safety import check_outputs
from dnplab.errors import ConvergenceError, MemoryEstimateError, ParameterError
from dnplab.figures import save as save_figure
from dnplab.figures.independent import independent_figure
from dnplab.numbers import number
from experiments.command import INCOMPLETE, INTERRUPTED, as_script, dated_folder, perform, require_distinct
from experiments.progress import describe, progress_bar

__all__ = ["main"]

COLUMNS = ("spins", "temperature in K", "samples", "duration in µs", "a batch in µs")
MEMORIES = 5.0  # in a batch: below it neighbouring ones know of each other


@dataclass
class IndependentConfig:
    """The keys of this command."""

    exact: list[list[Any]] = field(default_factory=list)  # numbers: of the columns below
    trajectories: list[list[Any]] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    coupling_mhz: float = 0.75
    seed: int = 0
    rtol: float = 1e-4
    outputs: str = "outputs"


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("independent", IndependentConfig, _carry_out)


def _checked(config: IndependentConfig) -> list[Case]:
    """The cases of a config, refused before anything is written.

    Raises:
        DnplabError: a value out of its domain, or a reference that does not fit into memory.

    """
    checks.non_negative("coupling_mhz", config.coupling_mhz)
    checks.non_negative_int("seed", config.seed)
    checks.tolerance("rtol", config.rtol)
    require_distinct("orders", config.orders)
    for order in config.orders:
        checks.positive_int("orders", order)
    cases = [
        *_cases("exact", config, config.exact, COLUMNS[:3]),
        *_cases("trajectories", config, config.trajectories, COLUMNS),
    ]
    if not cases:
        raise ParameterError("exact", config.exact, "a list of one or more cases, if trajectories is empty, too")
    check_outputs(config.outputs)
    return cases


def _cases(key: str, config: IndependentConfig, lines: Sequence[Sequence[object]], columns: Sequence[str]) -> list[Case]:
    cases = []
    for line in lines:
        if len(line) != len(columns):
            raise ParameterError(key, list(line), f"lists of {len(columns)} numbers, [{', '.join(columns)}]")
        n_spins, samples = checks.positive_int(key, line[0]), checks.positive_int(key, line[2])
        temperature = checks.moderate(key, line[1])
        if max(config.orders) > n_spins:
            raise ParameterError("orders", config.orders, f"at most {n_spins}, the smallest size")
        how = dict(zip(("duration_us", "batch_us"), (checks.positive(key, value) for value in line[3:]), strict=False))
        how = how or {"rtol": config.rtol}
        found = [Case(n_spins, temperature, r, config.seed, config.coupling_mhz, **how) for r in range(samples)]
        require_reference(key, found[0])
        cases += found
    if lines:  # one set of samples for each size and temperature
        require_distinct(key, [tuple(line[:2]) for line in lines])
    return cases


def _carry_out(config: IndependentConfig) -> int:
    cases = _checked(config)
    stored = Path(config.outputs).absolute() / "independent" / "references"
    stored.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    sites: list[Site] = []
    lost: list[str] = []
    code = 0
    try:
        _compare(cases, config.orders, stored, rows, sites, lost)
    except KeyboardInterrupt:
        print("Interrupted; the same command goes on.", file=sys.stderr)
        code = INTERRUPTED
    for sentence in lost:
        print(sentence, file=sys.stderr)
    code = code or (INCOMPLETE if lost else 0)
    if not rows:
        print("Nothing was compared.", file=sys.stderr)
        return code
    folder = dated_folder(config.outputs, "independent")
    table = pd.DataFrame([asdict(row) for row in rows], columns=[column.name for column in fields(Row)])
    profiles = pd.DataFrame([asdict(site) for site in sites], columns=[column.name for column in fields(Site)])
    table.to_csv(folder / "independent.csv", index=False)
    profiles.to_csv(folder / "independent_profiles.csv", index=False)
    page = _page(rows)
    (folder / "independent.md").write_text(page, encoding="utf-8")
    save_figure(independent_figure(profiles), folder / "independent.png")
    print(page)
    print(f"Written to {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    return code


def _compare(
    cases: Sequence[Case], orders: Sequence[int], folder: Path, rows: list[Row], sites: list[Site], lost: list[str]
) -> None:
    """Append the rows and sites of every case, and to `lost` why one has none, or is doubtful."""
    bar = progress_bar(len(cases), "case")
    with bar:
        for case in cases:
            name = f"N={case.n_spins} T={case.temperature_k:g}K, realization {case.realization}"
            describe(bar, f"N={case.n_spins} {case.kind}")
            try:
                reference = load(folder, case)
                if reference is None:
                    reference = refer(case)
                    save(folder, case, reference)
                if reference.memories < MEMORIES:
                    lost.append(
                        f"{name}: a batch is {reference.memories:.1f} memories long, too short to be independent; "
                        "take longer ones."
                    )
                for row, profile in compare(case, reference, orders):
                    rows += [row] if row is not None else []
                    sites += profile
            except (ConvergenceError, MemoryEstimateError) as error:
                lost.append(f"{name}: {error}")
            bar.update()


HEAD = (
    "N",
    "T / K",
    "sample",
    "reference",
    "order",
    "difference",
    "estimated",
    "worst z",
    "p",
    "p within",
    "s",
    "reference s",
)


def _page(rows: Sequence[Row]) -> str:
    """The table in Markdown, with a line on what its columns are."""
    lines = [f"| {' | '.join(HEAD)} |", "|" + " --- |" * len(HEAD)]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(
        [
            *lines,
            "",
            "Difference of the worst P_i, its estimate for the cut, and the reference's own error (±) over |P_0|. Of "
            "trajectories: the worst P_i in standard errors and Hotelling's p of all spins together, as if the cut cost "
            "nothing; and p of the profile that agrees best of those within the estimate.",
            "",
        ]
    )


def _cells(row: Row) -> list[str]:
    reference = f"{row.reference} ± {row.reference_error:.1g}"
    tests = [number(round(row.worst_z, 1)), *(number(float(f"{p:.2g}")) for p in (row.p_value, row.p_within))]
    return [
        *(number(value) for value in (row.n_spins, row.temperature_k, row.realization)), reference, str(row.order),
        f"{row.difference:.2g}", f"{row.estimate:.2g}", *tests, f"{row.seconds:.2g}", f"{row.reference_seconds:.0f}",
    ]  # fmt: skip


if __name__ == "__main__":
    as_script(main)
