"""Curves along paths whose dependence on N is known: one that sharpens, one that does not, and cuts that cost too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab.analysis.bath_paths import join_paths
from dnplab.analysis.thermodynamic_limit import thermodynamic_limit_metrics, thermodynamic_limit_tables
from dnplab.analysis.thermodynamic_limit_note import thermodynamic_limit_note
from dnplab.errors import UndefinedMeasureError
from tests.analysis.made_up_paths import POINTS, Array, crossover, rise, transition, walk, walked

INDEX = "profile_index"
LARGE = (8, 10, 14, 20, 30, 40)
FINE = tuple(np.logspace(-1.5, 1.5, 25))


def of(table: pd.DataFrame, measure: str = INDEX, **values: object) -> pd.DataFrame:
    table = table[table["measure"] == measure]
    for name, value in values.items():
        table = table[table[name] == value]
    return table


@pytest.fixture(scope="module")
def smooth() -> dict[str, pd.DataFrame]:
    return thermodynamic_limit_tables(walked(), bootstrap=200)


@pytest.fixture(scope="module")
def sharp() -> dict[str, pd.DataFrame]:
    return thermodynamic_limit_tables(walked(value=transition, sizes=LARGE, points=FINE), bootstrap=200)


def test_a_crossover_keeps_place_width_and_slope(smooth: dict[str, pd.DataFrame]) -> None:
    rows = of(smooth["crossover"])
    assert list(rows["n_spins"]) == [6, 8, 10, 14, 20, 30]
    assert list(rows["samples"]) == [80, 60, 48, 34, 24, 16]
    assert ((rows["position_lower"] <= 1.0) & (rows["position_upper"] >= 1.0)).sum() >= 5
    assert rows["width_decades"].to_numpy() == pytest.approx(1.2, rel=0.05)
    slope = 0.5 * 2.0 * np.log(9.0) / 1.2 / 4.0  # of a logistic curve in its middle
    assert ((rows["slope_lower"] <= slope) & (slope <= rows["slope_upper"])).sum() >= 5
    assert rows["slope_at"].to_numpy() == pytest.approx(1.0, rel=0.5)
    assert (rows["whole"] == 1.0).all()
    ratio = of(smooth["sharpening"]).set_index("quantity")
    assert (ratio["ratio_lower"] <= 1.0).all()
    assert (ratio["ratio_upper"] >= 1.0).all()
    assert set(ratio["from_n"]) == {8}
    assert set(ratio["to_n"]) == {30}


def test_curves_without_n_do_not_change(smooth: dict[str, pd.DataFrame]) -> None:
    rows = of(smooth["change"])
    assert set(rows["from_n"]) == {8}
    assert set(rows["to_n"]) == {30}
    assert ((rows["difference"] / rows["difference_sem"]).abs() < 3.5).all()
    collapse = of(smooth["collapse"]).iloc[0]
    assert collapse["s_lower"] < 0.0 < collapse["s_upper"]
    assert collapse["rms"] == pytest.approx(collapse["rms_of_one_curve"], rel=0.05)  # stretching gains nothing
    limit = of(smooth["limit"], law="constant", from_n=6)
    assert (limit["p_value"] > 0.01).mean() > 0.9
    note = thermodynamic_limit_note(smooth)
    assert note.startswith(
        "Path dephasing, N = 6 to 30, 16 samples and more, T_z/T_D = 0.032 to 32: inside, the profile index is steepest"
    )
    assert "No slope grows beyond its errors; s above 0." in note
    assert "A transition that sharpens more slowly is not excluded." in note
    assert "All 39 points of sizes that are not exact take part." in note
    assert note.endswith("the cut is off by less than its estimate at 13 of 13 points that take part, by 0 of it at most.")


def test_an_end_that_grows_is_seen() -> None:
    """The short end alone grows with N: no slope law sees it, the change does."""

    def growing(x: float, n: int, scatter: Array) -> Array:
        return crossover(x, n, scatter) * (1.0 + 0.3 * (x < -1.2) * np.log(n / 8))

    rows = of(thermodynamic_limit_tables(walked(value=growing), bootstrap=200)["change"]).set_index("t_z_over_t_d")
    away = (rows["difference"] / rows["difference_sem"]).abs()
    assert (away[rows.index < 10**-1.2] > 4.0).all()
    assert (away[rows.index > 10**-1.2] < 3.5).all()


def test_a_transition_is_seen_to_sharpen(sharp: dict[str, pd.DataFrame]) -> None:
    rows = of(sharp["crossover"]).set_index("n_spins")
    assert rows["width_decades"][40] == pytest.approx(1.2 * np.sqrt(8 / 40), rel=0.1)
    slope = of(sharp["sharpening"], quantity="slope").iloc[0]
    assert 1.7 < slope["ratio_lower"] < slope["ratio_upper"] < 2.5  # sqrt(5)
    power = of(sharp["fits"], quantity="slope", law="power").iloc[-1]
    assert 0.4 < -power["exponent"] < 0.55
    width = of(sharp["fits"], quantity="width_decades", law="power").iloc[-1]
    assert 0.45 < width["exponent"] < 0.55
    collapse = of(sharp["collapse"]).iloc[0]
    assert 0.4 < collapse["s_lower"] < collapse["s_upper"] < 0.55  # as the slope
    assert collapse["centre"] == pytest.approx(1.0, rel=0.05)
    assert collapse["rms"] < 0.5 * collapse["rms_of_one_curve"]  # all curves are one, stretched
    assert collapse["s_truncation"] > 0.0
    note = thermodynamic_limit_note(sharp)
    assert "The slope grows with N beyond its errors along dephasing; a transition is not excluded." in note
    assert "decades wide at N = 8" in note


def test_a_step_between_two_points_has_no_known_slope() -> None:
    def step(x: float, n: int, scatter: Array) -> Array:
        return np.asarray((0.1 + 0.5 * rise(x, 0.12, 8.0 / n**2)) * scatter)

    tables = thermodynamic_limit_tables(walked(value=step, sizes=LARGE), bootstrap=100)
    assert of(tables["crossover"])["slope_share"].max() > 0.9
    assert "on the points are too far apart for the slope." in thermodynamic_limit_note(tables)


def test_slow_sharpening_is_told_from_a_transition() -> None:
    def slow(x: float, n: int, scatter: Array) -> Array:
        return np.asarray((0.1 + 0.5 * rise(x, 0.0, 1.2 * (8.0 / n) ** 0.15)) * scatter)

    known = walked(value=slow, sizes=LARGE, cost=lambda _: 1e-4)
    note = thermodynamic_limit_note(thermodynamic_limit_tables(known, bootstrap=200))
    assert "The slope grows with N beyond its errors along dephasing; s above 0." in note
    assert "A transition that sharpens more slowly is not excluded." in note
    doubtful = walked(value=slow, sizes=LARGE, cost=lambda _: 0.02)
    assert "No slope grows beyond its errors" in thermodynamic_limit_note(
        thermodynamic_limit_tables(doubtful, bootstrap=200)
    )


def test_a_cut_that_costs_too_much_takes_no_part() -> None:
    tables = thermodynamic_limit_tables(walked(cost=lambda x: 0.04 if x < 0.6 else 0.3), bootstrap=50)
    curves = of(tables["curves"], model="correlation")
    assert (curves["takes_part"] == (curves["t_z_over_t_d"] < 10**0.6)).all()
    rows = of(tables["crossover"])
    assert rows["to_x"].to_numpy() == pytest.approx(max(x for x in POINTS if x < 10**0.6))  # of the exact sizes, too
    exact = of(tables["curves"], model="nonsecular")
    assert exact["best"].all()
    assert (exact["truncation"] == 0.0).all()
    assert not of(tables["curves"], model="correlation", n_spins=8)["best"].any()
    note = thermodynamic_limit_note(tables)
    assert "12 of 39 points of sizes that are not exact took no part" in note
    assert "from T_z/T_D = 5.6 on along dephasing" in note


def test_the_highest_order_that_takes_part_is_the_best() -> None:
    tables = thermodynamic_limit_tables(
        walked(sizes=(14, 20), orders=(3, 4), cost=lambda x: 0.1 if x < 0.0 else 0.5), bootstrap=50
    )
    best = of(tables["curves"])
    best = best[best["best"]]
    assert set(best["order"][best["t_z_over_t_d"] < 1.0]) == {4.0}
    assert best[best["t_z_over_t_d"] > 2.0].empty  # 0.25 is more than a third of 0.1, too
    coarse = join_paths(
        [walk(sizes=(14,), orders=(4,), cost=lambda _: 2.0), walk(sizes=(14,), orders=(3,), cost=lambda _: 0.02)]
    )
    best = of(thermodynamic_limit_tables(coarse, bootstrap=50)["curves"])
    assert set(best["order"][best["best"]]) == {3.0}


def linear(x: float, _: int, scatter: Array) -> Array:
    return np.asarray(0.5 - 0.1 * x + 0.01 * (scatter - 1.0))


def test_what_a_cut_may_have_made() -> None:
    """The cut's error counts whatever its sign at each point: one that is the same everywhere may still be a slope."""
    tables = thermodynamic_limit_tables(walked(value=linear, sizes=(14,), cost=lambda _: 0.01), bootstrap=50)
    row = of(tables["crossover"]).iloc[0]
    spacing = 0.25  # decades; the cubic's slope between two points is at most 1.5 times that of the line through them
    assert 0.02 / spacing <= row["slope_truncation"] <= 1.5 * 0.02 / spacing
    assert row["slope"] == pytest.approx(0.1, abs=0.01)
    assert row["position_truncation"] > 0.0
    assert row["whole"] == 0.0  # and neither a width nor a law of what has no ends
    assert np.isnan(row["width_decades"])
    assert row["reason"] == "the rise does not end inside the path"
    fits = of(tables["fits"], quantity="width_decades")
    assert fits[["limit", "exponent"]].isna().all(axis=None)
    assert set(fits["reason"]) == {"the rise does not end inside the path"}


