"""How smooth the page is with 100,000 observations: `python -m benchmarks.page`, three minutes, with Chromium.

A person drags the map, and moves over its dots, first while nothing happens and then while a worker observes. A frame
on a usual screen is 16.7 ms.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from playwright.sync_api import Page, sync_playwright

from app.domain.architecture import Notation
from benchmarks.large_study import NAME, fill
from benchmarks.report import publish
from benchmarks.server import running

OBSERVED = 100_000
MOVES = 200
_SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
_COUNT_FRAMES = """() => {
  window.frames = [];
  let last = performance.now();
  const count = (now) => {
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}"""


def main() -> None:
    """Fill a study, use its page, and publish a table."""
    argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__).parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("chromium is not installed: the page needs a browser")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        further = fill(Path(name) / "data", OBSERVED)
        with (
            running(str(Path(name) / "data")) as (port, _, _),
            playwright.chromium.launch(executable_path=chromium, args=_SWITCHES) as browser,
        ):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            url = f"http://127.0.0.1:{port}"
            lines = ["| what | median | 99th percentile | longest |", "| --- | ---: | ---: | ---: |"]
            visits = {visit: _drawn(page, url) for visit in ("first", "second")}
            lines += [f"| {visit} visit: until the map is drawn, ms | {ms:.0f} | | |" for visit, ms in visits.items()]
            lines += _frames(page, "nothing happens")
            with _observing(url, further):
                lines += _frames(page, "a worker observes once a second")
    publish("page", f"The page with {OBSERVED:,} observations", "python -m benchmarks.page", "\n".join(lines))


def _drawn(page: Page, url: str) -> float:
    start = time.perf_counter()
    page.goto(f"{url}/?study={NAME}")
    page.locator("#map .chart .point").first.wait_for()
    return 1000 * (time.perf_counter() - start)


def _frames(page: Page, meanwhile: str) -> Iterator[str]:
    page.wait_for_timeout(3000)  # what comes into sight is drawn
    box = page.locator("#map .chart").bounding_box()
    assert box  # noqa: S101  # it was drawn
    left, top = box["x"] + 300, box["y"] + 150
    for what, pressed in (("map dragged", True), ("mouse over its dots", False)):
        page.evaluate(_COUNT_FRAMES)
        page.mouse.move(left, top)
        if pressed:
            page.mouse.down()
        for i in range(MOVES):
            page.mouse.move(left + 2 * i, top + i % 90)
            page.wait_for_timeout(16)
        page.mouse.up()
        frames = np.array(page.evaluate("window.frames"))
        figures = (np.median(frames), np.quantile(frames, 0.99), frames.max())
        yield f"| {what}, {meanwhile}: frames, ms | {' | '.join(f'{each:.1f}' for each in figures)} |"
        page.reload()
        page.locator("#map .chart .point").first.wait_for()
        page.wait_for_timeout(3000)


@contextmanager
def _observing(url: str, notations: list[Notation]) -> Iterator[None]:
    """A worker that observes once a second."""
    over = threading.Event()

    def observe() -> None:
        with httpx.Client(base_url=url) as http:
            for notation in notations:
                observation = {"architecture": notation, "metrics": {"value": 88.0}}
                http.post("/observe", json={"study": NAME, "observations": [observation]}).raise_for_status()
                if over.wait(1):
                    return

    worker = threading.Thread(target=observe)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


if __name__ == "__main__":
    main()
