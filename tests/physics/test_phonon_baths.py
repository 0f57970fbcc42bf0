"""Baths of phonons: what the models make of them, against the reference and QuTiP, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qutip

from dnplab import Bath, Drive, SpinSystem, steady_state
from dnplab.config import logged_params, make_plan, resolved
from dnplab.ensemble import EnsembleSpec, run_ensemble
from dnplab.errors import DnplabError, ParameterError
from dnplab.models import build
from dnplab.phonons import DirectProcess, PhononProcess, PhononSpectrum, TwoPhononProcess
from dnplab.transitions import bath_gain
from tests.reference import kronecker as kron
from tests.reference.convert import hermitian, problem, real_form
from tests.systems.phonons import PROCESSES
from tests.systems.samples import small_system, table_drive

CONF = Path(__file__).resolve().parents[2] / "conf"


def spectral_rates(process: PhononProcess) -> Callable[..., np.ndarray]:
    """gamma(omega_nm) (D, D) for the reference, from the golden rule's closed forms written down again."""

    def rates(p: kron.Problem, basis: kron.Eigenbasis, flat: bool = False) -> np.ndarray:
        assert not flat
        gaps = basis.gaps(p.electron)
        a = np.abs(p.beta * gaps) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            coth = 1 / np.tanh(a)
            if process.process == "direct":
                shape = np.where(a > 0, a**3 * coth, 0.0)
            else:
                shape = np.where(a > 0, a * coth, 1.0) * (np.pi**6 / 21 + np.pi**4 / 30 * a**2 + a**6 / 70)
        x = p.beta * p.electron / 2
        at_line = x**3 if process.process == "direct" else x * (np.pi**6 / 21 + np.pi**4 / 30 * x**2 + x**6 / 70)
        return kron.thermal_factor(gaps, p.beta) * 2 / p.t1 * shape * np.tanh(x) / at_line

    return rates


