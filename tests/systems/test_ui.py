"""MLflow's UI over a tracked sweep, in a browser: what `experiments.ui` links to shows what it says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from experiments import ui as entry
from tests.systems.browser import (
    PATIENCE_MS,
    kelvin_in,
    names_in,
    needs_browser,
    opening,
    pictures_in,
    seen,
    started_browser,
)
from tests.systems.servers import Ui, ended, free_port, started

ROOT = Path(__file__).resolve().parents[2]
SWEEP = ["-m", "experiment=crossover", "model=hilbert,secular,nonsecular", "bath.temperature_k=12,1.2,4"]
TINY = ["system.n_spins=3", "ensemble.realizations=2", "ensemble.workers=1", "observables=spectra"]
NAMES = [f"{model} T={kelvin}K N=3" for kelvin in ("1.2", "4", "12") for model in ("hilbert", "secular", "nonsecular")]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a sweep of three models and three temperatures, and its summary."""
    folder = tmp_path_factory.mktemp("ui")
    command = [sys.executable, "-m", "experiments.run", *SWEEP, *TINY, f"outputs={folder}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def ui(outputs: Path) -> Iterator[Ui]:
    served = started(f"outputs={outputs}", f"port={free_port()}")
    yield served
    code, left = ended(served, signal.SIGINT)
    assert (code, left) == (0, [])


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with started_browser() as context:
        yield context


@pytest.fixture
def opened(browser: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Page]]:
    folder = os.environ.get("DNPLAB_SCREENSHOTS")
    with opening(browser, Path(folder) if folder else None, request.node.name) as open_page:
        yield open_page


@needs_browser
def test_the_runs_page_lists_a_sweep(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "table"))
    seen(page, "9 matching runs")
    expect(page.locator(".ag-header")).to_contain_text("obs.ansatz_deviation")
    assert sorted(names_in(page)) == sorted(NAMES)
    assert kelvin_in(page) == ["1.2K"] * 3 + ["4K"] * 3 + ["12K"] * 3  # though the sweep began with 12 K
    for title in ("model", "point.temperature_k", "point.n_spins", "obs.localization_index"):
        assert title in page.locator(".ag-header").inner_text()
    page.locator(".ag-header-cell", has_text="point.temperature_k").click()
    page.wait_for_url("**orderByKey=metrics.%60point.temperature_k%60&orderByAsc=false**")
    page.wait_for_function("() => document.querySelector('.ag-row[row-index=\"0\"]').innerText.includes('T=12K')")
    assert kelvin_in(page) == ["12K"] * 3 + ["4K"] * 3 + ["1.2K"] * 3
    seen(page, "Does a fast bath localize driven spins?")
    seen(page, "How to read this page.")


@needs_browser
def test_the_charts_show_measures_and_parameters(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "charts"))
    seen(page, "obs.ansatz_deviation")
    chart = page.locator(".js-plotly-plot").first
    expect(chart.locator(".bars .point")).to_have_count(len(NAMES), timeout=PATIENCE_MS)
    colours = chart.locator(".bars .point path").evaluate_all("bars => bars.map(bar => getComputedStyle(bar).fill)")
    assert len(set(colours)) == 3  # a colour a model
    page.get_by_text("Parameters and measures").scroll_into_view_if_needed()
    expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
    assert page.get_by_text("check.worst_residual").count() == 0  # the section of all other metrics is folded


@needs_browser
def test_the_pictures_of_runs_stand_side_by_side(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "pictures"))
    expect(page.get_by_role("gridcell", name="polarization", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    assert set(pictures_in(page, 4)) == {700}  # thumbnails
    page.locator("img").first.click()
    page.wait_for_function("() => [...document.images].some(image => image.naturalWidth > 1000 && image.clientWidth > 500)")


@needs_browser
def test_two_ticked_runs_are_compared_with_their_pictures(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "table"))
    seen(page, NAMES[0])
    for row in (0, 2):
        page.locator(f'.ag-row[row-index="{row}"] input[type="checkbox"]').first.check()
    page.get_by_role("button", name="Compare").click()
    seen(page, "Comparing 2 Runs from 1 Experiment")
    seen(page, NAMES[2])
    page.get_by_text("epr.png", exact=True).click()
    assert len(pictures_in(page, 2)) == 2


@needs_browser
def test_the_compare_link_opens_the_coldest_and_the_hottest_runs(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "compare"))
    seen(page, "Comparing 6 Runs from 1 Experiment")
    expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Show diff only").first.click()
    seen(page, "bath.temperature_k")
    expect(page.get_by_text("drive.frequency_ghz")).to_have_count(0)
    text = page.locator("body").inner_text()
    assert {name: name in text for name in NAMES} == {name: "T=4K" not in name for name in NAMES}


@needs_browser
def test_a_run_shows_its_spectrum(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab", "table"))
    page.get_by_text(NAMES[-1]).first.click()
    page.get_by_text("Artifacts", exact=True).first.click()
    page.get_by_text("epr.png", exact=True).first.click()
    assert max(pictures_in(page)) > 500


@needs_browser
def test_the_summary_draws_each_measure_against_temperature(ui: Ui, opened: Callable[[str], Page]) -> None:
    page = opened(ui.link("dnplab-crossover", "charts"))
    seen(page, "Measures against bath temperature in K")
    chart = page.locator(".js-plotly-plot").first
    curves = chart.locator(".scatterlayer .trace:has(.point)")
    expect(curves).to_have_count(3, timeout=PATIENCE_MS)
    assert [curve.locator(".point").count() for curve in curves.all()] == [3, 3, 3]
    assert "temperature_k" in chart.inner_text()
    assert sorted(names_in(page)) == ["crossover hilbert", "crossover nonsecular", "crossover secular"]
    picture = opened(ui.link("dnplab-crossover", "crossover.png"))
    assert max(pictures_in(picture)) > 500


def test_the_server_ends_with_the_command(outputs: Path, ui: Ui) -> None:
    again = started(f"outputs={outputs}")  # the views are there already
    assert again.link("dnplab", "table").partition("?")[2] == ui.link("dnplab", "table").partition("?")[2]
    with socket.socket() as probe:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", again.printed)[1])  # type: ignore[index]
        assert probe.connect_ex(("127.0.0.1", port)) == 0
    code, left = ended(again, signal.SIGTERM)
    assert (code, left) == (0, [])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems leave it")
def test_the_server_ends_when_the_command_is_killed(outputs: Path) -> None:
    code, left = ended(started(f"outputs={outputs}", f"port={free_port()}"), signal.SIGKILL)
    assert (code, left) == (-signal.SIGKILL, [])


def test_a_server_elsewhere_is_linked_to(
    ui: Ui, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ui.link("dnplab", "table").partition("/#")[0]
    monkeypatch.setattr(sys, "argv", ["experiments.ui", f"tracking.uri={address}/"])
    assert entry.main() == 0
    out = capsys.readouterr().out
    assert f"{address}/#/experiments/1/runs?workflowType=machine_learning&searchFilter=tags.%60sweep.crossover" in out
