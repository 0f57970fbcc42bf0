"""The collapse of made-up curves that depend on one known ratio, and the ratios themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from dnplab import Bath, SpinSystem
from dnplab.analysis import Sweep
from dnplab.analysis.bootstrap import interval, resample_weights
from dnplab.analysis.zeno_ratio import (
    ABSCISSAS,
    exchange_rate,
    flip_flop_decay,
    left_by_a_curve,
    zeno_ratio_metrics,
    zeno_ratio_note,
    zeno_ratio_tables,
)
from dnplab.errors import UndefinedMeasureError
from dnplab.models.zeno import decoherence, second_order_rate
from dnplab.units import RAD_US_PER_MHZ
from tests.analysis.questions import TIMES, made_up, points

Array = NDArray[np.float64]
LETTER = " ".join(TIMES)


def grid(follows: tuple[str, ...] = (LETTER, "t1_us", "t_zero_us")) -> pd.DataFrame:
    table = points((1.2, 3.0, 12.0), follows, n_spins=[4.0, 6.0], coupling_mhz=[0.4, 0.75, 1.5])
    return table.assign(disorder_mhz=5.0)


def by_relaxation(model: str, point: pd.Series, factors: Array) -> Array:
    """A deviation that depends on 1/(T1 k) alone."""
    ratio = 1.0 / (point["t1_us"] * exchange_rate(point.to_frame().T.drop(columns="follows").astype(float)).iloc[0])
    return factors * (0.01 + (0.05 * np.log10(ratio / 1e-5) if model == "nonsecular" else 0.0))


def by_the_rate(model: str, point: pd.Series, factors: Array) -> Array:
    """A deviation that depends on 1/T1 alone."""
    return factors * (0.1 - 0.01 * np.log(point["t1_us"]) if model == "nonsecular" else 0.01)


def scattered(sweep: Sweep, scale: float = 0.02, seed: int = 0) -> Sweep:
    """With noise of each sample at each point."""
    noise = np.random.default_rng(seed).normal(scale=scale, size=len(sweep.realizations))
    values = sweep.realizations.assign(ansatz_deviation=sweep.realizations["ansatz_deviation"] + noise)
    return replace(sweep, realizations=values)


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return scattered(made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), by_relaxation))


def scatters(tables: dict[str, pd.DataFrame], measure: str = "ansatz_deviation") -> pd.DataFrame:
    collapse = tables["collapse"]
    return collapse[(collapse["baths"] == "all") & (collapse["measure"] == measure)].set_index("abscissa")


def test_what_depends_on_a_ratio_collapses_on_it(sweep: Sweep) -> None:
    tables = zeno_ratio_tables(sweep, bootstrap=200)
    for measure in ("ansatz_deviation", "ansatz_deviation_minus_hilbert"):
        rows = scatters(tables, measure)
        assert tuple(rows.index) == ABSCISSAS
        assert rows.loc["relaxation_ratio", "scatter_lower"] < 0.0 < rows.loc["relaxation_ratio", "scatter_upper"] < 0.02
        assert rows.loc["relaxation_ratio", "excess"] == 0.0
        worse = rows.drop("relaxation_ratio")
        assert (worse["excess_lower"] > 0.0).all()
        assert (worse["scatter"] > 0.1).all()
        assert ((rows["scatter_lower"] <= rows["scatter"]) & (rows["scatter"] <= rows["scatter_upper"])).all()
        assert rows["excess"].to_numpy() == pytest.approx((rows["scatter"] - rows["scatter"].min()).to_numpy())
    note = zeno_ratio_note(tables)
    assert "N = 4, 6, U/2π = 0.4, 0.75, 1.5 MHz, 3 baths, 42 points" in note
    assert "relaxation_ratio leaves the least, beyond the errors. No more than the samples' scatter is left" in note
    assert len(tables["points"]) == len(grid())
    assert set(tables["collapse"]["baths"]) == {"all", "letter"}
    assert zeno_ratio_metrics(tables)["obs.scatter.all.ansatz_deviation.relaxation_ratio"] < 0.02


def test_a_rate_that_does_as_well_as_the_ratio_is_named() -> None:
    tables = zeno_ratio_tables(scattered(made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), by_the_rate)), bootstrap=200)
    assert scatters(tables)["scatter"].idxmin() == "relaxation_rate"
    only_letter = made_up(grid((LETTER,)), (*TIMES, "n_spins", "coupling_mhz"), by_the_rate)
    note = zeno_ratio_note(zeno_ratio_tables(scattered(only_letter), bootstrap=200))
    assert "not beyond the errors. No more than the samples' scatter is left" in note


def test_the_scatter_of_samples_is_not_counted_and_its_interval_covers() -> None:
    """Noise that points share, and noise of their own; the truth is a third of the variance beside the curve, or none."""
    x = np.geomspace(0.01, 10.0, 24)
    rng = np.random.default_rng(3)
    beside = rng.normal(size=24)
    beside -= np.polyval(np.polyfit(np.log(x), beside, 3), np.log(x))
    for curve in (np.log(x), np.log(x) + beside * np.std(np.log(x))):
        left = curve - np.polyval(np.polyfit(np.log(x), curve, 3), np.log(x))
        truth = (left @ left / 20) / np.var(curve, ddof=1)
        found, hits, inside = [], 0, 0
        for number in range(60):
            values = curve[:, None] + 3.0 * rng.normal(size=(24, 40)) + 3.0 * rng.normal(size=40)
            share = left_by_a_curve(x, values, resample_weights(40, 200, seed=number))
            lower, upper = interval(share[1:])
            found.append(share[0])
            hits += lower <= truth <= upper
            inside += lower <= share[0] <= upper
        assert np.mean(found) == pytest.approx(truth, abs=3 * np.std(found) / np.sqrt(60))
        assert inside == 60
        assert hits >= 54  # nominal 57; a true coverage of 0.95 misses more than 6 of 60 once in fifty times


def test_points_that_do_not_differ_have_no_share() -> None:
    def same(_model: str, _point: pd.Series, factors: Array) -> Array:
        return 0.02 * factors

    flat = made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), same, noise=0.0)
    for sweep in (flat, scattered(flat, scale=0.01)):
        note = zeno_ratio_note(zeno_ratio_tables(sweep, bootstrap=100))
        assert note.endswith("the nonsecular ansatz deviation does not differ between them beyond its errors.")


def test_a_point_without_values_is_left_out(sweep: Sweep) -> None:
    values = sweep.realizations.copy()
    first = values[values["model"] == "nonsecular"].index[:40]
    values.loc[first, "ansatz_deviation"] = np.nan
    tables = zeno_ratio_tables(replace(sweep, realizations=values), bootstrap=50)
    rows = scatters(tables)
    assert set(rows["points"]) == {41}
    assert rows["scatter"].notna().all()
    assert set(scatters(tables, "localization_index_minus_hilbert")["points"]) == {42}
    assert "41 points" in zeno_ratio_note(tables)
    values.loc[(values["model"] == "nonsecular") & (values["system.n_spins"] == 6), "ansatz_deviation"] = np.nan
    values.loc[(values["model"] == "nonsecular") & (values["temperature_k"] > 1.2), "ansatz_deviation"] = np.nan
    with pytest.raises(UndefinedMeasureError, match="needs 8 points to tell a common curve; the sweep has"):
        zeno_ratio_tables(replace(sweep, realizations=values))


def test_few_points_have_no_common_curve() -> None:
    few = made_up(grid((LETTER,)).iloc[:7], (*TIMES, "n_spins", "coupling_mhz"), by_relaxation)
    with pytest.raises(UndefinedMeasureError, match="needs 8 points to tell a common curve; the sweep has 7"):
        zeno_ratio_tables(few)


def test_one_sample_has_no_errors_to_compare_with() -> None:
    one = made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), by_relaxation, count=1)
    with pytest.raises(UndefinedMeasureError, match="two realizations at each"):
        zeno_ratio_tables(one)


def test_a_common_curve_is_the_cubic() -> None:
    x = np.geomspace(1e-3, 10.0, 12)
    once = np.ones((1, 12))
    cubic = 1.0 - np.log(x) + 0.2 * np.log(x) ** 3
    pair = np.stack([cubic, cubic], axis=1)
    assert left_by_a_curve(x, pair, once[:, :2])[0] == pytest.approx(0.0, abs=1e-12)
    y = np.random.default_rng(0).normal(size=12)
    left = y - np.polyval(np.polyfit(np.log(x), y, 3), np.log(x))
    expected = (left @ left / 8) / np.var(y, ddof=1)
    assert left_by_a_curve(x, np.stack([y, y], axis=1), once[:, :2])[0] == pytest.approx(expected)
    two = np.where(np.arange(12) < 6, 1.2, 12.0)  # two temperatures are a step, not a cubic
    step = y - np.where(two < 2.0, y[:6].mean(), y[6:].mean())
    found = left_by_a_curve(two, np.stack([y, y], axis=1), once[:, :2])[0]
    assert found == pytest.approx((step @ step / 10) / np.var(y, ddof=1))


@pytest.mark.parametrize("temperature_k", [1.2, 12.0, 50.0])
def test_the_exchange_rate_is_the_average_over_offsets(temperature_k: float) -> None:
    bath = Bath.letter(temperature_k)
    point = pd.DataFrame(
        {"n_spins": [8], "coupling_mhz": [0.75], "disorder_mhz": [5.0], "t1_us": [bath.t1_us], "t_zero_us": [bath.t_zero_us]}
    )
    _, decay = decoherence(bath)
    assert flip_flop_decay(point)[0] == pytest.approx(decay)
    width, coupling = RAD_US_PER_MHZ * 5.0, RAD_US_PER_MHZ * 0.75
    integral = quad(
        lambda gap: 2 * (1 - gap / width) / width * second_order_rate(coupling, gap, decay), 0, width, limit=200
    )[0]
    assert exchange_rate(point)[0] == pytest.approx(7 / 8 * integral, rel=1e-6)
    # and that of samples
    rates = []
    for k in range(300):
        system = SpinSystem.sample(n_spins=8, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, k))
        offsets, couplings = (RAD_US_PER_MHZ * np.asarray(values) for values in (system.offsets_mhz, system.couplings_mhz))
        rates.append(second_order_rate(couplings, offsets[:, None] - offsets, decay).sum() / 8)
    assert np.mean(rates) == pytest.approx(exchange_rate(point)[0], abs=4 * np.std(rates) / np.sqrt(300))


def test_the_exchange_rate_without_disorder() -> None:
    point = pd.DataFrame({"n_spins": [2], "coupling_mhz": [1.0], "disorder_mhz": [0.0], "t1_us": [1.0], "t_zero_us": [0.5]})
    assert exchange_rate(point)[0] == pytest.approx(RAD_US_PER_MHZ**2 / 2.0)
