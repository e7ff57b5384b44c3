"""What a person sees and clicks: every section, in a study with some trainings."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.process.server_process import ServerProcess

from .conftest import N_TRAINED, Open, Shoot
from .study import CANDIDATE, observe


@pytest.fixture
def page(open_page: Open, server: ServerProcess) -> Page:
    return open_page(server.url)


def section(page: Page, name: str) -> Locator:
    found = page.locator(f"#{name}")
    found.scroll_into_view_if_needed()
    return found


def n_drawn(page: Page, name: str) -> int:
    """Points with an architecture behind them in a chart."""
    script = f"() => document.querySelector('#{name} .chart').data.flatMap((t) => t.customdata ?? []).length"
    found: int = page.evaluate(script)
    return found


def hover_point(page: Page, name: str) -> tuple[float, float]:
    """Go to a point of a chart where it is drawn, in its last trace with architectures."""
    chart = page.locator(f"#{name} .chart").first
    chart.scroll_into_view_if_needed()
    x, y = page.evaluate(
        """(name) => {
          const chart = document.querySelector(`#${name} .chart`);
          const trace = chart.data.findLast((t) => t.customdata?.length > 3);
          const {xaxis, yaxis, _size} = chart._fullLayout;
          const box = chart.getBoundingClientRect();
          const i = Math.floor(trace.x.length / 2);
          const x = xaxis.type === "date" ? trace.x[i].getTime() : trace.x[i];
          return [box.left + _size.l + xaxis.l2p(x), box.top + _size.t + yaxis.l2p(trace.y[i])];
        }""",
        name,
    )
    page.mouse.move(x, y)
    page.wait_for_timeout(200)
    return x, y


def click_point(page: Page, name: str) -> None:
    page.mouse.click(*hover_point(page, name))


def test_the_study_at_a_glance(page: Page) -> None:
    glance = page.locator("#glance")

    expect(glance).to_contain_text("Best val_accuracy")
    expect(glance).to_contain_text(str(N_TRAINED))
    expect(glance).to_contain_text("6 failed")
    expect(glance).to_contain_text("nasbench201/1")
    expect(page.locator("#connection")).to_have_text("live")


def test_the_map_shows_what_was_trained_and_a_click_tells_all_of_it(page: Page, shoot: Shoot) -> None:
    expect(section(page, "map")).to_contain_text(re.compile(r"\d+ trained architectures"))
    assert n_drawn(page, "map") > N_TRAINED / 2
    shoot(page, "page")

    click_point(page, "map")

    drawer = page.get_by_role("dialog", name="Architecture")
    expect(drawer.locator("svg .vertex").first).to_be_visible()
    expect(drawer).to_contain_text("90 % interval")
    expect(drawer).to_contain_text("It was trained already.")
    expect(drawer.locator("th", has_text="Weight")).to_be_visible()
    expect(drawer.locator(".weight").first).to_contain_text("%")
    expect(drawer).to_contain_text("Expected before")
    expect(page).to_have_url(re.compile("architecture="))
    shoot(page, "architecture")


def test_hovering_shows_an_architecture_and_its_value(page: Page, shoot: Shoot) -> None:
    expect(section(page, "map")).to_contain_text("trained architectures")

    hover_point(page, "map")

    card = page.locator("#map .floating")
    expect(card).to_contain_text("%")
    expect(card.locator("svg .vertex", has_text="input")).to_be_visible()
    expect(card.locator("code")).to_contain_text("~0|+|")
    shoot(page.locator("#map"), "map")
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()


def test_a_neighbor_opens_in_its_place(page: Page) -> None:
    page.get_by_role("button", name="show it").click()
    drawer = page.get_by_role("dialog", name="Architecture")
    notation = drawer.locator(".notation code")
    before = notation.inner_text()

    drawer.locator("td button.link").nth(1).click()

    expect(notation).not_to_have_text(before)
    expect(drawer.locator("svg .vertex").first).to_be_visible()


def test_an_address_leads_back_to_what_was_looked_at(page: Page, open_page: Open) -> None:
    page.get_by_role("button", name="show it").click()
    notation = page.locator(".drawer .notation code").inner_text()

    again = open_page(page.url)

    expect(again.locator(".drawer .notation code")).to_have_text(notation)


def test_progress_shows_every_training_and_the_best_so_far(page: Page, shoot: Shoot) -> None:
    progress = section(page, "progress")

    expect(progress).to_contain_text(re.compile(r"came with training \d+"))
    assert n_drawn(page, "progress") == N_TRAINED
    names = page.evaluate("document.querySelector('#progress .chart').data.map((each) => each.name)")
    assert {"gpu-0", "gpu-1", "gpu-2", "gpu-3", "failed", "best so far"} == set(names)
    progress.get_by_text("4 workers").click()
    expect(progress.locator("tbody tr")).to_have_count(4)
    shoot(progress, "progress")

    progress.get_by_label("Horizontal axis").select_option("by time")

    expect(progress.locator(".xtick").first).to_contain_text(":")  # a time of day


def test_quality_is_told_in_words_and_shown(page: Page, shoot: Shoot) -> None:
    quality = section(page, "quality")

    expect(quality).to_contain_text(re.compile(r"Of the last 100 trainings, \d+ fell inside the 90 % interval"))
    expect(quality).to_contain_text("Kendall τ")
    bars = page.evaluate("document.querySelectorAll('#quality .chart')[0].data.some((each) => each.error_x)")
    assert bars
    shoot(quality, "quality")


def test_a_promise_that_is_kept_is_not_said_to_be_broken(page: Page, server: ServerProcess) -> None:
    told = server.http.get("/studies/default/quality").json()
    told["metrics"]["val_accuracy"]["recent"]["coverage"] = 0.91
    told["metrics"]["val_accuracy"]["calibration"] = 1.19
    page.route("**/quality", lambda route: route.fulfill(json=told))
    page.reload()

    quality = section(page, "quality")

    expect(quality).to_contain_text("91 fell inside the 90 % interval, as promised")
    expect(quality).to_contain_text("drawn 1.19 times as wide as the estimates alone would have them")
    expect(quality).not_to_contain_text("too narrow")


def test_the_marks_in_an_error_bar_have_a_legend(page: Page) -> None:
    trial = section(page, "try")

    trial.get_by_role("button", name="Take the best").click()

    legend = trial.locator(".legend span")
    expect(legend).to_have_text(["90 % interval", "estimate", "measured", "best so far"])
    for i in range(4):
        mark = legend.nth(i).locator("i")
        assert mark.evaluate("(mark) => getComputedStyle(mark).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_an_architecture_that_is_pasted_is_estimated(page: Page, shoot: Shoot) -> None:
    trial = section(page, "try")

    trial.get_by_label("Architecture").fill(CANDIDATE)

    expect(trial).to_contain_text("90 % interval")
    expect(trial.locator("svg .vertex", has_text="avg_pool_3x3").first).to_be_visible()
    expect(trial.locator(".weight").first).to_be_visible()
    shoot(trial, "try")


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|", "operation 'conv_5x5'"),
        ('{"matrix": [[0,1]', "This is no JSON"),
        ("hello", "hello"),
    ],
)
def test_what_is_wrong_with_a_pasted_architecture_is_told(page: Page, pasted: str, told: str) -> None:
    trial = section(page, "try")

    trial.get_by_label("Architecture").fill(pasted)

    expect(trial.locator(".failed")).to_contain_text(told)


def test_a_suggestion_is_looked_at_and_not_reserved(page: Page, server: ServerProcess) -> None:
    upcoming = section(page, "next")

    upcoming.get_by_role("button", name="What would you suggest?").click()
    expect(upcoming.locator("tbody tr")).to_have_count(5)
    upcoming.locator("tbody button").first.click()

    expect(page.locator("#try")).to_contain_text("90 % interval")
    assert server.http.get("/studies/default/suggestions").json() == {"suggestions": []}


def test_activity_tells_who_observed_and_how_fast(page: Page, shoot: Shoot) -> None:
    activity = section(page, "activity")

    expect(activity.locator("tr", has_text="gpu-1").first).to_be_visible()
    expect(activity).to_contain_text("observations in")
    expect(activity).to_contain_text("answered in")
    shoot(activity, "activity")


def test_all_of_it_in_the_dark(open_page: Open, server: ServerProcess, shoot: Shoot) -> None:
    page = open_page(server.url, theme="dark")
    expect(page.locator("#map")).to_contain_text("trained architectures")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 19, 27)"
    shoot(page, "dark")

    page.get_by_role("button", name="Light or dark").click()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 246, 250)"
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 246, 250)"


def test_one_failure_does_not_take_the_whole_picture_of_the_estimates(open_page: Open, fresh: ServerProcess) -> None:
    observe(fresh, 60)
    fresh.observe([{"architecture": CANDIDATE, "metrics": {"val_accuracy": 10}}])
    page = open_page(fresh.url)

    quality = section(page, "quality")

    expect(quality).to_contain_text("1 training lies outside of the picture: double-click it for all.")
    low, high = page.evaluate("document.querySelector('#quality .chart')._fullLayout.yaxis.range")
    assert 60 < low < high < 100
    assert page.evaluate("document.querySelector('#quality .chart')._fullLayout.xaxis.range") == [low, high]
