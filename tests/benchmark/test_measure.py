"""Single measurements: their errors against an independent code, and what they say when they do not finish."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dnplab import Drive, SpinSystem, steady_state
from dnplab.benchmark import Ending, Job, Measurement, measure, reference, with_qutip
from dnplab.benchmark.bicgstab import plain_bicgstab
from dnplab.benchmark.methods import generator_of
from dnplab.benchmark.table import benchmark_table, format_table, row_of
from dnplab.errors import MemoryEstimateError
from tests.reference import kronecker as kron
from tests.reference.convert import problem
from tests.systems.samples import fast_bath, small_system, table_drive, table_one

RATES = {"float64": 1.0, "float32": 2.0}


def job(method: str, temperature_k: float = 12.0, n_spins: int = 3, **changes: object) -> Job:
    given = Job(method, small_system(n_spins), table_one(temperature_k), table_drive(), 1e-10, 1, 1, 60.0, 3000)
    return replace(given, **changes)  # type: ignore[arg-type]


def test_the_error_is_that_against_an_independent_code() -> None:
    """A rough solve has an error that shows, and it is the distance to the steady state of the Kronecker form."""
    rough = job("plain_bicgstab", rtol=1e-2)
    found, truth = measure(rough), reference(rough)
    p = problem(rough.system, rough.bath, rough.drive)
    exact = kron.polarization(kron.steady_state(p, "nonsecular"))
    row = row_of("table1_fast", rough, found, truth, RATES)
    assert row["polarization_error"] > 1e-6
    assert row["polarization_error"] == pytest.approx(np.abs(np.array(found.polarization) - exact).max(), rel=1e-5)


@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
def test_plain_bicgstab_is_dense(temperature_k: float) -> None:
    given = job("plain_bicgstab", temperature_k)
    found = plain_bicgstab(generator_of(given), given.rtol, given.max_applications)
    dense = steady_state(given.system, given.bath, given.drive, method="dense")
    assert found.outcome == "converged"
    assert found.iterations > 100
    np.testing.assert_allclose(found.value, dense.real_form, rtol=0, atol=1e-9)
    assert np.trace(found.value) == pytest.approx(1.0, abs=1e-12)


def test_plain_bicgstab_gives_up_honestly() -> None:
    found = plain_bicgstab(generator_of(job("plain_bicgstab", 1.2)), 1e-10, 41)
    assert found.outcome == "iteration limit"
    assert found.iterations <= 41
    assert found.residual > 1e-3


def test_a_method_over_the_limit_is_stopped_and_says_so() -> None:
    slow = job("plain_bicgstab", 1.2, n_spins=4, rtol=1e-300, limit_s=0.3, max_applications=10**9)
    found = measure(slow)
    assert found.outcome == Ending.OVER_LIMIT
    assert not found.finished
    assert found.note == "The solve took longer than 0.3 s and was stopped."
    assert found.seconds == ()
    assert found.peak_mib > 50.0


def test_a_method_that_does_not_apply_says_so() -> None:
    found = measure(job("dense", system=SpinSystem.sample(7, 5.0, 0.75, (0, 0))))
    assert found.outcome == Ending.NOT_APPLICABLE
    assert "auto, dressed, tilted, product" in found.note


def test_missing_qutip_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnplab.benchmark.processes.find_spec", lambda _: None)
    found = measure(job("qutip_direct"))
    assert found.outcome == Ending.NOT_INSTALLED
    assert "benchmark" in found.note
    row = row_of("table1_fast", job("qutip_direct"), found, Measurement("converged", polarization=(0.0,) * 3), RATES)
    text = format_table(benchmark_table([row]))
    assert "qutip_direct        not installed" in text
    assert "QuTiP is not installed" in text


@pytest.mark.parametrize("n_spins", [2, 3, 4])
@pytest.mark.parametrize("bath", [table_one(1.2), table_one(12.0), fast_bath()])
@pytest.mark.parametrize("sites", [None, [1]])
def test_the_size_of_qutips_liouvillian_is_known_beforehand(n_spins: int, bath: object, sites: list[int] | None) -> None:
    given = job("qutip_direct", n_spins=n_spins, bath=bath, drive=Drive(93.8988, 0.628, sites))
    found = with_qutip.liouvillian(given).data.as_scipy().nnz
    assert found == with_qutip.entries(given)


def test_a_liouvillian_that_does_not_fit_is_refused_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_qutip.psutil, "virtual_memory", lambda: SimpleNamespace(available=2.0**30))
    system = SpinSystem.sample(8, 5.0, 0.75, (0, 0))
    with pytest.raises(MemoryEstimateError, match=r"N = 8 has 1.7e\+08 entries .* 9.9\d GiB where 1 GiB are free"):
        with_qutip.liouvillian(job("qutip_bicgstab", 1.2, system=system))
    with pytest.raises(MemoryEstimateError, match="as a dense matrix"):
        with_qutip.liouvillian(job("qutip_direct_dense", system=system), dense=True)