def test_signs_of_a_cut_that_alternate_are_inside_its_error() -> None:
    """Worst case: every second point up, the others down, by the whole estimate."""
    cost = 0.004

    def zigzag(sign: float) -> Callable[[float, int, Array], Array]:
        return lambda x, n, scatter: linear(x, n, scatter) + sign * cost * (-1.0) ** round(4 * x)

    slopes = [
        of(
            thermodynamic_limit_tables(walked(value=value, sizes=(14,), cost=lambda _: cost), bootstrap=50)["crossover"]
        ).iloc[0]
        for value in (linear, zigzag(1.0), zigzag(-1.0))
    ]
    straight = slopes[0]["slope"]
    for row in slopes[1:]:  # what is known is the curve with its errors: those that it states reach the true slope
        assert abs(row["slope"] - straight) <= row["slope_truncation"]
    assert max(abs(row["slope"] - straight) for row in slopes[1:]) > 0.8 * slopes[1]["slope_truncation"]


def test_what_a_cut_may_have_made_of_a_law() -> None:
    """Exact up to N = 10: the error of s is that of the cut sizes, and the verdict knows it."""
    tables = thermodynamic_limit_tables(walked(value=linear, cost=lambda _: 0.004), bootstrap=50)
    power = of(tables["fits"], quantity="slope", law="power", from_n=8).iloc[0]
    relative = of(tables["crossover"]).set_index("n_spins").eval("slope_truncation / slope")
    assert relative[8] == relative[10] == 0.0
    assert 0.5 < power["exponent_truncation"] / (relative[20] / np.log(20 / 9)) < 1.2  # from 8, 10 to 14, 20, 30
    bound = -power["exponent"] + 2.0 * power["exponent_sem"] + power["exponent_truncation"]
    words = f"s above {bound:.2g} is outside" if bound < 0.5 else "a transition is not excluded"
    assert words in thermodynamic_limit_note(tables)
    exact = walked(value=linear, sizes=(4, 6, 8, 10), exact_up_to=10, orders=())
    assert (thermodynamic_limit_tables(exact, bootstrap=50)["fits"]["exponent_truncation"].dropna() == 0.0).all()


