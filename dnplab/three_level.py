r"""Three levels for Zeno localization: the toy model of the letter's supplement, Sec. IV and Fig. S11.

Basis |0>, |1>, |2>; frame rotating at omega_MW; x = omega_MW - omega_e is the offset of the drive, delta = -x:

        | 0        V              0         |
    H = | V    delta - Delta      J         |     D[sqrt(2 gamma_a n) |a><0|],  D[sqrt(2 gamma_a (n + 1)) |0><a|],  a = 1, 2
        | 0        J          delta + Delta |

(S83), (S89), without Lamb shifts. At n = 0 the population of |a> decays at 2 gamma_a. Delta, J, V, gamma_a and x are angular
frequencies in one common unit, and that unit is free: a factor on all of them changes no population. `REGIMES` takes the
decay as the unit, `spin_pair` takes rad/µs.

The stationary state comes in two ways. One is the generator above as a 9 x 9 matrix. The other is the component equations
(S90)-(S94), which are (S95)-(S99) at n = 0 and gamma_1 = gamma_2: with a = rho_00 - rho_11, b = rho_11 - rho_22 and

    A_01 = delta - Delta + i Gamma_01    Gamma_01 = gamma_1 (2n + 1) + gamma_2 n     D = A_01 A_02 A_12 - J^2 A_12 - V^2 A_01
    A_02 = delta + Delta + i Gamma_02    Gamma_02 = gamma_2 (2n + 1) + gamma_1 n
    A_12 = 2 Delta + i Gamma_12          Gamma_12 = (gamma_1 + gamma_2) (n + 1)

the coherences are, for any n and gamma_a, those of (S100), whose D is minus this one,

    D rho_01 = V (V^2 - A_02 A_12) a + J^2 V b
    D rho_02 = J V A_12 a - J V A_01 b
    D rho_12 = J V^2 a + J (J^2 - A_01 A_02) b

(the print has the opposite sign of V^3 in rho_01, which does not solve (S97)-(S99)), and the populations follow from

    0 = p a + q b - (q a + r b) + 2 gamma_1 [n rho_00 - (n + 1) rho_11]          p a + q b = 2 V Im rho_01
    0 =              q a + r b  + 2 gamma_2 [n rho_00 - (n + 1) rho_22]          q a + r b = 2 J Im rho_12
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.errors import ParameterError
from dnplab.rotating_frame import detuning, rotating_hamiltonian
from dnplab.spins import flip_targets
from dnplab.system import SpinSystem
from dnplab.units import RAD_US_PER_GHZ, RAD_US_PER_MHZ

__all__ = ["REGIMES", "ThreeLevel", "pair_generators", "regime_of", "spin_pair"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

ELECTRON_GHZ = 93.9  # of the spin pair; nothing depends on it as long as it is the largest energy
COLD_K = 1e-3  # exp(-beta omega_e) is then zero in float64: T = 0
MUCH = 5.0  # the factor that "much less" stands for in the names of regimes


@dataclass(frozen=True)
class ThreeLevel:
    """Levels |1>, |2> at omega_e -+ Delta, coupled to each other, decaying to |0>, which a drive couples to |1>.

    detuning : Delta, half the splitting of |1> and |2>
    coupling : J
    amplitude : V
    decay_1, decay_2 : gamma_1, gamma_2
    n_bar : Bose-Einstein occupation of both baths at omega_e; 0 is zero temperature
    """

    detuning: float
    coupling: float
    amplitude: float
    decay_1: float
    decay_2: float
    n_bar: float = 0.0

    def __post_init__(self) -> None:
        for key, check in {
            "detuning": checks.finite,
            "coupling": checks.finite,
            "amplitude": checks.non_negative,
            "decay_1": checks.positive,
            "decay_2": checks.positive,
            "n_bar": checks.non_negative,
        }.items():
            object.__setattr__(self, key, check(key, getattr(self, key)))

    def scaled(self, factor: float) -> ThreeLevel:
        """The same levels in another unit: all frequencies times a factor."""
        frequencies = ("detuning", "coupling", "amplitude", "decay_1", "decay_2")
        return replace(self, **{key: factor * getattr(self, key) for key in frequencies})

    @property
    def resonance(self) -> float:
        """(Delta^2 + J^2)^(1/2): without decay the drive is resonant with an eigenstate at x = -+ this."""
        return float(np.hypot(self.detuning, self.coupling))

    @property
    def localization(self) -> float:
        """The larger weight of |1> in an eigenstate of the coupled levels: 1/2 is mixed, 1 is localized."""
        return 0.5 * (1.0 + abs(self.detuning) / self.resonance) if self.resonance > 0 else 1.0

    def generator(self, offsets: ArrayLike) -> FloatArray:
        """L (n, 9, 9) at offsets x (n,): on vec Z, row-major, of the real form Z = Re rho + Im rho (see `dnplab.spins`)."""
        x = checks.finite_array("offsets", offsets, (None,))
        h = np.diag([0.0, -self.detuning, self.detuning])
        h[0, 1] = h[1, 0] = self.amplitude
        h[1, 2] = h[2, 1] = self.coupling
        jumps = np.zeros((4, 3, 3))
        for level, decay in ((1, self.decay_1), (2, self.decay_2)):
            jumps[2 * level - 2, level, 0] = (2.0 * decay * self.n_bar) ** 0.5
            jumps[2 * level - 1, 0, level] = (2.0 * decay * (self.n_bar + 1.0)) ** 0.5
        frame = _superoperator(np.diag([0.0, -1.0, -1.0]), jumps[:0])  # delta = -x
        return np.asarray(_superoperator(h, jumps) + x[:, None, None] * frame)

    def gksl_state(self, offsets: ArrayLike) -> ComplexArray:
        """rho (n, 3, 3), the null vector of L with Tr rho = 1, by a linear solve at each offset (n,)."""
        matrix, trace = self.generator(offsets), np.eye(3).ravel()
        # the rank-one term moves the zero eigenvalue of L to -g and no other: see dnplab.solvers.dense
        weight = (self.decay_1 + self.decay_2) / 3.0
        regular = matrix - weight * np.outer(trace, trace)
        z = np.linalg.solve(regular, np.broadcast_to(-weight * trace[:, None], (len(matrix), 9, 1)))
        z = z + np.linalg.solve(regular, -(matrix @ z))  # one step of iterative refinement
        z = (z / np.einsum("k,nkl->nl", trace, z)[:, None, :]).reshape(-1, 3, 3)
        transposed = z.swapaxes(1, 2)
        return np.asarray(0.5 * (z + transposed) + 0.5j * (z - transposed))

    def exact_state(self, offsets: ArrayLike) -> ComplexArray:
        """rho (n, 3, 3) in closed form, from the component equations."""
        x = checks.finite_array("offsets", offsets, (None,))
        j, v = self.coupling, self.amplitude
        a01, a02, a12 = self._denominators(x)
        d = a01 * a02 * a12 - j**2 * a12 - v**2 * a01
        p, q, r = self._rates(x, v)
        upper = _solve_balance(self._balance(p, q, r), np.array([p - q, q]) + self._thermal_source(x))
        rho = np.zeros((len(x), 3, 3), dtype=np.complex128)
        rho[:, 0, 0] = 1.0 - upper.sum(axis=0)
        rho[:, 1, 1], rho[:, 2, 2] = upper
        a, b = 1.0 - 2.0 * upper[0] - upper[1], upper[0] - upper[1]
        rho[:, 0, 1] = (v * (v**2 - a02 * a12) * a + j**2 * v * b) / d
        rho[:, 0, 2] = j * v * (a12 * a - a01 * b) / d
        rho[:, 1, 2] = (j * v**2 * a + j * (j**2 - a01 * a02) * b) / d
        for row, column in ((0, 1), (0, 2), (1, 2)):
            rho[:, column, row] = rho[:, row, column].conj()
        return rho

    def linear_response(self, offsets: ArrayLike) -> FloatArray:
        """Populations (n, 3) to first order in V^2.

        At n = 0 and equal decays this is (S101): with E = (delta^2 - Delta^2 - J^2 - gamma^2)^2 + 4 gamma^2 delta^2,
        rho_11 = V^2 [(delta + Delta)^2 + gamma^2] / E and rho_22 = V^2 J^2 / E.
        """
        x = checks.finite_array("offsets", offsets, (None,))
        p, q, r = self._rates(x, 0.0)
        thermal = self.n_bar / (3.0 * self.n_bar + 1.0)
        ground = 1.0 - 2.0 * thermal
        change = _solve_balance(self._balance(0.0 * p, 0.0 * q, r), (ground - thermal) * np.array([p - q, q]))
        return np.stack([ground - change.sum(axis=0), thermal + change[0], thermal + change[1]], axis=1)

    def _denominators(self, x: FloatArray) -> tuple[ComplexArray, ComplexArray, complex]:
        """A_01, A_02 (n,) and A_12."""
        n, g1, g2 = self.n_bar, self.decay_1, self.decay_2
        a01 = np.asarray(-x + complex(-self.detuning, g1 * (2.0 * n + 1.0) + g2 * n), dtype=np.complex128)
        a02 = np.asarray(-x + complex(self.detuning, g2 * (2.0 * n + 1.0) + g1 * n), dtype=np.complex128)
        return a01, a02, complex(2.0 * self.detuning, (g1 + g2) * (n + 1.0))

    def _rates(self, x: FloatArray, saturation: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """p, q, r (n,): the drive acts with V^2, and with saturation^2 in the denominators (V, or 0 to first order)."""
        j2, v2, s2 = self.coupling**2, self.amplitude**2, saturation**2
        a01, a02, a12 = self._denominators(x)
        inverse = 1.0 / (a01 * a02 * a12 - j2 * a12 - s2 * a01)
        p = 2.0 * v2 * ((s2 - a02 * a12) * inverse).imag
        return p, 2.0 * v2 * j2 * inverse.imag, 2.0 * j2 * ((j2 - a01 * a02) * inverse).imag

    def _balance(self, p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        """(2, 2, n): minus the change of rho_11, rho_22 with themselves, rho_00 = 1 - rho_11 - rho_22."""
        n, g1, g2 = self.n_bar, 2.0 * self.decay_1, 2.0 * self.decay_2
        return np.array(
            [
                [2.0 * p - 3.0 * q + r + g1 * (2.0 * n + 1.0), p - r + g1 * n],
                [2.0 * q - r + g2 * n, q + r + g2 * (2.0 * n + 1.0)],
            ]
        )

    def _thermal_source(self, x: FloatArray) -> FloatArray:
        return np.outer([2.0 * self.decay_1 * self.n_bar, 2.0 * self.decay_2 * self.n_bar], np.ones_like(x))


REGIMES: Mapping[str, ThreeLevel] = MappingProxyType(
    {
        "mixing": ThreeLevel(detuning=1.0, coupling=10.0, amplitude=0.1, decay_1=1.0, decay_2=1.0),
        "anderson": ThreeLevel(detuning=25.0, coupling=5.0, amplitude=0.1, decay_1=1.0, decay_2=1.0),
        "zeno": ThreeLevel(detuning=0.01, coupling=0.1, amplitude=0.1, decay_1=1.0, decay_2=1.0),
        "incoherent": ThreeLevel(detuning=1.0, coupling=0.1, amplitude=0.1, decay_1=1.0, decay_2=1.0),
    }
)
"""One clear case of each regime, in units of the decay (the letter gives no values for its Fig. S11).

