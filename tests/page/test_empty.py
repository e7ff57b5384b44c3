"""A study of which nothing is known yet: words that help, in place of empty pictures."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.process.server_process import ServerProcess

from .conftest import Open, Shoot
from .study import CANDIDATE


@pytest.fixture
def page(open_page: Open, fresh: ServerProcess) -> Page:
    return open_page(fresh.url, forgive=409)  # nothing can be predicted yet


def test_every_section_says_what_will_be_there(page: Page, shoot: Shoot) -> None:
    for name, words in {
        "map": "Nothing was trained yet.",
        "progress": "No training yet.",
        "quality": "No estimate was put to the test yet.",
        "next": "No worker is at what was suggested to it.",
        "activity": "Quiet.",
    }.items():
        section = page.locator(f"#{name}")
        section.scroll_into_view_if_needed()
        expect(section).to_contain_text(words)
    page.evaluate("scrollTo(0, 0)")
    shoot(page, "empty")


def test_the_space_is_drawn_before_anything_is_known_of_it(page: Page) -> None:
    expect(page.locator("#map")).to_contain_text("In grey, a sample of the space")
    assert page.locator("#map .chart .point").count() > 100


def test_the_command_for_the_first_training_is_one_that_the_server_takes(page: Page, fresh: ServerProcess) -> None:
    command = page.locator("#map pre").inner_text()

    address, body = re.search(r"curl (\S+) .*-d '(.*)'", command, re.DOTALL).groups()  # type: ignore[union-attr]
    assert address == f"{fresh.url}/observe"
    response = fresh.http.post(
        address, content=body.replace("…", CANDIDATE), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 201, response.text
    expect(page.locator("#map")).to_contain_text("1 trained architecture")


def test_an_architecture_is_drawn_before_anything_can_be_said_of_it(page: Page) -> None:
    page.locator("#candidate").fill(CANDIDATE)

    expect(page.locator("#try svg .vertex").first).to_be_visible()
    expect(page.locator("#try")).to_contain_text("no training was observed")
