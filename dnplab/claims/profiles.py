r"""Claims about polarization profiles and EPR spectra: Figs. 2, S5, S6 and S7 of the letter.

    ansatz deviation = rms_i |P_i - P_i^ansatz| / |P_0|         Hilbert distance = rms_i |P_i - P_i^Hilbert| / |P_0|

Both are means over samples. The other measures stand in `dnplab.claims.profile_measures`.
"""

from __future__ import annotations

from dnplab.claims import profile_measures as measures
from dnplab.claims.claim import Claim, above, below

__all__ = ["CLAIMS"]

AGREE = "a twentieth of |P_0| is what an eye takes for agreement in a plot"
TWICE = "less than a factor of two would be a matter of degree"
NO_HOLE = "in a hole the resonant spin is less polarized than the spin of lowest frequency"
FIG_2 = "main text, Fig. 2"
COLD, WARM = "1.2 K (Table I)", "12 K (Table I)"
LABEL = {"hilbert": "Hilbert", "secular": "secular", "nonsecular": "nonsecular"}


def _deviation_claim(name: str, statement: str, where: str, ensemble: str, setting: str, *, holds: bool) -> Claim:
    model = LABEL[ensemble.rpartition("/")[2]]
    return Claim(
        name,
        statement,
        where,
        f"Mean rms distance of P_i from the fitted spin-temperature profile; {model}, {setting}.",
        "|P_0|",
        below(0.05, AGREE) if holds else above(0.05, AGREE),
        lambda lab: measures.scalar(lab, ensemble, "ansatz_deviation"),
        (ensemble,),
    )


def _cold_first_claim(model: str) -> Claim:
    ensemble = f"cold/{model}"
    return Claim(
        f"hole-cold-{model}",
        f"At 1.2 K {LABEL[model]} burns no hole: the spin of lowest frequency follows the spin temperature.",
        FIG_2,
        f"|P - P^ansatz| of the spin of lowest frequency in the averaged profiles; {LABEL[model]}, {COLD}.",
        "|P_0|",
        below(0.05, AGREE),
        lambda lab: measures.first_from_ansatz(lab, ensemble),
        (ensemble,),
    )


def _hyperpolarization_claim(model: str) -> Claim:
    ensemble = f"cold/{model}"
    return Claim(
        f"hyperpolarization-{model}",
        f"In thermal mixing the spins' inverse temperature is far above the bath's ({LABEL[model]}).",
        "main text, introduction",
        f"Mean beta_s of the fitted ansatz over beta; {LABEL[model]}, {COLD}.",
        "",
        above(10.0, "much larger means at least an order of magnitude"),
        lambda lab: measures.hyperpolarization(lab, ensemble),
        (ensemble,),
    )


def _hole_claim(name: str, statement: str, where: str, ensemble: str, setting: str, *, hole: bool) -> Claim:
    model = LABEL[ensemble.rpartition("/")[2]]
    return Claim(
        name,
        statement,
        where,
        f"|P| of the spin of lowest frequency minus that of the resonant spin, averaged profile; {model}, {setting}.",
        "|P_0|",
        above(0.0, NO_HOLE) if hole else below(0.0, NO_HOLE),
        lambda lab: measures.hole_depth(lab, ensemble),
        (ensemble,),
    )


def _epr_hole_claim(model: str, *, hole: bool) -> Claim:
    ensemble = f"warm/{model}"
    does = "has a" if hole else "has no"
    return Claim(
        f"epr-hole-warm-{model}",
        f"At 12 K the {LABEL[model]} EPR spectrum {does} hole at the microwave frequency.",
        FIG_2,
        f"Mean |f| from 1.2 to 0.4 MHz below the microwaves minus that within 0.4 MHz of them; {LABEL[model]}, {WARM}.",
        "|P_0| / Delta omega_e",
        above(0.0, "a hole is a dip") if hole else below(0.0, "a hole is a dip"),
        lambda lab: measures.epr_hole(lab, ensemble),
        (ensemble,),
    )


def _mbl_hole_claim(case: str, model: str) -> Claim:
    temperature = COLD if case == "cold" else WARM
    return _hole_claim(
        f"mbl-hole-{case}-{model}",
        f"Localized eigenstates of H_S burn a hole whatever the dynamics: {LABEL[model]} at {temperature.split(' (')[0]}.",
        "Supplement III.C, Fig. S6",
        f"mbl-{case}/{model}",
        f"{temperature}, U/2pi = 0.1 MHz",
        hole=True,
    )