@pytest.mark.parametrize("model", ["secular", "ule", "hilbert"])
@pytest.mark.parametrize("name", PROCESSES)
def test_models_take_gamma_at_the_gap(name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system, drive, bath = small_system(3), table_drive(), Bath.phonons(PROCESSES[name], 1.2)
    p = problem(system, bath, drive)
    monkeypatch.setattr(kron, "spectral_rates", spectral_rates(PROCESSES[name]))
    generator = build(model, system, bath, drive)
    if model == "hilbert":
        overlaps = np.abs(kron.eigenbasis(p).vectors.conj().T @ system.spectrum.vectors) ** 2
        order = overlaps.argmax(axis=0)
        expected = kron.hilbert_rates(p)[np.ix_(order, order)]
        np.testing.assert_allclose(generator.rates, expected, atol=1e-10 * np.abs(expected).max())
        return
    z = np.random.default_rng(5).normal(size=(8, 8))
    rho = (generator.basis @ hermitian(z) @ generator.basis.T).ravel()
    image = (kron.bath_superoperator(p, model) @ rho).reshape(8, 8)
    expected = real_form(generator.basis.T @ image @ generator.basis)
    np.testing.assert_allclose(generator.dissipate(z), expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("name", PROCESSES)
def test_golden_rule_rates_are_those_of_qutip(name: str) -> None:
    """Bloch-Redfield populations of two spins, each component with a bath of its own."""
    system, gamma = small_system(2), PhononSpectrum(PROCESSES[name], 4.0)
    operators = [
        qutip.tensor(*[s / 2 if i == j else qutip.qeye(2) for j in range(2)])
        for i in range(2)
        for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())
    ]
    p = problem(system, Bath.phonons(PROCESSES[name], 4.0), table_drive())
    h = qutip.Qobj(kron.static_hamiltonian(p) + p.electron * kron.total("z", 2), dims=operators[0].dims)
    spectra = [[op, lambda w: float(gamma(np.array(w)))] for op in operators]
    tensor, states = qutip.bloch_redfield_tensor(h, spectra, sec_cutoff=-1, fock_basis=False)
    found = np.real(tensor.full()[::5, ::5])  # from populations to populations
    order = (np.abs(states.full().conj().T @ system.spectrum.vectors) ** 2).argmax(axis=0)
    ours = bath_gain(system.spectrum, Bath.phonons(PROCESSES[name], 4.0), 93.9)
    theirs = found[np.ix_(order, order)]
    np.fill_diagonal(theirs, 0.0)
    np.testing.assert_allclose(ours, theirs, atol=1e-11 * np.abs(theirs).max())


@pytest.mark.parametrize("name", PROCESSES)
def test_undriven_secular_state_is_gibbs(name: str) -> None:
    system, bath, off = small_system(3), Bath.phonons(PROCESSES[name], 1.2), table_drive(amplitude_mhz=0.0)
    basis, p = kron.eigenbasis(problem(system, bath, off)), problem(system, bath, off)
    weights = np.exp(-p.beta * (basis.shifted + p.electron * basis.sz))
    gibbs = basis.vectors @ np.diag(weights / weights.sum()) @ basis.vectors.conj().T
    np.testing.assert_allclose(steady_state(system, bath, off, model="secular").density_matrix(), gibbs, atol=1e-11)


@pytest.mark.parametrize("name", PROCESSES)
def test_nonsecular_is_the_flattened_general_form(name: str) -> None:
    """Exact after the two replacements; 1e-7 to 1e-4 of the dissipator before them, and not nothing."""
    system, drive, bath = small_system(3), table_drive(), Bath.phonons(PROCESSES[name], 1.2)
    p, z = problem(system, bath, drive), np.random.default_rng(3).normal(size=(8, 8))
    ours = build("nonsecular", system, bath, drive).dissipate(z)
    flat = sum(kron.dissipator(a) for a in kron.ule_jumps(p, flat=True))
    expected = real_form((flat @ hermitian(z).ravel()).reshape(8, 8))
    np.testing.assert_allclose(ours, expected, atol=1e-13 * np.abs(expected).max())
    general = build("ule", system, bath, drive)
    exact = general.basis @ general.dissipate(general.basis.T @ z @ general.basis) @ general.basis.T
    assert 1e-7 < np.abs(ours - exact).max() / np.abs(exact).max() < 1e-4


@pytest.mark.parametrize("model", ["hilbert", "secular", "nonsecular", "ule"])
@pytest.mark.parametrize("temperature_k", [1.2, 12.0])
@pytest.mark.parametrize("name", PROCESSES)
def test_every_model_solves_every_bath(name: str, temperature_k: float, model: str) -> None:
    """T(0) = inf, T* = 1e10 µs or 39 ps of T_1: iterations end where the dense solution is."""
    bath, drive = Bath.phonons(PROCESSES[name], temperature_k), table_drive()
    for n_spins in (4, 6):
        system = SpinSystem.sample(n_spins=n_spins, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
        state = steady_state(system, bath, drive, model=model)
        assert state.error_estimate < 1e-10
        if n_spins == 4:
            exact = steady_state(system, bath, drive, model=model, method="dense")
            np.testing.assert_allclose(state.polarization, exact.polarization, atol=1e-9)


def test_in_sector_gap_zero_is_local_dephasing() -> None:
    bath = Bath.phonons(PROCESSES["two_phonon"], 4.0, in_sector_mhz=0.0)
    assert bath.uniform_dephasing
    assert Bath.phonons(PROCESSES["direct"], 4.0, in_sector_mhz=0.0).t_star_us == math.inf
    system = SpinSystem.sample(n_spins=5, disorder_mhz=5.0, coupling_mhz=0.75, seed=(0, 1))
    other = Bath.phonons(PROCESSES["two_phonon"], 4.0)
    one, two = (steady_state(system, b, table_drive()).polarization for b in (bath, other))
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_own_spectral_functions_in_all_models_that_know_gaps() -> None:
    """A callable that is h / T at all gaps is the bath of equal times."""
    times = Bath(temperature_k=4.0, t1_us=2.0, t_star_us=1.0, t_zero_us=1.0)
    own = replace(times, spectral_function=times.h)
    for model in ("hilbert", "secular", "ule"):
        one, two = (steady_state(small_system(3), b, table_drive(), model=model).polarization for b in (times, own))
        np.testing.assert_allclose(one, two, atol=1e-12)


# --- mistakes


def test_mistakes_are_one_sentence() -> None:
    bath = Bath.phonons(PROCESSES["direct"], 1.2)
    with pytest.raises(ParameterError, match=r"^coupling_ratio is -1, but it must be a finite number > 0\.$"):
        DirectProcess(coupling_ratio=-1)
    with pytest.raises(ParameterError, match=r"^sound_velocity_m_s is 0"):
        TwoPhononProcess(coupling_ratio=1.0, sound_velocity_m_s=0)
    with pytest.raises(ParameterError, match=r"^process is 'direct', but it must be a DirectProcess"):
        Bath.phonons("direct", 1.2)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"^in_sector_mhz is -5"):
        Bath.phonons(PROCESSES["direct"], 1.2, in_sector_mhz=-5)
    with pytest.raises(ParameterError, match=r"^cutoff_ghz is 50, but it must be null or above electron_ghz = 93\.9\.$"):
        Bath.phonons(PROCESSES["direct"], 1.2, cutoff_ghz=50)
    with pytest.raises(ParameterError, match=r"^in_sector_mhz is 100000\.0, but it must be below electron_ghz = 93\.9"):
        Bath.phonons(PROCESSES["direct"], 1.2, in_sector_mhz=100_000)
    for huge in (1e-300, 1e300):
        with pytest.raises(
            ParameterError, match=r"^sound_velocity_m_s is .*, but it must be a number from 1e-12 to 1e12\.$"
        ):
            TwoPhononProcess(1.0, sound_velocity_m_s=huge)
        with pytest.raises(ParameterError, match=r"^coupling_ratio is .*, but it must be such that T_1 is a finite number"):
            Bath.phonons(TwoPhononProcess(huge), 1.2)
    for key in ("t1_us", "t_star_us", "t_zero_us", "temperature_k"):
        with pytest.raises(ParameterError, match=rf"^{key} is 2\.0, but it must be .* as in the bath of phonons"):
            replace(bath, **{key: 2.0})
    other = SpinSystem(electron_ghz=95.0, offsets_mhz=[0.0], couplings_mhz=[[0.0]])
    with pytest.raises(ParameterError, match=r"^electron_ghz is 95\.0, but it must be 93\.9 as in the bath"):
        steady_state(other, bath, Drive(95.0, 0.1))
    own = Bath(1.2, 160.0, 80.0, 1.6, spectral_function=lambda w: np.exp(-(w**2)))
    with pytest.raises(ParameterError, match=r"^bath\.spectral_function is .* model=nonsecular"):
        steady_state(small_system(2), own, table_drive())
    with pytest.raises(ParameterError, match=r"^bath\.spectral_function is .* stored"):
        EnsembleSpec(2, 5.0, 0.7, own, table_drive(), model="ule", observables=()).fingerprint  # noqa: B018


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bath=phonon_direct", "bath.t1_us=160"], "bath.t1_us is 160"),
        (["bath=phonon_direct", "bath.coupling_ratio=-1"], "bath.coupling_ratio is -1"),
        (["bath=phonon_direct", "bath.coupling_ratio=null"], "bath.coupling_ratio is null"),
        (["bath=phonon_raman", "bath.process=orbach"], "bath.process is 'orbach'"),
        (["bath=letter", "bath.coupling_ratio=1"], "bath.coupling_ratio is 1"),
        (["bath=letter", "bath.in_sector_mhz=5"], "bath.in_sector_mhz is 5"),
    ],
)
def test_config_swallows_nothing(words: list[str], message: str) -> None:
    with pytest.raises(DnplabError, match=message.replace(".", r"\.")) as caught:
        make_plan(CONF, words)
    assert "\n" not in str(caught.value)


def test_configs_of_phonons(tmp_path: Path) -> None:
    """T_1 = 160 µs at 1.2 K, the times are logged, and an ensemble runs."""
    marks = set()
    for option, process in (("phonon_direct", "direct"), ("phonon_raman", "two_phonon")):
        (job,) = make_plan(CONF, [f"bath={option}", "bath.temperature_k=1.2", "system.n_spins=3", "model=ule"]).jobs
        params = logged_params(job.spec)
        assert params["bath.t1_us"] == pytest.approx(160.0, rel=1e-6)
        assert params["bath.process"] == process
        assert params["bath.t_zero_us"] == pytest.approx({"direct": math.inf, "two_phonon": 198.9}[process], rel=1e-3)
        assert params["bath.in_sector_mhz"] == 5.0
        assert resolved(job.config) == job.config  # with times written out it could not be given again
        result = run_ensemble(replace(job.spec, realizations=1), workers=1, checkpoints=tmp_path)
        assert result.excluded.empty
        marks |= {job.fingerprint, make_plan(CONF, [f"bath={option}", "bath.density_kg_m3=1000"]).jobs[0].fingerprint}
    assert len(marks) == 4
