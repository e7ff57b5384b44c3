"""One graph of a declared space, before it is turned into a `Graph`: nodes and edges, either with operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.graph import INPUT, OUTPUT, Graph
from app.spaces.declared.wiring import Pair, live_nodes


class Edge(NamedTuple):
    """An edge from one node to a later one; its operation is "" where operations sit on nodes."""

    source: int
    target: int
    operation: str = ""

    @property
    def pair(self) -> Pair:
        """Its two ends."""
        return self.source, self.target


@dataclass(frozen=True, slots=True)
class Cell:
    """Nodes and edges, in topological order.

    Args:
        inputs: the names of the first nodes.
        operations: those of the nodes between inputs and output; each "" where operations sit on edges.
        edges: in ascending order, each pair of ends once. What `no_edge` stands for is not among them.
    """

    inputs: tuple[str, ...]
    operations: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def n_nodes(self) -> int:
        """Inputs and output included."""
        return len(self.inputs) + len(self.operations) + 1

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes: inputs, operations, output."""
        return (*self.inputs, *self.operations, OUTPUT)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The ends of all edges."""
        return tuple(edge.pair for edge in self.edges)

    def live(self) -> set[int]:
        """The nodes on a path from an input to the output; empty where there is no such path."""
        return live_nodes(self.n_nodes, len(self.inputs), self.pairs)

    def pruned(self) -> "Cell":
        """The cell without the nodes that lie on no path from an input to the output; inputs stay."""
        live = self.live()
        n_inputs = len(self.inputs)
        kept = [n for n in range(self.n_nodes) if n in live or n < n_inputs or n == self.n_nodes - 1]
        place = {node: i for i, node in enumerate(kept)}
        return Cell(
            self.inputs,
            tuple(self.operations[node - n_inputs] for node in kept[n_inputs:-1]),
            tuple(Edge(place[u], place[v], op) for u, v, op in self.edges if u in live and v in live),
        )

    def graph(self, *, on_edges: bool) -> Graph:
        """The graph of its operations; several inputs become vertices that read from the vertex "input"."""
        several = len(self.inputs) > 1
        names = (INPUT, *(self.inputs if several else ()))
        into_inputs = [(0, vertex) for vertex in range(1, len(names))]
        if on_edges:
            return self._line_graph(names, into_inputs)
        # The first node is the vertex "input" itself, or comes after it.
        edges = [(u + several, v + several) for u, v in self.pairs]
        return Graph((*names, *self.operations, OUTPUT), tuple(sorted(into_inputs + edges)))

    def _line_graph(self, names: Sequence[str], into_inputs: Sequence[Pair]) -> Graph:
        """Each edge becomes a vertex, which precedes those of the edges that start where it ends."""
        # For each node, the vertices that bring something to it.
        bringing: list[list[int]] = [[] for _ in range(self.n_nodes)]
        for node in range(len(self.inputs)):
            bringing[node].append(len(names) - len(self.inputs) + node)
        edges = list(into_inputs)
        for vertex, edge in enumerate(self.edges, start=len(names)):
            # Edges ascend, so all that lead to the source came before.
            edges += [(before, vertex) for before in bringing[edge.source]]
            bringing[edge.target].append(vertex)
        output = len(names) + len(self.edges)
        edges += [(before, output) for before in bringing[-1]]
        return Graph((*names, *(edge.operation for edge in self.edges), OUTPUT), tuple(sorted(edges)))