def test_even_sizes_do_not_tell_a_parity() -> None:
    fits = of(thermodynamic_limit_tables(walked(), bootstrap=50)["limit"], law="1/N + parity")
    assert fits[["limit", "parity", "chi2"]].isna().all(axis=None)


def test_the_cut_against_the_exact_curve() -> None:
    tables = thermodynamic_limit_tables(walked(cost=lambda _: 0.02, offset=0.5), bootstrap=50)
    rows = of(tables["overlap"])
    assert set(rows["n_spins"]) == {6, 8, 10}
    assert rows["difference"].to_numpy() == pytest.approx(0.01)
    assert rows["difference_sem"].to_numpy() == pytest.approx(0.0, abs=1e-12)  # the same samples
    assert rows["covered"].all()
    beyond = thermodynamic_limit_tables(walked(cost=lambda _: 0.02, offset=1.5), bootstrap=50)["overlap"]
    assert not of(beyond)["covered"].any()
    assert beyond["takes_part"].any()


def test_sizes_share_their_draws() -> None:
    """What sizes, which correlate by 0.67, differ in is known better than if they were drawn apart."""
    tables = thermodynamic_limit_tables(walked(sizes=(14, 20, 30), samples=lambda _: 48), bootstrap=200)
    curves = of(tables["curves"], "profile_deviation").set_index(["t_z_over_t_d", "n_spins"])["mean_sem"].unstack()  # noqa: PD010
    gain = np.linalg.pinv(np.column_stack([np.ones(3), 1.0 / np.array([14, 20, 30])]))
    slope, limit = (np.sqrt((curves**2 * row**2).sum(axis=1)) for row in (gain[1], gain[0]))
    fits = of(tables["limit"], "profile_deviation", law="1/N").set_index("t_z_over_t_d")
    assert (fits["slope_sem"] / slope).max() < 0.75
    constant = of(tables["limit"], "profile_deviation", law="constant").set_index("t_z_over_t_d")
    assert (constant["limit_sem"] / (curves.mean(axis=1) / np.sqrt(3))).min() > 1.25  # and what they share is not averaged
    assert (fits["limit_sem"] < limit).all()


