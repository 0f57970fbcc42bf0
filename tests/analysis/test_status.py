"""How far a sweep is: points without a run, with samples of a larger ensemble, with more runs than were asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnplab.analysis import sweep_status
from dnplab.tracking import OUTDATED, Store, declare_sweep, declared_sweeps, default_uri, tracked_run

TEMPERATURES = (1.2, 4.0, 12.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts")
    declare_sweep(store, "s", [{"bath.temperature_k": temperature} for temperature in TEMPERATURES], "-m words")
    return store


def add(
    store: Store, temperature_k: float, *, stops: bool = False, tags: dict[str, str] | None = None, **params: Any
) -> str:
    """A run of the sweep, KILLED if it `stops`; its realizations are those of `params`."""
    given = {"bath.temperature_k": temperature_k, **{key.replace("__", "."): value for key, value in params.items()}}
    name = f"{temperature_k} {len(store.search())}"
    try:
        with tracked_run(store, name=name, fingerprint=name, params=given, tags={"sweep.s": "1", **(tags or {})}) as run:
            if stops:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    return run.run_id


def rows(store: Store) -> list[tuple[object, ...]]:
    grid = sweep_status(store, "s", declared_sweeps(store)["s"]).grid
    return [tuple(row) for row in grid[["bath.temperature_k", "state", "realizations"]].itertuples(index=False)]


def test_stored_samples_are_those_that_the_point_asks_for(store: Store, tmp_path: Path) -> None:
    for index in range(9):
        (tmp_path / f"{index}.npz").touch()
    (tmp_path / "note.npz").touch()
    stored = {"checkpoints": str(tmp_path)}
    add(store, 1.2, stops=True, tags=stored, ensemble__realizations=3)
    add(store, 4.0, stops=True, tags=stored, ensemble__realizations=30, ensemble__shard="2/4")
    add(store, 12.0, tags=stored, ensemble__realizations=30, ensemble__shard="2/4")
    assert rows(store) == [(1.2, "stopped", "3/3"), (4.0, "stopped", "2/8"), (12.0, "done", "8/8")]


def test_a_partial_sweep_and_its_command(store: Store) -> None:
    add(store, 4.0)
    add(store, 1.2, stops=True)
    found = sweep_status(store, "s", declared_sweeps(store)["s"])
    assert list(found.grid["state"]) == ["stopped", "done", "missing"]
    assert (found.counts, found.complete) == ({"done": 1, "stopped": 1, "missing": 1}, False)
    assert found.command == "python -m experiments.run -m words"


def test_more_runs_than_points_are_no_more_points(store: Store) -> None:
    for temperature in (*TEMPERATURES, *TEMPERATURES, 300.0):
        add(store, temperature)
    add(store, 4.0, stops=True)  # the newest, and of no account beside one that is done
    found = sweep_status(store, "s", declared_sweeps(store)["s"])
    assert (found.counts, found.complete) == ({"done": 3}, True)


def test_a_run_that_is_to_be_made_again_is_not_done(store: Store) -> None:
    for temperature in TEMPERATURES:
        last = add(store, temperature)
    store.tag_run(last, OUTDATED, "A file is gone.")
    found = sweep_status(store, "s", declared_sweeps(store)["s"])
    assert list(found.grid["state"]) == ["done", "done", "outdated"]
    assert list(found.grid["error"]) == ["", "", "A file is gone."]


def test_a_sweep_too_long_to_be_stored_is_counted(store: Store) -> None:
    add(store, 1.2)
    add(store, 4.0)
    asked = declared_sweeps(store)["s"]
    assert sweep_status(store, "s", replace(asked, points=None)).counts == {"done": 2, "missing": 1}
    assert sweep_status(store, "s", replace(asked, points=None, count=2)).complete
