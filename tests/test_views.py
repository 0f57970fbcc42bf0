"""What is worth looking at in a store, without a browser: views, links, and the runs that a link compares."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from dnplab.tracking import Store, declare_sweep, default_uri, tracked_run
from dnplab.tracking.pages import View, bars, save_view
from experiments.views import Exhibit, exhibits, links, view_of

KELVIN, SIZES, MODELS = (1.2, 4.0, 12.0), (3, 4, 5, 6, 7), ("hilbert", "nonsecular")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Thirty runs of a sweep, ten at each temperature, a point that is not of it, and the answer to its question."""
    folder = tmp_path_factory.mktemp("views")
    made = Store(default_uri(folder), "dnplab-finite-size", folder / "mlartifacts")
    points = [
        {"bath.temperature_k": kelvin, "system.n_spins": size, "model": model}
        for kelvin, size, model in product(KELVIN, SIZES, MODELS)
    ]
    declare_sweep(made, "finite_size-1", points, summary="finite_size")
    for point in points:
        log(made, point, {"model": str(point["model"]), "sweep.finite_size-1": "1"})
    log(made, points[0] | {"bath.temperature_k": 0.5}, {"model": "hilbert"})
    with tracked_run(made, name="finite_size", fingerprint="answer", params={}, tags=ANSWER) as run:
        (folder / "finite_size.png").write_bytes(b"")
        made.client.log_artifact(run.run_id, str(folder / "finite_size.png"))
    return made


ANSWER = {"summary": "true", "sweep": "finite_size-1"}


def log(store: Store, point: dict[str, object], tags: dict[str, str]) -> None:
    name, kelvin = " ".join(map(str, point.values())), float(str(point["bath.temperature_k"]))
    with tracked_run(store, name=name, fingerprint=name, params=point | {"bath.t1_us": 160 / kelvin**2}, tags=tags) as run:
        numbers = {"point.temperature_k": kelvin, "point.n_spins": float(str(point["system.n_spins"]))}
        run.log(metrics={"obs.ansatz_deviation": 0.1, "obs.ansatz_deviation_sem": 0.01, **numbers})


@pytest.fixture(scope="module")
def sweep(store: Store) -> Exhibit:
    found = exhibits(store)
    assert [(exhibit.key, len(exhibit.runs)) for exhibit in found] == [("finite_size-1", 30), ("all-runs", 31)]
    return found[0]


def test_the_compare_link_opens_pairs_of_the_coldest_and_the_hottest_runs(store: Store, sweep: Exhibit) -> None:
    address = links(store, "http://here", sweep, saved=True)["compare"]
    names = [run.name.split(" ", 1) for run in sweep.runs if run.run_id in address]
    assert len(names) == 8
    cold, hot = (sorted(point for kelvin, point in names if kelvin == end) for end in ("1.2", "12.0"))
    assert cold == hot
    assert len(cold) == 4


def test_links_lead_to_the_sweep_and_to_the_answer(store: Store, sweep: Exhibit) -> None:
    saved, unsaved = (links(store, "http://here", sweep, saved=saved) for saved in (True, False))
    assert set(saved) == {"table", "charts", "compare", "finite_size.png"}
    assert saved["table"].endswith("viewStateShareKey=finite_size-1")
    assert "searchFilter=tags.%60sweep.finite_size-1%60%20%3D%20%271%27" in unsaved["charts"]
    assert "/artifacts/finite_size.png?" in saved["finite_size.png"]


def test_a_view_shows_the_point_and_the_measures(sweep: Exhibit) -> None:
    view = view_of(sweep)
    assert view.columns[:3] == ["params.model", "metrics.point.temperature_k", "metrics.point.n_spins"]
    assert "metrics.obs.ansatz_deviation" in view.columns
    assert view.order == "metrics.point.temperature_k"
    assert set(view.sections) == {"Measures", "Parameters and measures"}


def test_a_view_is_renewed_until_somebody_changes_it(tmp_path: Path) -> None:
    store = Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts")
    view = View("all-runs", "all runs", "", "attributes.start_time", ["params.model"], {"Measures": [bars("obs.beta_s")]})
    save_view(store, view, 1)
    first = json.loads(store.experiment_tags()["mlflow.sharedViewState.all-runs"])
    state = json.loads(zlib.decompress(base64.b64decode(first["state"].removeprefix("deflate;"))))
    assert (first["name"], state["selectedColumns"]) == ("all runs", ["params.`model`"])
    save_view(store, replace(view, name="every run"), 1)
    assert json.loads(store.experiment_tags()["mlflow.sharedViewState.all-runs"])["name"] == "every run"
    by_hand = json.dumps({"name": "mine", "createdAt": 2, "state": first["state"]})
    store.tag_experiment("mlflow.sharedViewState.all-runs", by_hand)
    save_view(store, view, 3)
    assert store.experiment_tags()["mlflow.sharedViewState.all-runs"] == by_hand
