"""Addresses at which something else than a tracking server answers, or nothing."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from unittest import mock

from tests.systems.bad_input.case import Case, guarded, refused
from tests.systems.bad_input.folder import Place
from tests.systems.servers import free_port

__all__ = ["SERVERS"]


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
        stack.enter_context(mock.patch("dnplab.tracking.addresses.CONNECT_TIMEOUT_S", 0.5))
        stack.enter_context(guarded(place))
        place.words["uri"] = stack.enter_context(server(handle))
        return stack

    return refused("tracking.uri={uri}", "{uri}", *says, around=around, name=f"a server {name}")


def dead_server(place: Place) -> None:
    place.words["uri"] = f"http://127.0.0.1:{free_port()}"


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
