"""The one form that every search space turns its notation into: a directed acyclic graph of operations."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from app.domain.errors import InvalidArchitectureError

INPUT = "input"
OUTPUT = "output"


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph with an operation on each vertex.

    Args:
        operations: one name per vertex, in topological order; the first is "input", the last "output".
        edges: pairs (u, v) with u < v, in ascending order, each once.

    Raises:
        InvalidArchitectureError: the operations lack their ends, an edge points backward or nowhere, or edges are not
            in order.
    """

    operations: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        ends = (self.operations[:1], self.operations[1:][-1:])
        if ends != ((INPUT,), (OUTPUT,)):
            raise InvalidArchitectureError("the first vertex of a graph is 'input' and its last is 'output'")
        last = (-1, -1)
        for edge in self.edges:
            u, v = edge
            if not 0 <= u < v < len(self.operations):
                raise InvalidArchitectureError(
                    f"edge {u}->{v} points backward or outside of the {len(self.operations)} vertices: "
                    "list vertices in topological order"
                )
            if edge <= last:
                raise InvalidArchitectureError(
                    f"edge {u}->{v} follows edge {last[0]}->{last[1]}: list edges in ascending order, each once"
                )
            last = edge

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """The vertices that each vertex reads from."""
        lists: list[list[int]] = [[] for _ in self.operations]
        for u, v in self.edges:
            lists[v].append(u)
        return tuple(map(tuple, lists))

    @cached_property
    def successors(self) -> tuple[tuple[int, ...], ...]:
        """The vertices that read from each vertex."""
        lists: list[list[int]] = [[] for _ in self.operations]
        for u, v in self.edges:
            lists[u].append(v)
        return tuple(map(tuple, lists))

    def pruned(self) -> "Graph":
        """The graph without the vertices that lie on no path from input to output.

        Input and output stay, even when nothing connects them.
        """
        n = len(self.operations)
        from_input = {0}
        for u, v in self.edges:  # ascending in u, and u comes before v, so one pass reaches everything
            if u in from_input:
                from_input.add(v)
        to_output = {n - 1}
        for u, v in reversed(self.edges):
            if v in to_output:
                to_output.add(u)
        keep = sorted((from_input & to_output) | {0, n - 1})
        return self if len(keep) == n else self.renumbered(keep)

    def renumbered(self, order: Iterable[int]) -> "Graph":
        """The subgraph on the vertices of `order`, numbered by their place in it.

        Args:
            order: distinct vertices in a topological order.
        """
        order = list(order)
        place = {vertex: i for i, vertex in enumerate(order)}
        edges = sorted((place[u], place[v]) for u, v in self.edges if u in place and v in place)
        return Graph(tuple(self.operations[vertex] for vertex in order), tuple(edges))
