"""What runs on a GPU, run here on arrays of the strict array API library: nothing but the standard is at its disposal."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import array_api_strict
import numpy as np
import pytest
from scipy import sparse

from dnplab import Bath, Drive, SpinSystem, arrays, stationary, steady_state
from dnplab.errors import ParameterError
from dnplab.kernels import compiled, dressed_step, inverse_coherences, local_dissipation, transposed
from dnplab.models import build
from dnplab.solvers import dressed_frame, native_frame, solve_krylov, tilted_frame
from dnplab.spins import site_values

SYSTEM = SpinSystem.sample(4, disorder_mhz=5.0, coupling_mhz=0.75, seed=(3, 0), ising=True)
DRIVE = Drive(frequency_ghz=93.8988, amplitude_mhz=0.628)
LOCAL = Bath(temperature_k=12.0, t1_us=1.6, t_star_us=0.16, t_zero_us=0.16)
NONLOCAL = Bath(temperature_k=4.0, t1_us=12.0, t_star_us=5.0, t_zero_us=0.5)
FAST = Bath(temperature_k=12.0, t1_us=1.6, t_star_us=1e-3, t_zero_us=1e-3)


@pytest.fixture
def strict_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """`gpu` stands for the strict library."""
    monkeypatch.setattr(
        stationary, "namespace_on", lambda device: arrays.namespace_on("cpu") if device == "cpu" else array_api_strict
    )
    monkeypatch.setattr("dnplab.memory.free_bytes", lambda _: 1e12)


@pytest.mark.parametrize(
    ("bath", "model"), [(LOCAL, "nonsecular"), (NONLOCAL, "nonsecular"), (NONLOCAL, "secular"), (LOCAL, "ule")]
)
@pytest.mark.usefixtures("strict_gpu")
def test_the_gpus_path_finds_the_same_state(bath: Bath, model: str) -> None:
    expected = steady_state(SYSTEM, bath, DRIVE, model, method="dense")
    found = steady_state(SYSTEM, bath, DRIVE, model, method="dressed", device="gpu")
    assert found.solution.method == "dressed"
    assert found.solution.precision == "float32"
    assert found.iterations > 0
    assert isinstance(found.solution.value, np.ndarray)
    np.testing.assert_allclose(found.density_matrix(), expected.density_matrix(), atol=1e-10)


@pytest.mark.parametrize(
    ("make", "bath"), [(tilted_frame, LOCAL), (native_frame, FAST), (native_frame, NONLOCAL), (dressed_frame, LOCAL)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_frame_does_the_same_on_both_kinds_of_arrays(make: Any, bath: Bath, dtype: str) -> None:
    generator = build("nonsecular", SYSTEM, bath, DRIVE)
    here, there = make(generator, dtype), make(generator.placed(array_api_strict, "float64"), dtype)
    z = np.random.default_rng(0).standard_normal((16, 16))
    z -= np.trace(z) / 16 * np.eye(16)
    size = {"float32": 1e-4, "float64": 1e-11}[dtype]
    for operation in ("step", "precondition"):
        # seen from the native basis: in the frame, each eigenvector has a sign of the library's choice
        expected = here.to_native(getattr(here, operation)(here.from_native(z.astype(dtype))))
        strict = there.from_native(array_api_strict.asarray(z.astype(dtype)))
        found = np.asarray(there.to_native(getattr(there, operation)(strict)))
        np.testing.assert_allclose(found, expected, atol=size * np.abs(expected).max())
    np.testing.assert_allclose(np.asarray(there.start()), here.start(), atol=size)
    assert there.leftover == pytest.approx(here.leftover, rel=1e-3)


@pytest.mark.parametrize(("bath", "make"), [(LOCAL, tilted_frame), (LOCAL, dressed_frame), (FAST, native_frame)])
def test_krylov_runs_on_both_kinds_of_arrays(bath: Bath, make: Any) -> None:
    generator = build("nonsecular", SYSTEM, bath, DRIVE)
    there = generator.placed(array_api_strict, "float64")
    here = solve_krylov(generator, make(generator, "float32"), 1e-10)
    found = solve_krylov(there, make(there, "float32"), 1e-10)
    assert found.outcome.success
    assert abs(found.iterations - here.iterations) <= 3
    np.testing.assert_allclose(found.value, here.value, atol=1e-10)


@pytest.mark.parametrize("n_spins", [1, 2, 5, 7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_and_portable_kernels_agree(n_spins: int, dtype: str) -> None:
    rng, d = np.random.default_rng(n_spins), 2**n_spins
    z, a, energies = rng.standard_normal((d, d)), rng.standard_normal((d, d)), rng.standard_normal(d)
    decay = rng.uniform(0.1, 1.0, (d, d))
    decay += decay.T
    outflow, dephasing = rng.uniform(0, 1, d), 0.3 * np.bitwise_count(np.arange(d)).astype(float)
    values = site_values(n_spins)
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]

    def check(kernel: Any, *matrices: Any) -> None:
        numbers = [m.astype(dtype) if isinstance(m, np.ndarray) else m for m in matrices]
        expected = kernel(*numbers)
        portable = [array_api_strict.asarray(m) if isinstance(m, np.ndarray) else m for m in numbers]
        np.testing.assert_allclose(np.asarray(kernel(*portable)), expected, atol=tolerance * np.abs(expected).max())

    check(transposed, z)
    check(local_dissipation, z, outflow, dephasing, values, 0.4, 1.3)
    check(dressed_step, z, a, energies, decay)
    check(inverse_coherences, a, energies, decay)


@pytest.mark.parametrize("dimension", [8, 100, 200])
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_kernels_give_the_same_bytes_on_any_number_of_threads(
    dimension: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(dimension)
    z, a, energies = (
        rng.standard_normal((dimension,) * 2),
        rng.standard_normal((dimension,) * 2),
        rng.standard_normal(dimension),
    )
    decay, h = a**2 + a.T**2 + 0.1, sparse.csr_array(np.round(a + a.T) * (np.abs(a + a.T) > 1.5))
    calls = [
        (compiled.transposed, (z,)),
        (compiled.commutator, (h.indptr, h.indices, h.data, z, np.ascontiguousarray(z.T))),
        (compiled.dressed_step, (z, a, energies, decay)),
        (compiled.inverse_coherences, (z, energies, decay)),
    ]
    one = [kernel(*arguments, np.full_like(z, np.nan)) for kernel, arguments in calls]
    np.testing.assert_array_equal(one[0], z.T)
    np.testing.assert_allclose(one[1], z.T @ h.toarray() - h.toarray() @ z.T, atol=1e-12 * dimension)
    monkeypatch.setattr(compiled, "PARALLEL", 1)
    monkeypatch.setattr(compiled, "blas_threads", lambda: threads)
    for (kernel, arguments), expected in zip(calls, one, strict=True):
        np.testing.assert_array_equal(kernel(*arguments, np.full_like(z, np.nan)), expected)


@pytest.mark.usefixtures("strict_gpu")
def test_what_is_solved_directly_stays_on_the_cpu() -> None:
    for model, method in (("hilbert", "auto"), ("nonsecular", "dense")):
        state = steady_state(SYSTEM, LOCAL, DRIVE, model, method=method, device="gpu")
        assert state.solution.method == "dense"


def test_a_missing_gpu_is_one_sentence() -> None:
    if find_spec("cupy") is None:
        with pytest.raises(ParameterError, match="device is 'gpu', but it must be cpu unless CuPy is installed"):
            steady_state(SYSTEM, LOCAL, DRIVE, device="gpu")
    with pytest.raises(ParameterError, match="device is 'tpu', but it must be cpu or gpu"):
        steady_state(SYSTEM, LOCAL, DRIVE, device="tpu")
