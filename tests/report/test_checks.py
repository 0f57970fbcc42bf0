"""The table of checks and the warnings: the worst is shown, and nothing that nobody recorded is called good."""

from __future__ import annotations

import pytest

from dnplab.report.checks import checks_of, warnings_of
from dnplab.tracking import TrackedRun


def test_a_bad_check_is_not_called_good() -> None:
    metrics = {"check.worst_error_estimate": 1e-3, "check.min_eigenvalue": -0.01, "check.excluded": 3.0}
    tags = {"undefined.beta_s": "one <spin>"}
    bad = TrackedRun("a", "bad", "FINISHED", 0, {"solver.rtol": "1e-10", "ensemble.realizations": "8"}, metrics, tags)
    found = {check.name: check for check in checks_of([bad])}
    assert {name for name, check in found.items() if check.verdict == "look"} == {
        "largest error estimate",
        "smallest eigenvalue of ρ",
        "samples left out",
    }
    assert found["samples left out"].value == "3 of 8"
    assert found["largest residual"].value == "not recorded"
    assert found["beta_s is not defined"].meaning == "one <spin>"
    other = TrackedRun("b", "other", "FINISHED", 0, {"ensemble.seed": "1"}, {}, {"numerics": "x"})
    told = " ".join(warnings_of([bad, TrackedRun("c", "c", "FINISHED", 0, {"ensemble.seed": "0"}, {}, {}), other], "x"))
    assert "2 seeds (1, 0)" in told or "2 seeds (0, 1)" in told


def test_what_runs_do_not_record_is_not_called_good() -> None:
    params = {"solver.rtol": "1e-10", "ensemble.realizations": "8"}
    silent = TrackedRun("a", "silent", "FINISHED", 0, params, {}, {})
    found = {check.name: check for check in checks_of([silent])}
    assert {(check.value, check.verdict) for check in found.values()} == {("not recorded", "")}
    told = TrackedRun("b", "told", "FINISHED", 0, params, {"check.excluded": 0.0, "check.worst_trace_error": 0.0}, {})
    some = {check.name: check for check in checks_of([silent, told])}
    for name in ("samples left out", "largest error of the trace"):
        assert some[name].verdict == ""
        assert "1 of 2 runs do not record it" in some[name].where
    assert some["samples left out"].value == "0 of 8"
    assert checks_of([told])[4].verdict == "holds"


@pytest.mark.parametrize(("error", "floor", "verdict"), [(1e-7, 0, "look"), (1e-7, 1, "holds"), (1e-5, 1, "look")])
def test_rounding_excuses_an_error_of_its_own_size_only(error: float, floor: int, verdict: str) -> None:
    metrics = {"check.worst_error_estimate": error, "check.at_rounding_floor": float(floor)}
    run = TrackedRun("a", "a", "FINISHED", 0, {"solver.rtol": "1e-10"}, metrics, {})
    (check,) = [check for check in checks_of([run]) if check.name == "largest error estimate"]
    assert check.verdict == verdict
