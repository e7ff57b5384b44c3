"""The one form that every search space turns its notation into: a directed acyclic graph of operations."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.errors import InvalidArchitectureError
from app.domain.wiring import Edge, Wiring

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
    edges: tuple[Edge, ...]
    wiring: Wiring = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ends = (self.operations[:1], self.operations[1:][-1:])
        if ends != ((INPUT,), (OUTPUT,)):
            raise InvalidArchitectureError("the first vertex of a graph is 'input' and its last is 'output'")
        object.__setattr__(self, "wiring", Wiring.of(len(self.operations), self.edges))

    @classmethod
    def wired(cls, operations: tuple[str, ...], wiring: Wiring) -> "Graph":
        """The graph of operations on the vertices of a wiring; nothing is checked again.

        Args:
            operations: one name per vertex, the ends included.
        """
        graph = object.__new__(cls)
        graph.__dict__.update(operations=operations, edges=wiring.edges, wiring=wiring)
        return graph

    @property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """The vertices that each vertex reads from."""
        return self.wiring.neighbors[0]

    @property
    def successors(self) -> tuple[tuple[int, ...], ...]:
        """The vertices that read from each vertex."""
        return self.wiring.neighbors[1]

    def pruned(self) -> "Graph":
        """The graph without the vertices that lie on no path from input to output.

        Input and output stay, even when nothing connects them.
        """
        wiring = self.wiring.pruned
        if wiring is self.wiring:
            return self
        return Graph.wired(tuple([self.operations[vertex] for vertex in self.wiring.live]), wiring)

    def renumbered(self, order: Iterable[int]) -> "Graph":
        """The subgraph on the vertices of `order`, numbered by their place in it.

        Args:
            order: distinct vertices in a topological order.
        """
        order = list(order)
        return Graph(tuple(self.operations[vertex] for vertex in order), self.wiring.renumbered_edges(order))
