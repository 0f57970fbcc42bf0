"""What the letter's figures draw, on tables of plain numbers, and what their captions say."""

from __future__ import annotations

from math import comb

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from dnplab import SpinSystem
from dnplab.analysis.letter import PRINTED, letter_note, widened
from dnplab.figures.letter import FIGURES, letter_figure
from dnplab.figures.letter_page import THERMAL
from dnplab.observables import diagonal_epr_spectrum

MODELS = ("hilbert", "nonsecular")
ELECTRON, MICROWAVES = 93.9, 93.8988
P0 = {1.2: -0.954287, 12.0: -0.185594}
N = 4


def runs(n_spins: int = N, samples: int = 20, temperatures: tuple[float, ...] = (1.2, 12.0)) -> pd.DataFrame:
    cells = [(model, temperature) for model in MODELS for temperature in temperatures]
    table = pd.DataFrame(cells, columns=["model", "temperature_k"])
    return table.assign(
        n_spins=n_spins,
        kept_spins=1,
        samples=samples,
        electron_ghz=ELECTRON,
        microwave_ghz=MICROWAVES,
        disorder_mhz=5.0,
        thermal_polarization=table["temperature_k"].map(P0),
        beta_s_per_2pi_mhz=0.2,
        mu=0.05,
    )


def epr() -> pd.DataFrame:
    offset = np.linspace(-3.9, 3.9, 40)
    parts = []
    for number, (model, temperature) in enumerate(runs()[["model", "temperature_k"]].itertuples(index=False)):
        part = pd.DataFrame({"model": model, "temperature_k": temperature, "offset_mhz": offset, "width_mhz": 0.2})
        part["omega_2pi_ghz"] = ELECTRON + 1e-3 * offset
        for shift, name in enumerate(("epr", "ansatz", "boltzmann")):
            part[f"{name}_per_2pi_ghz"] = -10.0 - number - 4.0 * shift + offset
            part[f"{name}_per_2pi_ghz_sem"] = 0.5
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def profile() -> pd.DataFrame:
    offset = np.array([-2.0, -1.0, 0.5, 2.0])
    parts = []
    for number, (model, temperature) in enumerate(runs()[["model", "temperature_k"]].itertuples(index=False)):
        part = pd.DataFrame({"model": model, "temperature_k": temperature, "spin": range(N), "offset_mhz": offset})
        part["omega_2pi_ghz"] = ELECTRON + 1e-3 * offset
        part["polarization"], part["polarization_sem"] = -0.05 - 0.01 * number - 0.01 * offset, 0.002
        part["ansatz"], part["driven"] = part["polarization"] - 0.01, part["spin"] == 2
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def eigenstates(arbitrary: int = 3) -> pd.DataFrame:
    order = np.arange(2**N)
    parts = []
    for model, entropy in zip(MODELS, (1.0, 0.3), strict=True):
        part = pd.DataFrame({"model": model, "temperature_k": 12.0, "order": order, "entropy": entropy + 0.01 * order})
        part["eigenvalue"], part["boltzmann_eigenvalue"] = np.geomspace(0.1, 0.01, 2**N), np.geomspace(0.2, 0.005, 2**N)
        part["arbitrary"] = (order >= 2**N - arbitrary) & (model == "nonsecular")
        for site in range(N):
            part[f"sz_{site}"] = (0.1 * site - 0.2) * (1 if model == "hilbert" else -1)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def sz_density() -> pd.DataFrame:
    grid = np.linspace(-0.5, 0.5, 21)
    return pd.concat([pd.DataFrame({"model": model, "sz": grid, "density": 1.0 + grid**2}) for model in MODELS])


TABLES = {"runs": runs(), "epr": epr(), "profile": profile(), "eigenstates": eigenstates(), "sz_density": sz_density()}


def drawn(name: str) -> Figure:
    one = PRINTED[name].tables[0] == "eigenstates" or name == "figs8"
    tables = {**TABLES, "runs": runs(temperatures=(12.0,))} if one else TABLES
    return letter_figure(name, {key: tables[key] for key in ("runs", *PRINTED[name].tables)}, "what it is made of")


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_title(loc="left")]


