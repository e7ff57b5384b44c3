"""The page without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.process.server_process import ServerProcess

from .conftest import Open


@pytest.fixture
def page(open_page: Open, server: ServerProcess) -> Page:
    page = open_page(server.url)
    expect(page.locator("#map")).to_contain_text("trained architectures")
    return page


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
    return found


def test_the_first_stop_skips_to_the_map(page: Page) -> None:
    page.keyboard.press("Tab")

    assert focused(page) == "Skip to the map"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#map$"))


def test_arrows_go_from_one_architecture_to_the_next_and_enter_opens_it(page: Page) -> None:
    page.locator("#map .chart").focus()

    page.keyboard.press("ArrowLeft")
    first = page.locator("#announcer").inner_text()
    page.keyboard.press("ArrowLeft")
    second = page.locator("#announcer").inner_text()
    expect(page.locator("#map .floating svg .vertex").first).to_be_visible()
    page.keyboard.press("Enter")

    assert first.startswith("val_accuracy 9")  # from nowhere, to the best
    assert second.startswith("val_accuracy")
    expect(page.locator(".drawer svg .vertex").first).to_be_visible()
    assert focused(page) == "architecture-title"


def test_escape_closes_and_the_focus_is_back_where_it_was(page: Page) -> None:
    opener = page.get_by_role("button", name="show it")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".drawer")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator(".drawer")).to_be_hidden()
    assert focused(page) == "show-best"
    expect(page).not_to_have_url(re.compile("architecture="))


def test_enter_estimates_what_was_typed(page: Page) -> None:
    page.locator("#candidate").focus()
    page.keyboard.insert_text("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    page.keyboard.press("Enter")

    expect(page.locator("#try")).to_contain_text("90 % interval")
    expect(page.locator("#announcer")).to_contain_text("Estimate")


def test_everything_that_can_be_used_can_be_reached_and_has_a_name(page: Page) -> None:
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name: str = page.evaluate(
            """() => {
              const at = document.activeElement;
              return at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent;
            }"""
        )
        assert name.strip(), page.evaluate("document.activeElement.outerHTML")
        reached.append(name.strip())

    wanted = {
        "Study",
        "Light or dark",
        "show it",
        "Map of the search space",
        "Projection",
        "Horizontal axis",
        "Architecture",
    }
    wanted |= {"Estimate", "Take the best", "What would you suggest?"}
    assert wanted <= set(reached)
