"""The page follows what happens: results that arrive, a server that goes away, a study that is deleted."""

from pathlib import Path

from playwright.sync_api import expect

from tests.process.server_process import ServerProcess, serving

from .conftest import Open
from .study import observe


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
        page = open_page(server.url)
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


def test_a_study_that_is_deleted_gives_way_to_another(open_page: Open, fresh: ServerProcess) -> None:
    declaration = {"space": "nasbench201", "metrics": [{"name": "latency", "direction": "minimize", "unit": "ms"}]}
    fresh.http.put("/studies/short", json=declaration)
    page = open_page(f"{fresh.url}/?study=short", forgive=404)
    expect(page.locator("#study")).to_have_value("short")
    expect(page.locator("#connection")).to_have_text("live")

    assert fresh.http.delete("/studies/short").status_code == 204

    expect(page.locator("#study")).to_have_value("default")