def line(ax: Axes, label: str) -> mpl.lines.Line2D:
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_line_of_text_and_leaves_nothing_behind(name: str) -> None:
    before = dict(mpl.rcParams)
    figure = drawn(name)
    figure.canvas.draw()
    assert figure.get_supxlabel() == "what it is made of"
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_the_letters_counts_stand_for_every_figure() -> None:
    assert set(PRINTED) == set(FIGURES)
    assert PRINTED["figs6"].samples == {"hilbert": 10000, "nonsecular": 1000}


def test_figure_2_is_the_table_in_the_letters_units() -> None:
    cold, hot = panels(drawn("fig2"))
    for ax, temperature in ((cold, 1.2), (hot, 12.0)):
        assert f"{temperature:g} K" in ax.get_title(loc="left")
        for model, colour in zip(MODELS, ("tab:red", "black"), strict=True):
            rows = TABLES["epr"].query("model == @model and temperature_k == @temperature")
            dots, ansatz = line(ax, model), line(ax, f"ansatz, {model}")
            np.testing.assert_array_equal(dots.get_xydata(), rows[["omega_2pi_ghz", "epr_per_2pi_ghz"]])
            np.testing.assert_array_equal(ansatz.get_ydata(), rows["ansatz_per_2pi_ghz"])
            assert same_color(dots.get_color(), colour)
            assert (dots.get_linestyle(), ansatz.get_linestyle()) == ("None", "--")
        assert line(ax, "microwaves").get_xdata() == pytest.approx([MICROWAVES, MICROWAVES])
        bands = [one.get_paths()[0].vertices[:, 1] for one in ax.collections if one.get_gid() == "epr_per_2pi_ghz band"]
        assert np.ptp(bands[0]) == pytest.approx(np.ptp(TABLES["epr"]["offset_mhz"]) + 1.0)  # one standard error each way
    assert r"2\pi$ GHz" in hot.get_xlabel()
    above = [child for child in cold.child_axes if "MHz" in child.get_xlabel()]
    assert above


def test_figure_s5_shows_data_full_and_ansatz_hollow() -> None:
    cold, hot = panels(drawn("figs5"))
    for ax, temperature in ((cold, 1.2), (hot, 12.0)):
        rows = TABLES["profile"].query("model == 'nonsecular' and temperature_k == @temperature")
        np.testing.assert_array_equal(line(ax, "nonsecular").get_xydata(), rows[["omega_2pi_ghz", "polarization"]])
        assert line(ax, "ansatz, nonsecular").get_markerfacecolor() == "none"
        np.testing.assert_array_equal(line(ax, "ansatz, nonsecular").get_ydata(), rows["ansatz"])
        level = line(ax, "thermal equilibrium")
        assert level.get_ydata() == pytest.approx([P0[temperature]] * 2)
        assert same_color(level.get_color(), THERMAL)


def test_figure_s6_reads_down_its_columns() -> None:
    titles = [ax.get_title(loc="left") for ax in panels(drawn("figs6"))]
    assert titles == ["(a) 1.2 K", "(c) 1.2 K", "(b) 12 K", "(d) 12 K"]


def test_figure_s8_marks_the_driven_spin() -> None:
    (ax,) = [ax for ax in drawn("figs8").axes if ax.get_ylabel()]
    assert line(ax, "microwaves").get_xdata() == pytest.approx([3, 3])
    assert any("-0.1856" in str(one.get_label()) for one in ax.lines)


def test_figure_3_marks_what_is_arbitrary() -> None:
    ax = drawn("fig3").axes[0]
    assert "(ln)" in ax.get_ylabel()
    assert len(line(ax, "nonsecular").get_xdata()) == 2**N - 3
    np.testing.assert_array_equal(line(ax, "arbitrary (degenerate)").get_xdata(), [13, 14, 15])
    sectors = [one.get_xdata()[0] for one in ax.lines if one.get_gid() == "sector"]
    assert sectors == [sum(comb(N, k) for k in range(n + 1)) - 0.5 for n in range(N)]
    (inset,) = ax.child_axes
    assert {one.get_gid() for one in inset.lines} == set(MODELS)


