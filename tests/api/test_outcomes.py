"""What was predicted and what came, over HTTP."""

from typing import Any

import pytest
from emprox_client.schemas import StudyOutcomes

from .cells import CELLS
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/studies/default/outcomes"


async def observe(server: Server, i: int, value: float) -> Any:
    observation = {"architecture": CELLS[i], "metrics": {"val_accuracy": value}}
    response = await server.http.post("/observe", json={"observations": [observation]})
    assert response.status_code == 201, response.text
    return response.json()["observations"][0]["predicted"]


async def outcomes(server: Server, **query: Any) -> StudyOutcomes:
    response = await server.http.get(PATH, params=query)
    assert response.status_code == 200, response.text
    return StudyOutcomes.model_validate_json(response.content)


async def test_of_an_empty_study_there_is_nothing(shared_server: Server) -> None:
    found = await outcomes(shared_server)

    assert (found.revision, found.predictions, found.shown, found.points.measured) == (0, 0, 0, [])


async def test_what_observing_answered_stands_beside_what_was_measured(server: Server) -> None:
    values = [90.0, 91.0, 92.0, 93.0]
    predicted = [await observe(server, i, value) for i, value in enumerate(values)][1:]

    found = await outcomes(server)

    assert (found.revision, found.predictions, found.shown) == (4, 3, 3)
    assert (found.points.revision, found.points.measured) == ([2, 3, 4], values[1:])
    assert found.points.predicted == [each["val_accuracy"]["score"] for each in predicted]
    assert found.points.lower == [each["val_accuracy"]["lower"] for each in predicted]
    assert found.points.upper == [each["val_accuracy"]["upper"] for each in predicted]
    assert found.points.lower[0] is None  # one value has no spread


async def test_repeats_are_left_out(server: Server) -> None:
    for i in (0, 1, 0):
        await observe(server, i, 90.0)

    assert (await outcomes(server)).points.revision == [2]


async def test_the_newest_are_told(server: Server) -> None:
    for i in range(5):
        await observe(server, i, 90.0 + i)

    found = await outcomes(server, last=2)

    assert (found.predictions, found.shown, found.points.measured) == (4, 2, [93.0, 94.0])


async def test_what_is_not_there_is_told(shared_server: Server) -> None:
    assert problem_of(await shared_server.http.get("/studies/none/outcomes"), 404).type == "unknown_study"
    assert problem_of(await shared_server.http.get(PATH, params={"metric": "loss"}), 422).type == "unknown_metric"
    for last in (0, 5001):
        assert problem_of(await shared_server.http.get(PATH, params={"last": last}), 422).type == "invalid_request"
