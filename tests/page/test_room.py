"""Everything has the room that it takes to be read, on a phone as well."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.process.server_process import ServerProcess

from .conftest import Open, Shoot
from .study import BEST, CANDIDATE, observe

PHONE = {"width": 390, "height": 844}
LEAST_PX = 9  # of a label in a graph


def section(page: Page, name: str) -> Locator:
    found = page.locator(f"#{name}")
    found.scroll_into_view_if_needed()
    return found


def width_of(page: Page) -> int:
    """What is to be seen by scrolling sideways counts."""
    page.wait_for_timeout(300)
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found


def label_px(place: Locator) -> float:
    """How large the labels of the graph in a place are on the screen.

    Looked up and measured in one step: a graph is drawn anew as its estimate arrives, and one that is off the page has
    no size.
    """
    expect(place.locator(".graph .vertex").first).to_be_visible()
    found: float = place.evaluate(
        """(place) => {
            const text = place.querySelector(".graph .vertex text")
            return parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a
        }"""
    )
    return found


def heights(cells: Locator) -> list[float]:
    found: list[float] = cells.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().height)")
    assert found
    return found


def test_on_a_phone_nothing_runs_over_the_edge(open_page: Open, server: ServerProcess, shoot: Shoot) -> None:
    page = open_page(server.url, **PHONE)
    expect(page.locator("#map")).to_contain_text("trained architectures")
    shoot(page, "phone")

    for name in ("progress", "quality", "try", "next", "activity"):
        section(page, name)
        page.wait_for_timeout(150)
    page.get_by_role("button", name="show it").click()
    expect(page.locator(".drawer svg .vertex").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_an_empty_study_keeps_within_a_phone(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url, **PHONE)
    expect(page.locator("#map pre")).to_be_visible()

    assert width_of(page) == PHONE["width"]


def test_a_deep_architecture_keeps_within_a_phone_and_can_be_read(open_page: Open, server: ServerProcess) -> None:
    page = open_page(server.url, **PHONE)
    trial = section(page, "try")

    trial.locator("#candidate").fill(BEST)

    assert label_px(trial) >= LEAST_PX
    assert width_of(page) == PHONE["width"]


def test_weights_can_be_compared_on_a_phone(open_page: Open, server: ServerProcess) -> None:
    page = open_page(server.url, **PHONE)
    trial = section(page, "try")

    trial.locator("#candidate").fill(CANDIDATE)
    expect(trial.locator(".weight").first).to_be_visible()

    bars = trial.locator(".weight i").evaluate_all("(all) => all.map((bar) => bar.getBoundingClientRect().width)")
    assert max(bars) > 50
    assert max(heights(trial.locator("tbody td"))) < 40  # one line: no value is broken


def test_a_deep_architecture_can_be_read_where_it_opens(open_page: Open, fresh: ServerProcess) -> None:
    fresh.observe([{"architecture": BEST, "metrics": {"val_accuracy": 94}}])
    page = open_page(fresh.url)
    expect(page.locator("#map")).to_contain_text("1 trained architecture")

    page.locator("#map .chart").focus()
    page.keyboard.press("ArrowLeft")
    assert label_px(page.locator("#map .floating")) >= LEAST_PX
    page.keyboard.press("Enter")
    assert label_px(page.locator(".drawer")) >= LEAST_PX


@pytest.mark.parametrize("width", [1280, 390])
def test_times_and_names_leave_rows_low(open_page: Open, fresh: ServerProcess, width: int) -> None:
    observe(fresh, 10)
    fresh.observe(
        [
            {
                "architecture": BEST,
                "metrics": {"val_accuracy": 99.57},
                "worker": "gpu-0123456789.cluster.example.internal",
            }
        ]
    )
    page = open_page(fresh.url, width=width)
    progress = section(page, "progress")
    progress.locator("summary").click()

    assert max(heights(progress.locator("tbody tr"))) < 40
    page.get_by_role("button", name="show it").click()
    when = page.locator(".drawer td time")
    expect(when).to_be_visible()
    assert max(heights(when)) < 50  # date and time, a line for each
    assert width_of(page) == width