CLAIMS = (
    *map(_hyperpolarization_claim, ("hilbert", "nonsecular")),
    _deviation_claim(
        "thermal-mixing-cold-hilbert",
        "At 1.2 K the Hilbert steady state is one spin temperature.",
        FIG_2,
        "cold/hilbert",
        COLD,
        holds=True,
    ),
    _deviation_claim(
        "thermal-mixing-cold-nonsecular",
        "At 1.2 K the nonsecular steady state is one spin temperature.",
        FIG_2,
        "cold/nonsecular",
        COLD,
        holds=True,
    ),
    Claim(
        "agreement-cold",
        "At 1.2 K nonsecular and Hilbert agree.",
        FIG_2,
        f"Mean rms distance of P_i from that of Hilbert on the same sample; nonsecular, {COLD}.",
        "|P_0|",
        below(0.05, AGREE),
        lambda lab: measures.scalar(lab, "cold/nonsecular", "hilbert_distance"),
        ("cold/nonsecular",),
    ),
    *map(_cold_first_claim, ("hilbert", "nonsecular")),
    _deviation_claim(
        "thermal-mixing-warm-hilbert",
        "At 12 K the Hilbert steady state is still one spin temperature.",
        FIG_2,
        "warm/hilbert",
        WARM,
        holds=True,
    ),
    _deviation_claim(
        "breakdown-warm-nonsecular",
        "At 12 K the nonsecular steady state is no longer one spin temperature.",
        FIG_2,
        "warm/nonsecular",
        WARM,
        holds=False,
    ),
    Claim(
        "ansatz-ratio-warm",
        "At 12 K nonsecular is much farther from one spin temperature than Hilbert.",
        FIG_2,
        f"Mean ansatz deviation of nonsecular over that of Hilbert; {WARM}.",
        "",
        above(2.0, TWICE),
        lambda lab: measures.ratio(lab, "warm/nonsecular", "warm/hilbert", "ansatz_deviation"),
        ("warm/nonsecular", "warm/hilbert"),
    ),
    Claim(
        "epr-ansatz-ratio",
        "At 12 K the nonsecular EPR spectrum leaves that of its ansatz, the Hilbert one does not.",
        FIG_2,
        f"int |f - f_ansatz| / int |f_ansatz| of averaged spectra in bins of 0.4 MHz, nonsecular over Hilbert; {WARM}.",
        "",
        above(2.0, TWICE),
        measures.epr_ratio,
        ("warm/nonsecular", "warm/hilbert"),
    ),
    _hole_claim(
        "hole-warm-nonsecular",
        "At 12 K nonsecular burns a hole in the polarization profile.",
        FIG_2,
        "warm/nonsecular",
        WARM,
        hole=True,
    ),
    _hole_claim(
        "hole-warm-hilbert",
        "At 12 K Hilbert burns no hole in the polarization profile.",
        FIG_2,
        "warm/hilbert",
        WARM,
        hole=False,
    ),
    _epr_hole_claim("nonsecular", hole=True),
    _epr_hole_claim("hilbert", hole=False),
    _deviation_claim(
        "secular-warm",
        "The breakdown needs nonsecular terms: at 12 K the driven secular equation still has one spin temperature.",
        "main text, conclusion",
        "warm/secular",
        WARM,
        holds=True,
    ),
    Claim(
        "secular-vs-hilbert",
        "At 12 K the driven secular equation is about as thermal as its Hilbert approximation.",
        "main text, below (10)",
        f"Mean ansatz deviation of secular over that of Hilbert; {WARM}.",
        "",
        below(2.0, TWICE),
        lambda lab: measures.ratio(lab, "warm/secular", "warm/hilbert", "ansatz_deviation"),
        ("warm/secular", "warm/hilbert"),
    ),
    *(_mbl_hole_claim(case, model) for case in ("cold", "warm") for model in ("hilbert", "nonsecular")),
    Claim(
        "mbl-insensitive",
        "Nonsecular terms matter much less if H_S is localized.",
        "Supplement III.C, Fig. S6",
        f"Mean Hilbert distance at U/2pi = 0.1 MHz over that at 0.75 MHz; nonsecular, {WARM}.",
        "",
        below(0.5, TWICE),
        lambda lab: measures.ratio(lab, "mbl-warm/nonsecular", "warm/nonsecular", "hilbert_distance"),
        ("mbl-warm/nonsecular", "warm/nonsecular"),
    ),
    _deviation_claim(
        "short-t1-breakdown",
        "A short T_1 breaks thermal mixing as well.",
        "Supplement III.C, Fig. S7",
        "short-t1/nonsecular",
        "12 K, short T_1",
        holds=False,
    ),
    _deviation_claim(
        "short-t1-hilbert",
        "With a short T_1 Hilbert keeps one spin temperature.",
        "Supplement III.C, Fig. S7",
        "short-t1/hilbert",
        "12 K, short T_1",
        holds=True,
    ),
    Claim(
        "concentration",
        "Single samples scatter little around the averages.",
        "Supplement III.D, first paragraph",
        f"Standard deviation of P_i over samples, averaged over spins; nonsecular, {WARM}.",
        "|P_0|",
        below(0.25, "a scatter of a quarter leaves the shape of a profile visible in a single sample"),
        lambda lab: measures.scatter(lab, "warm/nonsecular"),
        ("warm/nonsecular",),
    ),
    Claim(
        "concentration-with-size",
        "Single samples scatter less in larger systems.",
        "Supplement III.D, first paragraph",
        f"That scatter at N over that of the smaller system; nonsecular, {WARM}.",
        "",
        below(1.0, "what concentrates has less scatter when it is larger"),
        measures.scatter_with_size,
        ("warm/nonsecular", "small-warm/nonsecular"),
    ),
)
