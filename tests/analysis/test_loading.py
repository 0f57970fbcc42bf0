"""Loading a sweep as plain DataFrames: every number is that of the store, and what is not there is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from dnplab.analysis import load_profiles, load_samples, load_spectra, load_sweep
from dnplab.errors import DamagedRunError, DnplabError, TrackingError, UndefinedMeasureError
from dnplab.tracking import Store, declare_sweep, default_uri
from tests.analysis.many_runs import MEASURES, ManyRuns


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> ManyRuns:
    made = ManyRuns(tmp_path_factory.mktemp("outputs"))
    made.add("whole")
    made.add("sizes", sizes=(4, 6))
    for sweep in ("partial", "lost", "damaged", "nan", "typo", "unmeasured"):
        made.add(sweep, temperatures=(1.2, 4.0))
    made.add("mixed", models=("hilbert",))
    made.add("mixed", models=("nonsecular",), tags={"numerics": "v2"})
    made.add("mixed", further={"ensemble.seed": "7"})
    made.add("empty")
    made.add("whole")  # asked for last, and newer than the first
    first = made.ids["partial hilbert T=4K N=4"]
    made.change("UPDATE runs SET status = 'FAILED' WHERE run_uuid = ?", first)
    made.change("UPDATE runs SET status = 'RUNNING' WHERE name LIKE 'empty %'")
    (made.folder("lost nonsecular T=4K N=4") / "realizations.parquet").unlink()
    (made.folder("damaged nonsecular T=4K N=4") / "realizations.parquet").write_bytes(b"PAR1")
    made.change(
        "UPDATE latest_metrics SET is_nan = 1, value = 0 WHERE key = 'obs.beta_s' AND run_uuid = ?",
        made.ids["nan nonsecular T=4K N=4"],
    )
    gone = made.ids["nan hilbert T=1.2K N=4"]
    made.change("DELETE FROM latest_metrics WHERE key LIKE 'obs.entropy%' AND run_uuid = ?", gone)
    made.change("INSERT INTO tags VALUES ('undefined.entropy', 'One spin is entangled with nothing.', ?)", gone)
    made.change(
        "UPDATE params SET value = 'four' WHERE key = 'system.n_spins' AND run_uuid = ?", made.ids["typo hilbert T=4K N=4"]
    )
    for name in (name for name in made.ids if name.startswith("unmeasured")):
        (made.folder(name) / "spins.parquet").unlink()
        made.change("DELETE FROM tags WHERE key = 'digests' AND run_uuid = ?", made.ids[name])
    return made


def test_a_row_a_run_with_typed_columns(many: ManyRuns) -> None:
    table = load_sweep("whole", outputs=many.outputs)
    assert table["model"].tolist() == ["hilbert"] * 3 + ["nonsecular"] * 3
    assert table["temperature_k"].tolist() == [1.2, 4.0, 12.0] * 2
    types = {
        name: str(table[name].dtype) for name in ("n_spins", "seed", "realizations", "excluded", "ising", "t1_us", "beta_s")
    }
    assert types == {
        **dict.fromkeys(("n_spins", "seed", "realizations", "excluded"), "int64"), "ising": "bool",
        **dict.fromkeys(("t1_us", "beta_s"), "float64"),
    }  # fmt: skip
    assert str(table["started"].dt.tz) == "UTC"
    assert {"drive_frequency_ghz", "check_worst_residual", "regime_s71", "seconds", "code_version", "numerics"} <= set(table)
    assert not [name for name in table if "." in name or name.startswith("point")]  # params again, for MLflow's pages


def test_every_value_is_that_of_the_store(many: ManyRuns) -> None:
    """By hand: from what was written into the database and the artifacts."""
    table = load_sweep("whole", outputs=many.outputs).set_index("name")
    for name, row in table.iterrows():
        params, samples = many.params[str(name)], many.tables[str(name)]["realizations"]
        assert row["run_id"] == many.ids[str(name)]
        assert row["t1_us"] == float(params["bath.t1_us"])
        assert row["drive_frequency_ghz"] == 93.8988
        for measure in MEASURES:
            assert row[measure] == samples[measure].mean()
            assert row[f"{measure}_sem"] == samples[measure].sem()


def test_samples_profiles_and_spectra_are_the_stored_tables(many: ManyRuns) -> None:
    for load, stem in ((load_samples, "realizations"), (load_profiles, "spins"), (load_spectra, "spectrum")):
        loaded = load("sizes", outputs=many.outputs)
        expected = pd.concat([many.tables[name][stem].reset_index() for name in _names("sizes")], ignore_index=True)
        columns = [name for name in expected if name != "index"]
        pd.testing.assert_frame_equal(loaded[columns], expected[columns])
        for name in _names("sizes"):
            rows = loaded[loaded["run_id"] == many.ids[name]]
            assert set(rows["model"]) == {many.params[name]["model"]}
            assert set(rows["n_spins"]) == {int(many.params[name]["system.n_spins"])}
            assert set(rows["t1_us"]) == {float(many.params[name]["bath.t1_us"])}


def _names(sweep: str) -> list[str]:
    """The runs of a sweep in the order of `load_sweep`: model, temperature, size."""
    return [
        f"{sweep} {model} T={temperature}K N={n}"
        for model in ("hilbert", "nonsecular")
        for temperature in ("1.2", "4", "12")
        for n in (4, 6)
    ]


def test_leading_columns_name_the_run_and_what_varies(many: ManyRuns) -> None:
    samples = load_samples("sizes", outputs=many.outputs)
    front = list(samples.columns[: list(samples.columns).index("realization")])
    assert front == ["run_id", "model", "temperature_k", "n_spins", "t1_us"]


def test_the_sweep_asked_for_last_is_the_default_and_the_newest_run_of_a_point_counts(many: ManyRuns) -> None:
    table = load_sweep(outputs=many.outputs)
    assert (table.attrs["sweep"], table.attrs["experiment"], table.attrs["expected"]) == ("whole", "dnplab", 6)
    assert table.attrs["complete"]
    assert table.attrs["missing"] == []
    assert any("repeat the parameters of a newer one" in warning for warning in table.attrs["warnings"])


def test_tags_filter(many: ManyRuns) -> None:
    table = load_sweep("whole", outputs=many.outputs, tags={"model": "nonsecular", "numerics": "v1"})
    assert set(table["model"]) == {"nonsecular"}
    assert table.attrs["complete"]  # of the sweep
    assert any("6 of 12 finished runs carry the tags" in warning for warning in table.attrs["warnings"])
    with pytest.raises(TrackingError, match="'whole' has the tag 'numerics' with 'v9'; they have 'v1'"):
        load_sweep("whole", outputs=many.outputs, tags={"numerics": "v9"})
    with pytest.raises(TrackingError, match="has the tag 'nobody' with 'x'; they have no such tag"):
        load_sweep("whole", outputs=many.outputs, tags={"nobody": "x"})


def test_a_partial_sweep_says_what_is_missing(many: ManyRuns) -> None:
    for table in (load_sweep("partial", outputs=many.outputs), load_samples("partial", outputs=many.outputs)):
        assert not table.attrs["complete"]
        assert table.attrs["missing"] == [{"model": "hilbert", "temperature_k": 4.0, "n_spins": 4}]
        assert table.attrs["warnings"][0].startswith("1 of 4 points has no finished run: hilbert at 4 K")
    assert len(load_sweep("partial", outputs=many.outputs)) == 3


def test_other_numerics_and_seeds_in_one_table_are_said(many: ManyRuns) -> None:
    table = load_sweep("mixed", outputs=many.outputs)
    assert len(table) == 12
    assert set(table["numerics"]) == {"v1", "v2"}
    warnings = " ".join(table.attrs["warnings"])
    assert "2 versions of the code: v1, v2" in warnings
    assert "2 seeds (0, 7); samples are the same only where the seed is" in warnings
    assert {"seed", "numerics"} <= set(load_samples("mixed", outputs=many.outputs).columns[:8])


def test_a_missing_or_changed_table_is_an_error_and_no_number(many: ManyRuns) -> None:
    assert len(load_sweep("lost", outputs=many.outputs)) == 4  # its means are there
    with pytest.raises(DamagedRunError, match=r"realizations.parquet of the finished run 'lost nonsecular .* is gone"):
        load_samples("lost", outputs=many.outputs)
    with pytest.raises(DamagedRunError, match=r"realizations.parquet of the run .* is not what was logged"):
        load_samples("damaged", outputs=many.outputs)


def test_a_measure_that_a_run_lacks_stays_absent_and_is_named(many: ManyRuns) -> None:
    table = load_sweep("nan", outputs=many.outputs).set_index("name")
    assert np.isnan(table.loc["nan nonsecular T=4K N=4", "beta_s"])
    assert table["beta_s"].notna().sum() == 3
    assert np.isnan(table.loc["nan hilbert T=1.2K N=4", "entropy"])
    warnings = table.attrs["warnings"]
    assert "1 of 4 runs has no beta_s, nan nonsecular T=4K N=4 for one." in warnings
    assert "1 of 4 runs has no entropy, nan hilbert T=1.2K N=4 for one: One spin is entangled with nothing." in warnings


def test_a_parameter_that_is_no_number_is_refused(many: ManyRuns) -> None:
    with pytest.raises(
        DamagedRunError, match=r"parameter system.n_spins of the run .* is 'four', which is not what was logged"
    ):
        load_sweep("typo", outputs=many.outputs)


def test_tables_that_no_run_stored_are_said(many: ManyRuns) -> None:
    with pytest.raises(UndefinedMeasureError, match="'unmeasured' have stored no spins"):
        load_profiles("unmeasured", outputs=many.outputs)
    assert len(load_samples("unmeasured", outputs=many.outputs)) == 4 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sweep": "empty"}, "'empty' has no finished run yet"),
        ({"sweep": "none such"}, "no sweep 'none such'.*known sweeps: damaged, empty"),
        ({"experiment": "other"}, "experiment is 'other'"),
        ({"uri": "nonsense"}, "must be the address of a tracking server"),
        ({"outputs": "nowhere"}, "no tracking store"),
    ],
)
def test_what_is_not_there_is_one_sentence(many: ManyRuns, arguments: dict[str, Any], message: str) -> None:
    for load in (load_sweep, load_samples, load_profiles, load_spectra):
        with pytest.raises(DnplabError, match=message):
            load(**{"outputs": many.outputs, **arguments})


def test_all_experiments_are_looked_through(tmp_path: Path) -> None:
    """As the commands do; a sweep without a table, of studies, is not the latest one."""
    made = ManyRuns(tmp_path)
    made.add("second")
    made.add("first")
    other = Store(default_uri(tmp_path), "other", tmp_path / "mlartifacts")
    declare_sweep(other, "third-1", [{"model": "hilbert"}], summary="crossover")
    made.change("UPDATE tags SET key = 'sweep.third-1' WHERE key = 'sweep.second'")
    made.change("UPDATE runs SET experiment_id = ? WHERE name LIKE 'second %'", other.experiment_id)
    declare_sweep(other, "study-1", [{"study": "phonons"}])
    for table in (load_sweep(outputs=tmp_path), load_samples("third-1", outputs=tmp_path)):
        assert (table.attrs["sweep"], table.attrs["experiment"]) == ("third-1", "other")
    assert load_sweep(outputs=tmp_path, experiment="dnplab").attrs["sweep"] == "first"
    with pytest.raises(TrackingError, match=r"no sweep 'nope' in the store .*: first, second, study-1, third-1"):
        load_sweep("nope", outputs=tmp_path)


def test_attributes_are_plain_values_that_parquet_keeps(many: ManyRuns, tmp_path: Path) -> None:
    table = load_sweep("partial", outputs=many.outputs)
    json.dumps(table.attrs)
    table.to_parquet(tmp_path / "sweep.parquet")
    assert pd.read_parquet(tmp_path / "sweep.parquet").attrs == table.attrs


def test_no_query_a_run(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One paged search: the client is asked once for 240 runs, and never for one run or its files."""
    many = ManyRuns(tmp_path_factory.mktemp("many"))
    many.add("many", temperatures=tuple(np.linspace(1.0, 12.0, 60)), sizes=(4, 6), realizations=2)
    asked: list[str] = []
    for method in ("search_runs", "get_run", "list_artifacts", "download_artifacts", "get_metric_history"):
        monkeypatch.setattr(MlflowClient, method, counted(method, asked))
    assert len(load_sweep(outputs=many.outputs)) == 240
    assert asked == ["search_runs"]
    assert len(load_samples(outputs=many.outputs)) == 480
    assert asked == ["search_runs"] * 2


def counted(method: str, asked: list[str]) -> Callable[..., Any]:
    original = getattr(MlflowClient, method)

    def asks(*args: Any, **words: Any) -> Any:
        asked.append(method)
        return original(*args, **words)

    return asks
