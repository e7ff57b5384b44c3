"""A graph drawn in layers from left to right.

K. Sugiyama et al., "Methods for Visual Understanding of Hierarchical System Structures", IEEE Transactions on Systems,
Man, and Cybernetics, 1981, with layers by the longest path. The long edges of one vertex share their way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.graph import Graph

_SWEEPS = 4
_Node = tuple[int, int]
"""A vertex and its layer, or a later layer that an edge from the vertex passes."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph with places, all between 0 and 1.

    Args:
        places: of each vertex.
        ways: of each edge of the graph, in its order: the points that it passes between its ends.
        layers, rows: how many layers there are, and how many places the fullest of them has.
    """

    graph: Graph
    places: Sequence[Point]
    ways: Sequence[Sequence[Point]]
    layers: int
    rows: int

    @classmethod
    def of(cls, graph: Graph) -> "Drawing":
        """The drawing of a graph; always the same."""
        depth = _depths(graph)
        readers = _readers(graph, depth)
        layers = _ordered(readers)
        place = _places(layers, readers)
        ways = [[place[u, layer] for layer in range(depth[u] + 1, depth[v])] for u, v in graph.edges]
        places = [place[each] for each in enumerate(depth)]
        return cls(graph, places, ways, len(layers), max(map(len, layers)))


def _depths(graph: Graph) -> list[int]:
    """The layer of each vertex: its longest path from the input; the output comes last."""
    depth = [0] * len(graph.operations)
    for u, v in graph.edges:  # ascending in u, so that the depth of u is known
        depth[v] = max(depth[v], depth[u] + 1)
    depth[-1] = max(1, *depth)
    return depth


def _readers(graph: Graph, depth: Sequence[int]) -> dict[_Node, list[_Node]]:
    """What each node leads to in the next layer."""
    furthest = [max((depth[v] for v in successors), default=depth[u]) for u, successors in enumerate(graph.successors)]
    readers: dict[_Node, list[_Node]] = {
        (u, layer): [(u, layer + 1)] if layer + 1 < end else []
        for u, end in enumerate(furthest)
        for layer in range(depth[u], max(end, depth[u] + 1))
    }
    for u, v in graph.edges:
        readers[u, depth[v] - 1].append((v, depth[v]))
    return readers


def _ordered(readers: Mapping[_Node, Sequence[_Node]]) -> list[list[_Node]]:
    """The nodes of each layer from top to bottom, so that few edges cross: each is drawn to its neighbors' mean."""
    layers: list[list[_Node]] = [[] for _ in range(1 + max(layer for _, layer in readers))]
    for node in sorted(readers):
        layers[node[1]].append(node)
    row = {node: i / len(layer) for layer in layers for i, node in enumerate(layer)}
    sources = _reversed(readers)
    for sweep in range(_SWEEPS):
        beside, order = (readers, layers[::-1]) if sweep % 2 else (sources, layers)
        for layer in order:
            wanted = {node: _mean([row[other] for other in beside[node]], row[node]) for node in layer}
            layer.sort(key=wanted.__getitem__)
            row |= {node: i / len(layer) for i, node in enumerate(layer)}
    return layers


def _places(layers: Sequence[Sequence[_Node]], readers: Mapping[_Node, Sequence[_Node]]) -> dict[_Node, Point]:
    """Where the nodes lie: as level with their neighbors as the order and an equal gap allow."""
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  # half a second to import, and few look at graphs

    gap, sources = 1 / max(map(len, layers)), _reversed(readers)
    y = {node: gap * (i - (len(layer) - 1) / 2) for layer in layers for i, node in enumerate(layer)}
    for sweep in range(2 * _SWEEPS):
        for layer in layers if sweep % 2 else reversed(layers):
            wanted = [_mean([y[other] for other in [*sources[node], *readers[node]]], y[node]) for node in layer]
            steps = gap * np.arange(len(layer))
            y |= zip(layer, (isotonic_regression(wanted - steps).x + steps).tolist(), strict=True)
    top, bottom = min(y.values()), max(y.values())
    shrunk = 1 / max(1.0, bottom - top)
    width = max(1, len(layers) - 1)
    return {node: (node[1] / width, 0.5 + (row - (top + bottom) / 2) * shrunk) for node, row in y.items()}


def _reversed(readers: Mapping[_Node, Sequence[_Node]]) -> dict[_Node, list[_Node]]:
    sources: dict[_Node, list[_Node]] = {node: [] for node in readers}
    for node, found in readers.items():
        for other in found:
            sources[other].append(node)
    return sources


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
