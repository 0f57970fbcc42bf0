"""Bad circumstances: other processes, wrong clocks, odd places, servers that are none, and half-gathered folders."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

from dnplab.tracking import Store, default_uri, tracked_run
from tests.systems.bad_input_case import (
    ALONE,
    POINT,
    SWEEP,
    Around,
    Case,
    Look,
    Place,
    guarded,
    incomplete,
    nothing,
    plan_of,
    recovered,
    refused,
    run,
    turned_away,
)
from tests.systems.bad_input_files import as_file, cut, during, immutable, lost, spoilt, sql, table, text

__all__ = ["WORLD"]

DAY_S = 86_400.0
OUTSIDE = "which lies outside the output folder"
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


in_sweep = partial(recovered, line=ALONE)
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


# --- places


def quoted(key: str, value: str) -> str:
    """KEY="VALUE", safe from the shell."""
    return shlex.quote(f'{key}="{value}"')


def named(name: str) -> Case:
    """An output folder of another name, which is new."""

    def around(place: Place) -> None:
        place.outputs = place.folder / name

    return recovered(f"outputs called {name}", around, line=f"{POINT} {quoted('outputs', name)}")


def a_file(place: Place) -> AbstractContextManager[object]:
    text(place.folder / "notes")
    return guarded(place)


def a_read_only_folder(place: Place) -> AbstractContextManager[object]:
    place.outputs.mkdir()
    return immutable(place.outputs)


FOLDER = "but it must be a folder that can be written to"
PLACES = [
    refused("outputs=", "outputs is '', but it must be the path of a folder."),
    refused("""outputs="' '" """, "outputs is ' ', but it must be the path of a folder."),
    refused("outputs=../elsewhere", "outputs is '../elsewhere', which leaves the working directory; give it as an absolute"),
    refused("outputs=a/../../b", "outputs is 'a/../../b', which leaves the working directory"),
    refused("outputs=notes", f"outputs is 'notes', {FOLDER}", around=a_file),
    refused("outputs=notes/a/b", f"outputs is 'notes/a/b', {FOLDER}", around=a_file),
    refused("outputs=/proc/dnplab", f"outputs is '/proc/dnplab', {FOLDER}"),
    refused("outputs=/dev/null", f"outputs is '/dev/null', {FOLDER}"),
    refused("outputs=outputs", f"outputs is 'outputs', {FOLDER}", around=a_read_only_folder),
    refused(f"outputs={'a' * 300}", "outputs is", "too long", name="a name that is too long"),
    refused(f"outputs={'/'.join(['a' * 200] * 4)}", "outputs is", name="a path that is too long for SQLite"),
    refused("outputs='why?'", "outputs is 'why?', but"),
    refused("hydra.run.dir=../elsewhere", f"hydra.run.dir is '../elsewhere', {OUTSIDE} 'outputs'; give it as an absolute"),
    refused("hydra.run.dir=elsewhere", f"hydra.run.dir is 'elsewhere', {OUTSIDE}"),
    refused("-m hydra.sweep.dir=elsewhere", f"hydra.sweep.dir is 'elsewhere', {OUTSIDE}"),
    refused("-m hydra.sweep.subdir=../../../../x", "hydra.sweep.subdir is", OUTSIDE),
    refused("tracking.uri=sqlite:///runs.db", f"tracking.uri is 'sqlite:///runs.db', {OUTSIDE}"),
    refused("tracking.uri=sqlite:///outputs/../../runs.db", "tracking.uri is", OUTSIDE),
    refused("tracking.uri=sqlite:////proc/runs.db", "tracking.uri is 'sqlite:////proc/runs.db', which cannot be opened"),
    refused("tracking.uri=sqlite://", "tracking.uri is 'sqlite://', but"),
    refused("tracking.uri=sqlite:///:memory:", "tracking.uri is 'sqlite:///:memory:'"),
    refused("tracking.uri=nonsense", "tracking.uri is 'nonsense', but it must be the address of a tracking server"),
    refused("tracking.uri=file:///tmp/mlruns", "tracking.uri is 'file:///tmp/mlruns', but it must be the address"),
    refused("tracking.uri=http://", "tracking.uri is 'http://'"),
    refused("tracking.uri=http://127.0.0.1:99999", "tracking.uri is 'http://127.0.0.1:99999'"),
    refused("tracking.uri=http://nowhere.invalid", "tracking.uri is 'http://nowhere.invalid', where no tracking server"),
    refused("tracking.uri=postgresql://me:secret@127.0.0.1:1/runs", "postgresql://me:***@127.0.0.1:1/runs"),
    *map(named, ("it's 50%", "a#b [1]", "ünï ☃", "-m", "a=b,c;d|e&f", "$HOME ~ {x} \\n")),
    *(
        recovered(f"an experiment called {name}", Place.forget, line=f"{POINT} {quoted('tracking.experiment', name)}")
        for name in ("ünï ☃ 50%", "it's a/b `c`", "Default")
    ),
    incomplete("a file in place of Hydra's folder", as_file("hydra"), "hydra"),
    incomplete("a file in place of the folder of tables", as_file("crossover"), "crossover", line=ALONE),
]


# --- servers


@contextmanager
def server(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """The address of a server on loopback that does with a connection what it likes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                handle(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, block_on_close = True, False

    with Server(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=partial(listening.serve_forever, 0.05), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def answering(status: str, body: str = "") -> Callable[[socket.socket], None]:
    """The same page to everybody."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(f"{head}{body}".encode())

    return handle


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def no_server(name: str, handle: Callable[[socket.socket], object], *says: str) -> Case:
    """Something else answers at the address; our patience with it is cut to half a second."""

    def around(place: Place) -> AbstractContextManager[object]:
        stack = contextlib.ExitStack()
        stack.enter_context(mock.patch("dnplab.tracking.store.CONNECT_TIMEOUT_S", 0.5))
        stack.enter_context(guarded(place))
        place.words["uri"] = stack.enter_context(server(handle))
        return stack

    return refused("tracking.uri={uri}", "{uri}", *says, around=around, name=f"a server {name}")


def dead_server(place: Place) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place.words["uri"] = f"http://127.0.0.1:{probe.getsockname()[1]}"


SERVERS = [
    *(
        refused(
            "tracking.uri={uri}",
            "tracking.uri is '{uri}', where no tracking server answers",
            command=command,
            around=dead_server,
            name=f"a dead server, for {command}",
        )
        for command in ("run", "status", "crossover")
    ),
    no_server("of pages that are not found", answering("404 Not Found", "<html>nothing</html>")),
    no_server("of web pages", answering("200 OK", "<html>Welcome</html>")),
    no_server("of JSON", answering("200 OK", "{}")),
    no_server("that sends elsewhere", answering("302 Found")),
    no_server("that fails", answering("500 Internal Server Error")),
    no_server("that hangs up", lambda connection: connection.close()),
    no_server("that never answers", silent),
]


# --- gathered folders


def collected(name: str, around: Around, sources: str = "[outputs]", then: str = POINT) -> Case:
    """Runs and realizations are gathered into another folder, from which a command then has its numbers."""

    def aside(place: Place) -> AbstractContextManager[object] | None:
        undo = around(place)
        place.outputs = place.folder / "gathered"
        return undo

    line = f"sources={sources} outputs=gathered"
    return Case(f"collect {name}", line, (), 0, "collect", aside, then=f"{then} outputs=gathered")


def torn_copy(place: Place) -> None:
    """The first collection was killed while it copied the nonsecular run."""
    assert run("collect", "sources=[outputs] outputs=gathered", place.folder).code == 0
    source, place.outputs = place.outputs, place.folder / "gathered"
    place.began()
    shutil.rmtree(place.artifacts())
    torn = place.run_id()
    for name in ("params", "metrics", "latest_metrics"):
        place.sql(f"DELETE FROM {name} WHERE run_uuid = ?", torn)
    place.sql("DELETE FROM tags WHERE run_uuid = ? AND key != 'copied_from'", torn)
    place.outputs = source


def torn_realization(place: Place) -> None:
    """The first collection had realizations only, and one of them is damaged since."""
    place.forget()
    assert run("collect", "sources=[outputs] outputs=gathered", place.folder).code == 0
    cut(next(Path(place.folder / "gathered").rglob("0.npz")))


def linked(place: Place) -> None:
    (place.folder / "link").symlink_to(place.outputs)


ITSELF = ("sources is", "other than outputs")
COLLECTED = [
    turned_away("collect from itself", nothing, *ITSELF, line="sources=[outputs]", command="collect"),
    turned_away("collect from itself through a link", linked, *ITSELF, line="sources=[link]", command="collect"),
    collected("from a sweep, twice", nothing, "[outputs,outputs]"),
    collected("on a torn copy", torn_copy),
    collected("on a torn realization", torn_realization),
    collected("a run whose table is damaged", table(cut), then=ALONE),
    collected("a run whose artifacts are gone", lost(shutil.rmtree), then=ALONE),
    collected("a damaged realization", spoilt(cut)),
]

WORLD = (*PROCESSES, *CLOCKS, *PLACES, *SERVERS, *COLLECTED)
