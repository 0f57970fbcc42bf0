r"""Which regime to expect: the letter's criteria (S71) to (S77) and (S82), orders of magnitude, never sharp.

    U             scale of the couplings                Delta omega_e   width of the disorder
    T_D           min(1/U, 1/Delta omega_e), the Thouless time: how fast coherences of H_S dephase among each other
    T_z           T(0), which dephases coherences, or T*, which drives spectral diffusion; the letter takes them as one
    1/T_MW        omega_1^2 T_z / (1 + delta^2 T_z^2): microwaves at a distance delta, (S70), where Bloch has T_2 for T_z

    spin temperature    (S71) Delta omega_e ≲ U        (S72) T_z ≫ T_D              (S73) T_1 T_z omega_1^2 ≳ 1
                        (S74) omega_1 sqrt(T_1 / T_z) ≲ max(U, Delta omega_e)
                        (S75) T_z ≲ T_1, or (S76) T(0) ≪ T*, and (S77) omega_1 T_z ≳ 1
    hole burning        (S71), (S73), (S74) with (S82) T(0) = T* = T_z ≲ T_D
    by the bath

Times are in µs, 1/U and 1/Delta omega_e those of angular frequencies in rad/µs. ≲ is read as <=, ≫ as a factor of 10.
Table I violates two of them as they stand: (S71) by 6.7, which the letter calls not sharp for few spins, and at 12 K (S82),
by 5 against T_D but not against 1/U. They inform; nothing is refused because of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dnplab import checks
from dnplab.bath import Bath
from dnplab.drive import Drive
from dnplab.units import RAD_US_PER_MHZ

__all__ = ["Criterion", "regime_criteria", "regime_metrics", "regime_verdict"]

MUCH = 10.0  # what ≫ and ≪ ask for
MARGIN = 2.0  # within this factor a criterion is marginal
SOFT_ERGODICITY = 10.0  # of (S71): Table I, ergodic in the trend, has 6.7, the letter's localized control has 50


@dataclass(frozen=True)
class Criterion:
    """One inequality with its numbers.

    name : key of its metric, such as "s72_t_zero"
    left, right : both sides, in `unit`; relation : "≲", "≳", "≪" or "≫" between them
    ratio : the side that should be larger over the other, divided by 10 for ≪ and ≫: the criterion holds from 1 on
    """

    name: str
    equation: str
    meaning: str
    left: float
    relation: str
    right: float
    unit: str

    @property
    def ratio(self) -> float:
        """See above; inf where the side that should be smaller is 0."""
        large, small = (self.left, self.right) if self.relation in ("≳", "≫") else (self.right, self.left)
        if small == 0.0:
            return math.inf
        if math.isinf(small):
            return 0.0
        return large / small / (MUCH if self.relation in ("≪", "≫") else 1.0)

    @property
    def holds(self) -> bool:
        """Taken literally."""
        return self.ratio >= 1.0

    @property
    def marginal(self) -> bool:
        """Within a factor of 2 of its bound, on either side."""
        return 1.0 / MARGIN <= self.ratio <= MARGIN


def regime_criteria(disorder_mhz: float, coupling_mhz: float, bath: Bath, drive: Drive) -> tuple[Criterion, ...]:
    """All criteria, those with T_z once for T(0) and once for T*.

    (S74), which keeps the microwaves from reaching all spins, is not asked where only chosen spins are irradiated.

    disorder_mhz, coupling_mhz : Delta omega_e / 2 pi and U / 2 pi as in `SpinSystem.sample`
    """
    width = checks.non_negative("disorder_mhz", disorder_mhz)
    coupling = checks.non_negative("coupling_mhz", coupling_mhz)
    omega_1, t1 = RAD_US_PER_MHZ * drive.amplitude_mhz, bath.t1_us
    exchange = _inverse(RAD_US_PER_MHZ * coupling)
    thouless = min(exchange, _inverse(RAD_US_PER_MHZ * width))
    out = [Criterion("s71", "(S71)", "enough coupling for ergodic eigenstates: Δω ≲ U", width, "≲", coupling, "MHz")]
    for key, symbol, t_z in (("t_zero", "T(0)", bath.t_zero_us), ("t_star", "T*", bath.t_star_us)):
        reach = drive.amplitude_mhz * math.sqrt(t1 / t_z)
        strength, turn = (t1 * omega_1) * (t_z * omega_1) if omega_1 else 0.0, omega_1 * t_z if omega_1 else 0.0
        out += [
            Criterion(f"s72_{key}", "(S72)", f"bath slower than dephasing: {symbol} ≫ T_D", t_z, "≫", thouless, "µs"),
            Criterion(f"s73_{key}", "(S73)", f"microwaves saturate: T₁ {symbol} ω₁² ≳ 1", strength, "≳", 1.0, ""),
            Criterion(f"s75_{key}", "(S75)", f"slow spectral diffusion: {symbol} ≲ T₁", t_z, "≲", t1, "µs"),
            Criterion(f"s77_{key}", "(S77)", f"microwaves before diffusion: ω₁ {symbol} ≳ 1", turn, "≳", 1.0, ""),
            Criterion(f"s82_{key}", "(S82)", f"bath faster than dephasing: {symbol} ≲ T_D", t_z, "≲", thouless, "µs"),
            Criterion(
                f"s82_coupling_{key}", "(S82)", f"bath faster than couplings: {symbol} ≲ 1/U", t_z, "≲", exchange, "µs"
            ),
        ]  # fmt: skip
        if drive.sites is None:
            meaning = f"but not all spins: ω₁ √(T₁/{symbol}) ≲ max(U, Δω)"
            out.append(Criterion(f"s74_{key}", "(S74)", meaning, reach, "≲", max(coupling, width), "MHz"))
    out.append(Criterion("s76", "(S76)", "slow spectral diffusion: T(0) ≪ T*", bath.t_zero_us, "≪", bath.t_star_us, "µs"))
    return tuple(sorted(out, key=lambda criterion: criterion.equation))


def regime_metrics(disorder_mhz: float, coupling_mhz: float, bath: Bath, drive: Drive) -> dict[str, float]:
    """``regime.<name>``: the ratio of every criterion, which holds from 1 on; one that is infinite is left out."""
    criteria = regime_criteria(disorder_mhz, coupling_mhz, bath, drive)
    return {f"regime.{c.name}": c.ratio for c in criteria if math.isfinite(c.ratio)}


def regime_verdict(criteria: Iterable[Criterion]) -> str:
    """What the criteria let one expect, in words.

    (S72) and (S82), which tell the two regimes apart, must hold, both for T(0) and T*, (S82) against 1/U; for a spin
    temperature so must (S75) for T(0), because all are derived for T_1 as the longest time. The others may be marginal, and
    (S71) be missed by a factor of 10.
    """
    by_name = {c.name: c for c in criteria}

    def soft(*names: str) -> bool:
        return all(by_name[name].holds or by_name[name].marginal for name in names if name in by_name)

    def strict(*names: str) -> bool:
        return all(by_name[name].holds for name in names)

    common = soft("s73_t_zero", "s74_t_zero") and by_name["s71"].ratio * SOFT_ERGODICITY >= 1.0
    diffusion = soft("s77_t_zero") and (soft("s75_t_star") or strict("s76"))
    shared = common and strict("s72_t_zero", "s72_t_star", "s75_t_zero") and diffusion
    burned = common and strict("s82_coupling_t_zero", "s82_coupling_t_star")
    if shared:
        return "spin temperature expected"
    return "hole burning by the bath expected" if burned else "neither regime expected"


def _inverse(omega: float) -> float:
    return 1.0 / omega if omega else math.inf
