"""The studies of build-up, one spin and regimes: their numbers, what they print, and what their figures draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import ParameterError
from dnplab.figures import build_up as build_up_figures
from dnplab.figures import regimes as regimes_figures
from dnplab.figures import single_spin as single_spin_figures
from dnplab.studies import StudyResult, fingerprint_of
from dnplab.studies.build_up import BuildUpStudy
from dnplab.studies.regimes import RegimesStudy
from dnplab.studies.single_spin import MODELS, SingleSpinStudy

DRIVE = Drive(93.8988, 0.628)
WARM = Bath.letter(12.0)
BUILD_UP = BuildUpStudy(3, 5.0, 0.75, WARM, DRIVE, "nonsecular", realizations=2, points=41, duration_us=30.0)
SINGLE = SingleSpinStudy((1.2, 12.0), (0.05, 0.628), -4.0, 4.0, 41)
REGIMES = RegimesStudy(5.0, 0.75, WARM, DRIVE)


@pytest.fixture(scope="module")
def build_up() -> StudyResult:
    return BUILD_UP.compute()


@pytest.fixture(scope="module")
def single() -> StudyResult:
    return SINGLE.compute()


def test_progress_adds_up_to_the_steps() -> None:
    for study in (BUILD_UP, SINGLE, REGIMES):
        counts: list[int] = []
        study.compute(counts.append)
        assert sum(counts) == study.steps
        assert len(fingerprint_of(study)) == 64


def test_build_up_averages_samples_and_arrives(build_up: StudyResult) -> None:
    spins = build_up.tables["build_up"]
    systems = [SpinSystem.sample(3, 5.0, 0.75, (0, k)) for k in range(2)]
    steady = np.mean([steady_state(s, WARM, DRIVE).polarization for s in systems], axis=0)
    last = spins[spins["time_us"] == 30.0]
    np.testing.assert_allclose(last["steady_polarization"], steady, rtol=0, atol=1e-9)
    np.testing.assert_allclose(last["polarization"], steady, rtol=0, atol=1e-6)
    np.testing.assert_allclose(last["offset_mhz"], np.mean([s.offsets_mhz for s in systems], axis=0))
    first = spins[spins["time_us"] == 0.0]
    np.testing.assert_allclose(first["polarization"], WARM.thermal_polarization(93.9), rtol=0, atol=1e-12)
    assert build_up.metrics["obs.final_distance"] < 1e-5
    assert build_up.metrics["check.trace_error"] < 1e-9
    assert build_up.metrics["check.least_eigenvalue"] > 0


def test_build_up_times_are_those_of_the_curves(build_up: StudyResult) -> None:
    means = build_up.tables["build_up_mean"]
    for key, column in (("polarization", "mean_polarization"), ("nuclear_polarization", "nuclear_polarization")):
        arrived = build_up.metrics[f"obs.build_up_{key}_us"]
        end = means[f"steady_{column}"].iloc[0]
        remaining = (means[column] - end).abs() / abs(means[column].iloc[0] - end)
        assert (remaining[means["time_us"] > arrived] < np.exp(-1)).all()
        assert remaining[means["time_us"] < arrived].iloc[-1] > np.exp(-1)
    assert "nuclear polarization" in build_up.text


@pytest.mark.parametrize("model", ["hilbert", "secular", "ule", "zeno"])
def test_build_up_of_every_model(model: str) -> None:
    result = replace(BUILD_UP, model=model, realizations=1, points=11).compute()
    assert result.metrics["obs.final_distance"] < 1e-5
    assert build_up_figures.figures(replace(BUILD_UP, model=model), result)


def test_build_up_of_one_spin_has_no_nuclei() -> None:
    study = replace(BUILD_UP, n_spins=1, realizations=1, points=11)
    result = study.compute()
    assert "nuclear_polarization" not in result.tables["build_up_mean"]
    assert "has no meaning here" in result.text
    (figure,) = build_up_figures.figures(study, result).values()
    assert len(figure.axes) == 3


def test_build_up_says_that_it_is_not_there_yet() -> None:
    result = replace(BUILD_UP, realizations=1, points=11, duration_us=0.01).compute()
    assert "obs.build_up_polarization_us" not in result.metrics
    assert "more than 1/e of this remains at the end" in result.text


def test_build_up_without_microwaves_has_nothing_to_build_up() -> None:
    result = replace(BUILD_UP, realizations=1, points=11, drive=Drive(93.8988, 0.0)).compute()
    assert "there is nothing to build up" in result.text
    assert "remains" not in result.text


def test_build_up_figure(build_up: StudyResult) -> None:
    (figure,) = build_up_figures.figures(BUILD_UP, build_up).values()
    upper, lower, bar = figure.axes
    assert lower.get_xscale() == "log"
    assert "µs" in lower.get_xlabel()
    assert "MHz" in bar.get_ylabel()
    dotted = [one for one in upper.lines if one.get_linestyle() == ":" and len(one.get_xdata()) == 2]
    heights = build_up.tables["build_up"].groupby("spin")["steady_polarization"].first()
    np.testing.assert_allclose([one.get_ydata()[0] for one in dotted], heights)
    curves = [one for one in upper.lines if len(one.get_xdata()) == 40]
    np.testing.assert_allclose([one.get_ydata()[-1] for one in curves], heights, atol=1e-5)


def test_one_spin_is_bloch_in_every_model(single: StudyResult) -> None:
    for model in MODELS:
        assert single.metrics[f"check.deviation_{model}"] < 1e-12
    assert "All three models are Bloch's equation" in single.text
    line = single.tables["line"]
    assert len(line) == 2 * 2 * 41
    # by hand: T_2 = 1/(1/(4 0.16) + 1/(2 1.6)) = 0.53333 µs, 0.628 MHz: 1 + T_1 omega_1^2 T_2 = 14.286
    (on,) = line.query("temperature_k == 12 and amplitude_mhz == 0.628 and abs(offset_mhz) < 1e-9")["bloch"]
    assert on == pytest.approx(-0.185594 / 14.286, rel=1e-4)


def test_saturation_is_monotone(single: StudyResult) -> None:
    for _, rows in single.tables["saturation"].groupby("temperature_k"):
        p = rows.sort_values("amplitude_mhz")["nonsecular"].to_numpy()
        assert (np.diff(p) > 0).all()
        assert p[0] < 0.3 * p[-1]


def test_one_spin_says_so_if_it_is_not_bloch() -> None:
    text = SINGLE._report({"hilbert": 1e-3, "secular": 0.0, "nonsecular": 0.0})
    assert "hilbert should be Bloch's equation" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_mhz": 4.0, "last_mhz": 9.0}, r"a grid with a point on the line, of half width .* MHz at 1.2 K"),
        ({"points": 4, "amplitudes_mhz": (0.01,)}, "a grid with a point on the line"),
        ({"last_mhz": -5.0}, "last_mhz"),
        ({"first_mhz": -1e6, "last_mhz": 1e6}, "first_mhz is -1000000.0, but it must be above -93900"),
        ({"temperatures_k": (1e-200,)}, "temperatures_k"),
        ({"points": 1}, "points"),
        ({"amplitudes_mhz": ()}, "amplitudes_mhz"),
        ({"amplitudes_mhz": (0.0,)}, "amplitudes_mhz"),
        ({"temperatures_k": (1.2, 1.2)}, "temperatures_k"),
    ],
)
def test_bad_single_spin(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        replace(SINGLE, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "x"},
        {"points": 2},
        {"points": 10**9},
        {"duration_us": 0.0},
        {"realizations": 0},
        {"rtol": 1.0},
        {"n_spins": 0},
    ],
)
def test_bad_build_up(changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(changes))):
        replace(BUILD_UP, **changes)


def test_equal_studies_have_one_fingerprint() -> None:
    whole = SingleSpinStudy((1.2, 12), (0.05, 0.628), -4, 4, 41, 93.9)  # type: ignore[arg-type]
    assert fingerprint_of(whole) == fingerprint_of(SINGLE)


def test_a_spectral_function_of_ones_own_has_no_fingerprint() -> None:
    own = replace(WARM, spectral_function=WARM.h)
    with pytest.raises(ParameterError, match=r"^bath\.spectral_function is .* stored\.$"):
        fingerprint_of(replace(REGIMES, bath=own))


def test_single_spin_figures(single: StudyResult) -> None:
    drawn = single_spin_figures.figures(SINGLE, single)
    assert set(drawn) == {"single_spin_line", "single_spin_saturation"}
    for figure, unit in zip(drawn.values(), ("MHz", "MHz"), strict=True):
        assert [ax.get_title(loc="left") for ax in figure.axes] == ["1.2 K", "12 K"]
        assert all(unit in ax.get_xlabel() for ax in figure.axes)
        labels = [text.get_text() for text in figure.legends[0].texts]
        assert set(MODELS) <= set(labels)
        assert len(labels) == len(set(labels))
    (line, *_) = drawn["single_spin_line"].axes[1].lines
    rows = single.tables["line"].query("temperature_k == 12 and amplitude_mhz == 0.05")
    np.testing.assert_array_equal(line.get_ydata(), rows["bloch"])


def test_regimes_table_and_figure() -> None:
    result = REGIMES.compute()
    table = result.tables["regimes"]
    assert len(table) == 16
    assert result.text.endswith("Verdict: hole burning by the bath expected.")
    assert result.text.count("\n") == 16 + 2
    assert result.metrics["regime.s73_t_zero"] == pytest.approx(3.986, abs=1e-3)
    (figure,) = regimes_figures.figures(REGIMES, result).values()
    (ax,) = figure.axes
    assert [tick.get_text().split()[0] for tick in ax.get_yticklabels()] == list(table["equation"])
    points = {one.get_label(): one for one in ax.lines if one.get_label() in ("holds", "fails")}
    assert len(points["holds"].get_xdata()) == table["holds"].sum()
    np.testing.assert_allclose(points["fails"].get_xdata(), np.log10(table["ratio"][~table["holds"]]))


def test_regimes_beyond_the_axis_are_triangles() -> None:
    study = RegimesStudy(0.0, 0.75, WARM, Drive(93.8988, 0.0))
    result = study.compute()
    (figure,) = regimes_figures.figures(study, result).values()
    (ax,) = figure.axes
    shown = np.concatenate([one.get_xdata() for one in ax.lines if one.get_marker() in ("<", ">")])
    np.testing.assert_array_equal(np.sort(np.unique(shown)), [-4.0, 4.0])
    assert np.isinf(result.tables["regimes"]["ratio"]).any()
