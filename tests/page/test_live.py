"""The page follows what happens: results that arrive, a server that goes away, a study that is deleted."""

import re
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.process.server_process import ServerProcess, serving

from .conftest import Open
from .study import CANDIDATE, observe


def test_a_result_shows_up_by_itself(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url)
    expect(page.locator("#map")).to_contain_text("Nothing was trained yet.")

    observe(fresh, 20)

    expect(page.locator("#map")).to_contain_text("trained architectures")
    expect(page.locator("#glance")).to_contain_text("1 failed")
    page.locator("#progress").scroll_into_view_if_needed()
    expect(page.locator("#progress")).to_contain_text("came with training")
    page.locator("#activity").scroll_into_view_if_needed()
    expect(page.locator("#activity")).to_contain_text("observations in")


def test_what_failed_shows_up_with_the_servers_sentence(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url)
    page.locator("#activity").scroll_into_view_if_needed()

    fresh.http.post(
        "/observe", json={"observations": [{"architecture": "|conv_5x5~0|", "metrics": {"val_accuracy": 1}}]}
    )

    expect(page.locator("#activity")).to_contain_text("POST /observe, 422")


def test_the_page_tells_that_the_server_is_away_and_goes_on_when_it_is_back(open_page: Open, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        observe(server, 20)
        port = server.url.rpartition(":")[2]
        page = open_page(server.url, forgive=503)  # while it loads
        expect(page.locator("#map")).to_contain_text("trained architectures")
        assert server.terminate(5) == 0  # the open stream holds nothing up

    expect(page.locator("#away")).to_contain_text("The server does not answer")
    expect(page.locator("#connection")).to_have_text("away")
    expect(page.locator("#map")).to_contain_text("trained architectures")  # what was there is still there

    with serving(tmp_path / "data", EMPROX_PORT=port) as server:
        expect(page.locator("#away")).to_be_hidden()
        observe(server, 10, seed=8)
        expect(page.locator("#glance")).to_contain_text("30")


def test_a_server_that_was_away_from_the_start_is_waited_for(open_page: Open, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        page = open_page(server.url)
        page.route("**/studies", lambda route: route.abort())
        page.reload()
        expect(page.locator("#away")).to_be_visible()
        page.unroute("**/studies")
        expect(page.locator("#map")).to_contain_text("Nothing was trained yet.")


def test_a_server_that_starts_is_said_to_be_there(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page("about:blank", forgive=503)
    loading = {"type": "not_ready", "detail": "the studies are being loaded: try again in a moment"}
    page.route("**/studies", lambda route: route.fulfill(status=503, json=loading))
    page.goto(fresh.url)

    expect(page.locator("#away")).to_contain_text("there, but not ready: “the studies are being loaded")
    expect(page.locator("#connection")).to_have_text("not ready")

    page.unroute("**/studies")
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#away")).to_be_hidden()


def test_what_failed_while_the_server_was_away_is_forgotten_when_it_is_back(
    open_page: Open, fresh: ServerProcess
) -> None:
    page = open_page(fresh.url)
    upcoming = page.locator("#next")
    upcoming.scroll_into_view_if_needed()
    page.route("**/suggest", lambda route: route.abort())
    upcoming.get_by_role("button", name="What would you suggest?").click()
    expect(upcoming.locator(".failed")).to_contain_text("the server does not answer")
    page.unroute("**/suggest")

    observe(fresh, 5)

    expect(upcoming.locator(".failed")).to_have_count(0)


def test_a_study_that_is_deleted_gives_way_to_another(open_page: Open, fresh: ServerProcess) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "latency", "direction": "minimize", "unit": "ms"}]}
    fresh.http.put("/studies/short", json=declaration)
    page = open_page(f"{fresh.url}/?study=short", forgive=404)
    expect(page.locator("#study")).to_have_value("short")
    expect(page.locator("#connection")).to_have_text("live")

    assert fresh.http.delete("/studies/short").status_code == 204

    expect(page.locator("#study")).to_have_value("default")


