"""Search spaces over HTTP: declared, listed, refused, and used at once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from emprox_client.schemas import PredictResponse, Space, Spaces

from app.predictor.ports import Encoder

from .serving import Server, problem_of, serving, store_with_default_study

pytestmark = pytest.mark.anyio

CHAIN: dict[str, Any] = {
    "kind": "graph",
    "operations": ["conv", "pool"],
    "skeleton": {"nodes": 6, "edges": [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]},
}
BLOCKS: dict[str, Any] = {
    "kind": "choices",
    "variables": [
        {"name": "depth", "values": [1, 2], "ordered": True},
        {"name": "kernel0", "values": [3, 5, 7], "ordered": True},
        {"name": "kernel1", "values": [3, 5, 7], "ordered": True, "when": {"depth": [2]}},
    ],
}
STUDY: dict[str, Any] = {"space": "chains", "metrics": [{"name": "acc", "direction": "maximize", "unit": "%"}]}


def chain(*operations: str) -> dict[str, Any]:
    return {"nodes": ["input", *operations, "output"]}


TRAINED = [
    {"architecture": chain("conv", "conv", "conv", "conv"), "metrics": {"acc": 94.0}},
    {"architecture": chain("conv", "conv", "pool", "pool"), "metrics": {"acc": 92.0}},
    {"architecture": chain("pool", "pool", "pool", "pool"), "metrics": {"acc": 90.0}},
]
ASKED = {"study": "nightly", "candidates": [chain("conv", "pool", "conv", "conv"), chain("pool", "pool")]}


async def declared(server: Server, name: str, declaration: object, status: int = 201) -> Space:
    response = await server.http.put(f"/spaces/{name}", json=declaration)
    assert response.status_code == status, response.text
    return Space.model_validate_json(response.content)


async def refused(server: Server, declaration: object) -> str:
    """The detail of a declaration that is refused and leaves nothing behind."""
    problem = problem_of(await server.http.put("/spaces/refused", json=declaration), 422)
    assert problem.type == "invalid_space"
    problem_of(await server.http.get("/spaces/refused"), 404)
    return problem.detail


async def used(server: Server) -> None:
    """Declare a study of the space `chains`, and observe."""
    assert (await server.http.put("/studies/nightly", json=STUDY)).status_code == 201
    response = await server.http.post("/observe", json={"study": "nightly", "observations": TRAINED})
    assert response.status_code == 201, response.text


async def predicted(server: Server) -> PredictResponse:
    response = await server.http.post("/predict", json=ASKED)
    assert response.status_code == 200, response.text
    return PredictResponse.model_validate_json(response.content)


@asynccontextmanager
async def restarted(directory: Path, encoder: Encoder) -> AsyncIterator[Server]:
    """A server over a directory that another one may have left."""
    async with serving(store_with_default_study(directory), encoder, directory / "cache") as server:
        await server.ready()
        yield server


async def test_a_declared_space_is_new_once(server: Server) -> None:
    first = await declared(server, "chains", CHAIN)

    assert await declared(server, "chains", CHAIN, status=200) == first
    assert (first.name, first.kind, first.operations, first.variables) == ("chains", "graph", ["conv", "pool"], [])
    assert (first.encoder, first.encoder_kind) == ("chains/0", "structural")


async def test_the_answer_has_the_declaration_with_every_default(server: Server) -> None:
    space = await declared(server, "chains", CHAIN)

    assert space.declaration == {
        **CHAIN,
        "operations_on": "vertices",
        "no_edge": None,
        "identity": None,
        "convolutions": [],
        "inputs": ["input"],
        "cells": [],
    }
    assert await declared(server, "chains", space.declaration, status=200) == space


async def test_a_space_of_choices_tells_its_variables(server: Server) -> None:
    space = await declared(server, "blocks", BLOCKS)

    assert (space.kind, space.operations) == ("choices", [])
    assert [(v.name, v.values, v.ordered) for v in space.variables] == [
        ("depth", ["1", "2"], True),
        ("kernel0", ["3", "5", "7"], True),
        ("kernel1", ["3", "5", "7"], True),
    ]


async def test_spaces_are_listed_by_name_with_those_of_the_program(server: Server) -> None:
    chains, blocks = await declared(server, "chains", CHAIN), await declared(server, "blocks", BLOCKS)

    listed = Spaces.model_validate_json((await server.http.get("/spaces")).content).spaces

    assert [space.name for space in listed] == ["blocks", "chains", "nasbench201"]
    assert listed[:2] == [blocks, chains]
    assert (listed[2].kind, listed[2].declaration, listed[2].created_at) == ("built_in", None, None)
    for space in listed:
        assert Space.model_validate_json((await server.http.get(f"/spaces/{space.name}")).content) == space


async def test_a_space_that_nobody_declared_is_not_found(shared_server: Server) -> None:
    problem = problem_of(await shared_server.http.get("/spaces/chains"), 404)

    assert (problem.type, problem.detail) == (
        "space_not_found",
        "there is no search space 'chains': declare it with PUT /spaces/{name}",
    )


@pytest.mark.parametrize("name", ["Chains", "a b", "x" * 65, "ä", "a%2Fb"])
async def test_a_name_that_breaks_the_rule_is_refused(shared_server: Server, name: str) -> None:
    response = await shared_server.http.put(f"/spaces/{name}", json=CHAIN)

    assert response.status_code in {404, 422}
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_space_of_the_program_cannot_be_declared(shared_server: Server) -> None:
    problem = problem_of(await shared_server.http.put("/spaces/nasbench201", json=CHAIN), 409)

    assert problem.type == "space_conflict"
    assert problem.detail == "search space 'nasbench201' comes with this program: declare yours under another name"


async def test_a_space_in_use_stays_as_it_is_declared(server: Server) -> None:
    space = await declared(server, "chains", CHAIN)
    await used(server)
    before = await predicted(server)

    problem = problem_of(await server.http.put("/spaces/chains", json=BLOCKS), 409)

    assert problem.type == "space_conflict"
    assert "study 'nightly' has observations of it" in problem.detail
    assert await declared(server, "chains", CHAIN, status=200) == space
    assert await predicted(server) == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"operations": ["conv", "conv"]}, "operation 'conv' is listed twice: list each operation once"),
        ({"kind": None}, "kind null of the declaration is not one of graph, choices"),
        ({"kind": "tree"}, "kind 'tree' of the declaration is not one of graph, choices"),
        ({"skeleton": None}, "the declaration has neither max_vertices nor a skeleton: give one of them"),
        ({"skeleton": None, "max_vertices": 65}, "max_vertices 65 is not 3 to 64, inputs and output included"),
        ({"skeleton": None, "max_vertices": 64}, "lower max_edges to 26 or max_vertices to 11"),
        ({"skeleton": None, "max_vertices": 10**25}, "a whole number of up to 1000000, not a number of more than"),
        (
            {"skeleton": {"nodes": 64, "edges": "all"}},
            "more than 512 paths from input to output: lower its nodes to 11",
        ),
        ({"skeleton": {"nodes": 10**9, "edges": "all"}}, "a whole number of up to 1000000, not 1000000000"),
        ({"skeleton": {"nodes": 4, "edges": [[0, 1], [2, 1]]}}, "edge 2->1 of the skeleton points backward"),
        ({"skeleton": [0, 1]}, "the skeleton is an object with the fields nodes, edges, not a list of 2"),
        ({"color": "red"}, "field 'color' of the declaration is not known: the fields are kind, operations"),
        ({"operations": "conv"}, "operations of the declaration is a list of names, not 'conv'"),
        ({"operations": [1, 2]}, "operation 1 is not a string: put it in quotes"),
        ({"operations": [f"op{i}" for i in range(65)]}, "a space has up to 64 operations, not 65"),
        ({"inputs": {"a": 1}}, "inputs of the declaration is a list of names, not an object of 1 fields"),
        ({"cells": ["a"] * 9}, "cell 'a' is listed twice"),
    ],
    ids=str,
)
async def test_a_declaration_of_graphs_that_breaks_a_rule_is_refused_with_it(
    shared_server: Server, change: dict[str, object], expected: str
) -> None:
    assert expected in await refused(shared_server, {**CHAIN, **change})


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ([], "a space of choices has 1 to 128 variables, not 0"),
        ([{"name": "k"}], "a variable has no field 'values': give the values of variable 'k'"),
        ([{"name": "k", "values": [1]}], "the space has a single architecture: give a variable a second value"),
        ([{"name": "k", "values": [1, 1.0]}], "values 1 and 1 of variable 'k' are both written 'k=1'"),
        ([{"name": "k", "values": [1, None]}], "value of variable 'k' null is not a string, a number, true or false"),
        ([{"name": "k", "values": [1, 10**400]}], "a number of more than 20 digits is not a number from -2^53 to 2^53"),
        ([{"name": "k", "values": [0, 1], "when": {"j": [1]}}], "but 'j' is not a variable: k"),
        ([{"name": "k", "values": [0, 1], "ordered": "yes"}], "ordered of variable 'k' is true or false, not 'yes'"),
        ([{"name": "k", "values": list(range(65))}], "variable 'k' has 65 values: list 1 to 64 of them"),
        ([{"name": f"k{i}", "values": [0, 1]} for i in range(129)], "has 1 to 128 variables, not 129"),
        ([5], "a variable is an object with the fields name, values, ordered, when, not 5"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_declaration_of_choices_that_breaks_a_rule_is_refused_with_it(
    shared_server: Server, variables: object, expected: str
) -> None:
    assert expected in await refused(shared_server, {"kind": "choices", "variables": variables})


@pytest.mark.parametrize("field", ["kind", "operations", "skeleton", "max_vertices", "inputs", "cells", "identity"])
@pytest.mark.parametrize(
    "literal",
    [
        "[" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "[" * 100 + "]" * 100,
        '[{"a": [[]]}]',
        "NaN",
        "-Infinity",
        "1e999",
        "1e308",
        "-0.0",
        "1" * 4301,
        "1" + "0" * 400,
        "true",
        '""',
        r'"\ud800"',
        r'"\u0000"',
        f'"{"x" * 100_000}"',
    ],
    ids=lambda value: value[:12],
)
async def test_no_value_of_a_field_is_more_than_the_server_can_take(
    shared_server: Server, field: str, literal: str
) -> None:
    declaration = json.dumps({**CHAIN, field: "hole"}).replace('"hole"', literal)

    response = await shared_server.http.put(
        "/spaces/refused", content=declaration, headers={"content-type": "application/json"}
    )

    problem = problem_of(response, response.status_code)
    assert problem.status in {400, 422}
    assert len(response.content) < 12_000
    problem_of(await shared_server.http.get("/spaces/refused"), 404)


async def test_a_study_of_a_declared_space_answers_at_once(server: Server) -> None:
    await declared(server, "chains", CHAIN)
    await used(server)

    answer = await predicted(server)

    near_the_best, too_short = answer.predictions
    assert (answer.encoder, answer.revision, answer.k) == ("chains/0", 1, 3)
    assert 92 < near_the_best.metrics["acc"].score < 94  # type: ignore[union-attr]
    assert "4 nodes, inputs and output included, are not the 6" in too_short.error.detail  # type: ignore[union-attr]


async def test_a_declared_space_and_its_study_answer_the_same_after_a_restart(tmp_path: Path, encoder: Encoder) -> None:
    async with restarted(tmp_path, encoder) as server:
        space = await declared(server, "chains", CHAIN)
        await used(server)
        before = await predicted(server)

    async with restarted(tmp_path, encoder) as server:
        assert Space.model_validate_json((await server.http.get("/spaces/chains")).content) == space
        assert await predicted(server) == before
        assert await declared(server, "chains", CHAIN, status=200) == space


async def test_a_space_that_is_declared_otherwise_in_time_is_used_as_it_is_declared_then(
    tmp_path: Path, encoder: Encoder
) -> None:
    kernels = {"choices": {"depth": 1, "kernel0": 5}}
    observed = {"study": "nightly", "observations": [{"architecture": kernels, "metrics": {"acc": 93.0}}]}
    async with restarted(tmp_path, encoder) as server:
        created_at = (await declared(server, "chains", CHAIN)).created_at
        assert (await server.http.put("/studies/nightly", json=STUDY)).status_code == 201

        space = await declared(server, "chains", BLOCKS, status=200)

        assert (space.kind, space.created_at) == ("choices", created_at)
        problem_of(await server.http.post("/observe", json={"study": "nightly", "observations": TRAINED}), 422)
        assert (await server.http.post("/observe", json=observed)).status_code == 201

    async with restarted(tmp_path, encoder) as server:
        response = await server.http.post("/predict", json={"study": "nightly", "candidates": [kernels]})

        (prediction,) = response.json()["predictions"]
        assert prediction["observed"] == {"acc": {"mean": 93.0, "n": 1, "std": None}}
        assert (await server.http.get("/spaces/chains")).json()["declaration"] == space.declaration
