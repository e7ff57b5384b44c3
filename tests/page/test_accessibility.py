"""What axe-core, the rules that accessibility tools share, finds on the page: nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.process.server_process import ServerProcess

from .conftest import Open

SECTIONS = ("progress", "quality", "try", "next", "activity")


def violations(page: Page) -> list[str]:
    for name in SECTIONS:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_study_with_an_open_architecture(open_page: Open, server: ServerProcess, theme: str) -> None:
    page = open_page(server.url, theme=theme)
    page.get_by_role("button", name="show it").click()
    expect(page.locator(".drawer svg .vertex").first).to_be_visible()

    assert violations(page) == []


def test_an_empty_study_on_a_phone(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url, width=390, height=844)
    expect(page.locator("#map")).to_contain_text("Nothing was trained yet.")

    assert violations(page) == []
