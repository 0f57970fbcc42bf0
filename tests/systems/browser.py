"""MLflow's pages in Chromium: what a reader sees there. A page that complains, or asks another machine, fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

__all__ = [
    "CHROMIUM",
    "PATIENCE_MS",
    "kelvin_in",
    "names_in",
    "needs_browser",
    "opening",
    "pictures_in",
    "seen",
    "started_browser",
]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_MS = 60_000  # on a machine that has other things to do
HARMLESS = ("users/current", "ResizeObserver loop")  # MLflow asks who is logged in; a size that changed twice in a frame
ASSISTANT = '[data-component-id="mlflow.assistant.chat_panel.close"]'  # a panel over a quarter of the first page

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian's package chromium)")


@contextmanager
def started_browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium.new_context(viewport={"width": 1280, "height": 800})
        chromium.close()


@contextmanager
def opening(browser: BrowserContext, pictures: Path | None, name: str) -> Iterator[Callable[[str], Page]]:
    """Opens addresses; in the end none has complained. Where a folder is given, a picture of each page stays in it."""
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
    for number, page in enumerate(browser.pages if pictures else ()):
        page.screenshot(path=Path(pictures or ".") / f"{name}_{number}.png")
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
