"""Every row of the table of bad input: one clear sentence and the right exit code, or the right numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems.bad_input import CASES
from tests.systems.bad_input.case import Case, MissingToolError, complaints
from tests.systems.bad_input.folder import Warm, warm_store


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with warm_store(tmp_path_factory.mktemp("warm")) as made:
        yield made


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_ends_in_a_sentence_or_in_the_right_numbers(case: Case, warm: Warm, tmp_path: Path) -> None:
    try:
        ended, found = complaints(case, tmp_path, warm)
    except MissingToolError as reason:
        pytest.skip(str(reason))
    assert not found, "\n".join([*found, *ended.sentences])
