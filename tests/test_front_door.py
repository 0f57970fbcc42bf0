"""The front door, exactly as users are told to write it."""

from __future__ import annotations

import numpy as np

U = np.array([[0.0, 0.3, -0.2], [0.3, 0.0, 0.5], [-0.2, 0.5, 0.0]])
edges_mhz = np.linspace(-3.0, 3.0, 31) + 1e-3


def test_front_door() -> None:
    from dnplab import Bath, Drive, SpinSystem, epr_spectrum, steady_state

    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[-1.7, -0.4, 1.9], couplings_mhz=U, ising=False)
    sampled = SpinSystem.sample(n_spins=10, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 17))
    bath = Bath(temperature_k=12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
    letter = Bath.letter(temperature_k=4.0)
    drive = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628, sites=None)
    state = steady_state(system, bath, drive, model="nonsecular", rtol=1e-10)

    assert len(sampled.offsets_mhz) == 10
    assert np.shape(sampled.couplings_mhz) == (10, 10)
    assert letter.temperature_k == 4.0
    assert state.polarization.shape == (3,)
    rho = state.density_matrix()
    assert rho.shape == (8, 8)
    assert np.iscomplexobj(rho)
    assert state.converged is True
    assert state.residual < 1e-9
    assert state.iterations >= 0
    assert state.seconds > 0
    spectrum = epr_spectrum(state, edges_mhz)
    assert spectrum.shape == (30,)
    # golden.json's numbers, whose bath is 0.5 % shorter
    np.testing.assert_allclose(state.polarization, [-0.047006, -0.067863, -0.136843], atol=1e-3)


def test_every_model_by_name() -> None:
    from dnplab import Bath, Drive, SpinSystem, steady_state

    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[-1.7, -0.4, 1.9], couplings_mhz=U)
    bath, drive = Bath.letter(temperature_k=4.0), Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
    for model in ("nonsecular", "secular", "hilbert"):
        state = steady_state(system, bath, drive, model=model)
        assert state.converged
        assert abs(np.trace(state.density_matrix()) - 1) < 1e-12


def test_irradiating_one_spin() -> None:
    """`sites=[2]`: only that spin feels the drive when nothing couples it to others."""
    from dnplab import Bath, Drive, SpinSystem, steady_state

    system = SpinSystem(electron_ghz=93.9, offsets_mhz=[-1.7, -0.4, 1.9], couplings_mhz=0 * U)
    bath = Bath.letter(temperature_k=12.0)
    drive = Drive(frequency_ghz=93.9019, amplitude_mhz=0.628, sites=[2])
    polarization = steady_state(system, bath, drive).polarization
    thermal = bath.thermal_polarization(93.9)
    np.testing.assert_allclose(polarization[:2], thermal, atol=1e-12)
    assert abs(polarization[2]) < 0.5 * abs(thermal)


def test_letter_bath_is_table_one_and_its_law() -> None:
    """Table I in µs at both ends, T_1 ~ T^-2 between, and overrides win."""
    from dnplab import Bath

    cold, warm, middle = (Bath.letter(temperature_k=t) for t in (1.2, 12.0, 4.0))
    for bath, times in ((cold, (160, 80, 1.6)), (warm, (1.6, 0.16, 0.16))):
        np.testing.assert_allclose((bath.t1_us, bath.t_star_us, bath.t_zero_us), times, rtol=1e-12)
    np.testing.assert_allclose(middle.t1_us, 160 * (4 / 1.2) ** -2, rtol=1e-12)
    np.testing.assert_allclose(middle.t_zero_us, 1.6 * 1.2 / 4, rtol=1e-12)
    np.testing.assert_allclose(middle.t_star_us, 80 * (4 / 1.2) ** -np.log10(500), rtol=1e-12)
    changed = Bath.letter(temperature_k=4.0, t1_us=7.0)
    assert changed.t1_us == 7.0
    assert changed.t_star_us == middle.t_star_us
