"""What the URI of a tracking store says: where it is, whether it answers, and how it is typed in a command."""

from __future__ import annotations

import re
import shlex
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dnplab.errors import TrackingError
from dnplab.tracking._mlflow import shown

__all__ = [
    "SERVERS",
    "absolute",
    "check_reachable",
    "command_on",
    "default_uri",
    "local_folder",
    "scheme_of",
    "sqlite_path",
    "ui_command",
]

STORE = "mlflow.db"  # in an output folder
CONNECT_TIMEOUT_S = 5.0
SERVER_ERROR = 500
SERVERS = ("http", "https", "databricks")
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def default_uri(outputs: Path) -> str:
    """The SQLite store of an output folder, as an absolute URI."""
    return f"sqlite:///{outputs.absolute() / STORE}"


def local_folder(location: str) -> Path | None:
    """The folder of an artifact location, None where it is not a local one."""
    return Path(url2pathname(urlsplit(location).path)) if location.startswith("file:") else None


def ui_command(uri: str) -> str:
    """The command that serves MLflow's pages of a store on this machine only, and prints links to them."""
    return command_on("ui", uri)


def command_on(name: str, uri: str, *words: str) -> str:
    """The command ``python -m experiments.<name>`` about a store, as it is typed in a shell, without a password."""
    uri = shown(uri)
    path = sqlite_path(absolute(uri))
    key, value = ("tracking.uri", uri) if path is None or path.name != STORE else ("outputs", str(path.parent))
    command = shlex.join(["python", "-m", f"experiments.{name}", *words])
    if value == str(Path("outputs").absolute()):
        return command
    if not re.fullmatch(r"[\w/.:+-]+", value):  # as Hydra quotes what it would take for its own signs
        value = '"{}"'.format(value.replace('"', '\\"'))
    return f"{command} {shlex.quote(f'{key}={value}')}"


def absolute(uri: str) -> str:
    """The same store from any working directory."""
    path = sqlite_path(uri)
    return uri if path is None else f"sqlite:///{path.absolute()}"


def scheme_of(uri: str) -> str:
    """postgresql+psycopg2://... is postgresql, and the bare word databricks is a URI of its own."""
    scheme = uri.partition(":")[0].partition("+")[0]
    return scheme if ":" in uri or scheme == "databricks" else ""


def sqlite_path(uri: str) -> Path | None:
    """The file of a SQLite URI, None for any other URI."""
    scheme, _, rest = uri.partition(":///")
    return Path(rest) if scheme == "sqlite" and rest else None


def check_reachable(uri: str) -> None:
    """Fail within seconds where MLflow would retry for minutes."""
    scheme = scheme_of(uri)
    if scheme not in (*SERVERS, *DATABASES):
        raise TrackingError(
            f"tracking.uri is {shown(uri)!r}, but it must be the address of a tracking server (http, https, databricks), of "
            f"a database ({', '.join(DATABASES)}) such as 'sqlite:///runs.db', or null for mlflow.db in the output folder."
        )
    if not scheme.startswith("http"):
        return
    try:
        _ask(uri)
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a port that is no number
        raise TrackingError(
            f"tracking.uri is {shown(uri)!r}, where no tracking server answers ({error}); start one, "
            "or leave tracking.uri out to track in the output folder."
        ) from error


def _ask(uri: str) -> None:
    """One request that any HTTP server answers, with whatever status; MLflow's is asked for its health."""
    parts = urlsplit(uri)
    connection: HTTPConnection
    if parts.scheme == "https":
        anyone = ssl.create_default_context()  # MLflow will check the certificate, if it is asked to
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=CONNECT_TIMEOUT_S, context=anyone)
    else:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=CONNECT_TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        if (status := connection.getresponse().status) >= SERVER_ERROR:
            raise HTTPException(f"status {status}")
    finally:
        connection.close()
