"""What the maps draw, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnplab.analysis.phase_diagram import phase_diagram_tables
from dnplab.figures import save
from dnplab.figures.phase_diagram import cell_edges, phase_diagram_figure
from tests.analysis.made_up_map import COUPLINGS, TEMPERATURES, boundary_mhz, samples, sweep


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return phase_diagram_tables(sweep(samples()), bootstrap=50)


def panel(figure: Figure, title: str) -> Axes:
    (found,) = [ax for ax in figure.axes if title in ax.get_title(loc="left")]
    return found


def drawn(artists: Any, gid: str) -> Any:
    (found,) = [one for one in artists if one.get_gid() == gid]
    return found


def test_cells_meet_at_geometric_means() -> None:
    edges = cell_edges(np.array([1.0, 4.0, 100.0]))
    np.testing.assert_allclose(edges, [0.5, 2.0, 20.0, 500.0])


def test_cells_hold_the_values_of_their_points(tables: dict[str, pd.DataFrame]) -> None:
    figure = phase_diagram_figure(tables, "a note")
    ax = panel(figure, "nonsecular, localization index")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    mesh = ax.collections[0]
    wide = tables["map"].query("model == 'nonsecular'").pivot_table(
        index="coupling_mhz", columns="temperature_k", values="localization_index"
    )  # fmt: skip
    np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(wide.shape), wide)
    corners = mesh.get_coordinates()
    np.testing.assert_allclose(corners[0, :, 0], cell_edges(np.array(TEMPERATURES)))
    np.testing.assert_allclose(corners[:, 0, 1], cell_edges(np.array(COUPLINGS)))
    assert figure._supxlabel.get_text() == "a note"


def test_boundaries_stand_where_they_are(tables: dict[str, pd.DataFrame]) -> None:
    figure = phase_diagram_figure(tables, "")
    share = panel(figure, "nonsecular, deviation over uncoupled")
    for model in ("hilbert", "nonsecular"):
        x, y = drawn(share.lines, f"{model} boundary").get_data()
        np.testing.assert_allclose(x, TEMPERATURES)
        np.testing.assert_allclose(y, boundary_mhz(model, x))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert set(labels[:3]) == {"hilbert: 1/2", "hilbert: 1/2, for comparison", "nonsecular: 1/2"}
    assert len(labels) == 3 + 5  # and the criteria that turn inside the map


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text().isascii() and text.get_text().replace(" ", "").isalpha()]


def test_zeno_is_said_only_between_boundaries_that_are_apart(tables: dict[str, pd.DataFrame]) -> None:
    title = "nonsecular, deviation over uncoupled"
    figure = phase_diagram_figure(tables, "")
    assert words(panel(figure, title)) == ["Anderson", "Zeno", "thermal mixing"]
    assert words(panel(figure, "hilbert, deviation over uncoupled")) == ["Anderson", "thermal mixing"]
    boundary = tables["boundary"].assign(coupling_over_hilbert_lower=0.98)
    assert words(panel(phase_diagram_figure({**tables, "boundary": boundary}, ""), title)) == ["localized", "thermal mixing"]


def test_a_secular_panel_has_no_zeno() -> None:
    values = pd.concat([samples(), samples(models=("nonsecular",)).assign(model="secular")], ignore_index=True)
    figure = phase_diagram_figure(phase_diagram_tables(sweep(values), bootstrap=20), "")
    assert words(panel(figure, ") secular, deviation over uncoupled")) == ["localized", "thermal mixing"]


def test_colours_say_of_what_they_are(tables: dict[str, pd.DataFrame]) -> None:
    labels = [ax.get_ylabel() for ax in phase_diagram_figure(tables, "").axes]
    assert {"over nonsecular at 0.05 MHz", "localization index", "difference of ansatz deviations"} <= set(labels)


def test_criteria_and_the_couplings_where_hilbert_means_little(tables: dict[str, pd.DataFrame]) -> None:
    ax = panel(phase_diagram_figure(tables, ""), "nonsecular \N{MINUS SIGN} hilbert")
    line = drawn(ax.collections, "s82_coupling_t_zero").get_paths()[0].vertices
    t_zero = 1.6 * 1.2 / line[:, 0]  # the letter's law
    np.testing.assert_allclose(line[:, 1], 1 / (2 * np.pi * t_zero), rtol=1e-3)
    hatched = drawn(ax.patches, "hatched").get_extents().transformed(ax.transData.inverted())
    assert hatched.y1 == pytest.approx(np.sqrt(0.1 * 0.2))  # U <= Delta omega_e / 50
    assert hatched.y0 <= 0.05


def test_a_hole_in_the_map_is_grey_and_one_model_alone_is_drawn(tmp_path: Path) -> None:
    values = samples(models=("nonsecular",))
    hole = (values["temperature_k"] == 12.0) & (values["system.coupling_mhz"] == 3.0)
    figure = phase_diagram_figure(phase_diagram_tables(sweep(values[~hole]), bootstrap=20), "")
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == ["(a) nonsecular, deviation over uncoupled", "(b) nonsecular, localization index"]
    mesh = panel(figure, "(a)").collections[0]
    assert np.ma.getmaskarray(np.ma.masked_invalid(mesh.get_array())).sum() == 1
    assert save(figure, tmp_path / "map.png").stat().st_size > 20_000
