"""Configs: each one composes, presets say what the letter says, and every mistake is one sentence with its key."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path

import pytest

from dnplab.config import QUESTIONS, Plan, logged_params, make_plan, resolved
from dnplab.config.schema import field_types
from dnplab.config.studies import COMMON, reads
from dnplab.ensemble import run_ensemble
from dnplab.errors import DnplabError
from experiments import crossover
from experiments.command import read_words

ROOT = Path(__file__).resolve().parents[1]
CONF = ROOT / "conf"
GROUPS = ("system", "bath", "drive", "model", "solver", "ensemble", "observables", "tracking")
OPTIONS = [(group, file.stem) for group in GROUPS for file in sorted((CONF / group).glob("*.yaml"))]
EXPERIMENTS = sorted(file.stem for file in (CONF / "experiment").glob("*.yaml"))
STUDIES = [name for name in EXPERIMENTS if "override /study" in (CONF / "experiment" / f"{name}.yaml").read_text()]
ENSEMBLES = [name for name in EXPERIMENTS if name not in STUDIES]
GHZ_TIME_US = 1e-3 / (2 * 3.141592653589793)  # (2 pi GHz)^-1
TIMES = ["bath.t1_us=1.6", "bath.t_star_us=0.16", "bath.t_zero_us=0.16"]  # else they follow the temperature
FEWEST = {"thermodynamic_limit": ["system.n_spins=3,4,5", "ensemble.realizations=2"]}  # of an experiment that is about N
SMALL = ["system.n_spins=3", "ensemble.realizations=1", "ensemble.realizations_hilbert=null"]


def plan(*words: str, multirun: bool = False) -> Plan:
    return make_plan(CONF, words, multirun=multirun)


def params(*words: str) -> dict[str, object]:
    (job,) = plan(*words).jobs
    return dict(logged_params(job.spec))


def keys_of(study: str) -> list[str]:
    return [key for key in field_types() if reads(study, key) and key.partition(".")[0] not in COMMON]


def complaint(*words: str, multirun: bool = False) -> str:
    with pytest.raises(DnplabError) as caught:
        plan(*words, multirun=multirun).require_memory()
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- what composes


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


def test_a_word_that_a_study_does_not_read_is_refused() -> None:
    assert complaint("experiment=figs11", "system.n_spins=3").startswith("system.n_spins=3 would change nothing: the study")
    assert complaint("three_level.points=3").startswith("three_level.points=3 would change nothing: the study ensemble")
    (note,) = plan("experiment=figs11", "ensemble=full").notes
    assert note == "ensemble=full changes nothing here: the study three_level does not read it."


def test_the_criteria_know_no_frequency_of_the_microwaves() -> None:
    assert complaint("experiment=regimes", "drive.frequency_ghz=94").startswith(
        "drive.frequency_ghz=94 would change nothing"
    )
    assert complaint("experiment=regimes", "system.electron_ghz=nan").startswith("system.electron_ghz is nan")


def test_sweeps_of_unlike_jobs_have_points() -> None:
    assert plan("experiment=phonons,regimes", multirun=True).points == [{"study": "phonons"}, {"study": "regimes"}]
    baths = plan("bath=phonon_raman,letter", "bath.temperature_k=1.2,2", multirun=True)
    assert baths.points == [
        {"bath.process": process, "bath.temperature_k": temperature}
        for process in ("two_phonon", "none")
        for temperature in (1.2, 2.0)
    ]
    swept = plan("study=build_up", "bath=letter,table1_slow", "build_up.points=11", multirun=True)
    assert [job.steps for job in swept.jobs] == [1, 1]


def test_unlike_jobs_that_cannot_be_one_sweep() -> None:
    both = complaint("study=phonons,ensemble", multirun=True)
    assert both == "study is phonons and ensemble, but a sweep must be of ensembles or of studies, not of both."
    stray = complaint("study=phonons,regimes", "phonons.t1_us=10,20", multirun=True)
    assert stray.startswith("phonons.t1_us=10,20 would change nothing: the study regimes reads")


def test_a_prefix_does_not_hide_a_key() -> None:
    (job,) = plan("experiment=phonons", "++phonons.t1_us=3").jobs
    assert job.params["phonons.t1_us"] == 3.0


def test_experiments_say_which_configs_exist() -> None:
    letter = {f"fig{number}" for number in (1, 2, 3)} | {f"figs{number}" for number in range(4, 12)}
    assert letter | {"crossover", "phonons", "regimes", "single_spin"} <= set(EXPERIMENTS)


@pytest.mark.parametrize("experiment", ["regimes", "build_up"])
def test_times_follow_the_temperature_that_is_typed(experiment: str) -> None:
    cold, warm = (plan(f"experiment={experiment}", f"bath.temperature_k={kelvin}") for kelvin in ("1.2", "12"))
    assert cold.notes == warm.notes == ()
    assert [job.params["bath.t1_us"] for job in (*cold.jobs, *warm.jobs)] == pytest.approx([160.0, 1.6])


def test_times_that_do_not_follow_the_temperature_are_told() -> None:
    told = "bath=table1_fast fixes T_1, T* and T(0), which do not follow bath.temperature_k; with bath=letter they do."
    assert plan("bath=table1_fast", "bath.temperature_k=4", "system.n_spins=3").notes == (told,)
    times = ["bath.t1_us=1", "bath.t_star_us=1", "bath.t_zero_us=1"]
    assert plan("bath=table1_fast", "bath.temperature_k=4", *times, "system.n_spins=3").notes == ()


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


def test_points_leave_out_what_follows_from_the_temperature() -> None:
    chosen = plan("bath=table1_slow,table1_fast", "model=hilbert,secular", multirun=True)
    found = [tuple(point.items()) for point in chosen.points]
    assert found == [(("model", model), ("bath.temperature_k", t)) for t in (1.2, 12.0) for model in ("hilbert", "secular")]


def test_points_are_those_that_were_asked_for() -> None:
    """The law's bath at 12 K is the table's fast one: three points, and not every time at every temperature."""
    chosen = plan("bath=letter,table1_fast", "bath.temperature_k=1.2,12", multirun=True)
    assert chosen.points == [
        {"bath.temperature_k": 1.2, "bath.t1_us": 160.0},
        {"bath.temperature_k": 12.0, "bath.t1_us": 1.6},
        {"bath.temperature_k": 1.2, "bath.t1_us": 1.6},
    ]


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


def test_only_the_points_of_a_sweep_are_checked() -> None:
    """The default of 8 spins, which a dense solution cannot reach, is not asked for."""
    assert len(plan("system.n_spins=3,4", "solver.method=dense", multirun=True).jobs) == 2


def test_every_key_of_the_schema_has_a_value() -> None:
    (job,) = plan().jobs
    assert {key.partition(".")[0] for key in field_types()} == set(asdict(job.config))


# --- the letter's numbers (times in (2 pi GHz)^-1 as the captions print them, to the digits of their µs)


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


# --- identity of a run


def test_fingerprint_ignores_where_and_how_fast() -> None:
    (plain,) = plan().jobs
    (moved,) = plan(
        "outputs=/elsewhere", "ensemble.workers=1", "ensemble.threads=1", "tracking.experiment=x", "tracking=server"
    ).jobs
    assert plain.fingerprint == moved.fingerprint


@pytest.mark.parametrize(
    "word",
    [
        "system.n_spins=4",
        "system.disorder_mhz=4",
        "system.coupling_mhz=1",
        "system.electron_ghz=94",
        "system.ising=true",
        "bath.temperature_k=3",
        "bath.t1_us=3",
        "bath.t_star_us=3",
        "bath.t_zero_us=3",
        "bath.times_factor=3",
        "drive.frequency_ghz=93.8",
        "drive.amplitude_mhz=0.1",
        "drive.sites=[0]",
        "model=hilbert",
        "solver.rtol=1e-9",
        "solver.method=dressed",
        "ensemble.realizations=17",
        "ensemble.seed=1",
        "observables.names=[polarization]",
        "observables.epr_bin_mhz=0.2",
        "observables.epr_half_width_mhz=5",
        "observables.kept_spins=2",
    ],
)
def test_fingerprint_sees_every_parameter(word: str) -> None:
    assert plan(word).jobs[0].fingerprint != plan().jobs[0].fingerprint


def test_fingerprint_is_the_same_in_another_process() -> None:
    code = (
        "from pathlib import Path; from dnplab.config import make_plan; "
        f"print(make_plan(Path({str(CONF)!r}), ['bath.temperature_k=12']).jobs[0].fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    (job,) = plan("bath.temperature_k=12.0").jobs
    assert done.stdout.strip() == job.fingerprint == job.spec.fingerprint


def test_sweep_id_does_not_depend_on_the_order_of_words() -> None:
    one = plan("model=hilbert,secular", "bath.temperature_k=2,3", multirun=True)
    other = plan("bath.temperature_k=3,2", "model=secular,hilbert", multirun=True)
    more = plan("bath.temperature_k=3,2", "model=secular,hilbert", "ensemble.seed=1", multirun=True)
    assert one.sweep == other.sweep != more.sweep


# --- mistakes


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["bath.temprature_k=3"], ["bath.temprature_k", "did you mean bath.temperature_k?"]),
        (["temperature_k=3"], ["did you mean bath.temperature_k?"]),
        (["+bath.colour=red"], ["There is no config key bath.colour"]),
        (["~bath.t1_us"], ["~bath.t1_us would remove bath.t1_us"]),
        (["bath.temperature_k=warm"], ["bath.temperature_k is 'warm'", "a number"]),
        (["bath.temperature_k=0"], ["bath.temperature_k is 0", "> 0"]),
        (["bath.temperature_k=nan"], ["bath.temperature_k is nan"]),
        (["bath.t1_us=-1"], ["bath.t1_us is -1"]),
        (["bath.t_star_us=0"], ["bath.t_star_us is 0"]),
        (["system.n_spins=0"], ["system.n_spins is 0", "an integer >= 1"]),
        (["system.n_spins=8.5"], ["system.n_spins is 8.5", "an integer"]),
        (["system.n_spins=null"], ["system.n_spins is null", "an integer"]),
        (["system.n_spins=20"], ["system.n_spins is 20", "GiB"]),
        (["system.ising=7"], ["system.ising is 7", "true or false"]),
        (["drive.sites=2"], ["drive.sites is 2", "a list of integers"]),
        (["drive.sites=[8]"], ["drive.sites is [8]", "0 to 7"]),
        (["model=markov"], ["model is 'markov'", "hilbert, nonsecular, secular, ule"]),
        (["model=nonsekular"], ["did you mean nonsecular?"]),
        (["experiment=figure2"], ["experiment is 'figure2'", "fig2"]),
        (["solver.method=magic"], ["solver.method is 'magic'", "dressed"]),
        (["ensemble.realizations=0"], ["ensemble.realizations is 0"]),
        (["observables.names=[colour]"], ["observables.names is ['colour']", "polarization"]),
        (["observables.epr_bin_mhz=9"], ["observables.epr_bin_mhz is 9", "epr_half_width_mhz"]),
        (["model=hilbert,secular"], ["add -m"]),
        (["nonsense"], ["'nonsense' is not understood", "KEY=VALUE"]),
        *[([f"bath={odd}"], [f"bath={odd} is not understood; bath=OPTION takes"]) for odd in ("null", "1", "[1,2]")],
        (["bath.temperature_k=1e-300"], ["bath.temperature_k is 1e-300, but it must be a number from 1e-12 to 1e12."]),
        (["bath.temperature_k=${system.colour}"], ["colour"]),
        (["ensemble.workers=-1"], ["ensemble.workers is -1, but it must be an integer >= 0."]),
        (["ensemble.threads=-1"], ["ensemble.threads is -1, but it must be an integer >= 0."]),
        (["outputs=ünï"], ["'outputs=ünï' is not understood", """needs quotes, as in 'outputs="ünï"'."""]),
        (["outputs=a=b"], ["'outputs=a=b' is not understood", """needs quotes, as in 'outputs="a=b"'."""]),
        (["outputs=~/x"], [f"""needs quotes, as in 'outputs="{Path.home()}/x"'."""]),
        (["outputs=[a"], ["'outputs=[a' is not understood; it must look like KEY=VALUE."]),
    ],
)
def test_a_mistake_is_one_sentence(words: list[str], parts: list[str]) -> None:
    message = complaint(*words)
    for part in parts:
        assert part in message


def test_quoted_values_are_taken_as_they_are() -> None:
    for outputs in ("outputs/ünï", "a=b"):
        (job,) = plan(f'outputs="{outputs}"').jobs
        assert job.config.outputs == outputs


def test_figures_that_are_sweeps_of_their_own_come_one_at_a_time() -> None:
    assert complaint("experiment=fig2,figs5", multirun=True) == (
        "experiment=fig2,figs5: fig2 is a sweep of its own; run one at a time."
    )


@pytest.mark.parametrize("figure", ["fig3", "figs9", "figs10"])
def test_eigenvectors_of_an_undriven_state_are_refused_beforehand(figure: str) -> None:
    message = complaint(f"experiment={figure}", "drive.amplitude_mhz=0")
    assert message.startswith("drive.amplitude_mhz is 0.0, but it must be > 0")
    assert "arbitrary" in message


def test_a_shard_is_a_part_of_the_realizations() -> None:
    (job,) = plan("ensemble.shard=2/3", "ensemble.realizations=8").jobs
    assert (list(job.spec.indices), job.steps, job.name) == ([2, 3, 4], 3, "nonsecular T=12K N=8 shard 2/3")
    for wrong in ("2", "a/3", "0/3", "4/3", "1/9"):
        assert complaint(f"ensemble.shard={wrong}", "ensemble.realizations=8").startswith(f"ensemble.shard is '{wrong}'")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["bath.temperature_k=1.2,12,-3"], "bath.temperature_k is -3"),
        (["model=hilbert,markov"], "model is 'markov'"),
        (["system.n_spins=3,2", "drive.sites=[2]"], "drive.sites is [2]"),
        (["bath.temperature_k=interval(1,2)"], "range("),
        (["system.n_spins=3,8", "solver.method=dense"], "8 spins"),
        (["experiment=crossover", "ensemble.realisations=3"], "did you mean ensemble.realizations?"),
    ],
)
def test_every_value_of_a_sweep_is_checked(words: list[str], part: str) -> None:
    assert part in complaint(*words, multirun=True)


@pytest.mark.parametrize("text", ["bath:\n  temperatur_k: 5\n", "bath:\n  temperature_k: warm\n", "hydra: [\n"])
def test_a_mistake_in_a_config_file_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(f"# @package _global_\n{text}")
    with pytest.raises(DnplabError) as caught:
        make_plan(CONF, ["experiment=mine"], search=tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["7", "0", "'yes'", "null", "[true]", "${system.n_spins}"])
def test_only_true_and_false_are_boolean_in_a_file(value: str, tmp_path: Path) -> None:
    own_experiment(tmp_path, "mine", f"system:\n  ising: {value}\n")
    with pytest.raises(DnplabError, match=r"^system\.ising is .*, but it must be true or false\.$"):
        make_plan(CONF, ["experiment=mine"], search=tmp_path)


def own_experiment(folder: Path, name: str, text: str) -> None:
    (folder / "experiment").mkdir(exist_ok=True)
    (folder / "experiment" / f"{name}.yaml").write_text(f"# @package _global_\n{text}")


def test_a_sweep_over_experiments_of_another_folder(tmp_path: Path) -> None:
    for spins in (2, 3):
        own_experiment(tmp_path, f"of{spins}", f"system:\n  n_spins: {spins}\n")
    found = make_plan(CONF, ["experiment=of2,of3"], multirun=True, search=tmp_path)
    assert [job.spec.n_spins for job in found.jobs] == [2, 3]
    own_experiment(tmp_path, "study", "defaults:\n  - override /study: build_up\n")
    found = make_plan(CONF, ["experiment=study", "build_up.points=5"], search=tmp_path)
    assert found.jobs[0].config.study == "build_up"


@pytest.mark.parametrize(
    ("words", "doubt"),
    [
        (["experiment=regimes", "bath.temperature_k=12000", *TIMES], "Is bath.temperature_k = 12000 in K?"),
        (["experiment=regimes", "drive.amplitude_mhz=628"], "Is drive.amplitude_mhz = 628 in MHz?"),
        (["experiment=build_up", "system.disorder_mhz=5000"], "Is system.disorder_mhz = 5000 in MHz?"),
        (["experiment=build_up", "build_up.rtol=0.5"], "build_up.rtol = 0.5 lets every steady state be wrong by 50%."),
        (["experiment=figs4", "drive.frequency_ghz=93898.8"], "is drive.frequency_ghz right?"),
        (["experiment=single_spin", "single_spin.temperatures_k=[12,1200]"], "Is single_spin.temperatures_k = 1200 in K?"),
        (["experiment=single_spin", "single_spin.electron_ghz=0.0939"], "Is single_spin.electron_ghz = 0.0939 in GHz?"),
        (["observables.names=[epr]", "observables.epr_bin_mhz=4"], "epr_bin_mhz = 4 is too wide to show a spectrum"),
    ],
)
def test_what_looks_like_a_mistake_in_a_unit_is_told_for_every_study(words: list[str], doubt: str) -> None:
    (note,) = plan(*words).notes
    assert doubt in note


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_letters_parameters_raise_no_doubt(name: str) -> None:
    assert plan(f"experiment={name}").notes == ()


# --- the entry point


def test_flags_may_stand_between_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydra's own parser takes one row of overrides, before which the flags are put."""
    monkeypatch.setattr(sys, "argv", ["run", "model=hilbert", "--config-dir", "mine", "-m", "seed=1"])
    assert read_words().overrides == ["model=hilbert", "seed=1"]
    assert sys.argv == ["run", "--config-dir", "mine", "-m", "model=hilbert", "seed=1"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "experiments.run", *words], cwd=ROOT, capture_output=True, text=True)


