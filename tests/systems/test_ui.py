"""MLflow's UI as a user meets it: a tiny sweep, `experiments.ui`, and a browser that follows its links.

Chromium is driven where it is installed. Where DNPLAB_SCREENSHOTS names a folder, a picture of each page goes there.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from dnplab.tracking import Store, default_uri
from dnplab.tracking.pages import View, bars, save_view
from experiments import ui as entry
from tests.systems.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWEEP = ["-m", "experiment=crossover", "model=hilbert,secular,nonsecular", "bath.temperature_k=12,1.2,4"]
TINY = ["system.n_spins=3", "ensemble.realizations=2", "ensemble.workers=1", "observables=spectra"]
NAMES = [f"{model} T={kelvin}K N=3" for kelvin in ("1.2", "4", "12") for model in ("hilbert", "secular", "nonsecular")]
PATIENCE_MS = 60_000  # on a machine that has other things to do
HARMLESS = ("users/current", "ResizeObserver loop")  # MLflow asks who is logged in; a size that changed twice in a frame
ASSISTANT = '[data-component-id="mlflow.assistant.chat_panel.close"]'  # a panel over a quarter of the first page
WAIT_S = 120

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian's package chromium)")


def said(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code and prints of a call that does not serve."""
    monkeypatch.setattr(sys, "argv", ["experiments.ui", *words])
    code = entry.main()
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@dataclass
class Ui:
    """`experiments.ui` while it serves: its process, and what it has printed, by experiment and title."""

    process: subprocess.Popen[str]
    printed: str

    def link(self, experiment: str, title: str) -> str:
        block = self.printed.split(f"\n{experiment}: ")[1].split("\n\n")[0]
        found = re.search(rf"^  {re.escape(title)} +(http\S+)$", block, re.MULTILINE)
        assert found is not None, self.printed
        return found[1]


def started(*words: str) -> Ui:
    command = [sys.executable, "-m", "experiments.ui", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline()) and "Ctrl-C" not in line:
        lines.append(line)
    return Ui(process, "".join(lines))


def ended(ui: Ui, sent: signal.Signals) -> tuple[int, list[psutil.Process]]:
    """End it with a signal: its exit code, and what it has left behind."""
    children = psutil.Process(ui.process.pid).children(recursive=True)
    assert children, ui.printed
    ui.process.send_signal(sent)
    code = ui.process.wait(WAIT_S)
    assert ui.process.stdout is not None
    ui.process.stdout.close()
    return code, psutil.wait_procs(children, timeout=5)[1]


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
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium.new_context(viewport={"width": 1280, "height": 800})
        chromium.close()


@pytest.fixture
def opened(browser: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Page]]:
    """Opens addresses; in the end a picture is taken of each page, and none has complained or asked another machine."""
    complaints: list[str] = []

    def open_page(address: str) -> Page:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(f"{line.text} {line.location}") if line.type == "error" else None)
        page.on("request", lambda asked: complaints.append(asked.url) if not _local(asked.url) else None)
        page.add_locator_handler(page.locator(ASSISTANT), lambda button: button.click())
        page.goto(address)
        return page

    yield open_page
    if folder := os.environ.get("DNPLAB_SCREENSHOTS"):
        for number, page in enumerate(browser.pages):
            page.screenshot(path=Path(folder) / f"{request.node.name}_{number}.png")
    for page in browser.pages:
        complaints += page.get_by_text(re.compile("something went wrong|error loading", re.IGNORECASE)).all_inner_texts()
        page.close()
    assert [line for line in complaints if not any(word in line for word in HARMLESS)] == []


def _local(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "data:", "blob:"))


def seen(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)


def names_in(page: Page) -> list[str]:
    """The runs in the table, from top to bottom."""
    rows = page.locator(".ag-center-cols-container .ag-row, .ag-pinned-left-cols-container .ag-row")
    found = rows.evaluate_all("rows => rows.map(row => [Number(row.getAttribute('row-index')), row.innerText])")
    return [name for _, text in sorted(found) for name in re.findall(r"\w+ T=[\d.]+K N=\d+|crossover \w+", text)]


def kelvin_in(page: Page) -> list[str]:
    """The temperatures of the runs in the table, as their names give them."""
    return [name.split()[1].removeprefix("T=") for name in names_in(page)]


def pictures_in(page: Page, count: int = 1) -> list[int]:
    """The widths of the pictures, as their files have them, once so many have loaded."""
    shown = "[...document.images].filter(image => image.naturalWidth > 0 && image.clientWidth > 0)"
    page.wait_for_function(f"count => {shown}.length >= count", arg=count)
    return list(page.evaluate(f"() => {shown}.map(image => image.naturalWidth)"))


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


def test_a_server_elsewhere_is_linked_to(
    ui: Ui, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ui.link("dnplab", "table").partition("/#")[0]
    code, out, _ = said([f"tracking.uri={address}/"], monkeypatch, capsys)
    assert code == 0
    assert f"{address}/#/experiments/1/runs?workflowType=machine_learning&searchFilter=tags.%60sweep.crossover" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["outputs=nowhere"], "There is no tracking store at 'sqlite:///"),
        (["outputs=''"], "outputs is '', but it must be the path of a folder."),
        (["tracking.uri=http://127.0.0.1:9"], "tracking.uri is 'http://127.0.0.1:9', where no tracking server answers"),
        (["port=0"], "port is 0, but it must be a free port from 1 to 65535, or null to have one chosen"),
        (["port=many"], "port"),
        (["prot=5000"], "There is no config key prot"),
    ],
)
def test_bad_input_ends_in_one_sentence(
    words: list[str], sentence: str, outputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said([f"outputs={outputs}", *words] if "outputs" not in words[0] else words, monkeypatch, capsys)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(sentence)


def test_a_taken_port_is_told(outputs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        code, _, err = said([f"outputs={outputs}", f"port={port}"], monkeypatch, capsys)
    assert code == 2
    asked = f"port is {port}, but it must be a free port from 1 to 65535, or null to have one chosen"
    assert err == f"{asked} (address already in use).\n"


def test_a_view_is_renewed_until_somebody_changes_it(tmp_path: Path) -> None:
    store = Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts")
    view = View("all-runs", "all runs", "", "attributes.start_time", ["params.model"], {"Measures": [bars("obs.beta_s")]})
    save_view(store, view, 1)
    first = json.loads(store.experiment_tags()["mlflow.sharedViewState.all-runs"])
    state = json.loads(zlib.decompress(base64.b64decode(first["state"].removeprefix("deflate;"))))
    assert (first["name"], state["selectedColumns"]) == ("all runs", ["params.`model`"])
    save_view(store, replace(view, name="every run"), 1)
    assert json.loads(store.experiment_tags()["mlflow.sharedViewState.all-runs"])["name"] == "every run"
    by_hand = json.dumps({"name": "mine", "createdAt": 2, "state": first["state"]})
    store.tag_experiment("mlflow.sharedViewState.all-runs", by_hand)
    save_view(store, view, 3)
    assert store.experiment_tags()["mlflow.sharedViewState.all-runs"] == by_hand


def test_a_store_without_a_finished_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Store(default_uri(tmp_path), "dnplab", tmp_path / "mlartifacts")
    code, _, err = said([f"outputs={tmp_path}"], monkeypatch, capsys)
    assert code == 2
    assert "holds no finished run" in err
