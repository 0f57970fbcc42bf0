"""The figure of the phonon study draws its tables, and what its labels say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dnplab.figures.phonons import figures
from dnplab.figures.style import save
from dnplab.studies import StudyResult
from dnplab.studies.phonons import Phonons
from tests.physics.test_phonons import the_study

Drawn = tuple[Phonons, StudyResult, Figure]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    study = the_study(in_sector_mhz=4.0)
    result = study.compute()
    return study, result, figures(study, result)["phonons"]


def line(figure: Figure, panel: int, gid: str) -> Line2D:
    (found,) = [artist for artist in figure.axes[panel].get_lines() if artist.get_gid() == gid]
    return found


@pytest.mark.parametrize(("column", "process"), [(0, "direct"), (1, "two_phonon")])
def test_curves_are_the_tables(drawn: Drawn, column: int, process: str) -> None:
    _, result, figure = drawn
    table = result.tables["phonon_temperature"]
    table = table[table["process"] == process]
    for gap, gid in (("electron", "93.9 GHz: $T_1/2$"), ("in_sector", "4 MHz: $T^*$")):
        rows = table[table["gap"] == gap]
        np.testing.assert_array_equal(line(figure, column, gid).get_xydata(), rows[["temperature_k", "time_us"]])
    table = result.tables["phonon_frequency"]
    table = table[table["process"] == process]
    for temperature_k in (1.2, 12.0):
        rows = table[table["temperature_k"] == temperature_k]
        for gid, key in (("", "time_us"), (" hot_limit_us", "hot_limit_us"), (" cold_limit_us", "cold_limit_us")):
            curve = line(figure, 2 + column, f"{temperature_k:g} K{gid}")
            np.testing.assert_array_equal(curve.get_xydata(), rows[["frequency_ghz", key]])


def test_curves_keep_inside_and_limits_are_dashed(drawn: Drawn) -> None:
    _, _, figure = drawn
    for ax in figure.axes:
        low, high = ax.get_ylim()
        for curve in ax.get_lines():
            gid = str(curve.get_gid())
            if gid.endswith(("GHz: $T_1/2$", "K", "$T^*$")):
                y = np.asarray(curve.get_ydata())
                assert (y > low).all()
                assert (y < high).all()
                assert curve.get_linestyle() == "-"
            elif gid.endswith("limit_us"):
                assert curve.get_linestyle() == ("--" if "hot" in gid else ":")
        assert ax.get_xscale() == ax.get_yscale() == "log"
        assert ax.get_xlabel().endswith(("(K)", "(GHz)"))
        assert ax.get_ylabel().endswith("(µs)")


def test_line_is_marked(drawn: Drawn) -> None:
    _, _, figure = drawn
    for ax in figure.axes[2:]:
        assert any(np.array_equal(curve.get_xdata(), [93.9, 93.9]) for curve in ax.get_lines())


def test_saves(drawn: Drawn, tmp_path: Path) -> None:
    assert save(drawn[2], tmp_path / "phonons.png").stat().st_size > 10_000
