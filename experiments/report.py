"""The report of a tracked sweep as one HTML page: ``python -m experiments.report --help``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dnplab.config.safety import check_outputs
from dnplab.report import gather, page_of, render
from dnplab.tracking import store_of
from experiments.command import LookKeys, as_script, perform
from experiments.endings import known_sweeps

__all__ = ["main", "write_report"]


@dataclass
class ReportConfig:
    """The keys of this command."""

    sweep: str | None = None
    outputs: str = "outputs"
    tracking: LookKeys = field(default_factory=LookKeys)


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("report", ReportConfig, _report)


def _report(config: ReportConfig) -> int:
    check_outputs(config.outputs)
    outputs = Path(config.outputs).absolute()
    write_report(store_of(outputs, config.tracking.uri), config.tracking.experiment, config.sweep, outputs)
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
    found = known_sweeps(uri, experiment, sweep)[0]
    page = page_of(gather(found.store, found.name, found.asked))
    file = outputs / "report" / page.name / "report.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(render(page), encoding="utf-8")
    print(f"{page.name}: {page.state}")
    for sentence in (page.problem, *page.warnings):
        if sentence:
            print(f"Warning: {sentence}")
    print(f"Written to {file} ({file.stat().st_size / 1e6:.1f} MB, nothing else is needed to read it)")
    return file


if __name__ == "__main__":
    as_script(main)
