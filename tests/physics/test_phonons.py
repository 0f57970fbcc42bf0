"""The study of phonons: its numbers against the closed forms, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dnplab.errors import ParameterError
from dnplab.studies import Study, fingerprint_of
from dnplab.studies.phonons import Phonons


def the_study(**changes: object) -> Phonons:
    values = {
        "t1_us": 160.0,
        "at_temperature_k": 1.2,
        "electron_ghz": 93.9,
        "density_kg_m3": 1250.0,
        "sound_velocity_m_s": 1000.0,
        "electrons_mmol_l": 10.0,
        "debye_ghz": 1270.0,
        "in_sector_mhz": 5.0,
        "temperatures_k": (1.2, 12.0),
        "temperature_min_k": 1.0,
        "temperature_max_k": 20.0,
        "temperature_points": 21,
        "frequency_min_ghz": 0.1,
        "frequency_max_ghz": 1000.0,
        "frequency_points": 21,
    }
    return Phonons(**{**values, **changes})  # type: ignore[arg-type]


def test_study() -> None:
    study, done = the_study(), []
    result = study.compute(done.append)
    assert sum(done) == study.steps
    metrics = result.metrics
    assert metrics["check.two_phonon_integral"] < 1e-12
    assert metrics["obs.coupling_ratio_direct"] == pytest.approx(0.1115, abs=1e-4)
    assert metrics["obs.coupling_ratio_two_phonon"] == pytest.approx(190.7, abs=0.1)
    assert metrics["obs.rate_over_hot_limit_two_phonon_1.2K"] == pytest.approx(2.487, abs=5e-4)
    # ten times hotter: 10^7 1.014 / 2.487, and coth(0.18777) / coth(1.8777)
    assert metrics["obs.t1_exponent_two_phonon"] == pytest.approx(7 + math.log10(1.01426 / 2.48660), abs=1e-5)
    direct = math.log10(math.tanh(1.877704) / math.tanh(0.1877704))
    assert metrics["obs.t1_exponent_direct"] == pytest.approx(direct, abs=1e-6)
    for table, x in (("phonon_temperature", "temperature_k"), ("phonon_frequency", "frequency_ghz")):
        values = result.tables[table][[x, "time_us", "hot_limit_us", "cold_limit_us"]].to_numpy()
        assert np.isfinite(values).all()
        assert (values > 0).all()
    rows = result.tables["phonon_temperature"].query("process == 'two_phonon' and gap == 'in_sector'")
    np.testing.assert_allclose(rows["time_us"], rows["hot_limit_us"], rtol=1e-6)
    slope = -np.gradient(np.log(rows["time_us"]), np.log(rows["temperature_k"]))
    np.testing.assert_allclose(slope, 7.0, atol=1e-6)
    assert "0.111 (direct)" in result.text
    assert metrics["obs.below_debye_two_phonon_12K"] == pytest.approx(0.26, abs=1e-3)
    assert "26.0%" in result.text


def test_study_of_extreme_media_and_temperatures() -> None:
    """Nothing overflows far outside what a laboratory has, and the closed form is that of the integrals still."""
    for changes in ({"temperatures_k": (1e-3, 1e4)}, {"sound_velocity_m_s": 1e-12}, {"at_temperature_k": 1e12}):
        metrics = the_study(**changes).compute().metrics
        assert np.isfinite(list(metrics.values())).all()
        assert metrics["check.two_phonon_integral"] < 1e-6


def test_study_is_known_by_its_fields() -> None:
    study: Study = the_study()
    assert fingerprint_of(study) == fingerprint_of(the_study()) != fingerprint_of(the_study(in_sector_mhz=4.0))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"frequency_min_ghz": 94.0}, "frequency_min_ghz is 94"),
        ({"frequency_max_ghz": 93.9}, "frequency_max_ghz is 93.9"),
        ({"frequency_points": 1}, "frequency_points is 1"),
        ({"temperatures_k": (12.0, 1.2)}, "temperatures_k is"),
        ({"temperature_max_k": 0.5}, "temperature_max_k is 0.5"),
        ({"debye_ghz": 90.0}, "debye_ghz is 90"),
        ({"debye_ghz": 1e9}, "debye_ghz is 1"),
        ({"in_sector_mhz": 1e6}, "in_sector_mhz is 1000000"),
        ({"temperature_points": 10**9}, "temperature_points is 1000000000, but it must be an integer from 2 to 10001"),
        ({"density_kg_m3": -1.0}, "density_kg_m3 is -1"),
        ({"t1_us": 0.0}, "t1_us is 0"),
    ],
)
def test_study_refuses_what_it_cannot_draw(changes: dict[str, object], key: str) -> None:
    with pytest.raises(ParameterError, match=key):
        the_study(**changes)
