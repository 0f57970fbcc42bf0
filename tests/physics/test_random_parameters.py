"""Random problems over three to four decades of every parameter: `auto` is right, or it says that it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnplab import SpinSystem, steady_state
from dnplab.benchmark import robustness
from dnplab.benchmark.robustness import RANGES, Problem, Row, Verdict, check, random_problem
from dnplab.errors import ConvergenceError, ParameterError

RTOL = 1e-10
SAMPLES = {4: 16, 5: 16, 6: 8}  # a reference takes 0.02, 0.1 and 1.5 s


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [check(random_problem(n, 1, index), RTOL) for n, count in SAMPLES.items() for index in range(count)]


def test_no_answer_is_wrong(rows: list[Row]) -> None:
    bad = [row for row in rows if row.verdict not in (Verdict.RIGHT, Verdict.REFUSED)]
    assert not bad


def test_almost_every_problem_is_solved(rows: list[Row]) -> None:
    """A solver that refuses everything is never wrong: 38 of 40 must have an answer, by LU only where LU is meant to be."""
    solved = [row for row in rows if row.verdict == Verdict.RIGHT]
    assert len(solved) >= 0.95 * len(rows)
    krylov = [row for row in solved if row.n_spins > 4 and row.method != "dense"]
    assert len(krylov) >= 0.8 * sum(row.n_spins > 4 for row in rows)


def test_polarizations_are_as_good_as_the_state(rows: list[Row]) -> None:
    """|P_i - P_i'| = 2 |Tr S_i^z (rho - rho')| <= sqrt(D) ||rho - rho'|| and ||rho|| <= 1."""
    for row in rows:
        if row.verdict == Verdict.RIGHT:
            assert row.polarization_error <= 2.0 ** (row.n_spins / 2) * row.error + 1e-14


def test_an_iterative_reference_says_the_same() -> None:
    for index in range(4):
        row = check(random_problem(5, 1, index), RTOL, reference="krylov")
        assert row.verdict == Verdict.RIGHT
        assert row.reference_error <= 1e-11


def test_a_wrong_answer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def slightly_wrong(*case: Any, **options: Any) -> Any:
        state = steady_state(*case, **options)
        assert state.real_form is not None
        return replace(state, real_form=state.real_form * (1.0 + 1e-8))

    monkeypatch.setattr(robustness, "steady_state", slightly_wrong)
    row = check(random_problem(4, 1, 0), RTOL)
    assert row.verdict == Verdict.WRONG
    assert row.error == pytest.approx(1e-8, rel=1e-3)


def test_a_refusal_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ConvergenceError("It did not converge.")

    monkeypatch.setattr(robustness, "steady_state", refuse)
    row = check(random_problem(4, 1, 0), RTOL)
    assert (row.verdict, row.note) == (Verdict.REFUSED, "It did not converge.")
    assert np.isnan(row.error)


def test_without_a_reference_nothing_is_called_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robustness, "_krylov", lambda *_: (np.full((16, 16), np.nan), float("nan")))
    assert check(random_problem(4, 1, 0), RTOL, reference="krylov").verdict == Verdict.UNCHECKED


def contents(problem: Problem) -> tuple[object, ...]:
    system, bath, drive = problem.case
    return (
        problem.parameters,
        np.asarray(system.offsets_mhz).tolist(),
        np.asarray(system.couplings_mhz).tolist(),
        bath,
        drive,
    )


def test_the_address_is_the_problem() -> None:
    addresses = [(n, seed, index) for n in (4, 5) for seed in (0, 1) for index in range(3)]
    forward = {address: contents(random_problem(*address)) for address in addresses}
    backward = {address: contents(random_problem(*address)) for address in reversed(addresses)}
    assert forward == backward
    assert len({found[0]["temperature_k"] for found in forward.values()}) == len(addresses)


def test_the_parameters_are_those_of_the_problem() -> None:
    for index in range(20):
        problem = random_problem(5, 0, index)
        told, (system, bath, drive) = problem.parameters, problem.case
        same = SpinSystem.sample(5, 5.0, told["coupling_mhz"], (0, index))
        np.testing.assert_array_equal(system.couplings_mhz, same.couplings_mhz)
        assert (told["n_spins"], told["seed"], told["index"]) == (5, 0, index)
        for name in ("temperature_k", "t1_us", "t_star_us", "t_zero_us"):
            assert told[name] == getattr(bath, name)
        assert told["amplitude_mhz"] == drive.amplitude_mhz
        assert told["ising"] == system.ising
        assert drive.sites == (None if told["site"] is None else (told["site"],))


def test_the_whole_range_is_drawn() -> None:
    """Of 400 problems each parameter comes near both ends, and each choice is made about half of the time."""
    drawn = [random_problem(5, 0, index).parameters for index in range(400)]
    for name, (low, high) in RANGES.items():
        values = np.log([problem[name] for problem in drawn]) - np.log(low)
        width = np.log(high / low)
        assert 0.0 <= values.min() < 0.05 * width
        assert 0.95 * width < values.max() <= width
        assert np.mean(values) == pytest.approx(width / 2, rel=0.1)
    for share in (
        np.mean([problem["t_zero_us"] == problem["t_star_us"] for problem in drawn]),
        np.mean([problem["site"] is None for problem in drawn]),
        np.mean([problem["ising"] for problem in drawn]),
    ):
        assert share == pytest.approx(0.5, abs=0.1)
    assert {problem["site"] for problem in drawn} == {None, 0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("address", "key"), [((0, 0, 0), "n_spins"), ((4, -1, 0), "seed"), ((4, 0, 0.5), "index"), ((4, 0, True), "index")]
)
def test_a_bad_address_is_named(address: tuple[Any, ...], key: str) -> None:
    with pytest.raises(ParameterError, match=key):
        random_problem(*address)


def test_an_unknown_reference_names_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="dense, krylov"):
        check(random_problem(4, 0, 0), RTOL, reference="guess")
