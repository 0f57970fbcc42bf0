"""QuTiP as a second opinion: its own operators, its own steady state, random parameters."""

from __future__ import annotations

import numpy as np
import pytest
import qutip

from dnplab import Bath, Drive, SpinSystem, steady_state
from tests.reference.convert import MEGAHERTZ, problem


def random_case(n_spins: int, seed: int, *, one_time: bool) -> tuple[SpinSystem, Bath, Drive]:
    """Random parameters around Table I; `one_time`: T(0) = T*."""
    rng = np.random.default_rng([n_spins, seed])
    couplings = rng.normal(scale=0.75 / np.sqrt(n_spins), size=(n_spins, n_spins))
    couplings = np.triu(couplings, 1)
    t_zero, t_star = rng.uniform(0.1, 2.0, size=2)
    return (
        SpinSystem(
            electron_ghz=93.9,
            offsets_mhz=np.sort(rng.uniform(-2.5, 2.5, n_spins)),
            couplings_mhz=couplings + couplings.T,
            ising=bool(seed % 2),
        ),
        Bath(
            temperature_k=rng.uniform(1.2, 12.0),
            t1_us=rng.uniform(1.0, 20.0),
            t_star_us=t_zero if one_time else t_star,
            t_zero_us=t_zero,
        ),
        Drive(
            frequency_ghz=93.9 + 1e-3 * rng.uniform(-2, 2),
            amplitude_mhz=rng.uniform(0.2, 1.0),
            sites=None if seed % 3 else [n_spins - 1],
        ),
    )


def qutip_polarization(system: SpinSystem, bath: Bath, drive: Drive) -> np.ndarray:
    """2 <S^z_i> of QuTiP's steady state with the jump operators (7)(8)."""
    n = len(system.offsets_mhz)
    half = {"x": qutip.sigmax() / 2, "z": qutip.sigmaz() / 2, "+": qutip.sigmap()}

    def spin(kind: str, i: int) -> qutip.Qobj:
        return qutip.tensor([half[kind] if j == i else qutip.qeye(2) for j in range(n)])

    h = sum(MEGAHERTZ * system.offsets_mhz[i] * spin("z", i) for i in range(n))
    for i in range(n):
        for j in range(i + 1, n):
            flip = spin("+", i) * spin("+", j).dag()
            pair = flip + flip.dag()
            if system.ising:
                pair = pair - 4 * spin("z", i) * spin("z", j)
            h = h + MEGAHERTZ * system.couplings_mhz[i, j] * pair

    p = problem(system, bath, drive)
    down = 1 / (1 + np.exp(-p.beta * p.electron)) / p.t1
    jumps = []
    sz = sum(spin("z", i) for i in range(n))
    _, states = (h + 1e4 * sz).eigenstates()  # 1e4 rad/µs keeps the S^z sectors apart
    shift = 1 / np.sqrt(2 * p.t_zero) - 1 / np.sqrt(2 * p.t_star)
    for i in range(n):
        jumps.append(np.sqrt(down) * spin("+", i).dag())
        jumps.append(np.sqrt(down * np.exp(-p.beta * p.electron)) * spin("+", i))
        dephasing = spin("z", i) / np.sqrt(2 * p.t_star)
        if p.t_zero != p.t_star:
            dephasing = dephasing + shift * sum(qutip.expect(spin("z", i), s) * s.proj() for s in states)
        jumps.append(dephasing)
    driven = range(n) if drive.sites is None else drive.sites
    rotating = h + (p.detuning) * sz + p.amplitude * sum(spin("x", i) for i in driven)
    rho = qutip.steadystate(qutip.liouvillian(rotating, jumps).to("dense"), method="direct")
    return np.array([2 * qutip.expect(spin("z", i), rho) for i in range(n)])


@pytest.mark.parametrize("one_time", [True, False], ids=["T(0)=T*", "T(0)!=T*"])
@pytest.mark.parametrize(("n_spins", "seed"), [(2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (5, 1)])
def test_polarizations(n_spins: int, seed: int, one_time: bool) -> None:
    case = random_case(n_spins, seed, one_time=one_time)
    state = steady_state(*case, model="nonsecular")
    np.testing.assert_allclose(state.polarization, qutip_polarization(*case), rtol=0, atol=1e-8)
