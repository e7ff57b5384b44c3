"""A study of more metrics than one, whatever they are called."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.process.cells import cells
from tests.process.server_process import ServerProcess

from .conftest import Open
from .study import CANDIDATE, accuracy

N = 30


def params(cell: str) -> float:
    """In millions: what a convolution of either kind takes, over and above the rest of the network."""
    return round(0.3 + 0.18 * cell.count("conv_3x3") + 0.02 * cell.count("conv_1x1"), 2)


def declare(server: ServerProcess, study: str, *metrics: dict[str, Any]) -> None:
    response = server.http.put(f"/studies/{study}", json={"space": "nasbench201", "metrics": metrics})
    assert response.status_code == 201, response.text


@pytest.fixture
def two(fresh: ServerProcess) -> ServerProcess:
    """A study of cells with their accuracy and their parameters."""
    small = {"name": "params", "direction": "minimize", "unit": "M"}
    declare(fresh, "two", {"name": "val_accuracy", "unit": "%"}, small)
    rng = np.random.default_rng(0)
    observations = [
        {
            "architecture": cell,
            "metrics": {"val_accuracy": round(accuracy(cell) + rng.normal(0, 0.3), 2), "params": params(cell)},
        }
        for cell in cells(N, 3)
    ]
    response = fresh.http.post("/observe", json={"study": "two", "observations": observations})
    assert response.status_code == 201, response.text
    return fresh


def weights(server: ServerProcess, metric: str) -> list[str]:
    """Of the neighbors of a cell in the estimate of one metric, as the page writes them."""
    asked = {"study": "two", "candidates": [CANDIDATE], "metrics": [metric], "neighbors": 8}
    (prediction,) = server.http.post("/predict", json=asked).json()["predictions"]
    return [f"{round(100 * each['weight'])} %" for each in prediction["neighbors"]]


def test_neighbors_have_the_weights_of_the_metric_that_is_looked_at(open_page: Open, two: ServerProcess) -> None:
    page = open_page(f"{two.url}/?study=two&metric=params")
    shown = page.locator("#try .weight b")

    page.locator("#candidate").fill(CANDIDATE)

    assert weights(two, "params") != weights(two, "val_accuracy")
    expect(shown).to_have_text(weights(two, "params"))
    expect(page.locator("#try th").nth(2)).to_have_text("params")
    page.get_by_label("Metric").select_option("val_accuracy")
    expect(shown).to_have_text(weights(two, "val_accuracy"))
    expect(page.locator("#try th").nth(2)).to_have_text("val_accuracy")


def test_a_metric_that_nobody_measured_lends_its_name_to_no_weights(open_page: Open, two: ServerProcess) -> None:
    assert two.http.post("/studies/two/metrics", json={"name": "latency", "unit": "ms"}).status_code == 201
    page = open_page(f"{two.url}/?study=two&metric=latency")

    page.locator("#candidate").fill(CANDIDATE)

    expect(page.locator("#try .weight b")).to_have_text(weights(two, "val_accuracy"))
    expect(page.locator("#try th").nth(2)).to_have_text("val_accuracy")


def test_suggestions_say_what_they_are_to_improve(open_page: Open, two: ServerProcess) -> None:
    page = open_page(f"{two.url}/?study=two&metric=params")
    upcoming = page.locator("#next")
    upcoming.scroll_into_view_if_needed()

    upcoming.get_by_role("button", name="What would you suggest?").click()

    expect(upcoming).to_contain_text("to improve val_accuracy and params together; shown is what is expected of params")


def test_a_metric_may_be_called_as_every_object_has_something(open_page: Open, fresh: ServerProcess) -> None:
    names = ("constructor", "__proto__")
    declare(fresh, "odd", {"name": "loss", "direction": "minimize"}, *({"name": name} for name in names))
    trained = {"architecture": CANDIDATE, "metrics": {"loss": 1.5}}
    assert fresh.http.post("/observe", json={"study": "odd", "observations": [trained]}).status_code == 201
    page = open_page(f"{fresh.url}/?study=odd")

    for name in names:
        page.get_by_label("Metric").select_option(name)
        everything(page)
        expect(page.locator("#glance")).to_contain_text(f"Best {name}–not measured yet")
    assert fresh.http.post("/observe", json={"study": "odd", "observations": [full(names)]}).status_code == 201
    expect(page.locator("#glance")).to_contain_text("Best __proto__0.25")
    everything(page)
    page.get_by_role("button", name="show it").click()

    trainings = page.locator(".drawer tbody").last.locator("tr")
    expect(trainings.nth(0)).to_contain_text(re.compile(r"^1.40.250.25"))
    expect(trainings.nth(1)).to_contain_text(re.compile(r"^1.5––"))
    expect(page.locator(".failed")).to_have_count(0)


def full(names: tuple[str, ...]) -> dict[str, Any]:
    return {"architecture": CANDIDATE, "metrics": {"loss": 1.4, **dict.fromkeys(names, 0.25)}}


def everything(page: Page) -> None:
    """Look at every section; what fails shows there."""
    for name in ("progress", "quality", "try", "next", "activity", "glance"):
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.wait_for_timeout(400)
    expect(page.locator(".failed")).to_have_count(0)
