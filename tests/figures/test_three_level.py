"""The figures of the three-level study say what its tables say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.figures.three_level import COLOURS, LIMITS, figures
from dnplab.studies import StudyResult
from dnplab.studies.three_level import NAMES, Regime, ThreeLevelStudy

STUDY = ThreeLevelStudy(
    mixing=Regime(1.0, 10.0, 1.0, 20.0),
    anderson=Regime(50.0, 10.0, 2.0, 60.0),  # its decay is not the unit
    zeno=Regime(0.01, 0.1, 1.0, 5.0),
    incoherent=Regime(1.0, 0.1, 1.0, 6.0),
    amplitude=0.1,
    n_bar=0.0,
    points=241,
)


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return STUDY.compute()


@pytest.fixture(scope="module")
def drawn(result: StudyResult) -> dict[str, Figure]:
    return figures(STUDY, result)


def panel(figure: Figure, name: str) -> Axes:
    (found,) = [ax for ax in figure.axes if LIMITS[name] in ax.get_title(loc="left")]
    return found


def curve(ax: Axes, gid: str) -> np.ndarray:
    (found,) = [line for line in ax.lines if line.get_gid() == gid]
    return np.asarray(found.get_xydata())


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_linear_response_and_dots_exact(name: str, result: StudyResult, drawn: dict[str, Figure]) -> None:
    ax, table = panel(drawn["figs11"], name), result.tables["populations"]
    decay = getattr(STUDY, name).decay
    for level in COLOURS:
        rows = table[(table["regime"] == name) & (table["level"] == level)]
        line, dots = curve(ax, f"linear {level}"), curve(ax, f"exact {level}")
        np.testing.assert_allclose(line, np.column_stack([rows["offset"] / decay, 1e3 * rows["linear"]]))
        at = np.searchsorted(rows["offset"], decay * dots[:, 0] - 1e-9)
        np.testing.assert_allclose(dots[:, 1], 1e3 * rows["exact"].to_numpy()[at])
        assert dots[:, 1].max() == 1e3 * rows["exact"].max()  # a narrow line is not missed
        assert len(dots) <= 41
    assert r"\gamma" in ax.get_xlabel()
    imbalance = result.metrics[f"obs.{name}.imbalance"]
    assert f"= {imbalance:.3g} where" in ax.get_title(loc="left")


def test_level_scheme(drawn: dict[str, Figure]) -> None:
    figure = drawn["figs11"]
    (scheme,) = [ax for ax in figure.axes if not ax.axison]
    heights = {c.get_gid(): c.get_segments()[0][0, 1] for c in scheme.collections if c.get_gid()}
    assert heights["level 0"] < heights["level 1"] < heights["level 2"]
    words = " ".join(text.get_text() for text in scheme.texts)
    for symbol in ("$J$", "$V$", r"\omega_{MW}", r"2\gamma", r"\omega_e - \Delta", r"\omega_e + \Delta"):
        assert symbol in words


@pytest.mark.parametrize("name", NAMES)
def test_two_spins_lie_on_the_curve_with_one_map_only(name: str, drawn: dict[str, Figure]) -> None:
    ax = panel(drawn["figs11_two_spins"], name)
    assert ax.get_yscale() == "log"
    model, decay = STUDY.model(name), getattr(STUDY, name).decay
    farthest = {}
    for which in ("corrected", "printed"):
        for level in COLOURS:
            points = curve(ax, f"{which} {level}")
            exact = model.exact_state(decay * points[:, 0])[:, level, level].real
            farthest[which, level] = np.abs(points[:, 1] - exact).max() / exact.max()
        assert len(points) >= 41
    assert max(farthest["corrected", 1], farthest["corrected", 2]) < 5e-3
    assert min(farthest["printed", 1], farthest["printed", 2]) > 0.3


def test_every_axis_has_a_label_and_the_legend_names_all(drawn: dict[str, Figure]) -> None:
    for figure in drawn.values():
        (legend,) = figure.legends
        words = [text.get_text() for text in legend.get_texts()]
        assert words[:2] == [r"$\rho_{11}$", r"$\rho_{22}$"]
        assert len(words) >= 4
        assert any("omega_{MW}" in ax.get_xlabel() for ax in figure.axes)


def test_a_warm_bath_is_in_the_scheme() -> None:
    warm = ThreeLevelStudy(STUDY.mixing, STUDY.anderson, STUDY.zeno, STUDY.incoherent, 0.1, 0.5, 241)
    figure = figures(warm, warm.compute())["figs11"]
    (scheme,) = [ax for ax in figure.axes if not ax.axison]
    assert any(r"$\bar n$ = 0.5" in text.get_text() for text in scheme.texts)
