"""Rates many decades apart: an answer is right, or it is refused. Nothing wrong is called converged."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.errors import ConvergenceError
from dnplab.observables.references import bloch_profile

DRIVE = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)


def stiff_bath(t_star_us: float, t_zero_us: float) -> Bath:
    return Bath(temperature_k=12.0, t1_us=1.6, t_star_us=t_star_us, t_zero_us=t_zero_us)


@pytest.mark.parametrize("t_star_us", [1e-5, 1e-8, 1e-11, 1e-13, 1e-20, 1e-39])
@pytest.mark.parametrize(("n_spins", "method"), [(3, "dense"), (5, "auto"), (5, "dressed"), (7, "auto")])
@pytest.mark.parametrize("model", ["nonsecular", "secular"])
def test_right_or_refused(n_spins: int, method: str, model: str, t_star_us: float) -> None:
    """The drive cannot keep up with dephasing this fast: all spins stay near P_0, and near Bloch's equation."""
    system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
    for t_zero_us in (0.16, t_star_us):
        bath = stiff_bath(t_star_us, t_zero_us)
        try:
            state = steady_state(system, bath, DRIVE, model=model, method=method)
        except ConvergenceError:
            continue
        fast = bloch_profile(system, stiff_bath(t_star_us, t_star_us), DRIVE)
        np.testing.assert_allclose(state.polarization, fast, atol=2e-3)
        assert state.residual < 1e-3


def test_letter_like_baths_are_not_refused() -> None:
    for n_spins, ratio in itertools.product((5, 6), (1e-3, 1e-2, 1.0, 10.0)):
        system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
        assert steady_state(system, stiff_bath(0.16 * ratio, 0.16), DRIVE).error_estimate < 1e-10


@pytest.mark.parametrize("rtol", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_rtol_bounds_the_error(rtol: float, temperature_k: float) -> None:
    for realization in range(4):
        system = SpinSystem.sample(n_spins=5, disorder_mhz=5.0, coupling_mhz=0.75, seed=(7, realization))
        case = (system, Bath.letter(temperature_k=temperature_k), DRIVE)
        exact = steady_state(*case, method="dense").density_matrix()
        state = steady_state(*case, rtol=rtol, method="dressed")
        error = np.linalg.norm(state.density_matrix() - exact) / np.linalg.norm(exact)
        assert error < rtol


def test_seven_spins_in_float32_cycles_agree_with_float64() -> None:
    """No dense answer at this size: a float64 cycle in another frame is the independent one."""
    from dnplab.models import build
    from dnplab.models.generator import Generator
    from dnplab.solvers import dressed_frame, solve_krylov

    system = SpinSystem.sample(n_spins=7, disorder_mhz=5.0, coupling_mhz=0.75, seed=(3, 0))
    bath = Bath.letter(temperature_k=12.0)
    generator = build("nonsecular", system, bath, DRIVE)
    assert isinstance(generator, Generator)
    single = solve_krylov(generator, dressed_frame(generator, "float32"), 1e-11)
    double = solve_krylov(generator, dressed_frame(generator, "float64"), 1e-11)
    assert single.outcome.success
    assert double.outcome.success
    assert np.linalg.norm(single.value - double.value) < 2e-11 * np.linalg.norm(double.value)
