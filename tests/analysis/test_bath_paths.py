"""Which path a sweep walks, and what sweeps have to share to be joined along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dnplab.analysis import Sweep
from dnplab.analysis.bath_paths import POINT, join_paths
from dnplab.bath import Bath
from dnplab.errors import UndefinedMeasureError
from tests.analysis.made_up_paths import POINTS, T_D_US, walk

FEW = POINTS[:5]


@pytest.mark.parametrize("path", ["temperature", "all_times", "dephasing"])
def test_what_varies_names_the_path(path: str) -> None:
    sweep = walk(path, sizes=(6, 14), points=FEW)
    joined = join_paths([sweep])
    assert set(joined.realizations["path"]) == {path}
    assert len(joined.realizations) == len(sweep.realizations)
    assert len(joined.runs) == len(sweep.runs) == 15
    np.testing.assert_allclose(np.unique(joined.runs["t_z_over_t_d"]), FEW, rtol=1e-5)
    np.testing.assert_allclose(joined.runs["t_z_us"], joined.runs["t_z_over_t_d"] * T_D_US, rtol=1e-5)
    row = joined.runs.iloc[0]
    thermal = Bath(row["temperature_k"], 1.0, 1.0, 1.0).thermal_polarization(93.9)
    assert row["p_zero"] == pytest.approx(-thermal, rel=1e-5)


def test_values_stay_with_their_points() -> None:
    sweep = walk(sizes=(6,), points=FEW)
    joined = join_paths([sweep]).realizations
    chosen = joined[(joined["model"] == "nonsecular") & (joined["t_z_over_t_d"] == joined["t_z_over_t_d"].max())]
    kept = sweep.realizations
    kept = kept[(kept["model"] == "nonsecular") & (kept["bath.t_zero_us"] == kept["bath.t_zero_us"].max())]
    np.testing.assert_array_equal(chosen["profile_index"], kept["profile_index"])


def test_paths_sizes_and_orders_are_joined() -> None:
    parts = [
        walk("temperature", sizes=(14,), points=FEW),
        walk("temperature", sizes=(20,), points=POINTS[2:7]),
        walk("dephasing", sizes=(6,), points=FEW),
        walk("dephasing", sizes=(14,), points=FEW, orders=(4,)),
    ]
    joined = join_paths(parts)
    assert joined.name == "+".join(["made-up"] * 4)
    kinds = joined.runs.fillna({"order": 0.0}).groupby(["path", "model", "n_spins", "order"])
    assert kinds.size().to_dict() == {
        ("dephasing", "correlation", 6, 3.0): 5,
        ("dephasing", "correlation", 14, 4.0): 5,
        ("dephasing", "nonsecular", 6, 0.0): 5,
        ("temperature", "correlation", 14, 3.0): 5,
        ("temperature", "correlation", 20, 3.0): 5,
    }
    assert joined.expected == sum(part.expected for part in parts)


def test_a_point_of_two_sweeps_is_used_once_with_the_larger_number_of_samples() -> None:
    less, more = (
        walk(sizes=(14,), points=FEW, samples=lambda _: 10),
        walk(sizes=(14,), points=POINTS[3:6], samples=lambda _: 30),
    )
    more = replace(more, runs=more.runs.assign(run_id="more " + more.runs["run_id"]))
    joined = join_paths([less, more])
    assert list(joined.runs["samples"]) == [10, 10, 10, 30, 30, 30]
    assert len(joined.realizations) == 3 * 10 + 3 * 30
    same = join_paths([less, less])
    assert len(same.realizations) == 5 * 10
    assert not same.realizations.duplicated([*POINT, "realization"]).any()
    other = join_paths([less, walk("temperature", sizes=(14,), points=FEW)])  # a point where two paths cross belongs to both
    assert set(other.runs.groupby("path").size()) == {5}


def test_a_time_of_a_law_and_one_that_was_typed_are_one_point() -> None:
    sweep = walk(sizes=(14,), points=FEW)
    times = {key: [float(f"{value:.7g}") for value in sweep.runs[key]] for key in ("bath.t_zero_us", "bath.t_star_us")}
    runs = sweep.runs.assign(**times, run_id="typed" + sweep.runs["run_id"])
    typed = replace(sweep, runs=runs, realizations=sweep.realizations.assign(**_repeated(times, sweep)))
    assert len(join_paths([sweep, typed]).runs) == len(FEW)


def _repeated(times: dict[str, list[float]], sweep: Sweep) -> dict[str, list[float]]:
    count = len(sweep.realizations) // len(sweep.runs)
    return {key: [value for value in values for _ in range(count)] for key, values in times.items()}


def few(path: str = "dephasing", **params: object) -> Sweep:
    """A short walk, with other values of some parameters: bath__t1_us for bath.t1_us."""
    sweep = walk(path, sizes=(14,), points=FEW)
    return replace(sweep, runs=sweep.runs.assign(**{key.replace("__", "."): value for key, value in params.items()}))


@pytest.mark.parametrize(
    ("sweeps", "reason"),
    [
        (
            [few(bath__t_zero_us=1.0, bath__t_star_us=1.0)],
            "The sweep 'made-up' walks no path: it has one value each of bath",
        ),
        ([few(bath__t_star_us=1.0)], r"finite T\(0\) = T\*, as bath=uniform has; the sweep 'made-up' has others"),
        ([few(bath__t_star_us=np.inf, bath__t_zero_us=np.inf)], r"finite T\(0\) = T\*"),
        ([few(model="hilbert")], "needs model=nonsecular,correlation; the sweep 'made-up' has hilbert only"),
        ([few(), few(system__coupling_mhz=1.0)], "Paths share system.coupling_mhz, but it is 0.75 and 1.0 in made-up"),
        ([few(), few(ensemble__seed=1.0)], "Paths share ensemble.seed, but it is 0.0 and 1.0 in made-up"),
        ([few(), few(bath__t1_us=160.0)], "keeps bath.t1_us, but it is 1.6 to 160 in made-up"),
        ([few("all_times", drive__amplitude_mhz=0.6)], r"The path all_times, .* keeps omega_1\^2 T_1 T_z, but it is"),
        (
            [few("temperature"), few("temperature", bath__t1_us=1.6)],
            "has one T_1 and T_z at each temperature, but several at",
        ),
        (
            [few("temperature", bath__t_zero_us=0.16, bath__t_star_us=0.16)],
            "has another T_z at each temperature, but 0.16 µs at several in made-up",
        ),
    ],
)
def test_what_is_not_of_one_path_is_refused(sweeps: Sequence[Sweep], reason: str) -> None:
    with pytest.raises(UndefinedMeasureError, match=reason):
        join_paths(sweeps)


def test_versions_of_the_code_are_told_once() -> None:
    warning = "The numbers of these runs come from 2 versions of the code: a, b."
    parts = [few(numerics=name) for name in ("a", "b")]
    assert join_paths(parts).warnings == (warning,)
    assert join_paths([replace(join, warnings=(warning,)) for join in parts]).warnings == (warning,)
