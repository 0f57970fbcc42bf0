"""The letter's criteria against numbers worked out by hand in (2 pi GHz)^-1, and what they say in words."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dnplab import Bath, Drive
from dnplab.errors import ParameterError
from dnplab.regimes import Criterion, regime_criteria, regime_metrics, regime_verdict
from tests.systems.samples import MICROSECOND, fast_bath, short_t1, table_drive, table_one

GHZ = 1e-3  # of a number in MHz


def table(temperature_k: float, coupling_mhz: float = 0.75, drive: Drive | None = None) -> dict[str, Criterion]:
    """Table I: Delta omega_e / 2 pi = 5 MHz."""
    criteria = regime_criteria(5.0, coupling_mhz, table_one(temperature_k), drive or table_drive())
    return {c.name: c for c in criteria}


def test_thouless_time_and_ergodicity() -> None:
    for temperature_k in (1.2, 12.0):
        c = table(temperature_k)
        assert c["s72_t_zero"].right * MICROSECOND == pytest.approx(200.0, rel=1e-12)  # min(1/U, 1/Delta) = min(1333, 200)
        assert (c["s71"].left, c["s71"].right) == (5.0, 0.75)
        assert not c["s71"].holds
        assert not c["s71"].marginal


def test_table_one_cold() -> None:
    """1e4 against 200; T_1 T(0) omega_1^2 = 3944; omega_1 sqrt(T_1/T(0)) = 6.28e-3 against 5e-3; omega_1 T(0) = 6.3."""
    c = table(1.2)
    assert c["s72_t_zero"].left * MICROSECOND == pytest.approx(1e4, rel=1e-12)
    assert c["s72_t_zero"].ratio == pytest.approx(1e4 / 200 / 10, rel=1e-12)
    assert c["s72_t_zero"].holds
    assert c["s73_t_zero"].left == pytest.approx(3944, abs=0.5)
    assert c["s74_t_zero"].left * GHZ == pytest.approx(6.28e-3, rel=1e-12)
    assert c["s74_t_zero"].right * GHZ == pytest.approx(5e-3, rel=1e-12)
    assert not c["s74_t_zero"].holds
    assert c["s74_t_zero"].marginal
    assert c["s77_t_zero"].left == pytest.approx(6.28, rel=1e-12)
    assert c["s75_t_zero"].ratio == pytest.approx(100, rel=1e-12)
    assert c["s76"].ratio == pytest.approx(5.0, rel=1e-12)  # T*/T(0) = 50, and << asks for 10
    assert not c["s82_t_zero"].holds
    assert not c["s82_coupling_t_zero"].holds


def test_table_one_warm() -> None:
    """T_z = 1000 against T_D = 200 fails as printed, but not against 1/U = 1333; 3.94; 1.99e-3."""
    c = table(12.0)
    for key in ("t_zero", "t_star"):
        assert c[f"s82_{key}"].left * MICROSECOND == pytest.approx(1000, rel=1e-12)
        assert c[f"s82_{key}"].ratio == pytest.approx(0.2, rel=1e-12)
        assert not c[f"s82_{key}"].holds
        assert c[f"s82_coupling_{key}"].right * MICROSECOND == pytest.approx(1333.3, abs=0.1)
        assert c[f"s82_coupling_{key}"].holds
        assert c[f"s73_{key}"].left == pytest.approx(3.944, abs=1e-3)
        assert c[f"s74_{key}"].left * GHZ == pytest.approx(1.986e-3, abs=1e-6)
        assert c[f"s74_{key}"].holds
        assert c[f"s77_{key}"].left == pytest.approx(0.628, rel=1e-12)


def test_verdicts() -> None:
    """Fig. 2 at both temperatures; the localized control and the short T_1, of which the letter's criteria do not tell."""
    assert regime_verdict(table(1.2).values()) == "spin temperature expected"
    assert regime_verdict(table(12.0).values()) == "hole burning by the bath expected"
    for temperature_k in (1.2, 12.0):
        assert regime_verdict(table(temperature_k, coupling_mhz=0.1).values()) == "neither regime expected"
        assert (
            regime_verdict(table(temperature_k, drive=table_drive(amplitude_mhz=0.0)).values()) == "neither regime expected"
        )
    assert regime_verdict(regime_criteria(5.0, 0.75, short_t1(), table_drive())) == "neither regime expected"


