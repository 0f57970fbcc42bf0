"""The committed pictures of questions are those of the committed tables."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from dnplab.analysis.finite_size_note import finite_size_note
from dnplab.analysis.frequency import frequency_note
from dnplab.analysis.one_factor import one_factor_note
from dnplab.analysis.phase_diagram import phase_diagram_note
from dnplab.analysis.thermodynamic_limit_note import thermodynamic_limit_note
from dnplab.analysis.zeno_ratio import zeno_ratio_note
from dnplab.figures import save
from dnplab.figures.finite_size import finite_size_figure
from dnplab.figures.frequency import frequency_figure
from dnplab.figures.independent import independent_figure
from dnplab.figures.one_factor import one_factor_figure
from dnplab.figures.phase_diagram import phase_diagram_figure
from dnplab.figures.thermodynamic_limit import thermodynamic_limit_figure
from dnplab.figures.zeno_ratio import zeno_ratio_figure

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = {
    "finite_size": ("open_question", finite_size_note, finite_size_figure),
    "frequency": ("dnp_profile", frequency_note, frequency_figure),
    "one_factor": ("open_question", one_factor_note, one_factor_figure),
    "phase_diagram": ("phase_diagram", phase_diagram_note, phase_diagram_figure),
    "thermodynamic_limit": ("thermodynamic_limit", thermodynamic_limit_note, thermodynamic_limit_figure),
    "zeno_ratio": ("open_question", zeno_ratio_note, zeno_ratio_figure),
}
ELSEWHERE = 5e-5  # of the pixels: less than a marker


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_picture_is_that_of_its_tables(name: str, tmp_path: Path) -> None:
    folder, note, figure = QUESTIONS[name]
    same(name, figure(read(name, folder), note(read(name, folder))), tmp_path)


def test_the_picture_of_the_independent_check(tmp_path: Path) -> None:
    same("independent", independent_figure(read("independent", "correlation")["profiles"]), tmp_path)


def same(name: str, figure: Figure, tmp_path: Path) -> None:
    pinned = re.search(r"^matplotlib==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    if pinned is None or pinned.group(1) != mpl.__version__:
        pytest.skip("another version of Matplotlib sets other letters")
    drawn = imread(save(figure, tmp_path / "drawn.png"))
    kept = imread(ROOT / "docs" / "gallery" / f"{name}.png")
    assert drawn.shape == kept.shape
    assert (np.abs(drawn - kept).max(axis=-1) > 0.1).mean() < ELSEWHERE


def read(name: str, folder: str) -> dict[str, pd.DataFrame]:
    files = (ROOT / "docs" / folder).glob(f"{name}_*.csv")
    tables = {file.stem.removeprefix(f"{name}_"): pd.read_csv(file) for file in files}
    for table in tables.values():
        if "reason" in table:  # an empty cell is no reason
            table["reason"] = table["reason"].astype(object).where(table["reason"].notna(), "")
    return tables
