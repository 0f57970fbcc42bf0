"""The order of limits: nonsecular -> secular -> Hilbert, with the rates at which the differences vanish."""

from __future__ import annotations

import numpy as np
import pytest

from dnplab import Bath, steady_state
from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.samples import small_system, table_drive, table_one

AMPLITUDES_MHZ = 0.05 * 0.5 ** np.arange(4)


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Exponent of y ~ x^slope from the two smallest x."""
    return float(np.log(y[-2] / y[-1]) / np.log(x[-2] / x[-1]))


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_secular_becomes_hilbert_for_weak_drive(temperature_k: float) -> None:
    """Populations differ by omega_1^4; P_i by omega_1^2, through coherences inside a sector (section 6)."""
    system, bath = small_system(3), table_one(temperature_k)
    vectors = kron.eigenbasis(problem(system, bath, table_drive())).vectors
    amplitudes = AMPLITUDES_MHZ * (1.0 if temperature_k == 12.0 else 0.05)
    populations, polarizations = [], []
    for amplitude in amplitudes:
        drive = table_drive(amplitude_mhz=float(amplitude))
        secular = steady_state(system, bath, drive, model="secular")
        hilbert = steady_state(system, bath, drive, model="hilbert")
        change = secular.density_matrix() - hilbert.density_matrix()
        populations.append(np.abs(np.diag(vectors.conj().T @ change @ vectors)).max())
        polarizations.append(np.abs(secular.polarization - hilbert.polarization).max())
    assert slope(amplitudes, np.array(populations)) == pytest.approx(4, abs=0.1)
    assert slope(amplitudes, np.array(polarizations)) == pytest.approx(2, abs=0.05)


def scaled_difference(model: str, scale: float, amplitude_mhz: float) -> float:
    """max |P_model - P_secular| with all times of the 12 K bath times `scale`, N = 3."""
    bath = table_one(12.0)
    slow = Bath(
        temperature_k=bath.temperature_k,
        t1_us=bath.t1_us * scale,
        t_star_us=bath.t_star_us * scale,
        t_zero_us=bath.t_zero_us * scale,
    )
    drive = table_drive(amplitude_mhz=amplitude_mhz)
    system = small_system(3)
    exact = steady_state(system, slow, drive, model=model).polarization
    secular = steady_state(system, slow, drive, model="secular").polarization
    return float(np.abs(exact - secular).max())


def test_nonsecular_becomes_secular_for_a_slow_bath_and_a_weak_drive() -> None:
    """All times x lambda and omega_1 / lambda together, down to a floor of about 4e-6."""
    scales = [1.0, 10.0, 100.0, 1000.0]
    differences = [scaled_difference("nonsecular", s, 0.628 / s) for s in scales]
    assert differences[0] > 5e-3
    assert differences[1] < differences[0] / 3
    assert differences[2] < differences[1] / 30
    assert 3e-6 < differences[3] < 4.5e-6
    assert scaled_difference("nonsecular", 1e4, 0.628e-4) == pytest.approx(differences[3], rel=0.05)


def test_the_floor_is_the_flat_rate_at_the_electron_frequency() -> None:
    """(6), whose gamma follows the gap, has no such floor: it goes on as 1 / lambda^2."""
    differences = [scaled_difference("ule", s, 0.628 / s) for s in (100.0, 1000.0)]
    assert differences[1] < 3e-7
    assert differences[0] / differences[1] == pytest.approx(100, rel=0.05)


def test_at_fixed_drive_the_difference_saturates() -> None:
    """A slow bath alone is not enough: omega_1 then couples levels closer than itself."""
    differences = [scaled_difference("nonsecular", s, 0.628) for s in (100.0, 1000.0)]
    assert differences[1] > 1e-3
    assert differences[1] == pytest.approx(differences[0], rel=0.1)
