"""Small parts of a page: numbers, the grid of points, pictures, and the template in the wheel."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from dnplab.analysis import SweepStatus
from dnplab.numbers import NONE, duration, number, with_error, with_interval
from dnplab.report import gather, page_of, render
from dnplab.report.album import BUDGET, Album
from dnplab.report.grid import grid_of
from dnplab.tracking import Store, declare_sweep, declared_sweeps, default_uri, tracked_run

ROOT = Path(__file__).resolve().parents[2]


def test_numbers_are_rounded_to_what_is_known() -> None:
    assert with_error(0.020493, 0.002681) == "0.0205 ± 0.0027"
    assert with_error(-0.000123456, 1e-9) == "(-1.234560 ± 0.000010)·10^-4"
    assert with_error(1.0, 0.0) == "1 ± 0"
    assert with_error(12.3456, np.nan) == "12.35"
    assert with_error(np.nan, 0.1) == NONE
    assert with_interval(4.0412, 3.488, 4.771) == "4.04 [3.49, 4.77]"
    assert with_interval(-0.003, -0.12, 0.1) == "0.00 [-0.12, 0.10]"
    assert with_interval(np.inf, 1.0, 2.0) == NONE
    assert [number(value) for value in (np.nan, None, "", True, 12.0)] == [NONE, NONE, NONE, "True", "12"]
    assert [duration(seconds) for seconds in (0.26, 42.0, 60.0)] == ["0.26 s", "42 s", "1 min"]
    assert [duration(seconds) for seconds in (200.0, 7500.0)] == ["3 min 20 s", "2 h 5 min"]


def test_a_wide_sweep_has_a_row_a_point_and_unknown_points_are_counted() -> None:
    rows = [{"system.coupling_mhz": k / 10, "state": "done", "realizations": "1/1", "error": ""} for k in range(20)]
    unknown = {"system.coupling_mhz": "?", "state": "missing", "realizations": "", "error": ""}
    grid = grid_of(SweepStatus("s", "dnplab", pd.DataFrame([*rows, unknown]), ""))
    assert grid.columns == ("state",)
    assert len(grid.rows) == 20
    assert grid.notes == ("1 points have not begun; the sweep was too long for the store to keep their values.",)


def test_a_heavy_page_leaves_pictures_out_and_counts_them() -> None:
    album = Album()
    assert album.add(bytes(BUDGET), "alt", "first")
    assert not album.add(bytes(1), "alt", "second")
    assert not album.add(bytes(1), "alt", "third")
    assert album.left_out == 2


def test_a_wheel_holds_the_template() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    (pattern,) = data["dnplab.report"]
    folder = Path(str(resources.files("dnplab.report")))
    assert [path.name for path in folder.glob(pattern)] == ["report.html.j2"]


def test_tables_of_a_question_are_explained_and_long_ones_are_named(tmp_path: Path) -> None:
    store = Store(default_uri(tmp_path), "dnplab-one-factor", tmp_path / "mlartifacts")
    declare_sweep(store, "one_factor-1", [{"model": "hilbert"}, {"model": "nonsecular"}], summary="one_factor")
    folder = tmp_path / "made"
    folder.mkdir()
    pd.DataFrame({"follows": ["T1"], "share": [0.5]}).to_parquet(folder / "one_factor_factors.parquet")
    pd.DataFrame({"temperature_k": np.arange(61.0)}).to_parquet(folder / "one_factor_curves.parquet")
    tags = {"summary": "true", "sweep": "one_factor-1"}
    with tracked_run(store, name="one_factor", fingerprint="f", params={"note": "T1 does it."}, tags=tags) as run:
        run.log_files(folder)
    material = gather(store, "one_factor-1", declared_sweeps(store)["one_factor-1"])
    page = page_of(material)
    assert not any("has not been written" in warning for warning in page.warnings)
    (unanswered,) = [text for text in page_of(replace(material, summaries=())).warnings if "has not been written" in text]
    assert unanswered.endswith(f"`{page.again}` writes it.")
    (shown,) = page.summaries
    assert [table.columns for table in shown.tables] == [("follows", "share")]
    (longer,) = shown.longer
    assert longer.startswith("one_factor_curves has 61 rows, too many for this page")
    assert longer in render(page)
    assert {"follows", "share"} <= dict(page.glossary).keys()
    assert page.again == f"python -m experiments.crossover sweep=one_factor-1 outputs={tmp_path}"
