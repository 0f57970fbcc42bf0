"""The configs of experiment=thermodynamic_limit: paths through the baths, values by size, the drive by its saturation."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from dnplab.config import Plan, make_plan, resolved, to_spec
from dnplab.config.by_size import by_size
from dnplab.ensemble import EnsembleSpec
from dnplab.tracking import Store, default_uri, find_runs
from dnplab.units import RAD_US_PER_MHZ
from experiments import run as entry
from tests.systems.test_questions import command

ROOT = Path(__file__).resolve().parents[1]
CONF = ROOT / "conf"
LIMIT = "experiment=thermodynamic_limit"
BY_SIZE = 'ensemble.realizations="${by_size:${system.n_spins},{8:16,14:12}}"'
SATURATION = (0.628 * RAD_US_PER_MHZ) ** 2 * 1.6 * 0.16  # of Table I at 12 K with T* = T(0)


def plan(*words: str, multirun: bool = False) -> Plan:
    return make_plan(CONF, words, multirun=multirun)


def specs(*words: str) -> list[EnsembleSpec]:
    return [job.spec for job in plan(LIMIT, *words).jobs]


def drawn(spec: EnsembleSpec) -> tuple[float, float, float, float]:
    """What a path changes: temperature, T_1, T_z and the drive."""
    assert spec.bath.uniform_dephasing
    return spec.bath.temperature_k, spec.bath.t1_us, spec.bath.t_zero_us, spec.drive.amplitude_mhz


@pytest.mark.parametrize(
    ("path", "count", "first", "last"),
    [
        ("temperature", 11, (1.2, 160.0, 1.6, 0.628), (50.0, 160.0 * (1.2 / 50) ** 2, 1.6 * 1.2 / 50, 0.628)),
        ("dephasing", 10, (12.0, 1.6, 0.01, 0.628), (12.0, 1.6, 5.12, 0.628)),
        ("all_times", 10, (12.0, 0.1, 0.01, 0.628 * 16), (12.0, 51.2, 5.12, 0.628 / 32)),
    ],
)
def test_a_path(path: str, count: int, first: tuple[float, ...], last: tuple[float, ...]) -> None:
    found = list(dict.fromkeys(drawn(spec) for spec in specs(f"path={path}")))
    assert len(found) == count
    assert found[0] == pytest.approx(first, rel=1e-12)
    assert found[-1] == pytest.approx(last, rel=1e-12)
    assert (12.0, 1.6, 0.16, 0.628) in found  # the three meet in Table I, in one run


def test_temperature_is_the_path_where_none_is_named() -> None:
    assert plan(LIMIT).sweep == plan(LIMIT, "path=temperature").sweep != plan(LIMIT, "path=dephasing").sweep


def test_the_saturation_of_a_path_stays() -> None:
    for spec in specs("path=all_times"):
        omega_1 = RAD_US_PER_MHZ * spec.drive.amplitude_mhz
        assert omega_1**2 * spec.bath.t1_us * spec.bath.t_zero_us == pytest.approx(SATURATION, rel=1e-11)


def test_an_amplitude_and_its_saturation_are_one_run() -> None:
    (plain,) = plan("bath=uniform").jobs
    (saturated,) = plan("bath=uniform", "drive.amplitude_mhz=null", f"drive.saturation={SATURATION!r}").jobs
    assert saturated.fingerprint == plain.fingerprint
    assert saturated.params == plain.params
    assert "drive.saturation" not in saturated.params
    (dark,) = plan("bath=uniform", "drive.amplitude_mhz=null", "drive.saturation=0").jobs
    assert dark.fingerprint == plan("bath=uniform", "drive.amplitude_mhz=0").jobs[0].fingerprint


def test_times_and_their_factor_are_one_run() -> None:
    (scaled,) = plan("bath=uniform", "bath.times_factor=0.0625").jobs
    (written,) = plan("bath=uniform", "bath.t1_us=0.1", "bath.t_zero_us=0.01").jobs
    assert scaled.fingerprint == written.fingerprint
    (plain,) = plan("bath=full_localization", "bath.times_factor=1").jobs  # a factor of 1 leaves all 17 digits of a time
    assert plain.spec.bath.t1_us == 15.915494309189534
    (unlike,) = plan("bath=table1_slow", "bath.times_factor=2").jobs
    assert (unlike.spec.bath.t1_us, unlike.spec.bath.t_star_us, unlike.spec.bath.t_zero_us) == (320.0, 160.0, 3.2)


def test_a_resolved_config_describes_the_same_run() -> None:
    words = ["bath=uniform", "bath.times_factor=4", "drive.amplitude_mhz=null", "drive.saturation=2"]
    (job,) = plan(*words).jobs
    written = resolved(job.config)
    assert to_spec(written) == job.spec
    assert (written.bath.times_factor, written.drive.saturation) == (1.0, None)
    assert written.drive.amplitude_mhz == job.params["drive.amplitude_mhz"]


def test_a_study_logs_the_resolved_drive_and_times() -> None:
    words = ["experiment=regimes", "bath=uniform", "bath.times_factor=4"]
    (job,) = plan(*words, "drive.amplitude_mhz=null", f"drive.saturation={SATURATION!r}").jobs
    (other,) = plan(
        "experiment=regimes", "bath=uniform", "bath.t1_us=6.4", "bath.t_zero_us=0.64", "drive.amplitude_mhz=0.157"
    ).jobs
    assert job.fingerprint == other.fingerprint
    assert job.params == other.params
    assert "drive.saturation" not in job.params


def test_a_drive_by_saturation_is_doubted_like_any_other() -> None:
    (note,) = plan("bath=uniform", "drive.amplitude_mhz=null", "drive.saturation=1e6").notes
    assert note.startswith("Is drive.amplitude_mhz = 314.")


# --- values by size


def test_the_smallest_size_that_is_large_enough_counts() -> None:
    table = {20: "many", 8: "few"}
    assert [by_size(n_spins, table) for n_spins in (1, 8, 9, 20)] == ["few", "few", "many", "many"]
    with pytest.raises(ValueError, match=r"^by_size has no value for system\.n_spins=21, its table ends at 20\.$"):
        by_size(21, table)


NO_TABLES = [(), (8,), (8, 3), (8, {}), (8, {"a": 1}), (8, {0: 1}), (8, {8.5: 1}), ("8", {8: 1})]
CODE = {"class": "zipfile.ZipFile", "file": "x.zip"}  # a mapping would be made where nothing has looked for code


@pytest.mark.parametrize("arguments", [*NO_TABLES, (8, {8: CODE}), (8, {8: 1, 20: CODE}), (8, {8: [1]}), (8, {8: (1,)})])
def test_a_table_of_something_else(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"^by_size takes "):
        by_size(*arguments)


def test_a_table_may_be_typed() -> None:
    found = plan(BY_SIZE, "system.n_spins=3,9", "model=by_size", "bath=uniform", multirun=True)
    assert [job.spec.realizations for job in found.jobs] == [16, 12]


def test_a_process_that_only_imports_the_configs_knows_it() -> None:
    """As those of a launcher do, which unpickle a config that was composed elsewhere."""
    code = (
        "import dnplab.config; from omegaconf import OmegaConf; "
        "print(OmegaConf.create({'n': 9, 'm': '${by_size:${n},{8:few,20:many}}'}).m)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "many"


def test_what_two_models_share_is_one_run() -> None:
    words = ["model=by_size,correlation", "system.n_spins=8,20", "bath=uniform", "observables=profile"]
    asked = plan(*words, multirun=True)
    assert [(job.spec.model, job.spec.order, job.spec.n_spins) for job in asked.jobs] == [
        ("nonsecular", None, 8),
        ("correlation", 3, 20),
        ("correlation", 3, 8),
        ("correlation", 3, 20),
    ]
    assert len(asked.distinct) == len(asked.points) == 3


@pytest.mark.parametrize(
    ("scale", "samples"),
    [
        ("quick", {4: 16, 6: 16, 8: 16, 14: 12, 20: 8}),
        ("full", {4: 96, 6: 96, 8: 96, 14: 96, 20: 96, 30: 24}),
    ],
)
def test_sizes(scale: str, samples: dict[int, int]) -> None:
    found = specs(f"ensemble={scale}")
    assert {spec.n_spins: spec.realizations for spec in found} == samples
    exact = {spec.n_spins for spec in found if spec.model == "nonsecular"}
    assert exact == {size for size in samples if size <= 10}
    assert {spec.n_spins for spec in found if spec.model == "correlation"} == set(samples)


def test_what_is_typed_wins() -> None:
    words = ["ensemble=full", "system.n_spins=4,5,6", "ensemble.realizations=3", "model=correlation", "correlation.order=2"]
    found = specs(*words, "path=all_times", "bath.times_factor=0.5,1,2,3,4")
    assert {(spec.model, spec.order, spec.realizations) for spec in found} == {("correlation", 2, 3)}
    times_us = (0.8, 1.6, 3.2, 4.8, 6.4)
    assert {(spec.n_spins, spec.bath.t1_us) for spec in found} == {(n, time) for n in (4, 5, 6) for time in times_us}


# --- from the command line


def test_a_path_from_a_fresh_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too few points for an answer: the sweep ends with the table of any sweep. Both models ask for the run of N = 12."""
    words = [LIMIT, "path=all_times", "system.n_spins=4,12", "bath.times_factor=0.0625,1", "ensemble.realizations=2"]
    words += ["summary=crossover", "ensemble.workers=1", f"outputs={tmp_path}"]
    assert command(entry, words, monkeypatch) == 0
    printed = capsys.readouterr().out
    assert "6 runs, 12 realizations. 2 of the 8 points asked for repeat others." in printed
    assert "All 6 points have a finished run." in printed
    store = Store(default_uri(tmp_path), "dnplab-thermodynamic-limit", create=False)
    runs = [run for run in find_runs(store) if "summary" not in run.tags]
    found = sorted((int(run.params["system.n_spins"]), run.params["model"], float(run.params["bath.t1_us"])) for run in runs)
    assert found == [
        (size, model, time)
        for size, model in ((4, "correlation"), (4, "nonsecular"), (12, "correlation"))
        for time in (0.1, 1.6)
    ]
    assert {float(run.params["drive.amplitude_mhz"]) for run in runs} == {0.628, 10.048}
    assert all(math.isfinite(run.metrics["obs.profile_deviation"]) for run in runs)
    (table,) = (tmp_path / "crossover").glob("*/crossover.csv")
    assert len(pd.read_csv(table)) > 0

    # again: nothing is left to compute
    assert command(entry, words, monkeypatch) == 0
    assert "6 runs are in the store already." in capsys.readouterr().out
    assert len([run for run in find_runs(store) if "summary" not in run.tags]) == 6


def test_printed_values_may_be_filled_in() -> None:
    command_line = [sys.executable, "-m", "experiments.run", "--cfg", "job", "--resolve", "bath=uniform", "model=by_size"]
    done = subprocess.run([*command_line, "system.n_spins=14", BY_SIZE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in ("model: correlation", "  order: 3", "  realizations: 12"):
        assert line in done.stdout.splitlines()
