"""Points, sweeps, shards and fingerprints of what is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dnplab.config import make_plan
from tests.config.common import (
    CONF,
    ROOT,
    complaint,
    own_experiment,
    plan,
)


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


def test_a_prefix_does_not_hide_a_key() -> None:
    (job,) = plan("experiment=phonons", "++phonons.t1_us=3").jobs
    assert job.params["phonons.t1_us"] == 3.0


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


def test_a_shard_is_a_part_of_the_realizations() -> None:
    (job,) = plan("ensemble.shard=2/3", "ensemble.realizations=8").jobs
    assert (list(job.spec.indices), job.steps, job.name) == ([2, 3, 4], 3, "nonsecular T=12K N=8 shard 2/3")
    for wrong in ("2", "a/3", "0/3", "4/3", "1/9"):
        assert complaint(f"ensemble.shard={wrong}", "ensemble.realizations=8").startswith(f"ensemble.shard is '{wrong}'")


def test_a_sweep_over_experiments_of_another_folder(tmp_path: Path) -> None:
    for spins in (2, 3):
        own_experiment(tmp_path, f"of{spins}", f"system:\n  n_spins: {spins}\n")
    found = make_plan(CONF, ["experiment=of2,of3"], multirun=True, search=tmp_path)
    assert [job.spec.n_spins for job in found.jobs] == [2, 3]
    own_experiment(tmp_path, "study", "defaults:\n  - override /study: build_up\n")
    found = make_plan(CONF, ["experiment=study", "build_up.points=5"], search=tmp_path)
    assert found.jobs[0].config.study == "build_up"


def test_points_that_repeat_others_are_one_run() -> None:
    """Their sweep keeps the id that it has had."""
    asked = plan("model=hilbert,secular", "bath.temperature_k=4,4.0", "ensemble.realizations=3", multirun=True)
    assert (len(asked.jobs), len(asked.points)) == (4, 2)
    assert [job.params["model"] for job in asked.distinct] == ["hilbert", "secular"]
