"""Groups of rows: none is lost, not even where some runs lack what others are told apart by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dnplab.comparison import INDEX, LEADING, group_words, microwave_offsets, of_group, split_groups, told_by_all


def test_rows_that_lack_a_key_are_a_group_of_their_own() -> None:
    frame = pd.DataFrame({"size": [4.0, np.nan, 4.0, np.nan], "kind": ["a", None, "a", "b"], "x": range(4)})
    found = list(split_groups(frame, ["size", "kind"]))
    assert [rows["x"].tolist() for _, rows in found] == [[0, 2], [3], [1]]
    for group, rows in found:
        pd.testing.assert_frame_equal(of_group(frame, group), rows)
    assert group_words(found[-1][0]) == ["size = not set", "kind = not set"]
    assert of_group(frame, {"absent": 1})["x"].tolist() == [0, 1, 2, 3]  # a table that all groups share


def test_where_the_microwaves_are() -> None:
    runs = pd.DataFrame({"drive.frequency_ghz": [93.8988, 93.9012, 93.8988], "system.electron_ghz": 93.9})
    assert microwave_offsets(runs) == [-1.2, 1.2]
    assert microwave_offsets(runs[["system.electron_ghz"]]) == []


def test_what_all_models_tell_is_shown_where_one_has_no_ansatz() -> None:
    table = pd.DataFrame({"model": ["nonsecular", "correlation"], LEADING: [0.1, None], "profile_deviation": [0.1, 0.2]})
    assert told_by_all(table) == ("profile_deviation", "profile_index")
    assert told_by_all(table.iloc[:1]) == (LEADING, INDEX)
    assert told_by_all(table.drop(columns="profile_deviation")) == (LEADING, INDEX)
    assert told_by_all(table.drop(columns=LEADING)) == ("profile_deviation", "profile_index")