def test_few_samples_of_a_large_size_are_the_first_of_many() -> None:
    """With samples of N = 20 that are those of N = 14, times a constant, the ratio has no error at all."""

    def same(x: float, n: int, scatter: Array) -> Array:
        numbers = np.random.default_rng(round(1e6 * (x + 2.0))).normal(size=100)[: scatter.size]
        return np.asarray((0.1 + 0.5 * rise(x, 0.0, 1.2)) * (1.0 + 0.05 * numbers) * n / 14)

    tables = thermodynamic_limit_tables(walked(value=same, sizes=(14, 20), samples=lambda _: 30), bootstrap=50)
    ratio = of(tables["sharpening"], quantity="slope").iloc[0]
    assert ratio[["ratio", "ratio_lower", "ratio_upper"]].to_numpy(dtype=float) == pytest.approx(20 / 14)


def test_a_curve_that_rises_and_falls_has_a_maximum_and_no_half_rise() -> None:
    def peaked(x: float, _: int, scatter: Array) -> Array:
        return np.asarray((0.1 + 0.4 * np.exp(-((x - 0.25) ** 2) / 0.3)) * scatter)

    tables = thermodynamic_limit_tables(walked(value=peaked, sizes=(8, 14, 20)), bootstrap=50)
    rows = of(tables["crossover"])
    assert set(rows["reason"]) <= {"not monotone beyond its errors", "no change beyond 2 standard errors"}
    assert rows["position"].isna().all()
    assert rows["maximum_at"].to_numpy() == pytest.approx(10**0.25)
    assert rows["maximum"].to_numpy() == pytest.approx(0.5, rel=0.1)
    assert np.isfinite(rows["slope"]).all()
    fits = of(tables["fits"], quantity="position")
    assert fits["limit"].isna().all()
    assert (fits["reason"] != "").all()


def test_a_size_without_half_of_a_rise_is_in_no_law_of_the_position_alone() -> None:
    def flat_when_small(x: float, n: int, scatter: Array) -> Array:
        return np.asarray((0.3 if n == 4 else 0.1 + 0.5 * rise(x, 0.0, 1.2)) * scatter)

    tables = thermodynamic_limit_tables(walked(value=flat_when_small, sizes=(4, 6, 8, 10)), bootstrap=50)
    assert set(of(tables["fits"], quantity="position")["from_n"]) == {6}
    assert set(of(tables["fits"], quantity="slope")["from_n"]) == {4}
    assert "No power of N fits the slope, and nothing is decided." in thermodynamic_limit_note(tables)


def test_a_size_with_too_few_points_is_left_out_of_the_crossover_alone() -> None:
    parts = [walk(sizes=(8, 14, 20)), walk(sizes=(30,), points=POINTS[:4])]
    tables = thermodynamic_limit_tables(join_paths(parts), bootstrap=50)
    assert set(of(tables["crossover"])["n_spins"]) == {8, 14, 20}
    assert set(of(tables["crossover"])["points"]) == {13}
    assert set(of(tables["curves"])["n_spins"]) == {8, 14, 20, 30}
    assert set(of(tables["limit"], from_n=8)["to_n"]) == {20, 30}
    assert thermodynamic_limit_note(tables).startswith(
        "Path dephasing, N = 8 to 20 (without 30, which share too few points), "
    )
    parts[1] = walk(sizes=(30,), points=POINTS[:6])  # five are enough, and then the window of all
    rows = of(thermodynamic_limit_tables(join_paths(parts), bootstrap=50)["crossover"])
    assert set(rows["n_spins"]) == {8, 14, 20, 30}
    assert set(rows["points"]) == {6}


