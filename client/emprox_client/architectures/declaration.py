"""A search space for the architectures that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from emprox_client.architectures.error import ArchitectureError, shown
from emprox_client.architectures.plain import plain

_FORM = '{"nodes": [...], "edges": [...]}, as from_torch and from_onnx make it'


def declare_space(
    architectures: Iterable[Mapping[str, Any]], *, max_vertices: int | None = None, max_edges: int | None = None
) -> dict[str, Any]:
    """The declaration of a graph space that has all of these architectures, for `PUT /spaces/{name}`.

    The server refuses a space in which an architecture may have more than 512 paths from input to output, and says
    which limit to lower; models with that many are declared by larger parts, such as a block as one operation.

    Args:
        architectures: graphs with operations on their vertices, as `from_torch` and `from_onnx` make them.
        max_vertices: most vertices, input and output included; as many as the largest of them has where None.
        max_edges: most edges, likewise.

    Raises:
        ArchitectureError: there is none, one is no such graph, or they differ in their inputs.
    """
    graphs = [_graph(each) for each in architectures] if isinstance(architectures, Iterable) else []
    if not graphs:
        raise ArchitectureError("a space is declared for architectures: give a list with at least one")
    inputs = [_inputs(graph) for graph in graphs]
    other = next((each for each in inputs if each != inputs[0]), None)
    if other is not None:
        raise ArchitectureError(f"one architecture has the inputs {inputs[0]} and another {other}: declare two spaces")
    operations = sorted({name for graph in graphs for name in graph["nodes"][len(inputs[0]) : -1]})
    return {
        "kind": "graph",
        "operations": operations,
        "convolutions": [name for name in operations if "conv" in name],
        "inputs": inputs[0],
        "max_vertices": max_vertices or max(len(graph["nodes"]) for graph in graphs),
        "max_edges": max_edges or max(len(graph["edges"]) for graph in graphs),
    }


def _graph(given: Any) -> dict[str, list[Any]]:
    graph = {name: plain(given.get(name)) for name in ("nodes", "edges")} if isinstance(given, Mapping) else {}
    if not all(isinstance(part, list) for part in graph.values()) or not graph:
        raise ArchitectureError(f"an architecture of a graph space is {_FORM}; not {shown(given)}")
    for i, name in enumerate(graph["nodes"]):
        if not isinstance(name, str):
            raise ArchitectureError(f"vertex {i} is {shown(name)}: nodes are names of operations")
    for edge in graph["edges"]:
        if not _is_pair(edge, range(len(graph["nodes"]))):
            raise ArchitectureError(f"edge {shown(edge)} is no pair of two of the {len(graph['nodes'])} vertices")
    return graph


def _is_pair(edge: Any, vertices: range) -> bool:
    return isinstance(edge, list) and len(edge) == 2 and all(type(end) is int and end in vertices for end in edge)


def _inputs(graph: Mapping[str, Any]) -> list[str]:
    """Names of the vertices that read nothing, which are the first."""
    reading = {target for _, target in graph["edges"]}
    return [name for place, name in enumerate(graph["nodes"]) if place not in reading]
