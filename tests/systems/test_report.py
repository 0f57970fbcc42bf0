"""The report: one page that tells what a store knows of a sweep, and nothing that it does not know."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from dnplab.analysis import Sweep, find_crossover, read_sweep
from dnplab.errors import TrackingError
from dnplab.tracking import Store, TrackedRun, default_uri, find_runs
from experiments.report import write_report
from tests.systems.html import Page
from tests.systems.outputs import copied, run

ROOT = Path(__file__).resolve().parents[2]
MODELS, TEMPERATURES = ("hilbert", "nonsecular"), ("1.2", "4", "12")
ATTACK = "<script>alert(1)</script><img src=http://evil.example/x.png> & does it \\'hold\\'?"
WORDS = [
    "-m",
    f"model={','.join(MODELS)}",
    f"bath.temperature_k={','.join(TEMPERATURES)}",
    "system.n_spins=3",
    "ensemble.realizations=4",
    "ensemble.workers=1",
]
MOST_BYTES = 5_000_000
FEW = (1.2, 4.0, 12.0)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models at three temperatures, computed with a question that would like to be more than text."""
    folder = tmp_path_factory.mktemp("outputs")
    done = run(*WORDS, f"tracking.question='{ATTACK}'", f"outputs={folder}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def store(outputs: Path) -> Store:
    return Store(default_uri(outputs), "dnplab", create=False)


@pytest.fixture(scope="module")
def sweep(store: Store) -> Sweep:
    return read_sweep(store.uri, "dnplab")


@pytest.fixture(scope="module")
def page(outputs: Path, sweep: Sweep) -> Page:
    """The page that the command writes."""
    done = run(f"outputs={outputs}", module="experiments.report")
    assert done.returncode == 0, done.stderr
    file = outputs / "report" / sweep.name / "report.html"
    assert f"Written to {file}" in done.stdout
    return Page(file)


@pytest.fixture
def changed(outputs: Path, tmp_path: Path) -> Store:
    """A copy of the store, to be spoiled."""
    return Store(default_uri(copied(outputs, tmp_path / "copy")), "dnplab", create=False)


def report(store: Store, sweep: str | None = None) -> Page:
    return Page(write_report(store.uri, None, sweep, Path(store.uri.removeprefix("sqlite:///")).parent))


def the_run(store: Store, model: str, temperature_k: str) -> TrackedRun:
    found = find_runs(store, model=model)
    return next(run for run in found if float(run.params["bath.temperature_k"]) == float(temperature_k))


# --- what the page holds


def test_the_table_holds_the_crossover_rounded_to_its_errors(page: Page, sweep: Sweep) -> None:
    table = find_crossover(sweep).table
    shown = page.table("model", "T / K", "n")
    assert [(row["model"], row["T / K"]) for row in shown] == [(m, t) for m in MODELS for t in TEMPERATURES]
    for row, true in zip(shown, table.to_dict("records"), strict=True):
        value, error = row["ansatz_deviation"].split(" ± ")
        assert float(error) == pytest.approx(true["ansatz_deviation_sem"], rel=0.06)
        assert abs(float(value) - true["ansatz_deviation"]) <= 0.06 * true["ansatz_deviation_sem"]
        assert row["n"] == "4"
    ratio = table.iloc[-1]["ansatz_deviation_over_hilbert"]
    assert float(shown[-1]["over Hilbert"].partition(" ")[0]) == pytest.approx(ratio, rel=0.1)


def test_every_point_has_its_state(page: Page) -> None:
    grid = page.table("model", *TEMPERATURES)
    assert [row["model"] for row in grid] == list(MODELS)
    assert all(row[t].split() == ["✓", "done4/4"] for row in grid for t in TEMPERATURES)
    assert page.classes.count("done") == 6
    assert "All 6 points have a finished run." in page.text


def test_parameters_that_vary_stand_apart_from_those_that_do_not(page: Page) -> None:
    varying = {row["parameter"]: row["values"] for row in page.table("parameter", "values")}
    common = {row["parameter"]: row["value"] for row in page.table("parameter", "value")}
    assert varying["model"] == "hilbert, nonsecular"
    assert varying["bath.temperature_k"] == "1.2, 4, 12"
    assert varying["bath.t1_us (follows)"] == "160, 14.4, 1.6"
    assert common["system.n_spins"] == "3"
    assert not set(varying) & set(common)


def test_checks_seeds_versions_command_and_runs_are_told(page: Page, sweep: Sweep, store: Store) -> None:
    checks = {row["check"]: row for row in page.table("check", "worst")}
    assert float(checks["largest error estimate"]["worst"]) == pytest.approx(
        sweep.runs["check.worst_error_estimate"].max(), rel=0.1
    )
    assert checks["samples left out"]["worst"] == "0 of 24"
    assert {row["verdict"] for row in checks.values()} <= {"holds", ""}
    origin = {row["what"]: row["value"] for row in page.table("what", "value")}
    assert origin["seed of the disorder"].startswith("0 ")
    assert "numpy" in origin["packages where this page was written"]
    assert re.search(r"\d+ s|\d+ min", origin["time of all runs, added up"])
    assert "python -m experiments.run -m model=hilbert,nonsecular bath.temperature_k=1.2,4,12" in page.text
    links = {str(a["href"]).partition("?")[0].rpartition("/")[2] for a in page.all("a") if "/runs/" in str(a["href"])}
    assert links == {found.run_id for found in store.search()}


def test_the_page_needs_nothing_else_and_runs_nothing(page: Page) -> None:
    assert page.size < MOST_BYTES
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("iframe")
    sources = ("src", "srcset", "data", "poster")
    fetched = [value for _, attrs in page.tags for key, value in attrs.items() if key in sources]
    assert len(fetched) >= 4
    assert all(str(value).startswith("data:image/png;base64,") for value in fetched)
    style = page.source.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert not [attrs for _, attrs in page.tags if any(key.startswith("on") or key == "style" for key in attrs)]
    assert any("default-src 'none'" in str(meta.get("content")) for meta in page.all("meta"))


def test_it_can_be_read_without_seeing_it(page: Page) -> None:
    assert all(len(str(img["alt"])) > 40 for img in page.all("img"))
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert page.all("html") == [{"lang": "en"}]
    targets = {attrs.get("id") for _, attrs in page.tags}
    assert {str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")} <= targets
    assert "@media print" in page.source


def test_a_question_is_text_whatever_it_says(page: Page) -> None:
    assert "<script>alert(1)</script><img src=http://evil.example/x.png> & does it 'hold'?" in page.text
    assert "<script" not in page.source


# --- what is missing, damaged or mixed


def test_a_partial_sweep_says_what_it_lacks(changed: Store) -> None:
    for temperature in ("4", "12"):
        changed.client.delete_run(the_run(changed, "nonsecular", temperature).run_id)
    found = report(changed)
    assert "2 of 6 points have no finished run: nonsecular at 4 K; nonsecular at 12 K." in found.text
    assert found.classes.count("missing") == 2
    assert [row["model"] for row in found.table("model", "T / K")] == ["hilbert"] * 3 + ["nonsecular"]
    assert "At 12 K the nonsecular" not in found.text


def test_a_sweep_without_a_finished_run_still_has_its_grid(changed: Store) -> None:
    for found in changed.search():
        changed.client.set_terminated(found.run_id, "FAILED")
        changed.tag_run(found.run_id, "error", "no <b>room</b> left")
    shown = report(changed)
    assert "There are no results to show." in shown.text
    assert "No finished run says what this sweep asks. Its experiment asks:" in shown.text
    assert "no question of its own" not in shown.text
    assert shown.classes.count("failed") == 6
    assert "no <b>room</b> left" in shown.text
    assert not shown.all("img")


def test_a_lost_file_is_told_and_no_number_invented(changed: Store) -> None:
    lost = the_run(changed, "hilbert", "4")
    Path(lost.artifacts.removeprefix("file://"), "realizations.parquet").unlink()
    shown = report(changed)
    assert f"realizations.parquet of the finished run {lost.name!r} ({lost.run_id}) is gone from the store" in shown.text
    assert not [table for table in shown.tables if "ansatz_deviation" in table[0]]


def test_other_versions_of_the_code_and_edited_files_are_told(changed: Store) -> None:
    other = the_run(changed, "nonsecular", "12").run_id
    for key, value in {"code_version": "0" * 40, "code_dirty": "true", "numerics": "feedfacefeedface"}.items():
        changed.tag_run(other, key, value)
    text = report(changed).text
    assert "The runs were made from 2 commits" in text
    assert "2 versions of the code" in text
    assert "the runs come from" in text


def test_metrics_that_a_run_lacks_are_told(changed: Store) -> None:
    gone = the_run(changed, "hilbert", "12").run_id
    with sqlite3.connect(changed.uri.removeprefix("sqlite:///")) as database:
        database.execute("DELETE FROM latest_metrics WHERE run_uuid = ? AND key LIKE 'check.%'", (gone,))
        database.execute("DELETE FROM latest_metrics WHERE run_uuid = ? AND key LIKE 'time.%'", (gone,))
    database.close()
    shown = report(changed)
    assert "1 of 6 runs do not record it" in shown.text
    assert "(1 runs do not record theirs)" in shown.text


def test_a_figure_of_the_letter_is_reported_with_its_picture(outputs: Path) -> None:
    words = ["experiment=fig2", "system.n_spins=3", "ensemble.realizations=2", "ensemble.realizations_hilbert=2"]
    done = run("-m", *words, "ensemble.workers=1", f"outputs={outputs}")
    assert done.returncode == 0, done.stderr
    shown = report(Store(default_uri(outputs), "dnplab-letter", create=False))
    assert shown.text.startswith("fig2-")
    assert "Does a warm and fast bath burn a hole" in shown.text
    assert len(shown.all("img")) == 1
    assert "N = 3, 2 samples" in shown.text
    assert "crossover temperature" not in shown.text.partition("Parameters")[0].partition("Result")[2]


def test_unknown_sweeps_and_stores_end_in_one_sentence(outputs: Path, tmp_path: Path) -> None:
    uri = default_uri(outputs)
    with pytest.raises(TrackingError, match="sweep is 'crossover-0', but it must be one of "):
        write_report(uri, None, "crossover-0", outputs)
    with pytest.raises(TrackingError, match="is 'else', but the store"):
        write_report(uri, "else", None, outputs)
    done = run(f"outputs={tmp_path}", module="experiments.report")
    assert done.returncode == 2
    assert done.stderr.startswith("There is no tracking store at")
    assert len(done.stderr.splitlines()) == 1
