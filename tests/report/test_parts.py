"""What a page says of each group of a sweep, on curves that are made up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dnplab.report.album import Album
from dnplab.report.conclusions import conclusions_of
from dnplab.report.results import parts_of
from tests.analysis import synthetic

FEW = (1.2, 4.0, 12.0)


def test_groups_have_parts_of_their_own() -> None:
    values = pd.concat([synthetic.realizations(temperatures=FEW).assign(size=size) for size in (4.0, 6.0)])
    parts = list(parts_of(synthetic.sweep(values, groups=("size",)), Album()))
    assert [part.name for part in parts] == ["size = 4", "size = 6"]
    for part in parts:
        assert len(part.tables[0].rows) == len(synthetic.ENDS) * len(FEW)
        assert any(
            "Half of the change of the nonsecular ansatz_deviation from 1.2 to 12 K is done" in text
            for text in part.conclusions
        )
        assert len(part.pictures) >= 1


def test_more_groups_than_a_page_can_hold_are_counted() -> None:
    values = pd.concat([synthetic.realizations(count=4, temperatures=(4.0,)).assign(size=float(size)) for size in range(14)])
    made_up = synthetic.sweep(values, groups=("size",))
    parts = list(parts_of(made_up, Album()))
    assert len(parts) == 13
    assert parts[-1].remarks == ("2 more groups of runs would make this page too long and are left out.",)
    (alone,) = parts_of(made_up, Album(), drawn=False)
    assert alone.remarks == ("The summary puts 14 groups of runs together; each alone is in the store.",)


def test_a_curve_that_never_crosses_has_its_reason() -> None:
    values = synthetic.realizations(temperatures=FEW)
    values["ansatz_deviation"] = 0.02 + 0.001 * values["realization"]
    part = next(parts_of(synthetic.sweep(values), Album()))
    assert any("has no crossover temperature: no change beyond 2 standard errors." in text for text in part.conclusions)
    assert not any("Half of the change" in text for text in part.conclusions)


def test_models_with_other_ends_are_not_compared() -> None:
    values = synthetic.realizations(temperatures=(1.2, 2.0, 4.0, 12.0))
    kept = values[(values["model"] != "nonsecular") | (values["temperature_k"] < 12.0)]
    told = " ".join(next(parts_of(synthetic.sweep(kept), Album())).conclusions)
    assert "Half of the change of the nonsecular ansatz_deviation from 1.2 to 4 K" in told
    assert "Models are not to be compared by the ansatz_deviation here" in told
    whole = " ".join(next(parts_of(synthetic.sweep(values), Album())).conclusions)
    assert "not to be compared" not in whole


def test_one_temperature_says_nothing_of_a_crossover() -> None:
    part = next(parts_of(synthetic.sweep(synthetic.realizations(temperatures=(4.0,))), Album()))
    assert any("Only one temperature" in remark for remark in part.remarks)
    assert not any("crossover temperature" in text for text in part.conclusions)


def test_conclusions_follow_the_numbers() -> None:
    def told(ratio: tuple[float, float, float], difference: tuple[float, float]) -> str:
        ends = {"ansatz_deviation_minus_hilbert_lower": difference[0], "ansatz_deviation_minus_hilbert_upper": difference[1]}
        names = ("ansatz_deviation_over_hilbert" + end for end in ("", "_lower", "_upper"))
        row = {"model": "nonsecular", "temperature_k": 12.0, "realizations": 8, "ansatz_deviation": 0.1, **ends}
        table = pd.DataFrame([row | dict(zip(names, ratio, strict=True))])
        return " ".join(conclusions_of(table, pd.DataFrame(columns=["model", "measure"]), pd.DataFrame()))

    assert "farther from one spin temperature" in told((4.0, 3.5, 4.8), (0.02, 0.04))
    assert "closer to one spin temperature" in told((0.5, 0.3, 0.8), (-0.04, -0.02))
    assert "not told apart" in told((1.1, 0.9, 1.4), (-0.01, 0.02))
    assert "not told apart" in told((1.2, 1.03, 1.7), (-0.001, 0.012))  # one interval alone is not enough
    assert told((np.nan, np.nan, np.nan), (np.nan, np.nan)) == ""
