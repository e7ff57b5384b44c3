"""A study of 100,000 observations: a sample is drawn, and the page says of how many."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.spaces.nasbench201 import NasBench201
from tests.process.server_process import EMPROX, ServerProcess, environment, serving

from .conftest import Open
from .study import accuracy

N = 100_000
SHOWN = 3000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a study that saw every cell of the space several times; each value had been expected, but for one
    in ten nearly so.
    """
    folder = tmp_path_factory.mktemp("large")
    study = {"name": "large", "space": "nasbench201", "metrics": [{"name": "val_accuracy", "unit": "%"}]}
    with (folder / "large.ndjson").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in ({"study": study}, *records()))
    command = [str(EMPROX), "import", "--study", "large", str(folder / "large.ndjson")]
    subprocess.run(command, env=environment(folder / "data"), check=True, capture_output=True)  # noqa: S603
    with serving(folder / "data") as server:
        yield server


def records() -> Iterator[dict[str, Any]]:
    """Observations as `emprox export` writes them."""
    cells = list(NasBench201().enumerate())
    for i in range(N):
        cell = cells[7 * i % len(cells)]  # neighbors in the enumeration differ little, and 7 is prime to their number
        value = accuracy(str(cell.notation)) + i % 13 / 20
        score = value + (0.3 if i % 10 else 2)
        estimate = {"score": score, "std": 0.6, "lower": score - 1, "upper": score + 1, "nearest": score + 1}
        yield {
            "observation_id": str(UUID(int=i)),
            "architecture_id": cell.id,
            "architecture": cell.notation,
            "status": "completed",
            "metrics": {"val_accuracy": value},
            "worker": f"gpu-{i % 32}",
            "observed_at": f"2026-11-{1 + i // 5000:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z",
            "revision": 1 + i // 100,
            "expected": {"val_accuracy": {**estimate, "deviation": 0.0, "known": 0}},
        }


@pytest.fixture
def page(open_page: Open, large: ServerProcess) -> Page:
    return open_page(f"{large.url}/?study=large")


def test_the_map_shows_a_sample_and_says_of_how_many(page: Page) -> None:
    expect(page.locator("#map")).to_contain_text(re.compile(r"3,000 of \d,\d{3} trained architectures"))

    assert SHOWN <= page.locator("#map .chart .point").count() <= SHOWN + 600  # and the space in grey
    page.get_by_role("button", name="show it").click()
    expect(page.locator(".drawer svg .vertex").first).to_be_visible()


def test_progress_draws_a_sample_with_every_step_of_the_best(page: Page, large: ServerProcess) -> None:
    page.locator("#progress").scroll_into_view_if_needed()
    expect(page.locator("#progress")).to_contain_text("of 100,000 trainings are drawn")

    steps = page.evaluate(
        "document.querySelector('#progress .chart').data.find((each) => each.name === 'best so far').y"
    )
    best = large.http.get("/studies/large/progress").json()["best"]["value"]
    assert steps == [*best, best[-1]]


def test_every_section_answers(page: Page) -> None:
    expect(page.locator("#glance")).to_contain_text("100,000")
    page.locator("#quality").scroll_into_view_if_needed()
    expect(page.locator("#quality")).to_contain_text("Of the last 100 trainings, 90 fell inside the 90 % interval")
    page.locator("#next").scroll_into_view_if_needed()
    page.get_by_role("button", name="What would you suggest?").click()
    expect(page.locator("#next tbody tr, #next .hint").first).to_be_visible()
