"""Boundaries of thermal mixing on a map where they are known."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis.phase_diagram import phase_diagram_note, phase_diagram_tables
from dnplab.errors import UndefinedMeasureError
from tests.analysis.made_up_map import COUPLINGS, SLOPE, TEMPERATURES, boundary_mhz, samples, sweep

UNCOUPLED = "ansatz_deviation_over_uncoupled"
FOLLOWED = {(UNCOUPLED, "hilbert"), (UNCOUPLED, "nonsecular"), ("localization_index", "nonsecular")}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return phase_diagram_tables(sweep(samples()), bootstrap=200)


def of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    for key, value in values.items():
        table = table[table[key] == value]
    return table


def test_the_boundary_is_where_it_was_made(tables: dict[str, pd.DataFrame]) -> None:
    boundary = tables["boundary"]
    assert set(zip(boundary["measure"], boundary["model"], strict=True)) == FOLLOWED
    for (_, model), rows in boundary.groupby(["measure", "model"]):
        np.testing.assert_allclose(rows["coupling_mhz"], boundary_mhz(str(model), rows["temperature_k"]), rtol=1e-9)
    # a factor that samples share cancels only if they are resampled together
    np.testing.assert_allclose(boundary["coupling_mhz_lower"], boundary["coupling_mhz_upper"], rtol=1e-9)


def test_the_loss_on_warming_exists_between_the_boundaries_of_both_ends(tables: dict[str, pd.DataFrame]) -> None:
    for measure in (UNCOUPLED, "localization_index"):
        loss = of(tables["loss"], measure=measure, model="nonsecular").set_index("coupling_mhz")
        assert list(loss.index[loss["temperature_k"].notna()]) == [0.5]
        assert boundary_mhz("nonsecular", loss["temperature_k"][0.5]) == pytest.approx(0.5)
        assert loss["reason"][0.1] == "localized from 1.2 to 12 K"
        assert loss["reason"][3.0] == "thermal mixing from 1.2 to 12 K"
    assert of(tables["loss"], model="hilbert")["temperature_k"].isna().all()


def warmed(index: dict[float, float]) -> pd.Series:
    """The loss on warming at 0.5 MHz of a map whose index there is as given."""
    values = samples()
    for temperature, value in index.items():
        values.loc[values["temperature_k"] == temperature, "localization_index"] = value
    loss = phase_diagram_tables(sweep(values), bootstrap=20)["loss"]
    return of(loss, measure="localization_index", coupling_mhz=0.5).iloc[0]


def test_what_is_lost_and_comes_back_says_so() -> None:
    row = warmed({12.0: 0.1})
    assert row["temperature_k"] == pytest.approx(2.52, abs=0.01)
    assert row["reason"] == "crossed 2 times, thermal mixing at 12 K"
    row = warmed({1.2: 0.3, 2.0: 0.7, 4.0: 0.3, 12.0: 0.7})
    assert row["temperature_k"] == pytest.approx(np.sqrt(1.2 * 2.0))
    assert row["reason"] == "crossed 3 times, localized at 12 K"
    row = warmed({1.2: 0.7, 2.0: 0.3, 4.0: 0.3, 12.0: 0.7})
    assert np.isnan(row["temperature_k"])
    assert row["reason"] == "crossed 2 times, localized at 12 K"


def test_mixing_that_returns_on_warming_is_not_called_lost() -> None:
    row = warmed({1.2: 0.7, 2.0: 0.6, 4.0: 0.4, 12.0: 0.1})
    assert np.isnan(row["temperature_k"])
    assert row["reason"] == "localized up to 2.8 K, thermal mixing beyond"
    assert row["without_crossing"] == 1.0


def test_the_note_says_what_a_boundary_is_worth() -> None:
    values = samples()
    values.loc[values["temperature_k"] == 12.0, "localization_index"] = 0.1
    half = values["realization"] < 4  # a few resamples draw little of these and do not cross
    at = (values["system.coupling_mhz"] == 0.5) & (values["temperature_k"] == 4.0)
    values.loc[at, "localization_index"] = np.where(half[at], 0.9, 0.35)
    note = phase_diagram_note(phase_diagram_tables(sweep(values), bootstrap=200))
    told = re.search(r"K \(crossed 2 times, thermal mixing at 12 K; not in (\S+) % of the resamples\) for 0.5 MHz", note)
    assert told
    assert 5 < float(told.group(1)) < 50


def test_all_models_are_measured_against_the_same_uncoupled_spins() -> None:
    values = samples()
    values.loc[values["model"] == "hilbert", "ansatz_deviation"] *= 0.75  # even of its weakest couplings
    tables = phase_diagram_tables(sweep(values), bootstrap=50)
    weakest = of(tables["map"], coupling_mhz=0.05)
    assert of(weakest, model="nonsecular")[UNCOUPLED].to_numpy() == pytest.approx(1.0)
    assert of(weakest, model="hilbert")[UNCOUPLED].to_numpy() == pytest.approx(0.75)
    rows = of(tables["boundary"], measure=UNCOUPLED, model="hilbert")
    # 0.75 (1/2 - SLOPE ln U/U*) is 1/2 at a lower U, linear between the couplings of the map
    assert rows["coupling_mhz"].to_numpy() == pytest.approx(
        boundary_mhz("hilbert", 1.2) * np.exp((0.5 - 0.5 / 0.75) / SLOPE)
    )


def test_without_nonsecular_nothing_says_what_uncoupled_spins_are() -> None:
    with pytest.raises(UndefinedMeasureError, match=r"is measured against uncoupled spins of model=nonsecular"):
        phase_diagram_tables(sweep(samples(models=("hilbert", "secular"))))


def test_intervals_of_a_boundary_cover_it() -> None:
    """40 ensembles of 32 samples: noise of their own, and a factor that samples share, for two measures."""
    hits: dict[str, list[bool]] = {UNCOUPLED: [], "localization_index": []}
    widths: dict[str, list[float]] = {UNCOUPLED: [], "localization_index": []}
    for number in range(40):
        rng = np.random.default_rng(number)
        values = samples(count=32)
        values = values[values["temperature_k"].isin([2.0, 12.0])]
        values["localization_index"] += rng.normal(scale=0.2, size=len(values))
        values["ansatz_deviation"] *= np.exp(0.3 * rng.normal(size=len(values)))
        boundary = of(phase_diagram_tables(sweep(values), bootstrap=200, seed=number)["boundary"], model="nonsecular")
        for name in hits:
            row = of(boundary, measure=name, temperature_k=2.0).iloc[0]
            hits[name].append(row["coupling_mhz_lower"] <= boundary_mhz("nonsecular", 2.0) <= row["coupling_mhz_upper"])
            widths[name].append(np.log(row["coupling_mhz_upper"] / row["coupling_mhz_lower"]))
    for name, found in hits.items():
        assert sum(found) >= 35  # nominal 38, and not by being wide:
        assert 0.1 < np.mean(widths[name]) < 0.65  # 4 errors of the index's mean over its slope are 0.57


def test_scatter_that_samples_do_not_share_widens_the_interval() -> None:
    values = samples(count=40)
    jitter = np.random.default_rng(7).normal(scale=0.2, size=len(values))
    noisy = values.assign(localization_index=values["localization_index"] + jitter)
    boundary = of(phase_diagram_tables(sweep(noisy))["boundary"], measure="localization_index")
    expected = 0.2 / np.sqrt(40) / 0.25  # error of the mean over the slope in log U, at a node; less between two
    width = np.log(boundary["coupling_mhz_upper"] / boundary["coupling_mhz_lower"]) / (2 * 1.96)
    assert (width < 1.5 * expected).all()
    assert (width > 0.4 * expected).all()
    pulls = np.log(boundary["coupling_mhz"] / boundary_mhz("nonsecular", boundary["temperature_k"])) / width
    assert np.abs(pulls).max() < 3.5


def test_the_map_and_what_is_missing_in_it() -> None:
    values = samples()
    hole = (values["temperature_k"] == 4.0) & (values["system.coupling_mhz"] == 0.5) & (values["model"] == "nonsecular")
    found = phase_diagram_tables(sweep(values[~hole]), bootstrap=50)
    cells = found["map"]
    assert len(cells) == 2 * len(TEMPERATURES) * len(COUPLINGS)
    row = of(cells, model="nonsecular", temperature_k=4.0, coupling_mhz=0.5).iloc[0]
    assert row["realizations"] == 0
    assert np.isnan(row["localization_index"])
    boundary = of(found["boundary"], measure="localization_index", temperature_k=4.0)["coupling_mhz"].iloc[0]
    assert boundary == pytest.approx(float(boundary_mhz("nonsecular", 4.0)))  # between the neighbours, linear in log U
    assert list(of(cells, model="hilbert", temperature_k=2.0)["localized_eigenstates"]) == [True, True] + [False] * 4


def test_differences_are_of_the_samples_that_both_have() -> None:
    values = samples()
    rng = np.random.default_rng(1)
    values["ansatz_deviation"] += rng.normal(scale=0.01, size=len(values))
    dropped = (values["model"] == "hilbert") & (values["realization"] < 5)
    cells = phase_diagram_tables(sweep(values[~dropped]), bootstrap=50)["map"]
    row = of(cells, model="nonsecular", temperature_k=2.0, coupling_mhz=0.2).iloc[0]
    both = values[(values["temperature_k"] == 2.0) & (values["system.coupling_mhz"] == 0.2) & (values["realization"] >= 5)]
    wide = both.pivot_table(index="realization", columns="model", values="ansatz_deviation")
    assert row["ansatz_deviation_minus_hilbert"] == pytest.approx((wide["nonsecular"] - wide["hilbert"]).mean())
    assert row["ansatz_deviation_minus_hilbert_sem"] == pytest.approx((wide["nonsecular"] - wide["hilbert"]).sem())
    assert row["ansatz_deviation_over_hilbert"] == pytest.approx(wide["nonsecular"].mean() / wide["hilbert"].mean())


def test_criteria_turn_where_they_should(tables: dict[str, pd.DataFrame]) -> None:
    cold = of(tables["criteria"], temperature_k=1.2).set_index("coupling_mhz")
    assert cold["s82_coupling_t_zero"][0.1] == pytest.approx(1 / (2 * np.pi * 0.1 * 1.6))  # 1 / (U T(0))
    assert cold["s71_soft"][0.5] == pytest.approx(1.0)  # Delta omega_e / 10


def test_the_note_says_where_and_how_well(tables: dict[str, pd.DataFrame]) -> None:
    note = phase_diagram_note(tables)
    assert "N = 8, 12 samples a point." in note
    assert "is left at U/2π = 0.4 [0.4, 0.4] MHz at 1.2 K and 0.4 [0.4, 0.4] MHz at 12 K in hilbert, 0.4 [" in note
    assert "in nonsecular (1 [1, 1] and 1.99526 [1.99526, 1.99526] times that)." in note
    assert "Lost on warming (localization index): nonsecular at 2.52" in note


def test_a_map_of_strong_couplings_has_no_uncoupled_spins() -> None:
    values = samples()
    tables = phase_diagram_tables(sweep(values[values["system.coupling_mhz"] > 0.1]), bootstrap=20)
    assert set(tables["boundary"]["measure"]) == {"localization_index"}
    assert UNCOUPLED not in tables["map"]
    note = phase_diagram_note(phase_diagram_tables(sweep(values[values["system.coupling_mhz"] > 0.4]), bootstrap=20))
    assert "The localization index is 1/2 at U/2π = nowhere (thermal mixing from 0.5 to 3 MHz) at 1.2 K and 0.798" in note


def test_two_points_of_an_axis_have_no_boundary() -> None:
    values = samples()
    ends = values["temperature_k"].isin([1.2, 12.0])
    tables = phase_diagram_tables(sweep(values[ends]), bootstrap=20)
    assert tables["loss"]["temperature_k"].isna().all()
    assert set(tables["loss"]["reason"]) == {"fewer than 3 points"}
    assert tables["boundary"]["coupling_mhz"].notna().all()


def test_one_model_alone_is_a_map() -> None:
    tables = phase_diagram_tables(sweep(samples(models=("nonsecular",))), bootstrap=20)
    assert "ansatz_deviation_over_hilbert" not in tables["map"]
    assert "nonsecular" in phase_diagram_note(tables)


def test_the_index_is_followed_where_weak_couplings_are_independent_spins() -> None:
    values = pd.concat([samples(), samples(models=("nonsecular",)).assign(model="secular")], ignore_index=True)
    boundary = phase_diagram_tables(sweep(values), bootstrap=20)["boundary"]
    assert set(boundary["model"]) == {"hilbert", "secular", "nonsecular"}
    assert set(of(boundary, measure="localization_index")["model"]) == {"nonsecular"}


def test_what_is_no_map_is_refused() -> None:
    values = samples(count=2)
    with pytest.raises(UndefinedMeasureError, match=r"this sweep varies system\.n_spins too"):
        phase_diagram_tables(sweep(values.assign(**{"system.n_spins": 8}), groups=("system.n_spins", "system.coupling_mhz")))
    with pytest.raises(UndefinedMeasureError, match=r"several values of bath\.temperature_k"):
        phase_diagram_tables(sweep(values[values["temperature_k"] == 2.0]))
    one = values[values["system.coupling_mhz"] == 0.2].drop(columns="system.coupling_mhz")
    with pytest.raises(UndefinedMeasureError, match=r"several values of system\.coupling_mhz"):
        phase_diagram_tables(sweep(one, groups=()))
    with pytest.raises(UndefinedMeasureError, match="observables=profile measures it"):
        phase_diagram_tables(sweep(values.drop(columns="localization_index")))
    strong = values[(values["model"] == "hilbert") & (values["system.coupling_mhz"] > 0.1)]
    with pytest.raises(
        UndefinedMeasureError, match=r"must reach down to system\.disorder_mhz / 50: a boundary of hilbert is"
    ):
        phase_diagram_tables(sweep(strong))