def test_figure_s9_holds_all_three_states() -> None:
    ax = drawn("figs9").axes[0]
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(line(ax, "thermal equilibrium").get_ydata(), np.geomspace(0.2, 0.005, 2**N))
    assert len(line(ax, "nonsecular").get_xdata()) == 2**N  # an eigenvalue is never arbitrary


def test_figure_s10_shows_the_third_spin_and_the_last_but_one() -> None:
    labels = {ax.get_title(loc="left"): ax.get_ylabel() for ax in panels(drawn("figs10"))}
    assert "S^z_{3}" in labels["(c)"]
    assert "S^z_{3}" in labels["(d)"]  # N = 4: the same one; spin 11 of the letter's 12
    large = letter_figure("figs10", {"runs": runs(12, 1, (12.0,)), "eigenstates": wide_eigenstates()}, "")
    assert "S^z_{11}" in panels(large)[3].get_ylabel()


def wide_eigenstates() -> pd.DataFrame:
    return eigenstates().assign(**{f"sz_{site}": 0.1 for site in range(12)})


def test_the_line_of_figure_1_is_the_spectrum_of_one_spin_temperature() -> None:
    # eleven independent spins, equally spaced over the band, in the Gibbs state of (beta_s, mu): each bin of the width of
    # the spacing holds one of them, so that f is d(omega) P(omega) there
    n, beta_s, mu = 11, 0.2, 0.05
    spacing = 5.0 / n
    offsets = spacing * (np.arange(n) - (n - 1) / 2)
    system = SpinSystem(electron_ghz=ELECTRON, offsets_mhz=offsets, couplings_mhz=np.zeros((n, n)))
    spectrum = system.spectrum
    detunings = offsets - 1e3 * (MICROWAVES - ELECTRON)
    exponent = 2.0 * spectrum.sz_expectations.T @ (mu - beta_s * detunings) / 2
    populations = np.exp(exponent) / np.exp(exponent).sum()
    edges = np.append(offsets - spacing / 2, offsets[-1] + spacing / 2)
    exact = 1e3 * diagonal_epr_spectrum(spectrum, populations, edges)  # per 2 pi GHz

    tables = {"runs": runs(), "epr": epr()}
    cold = panels(letter_figure("fig1", tables, ""))[1]
    (drawn_line,) = [one for one in cold.lines if one.get_gid() == "spin temperature"]
    x, y = drawn_line.get_data()
    assert np.diff(y)[0] / np.diff(x)[0] == pytest.approx(-200.0 / (2 * 5e-3))  # -beta_s / (2 Delta omega_e)
    near = np.abs(beta_s * detunings - mu) < 0.1
    tangent = np.interp(ELECTRON + 1e-3 * offsets, x, y)
    assert near.any()
    np.testing.assert_allclose(tangent[near], exact[near], rtol=2e-3)  # tanh(x) = x (1 - x^2/3)


def test_wider_bins_keep_the_weight() -> None:
    edges = np.linspace(-4.0, 4.0, 81)
    bins = pd.DataFrame({"model": "nonsecular", "temperature_k": 12.0, "left_mhz": edges[:-1], "right_mhz": edges[1:]})
    bins["epr"], bins["epr_sem"] = np.sin(edges[:-1]), 0.1
    wide = widened(bins, 10)
    np.testing.assert_allclose(wide["right_mhz"] - wide["left_mhz"], 1.0)
    assert (wide["epr"] * 1.0).sum() == pytest.approx((bins["epr"] * 0.1).sum())
    np.testing.assert_allclose(wide["epr"][3], bins["epr"][30:40].mean())
    np.testing.assert_allclose(wide["epr_sem"], 0.1)


def test_the_line_of_text_says_what_is_missing() -> None:
    quick = letter_note("fig2", runs(8, 400))
    assert quick == "N = 8, 400 samples, 1.2 K and 12 K; the letter: N = 10, 1000 samples."
    assert letter_note("fig2", runs(10, 1000)).endswith("as in the letter.")
    uneven = letter_note("figs7", runs(8, 400, (12.0,)))
    assert uneven == "N = 8, 400 samples, 12 K; the letter: N = 10, 3000 samples hilbert, 1000 nonsecular."
    assert letter_note("figs8", runs(12, 1, (12.0,))) == "N = 12, one sample, 12 K, as in the letter."
