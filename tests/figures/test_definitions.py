"""What the figure of the definitions draws."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab.analysis import Crossover, find_crossover, find_definitions
from dnplab.figures import definitions_figure
from tests.analysis.synthetic import realizations, sweep


@pytest.fixture(scope="module")
def crossover() -> Crossover:
    return find_crossover(sweep(realizations()), 50)


def test_the_difference_is_drawn_with_its_interval(crossover: Crossover) -> None:
    figure = definitions_figure(crossover.table, find_definitions(sweep(realizations()), 50))
    assert figure is not None
    curves = {line.get_label(): line for line in figure.axes[0].lines}
    for model in ("secular", "nonsecular"):
        rows = crossover.table[crossover.table["model"] == model]
        np.testing.assert_array_equal(curves[model].get_ydata(), rows["ansatz_deviation_minus_hilbert"])
    assert {band.get_gid() for band in figure.axes[0].collections} == {"secular band", "nonsecular band"}


def test_every_definition_has_its_place_and_its_temperature(crossover: Crossover) -> None:
    definitions = find_definitions(sweep(realizations()), 50)
    figure = definitions_figure(crossover.table, definitions)
    assert figure is not None
    ax = figure.axes[1]
    compared = definitions[definitions["model"] != "hilbert"]
    assert len(ax.get_yticklabels()) == len(compared.groupby(["measure", "definition"]))
    drawn = sorted(float(bars[0].get_xdata()[0]) for bars in ax.containers)
    np.testing.assert_array_equal(drawn, sorted(compared["crossover_k"].dropna()))
    pale = [line for line in ax.lines if line.get_gid() == "none"]
    assert len(pale) == compared["crossover_k"].isna().sum()
    assert np.isfinite([line.get_xdata() for line in pale]).all()


def test_nothing_to_compare_is_no_figure() -> None:
    alone = sweep(realizations(models=["hilbert"]))
    assert definitions_figure(find_crossover(alone, 20).table, find_definitions(alone, 20)) is None
