"""From the canonical graph of an architecture back to the nodes and edges of its space."""

from collections.abc import Mapping, Sequence

from app.domain.graph import Graph
from app.spaces.declared.cell import Cell, Edge
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.wiring import Limits, Pair, Skeleton, n_pairs

_MAX_STEPS = 20_000


def cell_of(graph: Graph, declaration: GraphDeclaration) -> Cell | None:
    """A cell whose live part has this graph, or None where the space has none.

    The search for the place of a graph in a skeleton ends after 20,000 steps, so in a large skeleton whose nodes look
    much alike it may miss one.

    Args:
        graph: pruned.
    """
    output = len(graph.operations) - 1
    sources = _sources(graph, declaration.inputs)
    if sources is None:
        return None
    others = [vertex for vertex in range(1, output) if vertex not in sources]
    if not {graph.operations[vertex] for vertex in others} <= {*declaration.drawable}:
        return None
    rebuild = _from_line_graph if declaration.on_edges else _from_vertices
    cell = rebuild(graph, sources, others, declaration.inputs)
    if cell is None or not cell.live():
        return None
    if isinstance(declaration.wiring, Skeleton):
        return _placed(cell, declaration.wiring, exact=declaration.no_edge is None)
    return cell if _fits(cell, declaration.wiring) else None


def _sources(graph: Graph, inputs: Sequence[str]) -> dict[int, int] | None:
    """The node of each vertex that stands for an input, or None where one has another place in the graph."""
    if len(inputs) == 1:
        return {0: 0}
    vertices = graph.successors[0]
    names = [graph.operations[vertex] for vertex in vertices]
    if not set(names) <= {*inputs} or len(set(names)) < len(names):
        return None
    if any(graph.predecessors[vertex] != (0,) for vertex in vertices):
        return None
    return {vertex: inputs.index(name) for vertex, name in zip(vertices, names, strict=True)}


def _from_vertices(
    graph: Graph, sources: Mapping[int, int], others: Sequence[int], inputs: tuple[str, ...]
) -> Cell | None:
    order = [*others, len(graph.operations) - 1]
    node = {**sources, **{vertex: i for i, vertex in enumerate(order, start=len(inputs))}}
    edges = sorted(Edge(node[u], node[v]) for u, v in graph.edges if u in node)
    return Cell(inputs, tuple(graph.operations[vertex] for vertex in others), tuple(edges))


def _from_line_graph(
    graph: Graph, sources: Mapping[int, int], others: Sequence[int], inputs: tuple[str, ...]
) -> Cell | None:
    """The edges whose line graph this is: those that start at one node have the same vertices before them.

    A vertex leads to one node, so the sets of vertices before the nodes do not overlap.
    """
    node_after = {frozenset([vertex]): node for vertex, node in sources.items()}
    for vertex in others:  # in topological order, so nodes are numbered in one as well
        node_after.setdefault(frozenset(graph.predecessors[vertex]), len(inputs) + len(node_after) - len(sources))
    before_output = frozenset(graph.predecessors[-1])
    if before_output in node_after:
        return None
    n_nodes = len(inputs) + len(node_after) - len(sources) + 1
    node_after[before_output] = n_nodes - 1
    target = {vertex: node for before, node in node_after.items() for vertex in before}
    if len(target) < sum(map(len, node_after)):
        return None
    edges = sorted(
        Edge(node_after[frozenset(graph.predecessors[vertex])], target[vertex], graph.operations[vertex])
        for vertex in others
    )
    if len({edge.pair for edge in edges}) < len(edges):
        return None
    return Cell(inputs, ("",) * (n_nodes - 1 - len(inputs)), tuple(edges))


def _fits(cell: Cell, limits: Limits) -> bool:
    return cell.n_nodes <= limits.max_vertices and len(cell.edges) <= limits.max_edges


def _placed(cell: Cell, skeleton: Skeleton, *, exact: bool) -> Cell | None:
    """The cell with its nodes moved to places in the skeleton, such that its edges are edges there.

    Args:
        exact: the skeleton must have no other nodes and edges.
    """
    if exact and (cell.n_nodes, len(cell.edges)) != (skeleton.nodes, len(skeleton.edges)):
        return None
    if cell.n_nodes > skeleton.nodes:
        return None
    n_inputs = len(cell.inputs)
    if len(skeleton.edges) == n_pairs(skeleton.nodes, n_inputs):
        # Every topological order fits where every edge is there.
        places = {**{node: node for node in range(cell.n_nodes - 1)}, cell.n_nodes - 1: skeleton.nodes - 1}
    else:
        places = _Placement(cell, skeleton, exact=exact).search()
    if len(places) < cell.n_nodes:
        return None
    operations = [""] * (skeleton.nodes - n_inputs - 1)
    for node, operation in enumerate(cell.operations, start=n_inputs):
        operations[places[node] - n_inputs] = operation
    edges = sorted(Edge(places[u], places[v], operation) for u, v, operation in cell.edges)
    return Cell(cell.inputs, tuple(operations), tuple(edges))


class _Placement:
    """A search for places of a cell's nodes in a skeleton by backtracking, each node beside those that are placed."""

    def __init__(self, cell: Cell, skeleton: Skeleton, *, exact: bool) -> None:
        n_inputs, output = len(cell.inputs), cell.n_nodes - 1
        self._before, self._after = _neighbors(cell.n_nodes, cell.pairs)
        self._before_place, self._after_place = _neighbors(skeleton.nodes, skeleton.edges)
        self._exact = exact
        self._free = set(range(n_inputs, skeleton.nodes - 1))
        self._unplaced = set(range(n_inputs, output))
        self._places = {**{node: node for node in range(n_inputs)}, output: skeleton.nodes - 1}
        self._steps = 0

    def search(self) -> dict[int, int]:
        """The place of each node; not of all of them where there is no way, or none was found in time."""
        if all(self._can_be(node, place) for node, place in self._places.items()):
            self._place_next()
        return self._places

    def _place_next(self) -> bool:
        if not self._unplaced:
            return True
        # The node with the most neighbors in their places has the fewest places to try.
        node = max(sorted(self._unplaced), key=self._n_placed_neighbors)
        self._unplaced.remove(node)
        for place in sorted(self._free):
            self._steps += 1
            if self._steps > _MAX_STEPS:
                break
            if self._can_be(node, place):
                self._free.remove(place)
                self._places[node] = place
                if self._place_next():
                    return True
                del self._places[node]
                self._free.add(place)
        self._unplaced.add(node)
        return False

    def _n_placed_neighbors(self, node: int) -> int:
        return len((self._before[node] | self._after[node]) & self._places.keys())

    def _can_be(self, node: int, place: int) -> bool:
        """Whether the edges to the nodes in their places are edges of the skeleton, and those to the others may be."""
        before, after = self._before[node], self._after[node]
        spare = (len(self._before_place[place]) - len(before), len(self._after_place[place]) - len(after))
        if min(spare) < 0 or (self._exact and spare != (0, 0)):
            return False
        return {self._places[u] for u in before & self._places.keys()} <= self._before_place[place] and {
            self._places[v] for v in after & self._places.keys()
        } <= self._after_place[place]


def _neighbors(n_nodes: int, pairs: Sequence[Pair]) -> tuple[list[set[int]], list[set[int]]]:
    """For each node, those that it reads from, and those that read from it."""
    before: list[set[int]] = [set() for _ in range(n_nodes)]
    after: list[set[int]] = [set() for _ in range(n_nodes)]
    for u, v in pairs:
        before[v].add(u)
        after[u].add(v)
    return before, after