def test_a_size_that_leaves_too_few_points_is_left_out() -> None:
    """N = 10 begins at the long end, where the cuts of N = 14 and 20 take no part."""
    long, short = POINTS[4:], POINTS[:9]
    parts = [walk(sizes=(8,)), walk(sizes=(10,), points=long), walk(sizes=(14, 20), points=short)]
    rows = of(thermodynamic_limit_tables(join_paths(parts), bootstrap=50)["crossover"])
    assert list(rows["n_spins"]) == [8, 10, 14, 20]
    assert set(rows["points"]) == {5}
    parts[1] = walk(sizes=(10,), points=POINTS[5:])
    rows = of(thermodynamic_limit_tables(join_paths(parts), bootstrap=50)["crossover"])
    assert list(rows["n_spins"]) == [8, 14, 20]
    assert set(rows["points"]) == {9}


def test_profiles_by_offset() -> None:
    tables = thermodynamic_limit_tables(walked(sizes=(6, 14), spins=True), bootstrap=50)
    profiles = tables["profiles"]
    assert set(profiles["at"]) == {"shortest", "crossover", "longest"}
    crossing = profiles[(profiles["at"] == "crossover") & (profiles["n_spins"] == 14)].set_index("offset_mhz")
    assert crossing["t_z_over_t_d"].iloc[0] == pytest.approx(1.0)
    p_zero = 0.18573  # tanh(h nu / 2 k T) at 12 K
    assert crossing["mean"][-1.25] == pytest.approx(-0.15 / p_zero, rel=1e-3)  # two spins of a sample in one bin
    assert crossing["mean"][1.25] == pytest.approx(-0.3 / p_zero, rel=1e-3)
    assert list(crossing["samples"]) == [34, 34]
    assert thermodynamic_limit_tables(walked(sizes=(6, 14)), bootstrap=50)["profiles"].empty


@pytest.mark.parametrize("sizes", [(6,), (14,), (6, 14)])
def test_few_sizes_say_so(sizes: tuple[int, ...]) -> None:
    tables = thermodynamic_limit_tables(walked(sizes=sizes), bootstrap=50)
    note = thermodynamic_limit_note(tables)
    assert ("at one size alone" in note) == (len(sizes) == 1)
    assert note.startswith(f"Path dephasing, N = {' to '.join(map(str, sizes))}, ")
    assert ("Fewer than 3 sizes have a slope" in note) == (len(sizes) == 2)
    assert thermodynamic_limit_metrics(tables)[f"obs.slope.dephasing.profile_index.N{sizes[0]}"] > 0.0


def test_what_is_said_is_what_is_written(smooth: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    for name, table in smooth.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    read = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in smooth}
    assert thermodynamic_limit_note(read) == thermodynamic_limit_note(smooth)


def test_the_metrics(smooth: dict[str, pd.DataFrame]) -> None:
    metrics = thermodynamic_limit_metrics(smooth)
    assert metrics["obs.slope_ratio.dephasing.profile_index"] == of(smooth["sharpening"], quantity="slope")["ratio"].item()
    assert metrics["obs.collapse_s.dephasing.profile_index"] == of(smooth["collapse"])["s"].item()


def test_other_sweeps_are_refused() -> None:
    whole = walked(sizes=(6, 14), points=POINTS[:6])
    for missing in ("profile_index", "profile_deviation_truncation"):
        with pytest.raises(UndefinedMeasureError, match=f"thermodynamic_limit follows {missing}, but the runs"):
            thermodynamic_limit_tables(replace(whole, realizations=whole.realizations.drop(columns=missing)), bootstrap=50)
    with pytest.raises(UndefinedMeasureError, match="needs 5 points of a path that take part, of two samples or more"):
        thermodynamic_limit_tables(walked(sizes=(6, 14), points=POINTS[:4]), bootstrap=50)
    exact = walked(sizes=(6, 8), exact_up_to=8, orders=())
    columns = [name for name in exact.realizations if name.endswith("_truncation")]
    tables = thermodynamic_limit_tables(replace(exact, realizations=exact.realizations.drop(columns=columns)), bootstrap=50)
    assert tables["overlap"].empty
    assert thermodynamic_limit_note(tables).endswith("All sizes are exact.")
