"""Rules, verdicts and the catalogue: nothing here needs a steady state."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnplab.claims import CLAIMS, QUICK, Measured, Rule, Verdict, above, below, choose, claims_table, shown, specs, within
from dnplab.claims.catalogue import count_verdicts, to_markdown
from dnplab.claims.claim import SECTIONS
from dnplab.claims.laboratory import bootstrap_error, mean_of, ratio_of_means
from dnplab.config import make_plan
from dnplab.errors import ParameterError

CONF = Path(__file__).resolve().parents[2] / "conf"
YES, NO, OPEN = Verdict.BORNE_OUT, Verdict.NOT_BORNE_OUT, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("rule", "value", "error", "verdict"),
    [
        (below(0.05, ""), 0.03, 0.01, YES),  # by exactly two standard errors
        (below(0.05, ""), 0.031, 0.01, OPEN),
        (below(0.05, ""), 0.069, 0.01, OPEN),
        (below(0.05, ""), 0.0701, 0.01, NO),
        (above(2.0, ""), 3.0, 0.4, YES),
        (above(2.0, ""), 1.0, 0.4, NO),
        (above(2.0, ""), 2.5, 0.4, OPEN),
        (within(0.8, 1.2, ""), 1.0, 0.09, YES),
        (within(0.8, 1.2, ""), 1.0, 0.11, OPEN),
        (within(0.8, 1.2, ""), 0.6, 0.09, NO),
        (within(0.8, 1.2, ""), 1.5, 0.1, NO),
        (below(1.0, ""), 0.999, 0.0, YES),
        (below(1.0, ""), 1.001, 0.0, NO),
        (below(1.0, ""), 1.0, 0.0, OPEN),
        (below(1.0, ""), math.nan, 0.0, OPEN),
        (below(1.0, ""), 0.5, math.nan, OPEN),
        (above(0.0, ""), math.inf, 0.0, OPEN),
    ],
)
def test_a_verdict_needs_two_standard_errors(rule: Rule, value: float, error: float, verdict: Verdict) -> None:
    assert rule.verdict(Measured(value, error)) is verdict


def test_rules_in_words() -> None:
    assert [str(rule) for rule in (below(1e-4, ""), above(0.0, ""), within(0.8, 1.2, ""))] == [
        "below 0.0001",
        "above 0",
        "within 0.8 to 1.2",
    ]


def test_every_claim_is_complete() -> None:
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names) < 100  # verdicts are tags of one batch, which takes a hundred
    known = specs(QUICK, 0)
    for claim in CLAIMS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.name)
        assert re.fullmatch(r"[A-Z].+[^.]\.", claim.statement), claim.name
        assert re.fullmatch(r"\S.+[^.]\.", claim.observable), claim.name
        assert claim.rule.reason, claim.name
        assert claim.where.partition(", ")[0] in SECTIONS, claim.name
        assert claim.where.partition(", ")[2], claim.name
        assert set(claim.needs) <= set(known), claim.name
        assert not (math.isinf(claim.rule.low) and math.isinf(claim.rule.high)), claim.name
    assert [claim.section for claim in CLAIMS] == sorted(claim.section for claim in CLAIMS)


def test_claims_are_chosen_by_name_in_the_letters_order() -> None:
    assert choose([]) == CLAIMS
    assert [claim.name for claim in choose(["toy-zeno", "agreement-cold"])] == ["agreement-cold", "toy-zeno"]
    with pytest.raises(ParameterError, match=r"only is \['toy-xeno'\]"):
        choose(["toy-xeno"])


def test_the_samples_are_those_of_the_figures() -> None:
    """Figures and claims of the same parameters share what is stored, so that neither computes it twice."""
    here = {name: spec.sample_key for name, spec in specs(QUICK, 0).items()}
    cases = {"fig2": ("cold", "warm"), "figs5": ("cold", "warm"), "figs6": ("mbl-cold", "mbl-warm"), "figs7": ("short-t1",)}
    for experiment, names in cases.items():
        plan = make_plan(CONF, [f"experiment={experiment}"])
        expected = {here[f"{name}/{model}"] for name in names for model in ("hilbert", "nonsecular")}
        assert {job.spec.sample_key for job in plan.jobs} == expected, experiment


def test_full_localization_is_that_of_the_figure() -> None:
    spec, (job,) = (
        specs(QUICK, 0)["full/nonsecular"],
        make_plan(
            CONF, ["system=full_localization", "bath=full_localization", "drive=single_spin", "system.n_spins=8"]
        ).jobs,
    )
    for name in ("n_spins", "disorder_mhz", "coupling_mhz", "drive", "ising", "electron_ghz"):
        assert getattr(spec, name) == getattr(job.spec, name)
    for name in ("temperature_k", "t1_us", "t_star_us", "t_zero_us"):
        assert getattr(spec.bath, name) == pytest.approx(getattr(job.spec.bath, name), rel=1e-12)


def test_bootstrap_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 200)
    error = bootstrap_error(lambda i: float(values[i].mean()), [200], seed=1)
    assert error == pytest.approx(mean_of(values).error, rel=0.1)
    assert bootstrap_error(lambda i: float(values[i].mean()), [200], seed=1) == error


def test_a_common_factor_of_the_samples_drops_out_of_a_paired_ratio() -> None:
    factor = pd.Series(np.random.default_rng(4).lognormal(size=100))
    paired = ratio_of_means(3.0 * factor, factor, seed=0)
    assert paired.value == pytest.approx(3.0)
    assert paired.error < 1e-12
    assert ratio_of_means(3.0 * factor, factor, seed=0, paired=False).error > 0.3
    missing = ratio_of_means(3.0 * factor, factor.drop(range(50)), seed=0)
    assert missing.value == pytest.approx(3.0)


def test_the_mean_of_nothing_decides_nothing() -> None:
    assert below(1.0, "").verdict(mean_of([])) is OPEN
    assert below(1.0, "").verdict(mean_of([0.5])) is OPEN


def test_table_and_page() -> None:
    claims = choose(["agreement-cold", "toy-zeno", "raman-t7"])
    found = {
        "agreement-cold": Measured(0.035, 0.002, "of | two, <S^z> at T*"),
        "toy-zeno": Measured(100.0),
        "raman-t7": Measured(6.61),
    }
    table = claims_table(claims, found)
    assert table["verdict"].tolist() == ["borne out", "borne out", "not borne out"]
    assert table[["bound_low", "bound_high"]].to_numpy().tolist() == [[-math.inf, 0.05], [10.0, math.inf], [6.8, 7.2]]
    assert count_verdicts(table) == "3 claims: 2 borne out, 1 not borne out, 0 undecided."
    page = to_markdown(table, ["# Head"]).splitlines()
    assert page[0] == "# Head"
    assert [line for line in page if line.startswith("##")] == ["## Main text", "## Supplement IV", "## Supplement V.B"]
    rows = [line for line in page if line.startswith("| **")]
    assert len(rows) == 3
    assert all(len(re.split(r"(?<!\\)\|", row)) == 7 for row in rows)  # five cells, whatever stands in them
    assert r"0.0350 ± 0.0020 \|P_0\| (of \| two, &lt;S^z&gt; at T\*)" in rows[0]
    assert "**not borne out**" in rows[2]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.03512, 0.0021, "0.0351 ± 0.0021"),
        (4.041, 0.31, "4.04 ± 0.31"),
        (5857.3, 658.0, "5857 ± 658"),
        (2.6e-16, 1.5e-16, "2.60e-16 ± 1.5e-16"),
        (1.0137, 0.0, "1.01"),
        (0.1796, 1e-14, "0.18"),
        (0.0, 0.1, "0"),
        (math.nan, math.nan, "nan"),
    ],
)
def test_a_value_is_shown_with_the_digits_that_it_has(value: float, error: float, text: str) -> None:
    assert shown(value, error) == text
