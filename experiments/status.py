"""How far the sweeps of a store are, and what finishes them: ``python -m experiments.status --help``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dnplab.analysis import SweepStatus, sweep_status
from dnplab.config import ConfigError
from dnplab.tracking import store_of
from experiments.command import INCOMPLETE, LookKeys, as_script, perform
from experiments.endings import known_sweeps

__all__ = ["main"]


@dataclass
class StatusConfig:
    """The keys of this command."""

    sweep: str | None = None
    outputs: str = "outputs"
    tracking: LookKeys = field(default_factory=LookKeys)


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("status", StatusConfig, _tell)


def _tell(config: StatusConfig) -> int:
    found = _look_up(config)
    if config.sweep is not None:
        for status in found:
            _print_grid(status)
    else:
        width = max(len(status.name) for status in found)
        for status in found:
            print(f"{status.name:<{width}}  {_counts(status)}  ({status.experiment})")
    open_ones = [status for status in found if not status.complete]
    for status in open_ones:
        print(f"\nTo finish {status.name}:\n  {status.command or 'the command that started it'}")
    return INCOMPLETE if open_ones else 0


def _look_up(config: StatusConfig) -> list[SweepStatus]:
    """The sweeps asked about, the latest first.

    Raises:
        TrackingError: there is no such store, experiment or sweep.

    """
    if not config.outputs.strip():
        raise ConfigError(f"outputs is {config.outputs!r}, but it must be the path of a folder.")
    uri = store_of(Path(config.outputs), config.tracking.uri)
    known = known_sweeps(uri, config.tracking.experiment, config.sweep)
    return [sweep_status(sweep.store, sweep.name, sweep.asked) for sweep in known]


def _counts(status: SweepStatus) -> str:
    return f"{len(status.grid)} points: " + ", ".join(f"{count} {state}" for state, count in status.counts.items())


def _print_grid(status: SweepStatus) -> None:
    print(f"{status.name} in {status.experiment}, {_counts(status)}\n")
    empty = [column for column in ("realizations", "error") if not status.grid[column].any()]
    print(status.grid.drop(columns=empty).to_string(index=False))


if __name__ == "__main__":
    as_script(main)
