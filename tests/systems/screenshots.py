"""The pictures of docs/ui.md but compare.png, anew in Chromium: ``python -m tests.systems.screenshots OUTPUTS FOLDER``.

OUTPUTS is the output folder of the sweep that the page names.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.systems.browser import opening, pictures_in, seen, started_browser
from tests.systems.servers import Ui, ended, free_port, started

WIDTH = 1280
SETTLING_MS = 3000  # charts move to their places


def runs(page: Page) -> None:
    seen(page, "obs.ansatz_deviation")


def parallel(page: Page) -> None:
    page.get_by_text("Parameters and measures").scroll_into_view_if_needed()
    page.locator("canvas").first.wait_for()
    page.mouse.move(WIDTH - 200, 600)
    page.mouse.wheel(0, 700)


def pictures(page: Page) -> None:
    box = page.locator("input[value*='tags.']").first
    box.fill(f"{box.input_value()} and metrics.`point.temperature_k` = 12")
    box.press("Enter")
    seen(page, "3 matching runs")
    pictures_in(page, 6)


def file(page: Page) -> None:
    pictures_in(page)


PICTURES: dict[
    str, tuple[str, str, tuple[int, int], Callable[[Page], None]]
] = {  # experiment, link, view in pixels, what to do
    "runs": ("dnplab", "table", (1280, 800), runs),
    "charts": ("dnplab", "charts", (1280, 900), runs),
    "parallel": ("dnplab", "charts", (1280, 900), parallel),
    "pictures": ("dnplab", "pictures", (1800, 860), pictures),
    "summary": ("dnplab-crossover", "charts", (1280, 900), lambda page: seen(page, "ansatz_deviation_over_hilbert")),
    "file": ("dnplab-crossover", "crossover.png", (1280, 720), file),
}


def take(ui: Ui, folder: Path) -> None:
    with started_browser() as browser, opening(browser, None, "") as open_page:
        for name, (experiment, link, (width, height), prepare) in PICTURES.items():
            page = open_page(ui.link(experiment, link))
            page.set_viewport_size({"width": width, "height": height})
            prepare(page)
            page.wait_for_timeout(SETTLING_MS)
            page.screenshot(path=folder / f"{name}.png")
            with Image.open(folder / f"{name}.png") as image:
                small = image.convert("RGB").resize((WIDTH, round(height * WIDTH / width)), Image.Resampling.LANCZOS)
            small.save(folder / f"{name}.png", optimize=True)
            page.close()


if __name__ == "__main__":
    shown = started(f"outputs={sys.argv[1]}", f"port={free_port()}")
    try:
        take(shown, Path(sys.argv[2]))
    finally:
        ended(shown, signal.SIGINT)
