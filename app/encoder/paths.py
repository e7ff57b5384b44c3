"""The input-to-output paths of a graph, from which most structural features are read."""

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, Graph

MAX_PATHS = 10_000


@dataclass(frozen=True, slots=True)
class Path:
    """One path from input to output.

    Args:
        source: where it starts: the input, or the vertex that stands for one of several.
        operations: those of its vertices between source and output, in order.
        weight: w(p), the product of 1 / in-degree over its vertices after the input; over all paths they sum to 1.
    """

    source: str
    operations: tuple[str, ...]
    weight: float


def paths(graph: Graph, inputs: Collection[str] = ()) -> list[Path]:
    """All input-to-output paths of a pruned graph.

    Args:
        inputs: names of the vertices that stand for one of several inputs.

    Raises:
        InvalidArchitectureError: there are more than MAX_PATHS.
    """
    output = len(graph.operations) - 1
    found: list[Path] = []
    stack = [(0, INPUT, 0, 1.0)]
    operations: list[str] = []  # on the way to the vertex, whose own comes at its depth
    while stack:
        vertex, source, depth, weight = stack.pop()
        del operations[depth:]
        if vertex and graph.operations[vertex] not in inputs:
            operations.append(graph.operations[vertex])
        for after in graph.successors[vertex]:
            step = weight / len(graph.predecessors[after])
            if after == output:
                found.append(Path(source, tuple(operations), step))
            else:
                starts = graph.operations[after] in inputs
                stack.append((after, graph.operations[after] if starts else source, len(operations), step))
        if len(found) > MAX_PATHS:
            raise InvalidArchitectureError(
                f"the graph has more than {MAX_PATHS} paths from input to output: remove some edges"
            )
    return found


def depths(graph: Graph) -> tuple[list[int], list[int]]:
    """Longest and shortest distance of each vertex of a pruned graph from the input, in edges."""
    longest = [0] * len(graph.operations)
    shortest = [0] * len(graph.operations)
    for vertex, before in enumerate(graph.predecessors):
        if before:
            longest[vertex] = 1 + max(longest[u] for u in before)
            shortest[vertex] = 1 + min(shortest[u] for u in before)
    return longest, shortest


def heights(graph: Graph) -> tuple[list[int], list[int]]:
    """Longest and shortest distance of each vertex of a pruned graph to the output, in edges."""
    longest = [0] * len(graph.operations)
    shortest = [0] * len(graph.operations)
    for vertex in reversed(range(len(graph.operations))):
        if after := graph.successors[vertex]:
            longest[vertex] = 1 + max(longest[v] for v in after)
            shortest[vertex] = 1 + min(shortest[v] for v in after)
    return longest, shortest
