"""The runs of a store in MLflow's UI, with links to what is worth looking at: ``python -m experiments.ui --help``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dnplab.config import ConfigError
from dnplab.errors import DnplabError, TrackingError
from dnplab.tracking import Store, experiment_names, store_of
from dnplab.tracking.pages import save_view
from dnplab.tracking.server import choose_port, served
from experiments.command import StoreKeys, as_script, perform
from experiments.views import Exhibit, exhibits, links, view_of

__all__ = ["main"]

BROKEN = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a scheduler, a terminal that is closed
NAMED = 8  # views in a line
NOTE = "mlflow.note.content"
HEADING = "**How to read this page.**"
READING = (
    f"{HEADING} A run is a mean over disorder samples: `obs.*` are its measures, with their standard errors as `_sem`; "
    "`check.*` says whether they can be trusted; `regime.*` is what the letter's criteria predict. The menu *Views* has the "
    "columns and charts of each sweep. The three buttons above the table switch to charts, and to `pictures.json`: the "
    "figures of the runs side by side. Tick two runs and press *Compare* for what tells them apart."
)


@dataclass
class UiConfig:
    """The keys of this command."""

    outputs: str = "outputs"
    tracking: StoreKeys = field(default_factory=StoreKeys)
    port: int | None = None


def main() -> int:
    """Run the command in sys.argv; its exit code."""
    return perform("ui", UiConfig, _show)


def _show(config: UiConfig) -> int:
    if not config.outputs.strip():
        raise ConfigError(f"outputs is {config.outputs!r}, but it must be the path of a folder.")
    uri = store_of(Path(config.outputs), config.tracking.uri)
    shown = _look_up(uri)
    if uri.startswith("http"):
        _print_links(shown, shown[0][0].link.partition("/#")[0], saved=False)
        return 0
    return _serve(shown, choose_port(config.port), saved=_prepared(shown))


def _look_up(uri: str) -> list[tuple[Store, list[Exhibit]]]:
    """The experiments of a store that have something to show, those that were touched last first.

    Raises:
        TrackingError: there is no such store, or nothing in it.

    """
    stores = [Store(uri, name, create=False) for name in experiment_names(uri)]
    shown = [(store, found) for store in stores if (found := exhibits(store))]
    if not shown:
        raise TrackingError("The store holds no finished run; `python -m experiments.status` tells of the others.")
    return shown


def _prepared(shown: Sequence[tuple[Store, Sequence[Exhibit]]]) -> bool:
    """Add what is not there yet: a view of each exhibit, and how to read the page; False where nothing can be added."""
    try:
        for store, found in shown:
            for exhibit in found:
                save_view(store, view_of(exhibit), exhibit.runs[0].started_ms)
            note = store.experiment_tags().get(NOTE, "")
            if HEADING not in note and not any(exhibit.curves for exhibit in found):
                store.tag_experiment(NOTE, f"{note}\n\n{READING}".strip())
    except TrackingError as error:
        print(f"{error} Its pages open with the columns and charts that MLflow chooses.")
        return False
    return True


def _serve(shown: Sequence[tuple[Store, Sequence[Exhibit]]], port: int, *, saved: bool) -> int:
    """Serve a store until a signal asks to end; the exit code."""
    for number in ENDING:
        signal.signal(number, _end)
    try:
        with served(shown[0][0].uri, port) as server:
            print("MLflow starts, which takes some seconds.", flush=True)
            server.wait_until_ready()
            _print_links(shown, server.address, saved=saved)
            print("\nCtrl-C ends the server.", flush=True)
            code = server.wait()
    except DnplabError as error:
        print(error, file=sys.stderr)
        return BROKEN
    except KeyboardInterrupt:
        print("\nThe server has ended.")
        return 0
    print(f"The server has ended by itself (exit code {code}).", file=sys.stderr)
    return BROKEN


def _end(_: int, __: FrameType | None) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # nothing disturbs the ending
    raise KeyboardInterrupt


def _print_links(shown: Sequence[tuple[Store, Sequence[Exhibit]]], base: str, *, saved: bool) -> None:
    """The pages of each experiment's newest sweep, or of all its runs where it has none."""
    for store, found in shown:
        first = found[0]
        print(f"\n{store.experiment}: {first.name}, {len(first.runs)} run{'s' * (len(first.runs) > 1)}")
        pages = links(store, base, first, saved=saved)
        width = max(map(len, pages))
        for title, address in pages.items():
            print(f"  {title:<{width}}  {address}")
        if saved and len(found) > 1:
            print(f"  The menu Views of these pages has also {', '.join(exhibit.name for exhibit in found[1:][:NAMED])}.")


if __name__ == "__main__":
    as_script(main)
