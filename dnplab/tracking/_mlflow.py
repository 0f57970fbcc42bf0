"""The late import of MLflow: it takes two seconds, so help pages and config checks must not pay for it.

Every other module of `dnplab.tracking` reaches MLflow through `client`; no module outside this package
imports it at all.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dnplab.errors import TrackingError
from dnplab.tracking._signals import undisturbed

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["client", "quiet", "shown", "translated"]

REMOTE = ("http:", "https:", "databricks")  # their sessions are their own: nothing is lost, and they may not answer
PASSWORD = re.compile(r"(://[^:/@\s]*):\S*@")  # ://user:password@, up to the last @: a password may hold one
SECRET = re.compile(r"([?&](?:\w*(?:pass|pwd|token|secret)\w*|odbc_connect)=)[^&\s'\"]*", re.IGNORECASE)  # ?password=...


def quiet() -> None:
    """Switch off MLflow's telemetry and the chatter of MLflow, Alembic and Git about a new store."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")  # a server that is up but does not work is told
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # after a minute
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # tracebacks of what `translated` says
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a cursor that Ctrl-C interrupts


def _import() -> None:
    quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401
    quiet()  # importing mlflow sets its own logger's level


def client(uri: str) -> MlflowClient:
    """An MLflow client of the store at `uri`; no global state of MLflow is touched."""
    _import()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def shown(text: str) -> str:
    """A URI, or words that hold some, as everybody may read it: without passwords."""
    return SECRET.sub(r"\1***", PASSWORD.sub(r"\1:***@", text))


@contextlib.contextmanager
def translated(uri: str, doing: str) -> Iterator[None]:
    """Turn whatever a store raises into one sentence; signals wait for the end of the block, where a session is ours.

    Raises:
        TrackingError: naming the store, what was being done and the first line of the cause.

    """
    _import()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with contextlib.nullcontext() if uri.startswith(REMOTE) else undisturbed():
        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:  # ImportError: a database's driver
            raise TrackingError(f"The tracking store {shown(uri)!r} failed while {doing}: {_cause(error)}.") from error


def _cause(error: Exception) -> str:
    """The first sentence of an error; of a database's, what the driver said, which comes after SQLAlchemy's own words."""
    text = str(error).strip() or type(error).__name__
    if given_up := re.search(r"Max retries exceeded .*Caused by (\w+)", text, re.DOTALL):
        return f"the server gave no answer that can be used, again and again ({given_up[1]})"
    if driver := re.search(r"^\([\w.]+Error\) (.+)$", text, re.MULTILINE):
        text = driver[1]
    return text.splitlines()[0].split(". ")[0].rstrip(".")