def test_an_answer_that_comes_too_late_is_not_shown(open_page: Open, fresh: ServerProcess) -> None:
    latency = {"name": "latency", "direction": "minimize", "unit": "ms"}
    assert fresh.http.post("/studies/default/metrics", json=latency).status_code == 201
    observe(fresh, 10)
    page = open_page(fresh.url)
    page.locator("#progress").scroll_into_view_if_needed()
    expect(page.locator("#progress")).to_contain_text("%, came with training")
    held: list[Route] = []
    page.route("**/progress?metric=val_accuracy*", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it calls

    observe(fresh, 5, seed=9)
    page.wait_for_timeout(2500)  # asked for, and held
    page.get_by_label("Metric").select_option("latency")
    expect(page.locator("#progress")).to_contain_text("No training has a value of latency yet")
    assert held
    for each in held:
        each.continue_()
    page.wait_for_timeout(500)

    expect(page.locator("#progress")).to_contain_text("No training has a value of latency yet")


def test_a_metric_that_is_chosen_before_the_first_answers_is_shown(open_page: Open, fresh: ServerProcess) -> None:
    assert fresh.http.post("/studies/default/metrics", json={"name": "latency", "unit": "ms"}).status_code == 201
    page = open_page("about:blank")
    held: list[Route] = []
    page.route("**/quality", lambda route: held.append(route), times=1)  # noqa: PLW0108  # Playwright marks what it calls
    page.goto(fresh.url)
    expect(page.locator("#connection")).to_have_text("live")

    page.get_by_label("Metric").select_option("latency")
    for each in held:
        each.continue_()

    expect(page.locator("#glance")).to_contain_text("Best latency")


def test_two_quick_choices_leave_the_last_one(open_page: Open, fresh: ServerProcess) -> None:
    for name in ("first", "second"):
        fresh.http.put(f"/studies/{name}", json={"space": "nasbench201", "metrics": [{"name": "loss"}]})
    page = open_page(fresh.url)
    expect(page.locator("#connection")).to_have_text("live")
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if request.url.endswith("/events") else None)
    held: list[Route] = []
    page.route("**/studies/first", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it calls

    page.locator("#study").select_option("first")
    page.locator("#study").select_option("second")
    for each in held:
        each.continue_()
    expect(page.locator("#connection")).to_have_text("live")
    page.wait_for_timeout(500)

    assert [url.split("/")[-2] for url in streams] == ["second"]
    expect(page).to_have_url(re.compile("study=second"))


def test_what_a_reader_unfolded_and_focused_stays_when_results_arrive(open_page: Open, fresh: ServerProcess) -> None:
    observe(fresh, 10)
    page = open_page(fresh.url)
    page.locator("#progress").scroll_into_view_if_needed()
    page.locator("#progress summary").click()
    before = page.locator("#progress tbody").inner_text()

    observe(fresh, 5, seed=9)

    expect(page.locator("#progress tbody")).not_to_have_text(before)
    assert page.evaluate("document.querySelector('#progress details').open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_study_that_nobody_listens_to_for_us_is_asked_now_and_then(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page("about:blank", forgive=503)
    page.route("**/events", lambda route: route.fulfill(status=503, body="{}"))
    page.goto(fresh.url)
    expect(page.locator("#connection")).to_have_text("asked now and then")

    observe(fresh, 5)

    expect(page.locator("#map")).to_contain_text("trained architecture")


def test_what_the_page_asks_is_no_activity(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url, forgive=409)

    page.locator("#candidate").fill(CANDIDATE)
    expect(page.locator("#try svg .vertex").first).to_be_visible()

    told = fresh.http.get("/studies/default/activity").json()
    assert (told["workers"], told["failures"]) == ([], [])


def test_a_study_that_came_since_can_be_chosen(open_page: Open, fresh: ServerProcess) -> None:
    page = open_page(fresh.url)
    expect(page.locator("#connection")).to_have_text("live")
    fresh.http.put("/studies/later", json={"space": "nasbench201", "metrics": [{"name": "loss"}]})

    page.locator("#study").focus()

    expect(page.locator("#study option")).to_have_count(2)
