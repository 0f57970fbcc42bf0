"""Sweeps as they are declared and joined."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from dnplab.tracking import (
    Store,
    declare_sweep,
    declared_sweeps,
)
from tests.tracking.processes import OPEN, finish, python


@pytest.mark.parametrize(
    ("points", "form", "stored"),
    [
        ([(m, t) for m in ("hilbert", "secular") for t in range(400)], "axes", True),  # a product is short
        ([("hilbert", 1.2), ("hilbert", 12.0), ("secular", 1.2)], "points", True),
        ([("hilbert" if t % 2 else "secular", t) for t in range(1000)], "count", False),
    ],
)
def test_a_sweep_declares_what_was_asked_for(store: Store, points: list[tuple[object]], form: str, stored: bool) -> None:
    asked = [dict(zip(("model", "bath.temperature_k"), point, strict=True)) for point in points]
    before = time.time() * 1000 - 1
    declare_sweep(store, "s", asked)
    (text,) = [value for key, value in store.experiment_tags().items() if key == "sweep.s"]
    assert len(text) <= 5000
    assert form in json.loads(text)
    (found,) = declared_sweeps(store).values()
    assert found.asked_ms >= before
    assert (found.keys, found.count) == (("model", "bath.temperature_k"), len(points))
    assert found.points == (tuple(asked) if stored else None)


@pytest.mark.parametrize("name", ["/tmp/evil", "../../evil", "..", ".evil", "a/b"])
def test_a_sweep_whose_name_is_a_path_is_somebody_elses(name: str, store: Store) -> None:
    declare_sweep(store, "mine.2", [{"model": "hilbert"}], summary="crossover")
    text = store.experiment_tags()["sweep.mine.2"]
    with sqlite3.connect(
        store.uri.removeprefix("sqlite:///")
    ) as database:  # MLflow refuses some of these names, and takes others
        database.execute("INSERT INTO experiment_tags VALUES (?, ?, ?)", (f"sweep.{name}", text, store.experiment_id))
    database.close()
    assert {key: sweep.summary for key, sweep in declared_sweeps(store).items()} == {"mine.2": "crossover"}


@pytest.mark.parametrize("wrong", [{"count": 2**500}, {"count": 3}, {"count": -1}, {"axes": 4}, {"axes": [[0, 1]] * 500}])
def test_a_sweep_has_as_many_points_as_it_says_and_as_memory_holds(wrong: dict[str, Any], store: Store) -> None:
    content = {"asked_ms": 3, "keys": ["k"] * 500, "count": 2**500, "axes": [[0, 1]] * 500} | wrong
    store.tag_experiment("sweep.mine", json.dumps(content))
    assert declared_sweeps(store) == {}


def test_a_sweep_of_long_ago_is_named_after_what_it_ends_with(store: Store) -> None:
    text = json.dumps({"asked_ms": 3, "keys": ["model"], "count": 1, "axes": [["hilbert"]]})
    store.tag_experiment("sweep.finite_size-0123456789", text)
    (found,) = declared_sweeps(store).values()
    assert found.summary == "finite_size"


def test_processes_may_declare_and_join_the_same_sweeps(store: Store, outputs: Path, tmp_path: Path) -> None:
    """MLflow looks for a tag before it inserts it, so two at once violate its unique key: each waits until all are there."""
    run_id = finish(store, "f")
    code = OPEN.replace("'dnplab'", repr(store.experiment)) + (
        "import os, time; from dnplab.tracking import declare_sweep, join_sweep\n"
        "here = Path(sys.argv[2]); (here / str(os.getpid())).touch()\n"
        "for _ in range(6000):\n"
        "    if len(list(here.iterdir())) == 4: break\n"
        "    time.sleep(0.01)\n"
        "else: sys.exit('The others did not come.')\n"
        "for i in range(25):\n"
        "    declare_sweep(s, str(i), [{'model': 'hilbert'}])\n"
        "    join_sweep(s, sys.argv[3], str(i))\n"
    )
    started = [python(code, str(outputs), str(tmp_path), run_id) for _ in range(4)]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    assert len(declared_sweeps(store)) == 25
    assert len([tag for tag in store.search()[0].tags if tag.startswith("sweep.")]) == 25
