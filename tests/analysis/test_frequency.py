"""Optima and symmetry of DNP profiles that are known, and the symmetry itself."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.analysis.frequency import frequency_metrics, frequency_note, frequency_tables, vertex
from dnplab.errors import UndefinedMeasureError
from dnplab.observables.spin_temperature import spin_temperature
from dnplab.units import beta_omega
from tests.analysis.made_up_profile import ELECTRON_GHZ, OFFSETS, OPTIMUM, samples, sweep

OVER = "nuclear_polarization_over_hilbert"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return frequency_tables(sweep(samples()), bootstrap=100)


def test_the_vertex_of_a_parabola_at_uneven_distances() -> None:
    x = np.array([-4.0, -1.0, 0.5, 1.0, 7.0])
    curves = np.array([3.0 - 2.0 * (x - 0.3) ** 2, 1.0 - 0.1 * (x - 0.9) ** 2, x, -x, np.where(x == 1.0, np.nan, -(x**2))])
    place, height = vertex(x, curves)
    np.testing.assert_allclose(place[:2], [0.3, 0.9])
    np.testing.assert_allclose(height[:2], [3.0, 1.0])
    assert np.isnan(place[2:]).all()  # the largest value is at an end, or a neighbour is missing


def test_optima_are_where_they_were_made(tables: dict[str, pd.DataFrame]) -> None:
    optimum = tables["optimum"]
    assert len(optimum) == 2 * 3 * 3
    mean = samples().query("model == 'hilbert' and `drive.frequency_ghz` == 93.897")["nuclear_polarization"].mean()
    factor = mean / (0.1 - 0.02 * (3.0 - 2.7) ** 2)
    for row in optimum.to_dict("records"):
        place, height = OPTIMUM[row["model"]]
        side = -1.0 if row["lobe"] == "above" else 1.0
        assert row["offset_mhz"] == pytest.approx(side * place)
        assert row["nuclear_polarization"] == pytest.approx(side * height * factor)
        assert row["nuclear_polarization_lower"] < row["nuclear_polarization"] < row["nuclear_polarization_upper"]
        # factors that samples share cancel: the place and the ratio are known exactly
        assert row["offset_mhz_lower"] == pytest.approx(row["offset_mhz_upper"])
        assert (row[OVER], row[f"{OVER}_lower"]) == pytest.approx((height / 0.1, height / 0.1))


def test_an_optimum_at_the_end_of_a_lobe_is_none() -> None:
    values = samples()
    kept = values[(values["drive.frequency_ghz"] - ELECTRON_GHZ).abs() < 2.4e-3]
    tables = frequency_tables(sweep(kept), bootstrap=20)
    assert tables["optimum"]["offset_mhz"].isna().all()
    assert set(tables["optimum"]["reason"]) == {"largest at the end of the lobe"}
    assert "Largest P_n at 1.2 K: hilbert has none (largest at the end of the lobe);" in frequency_note(tables)


def test_a_sweep_that_has_one_lobe_tells_that_one() -> None:
    values = samples()
    kept = values[(values["drive.frequency_ghz"] - ELECTRON_GHZ).between(-3.1e-3, 0.1e-3)]
    noise = np.random.default_rng(1).normal(scale=0.004, size=len(kept))
    tables = frequency_tables(sweep(kept.assign(nuclear_polarization=kept["nuclear_polarization"] + noise)), bootstrap=200)
    found = tables["optimum"].query("without_optimum > 0").dropna(subset=["offset_mhz"])
    row = found.iloc[0]
    assert set(tables["optimum"]["lobe"]) == {"below"}
    note = frequency_note(tables)
    assert "Largest P_n at 1.2 K: hilbert, below ω_e, has none (largest at the end of the lobe)" in note
    assert f"MHz (not in {100 * row['without_optimum']:.2g} % of the resamples)" in note


def test_resamples_whose_optimum_is_at_the_end_are_told() -> None:
    values = samples()
    kept = values[(values["drive.frequency_ghz"] - ELECTRON_GHZ).abs() < 3.1e-3]
    noise = np.random.default_rng(1).normal(scale=0.004, size=len(kept))
    tables = frequency_tables(sweep(kept.assign(nuclear_polarization=kept["nuclear_polarization"] + noise)), bootstrap=200)
    row = tables["optimum"].query("model == 'hilbert' and lobe == 'folded' and temperature_k == 1.2").iloc[0]
    assert 0.01 < row["without_optimum"] < 0.5
    assert f"MHz (not in {100 * row['without_optimum']:.2g} % of the resamples)" in frequency_note(tables)


def test_a_ratio_is_rounded_to_its_interval() -> None:
    values = samples()
    factor = np.where(values["model"] == "secular", 1.0 + 0.004 * np.random.default_rng(0).normal(size=len(values)), 1.0)
    values["nuclear_polarization"] *= factor
    note = frequency_note(frequency_tables(sweep(values), bootstrap=200))
    assert re.search(r"secular .* MHz, 1\.\d{4} \[1\.\d{4}, 1\.\d{4}\] times hilbert's", note)


def test_two_frequencies_have_a_profile_and_no_optimum() -> None:
    values = samples(count=3)
    tables = frequency_tables(sweep(values[values["drive.frequency_ghz"].isin([93.897, 93.9])]), bootstrap=20)
    assert len(tables["profile"]) == 2 * 3 * 2
    assert tables["optimum"].empty
    assert frequency_note(tables).startswith("N = 8, 3 samples.")
    assert frequency_metrics(tables) == {}


def test_an_odd_profile_has_no_even_part_and_a_tilted_one_has(tables: dict[str, pd.DataFrame]) -> None:
    assert len(tables["symmetry"]) == 2 * 3 * 6
    np.testing.assert_allclose(tables["symmetry"]["even"], 0.0, atol=1e-15)
    values = samples()
    noise = 0.01 * np.random.default_rng(2).normal(size=len(values))
    tilted = values.assign(nuclear_polarization=values["nuclear_polarization"] + 0.05 + noise)
    symmetry = frequency_tables(sweep(tilted), bootstrap=20)["symmetry"]
    np.testing.assert_allclose(symmetry["even"], 0.1, atol=0.03)
    assert symmetry["standard_errors"].min() > 5


def test_differences_from_hilbert_are_paired(tables: dict[str, pd.DataFrame]) -> None:
    profile = tables["profile"]
    assert sorted(profile["offset_mhz"].unique()) == list(OFFSETS)
    row = profile.query("model == 'nonsecular' and temperature_k == 12 and offset_mhz == -2.5").iloc[0]
    values = samples().query("temperature_k == 12 and `drive.frequency_ghz` == 93.8975")
    wide = values.pivot_table(index="realization", columns="model", values="nuclear_polarization")
    paired = wide["nonsecular"] - wide["hilbert"]
    assert row["nuclear_polarization_minus_hilbert"] == pytest.approx(paired.mean())
    assert row["nuclear_polarization_minus_hilbert_sem"] == pytest.approx(paired.sem())


def test_the_estimate_of_neighbours_is_s81() -> None:
    values = samples(count=2)
    point = ["drive.frequency_ghz", "model", "temperature_k", "realization"]
    spins = values[point].merge(pd.DataFrame({"spin": [1, 0, 2], "polarization": [-0.2, -0.1, -0.4]}), how="cross")
    profile = frequency_tables(sweep(values, spins=spins), bootstrap=20)["profile"]
    by_hand = ((-0.1 + 0.2) + (-0.2 + 0.4)) / ((1 - 0.02) + (1 - 0.08))
    np.testing.assert_allclose(profile["neighbour_polarization"], 9 / 8 * by_hand)


def test_the_note_says_optima_symmetry_and_where_there_is_no_temperature(tables: dict[str, pd.DataFrame]) -> None:
    note = frequency_note(tables)
    assert "N = 8, 10 samples." in note
    assert "at -2.2 [-2.2, -2.2] MHz, 1.5 [1.5, 1.5] times hilbert's." in note
    assert "nonsecular has no common temperature at 12 K (0 to 0 MHz, index above 1/2)" in note


def test_what_is_no_profile_is_refused() -> None:
    values = samples(count=2)
    with pytest.raises(UndefinedMeasureError, match=r"several values of drive\.frequency_ghz"):
        frequency_tables(sweep(values, groups=()))
    with pytest.raises(UndefinedMeasureError, match=r"varies system\.n_spins too"):
        frequency_tables(sweep(values.assign(**{"system.n_spins": 8}), groups=("system.n_spins", "drive.frequency_ghz")))
    with pytest.raises(UndefinedMeasureError, match="observables=profile measures it"):
        frequency_tables(sweep(values.drop(columns="nuclear_polarization")))


# --- what the profile rests on


@pytest.mark.parametrize("model", ["hilbert", "secular", "nonsecular"])
def test_the_mirror_image_of_a_sample_has_the_opposite_beta_s(model: str) -> None:
    """Offsets, couplings and detuning reversed: the same polarizations, -beta_s up to twice the bath's beta."""
    system = SpinSystem.sample(n_spins=4, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 3))
    offsets, couplings = np.asarray(system.offsets_mhz), np.asarray(system.couplings_mhz)
    mirror = SpinSystem(system.electron_ghz, -offsets, -couplings, system.ising, system.disorder_mhz)
    bath = Bath.letter(1.2)
    states = [
        steady_state(sample, bath, Drive(ELECTRON_GHZ + 1e-3 * offset, 0.628), model=model)
        for sample, offset in ((system, -1.7), (mirror, 1.7))
    ]
    np.testing.assert_allclose(states[0].polarization, states[1].polarization[::-1], atol=1e-4)
    below, above = (spin_temperature(state).beta_s for state in states)
    assert below > 0.05
    assert below == pytest.approx(-above, abs=2.1 * beta_omega(1e-3, 1.2))


def test_far_off_resonance_the_spins_have_the_temperature_of_the_bath() -> None:
    system = SpinSystem.sample(n_spins=4, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 3))
    state = steady_state(system, Bath.letter(12.0), Drive(ELECTRON_GHZ + 50.0, 0.628), model="hilbert")
    assert spin_temperature(state).beta_s == pytest.approx(beta_omega(1e-3, 12.0), rel=1e-2)
