"""A store that three processes have created at once, and an experiment in it for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnplab.tracking import (
    Store,
    default_uri,
)
from tests.tracking.processes import OPEN, python


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder, in a path with a blank, whose store three processes have just created at the same time."""
    folder = tmp_path_factory.mktemp("out puts")
    started = [python(OPEN + "print(s.experiment_id)", str(folder)) for _ in range(3)]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    assert len({out for out, _ in ended}) == 1
    return folder


@pytest.fixture
def store(outputs: Path, request: pytest.FixtureRequest) -> Store:
    """An experiment of its own for every test."""
    return Store(default_uri(outputs), request.node.name, outputs / "mlartifacts", "What is asked?")
