"""The front door of trajectories: one history of a system, addressed by (seed, index), whatever computes it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab import checks
from dnplab.arrays import free_bytes
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import MemoryEstimateError, ParameterError
from dnplab.models.registry import require_bath, require_model
from dnplab.system import SpinSystem
from dnplab.trajectories.history import Trajectory
from dnplab.trajectories.level_jumps import LevelJumps, level_history
from dnplab.trajectories.local_jumps import LocalJumps, require_flips
from dnplab.trajectories.propagation import DIAGONALISED_MAX_SPINS, propagator_of
from dnplab.trajectories.wave_function import wave_function

__all__ = ["UNRAVELLED", "require_memory_of_histories", "require_sampling", "require_unravelled", "trajectory"]

UNRAVELLED = ("nonsecular", "hilbert")
STREAM = 1  # the sample (seed, index) of the disorder has another stream of random numbers
BYTES_OF_A_JUMP = 500.0
EIGENVECTOR_MATRICES = 7.0  # complex (D, D) alive while H_eff is diagonalised
GAIN_MATRICES = 8.0  # real (D, D) alive while the rates between levels are made


def trajectory(
    system: SpinSystem,
    bath: Bath,
    drive: Drive,
    model: str = "nonsecular",
    seed: tuple[int, int] = (0, 0),
    duration_us: float = 10.0,
    step_us: float = 0.02,
    initial: ArrayLike | int | None = None,
    weights: bool = False,
    propagator: str = "auto",
    burn_in_us: float = 0.0,
    flips: str = "ladder",
) -> Trajectory:
    """One history, observed every `step_us` (which changes no jump: there is no step in between).

    model : "nonsecular" (a wave function with local jumps) or "hilbert" (jumps between eigenstates of H_S)
    seed : (seed, index), the address of its random numbers
    initial : a state (D,) in the product basis (nonsecular) or a level of `system.spectrum` (hilbert); None draws a product
        state, each spin thermal by itself, and for hilbert a level out of it
    weights : keep |<n|psi>|^2 at every time
    propagator : between jumps of the wave function, see `dnplab.trajectories.propagation`
    burn_in_us : of the history before it is observed; times begin at its end
    flips : of a spin of the wave function, "ladder" (S^-, S^+) or "components" (A^x, A^y): other histories of the same
        average, see `dnplab.trajectories.local_jumps`

    Raises:
        ParameterError: a value is out of its domain, or the model has no unravelling.
        MemoryEstimateError: the history would not fit into memory.

    """
    require_unravelled(model, system, bath, flips)
    duration, step = require_sampling(bath, duration_us, step_us)
    burn_in = checks.non_negative("burn_in_us", burn_in_us)
    require_memory_of_histories(system.n_spins, model, bath, duration, step, weights, propagator, burn_in)
    rng = _generator(seed)
    times = burn_in + np.linspace(0.0, duration, 1 + max(1, round(duration / step)))
    if burn_in > 0.0:
        times = np.insert(times, 0, 0.0)
    if model == "hilbert":
        jumps = LevelJumps(system, bath, drive)
        # those by microwaves are known only now; strong ones are most of all
        expected = (burn_in + duration) * float(jumps.outflow.mean())
        _require_free(BYTES_OF_A_JUMP * expected, system.n_spins, "a hilbert trajectory", duration)
        history = level_history(system, jumps, _level(system, bath, initial, rng), times, rng, weights)
    else:
        local = LocalJumps(system, bath, drive, flips)
        between = propagator_of(local.effective_hamiltonian, propagator)
        history = wave_function(system, local, between, _state(system, bath, initial, rng), times, rng, weights)
    return history.after(1) if burn_in > 0.0 else history


def require_unravelled(model: str, system: SpinSystem, bath: Bath, flips: str = "ladder") -> None:
    """Raise unless a model has trajectories here, with these flips."""
    if require_model(model) not in UNRAVELLED:
        raise ParameterError("model", model, "nonsecular or hilbert: the others have no unravelling into trajectories here")
    if require_flips(flips) != "ladder" and model == "hilbert":
        raise ParameterError("flips", flips, "ladder for model=hilbert, which jumps between levels")
    require_bath(model, bath, system.electron_ghz)


def require_sampling(bath: Bath, duration_us: float, step_us: float, prefix: str = "") -> tuple[float, float]:
    """A duration and a sampling step, checked; `prefix` is that of their names."""
    duration, step = checks.positive(f"{prefix or 'duration_'}us", duration_us), checks.positive(f"{prefix}step_us", step_us)
    longest = min(duration, bath.t1_us)
    if step > longest:
        limit = f"at most {longest:g} µs, the shorter of the duration and T_1: longer steps do not see single spin flips"
        raise ParameterError(f"{prefix}step_us", step, limit)
    return duration, step


def _generator(seed: tuple[int, int]) -> np.random.Generator:
    if not isinstance(seed, tuple | list) or len(seed) != 2:
        raise ParameterError("seed", seed, "a pair (seed, index) of integers >= 0")
    root, index = (checks.non_negative_int("seed", part) for part in seed)
    return np.random.default_rng(np.random.SeedSequence(root, spawn_key=(index, STREAM)))


def _state(system: SpinSystem, bath: Bath, initial: object, rng: np.random.Generator) -> NDArray[np.complex128]:
    if initial is None:
        psi = np.zeros(system.dimension, dtype=np.complex128)
        psi[_thermal_product_state(system, bath, rng)] = 1.0
        return psi
    try:
        psi = np.array(initial, dtype=np.complex128)
    except (TypeError, ValueError):
        psi = np.empty(0, dtype=np.complex128)
    if psi.shape != (system.dimension,) or not np.isfinite(psi).all() or not np.any(psi):
        raise ParameterError("initial", initial, f"None or a state, {system.dimension} finite amplitudes not all zero")
    return np.asarray(psi / np.linalg.norm(psi))


def _level(system: SpinSystem, bath: Bath, initial: object, rng: np.random.Generator) -> int:
    if initial is None:
        row = system.spectrum.vectors[_thermal_product_state(system, bath, rng)]
        return int(rng.choice(system.dimension, p=row**2 / (row**2).sum()))
    if isinstance(initial, bool) or not isinstance(initial, int | np.integer) or not 0 <= initial < system.dimension:
        raise ParameterError("initial", initial, f"None or a level from 0 to {system.dimension - 1}")
    return int(initial)


def _thermal_product_state(system: SpinSystem, bath: Bath, rng: np.random.Generator) -> int:
    p_up = 0.5 * (1.0 + bath.thermal_polarization(system.electron_ghz))
    down = rng.random(system.n_spins) >= p_up
    return int("".join(str(int(bit)) for bit in down), 2)  # spin 0 is the most significant bit, 1 is down


def require_memory_of_histories(
    n_spins: int,
    model: str,
    bath: Bath,
    duration_us: float,
    step_us: float,
    weights: bool,
    propagator: str,
    burn_in_us: float,
    at_once: int = 1,
) -> None:
    """Raise with the numbers if so many histories at once would not fit into the free memory."""
    d, n = 2.0**n_spins, n_spins
    needed = 8.0 * (2.0 + duration_us / step_us) * (n + 2 + (d if weights else 0))
    needed += BYTES_OF_A_JUMP * (burn_in_us + duration_us) * _most_jumps_per_us(n, bath)
    spectrum = math.comb(2 * n, n) if weights or model == "hilbert" or not bath.uniform_dephasing else 0
    needed += 32.0 * spectrum + 40.0 * d * (n * n / 4 + n + 1)
    if model == "hilbert":
        needed += 8.0 * GAIN_MATRICES * d**2
    elif propagator == "diagonalised" or (propagator == "auto" and n <= DIAGONALISED_MAX_SPINS):
        needed += 16.0 * EIGENVECTOR_MATRICES * d**2
    one = f"a {model} trajectory" if at_once == 1 else f"each of {at_once} {model} trajectories at once"
    _require_free(needed, n, one, duration_us, at_once)


def _require_free(needed: float, n_spins: int, one: str, duration_us: float, at_once: int = 1) -> None:
    if at_once * needed > (free := free_bytes("cpu")):
        raise MemoryEstimateError(
            f"system.n_spins is {n_spins}, but {one} of {duration_us:g} µs would then need about {needed / 2**30:.3g} GiB "
            f"of memory and {free / 2**30:.3g} GiB are free; use fewer spins, a shorter duration or a longer step."
        )


def _most_jumps_per_us(n_spins: int, bath: Bath) -> float:
    return n_spins * (1.0 / bath.t1_us + 0.125 * (1.0 / bath.t_star_us + 1.0 / bath.t_zero_us))
