"""Pages of MLflow's UI: their addresses, and what a runs page opens with.

Left to itself a runs page shows names and times, a chart of every metric, and ten runs in them. MLflow keeps the choice of
columns, charts and runs as a saved view, a tag of the experiment: `mlflow.sharedViewState.<key>` holds its name and the
state of the page, deflated. The page's menu "Views" lists them, a link with `viewStateShareKey=<key>` opens one. What the
state does not say takes MLflow's default.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from dnplab.tracking.store import Store

__all__ = [
    "RUN_COLOUR",
    "Chart",
    "View",
    "bars",
    "compare_page",
    "lines",
    "parallel",
    "picture_table",
    "run_page",
    "runs_page",
    "save_view",
]

VIEW_TAG = "mlflow.sharedViewState."
MADE_HERE = "dnplab"  # in a view's tag: MLflow drops it when somebody overrides the view
RUN_COLOUR = "mlflow.runColor"  # tag of a run: its colour in lists and charts, #rrggbb; else MLflow takes one at random
MODELS = {"workflowType": "machine_learning"}  # else the page may show what MLflow has for language models
GENERATED = "Model metrics"  # the section that MLflow fills with a chart of every other metric
WIDTH = 140  # pixels of a column: the names of most parameters

Chart = dict[str, Any]  # of the fields that MLflow's pages give it


@dataclass(frozen=True)
class View:
    """What a runs page opens with.

    key : names the view in links
    name : names it in the menu
    clause : the filter of the runs, as MLflow's search box takes it
    order : `attributes.<name>` or `metrics.<name>` that the runs ascend by (MLflow sorts parameters as text)
    columns : `params.<name>` and `metrics.<name>`, from left to right
    sections : charts by the title of the section they stand in
    """

    key: str
    name: str
    clause: str
    order: str
    columns: Sequence[str]
    sections: Mapping[str, Sequence[Chart]]


def bars(metric: str) -> Chart:
    """A bar a run."""
    return {"type": "BAR", "uuid": f"bars-{metric}", "metricKey": metric, "runsCountToCompare": 100}


def lines(metric: str, against: str) -> Chart:
    """A line a run, of a metric with steps against another one; against "" is against the steps."""
    return {
        "type": "LINE",
        "uuid": f"lines-{metric}",
        "metricKey": metric,
        "selectedMetricKeys": [metric],
        "xAxisKey": "metric" if against else "step",
        "selectedXAxisMetricKey": against,
        "useGlobalXaxisKey": False,
        "useGlobalLineSmoothing": False,
        "lineSmoothness": 0,
        "xAxisScaleType": "linear",  # MLflow 3.17 has a logarithmic axis for steps alone
        "scaleType": "linear",
        "range": {},
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "runsCountToCompare": 100,
    }


def parallel(params: Sequence[str], metrics: Sequence[str]) -> Chart:
    """Parallel coordinates: a line a run through its parameters and metrics, coloured by the last metric."""
    return {
        "type": "PARALLEL",
        "uuid": "parallel",
        "selectedParams": list(params),
        "selectedMetrics": list(metrics),
        "showAllRuns": True,
    }


def save_view(store: Store, view: View, created_ms: int) -> None:
    """Add a view to the experiment, or renew it; one that was changed by hand is left as it is."""
    deflated = base64.b64encode(zlib.compress(json.dumps(_state(view)).encode()))
    envelope = {"name": view.name, "createdAt": created_ms, MADE_HERE: True, "state": f"deflate;{deflated.decode()}"}
    tag, text = f"{VIEW_TAG}{view.key}", json.dumps(envelope)
    known = store.experiment_tags().get(tag)
    if known is None or (known != text and MADE_HERE in known):
        store.tag_experiment(tag, text)


def _state(view: View) -> dict[str, Any]:
    columns = [_quoted(column) for column in view.columns]
    common = {"deleted": False, "isGenerated": False}
    charts = [{**chart, **common, "metricSectionId": title} for title, group in view.sections.items() for chart in group]
    sections = [
        {"uuid": title, "name": title, "display": True, "isReordered": True, "columns": min(2, len(group)), **common}
        for title, group in view.sections.items()
    ]
    rest = {"uuid": GENERATED, "name": GENERATED, "display": False, "isReordered": False, **common}
    return {
        "searchFilter": view.clause,
        "orderByKey": _quoted(view.order),
        "orderByAsc": True,
        "selectedColumns": columns,
        "columnOrder": columns,
        "columnWidths": dict.fromkeys(columns, WIDTH),
        "runsHiddenMode": "SHOW_ALL",
        "compareRunCharts": charts,
        "compareRunSections": [*sections, rest],
        "isAccordionReordered": True,
    }


def _quoted(column: str) -> str:
    """attributes.start_time as it is, and metrics.`obs.beta_s`: MLflow's names of columns."""
    kind, _, name = column.partition(".")
    return column if kind == "attributes" else f"{kind}.`{name}`"


def picture_table(thumbnails: Mapping[str, str]) -> pd.DataFrame:
    """A table of pictures that the third view of a runs page shows side by side, a column a run.

    thumbnails : file of the picture -> file of what a cell shows of it, both at the run's root
    """
    rows = [
        (name.rpartition(".")[0], {"type": "image", "filepath": name, "compressed_filepath": small})
        for name, small in thumbnails.items()
    ]
    return pd.DataFrame(rows, columns=["picture", "image"], dtype=object)  # MLflow looks for columns of objects


def runs_page(base: str, experiment_id: str, *, mode: str = "", **state: str) -> str:
    """The runs of an experiment: a table, or with `mode` CHART their charts, with ARTIFACT their files side by side.

    state : `viewStateShareKey` or facets of the search such as `searchFilter`
    """
    query = urlencode({**MODELS, **state, **({"compareRunsMode": mode} if mode else {})}, quote_via=quote)
    return f"{base}/#/experiments/{experiment_id}/runs?{query}"


def run_page(base: str, experiment_id: str, run_id: str, artifact: str = "") -> str:
    """One run, or one of its files."""
    path = f"/artifacts/{quote(artifact)}" if artifact else ""
    return f"{base}/#/experiments/{experiment_id}/runs/{run_id}{path}?{urlencode(MODELS)}"


def compare_page(base: str, experiment_id: str, run_ids: Sequence[str]) -> str:
    """Runs side by side: their parameters, metrics and files."""
    runs, experiments = (quote(json.dumps(ids, separators=(",", ":"))) for ids in (list(run_ids), [experiment_id]))
    return f"{base}/#/compare-runs?runs={runs}&experiments={experiments}"
