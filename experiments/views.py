"""What is worth looking at in an experiment: its runs, each of its sweeps and their summaries, as pages of MLflow's UI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dnplab.tracking import DeclaredSweep, Store, TrackedRun, declared_sweeps
from dnplab.tracking.pages import View, bars, compare_page, lines, parallel, run_page, runs_page

__all__ = ["Exhibit", "exhibits", "links", "view_of"]

TEMPERATURE = "temperature_k"  # the metric of a summary that its curves are drawn against
POINT = {"model": "", "bath.temperature_k": "point.temperature_k", "system.n_spins": "point.n_spins"}  # and as a metric
STARTED = "attributes.start_time"
MEASURES = (
    "ansatz_deviation",
    "localization_index",
    "hilbert_distance",
    "entropy_ratio",
    "nuclear_polarization",
    "mean_polarization",
)
OTHERS = 6  # measures of runs that have none of these
BESIDES = ("check.", "time.", "regime.", "crossover_k.", "point.")  # metrics that are no measures
PICTURES = "pictures.json"  # the table that shows the figures of runs side by side
MOST_COMPARED = 8  # half of them cold, half hot


@dataclass(frozen=True)
class Exhibit:
    """Finished runs that belong together.

    key : names them in links
    name : names them for a reader
    clause : finds them, in the words of MLflow's search box
    runs : the newest first
    varied : the parameters that tell them apart, where a sweep says so
    curves : whether they are summaries, whose metrics have a step for each temperature
    summaries : runs in the same experiment that sum them up
    """

    key: str
    name: str
    clause: str
    runs: Sequence[TrackedRun]
    varied: Sequence[str] = ()
    curves: bool = False
    summaries: Sequence[TrackedRun] = ()


def exhibits(store: Store) -> list[Exhibit]:
    """The sweeps of an experiment, those asked for last first, then all its runs as one."""
    runs = [run for run in store.search() if run.status == "FINISHED"]
    summaries = [run for run in runs if run.tags.get("summary") == "true" and "sweep" in run.tags]
    others = [run for run in runs if run.tags.get("summary") != "true"]
    declared = sorted(declared_sweeps(store).items(), key=lambda item: -item[1].asked_ms)
    found = [_sweep(name, sweep, others, summaries) for name, sweep in declared]
    curves = [run for run in summaries if TEMPERATURE in run.metrics]
    for name in dict.fromkeys(run.tags["sweep"] for run in curves):
        chosen = [run for run in curves if run.tags["sweep"] == name]
        found.append(Exhibit(f"{name}-curves", f"{name}, curves", f"tags.sweep = '{name}'", chosen, curves=True))
    found.append(Exhibit("all-runs", "all runs", "", others))
    return [exhibit for exhibit in found if exhibit.runs]


def _sweep(name: str, sweep: DeclaredSweep, runs: Sequence[TrackedRun], summaries: Sequence[TrackedRun]) -> Exhibit:
    return Exhibit(
        name,
        name,
        f"tags.`sweep.{name}` = '1'",
        [run for run in runs if f"sweep.{name}" in run.tags],
        [key for key in sweep.keys if key != "model"],
        summaries=[run for run in summaries if run.tags.get("sweep") == name and TEMPERATURE not in run.metrics],
    )


def view_of(exhibit: Exhibit) -> View:
    """The columns and charts that its page opens with."""
    names = sorted({name for run in exhibit.runs for name in run.metrics if not name.endswith("_sem")})
    if exhibit.curves:
        columns = ["params.model", *(f"metrics.{name}" for name in names if name.startswith("crossover_k."))]
        drawn = [name for name in names if name != TEMPERATURE and not name.startswith(BESIDES)]
        sections = {"Measures against bath temperature in K": [lines(name, TEMPERATURE) for name in drawn]}
        return View(exhibit.key, exhibit.name, exhibit.clause, STARTED, columns, sections)
    measures = [name for name in (f"obs.{measure}" for measure in MEASURES) if name in names]
    measures = measures or [name for name in names if not name.startswith(BESIDES)][:OTHERS]
    params = [name for name in dict.fromkeys([*POINT, *exhibit.varied]) if any(name in run.params for run in exhibit.runs)]
    point = [f"metrics.{POINT[name]}" if POINT.get(name) in names else f"params.{name}" for name in params]
    columns = [*point, *(f"metrics.{name}" for name in [*measures, "check.excluded"])]
    varied = ["model", *exhibit.varied] if exhibit.varied else params
    sections = {
        "Measures": [bars(name) for name in measures],
        "Parameters and measures": [parallel(varied, measures[:1])],
    }
    order = next((column for column in point if column.startswith("metrics.")), STARTED)
    return View(exhibit.key, exhibit.name, exhibit.clause, order, columns, sections)


def links(store: Store, base: str, exhibit: Exhibit, *, saved: bool) -> dict[str, str]:
    """Pages of an exhibit by what they show; `saved` tells whether its view is in the store."""
    state = {"viewStateShareKey": exhibit.key} if saved else {"searchFilter": exhibit.clause}

    def page(mode: str = "") -> str:
        return runs_page(base, store.experiment_id, mode=mode, **state)

    found = {"table": page(), "charts": page("CHART")}
    if PICTURES in store.artifact_names(exhibit.runs[0].run_id):
        found["pictures"] = page("ARTIFACT")
    compared = [] if exhibit.curves else _compared(exhibit.runs)
    if len(compared) > 1:
        found["compare"] = compare_page(base, store.experiment_id, [run.run_id for run in compared])
    for run in exhibit.runs[:1] if exhibit.curves else exhibit.summaries:
        drawn = sorted(name for name in store.artifact_names(run.run_id) if name.endswith(".png"))
        found[(drawn or [run.name])[0]] = run_page(base, store.experiment_id, run.run_id, *drawn[:1])
    return found


def _compared(runs: Sequence[TrackedRun]) -> list[TrackedRun]:
    """The coldest and the hottest runs, in the order in which they were made; the first ones where no run says how cold.

    Of more than fit, those that have a partner at the other end which differs in the bath alone.
    """
    made = sorted(runs, key=lambda run: run.started_ms)
    kelvin = [run.metrics.get(POINT["bath.temperature_k"], 0.0) for run in made]
    cold, hot = (
        [run for run, value in zip(made, kelvin, strict=True) if value == end] for end in (min(kelvin), max(kelvin))
    )
    if min(kelvin) == max(kelvin):
        return made[:MOST_COMPARED]
    if len(cold) + len(hot) > MOST_COMPARED:
        cold, hot = _with_partner(cold, hot), _with_partner(hot, cold)
    return [*cold[: MOST_COMPARED // 2], *hot[: MOST_COMPARED // 2]]


def _with_partner(runs: Sequence[TrackedRun], others: Sequence[TrackedRun]) -> list[TrackedRun]:
    """One run for each point outside the bath, those that the others have too first and in an order that both share."""
    points = {_outside_bath(run): run for run in reversed(runs)}
    known = {_outside_bath(run) for run in others}
    return [points[point] for point in sorted(points, key=lambda point: (point not in known, point))]


def _outside_bath(run: TrackedRun) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(item for item in run.params.items() if not item[0].startswith("bath.")))
