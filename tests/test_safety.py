"""What a config may not do, and what of it looks like a mistake: paths, code, units."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnplab.config import ConfigError, Plan, make_plan

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["system.n_spins=3", "ensemble.realizations=1"]
TIMES = ["bath.t1_us=1.6", "bath.t_star_us=0.16", "bath.t_zero_us=0.16"]  # else they follow the temperature


def plan(*words: str, multirun: bool = False, search: Path | None = None) -> Plan:
    return make_plan(ROOT / "conf", [*SMALL, *words], multirun=multirun, search=search)


def complaint(*words: str, multirun: bool = False, search: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        plan(*words, multirun=multirun, search=search).require_outputs()
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- places


def test_outputs_must_be_a_folder_that_can_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("thesis")
    for word in (f"outputs={tmp_path}/file", f"outputs={tmp_path}/file/sub"):
        assert "file', but it must be a folder that can be written to" in complaint(word).replace("file/sub", "file")
    for word in ("outputs=", "outputs='  '"):
        assert complaint(word).endswith("but it must be the path of a folder.")
    plan(f"outputs={tmp_path}/new/sub").require_outputs()
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("outputs", ["../elsewhere", "outputs/../../elsewhere", ".."])
def test_relative_outputs_stay_below_the_working_directory(outputs: str) -> None:
    assert complaint(f"outputs={outputs}") == (
        f"outputs is {outputs!r}, which leaves the working directory; give it as an absolute path."
    )


@pytest.mark.parametrize(
    "word",
    [
        "hydra.run.dir=../records",
        "hydra.run.dir=records",
        "hydra.sweep.dir=outputs/../records",
        "hydra.sweep.subdir=../../../../../records",
        "tracking.uri=sqlite:///runs.db",
        "tracking.uri=sqlite:///outputs/../runs.db",
    ],
)
def test_relative_paths_stay_inside_the_output_folder(word: str) -> None:
    message = complaint(word)
    assert message.startswith(word.partition("=")[0])
    assert message.endswith("which lies outside the output folder 'outputs'; give it as an absolute path.")


def test_the_folder_of_a_launcher_stays_inside_too() -> None:
    words = ["hydra/launcher=slurm", "bath.temperature_k=1.2,12"]
    plan(*words, multirun=True)
    assert complaint(*words, "hydra.launcher.submitit_folder=../logs", multirun=True).startswith(
        "hydra.launcher.submitit_folder is '../logs', which lies outside the output folder"
    )


def test_absolute_paths_and_paths_inside_are_taken(tmp_path: Path) -> None:
    plan(f"hydra.run.dir={tmp_path}/records", f"tracking.uri=sqlite:///{tmp_path}/runs.db")
    plan("hydra.run.dir=outputs/records", "tracking.uri=sqlite:///outputs/runs.db", "outputs=outputs")
    plan("outputs=results", "tracking.uri=sqlite:///results/runs.db").require_outputs()


def test_a_reference_to_nothing_is_one_sentence() -> None:
    assert complaint("hydra.run.dir=${nothing}") == (
        "hydra.run.dir cannot be resolved: Interpolation key 'nothing' not found."
    )


# --- code


@pytest.mark.parametrize(
    "word",
    [
        "hydra.launcher._target_=os.system",
        "+hydra.callbacks.mine={_target_: b.c}",
        "+hydra.callbacks.mine={_target_: hydra.utils.get_object, path: b.c}",
        "+hydra.job.env_set.PYTHONPATH=/elsewhere",
        "+hydra.job_logging.handlers={a: {class: os.system}}",
        "+hydra.job_logging.stream=ext://os.environ",
        "hydra.searchpath=[pkg://antigravity]",
        "+hydra.job_logging.handlers.mine={class: logging.os.mkdir, path: x}",
        "hydra.launcher._target_=hydra_plugins.hydra_joblib_launcher.joblib_launcher.os.mkdir",
        "hydra.launcher._target_='${by_size:3,{8:os.mkdir}}'",
    ],
)
def test_no_word_names_code(word: str) -> None:
    message = complaint(word)
    assert "names code to be run" in message or "names a package, which would be imported" in message


@pytest.mark.parametrize(
    "word",
    [
        "+hydra.job_logging.handlers.mine='${by_size:3,{8:{class:zipfile.ZipFile,file:x.zip,mode:w}}}'",
        "+hydra.job_logging.handlers.mine='${oc.create:{class:zipfile.ZipFile,file:x.zip,mode:w}}'",
        "+hydra.job_logging.stream='${drive.sites}://os.environ'",  # a piece of ext://
        "+hydra.launcher.mine='${by_size:3,{8:{_target_:os.mkdir}}}'",
        "hydra.run.dir='outputs/${by_size:3,{8:..}}/../x'",
    ],
)
def test_no_reference_hides_code_or_a_path(word: str) -> None:
    key, _, value = word.lstrip("+").partition("=")
    assert complaint(word) == (
        f"{key} is {value}, but references among Hydra's keys are ${{KEY}}, none in those of logging."
    )


def test_no_reference_hides_a_file() -> None:
    assert complaint("hydra.sweep.subdir='${tracking.question}'") == (
        "hydra.sweep.subdir is '${tracking.question}', but its references may be ${hydra.job.num} or .name."
    )
    moved = "tracking.uri='sqlite:///outputs/${by_size:${system.n_spins},{3:../..,8:a}}/runs.db'"
    assert "which lies outside the output folder" in complaint(moved)
    assert "which lies outside the output folder" in complaint(moved, "system.n_spins=3,2", multirun=True)
    log = "hydra.job_logging.handlers.file.filename='${hydra.runtime.output_dir}/${tracking.question}'"
    assert complaint("hydra/job_logging=default", log).endswith("but a log goes to ${hydra.runtime.output_dir}/NAME.")
    plan("hydra/job_logging=default", log.replace("tracking.question", "hydra.job.name"))


def test_no_file_names_code_either(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\nhydra:\n  callbacks:\n    mine:\n      _target_: os.system\n"
    )
    assert "names code to be run" in complaint("experiment=mine", search=tmp_path)


def test_no_option_of_a_sweep_does(tmp_path: Path) -> None:
    (tmp_path / "ensemble").mkdir()
    for name in ("mine1", "mine2"):
        text = "# @package _global_\nhydra:\n  callbacks:\n    mine:\n      _target_: os.system\n"
        (tmp_path / "ensemble" / f"{name}.yaml").write_text(text)
    assert "names code to be run" in complaint("ensemble=mine1,mine2", multirun=True, search=tmp_path)


@pytest.mark.parametrize("word", ["hydra.output_subdir=../../x", "hydra.job.name=../x", "hydra.job.name=/x"])
def test_names_of_hydra_are_no_paths(word: str) -> None:
    assert complaint(word).endswith("but it must be a name without a path.")


def test_logs_go_where_hydra_puts_them() -> None:
    words = ["hydra/job_logging=default", "hydra.job_logging.handlers.file.filename=../x.log"]
    assert complaint(*words).endswith("but a log goes to ${hydra.runtime.output_dir}/NAME.")


def test_hydras_own_logging_and_launchers_are_no_foreign_code() -> None:
    plan("hydra/job_logging=default", "hydra/hydra_logging=default")
    for launcher in ("basic", "local", "slurm", "submitit_local"):
        plan(f"hydra/launcher={launcher}", "bath.temperature_k=1.2,12", multirun=True)


def test_all_runs_of_a_sweep_go_to_one_store() -> None:
    for word in ("outputs=a,b", "tracking.experiment=a,b"):
        assert complaint(word, multirun=True) == f"{word} names several values, but all runs of a sweep go to one store."


# --- units


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["drive.frequency_ghz=93898.8"], "is drive.frequency_ghz right?"),
        (["drive.frequency_ghz=0.0938988"], "is drive.frequency_ghz right?"),
        (["drive.frequency_ghz=9.4"], "is drive.frequency_ghz right?"),
        (["drive.amplitude_mhz=628"], "Is drive.amplitude_mhz = 628 in MHz?"),
        (
            ["model=correlation", "bath=uniform", "observables=profile", "bath.t_zero_us=16"],
            "bath.t_zero_us = 16 is 75 exchanges (1/U) of spins long: truncation_error is an estimate there, but no bound.",
        ),
        (
            ["model=correlation", "bath=uniform", "system.n_spins=30"],
            "observables.names has epr, which takes long at system.n_spins = 30; observables=profile is without.",
        ),
        (["drive.amplitude_mhz=6.28e-4"], "drive.amplitude_mhz = 0.000628 hardly acts"),
        (["system.electron_ghz=93900", "drive=off"], "Is system.electron_ghz = 93900 in GHz?"),
        (["system.electron_ghz=0.0939", "drive=off"], "Is system.electron_ghz = 0.0939 in GHz?"),
        (["system.coupling_mhz=750"], "Is system.coupling_mhz = 750 in MHz?"),
        (["system.disorder_mhz=5000", "observables=eigenstates"], "It is 5% of system.electron_ghz."),
        (["bath.t1_us=1.6e-3"], "Is bath.t1_us = 0.0016 in µs?"),
        (["bath.t_star_us=1.6e-7"], "Is bath.t_star_us = 1.6e-07 in µs? It is shorter than a turn of the electrons"),
        (["bath.temperature_k=0.0012"], "Is bath.temperature_k = 0.0012 in K?"),
        (["bath.temperature_k=12000", *TIMES], "Is bath.temperature_k = 12000 in K?"),
        (["observables.epr_half_width_mhz=0.5"], "cuts off lines"),
    ],
)
def test_a_unit_that_looks_wrong_is_told(words: list[str], part: str) -> None:
    (note,) = plan(*words).notes
    assert part in note


@pytest.mark.parametrize("experiment", ["crossover", *(f"fig{k}" for k in "123"), *(f"figs{k}" for k in range(5, 11))])
def test_nothing_of_the_letter_looks_wrong(experiment: str) -> None:
    assert make_plan(ROOT / "conf", [f"experiment={experiment}"], multirun=True).notes == ()
