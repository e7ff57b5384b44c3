import asyncio
from typing import Any

import pytest
from emprox_client.schemas import EncoderVersions, StudyEncoder

from .cells import CELLS
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/studies/default/encoder"


async def test_encoders_are_listed(server: Server) -> None:
    found = EncoderVersions.model_validate_json((await server.http.get("/encoders")).content)

    assert [(each.version, each.newest) for each in found.encoders] == [("nasbench201/1", True)]


async def test_a_study_is_switched_and_tells_how_far_it_is(server: Server) -> None:
    observations = [{"architecture": c, "metrics": {"val_accuracy": 80.0 + i}} for i, c in enumerate(CELLS)]
    await server.http.post("/observe", json={"observations": observations})
    before = StudyEncoder.model_validate_json((await server.http.get(PATH)).content)

    response = await server.http.post(PATH, json={"version": "nasbench201/1"})

    assert response.status_code == 202
    assert (before.follows_newest, before.switch) == (True, None)
    while (found := StudyEncoder.model_validate_json((await server.http.get(PATH)).content)).switch is None or (
        found.switch.stage in {"embedding", "comparing"}
    ):
        await asyncio.sleep(0.01)
    assert (found.switch.stage, found.version, found.follows_newest) == ("done", "nasbench201/1", False)
    assert (found.switch.embedded, found.switch.total, found.switch.error) == (len(CELLS), len(CELLS), None)
    tau = found.switch.comparison["val_accuracy"]
    assert tau.kendall_tau_before == pytest.approx(tau.kendall_tau_after)


@pytest.mark.parametrize(
    ("asked", "kind", "complaint"),
    [
        ({"version": "nasbench201/9"}, "unknown_encoder", "no encoder 'nasbench201/9': there is nasbench201/1"),
        ({"version": "darts/1"}, "unknown_encoder", "'darts/1' is of another search space: study 'default' is of"),
        ({"version": "9"}, "invalid_request", "version: String should match pattern"),
        ({}, "invalid_request", "version: Field required"),
    ],
)
async def test_what_is_wrong_is_named(server: Server, asked: dict[str, Any], kind: str, complaint: str) -> None:
    problem = problem_of(await server.http.post(PATH, json=asked), 422)

    assert problem.type == kind
    assert complaint in problem.detail
    assert problem_of(await server.http.get("/studies/none/encoder"), 404).type == "unknown_study"
