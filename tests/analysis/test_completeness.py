"""Which grid points are missing, and how that is said."""

from __future__ import annotations

import pytest

from dnplab.analysis.completeness import canonical, describe_missing, missing_points

GRID = {"model": ["hilbert", "nonsecular"], "bath.temperature_k": [1.2, 4, 12]}


def point(model: str, temperature: object) -> dict[str, object]:
    return {"model": model, "bath.temperature_k": temperature}


def test_logged_text_is_the_same_point_as_a_typed_number() -> None:
    seen = [point(model, text) for model in GRID["model"] for text in ("1.2", "4.0", "12")]
    assert missing_points(seen, GRID) == []
    assert describe_missing([], 6) == "All 6 grid points have a finished run."


def test_missing_points_are_named() -> None:
    seen = [point("hilbert", 1.2), point("hilbert", 4), point("hilbert", 12), point("nonsecular", 4)]
    missing = missing_points(seen, GRID)
    assert missing == [point("nonsecular", 1.2), point("nonsecular", 12)]
    assert describe_missing(missing, 6) == (
        "2 of 6 grid points have no finished run: nonsecular at 1.2 K; nonsecular at 12 K."
    )


def test_further_keys_are_named_and_long_lists_are_cut() -> None:
    grid = {**GRID, "system.n_spins": [4, 6]}
    missing = missing_points([], grid)
    text = describe_missing(missing, 12)
    assert "hilbert at 1.2 K, system.n_spins=4;" in text
    assert text.endswith("; and 6 more.")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(12, 12.0), ("12.0", 12.0), (True, "true"), ("False", "false"), ("all", "all"), ("1e-10", 1e-10)],
)
def test_canonical_values(value: object, expected: object) -> None:
    assert canonical(value) == expected
