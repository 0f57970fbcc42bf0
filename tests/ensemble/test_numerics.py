"""The version of the numerics: which edits of the code change the numbers of ensembles, and of studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnplab.config import make_plan
from dnplab.ensemble import numerics, numerics_version

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "ensembles", "studies"),
    [
        ("bath.py", True, True),
        ("solvers/krylov.py", True, True),
        ("studies/build_up.py", False, True),
        ("trajectories/run.py", False, True),
        ("figures/style.py", False, False),
    ],
)
def test_an_edit_changes_the_version_of_what_it_computes(
    file: str, ensembles: bool, studies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numerics, "PACKAGE", tmp_path)
    edited = tmp_path / file
    edited.parent.mkdir(exist_ok=True)
    versions = []
    for text in ("before", "after"):
        edited.write_text(text)
        versions.append((numerics_version.__wrapped__(), numerics_version.__wrapped__(study=True)))
    (ensemble, study), (ensemble_after, study_after) = versions
    assert (ensemble != ensemble_after, study != study_after) == (ensembles, studies)


def test_a_job_knows_the_code_that_computes_it() -> None:
    (ensemble,) = make_plan(ROOT / "conf", []).jobs
    (study,) = make_plan(ROOT / "conf", ["experiment=build_up"]).jobs
    assert ensemble.numerics == numerics_version()
    assert study.numerics == numerics_version(study=True) != ensemble.numerics
