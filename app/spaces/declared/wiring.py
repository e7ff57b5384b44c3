"""How the nodes of a declared graph may be wired: freely within limits, or in one fixed way.

Nodes are numbered in topological order: the inputs first, the output last. Edges are pairs (u, v) with u < v.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.path_bound import MAX_PATHS, count_paths, most_edges, most_nodes, most_paths

MAX_VERTICES = 64
MAX_EDGE_OPERATIONS = 128  # each becomes a vertex of the graph

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a freely wired graph may grow, its inputs and its output included."""

    max_vertices: int
    max_edges: int

    def check(self, n_inputs: int, n_cells: int, *, on_edges: bool) -> None:
        """Refuse limits that are too wide, or too narrow for an operation.

        Args:
            n_cells: graphs of an architecture, which share MAX_PATHS.

        Raises:
            InvalidSpaceError: names the limit, and what it can be.
        """
        vertices, edges = self.max_vertices, self.max_edges
        # With operations on edges, a graph can be no more than an edge from an input to the output.
        least_vertices, least_edges = (n_inputs + 1, 1) if on_edges else (n_inputs + 2, 2)
        if not least_vertices <= vertices <= MAX_VERTICES:
            raise InvalidSpaceError(
                f"max_vertices {vertices} is not {least_vertices} to {MAX_VERTICES}, inputs and output included"
            )
        most = n_pairs(vertices, n_inputs)
        if on_edges:
            most = min(most, MAX_EDGE_OPERATIONS)
        if not least_edges <= edges <= most:
            raise InvalidSpaceError(
                f"max_edges {edges} is not {least_edges} to {most}, which is for graphs of up to {vertices} vertices"
            )
        at_most = MAX_PATHS // n_cells
        if most_paths(vertices, n_inputs, edges, at_most) > at_most:
            raise InvalidSpaceError(
                f"a graph of {vertices} vertices and {edges} edges could have more than {_paths(n_cells)}: lower "
                f"max_edges to {most_edges(vertices, n_inputs, edges, at_most)} or max_vertices to "
                f"{most_nodes(vertices, n_inputs, edges, at_most)}"
            )


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A fixed wiring.

    Args:
        nodes: how many nodes there are, inputs and output included.
        edges: in ascending order.
    """

    nodes: int
    edges: tuple[Pair, ...]

    @classmethod
    def complete(cls, nodes: int, n_inputs: int) -> "Skeleton":
        """Every node reads from all before it, inputs apart."""
        return cls(nodes, tuple((u, v) for u in range(nodes) for v in range(max(u + 1, n_inputs), nodes)))

    def check(self, inputs: Sequence[str], n_cells: int, *, on_edges: bool) -> None:
        """Refuse a wiring that leads nowhere or in circles, or along too many paths.

        Args:
            n_cells: graphs of an architecture, which share MAX_PATHS.

        Raises:
            InvalidSpaceError: names the edge or the node.
        """
        self._check_edges(inputs)
        if on_edges and len(self.edges) > MAX_EDGE_OPERATIONS:
            raise InvalidSpaceError(
                f"the skeleton has {len(self.edges)} edges with operations, more than {MAX_EDGE_OPERATIONS}: lower its "
                "nodes, or list fewer edges"
            )
        n_inputs, output = len(inputs), self.nodes - 1
        n_paths = count_paths(self.nodes, n_inputs, self.edges)
        if n_paths == 0:
            raise InvalidSpaceError(
                f"no path of the skeleton leads from an input to its output, node {output}: add the missing edges"
            )
        live = live_nodes(self.nodes, n_inputs, self.edges)
        for node in range(self.nodes):
            if node not in live:
                raise InvalidSpaceError(
                    f"node {node} of the skeleton lies on no path from an input to the output, node {output}: connect "
                    "it, or leave it out"
                )
        at_most = MAX_PATHS // n_cells
        if n_paths > at_most:
            every_pair = n_pairs(self.nodes, n_inputs)
            way_out = (
                f"lower its nodes to {most_nodes(self.nodes, n_inputs, every_pair, at_most)}"
                if len(self.edges) == every_pair
                else "leave some of its edges out"
            )
            raise InvalidSpaceError(f"the skeleton has {n_paths} paths, more than {_paths(n_cells)}: {way_out}")

    def _check_edges(self, inputs: Sequence[str]) -> None:
        last = (-1, -1)
        for edge in self.edges:
            u, v = edge
            if not 0 <= u < v < self.nodes:
                raise InvalidSpaceError(
                    f"edge {u}->{v} of the skeleton points backward or outside of its {self.nodes} nodes: number them "
                    f"from 0 to {self.nodes - 1} in topological order"
                )
            if v < len(inputs):
                raise InvalidSpaceError(
                    f"edge {u}->{v} of the skeleton leads into input {inputs[v]!r}: leave it out, since the first "
                    f"{len(inputs)} nodes are the inputs"
                )
            if edge == last:
                raise InvalidSpaceError(f"edge {u}->{v} of the skeleton is listed twice: list each edge once")
            if edge < last:
                raise InvalidSpaceError(f"edge {u}->{v} of the skeleton is out of order: list edges in ascending order")
            last = edge


def _paths(n_cells: int) -> str:
    """How many paths one cell can have, as messages say it."""
    shared = f", the share of one of {n_cells} cells in {MAX_PATHS}" if n_cells > 1 else ""
    return f"{MAX_PATHS // n_cells} paths from input to output{shared}"


def n_pairs(n_nodes: int, n_inputs: int) -> int:
    """How many edges a graph of so many nodes can have, none of them into an input."""
    return n_nodes * (n_nodes - 1) // 2 - n_inputs * (n_inputs - 1) // 2


def live_nodes(n_nodes: int, n_inputs: int, edges: Sequence[Pair]) -> set[int]:
    """The nodes on a path from an input to the output; empty where there is no such path.

    Args:
        edges: in ascending order.
    """
    from_input = set(range(n_inputs))
    for u, v in edges:  # ascending in u, so all that leads to u was seen before
        if u in from_input:
            from_input.add(v)
    to_output = {n_nodes - 1}
    for u, v in reversed(edges):
        if v in to_output:
            to_output.add(u)
    return from_input & to_output
