"""`POST /spaces/{name}/graphs`."""

from typing import Any, Union

from pydantic import ConfigDict, Field

from emprox_client.schemas.fields import CELL, CELL_ID, Notation, Wire
from emprox_client.schemas.prediction import CandidateError

_CHAIN: dict[str, Any] = {
    "architecture_id": CELL_ID,
    "cells": [
        {
            "name": "cell",
            "layers": 3,
            "rows": 2,
            "nodes": [
                {"operation": "input", "x": 0.0, "y": 0.5},
                {"operation": "nor_conv_3x3", "x": 0.5, "y": 0.25},
                {"operation": "output", "x": 1.0, "y": 0.5},
            ],
            "edges": [
                {"from": 0, "to": 1, "via": []},
                {"from": 0, "to": 2, "via": [[0.5, 0.75]]},
                {"from": 1, "to": 2, "via": []},
            ],
        }
    ],
}


class GraphsRequest(Wire):
    """Architectures to draw."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"architectures": [CELL]}]})

    architectures: list[Notation] = Field(
        min_length=1, max_length=100, description="In a notation of the search space."
    )


class GraphNode(Wire):
    """A vertex of a graph, and its place: from left (0) to right (1), and from top (0) to bottom (1)."""

    operation: str
    x: float
    y: float


class GraphEdge(Wire):
    """An edge between two of the nodes, by their index, from the earlier to the later one."""

    source: int = Field(alias="from")
    target: int = Field(alias="to")
    via: list[list[float]] = Field(description="Points [x, y] that it passes on its way, so that it avoids nodes.")


class CellGraph(Wire):
    """A graph with a place for each node: drawn in layers, with few crossings."""

    name: str = Field(description="Of the cell within its architecture.")
    layers: int = Field(description="How many different x there are.")
    rows: int = Field(description="How many places the fullest layer has, passing edges included.")
    nodes: list[GraphNode]
    edges: list[GraphEdge]


class ArchitectureGraph(Wire):
    """An architecture as the server sees it: without what has no effect, in the canonical order of its vertices."""

    architecture_id: str
    cells: list[CellGraph]


class GraphsResponse(Wire):
    """Graphs, or errors, in the order of the architectures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "space": "nasbench201",
                    "graphs": [
                        _CHAIN,
                        {
                            "error": {
                                "type": "invalid_architecture",
                                "detail": "operation 'conv_5x5' of edge 0->1 is not one of none, skip_connect, "
                                "nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
                            }
                        },
                    ],
                }
            ]
        }
    )

    space: str
    graphs: list[Union[ArchitectureGraph, CandidateError]]
