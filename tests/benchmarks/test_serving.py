"""What the figures of serving rest on."""

import json
import shutil
from itertools import islice

import httpx
import numpy as np
import pytest

from app.spaces.registry import get_space
from benchmarks.server import running_application
from benchmarks.serving import wrk
from benchmarks.serving.floor import echo
from benchmarks.serving.notations import made_up_value, notations
from benchmarks.serving.requests import observe_bodies, predict_bodies
from benchmarks.serving.targets import TARGETS, target_table

TOLD = '{"answered": 300, "seconds": 2.0, "median_ms": 1.5, "p99_ms": 4.0, "refused": %d, "broken": %d}'
needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")


@pytest.mark.parametrize("space", ["nasbench101", "darts"])
def test_notations_are_of_the_space_and_none_comes_twice(space: str) -> None:
    drawn = list(islice(notations(space), 500))

    assert all(get_space(space).parse(each) for each in drawn)
    assert len({json.dumps(each) for each in drawn}) == 500


def test_nothing_of_a_drawn_cell_is_pruned() -> None:
    drawn = islice(notations("nasbench101"), 100)

    assert {len(get_space("nasbench101").parse(each).cells[0].operations) for each in drawn} == {7}


def test_values_tell_architectures_apart_more_than_they_are_noisy() -> None:
    drawn = list(islice(notations("nasbench101"), 200))

    first, second = ([made_up_value(each, np.random.default_rng(seed)) for each in drawn] for seed in (0, 1))

    assert np.std(first) > 2 * np.std(np.subtract(first, second))


async def post(path: str, body: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(echo), base_url="http://floor") as http:
        return await http.post(path, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.anyio
async def test_the_floor_echoes_the_candidates() -> None:
    (body,) = predict_bodies(notations("darts"), 1, 3)

    answer = await post("/predict", body)

    assert json.loads(body).items() <= answer.json().items()


@pytest.mark.anyio
@pytest.mark.parametrize("body", ['{"candidates": []}', '{"candidates": [5]}', '{"candidates": ["a"], "other": 1}'])
async def test_the_floor_refuses_what_the_service_refuses(body: str) -> None:
    assert (await post("/predict", body)).status_code == 422


def test_every_request_has_architectures_of_its_own() -> None:
    drawn = notations("nasbench101")

    predicts, observes = predict_bodies(drawn, 2, 3), observe_bodies(drawn, 2, 3)

    asked = [json.dumps(each) for body in predicts for each in json.loads(body)["candidates"]]
    told = [json.dumps(each["architecture"]) for body in observes for each in json.loads(body)["observations"]]
    assert len({*asked, *told}) == 12


def test_more_architectures_than_there_are_end_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="no further notation"):
        predict_bodies(islice(notations("darts"), 5), 2, 3)


def test_what_wrk_tells_is_read_below_what_else_it_prints() -> None:
    load = wrk.parsed(f"Running 2s test @ http://host\n  Latency 1.50ms\n{TOLD % (0, 0)}\n")

    assert (load.per_second, load.median_ms, load.p99_ms) == (150, 1.5, 4)


@pytest.mark.parametrize(("refused", "broken"), [(1, 0), (0, 1)])
def test_a_request_that_failed_ends_the_benchmark(refused: int, broken: int) -> None:
    with pytest.raises(ValueError, match="300 requests were answered"):
        wrk.parsed(TOLD % (refused, broken))


def test_that_wrk_could_not_connect_ends_the_benchmark() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        wrk.parsed("unable to connect to 127.0.0.1:1 Connection refused\n")


@needs_wrk
def test_wrk_sends_the_bodies_as_they_are_written() -> None:
    bodies = predict_bodies(notations("nasbench101"), 2, 5)

    with running_application("benchmarks.serving.floor:echo") as (port, _, _):
        load = wrk.load(f"http://127.0.0.1:{port}/predict", bodies, 1, 1, again=True)
        with pytest.raises(SystemExit, match="1 fresh bodies"):
            wrk.load(f"http://127.0.0.1:{port}/predict", bodies[:1], 1, 1, again=False)
        with pytest.raises(SystemExit, match="with an error"):
            wrk.load(f"http://127.0.0.1:{port}/predict", ["{}"], 1, 1, again=True)

    assert load.answered > 2
    assert 0 < load.median_ms <= load.p99_ms


def test_a_target_says_whether_it_is_reached() -> None:
    over_floor, rows = TARGETS["single over floor"], TARGETS["observe rows"]

    assert [over_floor.verdict(each) for each in (1.4, 1.9, 2.1)] == ["goal", "yes", "**no**"]
    assert [rows.verdict(each) for each in (50_000, 20_000, 9_000)] == ["goal", "yes", "**no**"]


def test_what_was_not_measured_is_not_claimed() -> None:
    table = target_table({"single over floor": 1.75})

    assert "| 2.00 | 1.50 | 1.75 | yes |" in table
    assert table.count("not in this run") == len(TARGETS) - 1
