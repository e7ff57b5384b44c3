"""The page in a real browser, before a real server."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests.process.server_process import ServerProcess, serving

from .study import observe

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Without the switches about the background, Chromium looks for its maker's servers at every start.
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
N_TRAINED = 240
PICTURES = "EMPROX_SCREENSHOTS"

# A busy machine takes its time, and what is awaited is there at once on others.
expect.set_options(timeout=20_000)

Open = Callable[..., Page]
Shoot = Callable[[Page | Locator, str], None]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium, for these tests alone: while it runs, no others may have an event loop in this thread."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        told = f"none of {', '.join(CHROMIUM)} is installed: the page is not tested"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose default study has seen some trainings; for tests that change nothing."""
    with serving(tmp_path_factory.mktemp("page") / "data") as server:
        observe(server, N_TRAINED)
        yield server


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of its own, with nothing but the empty default study."""
    with serving(tmp_path / "data") as server:
        yield server


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens the page of a server; what goes wrong in it fails the test at its end."""
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # What could not be loaded is noted by its answer, or the server is away as a test wants it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    def opened(url: str, *, width: int = 1280, height: int = 900, theme: str = "light", forgive: int = 0) -> Page:
        def note_answer(response: Response) -> None:
            if response.status >= 400 and response.status != forgive:
                wrong.append(f"{response.status} {response.url}")

        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", note)
        page.on("pageerror", lambda err: wrong.append(str(err)))
        page.on("response", note_answer)
        page.goto(url)
        return page

    contexts: list[BrowserContext] = []
    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """Takes a picture of the page, for the documentation where its folder is given."""
    folder = Path(os.environ.get(PICTURES) or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)

    def shot(seen: Page | Locator, name: str) -> None:
        (seen if isinstance(seen, Page) else seen.page).wait_for_timeout(400)  # Plotly's last frame
        seen.screenshot(path=folder / f"{name}.png")

    return shot
