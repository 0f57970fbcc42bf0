"""Finite-size scaling of made-up curves whose crossover temperature, width and limit are known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dnplab.analysis import Sweep
from dnplab.analysis.finite_size import finite_size_metrics, finite_size_tables, with_hole
from dnplab.analysis.finite_size_note import finite_size_note
from dnplab.analysis.parameters import join_sweeps
from dnplab.analysis.scaling import fit_sizes, limit_weights
from dnplab.errors import UndefinedMeasureError
from dnplab.figures.finite_size import finite_size_figure
from tests.analysis.questions import made_up, points

Array = NDArray[np.float64]
TEMPERATURES = (1.2, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
SIZES = (4, 5, 6, 7, 8, 9, 10)


def tanh(temperature_k: float, middle_k: float, width: float) -> float:
    return 0.5 * (1.0 + math.tanh(math.log(temperature_k / middle_k) / width))


def eigenstates(n: float) -> float:
    """What a chaotic H_S scatters."""
    return 0.2 * 2.0 ** (-n / 2)


def crossover(model: str, point: pd.Series, factors: Array) -> Array:
    """The same smooth rise at every N, on top of what eigenstates scatter."""
    rise = 0.01 + 0.08 * tanh(point["temperature_k"], 4.0, 0.5)
    return np.asarray(factors * (eigenstates(point["n_spins"]) + (rise if model == "nonsecular" else 0.0)))


def transition(model: str, point: pd.Series, factors: Array) -> Array:
    """A rise at 4 K that gets sharper as 1/N, and nothing but scatter on its cold side."""
    rise = 0.08 * tanh(point["temperature_k"], 4.0, 3.0 / point["n_spins"])
    return np.asarray(factors * (eigenstates(point["n_spins"]) + (rise if model == "nonsecular" else 0.0)))


def sweep(
    value: object = crossover, sizes: tuple[int, ...] = SIZES, temperatures: tuple[float, ...] = TEMPERATURES
) -> Sweep:
    return made_up(points(temperatures, n_spins=[float(n) for n in sizes]), ("n_spins",), value)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def smooth() -> dict[str, pd.DataFrame]:
    return finite_size_tables(sweep(), bootstrap=200)


def test_a_crossover_keeps_place_and_width(smooth: dict[str, pd.DataFrame]) -> None:
    found = smooth["crossover"]
    rows = found[(found["measure"] == "ansatz_deviation_minus_hilbert") & (found["definition"] == "half rise")]
    assert list(rows["n_spins"]) == list(SIZES)
    ends = tanh(1.2, 4.0, 0.5), tanh(12.0, 4.0, 0.5)
    middle = 4.0 * math.exp(0.5 * math.atanh(sum(ends) - 1.0))
    assert rows["crossover_k"].to_numpy() == pytest.approx(np.full(len(SIZES), middle), rel=0.02)
    assert np.ptp(rows["width_decades"]) < 0.01
    note = finite_size_note(smooth)
    assert "N = 4 to 10, 40 samples." in note
    assert "it does not sharpen" in note
    assert "It surely stays above" in note or "it is finite at every temperature" in note


def test_the_limit_is_what_the_bath_adds(smooth: dict[str, pd.DataFrame]) -> None:
    infinite = smooth["infinite"].set_index(["measure", "model", "law", "from_n"])
    left = infinite.loc[("ansatz_deviation", "nonsecular", "2^(-N/2)", 6)]
    assert left["coldest"] == pytest.approx(0.01 + 0.08 * tanh(1.2, 4.0, 0.5), abs=2e-3)
    assert left["coldest_lower"] <= left["coldest"] <= left["coldest_upper"]
    assert infinite.loc[("ansatz_deviation", "hilbert", "2^(-N/2)", 6)]["coldest"] == pytest.approx(0.0, abs=2e-3)
    difference = infinite.loc[("ansatz_deviation_minus_hilbert", "nonsecular", "2^(-N/2)", 4)]
    finite = smooth["crossover"].query("definition == 'half rise' and measure == 'ansatz_deviation_minus_hilbert'")
    assert difference["crossover_k"] == pytest.approx(finite["crossover_k"].mean(), rel=0.02)


def test_a_transition_sharpens_and_leaves_nothing_on_its_cold_side() -> None:
    tables = finite_size_tables(sweep(transition, (4, 6, 8, 10, 12)), bootstrap=200)
    note = finite_size_note(tables)
    assert "it sharpens" in note or "it narrows" in note
    assert "a transition below is not excluded" in note
    limit = tables["limit"].query(
        "model == 'nonsecular' and measure == 'ansatz_deviation' and from_n == 6 and law == '2^(-N/2)'"
    )
    assert limit.set_index("temperature_k")["limit"][1.2] < 5e-3
    assert limit.set_index("temperature_k")["limit"][12.0] == pytest.approx(0.08, abs=5e-3)


def test_the_end_of_the_sweep_moves_half_of_the_rise(smooth: dict[str, pd.DataFrame]) -> None:
    ends = smooth["ends"].query("definition == 'half rise' and measure == 'ansatz_deviation_minus_hilbert' and n_spins == 8")
    assert ends["hottest_k"].is_monotonic_increasing
    assert ends["crossover_k"].is_monotonic_increasing
    assert len(ends) > 4


def test_a_size_that_lacks_a_point_is_left_out() -> None:
    whole = sweep()
    table = whole.realizations
    lacking = table[~((table["system.n_spins"] == 8) & (table["model"] == "nonsecular") & (table["temperature_k"] == 6.0))]
    tables = finite_size_tables(Sweep(**{**vars(whole), "realizations": lacking}), bootstrap=100)
    assert set(tables["crossover"]["n_spins"]) == set(SIZES) - {8}
    assert 8 in set(tables["curves"]["n_spins"])


def test_a_sweep_that_is_coarse_within_the_letter_ends_beyond_it() -> None:
    coarse = finite_size_tables(sweep(sizes=(4, 5), temperatures=(1.2, 3.0, 6.0, 12.0, 20.0)), bootstrap=50)
    assert set(coarse["crossover"]["hottest_k"]) == {20.0}
    partly = sweep(sizes=(4,))
    lacking = partly.realizations[(partly.realizations["model"] == "hilbert") | (partly.realizations["temperature_k"] > 1.2)]
    with pytest.raises(UndefinedMeasureError, match="finds no size that has all temperatures"):
        finite_size_tables(Sweep(**{**vars(partly), "realizations": lacking}), bootstrap=50)


def test_sizes_of_several_sweeps_are_joined(smooth: dict[str, pd.DataFrame]) -> None:
    small, large = sweep(sizes=(4, 5, 6, 7)), sweep(sizes=(8, 9, 10))
    alone = sweep(sizes=(8,))
    without = alone.realizations.drop(columns="system.n_spins")
    single = Sweep(**{**vars(alone), "realizations": without, "groups": ()})  # of one size, as it is read from a store
    assert set(join_sweeps([small, single]).realizations["system.n_spins"]) == {4, 5, 6, 7, 8}
    joined = finite_size_tables(join_sweeps([small, large]), bootstrap=200)
    pd.testing.assert_frame_equal(joined["crossover"], smooth["crossover"])


def test_too_few_sizes_say_nothing() -> None:
    note = finite_size_note(finite_size_tables(sweep(sizes=(4, 5)), bootstrap=50))
    assert (
        note
        == "N = 4 to 5, 40 samples: fewer than 3 sizes have a crossover of the ansatz deviation, which tells nothing of N."
    )


def test_the_figure_and_the_metrics(smooth: dict[str, pd.DataFrame]) -> None:
    figure = finite_size_figure(smooth, "a note")
    assert len(figure.axes) == 6
    labels = {line.get_gid() for line in figure.axes[0].lines}
    assert {f"N = {n}" for n in SIZES} <= labels
    metrics = finite_size_metrics(smooth)
    assert metrics["obs.crossover_k.ansatz_deviation_minus_hilbert.half_rise.N8"] > 3.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"groups": ("system.n_spins", "system.coupling_mhz")}, "give one value of system.coupling_mhz"),
        ({"realizations": pd.DataFrame({"temperature_k": [1.0]})}, "finite_size follows ansatz_deviation"),
    ],
)
def test_other_sweeps_are_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(UndefinedMeasureError, match=reason):
        finite_size_tables(Sweep(**{**vars(sweep(sizes=(4,))), **change}), bootstrap=50)


def test_four_temperatures_are_too_few() -> None:
    with pytest.raises(UndefinedMeasureError, match="needs 5 temperatures; the sweep has 4"):
        finite_size_tables(sweep(temperatures=(1.2, 3.0, 6.0, 12.0)), bootstrap=50)


def test_the_hole_is_the_mean_deviation_near_the_microwaves() -> None:
    whole = sweep(sizes=(4,), temperatures=(1.2, 12.0))
    samples = whole.realizations.rename(columns={"system.n_spins": "n_spins"})
    keys = ["system.n_spins", "model", "temperature_k", "realization"]
    spins = whole.realizations[keys].merge(pd.DataFrame({"offset_mhz": [-1.6, -1.3, 0.0]}), how="cross")
    spins = spins.assign(polarization=[-0.1, -0.3, 5.0] * len(samples), ansatz=-0.4, boltzmann=-0.5)
    spins = spins[(spins["realization"] > 0) | (spins["offset_mhz"] > -1.0)]  # realization 0 has no spin near the microwaves
    hole = with_hole(samples, Sweep(**{**vars(whole), "spins": spins}))["hole"]
    assert hole.isna().sum() == 4
    assert hole.dropna().to_numpy() == pytest.approx(0.5 * (0.3 + 0.1) / 0.5)


def test_laws_of_size() -> None:
    n = np.arange(4.0, 11.0)
    sem = np.full(n.size, 0.01)
    noise = sem * np.random.default_rng(3).normal(size=n.size)
    laws = fit_sizes(n, 2.0 + 3.0 / n + noise, sem).set_index("law")
    assert laws.loc["1/N", "limit"] == pytest.approx(2.0, abs=3 * laws.loc["1/N", "limit_sem"])
    assert laws.loc["1/N", "p_value"] > 0.01 > laws.loc["constant", "p_value"]
    assert laws.loc["1/N", "degrees"] == n.size - 2
    assert abs(laws.loc["1/N + parity", "parity"]) < 3 * laws.loc["1/N + parity", "parity_sem"]
    powers = fit_sizes(n, 2.0 * n**-0.7 + noise, sem).set_index("law")
    assert powers.loc["power", "exponent"] == pytest.approx(0.7, abs=3 * powers.loc["power", "exponent_sem"])
    parity = fit_sizes(n, 1.0 + 0.1 * (-1.0) ** n, sem).set_index("law")
    assert parity.loc["1/N + parity", "parity"] == pytest.approx(0.1, abs=0.01)
    assert fit_sizes(n[:2], n[:2], sem[:2]).set_index("law").loc["1/N"].drop("degrees").isna().all()


def test_limit_weights_are_those_of_the_fit() -> None:
    n = np.array([6.0, 7.0, 8.0, 10.0])
    y, sem = np.array([0.3, 0.25, 0.22, 0.19]), np.array([0.01, 0.02, 0.01, 0.03])
    for law in ("1/N", "2^(-N/2)"):
        fitted = fit_sizes(n, y, sem).set_index("law").loc[law, "limit"]
        assert limit_weights(n, sem, law) @ y == pytest.approx(fitted, abs=1e-7)
