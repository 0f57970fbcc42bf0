"""The sweeps of a store, and what each of them ends with: the crossover, a question's answer, or a figure of the letter.

`experiments.run` ends a sweep with `summarise`; `experiments.crossover` does so again at any time from what is tracked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from dnplab.config import LETTER_FIGURES, QUESTIONS
from dnplab.errors import ParameterError, TrackingError
from dnplab.tracking import DeclaredSweep, Store, declared_sweeps, experiment_names, shown

__all__ = ["BOOTSTRAP", "SEED", "KnownSweep", "known_sweeps", "summarise"]

BOOTSTRAP, SEED = 1000, 0  # of the joint bootstrap


@dataclass(frozen=True)
class KnownSweep:
    """A sweep that was asked for, and the experiment that holds its runs."""

    store: Store
    name: str
    asked: DeclaredSweep


def known_sweeps(uri: str, experiment: str | None, name: str | None = None) -> list[KnownSweep]:
    """The sweeps of that name, None for all of them, in an experiment or in all, those asked for last first.

    Raises:
        TrackingError: the store cannot be read or holds no such sweep.

    """
    names = experiment_names(uri) if experiment is None else [experiment]
    stores = [Store(uri, name, create=False) for name in names]
    known = [KnownSweep(store, name, asked) for store in stores for name, asked in declared_sweeps(store).items()]
    if not known:
        makes_one = "`python -m experiments.run -m experiment=crossover` makes one"
        raise TrackingError(f"The store {shown(uri)!r} knows of no sweep; {makes_one}.")
    now_ms = time.time() * 1e3  # a sweep of tomorrow was asked for while the clock was wrong
    known.sort(key=lambda sweep: (sweep.asked.asked_ms <= now_ms, sweep.asked.asked_ms), reverse=True)
    chosen = [sweep for sweep in known if name in (None, sweep.name)]
    if not chosen and name is not None and "+" in name:
        raise TrackingError(f"sweep is {name!r}, but it must be one sweep; `python -m experiments.crossover` joins several.")
    if not chosen:
        raise TrackingError(f"sweep is {name!r}, but it must be one of {', '.join(sweep.name for sweep in known)}.")
    return chosen


def summarise(store: Store, sweep: str, summary: str, outputs: Path, bootstrap: int = BOOTSTRAP, seed: int = SEED) -> str:
    """Print, write and log what a sweep ends with; where its summary runs are to be seen.

    Args:
        store: at the experiment that holds the sweep's runs.
        sweep: its id.
        summary: one of the names that a config's `summary` takes; any other is "crossover".
        outputs: the folder everything is written under.
        bootstrap: number of resamples.
        seed: of the bootstrap.

    Raises:
        TrackingError: the store cannot be used.
        UndefinedMeasureError: the runs have not measured what it is about.

    """
    where = (store.uri, store.experiment, sweep, outputs)  # seaborn is slow to import: what is not needed is not
    if summary in QUESTIONS:
        from experiments.summaries import summarise as answer

        answer(*where, summary, bootstrap, seed)
        return store.link
    if summary in LETTER_FIGURES:
        from experiments.letter import summarise as draw

        if (bootstrap, seed) != (BOOTSTRAP, SEED):
            name, value, usual = ("bootstrap", bootstrap, BOOTSTRAP) if bootstrap != BOOTSTRAP else ("seed", seed, SEED)
            raise ParameterError(name, value, f"{usual} for {summary}, whose errors come from no bootstrap")
        draw(*where, summary)
        return store.link
    from experiments.crossover import summarise as cross

    return cross(*where, bootstrap, seed).link
