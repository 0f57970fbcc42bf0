"""Reading a sweep back from a store, and summarising it: made-up runs in a real SQLite store."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dnplab.analysis import read_sweep
from dnplab.errors import TrackingError
from dnplab.tracking import Store, declare_sweep, default_uri, find_runs, tracked_run
from experiments.crossover import summarise
from tests.analysis.synthetic import realizations

EXPERIMENT = "dnplab"
TEMPERATURES = (1.2, 12.0)
PARAMS = {
    "system.n_spins": 4,
    "system.electron_ghz": 93.9,
    "drive.frequency_ghz": 93.8988,
    "drive.sites": "all",
    "ensemble.seed": 0,
    "ensemble.realizations": 4,
}


@dataclass(frozen=True)
class Tracked:
    """A store in a temporary output folder."""

    store: Store
    outputs: Path

    def add(self, sweep: str, numerics: str = "v1", skip: int = 0, **params: Any) -> None:
        """Track a run per model and temperature, without the last `skip` of them."""
        values = realizations(count=4, temperatures=TEMPERATURES)
        points = list(values.groupby(["model", "temperature_k"], sort=False))
        for number, ((model, temperature), rows) in enumerate(points[: len(points) - skip]):
            chosen = {**PARAMS, **{k.replace("__", "."): v for k, v in params.items()}}
            chosen |= {"model": model, "bath.temperature_k": temperature, "bath.t1_us": 160 / temperature}
            mark = "-".join(map(str, [sweep, numerics, number, *params.values()]))
            tags = {"model": model, "sweep": sweep, f"sweep.{sweep}": "1", "numerics": numerics}
            tags["code_version"] = f"commit {number}"  # those of figures and pages change no number
            with tracked_run(self.store, name=mark, fingerprint=mark, params=chosen, tags=tags) as run:
                table = rows.drop(columns=["model", "temperature_k"]).set_index("realization")
                spins = pd.DataFrame({"realization": [0, 0], "spin": [0, 1], "offset_mhz": [-1.0, 1.0]})
                spins["polarization"], spins["boltzmann"] = [-0.1, -0.2], -0.9
                run.log(metrics={"check.excluded": 0.0})
                folder = self.outputs / "staged"
                folder.mkdir(exist_ok=True)
                table.to_parquet(folder / "realizations.parquet")
                spins.to_parquet(folder / "spins.parquet")
                run.log_files(folder)

    def declare(self, sweep: str, **further: list[Any]) -> None:
        axes = {"model": ["hilbert", "secular", "nonsecular"], "bath.temperature_k": [1.2, 12.0]}
        axes |= {key.replace("__", "."): values for key, values in further.items()}
        declare_sweep(self.store, sweep, [dict(zip(axes, values, strict=True)) for values in product(*axes.values())])


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    outputs = tmp_path_factory.mktemp("outputs")
    made = Tracked(Store(default_uri(outputs), EXPERIMENT, outputs / "mlartifacts"), outputs)
    made.declare("whole")
    made.add("whole")
    made.declare("torn")
    made.add("torn", skip=2)
    made.add("torn", numerics="v2", skip=3)
    made.declare("sizes", system__n_spins=[4, 6])
    made.add("sizes", system__n_spins=4)
    made.add("sizes", system__n_spins=6)
    made.declare("baths", bath__process=["none", "direct"])
    made.add("baths", bath__process="none", bath__t_zero_us=1.0)
    made.add("baths", bath__process="direct", bath__t_zero_us=2.0, bath__coupling_ratio=0.1)
    made.add("seeds", skip=4, ensemble__seed=0)
    made.add("seeds", skip=4, ensemble__seed=1)
    made.declare("empty")
    made.declare("sizes", system__n_spins=[4, 6])  # asked for once more
    return made


def test_a_row_per_run_and_long_tables(tracked: Tracked) -> None:
    found = read_sweep(tracked.store.uri, EXPERIMENT, "whole")
    assert len(found.runs) == 6
    assert len(found.realizations) == 6 * 4
    assert len(found.spins) == 6 * 2
    assert found.groups == ()  # the bath's times follow the temperature and tell nothing apart
    assert found.completeness == "All 6 points have a finished run."
    assert found.warnings == ()
    assert {"model", "temperature_k", "realization", "ansatz_deviation"} <= set(found.realizations)


def test_missing_points_repeats_and_mixed_code_are_said(tracked: Tracked) -> None:
    found = read_sweep(tracked.store.uri, EXPERIMENT, "torn")
    assert found.completeness == "2 of 6 points have no finished run: nonsecular at 1.2 K; nonsecular at 12 K."
    assert len(found.runs) == 4
    assert any("2 versions of the code: v1, v2" in warning for warning in found.warnings)
    assert any("3 finished runs repeat" in warning for warning in found.warnings)
    kept = found.runs.set_index(["model", "bath.temperature_k"])["numerics"]
    assert kept["hilbert", 1.2] == "v2"  # the newest


def test_swept_sizes_are_groups(tracked: Tracked) -> None:
    found = read_sweep(tracked.store.uri, EXPERIMENT, "sizes")
    assert found.groups == ("system.n_spins",)
    assert found.expected == 12
    assert not found.missing
    assert found.realizations.columns[0] == "system.n_spins"


def test_different_samples_are_never_mixed(tracked: Tracked) -> None:
    """The sweep was not declared; the runs say that the seed differs."""
    found = read_sweep(tracked.store.uri, EXPERIMENT, "seeds")
    assert found.groups == ("ensemble.seed",)
    assert any("not known which points were asked for" in warning for warning in found.warnings)


def test_the_sweep_that_was_asked_for_last_is_the_default(tracked: Tracked) -> None:
    assert read_sweep(tracked.store.uri, EXPERIMENT).name == "sizes"


@pytest.mark.parametrize(
    ("experiment", "sweep", "message"),
    [
        (EXPERIMENT, "typo", "no sweep 'typo'.*known sweeps: baths, empty, sizes, torn, whole"),
        (EXPERIMENT, "empty", "'empty' has no finished run yet"),
        ("other", "whole", "tracking.experiment is 'other', but .* holds .*dnplab"),
    ],
)
def test_what_is_not_there_is_said(tracked: Tracked, experiment: str, sweep: str, message: str) -> None:
    with pytest.raises(TrackingError, match=message):
        read_sweep(tracked.store.uri, experiment, sweep)


def test_reading_creates_no_store(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="no tracking store"):
        read_sweep(default_uri(tmp_path / "nowhere"), EXPERIMENT)
    assert not list(tmp_path.iterdir())


def test_reading_creates_no_experiment(tracked: Tracked) -> None:
    with pytest.raises(TrackingError, match="'mistyped'"):
        read_sweep(tracked.store.uri, "mistyped")
    assert "mistyped" not in {found.name for found in tracked.store.client.search_experiments()}


def test_what_follows_from_the_kind_of_bath_tells_no_curves_apart(tracked: Tracked) -> None:
    """Times and couplings go with the process; a coupling that only some runs have must not lose the others."""
    found = read_sweep(tracked.store.uri, EXPERIMENT, "baths")
    assert found.groups == ("bath.process",)
    assert set(found.realizations["bath.process"]) == {"none", "direct"}
    assert found.missing == ()


def test_summary_files_and_runs(tracked: Tracked, capsys: pytest.CaptureFixture[str]) -> None:
    first = summarise(tracked.store.uri, EXPERIMENT, "whole", tracked.outputs, bootstrap=50)
    folder = tracked.outputs / "crossover" / "whole"
    expected = {"crossover.csv", "crossover.parquet", "crossover_temperature.csv", "crossover_definitions.csv"}
    expected |= {"crossover.png", "definitions.png"}
    assert {file.name for file in folder.iterdir()} == expected | {"profiles.png"}
    printed = capsys.readouterr().out
    assert all(name in printed for name in expected)
    before = (folder / "crossover.csv").read_bytes()
    second = summarise(tracked.store.uri, EXPERIMENT, "whole", tracked.outputs, bootstrap=50)
    assert (folder / "crossover.csv").read_bytes() == before
    assert first.files == second.files

    store = tracked.store.sibling("crossover")
    runs = find_runs(store, summary="true", sweep="whole")
    assert {run.tags["model"] for run in runs} == {"hilbert", "secular", "nonsecular"}
    assert len(runs) == 3  # summarising again replaces
    curve = store.client.get_metric_history(runs[0].run_id, "ansatz_deviation")
    assert [metric.step for metric in curve] == [1200, 12000]
    assert expected <= store.artifact_names(runs[0].run_id)


def test_a_grouped_sweep_logs_a_summary_per_curve(tracked: Tracked) -> None:
    summarise(tracked.store.uri, EXPERIMENT, "sizes", tracked.outputs, bootstrap=20)
    runs = find_runs(tracked.store.sibling("crossover"), summary="true", sweep="sizes")
    assert len(runs) == 6
    assert {run.params["system.n_spins"] for run in runs} == {"4.0", "6.0"}
    assert {run.tags["model"] for run in runs} == {"hilbert", "secular", "nonsecular"}
    assert {run.tags["group"] for run in runs} == {"system.n_spins = 4", "system.n_spins = 6"}