Mixing and Zeno have the same Delta / J, hence the same eigenstates: only the decay tells them apart.
"""


def regime_of(detuning: float, coupling: float, decay: float) -> str:
    """The regime's name by the inequalities below (S101), or "crossover"; "much less" is a factor of 5. A description only.

    mixing gamma, Delta << J; anderson gamma << J << Delta; zeno Delta < J << gamma; incoherent J << gamma, Delta.
    """
    delta, j = abs(checks.finite("detuning", detuning)), abs(checks.finite("coupling", coupling))
    gamma = checks.positive("decay", decay)
    if MUCH * max(gamma, delta) <= j:
        return "mixing"
    if MUCH * gamma <= j and MUCH * j <= delta:
        return "anderson"
    if delta < j and MUCH * j <= gamma:
        return "zeno"
    return "incoherent" if MUCH * j <= min(gamma, delta) else "crossover"


def spin_pair(
    model: ThreeLevel, offset: float, components: Literal["x", "xy"] = "x", *, printed: bool = False
) -> tuple[SpinSystem, Bath, Drive]:
    """The two electron spins that are the three-level model once |++> is dropped; its unit is rad/µs.

        |0> = |-->   |1>: the irradiated spin is up   |2>: the other one is

    Delta_1 = -Delta, Delta_2 = +Delta, omega_1 = 2 V, U_12 = J, T = 0, T* = T(0) = inf; gamma = gamma(omega_e) / 8 if the
    baths couple to S_i^x alone, gamma(omega_e) / 4 if to S_i^x and S_i^y; T_1 = 2 / gamma(omega_e). `printed` takes
    Delta_i = -+2 Delta and omega_1 = sqrt(2) V of the letter's remark 2, which give another generator.
    """
    if model.n_bar != 0.0:
        raise ParameterError("n_bar", model.n_bar, "0 for a map to two spins: above zero temperature |++> is not empty")
    if model.decay_1 != model.decay_2:
        raise ParameterError("decay_2", model.decay_2, f"decay_1 = {model.decay_1} for a map to two spins in equal baths")
    split, omega_1 = (2.0, 2.0**0.5) if printed else (1.0, 2.0)
    delta_mhz, j_mhz = split * model.detuning / RAD_US_PER_MHZ, model.coupling / RAD_US_PER_MHZ
    system = SpinSystem(ELECTRON_GHZ, [-delta_mhz, delta_mhz], [[0.0, j_mhz], [j_mhz, 0.0]])
    bath = Bath(COLD_K, t1_us=len(components) / (4.0 * model.decay_1), t_star_us=np.inf, t_zero_us=np.inf)
    frequency_ghz = ELECTRON_GHZ + checks.finite("offset", offset) / RAD_US_PER_GHZ
    return system, bath, Drive(frequency_ghz, omega_1 * model.amplitude / RAD_US_PER_MHZ, sites=[_driven_site(model)])


def pair_generators(model: ThreeLevel, offset: float, *, printed: bool = False) -> tuple[FloatArray, FloatArray]:
    """Two generators (9, 9): the model's own, and that of its spin pair (S_i^x couples) between the states without |++>."""
    system, bath, drive = spin_pair(model, offset, printed=printed)
    spectrum, omega_e = system.spectrum, RAD_US_PER_GHZ * system.electron_ghz
    lab = spectrum.energies + omega_e * spectrum.sz
    gaps = lab[None, :] - lab[:, None]  # [m, n]: omega_nm, from n to m
    root_gamma = np.sqrt(bath.h(gaps) / (0.5 * bath.t1_us))  # (5) with T(omega_e) = T_1 / 2
    jumps = np.empty((2, 4, 4))
    for site in range(2):
        sx = np.zeros((4, 4))
        up, down = flip_targets(2, site)
        sx[up, down] = sx[down, up] = 0.5
        v = spectrum.vectors
        jumps[site] = v @ (root_gamma * (v.T @ sx @ v)) @ v.T  # Eq. (6)
    driven = _driven_site(model)
    kept = np.array([0b11, 0b01 if driven == 0 else 0b10, 0b10 if driven == 0 else 0b01])  # bit 1 is down, spin 0 leads
    index = (4 * kept[:, None] + kept[None, :]).ravel()
    spins = _superoperator(rotating_hamiltonian(system, drive), jumps)[np.ix_(index, index)]
    # a microwave frequency of 10^5 MHz rounds the offset: both generators take the rounded one
    return model.generator([-detuning(system, drive)])[0], spins


def _driven_site(model: ThreeLevel) -> int:
    return 0 if model.detuning >= 0.0 else 1  # spins are sorted by offset, and the driven one is at -Delta


def _superoperator(h: FloatArray, jumps: FloatArray) -> FloatArray:
    """The real form of -i[H, rho] + sum_A D[A] rho, (d^2, d^2) on row-major vec Z: vec(A Z B^T) = (A x B) vec Z."""
    one, d = np.eye(len(h)), len(h)
    transposition = np.eye(d * d).reshape(d, d, d, d).swapaxes(0, 1).reshape(d * d, d * d)
    decay = np.einsum("jba,jbc->ac", jumps, jumps)
    out = -(np.kron(h, one) - np.kron(one, h)) @ transposition - 0.5 * (np.kron(decay, one) + np.kron(one, decay))
    for jump in jumps:
        out += np.kron(jump, jump)
    return np.asarray(out)


def _solve_balance(m: FloatArray, source: FloatArray) -> FloatArray:
    """Cramer's rule: (2, n) of m (2, 2, n) and source (2, n)."""
    solution = np.array([source[0] * m[1, 1] - source[1] * m[0, 1], source[1] * m[0, 0] - source[0] * m[1, 0]])
    return np.asarray(solution / (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]))
