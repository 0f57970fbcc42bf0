"""The report of a tracked sweep as one HTML page: ``python -m experiments.report --help``."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from dnplab.config.safety import check_outputs
from dnplab.errors import DnplabError, TrackingError
from dnplab.report import gather, page_of, render
from dnplab.tracking import DeclaredSweep, Store, declared_sweeps, default_uri, experiment_names
from experiments.command import as_script, typed_config

__all__ = ["main", "write_report"]

BAD_INPUT = 2


@dataclass
class TrackingKeys:
    """Where to look; experiment null means everywhere."""

    uri: str | None = None
    experiment: str | None = None


@dataclass
class ReportConfig:
    """The keys of this command."""

    sweep: str | None = None
    outputs: str = "outputs"
    tracking: TrackingKeys = field(default_factory=TrackingKeys)


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    try:
        if (config := typed_config("report", ReportConfig)) is None:
            return 0
        check_outputs(config.outputs)
        outputs = Path(config.outputs).absolute()
        uri = config.tracking.uri or default_uri(outputs)
        write_report(uri, config.tracking.experiment, config.sweep, outputs)
    except DnplabError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0


def write_report(uri: str, experiment: str | None, sweep: str | None, outputs: Path) -> Path:
    """Write `outputs`/report/<sweep>/report.html, and print where it is and what it lacks.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs, None to look into all.
        sweep: the sweep's id, the one asked for last if None.
        outputs: the folder everything is written under.

    Raises:
        TrackingError: the store cannot be read or holds no such sweep.

    """
    page = page_of(gather(*_find(uri, experiment, sweep)))
    file = outputs / "report" / page.name / "report.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(page), encoding="utf-8")
    print(f"{page.name}: {page.state}")
    for sentence in (page.problem, *page.warnings):
        if sentence:
            print(f"Warning: {sentence}")
    print(f"Written to {file} ({file.stat().st_size / 1e6:.1f} MB, nothing else is needed to read it)")
    return file


def _find(uri: str, experiment: str | None, sweep: str | None) -> tuple[Store, str, DeclaredSweep]:
    """The store, id and points of a sweep."""
    names = experiment_names(uri) if experiment is None else [experiment]
    stores = [Store(uri, name, create=False) for name in names]
    found = [(store, name, asked) for store in stores for name, asked in declared_sweeps(store).items()]
    if not found:
        raise TrackingError(
            f"The store {uri!r} knows of no sweep; `python -m experiments.run -m experiment=crossover` makes one."
        )
    chosen = [entry for entry in found if sweep in (None, entry[1])]
    if not chosen:
        raise TrackingError(f"sweep is {sweep!r}, but it must be one of {', '.join(name for _, name, _ in found)}.")
    now_ms = time.time() * 1e3  # a sweep of tomorrow was asked for while the clock was wrong
    return max(chosen, key=lambda entry: (entry[2].asked_ms <= now_ms, entry[2].asked_ms))


if __name__ == "__main__":
    as_script(main)
