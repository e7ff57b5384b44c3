"""Whatever is sent, the answer is one of those that are documented, and what was sent is not stored in part."""

import json
from typing import Any

import pytest
from emprox_client import schemas
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.problems import MEDIA_TYPE

from .cells import CELLS, NOT_A_CELL
from .serving import Server

pytestmark = pytest.mark.anyio

any_text = st.text(st.characters(exclude_categories=[]), max_size=20)
numbers = st.integers() | st.integers(-(10**400), 10**400) | st.floats()
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["default", "val_accuracy", "nightly", "latency"]) | any_text
architectures = st.sampled_from([*CELLS, NOT_A_CELL]) | json_values
flat = st.dictionaries(names, json_values, max_size=3) | json_values
observations = st.fixed_dictionaries(
    {"architecture": architectures, "metrics": st.dictionaries(names, numbers, max_size=2) | json_values},
    optional={
        "observation_id": st.uuids(version=4).map(str) | json_values,
        "status": st.sampled_from(["completed", "failed"]) | json_values,
        "fidelity": flat,
        "seed": st.integers(0, 9) | json_values,
        "worker": json_values,
        "metadata": flat,
        "colour": json_values,
    },
)
predict_requests = st.fixed_dictionaries(
    {"candidates": st.lists(architectures, max_size=3) | json_values},
    optional={
        "study": names | json_values,
        "metrics": st.lists(names, max_size=2) | json_values,
        "k": st.integers(1, 9) | json_values,
        "weighting": st.sampled_from(["kriging", "inverse_distance", "uniform"]) | json_values,
        "neighbors": st.integers(0, 9) | json_values,
        "min_revision": st.integers(0, 2) | json_values,
    },
)
observe_requests = st.fixed_dictionaries(
    {"observations": st.lists(observations, max_size=2) | json_values}, optional={"study": names | json_values}
)
declarations = st.fixed_dictionaries(
    {
        "space": st.just("nasbench201") | json_values,
        "metrics": st.lists(
            st.fixed_dictionaries(
                {"name": names},
                optional={"direction": st.sampled_from(["maximize", "minimize"]) | json_values, "unit": json_values},
            ),
            max_size=2,
        )
        | json_values,
    }
)
small = st.integers(0, 6) | numbers
pairs = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), max_size=6)
operations = st.lists(st.sampled_from(["a", "b", "c"]) | any_text, max_size=3, unique=True)
graph_spaces = st.fixed_dictionaries(
    {"kind": st.just("graph"), "operations": operations | json_values},
    optional={
        "operations_on": st.sampled_from(["vertices", "edges"]),
        "no_edge": st.just("a"),
        "identity": st.just("b") | json_values,
        "max_vertices": small,
        "max_edges": small,
        "inputs": operations,
        "skeleton": st.fixed_dictionaries({"nodes": small, "edges": st.just("all") | pairs | json_values}),
        "cells": operations | json_values,
    },
)
variables = st.fixed_dictionaries(
    {"name": names, "values": st.lists(st.integers(0, 3) | json_values, max_size=3)},
    optional={"ordered": st.booleans(), "when": st.dictionaries(names, st.lists(st.integers(0, 3), max_size=2))},
)
choices_spaces = st.fixed_dictionaries(
    {"kind": st.just("choices"), "variables": st.lists(variables, max_size=3) | json_values}
)
# Each example asks a server that goes on from what the ones before have left.
fuzzed = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def answered(server: Server, method: str, path: str, content: bytes) -> tuple[int, bytes]:
    response = await server.http.request(method, path, content=content, headers={"content-type": "application/json"})
    status = response.status_code
    assert status < 500 or status == 503, response.text
    if status >= 400:
        assert response.headers["content-type"] == MEDIA_TYPE
        assert schemas.Problem.model_validate_json(response.content).status == status
    return status, response.content


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


@fuzzed
@given(request=predict_requests | json_values)
async def test_predicting_anything_never_fails(shared_server: Server, request: Any) -> None:
    await shared_server.http.post(
        "/observe", json={"observations": [{"architecture": CELLS[0], "metrics": {"val_accuracy": 93.0}}]}
    )

    status, content = await answered(shared_server, "POST", "/predict", encoded(request))

    if status == 200:
        answer = schemas.PredictResponse.model_validate_json(content)
        assert len(answer.predictions) == len(request["candidates"])


@fuzzed
@given(request=observe_requests | json_values)
async def test_observing_anything_stores_all_of_it_or_nothing(shared_server: Server, request: Any) -> None:
    before = schemas.Study.model_validate_json((await shared_server.http.get("/studies/default")).content)

    status, content = await answered(shared_server, "POST", "/observe", encoded(request))

    after = schemas.Study.model_validate_json((await shared_server.http.get("/studies/default")).content)
    stored = 0
    if status == 201:
        answer = schemas.ObserveResponse.model_validate_json(content)
        assert len(answer.observations) == len(request["observations"])
        stored = sum(each.created for each in answer.observations)
    assert after.observations - before.observations == stored
    assert after.revision - before.revision == (1 if stored else 0)


@fuzzed
@given(request=declarations | json_values)
async def test_declaring_anything_never_fails(shared_server: Server, request: Any) -> None:
    status, content = await answered(shared_server, "PUT", "/studies/nightly", encoded(request))

    if status < 300:
        schemas.Study.model_validate_json(content)


@settings(fuzzed, max_examples=60)  # one that is valid takes a second
@given(request=graph_spaces | choices_spaces | json_values)
async def test_declaring_any_space_never_fails(shared_server: Server, request: Any) -> None:
    status, content = await answered(shared_server, "PUT", "/spaces/any", encoded(request))

    if status < 300:
        space = schemas.Space.model_validate_json(content)
        assert (space.name, space.encoder) == ("any", "any/0")


@fuzzed
@given(body=st.binary(max_size=50) | st.text(max_size=50).map(lambda text: text.encode("utf-16")))
async def test_bytes_that_are_no_json_never_fail(shared_server: Server, body: bytes) -> None:
    for method, path in [
        ("POST", "/predict"),
        ("POST", "/observe"),
        ("PUT", "/studies/nightly"),
        ("PUT", "/spaces/any"),
    ]:
        status, _ = await answered(shared_server, method, path, body)

        assert status in {400, 422}
