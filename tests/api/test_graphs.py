"""Architectures drawn, over HTTP."""

import pytest
from emprox_client.schemas import ArchitectureGraph, CandidateError, GraphsResponse

from app.spaces.darts import Darts
from app.spaces.nasbench201 import NasBench201

from .cells import CELLS, CONV3, NOT_A_CELL, cell
from .serving import Server, problem_of

pytestmark = pytest.mark.anyio

PATH = "/spaces/nasbench201/graphs"


async def test_an_architecture_is_drawn_without_what_has_no_effect(shared_server: Server) -> None:
    response = await shared_server.http.post(PATH, json={"architectures": [cell(CONV3, "none")]})

    answer = GraphsResponse.model_validate_json(response.content)
    (graph,) = answer.graphs
    assert isinstance(graph, ArchitectureGraph)
    assert graph.architecture_id == NasBench201().parse(cell(CONV3, "none")).id
    (drawn,) = graph.cells
    assert [node.operation for node in drawn.nodes] == ["input", "output"]


async def test_graphs_come_with_a_place_for_each_node(shared_server: Server) -> None:
    skipping = f"|{CONV3}~0|+|none~0|{CONV3}~1|+|skip_connect~0|none~1|{CONV3}~2|"

    response = await shared_server.http.post(PATH, json={"architectures": [skipping]})

    (drawn,) = response.json()["graphs"][0]["cells"]
    assert (drawn["name"], drawn["layers"], drawn["rows"]) == ("cell", 5, 2)
    assert drawn["nodes"][0] | {"y": 0} == {"operation": "input", "x": 0, "y": 0}
    assert drawn["nodes"][-1]["x"] == 1
    assert {"from", "to", "via"} == set(drawn["edges"][0])
    assert max(len(edge["via"]) for edge in drawn["edges"]) == 2


async def test_what_is_no_architecture_gets_an_error_in_its_place(shared_server: Server) -> None:
    response = await shared_server.http.post(PATH, json={"architectures": [CELLS[0], NOT_A_CELL, {"a": 1}]})

    drawn, *wrong = GraphsResponse.model_validate_json(response.content).graphs
    assert isinstance(drawn, ArchitectureGraph)
    assert [each.error.type for each in wrong if isinstance(each, CandidateError)] == ["invalid_architecture"] * 2


async def test_a_space_that_is_not_there_is_told(shared_server: Server) -> None:
    response = await shared_server.http.post("/spaces/none/graphs", json={"architectures": [CELLS[0]]})

    assert problem_of(response, 404).type == "space_not_found"


@pytest.mark.parametrize("architectures", [[], [CELLS[0]] * 101, [1], "|conv~0|"])
async def test_one_to_a_hundred_architectures_are_drawn(shared_server: Server, architectures: object) -> None:
    response = await shared_server.http.post(PATH, json={"architectures": architectures})

    assert problem_of(response, 422).type == "invalid_request"


async def test_cells_have_the_names_that_their_space_gives(server: Server) -> None:
    await server.http.put(
        "/spaces/pair",
        json={
            "kind": "graph",
            "operations": ["conv", "pool"],
            "skeleton": {"nodes": 3, "edges": [[0, 1], [1, 2]]},
            "cells": ["encoder", "decoder"],
        },
    )
    architecture = {
        "cells": {"encoder": {"nodes": ["input", "conv", "output"]}, "decoder": {"nodes": ["input", "pool", "output"]}}
    }

    response = await server.http.post("/spaces/pair/graphs", json={"architectures": [architecture]})

    (graph,) = response.json()["graphs"]
    assert [(each["name"], each["nodes"][1]["operation"]) for each in graph["cells"]] == [
        ("encoder", "conv"),
        ("decoder", "pool"),
    ]
    assert Darts.cell_names == ("normal", "reduce")
