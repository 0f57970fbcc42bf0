"""Stored reference numbers (tests/reference/golden.md says where they come from), to their digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, epr_spectrum, steady_state
from tests.reference import kronecker as kron
from tests.reference.pulse import pulse_spectrum

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "reference" / "golden.json").read_text())
KELVIN_GHZ = 20.836619123  # k_B / h, as the stored beta was made
MICROSECONDS = 1e-3 / (2 * np.pi)  # of one (2 pi GHz)^-1

each_case = pytest.mark.parametrize("case", CASES, ids=[c["tag"] for c in CASES])


def couplings(case: dict[str, Any]) -> np.ndarray:
    matrix = np.zeros((case["N"], case["N"]))
    for i, j, value in case["U"]:
        matrix[i, j] = matrix[j, i] = value
    return matrix


def edges(case: dict[str, Any]) -> np.ndarray:
    left = np.array(case["epr_bin_left_minus_we"])
    return np.append(left, left[-1] + case["epr_dw"])


def library_case(case: dict[str, Any]) -> tuple[SpinSystem, Bath, Drive]:
    q = case["params"]
    system = SpinSystem(
        electron_ghz=q["we"],
        offsets_mhz=1e3 * np.array(case["Delta"]),
        couplings_mhz=1e3 * couplings(case),
        ising=case["zz"],
    )
    bath = Bath(
        temperature_k=1 / (q["beta"] * KELVIN_GHZ),
        t1_us=q["T1"] * MICROSECONDS,
        t_star_us=q["Ts"] * MICROSECONDS,
        t_zero_us=q["T0"] * MICROSECONDS,
    )
    return system, bath, Drive(frequency_ghz=q["wmw"], amplitude_mhz=1e3 * q["w1"])


def reference_case(case: dict[str, Any]) -> kron.Problem:
    """In the stored units themselves: no conversion at all."""
    q = case["params"]
    return kron.Problem(
        electron=q["we"],
        offsets=np.array(case["Delta"]),
        couplings=couplings(case),
        beta=q["beta"],
        t1=q["T1"],
        t_star=q["Ts"],
        t_zero=q["T0"],
        detuning=q["we"] - q["wmw"],
        amplitude=q["w1"],
        ising=case["zz"],
    )


@each_case
@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_polarizations(case: dict[str, Any], model: str) -> None:
    state = steady_state(*library_case(case), model=model)
    stored = case["P_nonsec" if model == "nonsecular" else "P_hilbert"]
    np.testing.assert_allclose(state.polarization, stored, rtol=0, atol=1e-9)


@each_case
def test_transverse_polarizations_and_purity(case: dict[str, Any]) -> None:
    rho = steady_state(*library_case(case)).density_matrix()
    np.testing.assert_allclose(kron.polarization(rho, "x"), case["Px"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(kron.polarization(rho, "y"), case["Py"], rtol=0, atol=1e-9)
    assert abs(np.trace(rho @ rho).real - case["purity"]) < 1e-10


@each_case
@pytest.mark.parametrize("model", ["nonsecular", "hilbert"])
def test_epr(case: dict[str, Any], model: str) -> None:
    state = steady_state(*library_case(case), model=model)
    spectrum = epr_spectrum(state, 1e3 * edges(case))
    stored = np.array(case["epr_nonsec" if model == "nonsecular" else "epr_hilbert"]) / 1e3
    np.testing.assert_allclose(spectrum, stored, rtol=0, atol=1e-8 * np.abs(stored).max())


@each_case
def test_reference_agrees_with_the_stored_numbers(case: dict[str, Any]) -> None:
    """The Kronecker code and the brute-force pulse, in the stored units."""
    p = reference_case(case)
    for model, key in (("nonsecular", "nonsec"), ("hilbert", "hilbert")):
        rho = kron.steady_state(p, model)
        np.testing.assert_allclose(kron.polarization(rho), case[f"P_{key}"], rtol=0, atol=1e-10)
        stored = np.array(case[f"epr_{key}"])
        spectrum = pulse_spectrum(p, rho, edges(case))
        np.testing.assert_allclose(spectrum, stored, rtol=0, atol=1e-9 * np.abs(stored).max())
