"""Whatever a worker sends is text on the page, and never a script."""

import pytest
from playwright.sync_api import Page, expect

from tests.process.server_process import ServerProcess

from .conftest import Open
from .study import CANDIDATE

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    '"><iframe src="javascript:alert(1)">',
    '<a href="javascript:alert(1)">click</a>',
    "</textarea><b onmouseover=alert(1)>",
    "${alert(1)}{{constructor.constructor('alert(1)')()}}",
)


@pytest.fixture
def attacked(fresh: ServerProcess) -> ServerProcess:
    """A study in which every text that a worker can choose is an attack."""
    declared = fresh.http.put(
        "/spaces/blocks",
        json={"kind": "choices", "variables": [{"name": "kernel", "values": [*ATTACKS], "ordered": False}]},
    )
    assert declared.status_code == 201, declared.text
    metric = {"name": "val_accuracy", "unit": ATTACKS[0]}
    assert fresh.http.put("/studies/attacked", json={"space": "blocks", "metrics": [metric]}).status_code == 201
    observations = [
        {
            "architecture": {"choices": {"kernel": attack}},
            "metrics": {"val_accuracy": 90.0 + i},
            "worker": attack,
            "metadata": {attack: attack},
            "fidelity": {attack: attack},
        }
        for i, attack in enumerate(ATTACKS)
    ]
    stored = fresh.http.post("/observe", json={"study": "attacked", "observations": observations})
    assert stored.status_code == 201, stored.text
    # And in the errors that are shown.
    bad = [{"architecture": {"choices": {attack: attack}}, "metrics": {"val_accuracy": 1}} for attack in ATTACKS]
    assert fresh.http.post("/observe", json={"study": "attacked", "observations": bad}).status_code == 422
    for attack in ATTACKS:
        asked = {"study": "attacked", "n": 1, "worker": attack, "generate": 10}
        assert fresh.http.post("/suggest", json=asked).status_code == 200
    return fresh


def everything(page: Page) -> None:
    for name in ("map", "progress", "quality", "try", "next", "activity"):
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.wait_for_timeout(400)


def test_no_script_runs_whatever_is_sent(open_page: Open, attacked: ServerProcess) -> None:
    page = open_page("about:blank")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{attacked.url}/?study=attacked")
    expect(page.locator("#map")).to_contain_text(f"{len(ATTACKS)} trained architectures")

    everything(page)
    page.locator("#progress summary").click()
    page.get_by_role("button", name="show it").click()
    expect(page.locator(".drawer svg .vertex").first).to_be_visible()
    page.locator("#candidate").fill('{"choices": {"kernel": "<img src=x onerror=alert(1)>"}}')
    expect(page.locator("#try")).to_contain_text("90 % interval")
    page.get_by_role("button", name="What would you suggest?").click()
    page.wait_for_timeout(500)
    for chart in page.locator(".chart").all():
        chart.hover()

    assert page.locator("main img, dialog img, main iframe, dialog iframe, main script, dialog script").count() == 0
    assert page.locator("main a[href^=javascript], dialog a[href^=javascript]").count() == 0
    expect(page.locator("#progress tbody")).to_contain_text("<script>alert(1)</script>")  # as the text that it is


def test_a_name_that_would_not_be_seen_is_quoted(open_page: Open, fresh: ServerProcess) -> None:
    fresh.observe([{"architecture": CANDIDATE, "metrics": {"val_accuracy": 90}, "worker": ""}])
    page = open_page(fresh.url)
    page.locator("#progress").scroll_into_view_if_needed()

    page.locator("#progress summary").click()

    expect(page.locator("#progress tbody td").first).to_have_text("“”")
    expect(page.locator("#progress .legendtext").first).to_have_text("“”")


def test_the_address_is_not_trusted_either(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page("about:blank", forgive=404)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))

    page.goto(f"{fresh.url}/?study=<img src=x onerror=alert(1)>&metric=../../x&architecture=<script>alert(1)</script>")

    expect(page.locator("#study")).to_have_value("default")
    expect(page.locator(".drawer")).to_contain_text("Not in this study.")


def test_a_page_of_others_cannot_hold_this_one(fresh: ServerProcess) -> None:
    assert "frame-ancestors 'none'" in fresh.http.get("/").headers["content-security-policy"]
