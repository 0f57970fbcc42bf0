"""Other processes that compute the same, and clocks that are wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from unittest import mock

from dnplab.tracking import Store, default_uri, tracked_run
from tests.systems.bad_input.case import Around, Case, Look, in_sweep, incomplete, recovered
from tests.systems.bad_input.command import run
from tests.systems.bad_input.damage import during, sql, text
from tests.systems.bad_input.folder import ALONE, POINT, SWEEP, Place, plan_of

__all__ = ["CLOCKS", "PROCESSES"]

DAY_S = 86_400.0
RERUN = f"{POINT} rerun=true"


# --- processes


def at(offset_s: float) -> AbstractContextManager[object]:
    """A clock that is wrong by so much."""
    true = time.time
    return mock.patch("time.time", side_effect=lambda: true() + offset_s)


def _nonsecular(place: Place) -> list[str]:
    found = place.store.search()
    return sorted(run.status for run in found if run.tags.get("model") == "nonsecular")


def runs_of(*statuses: str) -> Look:
    def look(place: Place) -> str:
        found = _nonsecular(place)
        return "" if found == sorted(statuses) else f"the runs are {', '.join(found)}"

    return look


def one_finished(place: Place) -> str:
    found = _nonsecular(place)
    return "" if found.count("FINISHED") == 1 and "RUNNING" not in found else f"the runs are {', '.join(found)}"


@contextmanager
def sleeper() -> Iterator[int]:
    """A process of somebody else that lives for as long as the block."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@contextmanager
def begun(place: Place, pid: int, offset_s: float = 0.0) -> Iterator[None]:
    """A process has begun the nonsecular run, by a clock that was wrong by so much, and goes on with it."""
    (job,) = plan_of(POINT).jobs
    place.forget()
    tags = {"model": "nonsecular", **{f"sweep.{plan_of(line).sweep}": "1" for line in (ALONE, SWEEP)}}
    store = place.store
    opened = tracked_run(store, name=job.name, fingerprint=job.fingerprint, params=job.params, tags=tags)
    with mock.patch("os.getpid", return_value=pid), at(offset_s):
        opened.__enter__()
    store.client = mock.MagicMock()  # how it ends is of no interest
    yield
    opened.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)


@contextmanager
def living(place: Place, offset_s: float = 0.0) -> Iterator[None]:
    """The run belongs to a process that is alive."""
    with sleeper() as pid, begun(place, pid, offset_s):
        yield


@contextmanager
def dead(place: Place) -> Iterator[None]:
    """The run belongs to a process that has ended."""
    with sleeper() as pid:
        pass
    with begun(place, pid):
        yield


@contextmanager
def dead_and_replaced(place: Place, offset_s: float) -> Iterator[None]:
    """The process that began the run has ended, and a younger one has its number."""
    with sleeper() as pid, begun(place, pid, offset_s), sleeper() as younger:
        place.sql("UPDATE tags SET value = ? WHERE key = 'pid' AND value = ?", str(younger), str(pid))
        yield


def elsewhere(place: Place) -> None:
    place.began(host="elsewhere")


def nobodys(place: Place) -> None:
    place.began()
    place.sql("DELETE FROM tags WHERE key IN ('pid', 'host')")


def another(line: str) -> Around:
    """Another command begins while the first one computes, and ends before it logs."""

    def act(place: Place) -> None:
        ended = run("run", line, place.folder)
        assert ended.code == 0, ended.err

    return during(act)


def every_run(status: str) -> Around:
    return sql("UPDATE runs SET status = ?", status)


PROCESSES = [
    recovered("a run of a dead process", dead, "Closed 1 unfinished run of processes that have ended."),
    recovered("a run of a living process", living, look=runs_of("FINISHED", "RUNNING")),
    recovered("a run of another host", elsewhere, look=one_finished),
    recovered("a run of nobody", nobodys, look=one_finished),
    incomplete("a run of a living process, for status", living, "1 points: 1 running", line="", command="status"),
    recovered("the same point at once", another(POINT), look=one_finished),
    recovered("another point at once", another(POINT.replace("nonsecular", "secular"))),
    recovered("rerun at once", another(RERUN), line=RERUN, look=one_finished),
    recovered("a run that failed", every_run("FAILED"), look=one_finished),
    recovered("the realizations go while it computes", during(lambda p: shutil.rmtree(p.outputs / "checkpoints"))),
    incomplete("the store goes while it computes", during(lambda p: p.database.unlink()), "mlflow.db", then=POINT),
    incomplete("the store becomes text while it computes", during(lambda p: text(p.database)), "mlflow.db"),
    incomplete("the outputs move while it computes", during(lambda p: p.outputs.rename(p.folder / "moved")), "outputs"),
    incomplete("the run is deleted while it computes", during(Place.forget), "mlflow.db", then=POINT),
    Case("a terminal that knows ASCII alone", ALONE, (), 0, same=True, encoding="ascii"),
]


# --- clocks


def behind(_: Place) -> AbstractContextManager[object]:
    return at(-DAY_S)


def ahead(_: Place) -> AbstractContextManager[object]:
    return at(DAY_S)


def noted_and_behind(place: Place) -> AbstractContextManager[object]:
    place.words["old"] = place.run_id()
    return at(-DAY_S)


def newest_is_left(place: Place) -> str:
    left = [found.run_id for found in place.store.search() if found.tags.get("model") == "nonsecular"]
    return "" if len(left) == 1 and left != [place.words["old"]] else "the new run was deleted, or the old one was not"


def one_summary(place: Place) -> str:
    found = Store(default_uri(place.outputs), "dnplab-crossover", create=False).search()
    known = sorted((summary.tags["sweep"], summary.tags["model"]) for summary in found)
    return "" if len(set(known)) == len(known) == 3 else f"the summaries are {known}"


def asked_ahead(place: Place) -> None:
    """The finished sweep was asked for by a clock that was ahead; another one has been asked for since."""
    for key, value in place.sql("SELECT key, value FROM experiment_tags WHERE key LIKE 'sweep.%'"):
        content = json.loads(value)
        content["asked_ms"] += int(1000 * DAY_S)
        place.sql("UPDATE experiment_tags SET value = ? WHERE key = ?", json.dumps(content), key)
    other = ALONE.replace("nonsecular", "secular")
    ended = run("run", other, place.folder)
    assert ended.code == 0, ended.err
    place.words["last"] = plan_of(other).sweep


CLOCKS = [
    in_sweep("a clock that is a day behind", behind),
    in_sweep("a clock that is a day ahead", ahead),
    recovered("rerun with a clock that is a day behind", noted_and_behind, line=RERUN, look=newest_is_left),
    recovered("a sweep again with a clock that is a day behind", behind, line=f"{ALONE} rerun=true", look=one_summary),
    recovered(
        "a run of a living process, begun by a clock that was behind",
        partial(living, offset_s=-DAY_S),
        look=runs_of("FINISHED", "RUNNING"),
    ),
    recovered(
        "a run of a dead process, begun by a clock that was ahead",
        partial(dead_and_replaced, offset_s=DAY_S),
        "Closed 1 unfinished run of processes that have ended.",
        look=one_finished,
    ),
    Case("the last sweep, after one by a clock that was ahead", "", ("Crossover of {last}.",), 0, "crossover", asked_ahead),
]
