"""Gather the runs and realizations of other output folders into one: ``python -m experiments.collect --help``."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from dnplab.config.safety import check_outputs
from dnplab.errors import ParameterError, TrackingError
from dnplab.tracking import Store, copy_finished, default_uri, experiment_names, store_of
from experiments.command import StoreKeys, as_script, perform

__all__ = ["main"]


@dataclass
class CollectConfig:
    """The keys of this command."""

    sources: list[str] = field(default_factory=list)
    outputs: str = "outputs"
    tracking: StoreKeys = field(default_factory=StoreKeys)


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("collect", CollectConfig, _collect)


def _collect(config: CollectConfig) -> int:
    target = Path(config.outputs).resolve()
    sources = [Path(source).resolve() for source in config.sources]
    for source in sources:
        if source == target or not ((source / "mlflow.db").is_file() or (source / "checkpoints").is_dir()):
            allowed = "output folders of experiments.run, other than outputs"
            raise ParameterError("sources", str(source), allowed)
    if not sources:
        raise ParameterError("sources", [], "at least one output folder, as in 'sources=[node1/outputs]'")
    check_outputs(config.outputs)
    uri = store_of(target, config.tracking.uri)
    for source in sources:
        runs: Counter[str] = Counter()
        if (source / "mlflow.db").is_file():
            for name in experiment_names(default_uri(source)):
                there = Store(default_uri(source), name, create=False)
                if there.search("attributes.status = 'FINISHED'"):
                    runs += copy_finished(there, Store(uri, name, target / "mlartifacts"), source)
        samples = _copy_realizations(source / "checkpoints", target / "checkpoints")
        print(f"{source}: {runs['copied']} runs and {samples} realizations copied, {runs['known']} runs were there already.")
        if runs["lost"]:
            print(f"{source}: {runs['lost']} runs that lack files are not copied; make them again.", file=sys.stderr)
    return 0


def _copy_realizations(source: Path, target: Path) -> int:
    """Copy stored realizations that the target does not have, each whole or not at all; how many there were."""
    count = 0
    for file in sorted(source.glob("*/*/*.npz")):
        place = target / file.relative_to(source)
        if place.exists():
            continue
        part = place.with_suffix(".part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, part)
            os.replace(part, place)
        except OSError as error:
            raise TrackingError(f"{place} cannot be written: {error.strerror or error}.") from error
        count += 1
    return count


if __name__ == "__main__":
    as_script(main)
