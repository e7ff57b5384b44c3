from typing import Any
from uuid import UUID, uuid4

import pytest
from emprox_client.schemas import ObserveResponse, Problem

from .cells import CELLS, CONV1, CONV3, NOT_A_CELL, POOL, cell
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio


def trained(architecture: str = CELLS[0], val_accuracy: float = 93.0, **more: object) -> dict[str, Any]:
    return {"architecture": architecture, "metrics": {"val_accuracy": val_accuracy}, **more}


async def observe(server: Server, *observations: dict[str, Any]) -> ObserveResponse:
    response = await server.http.post("/observe", json={"observations": observations})
    assert response.status_code == 201, response.text
    return ObserveResponse.model_validate_json(response.content)


async def refused(server: Server, status: int, *observations: dict[str, Any], **request: object) -> Problem:
    response = await server.http.post("/observe", json={"observations": observations, **request})
    return problem_of(response, status)


async def score(server: Server, candidate: str) -> float:
    answer = (await server.http.post("/predict", json={"candidates": [candidate]})).json()
    found: float = answer["predictions"][0]["metrics"]["val_accuracy"]["score"]
    return found


async def test_an_observation_counts_in_the_very_next_prediction(server: Server) -> None:
    for value in (20.0, 80.0):
        await observe(server, trained(CELLS[0], value))

    assert await score(server, CELLS[0]) == 50


async def test_an_observation_is_stored_under_the_workers_id(server: Server) -> None:
    key = str(uuid4())

    answer = await observe(server, trained(observation_id=key))

    (stored,) = answer.observations
    assert (answer.study, answer.revision) == ("default", 1)
    assert (stored.observation_id, stored.created, stored.predicted) == (key, True, None)


async def test_an_observation_without_an_id_gets_one(server: Server) -> None:
    first, second = (await observe(server, trained(), trained())).observations

    assert UUID(first.observation_id) != UUID(second.observation_id)
    assert first.architecture_id == second.architecture_id


async def test_sending_an_observation_again_is_harmless(server: Server) -> None:
    observation = trained(observation_id=str(uuid4()))
    await observe(server, observation, trained(CELLS[1], 95.0))

    again = await observe(server, observation)

    (stored,) = again.observations
    assert (again.revision, stored.created, stored.predicted) == (1, False, None)
    assert await score(server, CELLS[2]) == await score(server, CELLS[2])
    assert (await server.http.get("/studies/default")).json()["observations"] == 2


@pytest.mark.parametrize("spelled", [str.upper, lambda key: f"{{{key}}}", lambda key: key.replace("-", "")])
async def test_an_id_is_the_same_however_it_is_spelled(server: Server, spelled: Any) -> None:
    key = str(uuid4())
    await observe(server, trained(observation_id=key))

    (stored,) = (await observe(server, trained(observation_id=spelled(key)))).observations

    assert (stored.observation_id, stored.created) == (key, False)


async def test_an_id_taken_by_another_content_is_a_conflict(server: Server) -> None:
    key = str(uuid4())
    await observe(server, trained(observation_id=key))

    problem = await refused(server, 409, trained(CELLS[1]), trained(val_accuracy=94.0, observation_id=key))

    assert problem.type == "observation_conflict"
    assert problem.errors is not None
    assert [error.index for error in problem.errors] == [1]
    assert key in problem.errors[0].detail
    assert await server.revision() == 1


async def test_what_was_expected_is_told(server: Server) -> None:
    await observe(server, trained(CELLS[0], 90.0), trained(CELLS[1], 92.0))
    expected = await score(server, CELLS[5])

    (stored,) = (await observe(server, trained(CELLS[5], 70.0))).observations

    assert stored.predicted is not None
    assert stored.predicted["val_accuracy"].score == pytest.approx(expected)
    assert await score(server, CELLS[5]) < expected


async def test_one_invalid_observation_stores_none_of_them(server: Server) -> None:
    unknown = {"architecture": CELLS[1], "metrics": {"latency": 3.0}}
    nothing: dict[str, Any] = {"architecture": CELLS[2], "metrics": {}}

    problem = await refused(server, 422, trained(), trained(NOT_A_CELL), unknown, nothing)

    assert problem.type == "invalid_observations"
    assert problem.detail == "3 of 4 observations are invalid, and none was stored"
    assert problem.errors is not None
    assert [error.index for error in problem.errors] == [1, 2, 3]
    assert "operation 'conv_5x5' of edge 0->1" in problem.errors[0].detail
    assert "no metric 'latency': it records val_accuracy" in problem.errors[1].detail
    assert "at least one of the metrics val_accuracy" in problem.errors[2].detail
    assert await server.revision() == 0


async def test_of_many_errors_the_first_twenty_are_told(server: Server) -> None:
    problem = await refused(server, 422, *[trained(NOT_A_CELL)] * 1000)

    assert problem.errors is not None
    assert [error.index for error in problem.errors] == list(range(20))
    assert "1000 of 1000" in problem.detail


async def test_a_failed_training_is_stored_and_does_not_count(server: Server) -> None:
    await observe(server, trained(CELLS[0], 90.0), trained(CELLS[1], 92.0))
    before = await score(server, CELLS[5])

    await observe(
        server, {"architecture": CELLS[5], "metrics": {}, "status": "failed"}, trained(CELLS[5], 1.0, status="failed")
    )

    assert await score(server, CELLS[5]) == before
    assert (await server.http.get("/studies/default")).json()["observations"] == 4


async def test_everything_about_a_training_is_taken(server: Server) -> None:
    key = str(uuid4())
    full = trained(
        observation_id=key,
        status="completed",
        fidelity={"epochs": 200, "width": 0.25},
        seed=2**64 - 1,
        worker="gpu-7, zweite Reihe: \N{GRINNING FACE}",
        metadata={"note": "", "amp": True, "loss": 1e-300, "steps": 2**63 - 1, "parent": None},
    )
    await observe(server, full)

    (stored,) = (await observe(server, full)).observations

    assert not stored.created


@pytest.mark.parametrize(
    "changed",
    [
        {"architecture": CELLS[1]},
        {"metrics": {"val_accuracy": 93.5}},
        {"status": "failed"},
        {"fidelity": {"epochs": 12}},
        {"seed": 2},
        {"worker": "gpu-8"},
        {"metadata": {"note": "y"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_every_field_is_part_of_the_content(server: Server, changed: dict[str, Any]) -> None:
    about: dict[str, Any] = {"fidelity": {"epochs": 200}, "seed": 1, "worker": "gpu-7", "metadata": {"note": "x"}}
    observation = trained(observation_id=str(uuid4()), status="completed", **about)
    await observe(server, observation)

    assert (await refused(server, 409, {**observation, **changed})).type == "observation_conflict"


async def test_an_unknown_study_is_named(server: Server) -> None:
    problem = await refused(server, 404, trained(), study="nightly")

    assert "there is no study 'nightly': declare it with PUT /studies/{name}" in problem.detail


async def test_values_of_any_size_that_is_taken_give_finite_answers(server: Server) -> None:
    await observe(server, *[trained(c, v) for c, v in zip(CELLS, (1e100, -1e100, 1e-320, 0.0), strict=False)])
    await observe(server, *[trained(CELLS[0], 1e100)] * 1000)

    response = await server.http.post("/predict", json={"candidates": [cell(CONV1, POOL), cell(CONV3), CELLS[0]]})

    assert response.status_code == 200
    assert b"Infinity" not in response.content
    assert b"NaN" not in response.content