def test_full_localization() -> None:
    """Fig. S8: one irradiated spin. (S74) keeps the microwaves from reaching all, which is not asked then."""
    criteria = regime_criteria(1e-4, 1.0, fast_bath(), Drive(93.9, 100.0, sites=[2]))
    assert not [c for c in criteria if c.equation == "(S74)"]
    assert regime_verdict(criteria) == "hole burning by the bath expected"
    everywhere = regime_criteria(1e-4, 1.0, fast_bath(), Drive(93.9, 100.0))
    assert regime_verdict(everywhere) == "neither regime expected"


def test_each_criterion_follows_its_own_parameters() -> None:
    """Scaling one parameter changes the ratios that contain it, by the power it enters with."""
    bath, drive = table_one(12.0), table_drive()
    base = {c.name: c.ratio for c in regime_criteria(5.0, 0.75, bath, drive)}

    def changes(disorder: float, coupling: float, other: Bath, field: Drive) -> dict[str, float]:
        ratios = {c.name: c.ratio / base[c.name] for c in regime_criteria(disorder, coupling, other, field)}
        return {name: round(math.log(value, 4), 9) for name, value in ratios.items() if abs(value - 1) > 1e-9}

    assert changes(5.0, 0.75, replace(bath, t1_us=4 * bath.t1_us), drive) == {
        "s73_t_zero": 1, "s73_t_star": 1, "s74_t_zero": -0.5, "s74_t_star": -0.5, "s75_t_zero": 1, "s75_t_star": 1,
    }  # fmt: skip
    assert changes(5.0, 0.75, replace(bath, t_zero_us=4 * bath.t_zero_us), drive) == {
        "s72_t_zero": 1, "s73_t_zero": 1, "s74_t_zero": 0.5, "s75_t_zero": -1, "s76": -1, "s77_t_zero": 1,
        "s82_t_zero": -1, "s82_coupling_t_zero": -1,
    }  # fmt: skip
    assert changes(5.0, 3.0, bath, drive) == {"s71": 1, "s82_coupling_t_zero": -1, "s82_coupling_t_star": -1}
    assert changes(5.0, 0.75, bath, table_drive(amplitude_mhz=4 * 0.628)) == {
        "s73_t_zero": 2, "s73_t_star": 2, "s74_t_zero": -1, "s74_t_star": -1, "s77_t_zero": 1, "s77_t_star": 1,
    }  # fmt: skip


def test_limits_have_no_nan() -> None:
    """No couplings, no disorder, no microwaves, no T*: sides of 0 and infinity."""
    for disorder, coupling in ((0.0, 0.0), (0.0, 0.75), (5.0, 0.0)):
        for bath in (Bath(12.0, 1.6, math.inf, math.inf), table_one(12.0)):
            for amplitude in (0.0, 0.628, 1e300):
                criteria = regime_criteria(disorder, coupling, bath, table_drive(amplitude_mhz=amplitude))
                assert not any(math.isnan(c.ratio) for c in criteria)
                assert regime_verdict(criteria)
                metrics = regime_metrics(disorder, coupling, bath, table_drive(amplitude_mhz=amplitude))
                assert all(math.isfinite(value) for value in metrics.values())


def test_metrics() -> None:
    metrics = regime_metrics(5.0, 0.75, table_one(12.0), table_drive())
    assert metrics == {f"regime.{name}": c.ratio for name, c in table(12.0).items()}
    assert len(metrics) == 16


@pytest.mark.parametrize(
    ("left", "relation", "right"), [(3.0, "≲", 4.0), (4.0, "≳", 3.0), (3.0, "≪", 40.0), (40.0, "≫", 3.0)]
)
def test_ratio(left: float, relation: str, right: float) -> None:
    criterion = Criterion("name", "(S0)", "meaning", left, relation, right, "µs")
    assert criterion.ratio == pytest.approx(4 / 3)
    assert criterion.holds
    assert criterion.marginal


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="disorder_mhz"):
        regime_criteria(-1.0, 0.75, table_one(12.0), table_drive())
    with pytest.raises(ParameterError, match="coupling_mhz"):
        regime_criteria(5.0, math.nan, table_one(12.0), table_drive())
