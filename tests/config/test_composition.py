"""Each config composes, presets say what the letter says, and an experiment states its question."""

from __future__ import annotations

from dataclasses import asdict
from operator import attrgetter
from pathlib import Path

import pytest

from dnplab.config import QUESTIONS, logged_params, make_plan, resolved
from dnplab.config.schema import field_types
from dnplab.ensemble import run_ensemble
from tests.config.common import (
    CONF,
    ENSEMBLES,
    EXPERIMENTS,
    FEWEST,
    GHZ_TIME_US,
    OPTIONS,
    SMALL,
    STUDIES,
    complaint,
    keys_of,
    params,
    plan,
)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes(group: str, option: str) -> None:
    small = ["system.n_spins=3"] if (group, option) != ("system", option) else []
    (job,) = plan(f"{group}={option}", *small).jobs
    assert job.spec.n_spins == (job.config.system.n_spins if not small else 3)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_every_experiment_runs_at_three_spins(name: str, tmp_path: Path) -> None:
    chosen = plan(f"experiment={name}", *SMALL, *FEWEST.get(name, []))
    assert chosen.multirun
    assert chosen.sweep.startswith(f"{name}-")
    for job in chosen.jobs:
        result = run_ensemble(job.spec, workers=1, checkpoints=tmp_path)
        assert result.excluded.empty
        assert len(result.scalars) == job.spec.realizations <= 2


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_is_one_run_that_logs_what_it_reads(name: str) -> None:
    (job,) = plan(f"experiment={name}").jobs
    assert job.params["study"] == job.config.study
    own = set(keys_of(job.config.study))
    assert set(job.params) <= {"study", *own}
    assert {key for key in own if attrgetter(key)(job.config) is not None} <= set(job.params)
    assert job.steps > 0


def test_the_criteria_know_no_frequency_of_the_microwaves() -> None:
    assert complaint("experiment=regimes", "drive.frequency_ghz=94").startswith(
        "drive.frequency_ghz=94 would change nothing"
    )
    assert complaint("experiment=regimes", "system.electron_ghz=nan").startswith("system.electron_ghz is nan")


def test_experiments_say_which_configs_exist() -> None:
    letter = {f"fig{number}" for number in (1, 2, 3)} | {f"figs{number}" for number in range(4, 12)}
    assert letter | {"crossover", "phonons", "regimes", "single_spin"} <= set(EXPERIMENTS)


@pytest.mark.parametrize("experiment", ["regimes", "build_up"])
def test_times_follow_the_temperature_that_is_typed(experiment: str) -> None:
    cold, warm = (plan(f"experiment={experiment}", f"bath.temperature_k={kelvin}") for kelvin in ("1.2", "12"))
    assert cold.notes == warm.notes == ()
    assert [job.params["bath.t1_us"] for job in (*cold.jobs, *warm.jobs)] == pytest.approx([160.0, 1.6])


def test_default_needs_no_words() -> None:
    (job,) = plan().jobs
    assert not plan().multirun
    assert plan().sweep == ""
    assert job.spec.model == "nonsecular"
    assert job.spec.n_spins == 8


def test_crossover_is_the_letters_grid() -> None:
    chosen = plan("experiment=crossover")
    assert {tuple(point) for point in chosen.points} == {("model", "bath.temperature_k")}
    assert sorted(tuple(point.values()) for point in chosen.points) == [
        (model, temperature)
        for model in ("hilbert", "nonsecular", "secular")
        for temperature in (1.2, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0)
    ]
    assert len(chosen.jobs) == 24
    assert {job.spec.n_spins for job in chosen.jobs} == {8}
    assert {job.spec.seed for job in chosen.jobs} == {0}
    assert min(job.spec.realizations for job in chosen.jobs) >= 16


def test_command_line_beats_the_experiment() -> None:
    chosen = plan("experiment=crossover", "model=hilbert,ule", "bath.temperature_k=7", *SMALL, multirun=True)
    assert chosen.points == [{"model": "hilbert"}, {"model": "ule"}]
    assert {job.spec.bath.temperature_k for job in chosen.jobs} == {7.0}


