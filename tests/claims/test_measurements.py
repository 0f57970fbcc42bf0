"""What is measured, on ensembles whose answer is known, and on small systems by an independent model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dnplab import steady_state
from dnplab.claims import CLAIMS, QUICK, Laboratory, Measured, Scale, Verdict, specs
from dnplab.claims.eigenstates import log_distance
from dnplab.claims.laboratory import LEAST
from dnplab.claims.profile_measures import resonant_spin
from dnplab.ensemble import EnsembleResult
from dnplab.ensemble.realization import Realization
from dnplab.errors import ConvergenceError, ParameterError, UndefinedMeasureError

SMALLEST = Scale(**LEAST | {"n_spins": 4, "small_spins": 3})
BY_NAME = {claim.name: claim for claim in CLAIMS}
Arrays = Mapping[str, NDArray[np.float64]]


def laboratory(ensembles: Mapping[str, list[Realization]], scale: Scale = QUICK) -> Laboratory:
    known = specs(scale, 0)
    return Laboratory(scale, 0, {name: EnsembleResult(known[name], found) for name, found in ensembles.items()})


def samples(values: Mapping[str, NDArray[np.float64]]) -> list[Realization]:
    """Realizations from (R, ...) arrays."""
    count = len(next(iter(values.values())))
    return [Realization(k, arrays={name: array[k] for name, array in values.items()}) for k in range(count)]


def scalars(name: str, values: NDArray[np.float64]) -> list[Realization]:
    return [Realization(k, {name: float(value)}) for k, value in enumerate(values)]


def judged(name: str, lab: Laboratory) -> tuple[Measured, Verdict]:
    found = BY_NAME[name].measure(lab)
    return found, BY_NAME[name].rule.verdict(found)


def noisy(mean: NDArray[np.float64], count: int = 50, noise: float = 0.01) -> NDArray[np.float64]:
    """Samples whose average is `mean`, exactly."""
    drawn = np.random.default_rng(0).normal(0.0, noise, (count, *mean.shape))
    return np.asarray(mean + drawn - drawn.mean(axis=0))


def test_the_resonant_spin_is_nearest_on_average() -> None:
    for n_spins, spin in ((5, 1), (8, 1), (10, 2)):
        spec = replace(specs(QUICK, 0)["warm/hilbert"], n_spins=n_spins)
        assert resonant_spin(spec) == spin
        offsets = np.mean([spec.system(k).offsets_mhz for k in range(300)], axis=0)
        assert np.argmin(np.abs(offsets + 1.2)) == spin


def test_a_hole_and_none() -> None:
    p0 = 0.18559
    hole = -p0 * np.array([0.5, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8])
    slope = -p0 * np.linspace(0.3, 0.6, 8)
    lab = laboratory(
        {
            "warm/nonsecular": samples({"polarization": noisy(hole)}),
            "warm/hilbert": samples({"polarization": noisy(slope)}),
        }
    )
    found, verdict = judged("hole-warm-nonsecular", lab)
    assert found.value == pytest.approx(0.2, rel=1e-4)
    assert verdict is Verdict.BORNE_OUT
    found, verdict = judged("hole-warm-hilbert", lab)
    assert found.value == pytest.approx(-0.3 / 7, rel=1e-4)
    assert verdict is Verdict.BORNE_OUT


def test_a_hole_that_is_lost_in_the_scatter_is_undecided() -> None:
    flat = np.full(8, -0.1)
    lab = laboratory({"warm/nonsecular": samples({"polarization": noisy(flat)})})
    assert judged("hole-warm-nonsecular", lab)[1] is Verdict.UNDECIDED


def test_depth_is_of_absolute_polarizations() -> None:
    """At 1.2 K the spins below resonance may be inverted: |P| counts."""
    inverted = np.array([0.2, -0.1, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8])
    lab = laboratory({"mbl-cold/hilbert": samples({"polarization": noisy(inverted)})})
    assert judged("mbl-hole-cold-hilbert", lab)[0].value == pytest.approx(0.1 / 0.954287, rel=1e-5)


def test_without_a_spin_beyond_the_resonant_one_there_is_no_depth() -> None:
    lab = laboratory({"warm/nonsecular": samples({"polarization": noisy(np.full(4, -0.1))})}, SMALLEST)
    with pytest.raises(UndefinedMeasureError, match="the first"):
        judged("hole-warm-nonsecular", lab)


def test_spectra_and_their_ansatz() -> None:
    """Averaged spectra 30 % and 10 % off their ansatz, under noise that the average and the bins remove."""
    ansatz = -np.exp(-(np.linspace(-4, 4, 80) ** 2))
    comb = np.tile([1.0, -1.0], 40)  # a comb finer than the wide bins

    def spectra(factor: float) -> list[Realization]:
        return samples({"epr": noisy(factor * ansatz + comb, noise=0.1), "epr_ansatz": noisy(ansatz, noise=0.1)})

    lab = laboratory({"warm/nonsecular": spectra(1.3), "warm/hilbert": spectra(0.9)})
    found, verdict = judged("epr-ansatz-ratio", lab)
    assert found.value == pytest.approx(3.0, rel=1e-9)
    assert (verdict is Verdict.BORNE_OUT) == (2 * found.error <= 1.0)


def test_a_hole_in_a_spectrum() -> None:
    centre = np.linspace(-3.95, 3.95, 80)
    dip = np.where(np.abs(centre + 1.2) < 0.4, -0.01, -0.03)
    lab = laboratory({"warm/nonsecular": samples({"epr": noisy(dip, noise=0.001)})})
    found, verdict = judged("epr-hole-warm-nonsecular", lab)
    assert found.value == pytest.approx(0.02 * 5.0 / 0.185594, rel=1e-5)
    assert verdict is Verdict.BORNE_OUT


def test_ratios_of_measures() -> None:
    common = np.random.default_rng(1).lognormal(size=40)
    lab = laboratory(
        {
            "warm/nonsecular": scalars("ansatz_deviation", 0.08 * common),
            "warm/hilbert": scalars("ansatz_deviation", 0.02 * common),
        }
    )
    found, verdict = judged("ansatz-ratio-warm", lab)
    assert found.value == pytest.approx(4.0)
    assert found.error < 1e-12
    assert verdict is Verdict.BORNE_OUT


def test_scatter_of_the_samples() -> None:
    drawn = np.random.default_rng(2).normal(-0.1, 0.0185594, (400, 8))
    lab = laboratory(
        {
            "warm/nonsecular": samples({"polarization": drawn}),
            "small-warm/nonsecular": samples({"polarization": 2 * drawn[:, :5]}),
        }
    )
    found, verdict = judged("concentration", lab)
    assert found.value == pytest.approx(0.1, rel=0.05)
    assert found.error == pytest.approx(0.1 / np.sqrt(2 * 400 * 8), rel=0.3)
    assert verdict is Verdict.BORNE_OUT
    assert judged("concentration-with-size", lab)[0].value == pytest.approx(0.5, rel=0.1)


def test_distance_of_eigenvalues() -> None:
    values = np.array([0.4, 0.3, 0.2, 0.1])
    assert log_distance(values, values[::-1]) == 0.0
    assert log_distance(values, 2.0 * values) == pytest.approx(np.log(2.0))


def test_missing_measures_and_states_are_named() -> None:
    none = laboratory({"warm/nonsecular": [Realization(0, failure="stalled")]})
    with pytest.raises(ConvergenceError, match="No realization of warm/nonsecular converged: stalled"):
        none.scalar("warm/nonsecular", "beta_s")
    undefined = laboratory({"warm/nonsecular": [Realization(0, {"residual": 0.0}, undefined={"beta_s": "one level."})]})
    with pytest.raises(UndefinedMeasureError, match="has beta_s: one level"):
        undefined.scalar("warm/nonsecular", "beta_s")


@pytest.mark.parametrize("key", [*LEAST])
def test_a_scale_is_checked(key: str) -> None:
    with pytest.raises(ParameterError, match=key):
        replace(QUICK, **{key: LEAST[key] - 1})


def test_the_small_size_is_smaller() -> None:
    with pytest.raises(ParameterError, match=r"small_spins is 8, .* smaller than n_spins = 8"):
        replace(QUICK, small_spins=8)


def test_full_localization_is_that_of_classical_rates() -> None:
    """Independent of the nonsecular solve: second-order rates between product states."""
    lab = Laboratory(SMALLEST, 0, {})
    spec = lab.specs["full/nonsecular"]
    classical = steady_state(spec.system(0), spec.bath, spec.drive, "zeno").polarization / lab.thermal("full/nonsecular")
    assert BY_NAME["full-localization-spin3"].measure(lab).value == pytest.approx(abs(classical[2]), rel=1e-3)
    others = np.abs(np.delete(classical, 2) + 1.0).max()
    assert BY_NAME["full-localization-others"].measure(lab).value == pytest.approx(others, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("regime-s71", 0.15),
        ("regime-s82", 0.199),
        ("raman-flat-cold", 2.487),
        ("raman-flat-warm", 1.014),
        ("bath-grows-direct", np.log10(np.tanh(3.755408 / 2) / np.tanh(0.3755408 / 2))),
        ("toy-zeno", 1.02**2 / 0.1**2 * 0.977),
    ],
)
def test_closed_forms(name: str, value: float) -> None:
    assert BY_NAME[name].measure(Laboratory(SMALLEST, 0, {})).value == pytest.approx(value, rel=5e-3)
