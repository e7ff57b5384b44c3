"""`POST /spaces/{name}/graphs`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from emprox_client.schemas import GraphsRequest, GraphsResponse
from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response

from app.api.json_body import JsonRoute
from app.api.problems import BODY_PROBLEMS, BUSY_PROBLEMS, KINDS, documented
from app.api.service import LoadedPredictor
from app.api.spaces import SpaceName
from app.dashboard.drawing import Drawing
from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError, SpaceNotFoundError

router = APIRouter(tags=["page"], route_class=JsonRoute)


@router.post(
    "/spaces/{name}/graphs",
    response_model=GraphsResponse,
    responses=documented(*BODY_PROBLEMS, SpaceNotFoundError, *BUSY_PROBLEMS),
)
async def graphs(name: SpaceName, request: GraphsRequest, predictor: LoadedPredictor) -> Response:
    """Draw architectures: the graphs that the server makes of them, with a place for each node.

    One that is wrong does not fail the others: it gets an `error` in its place.
    """
    space = predictor.spaces.space(name)
    found = await predictor.views.parsed(space, request.architectures, partial(_graph, names=space.cell_names))
    drawn = [_error(each) if isinstance(each, InvalidArchitectureError) else each for each in found]
    return Response(to_json({"space": name, "graphs": drawn}), media_type="application/json")


def _graph(architecture: Architecture, names: Sequence[str]) -> dict[str, Any]:
    cells = zip(names, architecture.cells, strict=True)
    return {"architecture_id": architecture.id, "cells": [_cell(name, Drawing.of(graph)) for name, graph in cells]}


def _cell(name: str, drawing: Drawing) -> dict[str, Any]:
    graph = drawing.graph
    nodes = zip(graph.operations, drawing.places, strict=True)
    return {
        "name": name,
        "layers": drawing.layers,
        "rows": drawing.rows,
        "nodes": [{"operation": operation, "x": x, "y": y} for operation, (x, y) in nodes],
        "edges": [{"from": u, "to": v, "via": way} for (u, v), way in zip(graph.edges, drawing.ways, strict=True)],
    }


def _error(err: InvalidArchitectureError) -> dict[str, Any]:
    return {"error": {"type": KINDS[type(err)].type, "detail": str(err)}}
