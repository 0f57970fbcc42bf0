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
from dnplab.analysis.scaling import fit_ranges
from dnplab.errors import UndefinedMeasureError
from tests.analysis.questions import made_up, points

Array = NDArray[np.float64]
TEMPERATURES = (1.2, 1.6, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
SIZES = (4, 5, 6, 7, 8, 9, 10)
SAMPLES = 400


def tanh(temperature_k: float, middle_k: float, width: float) -> float:
    return 0.5 * (1.0 + math.tanh(math.log(temperature_k / middle_k) / width))


def eigenstates(n: float) -> float:
    """What a chaotic H_S scatters."""
    return 0.2 * 2.0 ** (-n / 2)


def noisy(mean: float, model: str, point: pd.Series, factors: Array) -> Array:
    """Samples with a scatter of 30 %: most of it is the same at all sizes, some belongs to a size, the rest to a point."""
    size, temperature = int(point["n_spins"]), int(100 * point["temperature_k"])
    seeds = (3, (3, size), (3, size, temperature, model == "hilbert"))
    common, own, rest = (np.random.default_rng(seed).normal(size=factors.size) for seed in seeds)
    return np.asarray(mean * np.exp(0.3 * (0.8 * common + 0.55 * own + 0.24 * rest) - 0.045))


def crossover(model: str, point: pd.Series, factors: Array) -> Array:
    """The same smooth rise at every N, on top of what eigenstates scatter."""
    rise = 0.01 + 0.08 * tanh(point["temperature_k"], 4.0, 0.5)
    return noisy(eigenstates(point["n_spins"]) + (rise if model == "nonsecular" else 0.0), model, point, factors)


def transition(model: str, point: pd.Series, factors: Array) -> Array:
    """A rise at 4 K that gets sharper as 1/N, and nothing but scatter on its cold side."""
    rise = 0.08 * tanh(point["temperature_k"], 4.0, 3.0 / point["n_spins"])
    return noisy(eigenstates(point["n_spins"]) + (rise if model == "nonsecular" else 0.0), model, point, factors)


def entering(model: str, point: pd.Series, factors: Array) -> Array:
    """A rise whose own width shrinks with N while it moves into the sweep: its width in the sweep grows."""
    n = point["n_spins"]
    rise = 0.08 * tanh(point["temperature_k"], 9.0 + 1.5 * (10.0 - n), 0.9 + 0.02 * (10.0 - n))
    return noisy(eigenstates(n) + (rise if model == "nonsecular" else 0.0), model, point, factors)


def sweep(
    value: object = crossover, sizes: tuple[int, ...] = SIZES, temperatures: tuple[float, ...] = TEMPERATURES
) -> Sweep:
    table = points(temperatures, n_spins=[float(n) for n in sizes])
    return made_up(table, ("n_spins",), value, count=SAMPLES)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def smooth() -> dict[str, pd.DataFrame]:
    return finite_size_tables(sweep(), bootstrap=200)


@pytest.fixture(scope="module")
def sharp() -> dict[str, pd.DataFrame]:
    return finite_size_tables(sweep(transition, (4, 6, 8, 10, 12)), bootstrap=200)


def half_rises(tables: dict[str, pd.DataFrame], measure: str = "ansatz_deviation_minus_hilbert") -> pd.DataFrame:
    found = tables["crossover"]
    return found[(found["measure"] == measure) & (found["definition"] == "half rise")]


def test_a_crossover_keeps_place_and_width(smooth: dict[str, pd.DataFrame]) -> None:
    rows = half_rises(smooth)
    assert list(rows["n_spins"]) == list(SIZES)
    ends = tanh(1.2, 4.0, 0.5), tanh(12.0, 4.0, 0.5)
    middle = 4.0 * math.exp(0.5 * math.atanh(sum(ends) - 1.0))
    width = 0.5 * math.log(9.0) / math.log(10.0)  # from 10 to 90 %: 2 artanh(0.8) = ln 9
    assert ((rows["crossover_k_lower"] <= middle) & (middle <= rows["crossover_k_upper"])).sum() >= len(SIZES) - 1
    assert ((rows["crossover_k_upper"] - rows["crossover_k_lower"]) > 0.01).all()  # the noise is seen
    covered = (rows["width_decades_lower"] <= width) & (width <= rows["width_decades_upper"])
    assert covered.sum() >= len(SIZES) - 1
    assert (rows["whole"] > 0.95).all()
    note = finite_size_note(smooth)
    assert "N = 4 to 10, 400 samples." in note
    assert "does not narrow beyond its errors" in note
    assert "Above 4 K they leave something, as a crossover and the hot side of a transition do." in note
    assert note.endswith("There is no sign of sharpening; a transition at 4 K or below is not excluded.")
    for verdict in ("surely", "A transition is not excluded", "it narrows"):
        assert verdict not in note


def test_the_limit_is_what_the_bath_adds(smooth: dict[str, pd.DataFrame]) -> None:
    limit = smooth["limit"].set_index(["measure", "model", "law", "from_n", "temperature_k"])
    for model, left in (("nonsecular", 0.01 + 0.08 * tanh(1.2, 4.0, 0.5)), ("hilbert", 0.0)):
        row = limit.loc[("ansatz_deviation", model, "2^(-N/2)", 6, 1.2)]
        assert abs(row["limit"] - left) < 2.5 * row["limit_sem"] < 0.01
        assert row["to_n"] == 10
        assert row["p_value"] > 0.01
    infinite = smooth["infinite"].set_index(["measure", "law", "from_n"])
    difference = infinite.loc[("ansatz_deviation_minus_hilbert", "2^(-N/2)", 4)]
    assert difference["crossover_k"] == pytest.approx(half_rises(smooth)["crossover_k"].mean(), rel=0.05)
    assert difference["whole"] == 1.0


def test_a_transition_sharpens_and_leaves_nothing_on_its_cold_side(sharp: dict[str, pd.DataFrame]) -> None:
    note = finite_size_note(sharp)
    assert "it narrows, and the spacing of the temperatures hides how far" in note
    assert note.endswith("A transition is not excluded.")
    assert "something is left at every temperature" not in note
    assert "speaks" not in note
    limit = sharp["limit"].query(
        "model == 'nonsecular' and measure == 'ansatz_deviation' and from_n == 6 and law == '2^(-N/2)'"
    )
    rows = limit.set_index("temperature_k")
    assert abs(rows["limit"][1.2]) < 1e-3
    assert abs(rows["limit"][12.0] - 0.08) < 2.5 * rows["limit_sem"][12.0]


def large_offset(model: str, point: pd.Series, factors: Array) -> Array:
    """A crossover far above what eigenstates scatter, at every temperature."""
    rise = 0.3 + 0.8 * tanh(point["temperature_k"], 4.0, 0.5)
    return noisy(0.5 * eigenstates(point["n_spins"]) + (rise if model == "nonsecular" else 0.0), model, point, factors)


def test_a_crossover_that_leaves_something_everywhere_is_said_to_be_one() -> None:
    note = finite_size_note(finite_size_tables(sweep(large_offset), bootstrap=200))
    assert "something is left at every temperature" in note
    assert note.endswith("Both speak for a crossover, as far as N = 10 tells.")


def test_a_rise_that_does_not_end_in_the_sweep_has_no_width() -> None:
    tables = finite_size_tables(sweep(entering), bootstrap=200)
    rows = half_rises(tables)
    assert (rows["whole"] < 0.5).all()
    assert rows["width_decades"].iloc[-1] > rows["width_decades"].iloc[0]  # though the rise itself narrows
    fits = tables["fits"].query("measure == 'ansatz_deviation_minus_hilbert' and definition == 'half rise'")
    widths = fits[fits["quantity"] == "width_decades"]
    assert widths["limit"].isna().all()
    assert widths["reason"].str.startswith("the rise does not end inside the sweep at N = ").any()
    note = finite_size_note(tables)
    assert "The sweep sees the whole rise of the ansatz deviation" in note
    assert "narrow" not in note


def test_sizes_share_their_draws(smooth: dict[str, pd.DataFrame]) -> None:
    """The difference of two sizes is known better than if they were drawn apart."""
    limit = smooth["limit"].query("measure == 'ansatz_deviation' and model == 'nonsecular' and from_n == 4")
    constant = limit[limit["law"] == "constant"].set_index("temperature_k").loc[12.0]
    sem = smooth["curves"].query("measure == 'ansatz_deviation' and model == 'nonsecular' and temperature_k == 12")[
        "mean_sem"
    ]
    apart = 1.0 / math.sqrt((1.0 / sem**2).sum())
    assert constant["limit_sem"] > 1.5 * apart  # the common 0.8 of the scatter is not averaged away
    parity = limit[limit["law"] == "1/N + parity"].set_index("temperature_k").loc[12.0, "parity_sem"]
    assert parity < 0.8 * sem.mean() / math.sqrt(len(SIZES))  # and drops out between neighbours


def test_a_size_without_a_crossover_is_not_dropped_from_a_law() -> None:
    """Doubling: sizes that cross above or below the sweep would leave a law of those between them."""

    def doubled(model: str, point: pd.Series, factors: Array) -> Array:
        hilbert = 0.3 * 2.0 ** (-point["n_spins"] / 2)
        return noisy(hilbert + (0.002 * point["temperature_k"] if model == "nonsecular" else 0.0), model, point, factors)

    fits = finite_size_tables(sweep(doubled), bootstrap=100)["fits"]
    fits = fits[(fits["definition"] == "doubling") & (fits["quantity"] == "crossover_k")]
    assert fits["limit"].isna().all()
    assert fits["reason"].str.startswith("no crossover at N = 4, 5").any()


def test_a_limit_that_crosses_in_few_resamples_is_none() -> None:
    tables = finite_size_tables(sweep(lambda model, point, factors: noisy(0.05, model, point, factors)), bootstrap=100)
    rows = tables["infinite"]
    assert rows["crossover_k"].isna().all()
    assert set(rows["reason"]) <= {
        "no change beyond 2 standard errors",
        "gone in most resamples",
        "not monotone beyond its errors",
    }


@pytest.mark.parametrize(
    ("sizes", "ranges"), [((4, 5, 6, 7, 8, 9), (4, 6)), ((6, 7, 8, 9), (6,)), ((8, 9, 10), (8,)), ((4, 5, 6, 7), (4,))]
)
def test_ranges_of_fits(sizes: tuple[int, ...], ranges: tuple[int, ...]) -> None:
    assert fit_ranges(sizes, 6) == ranges


def test_no_row_twice() -> None:
    tables = finite_size_tables(sweep(sizes=(6, 7, 8, 9)), bootstrap=50)
    assert set(tables["infinite"]["from_n"]) == set(tables["fits"]["from_n"]) == {6}
    assert not tables["infinite"].duplicated(["measure", "model", "law", "from_n"]).any()


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
    assert set(tables["infinite"].query("from_n == 4")["sizes"]) == {len(SIZES) - 1}


def test_a_sweep_that_is_coarse_within_the_letter_ends_beyond_it() -> None:
    coarse = finite_size_tables(sweep(sizes=(4, 5), temperatures=(1.2, 3.0, 6.0, 12.0, 20.0)), bootstrap=50)
    assert set(coarse["crossover"]["hottest_k"]) == {20.0}
    partly = sweep(sizes=(4,))
    lacking = partly.realizations[(partly.realizations["model"] == "hilbert") | (partly.realizations["temperature_k"] > 1.2)]
    with pytest.raises(UndefinedMeasureError, match="finds no size that has all temperatures"):
        finite_size_tables(Sweep(**{**vars(partly), "realizations": lacking}), bootstrap=50)


def test_a_size_whose_nonsecular_runs_are_not_there_yet_is_left_out_of_the_crossover() -> None:
    whole = sweep(sizes=(4, 5, 6, 7))
    table = whole.realizations
    begun = table[(table["system.n_spins"] < 7) | (table["model"] == "hilbert")]
    tables = finite_size_tables(Sweep(**{**vars(whole), "realizations": begun}), bootstrap=50)
    assert set(tables["crossover"]["n_spins"]) == {4, 5, 6}
    assert "N = 4 to 6" in finite_size_note(tables)
    assert set(tables["limit"].query("model == 'hilbert'")["to_n"]) == {7}
    alone = Sweep(**{**vars(whole), "realizations": table[table["model"] == "hilbert"]})
    with pytest.raises(UndefinedMeasureError, match="needs model=hilbert,nonsecular; the sweep 'made-up' has hilbert only"):
        finite_size_tables(alone, bootstrap=50)


def test_sizes_of_several_sweeps_are_joined(smooth: dict[str, pd.DataFrame]) -> None:
    small, large = sweep(sizes=(4, 5, 6, 7)), sweep(sizes=(8, 9, 10))
    alone = sweep(sizes=(8,))
    without = alone.realizations.drop(columns="system.n_spins")
    single = Sweep(**{**vars(alone), "realizations": without, "groups": ()})  # of one size, as it is read from a store
    assert set(join_sweeps([small, single]).realizations["system.n_spins"]) == {4, 5, 6, 7, 8}
    joined = finite_size_tables(join_sweeps([small, large]), bootstrap=200)
    pd.testing.assert_frame_equal(joined["crossover"], smooth["crossover"])


def test_temperatures_of_several_sweeps_are_joined(smooth: dict[str, pd.DataFrame]) -> None:
    joined = join_sweeps([sweep(temperatures=TEMPERATURES[:3]), sweep(temperatures=TEMPERATURES[3:])])
    pd.testing.assert_frame_equal(finite_size_tables(joined, bootstrap=200)["crossover"], smooth["crossover"])


def test_sweeps_that_differ_elsewhere_are_not_joined() -> None:
    small, large = sweep(sizes=(4, 5)), sweep(sizes=(6, 7))
    other = Sweep(**{**vars(large), "runs": large.runs.assign(**{"drive.frequency_ghz": 94.0})})
    with pytest.raises(UndefinedMeasureError, match=r"cannot be joined: they differ in drive\.frequency_ghz"):
        join_sweeps([small, other])
    with pytest.raises(UndefinedMeasureError, match=r"24 points repeat, hilbert at 1\.2 K with system\.n_spins = 5"):
        join_sweeps([small, sweep(sizes=(5, 6))])
    versions = [
        Sweep(**{**vars(part), "runs": part.runs.assign(numerics=name)}) for part, name in ((small, "a"), (large, "b"))
    ]
    assert join_sweeps([small, large]).warnings == ()
    assert join_sweeps(versions).warnings == ("The numbers of these runs come from 2 versions of the code: a, b.",)


def test_too_few_sizes_say_nothing() -> None:
    note = finite_size_note(finite_size_tables(sweep(sizes=(4, 5)), bootstrap=50))
    assert (
        note
        == "N = 4 to 5, 400 samples: fewer than 3 sizes have a crossover of the ansatz deviation, which tells nothing of N."
    )


def test_the_metrics(smooth: dict[str, pd.DataFrame]) -> None:
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
