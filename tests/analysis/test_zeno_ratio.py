"""The collapse of made-up curves that depend on one known ratio, and the ratios themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from dnplab import Bath, SpinSystem
from dnplab.analysis import Sweep
from dnplab.analysis.zeno_ratio import (
    common_curve,
    exchange_rate,
    flip_flop_decay,
    zeno_ratio_metrics,
    zeno_ratio_note,
    zeno_ratio_tables,
)
from dnplab.errors import UndefinedMeasureError
from dnplab.figures.zeno_ratio import zeno_ratio_figure
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


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return made_up(grid(), (*TIMES, "n_spins", "coupling_mhz"), by_relaxation)


def test_what_depends_on_a_ratio_collapses_on_it(sweep: Sweep) -> None:
    tables = zeno_ratio_tables(sweep, bootstrap=100)
    collapse = tables["collapse"].query("baths == 'all' and measure == 'ansatz_deviation'").set_index("abscissa")["scatter"]
    assert collapse["relaxation_ratio"] < 0.02
    assert all(collapse[name] > 0.2 for name in ("temperature_k", "zeno_ratio", "dephasing_ratio"))
    note = zeno_ratio_note(tables)
    assert "N = 4, 6, U/2π = 0.4, 0.75, 1.5 MHz" in note
    assert "relaxation_ratio collapses the curves the best; 0 would be a collapse" in note
    assert len(tables["points"]) == len(grid())
    assert set(tables["collapse"]["baths"]) == {"all", "letter"}
    assert len(zeno_ratio_figure(tables, note).axes) == 4
    assert zeno_ratio_metrics(tables)["obs.scatter.all.ansatz_deviation.relaxation_ratio"] < 0.02


def test_few_points_have_no_common_curve() -> None:
    few = made_up(grid((LETTER,)).iloc[:7], (*TIMES, "n_spins", "coupling_mhz"), by_relaxation)
    with pytest.raises(UndefinedMeasureError, match="needs 8 points to tell a common curve; the sweep has 7"):
        zeno_ratio_tables(few)


def test_a_common_curve_is_the_cubic() -> None:
    x = np.geomspace(1e-3, 10.0, 12)
    cubic = 1.0 - np.log(x) + 0.2 * np.log(x) ** 3
    assert common_curve(x, cubic[None])[0] == pytest.approx(cubic)
    y = np.random.default_rng(0).normal(size=(2, 12))
    for row, fitted in zip(y, common_curve(x, y), strict=True):
        assert fitted == pytest.approx(np.polyval(np.polyfit(np.log(x), row, 3), np.log(x)))


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
