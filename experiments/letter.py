"""A figure of the letter out of a tracked sweep: picture and tables, written and logged.

`experiments.run` ends a sweep of ``experiment=fig2`` and the like with `summarise`. A sweep over sizes or other parameters
that the letter keeps makes one figure for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from dnplab.analysis.letter import letter_note, letter_tables, split_sweep
from dnplab.comparison import Tables
from dnplab.figures.letter import letter_figure
from dnplab.tracking import Store
from experiments.summaries import RUNS, Question, Summary, answer, open_sweep

__all__ = ["summarise"]

SHOWN = {
    "model": "model",
    "temperature_k": "T / K",
    "n_spins": "N",
    "samples": "samples",
    "mean_polarization": "mean P",
    "ansatz_deviation": "ansatz_deviation",
    "beta_s_per_2pi_mhz": "beta_s (2pi MHz)^-1",
    "entropy": "entropy",
    "entropy_ratio": "entropy_ratio",
}
MEASURES = ("mean_polarization", "ansatz_deviation", "entropy", "entropy_ratio")


def summarise(uri: str, experiment: str, sweep: str | None, outputs: Path, figure: str) -> tuple[Summary, ...]:
    """Draw a figure of the letter from a sweep, print it in numbers, write it to `outputs`/letter/<sweep>/ and log it.

    Args:
        uri: tracking URI.
        experiment: the experiment that holds the sweep's runs; the summary goes there too.
        sweep: the sweep's id, the one asked for last if None.
        outputs: the folder everything is written under.
        figure: "fig2", "figs10" and the like.

    Raises:
        TrackingError: the store cannot be used or holds no such sweep.
        UndefinedMeasureError: the runs have not measured what the figure shows, or it means nothing for them.

    """
    question = Question(
        tables=lambda sweep, *_: letter_tables(figure, sweep),
        note=lambda tables: letter_note(figure, tables[RUNS]),
        figure=partial(letter_figure, figure),
        shown=SHOWN,
        metrics=_metrics,
    )
    found = open_sweep(uri, experiment, sweep, f"{figure} of the letter")
    store = Store(uri, experiment, create=False)
    folder = outputs / "letter" / found.name
    return tuple(answer(question, figure, part, store, folder, group) for group, part in split_sweep(found))


def _metrics(tables: Tables) -> Mapping[str, float]:
    """The means that a figure shows, by measure, model and temperature."""
    runs = tables[RUNS]
    return {
        f"obs.{measure}.{row['model']}.{row['temperature_k']:g}K": float(row[measure])
        for row in runs.to_dict("records")
        for measure in MEASURES
        if measure in runs
    }
