"""Bad input: one clear sentence that names the key, what it got and what it may be."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import (
    DegenerateSpectrumError,
    DnplabError,
    MemoryEstimateError,
    ParameterError,
)

GOOD_SYSTEM = {
    "electron_ghz": 93.9,
    "offsets_mhz": [-1.0, 0.5, 1.3],
    "couplings_mhz": [[0, 0.3, 0.1], [0.3, 0, 0.2], [0.1, 0.2, 0]],
}
GOOD_BATH = {"temperature_k": 12.0, "t1_us": 1.6, "t_star_us": 0.16, "t_zero_us": 0.16}
GOOD_DRIVE = {"frequency_ghz": 93.8988, "amplitude_mhz": 0.628}
GOOD_SAMPLE = {"n_spins": 4, "disorder_mhz": 5.0, "coupling_mhz": 0.75, "seed": (0, 0)}
ZEROS = np.zeros((3, 3)).tolist()
NAN, INF = float("nan"), float("inf")


def with_entry(row: int, column: int, value: float) -> list[list[float]]:
    matrix = np.array(GOOD_SYSTEM["couplings_mhz"], float)
    matrix[row, column] = value
    return matrix.tolist()


CASES: list[tuple[Callable[..., object], dict[str, object], str, object]] = [
    (SpinSystem, GOOD_SYSTEM, "electron_ghz", 0.0),
    (SpinSystem, GOOD_SYSTEM, "electron_ghz", -93.9),
    (SpinSystem, GOOD_SYSTEM, "electron_ghz", NAN),
    (SpinSystem, GOOD_SYSTEM, "electron_ghz", "93.9"),
    (SpinSystem, GOOD_SYSTEM, "offsets_mhz", []),
    (SpinSystem, GOOD_SYSTEM, "offsets_mhz", [0.0, NAN, 1.0]),
    (SpinSystem, GOOD_SYSTEM, "offsets_mhz", [[0.0, 1.0, 2.0]]),
    (SpinSystem, GOOD_SYSTEM, "offsets_mhz", "abc"),
    (SpinSystem, GOOD_SYSTEM, "offsets_mhz", 1.0),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", with_entry(0, 1, 0.31)),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", with_entry(0, 0, 0.2)),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", with_entry(0, 1, NAN)),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", [[0.0, 1.0], [1.0, 0.0]]),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", [0.1, 0.2, 0.3]),
    (SpinSystem, GOOD_SYSTEM, "couplings_mhz", [[0, 1, 2], [1, 0], [2, 0, 0]]),
    (SpinSystem, GOOD_SYSTEM, "ising", "yes"),
    (SpinSystem.sample, GOOD_SAMPLE, "n_spins", 0),
    (SpinSystem.sample, GOOD_SAMPLE, "n_spins", -3),
    (SpinSystem.sample, GOOD_SAMPLE, "n_spins", 2.5),
    (SpinSystem.sample, GOOD_SAMPLE, "disorder_mhz", -5.0),
    (SpinSystem.sample, GOOD_SAMPLE, "disorder_mhz", NAN),
    (SpinSystem.sample, GOOD_SAMPLE, "coupling_mhz", -0.1),
    (SpinSystem.sample, GOOD_SAMPLE, "coupling_mhz", INF),
    (SpinSystem.sample, GOOD_SAMPLE, "seed", 3),
    (SpinSystem.sample, GOOD_SAMPLE, "seed", (0, -1)),
    (SpinSystem.sample, GOOD_SAMPLE, "seed", (0, 0.5)),
    (SpinSystem.sample, GOOD_SAMPLE, "seed", (2**64, 0)),
    (SpinSystem.sample, GOOD_SAMPLE, "seed", (0, 1, 2)),
    (Bath, GOOD_BATH, "temperature_k", 0.0),
    (Bath, GOOD_BATH, "temperature_k", -1.2),
    (Bath, GOOD_BATH, "temperature_k", NAN),
    (Bath, GOOD_BATH, "temperature_k", INF),
    (Bath, GOOD_BATH, "temperature_k", None),
    (Bath, GOOD_BATH, "t1_us", 0.0),
    (Bath, GOOD_BATH, "t1_us", -1.0),
    (Bath, GOOD_BATH, "t1_us", INF),
    (Bath, GOOD_BATH, "t_star_us", 0.0),  # with T(0) > 0: infinitely fast, not a limit one can take
    (Bath, GOOD_BATH, "t_star_us", -0.1),
    (Bath, GOOD_BATH, "t_star_us", NAN),
    (Bath, GOOD_BATH, "t_zero_us", 0.0),
    (Bath, GOOD_BATH, "t_zero_us", "1 us"),
    (Bath.letter, {}, "temperature_k", -4.0),
    (Bath.letter, {"temperature_k": 4.0}, "t1_us", -1.0),
    (Drive, GOOD_DRIVE, "frequency_ghz", 0.0),
    (Drive, GOOD_DRIVE, "frequency_ghz", NAN),
    (Drive, GOOD_DRIVE, "amplitude_mhz", -0.1),
    (Drive, GOOD_DRIVE, "amplitude_mhz", INF),
    (Drive, GOOD_DRIVE, "sites", []),
    (Drive, GOOD_DRIVE, "sites", [-1]),
    (Drive, GOOD_DRIVE, "sites", [0, 0]),
    (Drive, GOOD_DRIVE, "sites", [0.5]),
    (Drive, GOOD_DRIVE, "sites", "all"),
]


@pytest.mark.parametrize(
    ("make", "good", "key", "value"),
    CASES,
    ids=[f"{getattr(m, '__qualname__', m)}.{k}={v!r}" for m, _, k, v in CASES],
)
def test_one_bad_value(make: Callable[..., object], good: dict[str, object], key: str, value: object) -> None:
    with pytest.raises(ParameterError) as caught:
        make(**{**good, key: value})
    assert_one_sentence(caught.value, key)


def assert_one_sentence(error: DnplabError, *words: str) -> None:
    """Non-empty, one line, one full stop at the end, and the words in it."""
    message = str(error)
    assert "\n" not in message
    assert message.endswith(".")
    for word in words:
        assert word in message


def solve(**changes: object) -> object:
    arguments = {
        "system": SpinSystem(**GOOD_SYSTEM),
        "bath": Bath(**GOOD_BATH),
        "drive": Drive(**GOOD_DRIVE),
    }
    return steady_state(**{**arguments, **changes})  # type: ignore[arg-type]


def test_good_input_is_good() -> None:
    for make, good, *_ in CASES:
        if good:
            make(**good)
    solve()


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(ParameterError) as caught:
        solve(model="lindblad")
    assert_one_sentence(caught.value, "model", "lindblad", "nonsecular", "secular", "hilbert")


def test_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(ParameterError) as caught:
        solve(method="magic")
    assert_one_sentence(caught.value, "method", "magic", "auto", "dense", "dressed", "product")


@pytest.mark.parametrize("rtol", [0.0, -1e-10, NAN, INF])
def test_bad_tolerance(rtol: float) -> None:
    with pytest.raises(ParameterError) as caught:
        solve(rtol=rtol)
    assert_one_sentence(caught.value, "rtol")


@pytest.mark.parametrize("model", ["nonsecular", "secular", "hilbert"])
def test_site_out_of_range_names_the_range(model: str) -> None:
    with pytest.raises(ParameterError) as caught:
        solve(drive=Drive(**GOOD_DRIVE, sites=[3]), model=model)
    assert_one_sentence(caught.value, "sites", "3", "0", "2")


def test_degenerate_levels_where_eigenvectors_are_needed() -> None:
    """T(0) != T* needs the eigenvectors of H_S one by one; T(0) = T* does not."""
    degenerate = SpinSystem(electron_ghz=93.9, offsets_mhz=[0.0, 0.0, 0.0], couplings_mhz=ZEROS)
    with pytest.raises(DegenerateSpectrumError) as caught:
        solve(system=degenerate, bath=Bath(**{**GOOD_BATH, "t_star_us": 8.0}))
    assert_one_sentence(caught.value, "degenerate", "t_star_us", "offsets_mhz")
    for model in ("secular", "hilbert"):
        with pytest.raises(DegenerateSpectrumError):
            solve(system=degenerate, model=model)
    solve(system=degenerate)


@pytest.mark.parametrize("model", ["nonsecular", "secular", "hilbert"])
def test_size_that_does_not_fit_says_what_it_needs(model: str) -> None:
    """4^20 numbers are 8 TiB: refused before anything is allocated, with both numbers."""
    system = SpinSystem.sample(n_spins=20, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    with pytest.raises(MemoryEstimateError) as caught:
        solve(system=system, model=model)
    assert_one_sentence(caught.value, "20", "iB")


def test_dense_method_that_is_too_large() -> None:
    system = SpinSystem.sample(n_spins=10, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 0))
    with pytest.raises(ParameterError) as caught:
        solve(system=system, method="dense")
    assert_one_sentence(caught.value, "method", "dense", "dressed")


def test_an_error_survives_the_way_back_from_a_worker() -> None:
    error = ParameterError("seed", -1, "an integer >= 0")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.key) == (ParameterError, str(error), "seed")


@pytest.mark.parametrize("couplings", [np.array([[0, 0.1j], [-0.1j, 0]]), [["0", "1"], ["1", "0"]], [[False, True]] * 2])
def test_nothing_is_cast_to_numbers_in_silence(couplings: object) -> None:
    with pytest.raises(ParameterError, match="couplings_mhz"):
        SpinSystem(electron_ghz=93.9, offsets_mhz=[0.0, 1.0], couplings_mhz=couplings)


def test_rounding_is_no_asymmetry() -> None:
    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[0, 1], couplings_mhz=[[0, 0.1 + 0.2], [0.3, 0]])
    np.testing.assert_array_equal(system.couplings_mhz, np.transpose(system.couplings_mhz))
