"""What the figures of quantum trajectories draw, on a result of plain numbers."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.figure import Figure

from dnplab import Bath, Drive
from dnplab.figures.trajectories import figures
from dnplab.studies import StudyResult
from dnplab.studies.trajectories import TrajectoriesStudy

STUDY = TrajectoriesStudy(
    n_spins=2,
    disorder_mhz=5.0,
    coupling_mhz=0.75,
    bath=Bath(temperature_k=12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16),
    drive=Drive(frequency_ghz=93.8988, amplitude_mhz=0.628),
    count=1,
    count_hilbert=1,
    duration_us=200.0,
    step_us=0.2,
    burn_in_us=None,
    shown_us=1.0,
    shown_step_us=0.25,
)
ENERGY_MHZ = np.array([0.5, -2.0, 2.0, -0.5])  # so that omega_e is drawn as 1.12 times 4 MHz
SZ = np.array([1.0, 0.0, 0.0, -1.0])
GAP = 1.12 * 4.0
TIMES = np.linspace(0.0, 1.0, 5)


@pytest.fixture
def result() -> StudyResult:
    path = pd.DataFrame(
        {
            "model": ["nonsecular"] * 5 + ["hilbert"] * 5,
            "time_us": np.tile(TIMES, 2),
            "energy_mhz": [0.1, 0.2, 0.3, 0.4, 0.5, -2.0, -2.0, -2.0, -0.5, 2.0],
            "sz": [0.0] * 5 + [0.0, 0.0, 0.0, -1.0, 0.0],
            "participation": [2.0] * 5 + [1.0] * 5,
        }
    )
    jumps = pd.DataFrame(
        [
            ("nonsecular", 0.4, "Sz", 1, 0.25, 0.28, 0.0, 0.0),
            ("nonsecular", 0.9, "S+", 0, 0.45, 0.47, 0.0, 0.2),
            ("hilbert", 0.6, "S-", -1, -2.0, -0.5, 0.0, -1.0),
            ("hilbert", 0.8, "microwaves", -1, -0.5, 2.0, -1.0, 0.0),
        ],
        columns=[
            "model", "time_us", "kind", "site", "energy_before_mhz", "energy_after_mhz", "sz_before", "sz_after"
        ],
    )  # fmt: skip
    weights = pd.DataFrame({"time_us": np.repeat(TIMES, 2), "level": np.tile([1, 2], 5), "weight": np.tile([0.36, 0.64], 5)})
    averages = pd.DataFrame(
        {
            "model": ["nonsecular", "nonsecular", "nonsecular", "hilbert", "hilbert"],
            "quantity": ["polarization", "polarization", "energy_mhz", "polarization", "polarization"],
            "site": [0, 1, -1, 0, 1],
            "mean": [-0.05, -0.1, 0.3, -0.06, -0.09],
            "error": [0.01, 0.02, 0.1, 0.01, 0.01],
            "steady_state": [-0.06, -0.1, 0.2, -0.05, -0.1],
            "z": [1.0, 0.0, 1.0, -1.0, 5.0],
        }
    )
    levels = pd.DataFrame({"level": range(4), "sz": SZ, "energy_mhz": ENERGY_MHZ})
    tables = {"levels": levels, "path": path, "weights": weights, "jumps": jumps, "averages": averages}
    return StudyResult({}, tables, "")


def segments(ax: Axes, gid: str) -> list[np.ndarray]:
    (found,) = [one for one in ax.collections if isinstance(one, LineCollection) and one.get_gid() == gid]
    return list(found.get_segments())


def panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.axes
    return left, right


def test_levels_stand_in_sectors(result: StudyResult) -> None:
    left, right = panels(figures(STUDY, result)["figs4"])
    for ax in (left, right):
        lines = next(one for one in ax.collections if isinstance(one, LineCollection))
        heights = [segment[0][1] for segment in lines.get_segments()]
        np.testing.assert_allclose(heights, GAP * SZ + ENERGY_MHZ)
        assert ax.get_xlabel() == "time (µs)"
    assert [label.get_text() for label in left.get_yticklabels()] == ["-1", "0", "+1"]
    assert "4 MHz" in left.get_ylabel()


def test_hilbert_is_one_level_at_a_time(result: StudyResult) -> None:
    left, _ = panels(figures(STUDY, result)["figs4"])
    rests = segments(left, "levels")
    np.testing.assert_allclose(rests[0], [[0.0, -2.0], [0.6, -2.0]])
    np.testing.assert_allclose(rests[1], [[0.6, -GAP - 0.5], [0.8, -GAP - 0.5]])
    np.testing.assert_allclose(rests[2], [[0.8, 2.0], [1.0, 2.0]])
    np.testing.assert_allclose(segments(left, "S-"), [[[0.6, -2.0], [0.6, -GAP - 0.5]]])
    np.testing.assert_allclose(segments(left, "microwaves"), [[[0.8, -GAP - 0.5], [0.8, 2.0]]])
    assert segments(left, "S+") == []


def test_nonsecular_is_a_curve_with_jumps(result: StudyResult) -> None:
    _, right = panels(figures(STUDY, result)["figs4"])
    curve = max(right.lines, key=lambda line: len(line.get_xdata()))
    np.testing.assert_allclose(curve.get_xdata(), [0.0, 0.25, 0.4, 0.4, 0.5, 0.75, 0.9, 0.9, 1.0])
    np.testing.assert_allclose(curve.get_ydata(), [0.1, 0.2, 0.25, 0.28, 0.3, 0.4, 0.45, 0.47 + 0.2 * GAP, 0.5])
    (marker,) = [line for line in right.lines if line.get_gid() == "S+"]
    np.testing.assert_allclose(marker.get_xydata(), [[0.9, 0.47 + 0.2 * GAP]])


def test_weights_are_shaded_at_their_levels(result: StudyResult) -> None:
    _, right = panels(figures(STUDY, result)["figs4"])
    (image,) = [one for one in right.collections if isinstance(one, QuadMesh)]
    shade = np.asarray(image.get_array())
    rows = np.linspace((GAP * SZ + ENERGY_MHZ).min(), (GAP * SZ + ENERGY_MHZ).max(), len(shade))
    for level, root in ((1, 0.6), (2, 0.8), (0, 0.0)):
        nearest = np.abs(rows - (GAP * SZ + ENERGY_MHZ)[level]).argmin()
        np.testing.assert_allclose(shade[nearest], root, atol=0.01)


def test_averages_against_the_steady_state(result: StudyResult) -> None:
    upper, lower = panels(figures(STUDY, result)["figs4_averages"])
    steady = {line.get_label(): line.get_ydata() for line in upper.lines}
    np.testing.assert_array_equal(steady["nonsecular, steady state"], [-0.06, -0.1])
    np.testing.assert_array_equal(steady["hilbert, steady state"], [-0.05, -0.1])
    assert lower.get_ylim()[1] > 5.0  # no distance is cut off
    assert "error" in lower.get_ylabel()


def test_a_history_without_jumps_is_drawn(result: StudyResult) -> None:
    still = dict(result.tables) | {"jumps": result.tables["jumps"].iloc[:0]}
    left, right = panels(figures(STUDY, replace(result, tables=still))["figs4"])
    np.testing.assert_allclose(segments(left, "levels"), [[[0.0, -2.0], [1.0, -2.0]]])
    curve = max(right.lines, key=lambda line: len(line.get_xdata()))
    np.testing.assert_array_equal(curve.get_xdata(), TIMES)


def test_nothing_outside_changes(result: StudyResult) -> None:
    before = dict(mpl.rcParams)
    assert set(figures(STUDY, result)) == {"figs4", "figs4_averages"}
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before
