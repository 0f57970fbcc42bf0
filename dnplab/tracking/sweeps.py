"""Sweeps as the store knows them: which points were asked for, when, and which runs belong to them.

A sweep is one tag of the experiment, `sweep.<id>`, and the same tag on every run that belongs to it.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dnplab.tracking._mlflow import shown
from dnplab.tracking.store import MAX_TAG, Store

__all__ = ["DeclaredSweep", "declare_sweep", "declared_sweeps", "join_sweep"]

SWEEP_TAG = "sweep."
FOLDER_NAME = re.compile(r"[\w-][\w.-]*")
MOST_POINTS = 100_000  # as many as a command takes: axes of a few thousand characters name more than any memory holds
LONGEST_COMMAND = 1500  # characters; a longer one would leave no room for the points


@dataclass(frozen=True)
class DeclaredSweep:
    """What was asked for.

    asked_ms : when the sweep was asked for last, in ms since 1970
    keys : the parameters that tell its points apart
    count : the number of points
    points : their values; None where they were too many for a tag
    words : of the command that asked for it, without passwords
    summary : what it ends with, "crossover" or the name of a figure or question; empty where it ends with nothing
    """

    asked_ms: int
    keys: tuple[str, ...]
    count: int
    points: tuple[dict[str, Any], ...] | None
    words: str = ""
    summary: str = ""


def declare_sweep(store: Store, sweep: str, points: Sequence[Mapping[str, Any]], words: str = "", summary: str = "") -> None:
    """Store that these points (distinct, all with the same keys) are asked for now, by a command with these words.

    They are written in the shortest form that says them all: as axes where they are a full product, else one by one;
    where neither fits into a tag, their number alone is kept.
    """
    keys = list(points[0])
    rows = [[point[key] for key in keys] for point in points]
    axes = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)]
    full = math.prod(map(len, axes)) == len(rows)
    head = {
        "asked_ms": int(time.time() * 1000),
        "keys": keys,
        "count": len(rows),
        "words": shown(words) if len(words) <= LONGEST_COMMAND else "",  # everybody who reads the store reads them
        "summary": summary,
    }
    text = json.dumps({**head, **({"axes": axes} if full else {"points": rows})})
    store.tag_experiment(f"{SWEEP_TAG}{sweep}", text if len(text) <= MAX_TAG else json.dumps(head))


def declared_sweeps(store: Store) -> dict[str, DeclaredSweep]:
    """Every sweep of the experiment by its id, which names folders: a tag with another name is somebody else's."""
    tags = {key.removeprefix(SWEEP_TAG): text for key, text in store.experiment_tags().items() if key.startswith(SWEEP_TAG)}
    found = {name: _declared(name, text) for name, text in tags.items() if FOLDER_NAME.fullmatch(name)}
    return {name: sweep for name, sweep in found.items() if sweep is not None}


def _declared(name: str, text: str) -> DeclaredSweep | None:
    """The sweep that a tag's text declares; None where somebody else has set a tag of such a name."""
    try:
        content = json.loads(text)
        keys, count = tuple(content["keys"]), int(content["count"])
        rows: Iterable[Sequence[Any]] | None = content.get("points")
        if "axes" in content:
            axes = [list(axis) for axis in content["axes"]]
            size, rows = math.prod(map(len, axes)), product(*axes)
        else:
            size = count if rows is None else len(content["points"])
        if size != count or not 0 < count <= MOST_POINTS:
            return None
        points = None if rows is None else tuple(dict(zip(keys, row, strict=True)) for row in rows)
        words = str(content.get("words", ""))
        summary = str(content.get("summary", name.rpartition("-")[0]))  # sweeps of long ago are named after it
        return DeclaredSweep(int(content["asked_ms"]), keys, count, points, shown(words), summary)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def join_sweep(store: Store, run_id: str, sweep: str) -> None:
    """Count a run as part of a sweep; a run may belong to several."""
    store.tag_run(run_id, f"{SWEEP_TAG}{sweep}", "1")