def test_every_experiment_states_a_question_of_its_own() -> None:
    tracking = {name: plan(f"experiment={name}").jobs[0].config.tracking for name in EXPERIMENTS}
    assert all("?" in found.question for found in tracking.values())
    assert len({found.question for found in tracking.values()}) == len(EXPERIMENTS)
    # figures of the letter that show the same runs find each other's
    homes = {name: tracking[name].experiment for name in EXPERIMENTS}
    assert {name for name, home in homes.items() if home != "dnplab-letter"} == {"crossover", *QUESTIONS}
    assert all(homes[name] == f"dnplab-{name.replace('_', '-')}" for name in QUESTIONS)
    assert homes["crossover"] == plan().jobs[0].config.tracking.experiment == "dnplab"


def test_configs_of_another_folder(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\nbath:\n  temperature_k: 5\n")
    (job,) = make_plan(CONF, ["experiment=mine"], search=tmp_path).jobs
    assert job.spec.bath.temperature_k == 5.0


def test_every_key_of_the_schema_has_a_value() -> None:
    (job,) = plan().jobs
    assert {key.partition(".")[0] for key in field_types()} == set(asdict(job.config))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["bath=table1_slow"], {"temperature_k": 1.2, "t1_us": 1e6, "t_star_us": 5e5, "t_zero_us": 1e4}),
        (["bath=table1_fast"], {"temperature_k": 12.0, "t1_us": 1e4, "t_star_us": 1e3, "t_zero_us": 1e3}),
        (["bath=short_t1"], {"temperature_k": 12.0, "t1_us": 1e4, "t_star_us": 5e5, "t_zero_us": 2e4}),
        (["bath=full_localization"], {"temperature_k": 12.0, "t1_us": 1e5, "t_star_us": 0.1, "t_zero_us": 0.1}),
    ],
)
def test_baths_of_the_letter(words: list[str], expected: dict[str, float]) -> None:
    found = params(*words)
    assert found["bath.temperature_k"] == expected.pop("temperature_k")
    for key, time in expected.items():
        assert found[f"bath.{key}"] == pytest.approx(time * GHZ_TIME_US, rel=6e-3)


def test_letter_bath_is_a_law_that_explicit_times_override() -> None:
    law = params("bath.temperature_k=12")
    assert law["bath.t1_us"] == pytest.approx(1.6)
    assert law["bath.t_star_us"] == pytest.approx(0.16)
    assert law["bath.t_zero_us"] == pytest.approx(0.16)
    assert params("bath.temperature_k=12", "bath.t1_us=7")["bath.t1_us"] == 7.0
    assert params("bath=table1_fast", "bath.t1_us=null")["bath.t1_us"] == pytest.approx(1.6)


def test_resolved_config_holds_the_times() -> None:
    (job,) = plan("bath.temperature_k=1.2").jobs
    assert resolved(job.config).bath.t1_us == pytest.approx(160.0)


def test_full_localization_is_the_caption_of_fig_s8() -> None:
    chosen = plan("experiment=figs8")
    spec = chosen.jobs[0].spec
    assert (spec.n_spins, spec.disorder_mhz, spec.coupling_mhz, spec.realizations) == (12, 1e-4, 1.0, 1)
    assert spec.drive.frequency_ghz == spec.electron_ghz
    assert (spec.drive.amplitude_mhz, spec.drive.sites) == (100.0, (2,))
    assert {job.spec.model for job in chosen.jobs} == {"hilbert", "nonsecular"}


def test_figures_s6_and_2_differ_in_the_coupling_alone() -> None:
    weak, strong = (plan(f"experiment={name}", "ensemble=full") for name in ("figs6", "fig2"))
    drawn = {"observables.epr_bin_mhz", "ensemble.realizations"}  # how finely and from how many samples
    for one, other in zip(weak.jobs, strong.jobs, strict=True):
        ours, theirs = logged_params(one.spec), logged_params(other.spec)
        assert {key for key in ours if ours[key] != theirs[key]} - drawn == {"system.coupling_mhz"}
    assert {job.spec.coupling_mhz for job in weak.jobs} == {0.1}
    assert {job.spec.realizations for job in strong.jobs} == {1000}


def test_quoted_values_are_taken_as_they_are() -> None:
    for outputs in ("outputs/ünï", "a=b"):
        (job,) = plan(f'outputs="{outputs}"').jobs
        assert job.config.outputs == outputs
