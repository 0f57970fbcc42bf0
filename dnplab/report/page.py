"""The report of a sweep as one HTML page that needs nothing else: no script, no file beside it, no request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from dnplab.config import LETTER_FIGURES, QUESTIONS
from dnplab.ensemble import numerics_version
from dnplab.numbers import duration
from dnplab.report.album import Album, Picture
from dnplab.report.checks import Check, checks_of, warnings_of
from dnplab.report.glossary import glossary_of
from dnplab.report.grid import Grid, grid_of
from dnplab.report.material import Material, Summary
from dnplab.report.parameters import Varying, parameters_of
from dnplab.report.provenance import provenance_of
from dnplab.report.results import Part, parts_of
from dnplab.report.tables import Table, as_table
from dnplab.tracking import command_on, ui_command
from dnplab.tracking.pages import run_page

__all__ = ["Page", "page_of", "render"]

TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Shown:
    """A summary or a study with what the page shows of it."""

    name: str
    note: str
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...]
    longer: tuple[str, ...]


@dataclass(frozen=True)
class RunRow:
    """A line of the list of runs."""

    run_id: str
    link: str
    name: str
    seed: str
    numerics: str
    time: str


@dataclass(frozen=True)
class Page:
    """All that the template shows."""

    name: str
    experiment: str
    written: str
    state: str
    question: tuple[str, ...]
    warnings: tuple[str, ...]
    problem: str
    completeness: str
    parts: tuple[Part, ...]
    summaries: tuple[Shown, ...]
    left_out: int
    glossary: tuple[tuple[str, str], ...]
    common: tuple[tuple[str, str], ...]
    varying: tuple[Varying, ...]
    grid: Grid
    checks: tuple[Check, ...]
    command: str
    provenance: tuple[tuple[str, str], ...]
    runs: tuple[RunRow, ...]
    serve: str
    again: str


def page_of(material: Material) -> Page:
    """Everything that is to be said of a sweep."""
    runs, sweep, status = material.runs, material.sweep, material.status
    numerics, uri = numerics_version(), material.store.uri
    album = Album()
    shown = tuple(_shown(summary, album) for summary in material.summaries)
    asks_else = material.asked.summary in (*QUESTIONS, *LETTER_FIGURES)  # any other name of long ago is a crossover's
    again = command_on("crossover", uri, f"sweep={status.name}") if material.asked.summary else ""
    parts = tuple(parts_of(sweep, album, drawn=not asks_else)) if sweep is not None else ()
    common, varying = parameters_of(runs, material.asked.keys)
    own = sweep.warnings if sweep is not None else ()
    counts = ", ".join(f"{count} {state}" for state, count in status.counts.items())
    return Page(
        name=status.name,
        experiment=status.experiment,
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        state=f"{len(status.grid)} points: {counts}.",
        question=tuple(filter(None, (text.strip() for text in material.question.split("\n\n")))),
        warnings=(*own, *([] if shown or not asks_else else [_unanswered(material, again)]), *warnings_of(runs, numerics)),
        problem=material.unreadable,
        completeness=sweep.completeness if sweep is not None else "",
        parts=parts,
        summaries=shown,
        left_out=album.left_out,
        glossary=tuple(glossary_of(_words([*shown, *parts]))),
        common=common,
        varying=varying,
        grid=grid_of(status),
        checks=() if material.is_study else checks_of(runs),
        command=status.command,
        provenance=tuple(provenance_of(runs, numerics)),
        runs=tuple(_rows(material)),
        serve=ui_command(uri) if uri.startswith("sqlite") else "",
        again=again,
    )


def _unanswered(material: Material, again: str) -> str:
    return (
        f"This sweep ends with {material.asked.summary}, which has not been written, so the page has its means alone; "
        f"once enough points are finished, `{again}` writes it."
    )


def render(page: Page) -> str:
    """The page as HTML; every value is escaped."""
    environment = Environment(
        loader=PackageLoader("dnplab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(page=page)


def _shown(summary: Summary, album: Album) -> Shown:
    first = summary.note.strip().partition("\n")[0]
    pictures: list[Picture] = []
    for stem, content in summary.pictures:
        pictures += album.add(
            content, f"The picture {stem} of {summary.name}. {first}", f"{stem}, as logged by {summary.name}"
        )
    tables = tuple(as_table(table, stem, [str(column) for column in table.columns[:1]]) for stem, table in summary.tables)
    return Shown(summary.name, summary.note, tuple(pictures), tables, summary.missing, summary.longer)


def _words(parts: Sequence[Shown | Part]) -> Iterator[str]:
    """Columns, and what stands in the rows: names of measures, definitions and laws."""
    for table in (table for part in parts for table in part.tables):
        yield from table.columns
        yield from (word for row in table.rows for word in row)


def _rows(material: Material) -> list[RunRow]:
    store = material.store
    base = store.link.partition("/#")[0]
    return [
        RunRow(
            run_id=run.run_id,
            link=run_page(base, store.experiment_id, run.run_id),
            name=run.name,
            seed=run.params.get("ensemble.seed", ""),
            numerics=run.tags.get("numerics", ""),
            time=duration(run.metrics["time.total_s"]) if "time.total_s" in run.metrics else "",
        )
        for run in material.runs
    ]
