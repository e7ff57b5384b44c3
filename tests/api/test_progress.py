"""Progress of a study, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from emprox_client.schemas import StudyProgress

from .cells import CELLS, CONV3, cell
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/studies/default/progress"


async def observe(server: Server, *observations: dict[str, Any]) -> None:
    response = await server.http.post("/observe", json={"observations": observations})
    assert response.status_code == 201, response.text


async def test_of_an_empty_study_all_columns_are_empty(shared_server: Server) -> None:
    found = StudyProgress.model_validate_json((await shared_server.http.get(PATH)).content)

    assert (found.study, found.revision, found.observations, found.shown) == ("default", 0, 0, 0)
    assert found.metric.model_dump() == {"name": "val_accuracy", "direction": "maximize", "unit": "%"}
    assert all(column == [] for column in found.points.model_dump().values())
    assert found.workers == []


async def test_trainings_are_told_as_columns(server: Server) -> None:
    await observe(server, {"architecture": CELLS[0], "metrics": {"val_accuracy": 93.0}, "worker": "gpu-7"})
    await observe(server, {"architecture": CELLS[1], "status": "failed", "metrics": {}})
    await observe(server, {"architecture": CELLS[2], "metrics": {"val_accuracy": 94.0}, "worker": "gpu-7"})

    found = StudyProgress.model_validate_json((await server.http.get(PATH)).content)

    points = found.points
    assert (found.revision, found.observations, found.failed, found.shown) == (3, 3, 1, 3)
    assert (points.number, points.revision) == ([1, 2, 3], [1, 2, 3])
    assert (points.value, points.failed, points.full) == ([93.0, None, 94.0], [False, True, False], [True] * 3)
    assert [found.workers[i].worker for i in points.worker if i is not None] == ["gpu-7", None, "gpu-7"]
    assert (found.best.number, found.best.value) == ([1, 3], [93.0, 94.0])
    assert found.best.architecture_id == [points.architecture_id[0], points.architecture_id[2]]
    assert abs(points.observed_at[2] - datetime.now(UTC)) < timedelta(minutes=1)
    assert (found.workers[0].worker, found.workers[0].best) == ("gpu-7", 94.0)


async def test_a_metric_that_is_chosen_is_told(server: Server) -> None:
    latency = {"name": "latency_ms", "direction": "minimize", "unit": "ms"}
    await server.http.post("/studies/default/metrics", json=latency)
    await observe(server, {"architecture": cell(CONV3), "metrics": {"val_accuracy": 93.0, "latency_ms": 2.5}})

    found = (await server.http.get(PATH, params={"metric": "latency_ms"})).json()

    assert (found["metric"], found["points"]["value"]) == (latency, [2.5])


async def test_what_is_not_there_is_told(shared_server: Server) -> None:
    assert problem_of(await shared_server.http.get("/studies/none/progress"), 404).type == "unknown_study"
    unknown = await shared_server.http.get(PATH, params={"metric": "loss"})
    assert problem_of(unknown, 422).detail == "study 'default' has no metric 'loss': it records val_accuracy"


@pytest.mark.parametrize("query", [{"limit": 99}, {"limit": 20_001}, {"limit": "many"}, {"metric": "a\0"}])
async def test_limits_and_names_out_of_bounds_are_refused(shared_server: Server, query: dict[str, Any]) -> None:
    assert problem_of(await shared_server.http.get(PATH, params=query), 422).type == "invalid_request"
