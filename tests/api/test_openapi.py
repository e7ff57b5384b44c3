"""The document at /openapi.json says everything that a client needs."""

import json
import re
from typing import Any

import pytest
from emprox_client import schemas

from app.api.json_body import JsonRoute
from app.api.problems import KINDS, MEDIA_TYPE, TOO_LARGE, UNSUPPORTED

from .serving import Server

pytestmark = pytest.mark.anyio

Operation = dict[str, Any]


@pytest.fixture
async def document(shared_server: Server) -> dict[str, Any]:
    response = await shared_server.http.get("/openapi.json")
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
def operations(document: dict[str, Any]) -> dict[str, Operation]:
    """By method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def problems(operation: Operation) -> dict[int, Operation]:
    return {int(status): each for status, each in operation["responses"].items() if int(status) >= 400}


async def test_every_route_is_in_the_document(shared_server: Server, operations: dict[str, Operation]) -> None:
    declared = shared_server.operations()

    assert declared == set(operations)
    assert declared == {
        "GET /",
        "POST /predict",
        "POST /observe",
        "POST /suggest",
        "GET /studies/{name}/suggestions",
        "PATCH /studies/{name}/suggestions/{suggestion_id}",
        "DELETE /studies/{name}/suggestions/{suggestion_id}",
        "PUT /studies/{name}",
        "GET /studies/{name}",
        "GET /studies",
        "DELETE /studies/{name}",
        "POST /studies/{name}/metrics",
        "GET /studies/{name}/observations",
        "GET /studies/{name}/observations/{observation_id}",
        "PATCH /studies/{name}/observations/{observation_id}",
        "DELETE /studies/{name}/observations/{observation_id}",
        "POST /studies/{name}/observations/{observation_id}/restore",
        "GET /studies/{name}/corrections",
        "POST /studies/{name}/corrections",
        "GET /studies/{name}/quality",
        "GET /studies/{name}/progress",
        "GET /studies/{name}/map",
        "GET /studies/{name}/events",
        "GET /studies/{name}/outcomes",
        "GET /studies/{name}/activity",
        "GET /encoders",
        "GET /studies/{name}/encoder",
        "POST /studies/{name}/encoder",
        "PUT /spaces/{name}",
        "GET /spaces/{name}",
        "GET /spaces",
        "POST /spaces/{name}/graphs",
        "GET /health/live",
        "GET /health/ready",
        "GET /v2/health/live",
        "GET /v2/health/ready",
        "GET /version",
        "GET /metrics",
    }


async def test_every_route_says_what_it_does(operations: dict[str, Operation]) -> None:
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"].endswith("."), name


async def test_every_body_is_read_strictly(shared_server: Server) -> None:
    for route in shared_server.routes():
        assert route.body_field is None or isinstance(route, JsonRoute), route.path


async def test_every_request_has_an_example_that_its_schema_takes(
    document: dict[str, Any], operations: dict[str, Operation]
) -> None:
    requests = [operation["requestBody"] for operation in operations.values() if "requestBody" in operation]
    assert len(requests) == 12
    for request in requests:
        name = request["content"]["application/json"]["schema"]["$ref"].removeprefix("#/components/schemas/")
        examples = document["components"]["schemas"][name]["examples"]
        assert examples
        for example in examples:
            getattr(schemas, name).model_validate(example)


async def test_every_answer_that_has_an_example_takes_it(document: dict[str, Any]) -> None:
    with_examples = {name: s for name, s in document["components"]["schemas"].items() if "examples" in s}

    assert {"PredictResponse", "ObserveResponse", "Study", "Problem"} <= set(with_examples)
    for name, schema in with_examples.items():
        for example in schema["examples"]:
            getattr(schemas, name).model_validate_json(json.dumps(example))


async def test_every_error_is_a_problem_with_an_example(operations: dict[str, Operation]) -> None:
    for name, operation in operations.items():
        for status, response in problems(operation).items():
            (media_type,) = response["content"]
            examples = response["content"][media_type]["examples"]
            assert media_type == MEDIA_TYPE, (name, status)
            assert examples, (name, status)
            for key, example in examples.items():
                problem = schemas.Problem.model_validate(example["value"])
                assert (problem.type, problem.status) == (key, status)


async def test_every_route_tells_the_errors_of_what_it_reads(operations: dict[str, Operation]) -> None:
    for name, operation in operations.items():
        told = set(problems(operation))
        if "requestBody" in operation:
            assert {400, 413, 415, 422, 503} <= told, name
        if "{name}" in name:
            assert 422 in told, name
        if name not in {"GET /", "GET /health/live", "GET /v2/health/live", "GET /version", "GET /metrics"}:
            assert 503 in told, name


async def test_every_kind_of_problem_is_told_somewhere(operations: dict[str, Operation]) -> None:
    told = {
        key
        for operation in operations.values()
        for response in problems(operation).values()
        for key in response["content"][MEDIA_TYPE]["examples"]
    }

    # What is wrong with the proxies of a candidate is told in the place of its prediction.
    in_place = {"invalid_proxies"}
    expected = {kind.type for kind in (*KINDS.values(), TOO_LARGE, UNSUPPORTED)} - in_place
    assert expected | {"not_json", "invalid_request"} == told


async def test_kinds_have_names_of_their_own() -> None:
    types = [kind.type for kind in KINDS.values()]

    assert len(set(types)) == len(types)
    assert all(re.fullmatch("[a-z_]+", each) for each in types)


async def test_fields_that_need_it_are_described(document: dict[str, Any]) -> None:
    for name, field in [("PredictRequest", "k"), ("PredictRequest", "weighting"), ("Prediction", "novelty")]:
        assert document["components"]["schemas"][name]["properties"][field]["description"]
