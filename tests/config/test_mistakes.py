"""Every mistake is one sentence with its key, before anything is computed; what looks like one is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dnplab.config import make_plan
from dnplab.errors import DnplabError
from experiments import crossover
from tests.config.common import (
    CONF,
    EXPERIMENTS,
    TIMES,
    complaint,
    own_experiment,
    plan,
)


def test_a_word_that_a_study_does_not_read_is_refused() -> None:
    assert complaint("experiment=figs11", "system.n_spins=3").startswith("system.n_spins=3 would change nothing: the study")
    assert complaint("three_level.points=3").startswith("three_level.points=3 would change nothing: the study ensemble")
    (note,) = plan("experiment=figs11", "ensemble=full").notes
    assert note == "ensemble=full changes nothing here: the study three_level does not read it."


def test_unlike_jobs_that_cannot_be_one_sweep() -> None:
    both = complaint("study=phonons,ensemble", multirun=True)
    assert both == "study is phonons and ensemble, but a sweep must be of ensembles or of studies, not of both."
    stray = complaint("study=phonons,regimes", "phonons.t1_us=10,20", multirun=True)
    assert stray.startswith("phonons.t1_us=10,20 would change nothing: the study regimes reads")


def test_times_that_do_not_follow_the_temperature_are_told() -> None:
    told = "bath=table1_fast fixes T_1, T* and T(0), which do not follow bath.temperature_k; with bath=letter they do."
    assert plan("bath=table1_fast", "bath.temperature_k=4", "system.n_spins=3").notes == (told,)
    times = ["bath.t1_us=1", "bath.t_star_us=1", "bath.t_zero_us=1"]
    assert plan("bath=table1_fast", "bath.temperature_k=4", *times, "system.n_spins=3").notes == ()


def test_only_the_points_of_a_sweep_are_checked() -> None:
    """The default of 8 spins, which a dense solution cannot reach, is not asked for."""
    assert len(plan("system.n_spins=3,4", "solver.method=dense", multirun=True).jobs) == 2


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


def test_figures_that_are_sweeps_of_their_own_come_one_at_a_time() -> None:
    assert complaint("experiment=fig2,figs5", multirun=True) == (
        "experiment=fig2,figs5: fig2 is a sweep of its own; run one at a time."
    )


@pytest.mark.parametrize("figure", ["fig3", "figs9", "figs10"])
def test_eigenvectors_of_an_undriven_state_are_refused_beforehand(figure: str) -> None:
    message = complaint(f"experiment={figure}", "drive.amplitude_mhz=0")
    assert message.startswith("drive.amplitude_mhz is 0.0, but it must be > 0")
    assert "arbitrary" in message


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
