"""What the figures of one run draw, on a result of plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import comb
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from dnplab import Bath, Drive
from dnplab.figures import MODEL_COLOURS, eigenstates_figure, eigenvalues_figure, epr_figure, polarization_figure

N = 4
OFFSETS = np.array([-2.0, -1.0, 0.5, 2.0])
POLARIZATION = np.array([-0.05, -0.04, -0.08, -0.12])
BATH = Bath.letter(temperature_k=12.0)


@dataclass(frozen=True)
class Result:
    """Stands in for an EnsembleResult: what the figures read of it."""

    profile: pd.DataFrame | None
    spectrum: pd.DataFrame | None
    eigenstates: pd.DataFrame | None
    sz_values: pd.DataFrame | None
    spec: Any
    scalars: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(index=range(16)))


@pytest.fixture
def result() -> Result:
    sem = np.full(N, 0.01)
    profile = {"spin": range(N), "offset_mhz": OFFSETS, "polarization": POLARIZATION, "polarization_sem": sem}
    for name, shift in (("ansatz", 0.01), ("hilbert", 0.02), ("bloch", -0.02)):
        profile |= {name: POLARIZATION + shift, f"{name}_sem": sem}
    edges = np.linspace(-3, 3, 13)
    spectrum = {"left_mhz": edges[:-1], "right_mhz": edges[1:]}
    for name, height in (("epr", -0.02), ("ansatz", -0.03), ("boltzmann", -0.06)):
        spectrum |= {name: np.full(12, height), f"{name}_sem": np.full(12, 0.002)}
    order = np.arange(2**N)
    states = {
        "order": order,
        "energy_mhz": order,
        "sz": order,
        "eigenvalue": np.geomspace(0.1, 0.01, 2**N),
        "boltzmann_eigenvalue": np.geomspace(0.2, 0.005, 2**N),
        "entropy": np.linspace(0, 1, 2**N),
        "hamiltonian_entropy": np.linspace(1, 0, 2**N),
        "arbitrary": order >= 14,
    }
    return Result(
        profile=pd.DataFrame(profile),
        spectrum=pd.DataFrame(spectrum),
        eigenstates=pd.DataFrame(states),
        sz_values=pd.DataFrame({"realization": 0, "sz": np.linspace(-0.4, 0.4, 50)}),
        spec=spec("nonsecular"),
    )


def spec(model: str) -> Any:
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    return SimpleNamespace(model=model, n_spins=N, electron_ghz=93.9, bath=BATH, drive=drive)


def only_axes(figure: Figure | None) -> Axes:
    assert figure is not None
    (ax,) = figure.axes
    return ax


def line(ax: Axes, label: str) -> Any:
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_polarization_profile(result: Result) -> None:
    ax = only_axes(polarization_figure(result))
    assert "MHz" in ax.get_xlabel()
    assert "polarization" in ax.get_ylabel()
    state, ansatz = line(ax, "nonsecular"), line(ax, "its spin-temperature ansatz")
    np.testing.assert_array_equal(state.get_xydata(), np.column_stack([OFFSETS, POLARIZATION]))
    assert same_color(state.get_color(), "black")
    assert ansatz.get_markerfacecolor() == "white"  # hollow
    np.testing.assert_allclose(ansatz.get_ydata(), POLARIZATION + 0.01)
    assert same_color(line(ax, "hilbert, same samples").get_color(), MODEL_COLOURS["hilbert"])
    assert line(ax, "Bloch (no couplings)") is not None


def test_polarization_references(result: Result) -> None:
    ax = only_axes(polarization_figure(result))
    assert line(ax, "microwaves").get_xdata() == pytest.approx([-1.2, -1.2])
    thermal = BATH.thermal_polarization(93.9)
    assert line(ax, "Boltzmann $P_0$").get_ydata() == pytest.approx([thermal, thermal])


def test_polarization_band_is_one_standard_error(result: Result) -> None:
    ax = only_axes(polarization_figure(result))
    (band,) = [one for one in ax.collections if one.get_gid() == "polarization band"]
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(POLARIZATION.min() - 0.01)
    assert heights.max() == pytest.approx(POLARIZATION.max() + 0.01)


def test_the_hilbert_model_is_red_and_not_drawn_twice(result: Result) -> None:
    ax = only_axes(polarization_figure(replace(result, spec=spec("hilbert"))))
    assert same_color(line(ax, "hilbert").get_color(), MODEL_COLOURS["hilbert"])
    assert "hilbert, same samples" not in [one.get_label() for one in ax.lines]


def test_model_colours() -> None:
    assert same_color(MODEL_COLOURS["nonsecular"], "black")
    assert same_color(MODEL_COLOURS["hilbert"], "tab:red")
    assert same_color(MODEL_COLOURS["secular"], "tab:blue")


def test_epr_spectrum(result: Result) -> None:
    ax = only_axes(epr_figure(result))
    assert "MHz" in ax.get_xlabel()
    assert "1/MHz" in ax.get_ylabel()
    steps = {patch.get_label(): patch for patch in ax.patches}
    np.testing.assert_array_equal(steps["nonsecular"].get_data().values, np.full(12, -0.02))
    np.testing.assert_array_equal(steps["Boltzmann, no drive"].get_data().values, np.full(12, -0.06))
    assert line(ax, "its spin-temperature ansatz").get_linestyle() == "--"
    assert line(ax, "microwaves").get_xdata() == pytest.approx([-1.2, -1.2])


def test_eigenstates(result: Result) -> None:
    ax = only_axes(eigenstates_figure(result))
    assert "entropy" in ax.get_ylabel()
    assert len(line(ax, "nonsecular").get_xdata()) == 14
    np.testing.assert_array_equal(line(ax, "arbitrary (degenerate)").get_xdata(), [14, 15])
    sectors = [one.get_xdata()[0] for one in ax.lines if one.get_gid() == "sector"]
    assert sectors == [sum(comb(N, k) for k in range(n + 1)) - 0.5 for n in range(N)]
    (inset,) = ax.child_axes
    assert "S_i^z" in inset.get_xlabel()
    assert inset.collections  # the smoothed histogram


def test_eigenvalues(result: Result) -> None:
    ax = only_axes(eigenvalues_figure(result))
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(line(ax, "nonsecular").get_ydata(), np.geomspace(0.1, 0.01, 2**N))
    np.testing.assert_array_equal(line(ax, "Boltzmann, no drive").get_ydata(), np.geomspace(0.2, 0.005, 2**N))


def test_what_was_not_observed_is_not_drawn(result: Result) -> None:
    bare = Result(None, None, None, None, spec("nonsecular"))
    for draw in (polarization_figure, epr_figure, eigenstates_figure, eigenvalues_figure):
        assert draw(bare) is None
    assert result.eigenstates is not None
    one_spin = replace(result, eigenstates=result.eigenstates.drop(columns="entropy"))
    assert eigenstates_figure(one_spin) is None


def test_a_single_realization_has_no_band(result: Result) -> None:
    assert result.profile is not None
    single = result.profile.assign(polarization_sem=np.nan, hilbert_sem=np.nan)
    assert not only_axes(polarization_figure(replace(result, profile=single))).collections


def test_nothing_outside_changes(result: Result) -> None:
    before = dict(mpl.rcParams)
    figure = polarization_figure(result)
    assert figure is not None
    assert tuple(figure.get_size_inches()) == (8.0, 5.0)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before
