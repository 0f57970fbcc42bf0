"""Which points are missing, and how that is said."""

from __future__ import annotations

import pytest

from dnplab.analysis.completeness import canonical, describe_missing, missing_points


def point(model: str, temperature: object) -> dict[str, object]:
    return {"model": model, "bath.temperature_k": temperature}


ASKED = [point(model, t) for model in ("hilbert", "nonsecular") for t in (1.2, 4.0, 12.0)]


def test_logged_text_is_the_same_point_as_a_typed_number() -> None:
    seen = [point(model, text) for model in ("hilbert", "nonsecular") for text in ("1.2", "4", 12)]
    assert missing_points(seen, ASKED) == []
    assert describe_missing([], 6) == "All 6 points have a finished run."


def test_missing_points_are_named() -> None:
    seen = [point("hilbert", 1.2), point("hilbert", 4), point("hilbert", 12), point("nonsecular", 4)]
    missing = missing_points(seen, ASKED)
    assert missing == [point("nonsecular", 1.2), point("nonsecular", 12)]
    assert describe_missing(missing, 6) == "2 of 6 points have no finished run: nonsecular at 1.2 K; nonsecular at 12 K."


def test_further_keys_are_named_and_long_lists_are_cut() -> None:
    asked = [{**one, "system.n_spins": n} for one in ASKED for n in (4, 6)]
    text = describe_missing(missing_points([], asked), 12)
    assert "hilbert at 1.2 K, system.n_spins = 4;" in text
    assert text.endswith("; and 6 more.")


def test_points_that_nobody_stored_are_counted() -> None:
    text = "2 of 9000 points have no finished run: the sweep was too long to be stored point by point."
    assert describe_missing([{}, {}], 9000) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, 12.0),
        ("12.0", 12.0),
        (True, "true"),
        ("False", "false"),
        ("all", "all"),
        ("1e-10", 1e-10),
        (0.1 + 0.2, 0.3),
    ],
)
def test_canonical_values(value: object, expected: object) -> None:
    assert canonical(value) == expected