def test_help_is_a_page_that_names_every_group_and_key() -> None:
    page = run("--help")
    assert page.returncode == 0
    for word in [*GROUPS, "experiment", *EXPERIMENTS, *(key.rpartition(".")[2] for key in keys_of("ensemble"))]:
        assert word in page.stdout
    assert len(page.stdout.splitlines()) < 95


@pytest.mark.parametrize("name", STUDIES)
def test_help_of_a_study_shows_its_keys(name: str) -> None:
    page = run("--help", f"experiment={name}")
    assert page.returncode == 0
    for key in keys_of(plan(f"experiment={name}").jobs[0].config.study):
        assert key.rpartition(".")[2] in page.stdout


def test_help_and_checks_do_not_import_mlflow() -> None:
    code = (
        "import sys; sys.argv = ['run', 'bath.temperature_k=-1']; import experiments.run as run; "
        "assert run.main() == 2; assert 'mlflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "bath.temperature_k is -1.0, but it must be a finite number > 0."


def test_cfg_prints_the_values_of_a_command() -> None:
    shown = run("--cfg", "job", "experiment=crossover", "bath.temperature_k=3")
    assert shown.returncode == 0
    assert "temperature_k: 3.0" in shown.stdout


def test_cfg_is_of_one_run() -> None:
    shown = run("--cfg", "job", "-m", "study=phonons")
    assert shown.returncode == 2
    assert shown.stderr.strip() == "--cfg prints the config of one run; leave out -m, and give one value of each key."


def test_cfg_needs_no_memory() -> None:
    shown = run("--cfg", "job", "system.n_spins=20")
    assert shown.returncode == 0, shown.stderr
    assert "n_spins: 20" in shown.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bootstrap=abc"], "bootstrap is 'abc', but it must be an integer."),
        (["bootstrap=1"], "bootstrap is 1, but it must be a number of resamples from 2 to 1000000."),
        (["seed=-1"], "seed is -1, but it must be an integer >= 0."),
        (["seed=1,2"], "seed=1,2 names several values, but seed takes one here."),
        (["swep=x"], "There is no config key swep; did you mean sweep?"),
        (["outputs="], "outputs is '', but it must be the path of a folder."),
        (["botstrap=10"], "There is no config key botstrap; did you mean bootstrap?"),
        (["tracking.colour=red"], "There is no config key tracking.colour; it may be tracking.uri, tracking.experiment."),
        (["nonsense"], "'nonsense' is not understood; it must look like KEY=VALUE."),
        (
            ["outputs=x", "-m", "seed=1"],
            "-m is for python -m experiments.run; this command takes one value for each key.",
        ),
    ],
)
def test_a_mistake_in_the_crossover_command_is_one_sentence(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crossover", *words])
    assert crossover.main() == 2
    assert capsys.readouterr().err.strip() == message


def test_points_that_repeat_others_are_one_run() -> None:
    """Their sweep keeps the id that it has had."""
    asked = plan("model=hilbert,secular", "bath.temperature_k=4,4.0", "ensemble.realizations=3", multirun=True)
    assert (len(asked.jobs), len(asked.points)) == (4, 2)
    assert [job.params["model"] for job in asked.distinct] == ["hilbert", "secular"]
