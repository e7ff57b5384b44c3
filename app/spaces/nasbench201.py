"""NAS-Bench-201: cells of four nodes with one of five operations on each of the six edges.

X. Dong & Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, OUTPUT, Graph
from app.domain.remembering import remembering
from app.domain.wiring import Wiring
from app.spaces.space import Vocabulary

NONE = "none"
SKIP = "skip_connect"
CONV1 = "nor_conv_1x1"
CONV3 = "nor_conv_3x3"
POOL = "avg_pool_3x3"
OPERATIONS = (NONE, SKIP, CONV1, CONV3, POOL)
# Edges as the notation lists them: (source, target), by target, then source.
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
_OPERATIONS = frozenset(OPERATIONS)
EXAMPLE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|"
_MAX_LENGTH = 500
_ENTRY = re.compile(r"([^|~+]*)~(\d)", re.ASCII)
_CELL = re.compile(r"\+".join(r"\|" + "".join(rf"(\w+)~{u}\|" for u in range(node)) for node in (1, 2, 3)), re.ASCII)
# The places of the edges in ascending order: as vertices they are numbered so.
_ASCENDING = sorted(range(len(EDGES)), key=EDGES.__getitem__)
# CIFAR-10 network of the benchmark: base and cost of each operation, parameters and FLOPs in millions. Read off the
# benchmark's own table, which it reproduces exactly.
_BASE_COST = (0.073306, 7.943872)
_OPERATION_COST = {CONV3: (0.24304, 35.81952), CONV1: (0.028, 4.36224), POOL: (0.0, 1.29024)}


class NasBench201:
    """The search space of NAS-Bench-201 (15,625 strings)."""

    name = "nasbench201"
    cell_names = ("cell",)
    vocabulary = Vocabulary(operations=OPERATIONS[1:], identity=SKIP, convolutions=(CONV1, CONV3))

    def parse(self, notation: object) -> Architecture:
        """The cell written as `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.

        Raises:
            InvalidArchitectureError: another form, or an unknown operation; says at which edge.
        """
        operations = _parse(notation)
        return Architecture.of([_graph(operations)], _format(operations))

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The first cell, in the order of its edges, whose live part is this graph; None where there is none."""
        (graph,) = cells
        # Between the input and the output of a cell there is an operation at least, be it skip_connect.
        if (0, len(graph.operations) - 1) in graph.edges:
            return None
        if not set(graph.operations[1:-1]) <= set(self.vocabulary.operations):
            return None
        places = _place(graph, {})
        if places is None:
            return None
        operations = [NONE] * len(EDGES)
        for vertex, edge in places.items():
            operations[edge] = graph.operations[vertex]
        return Architecture.of([graph], _format(operations))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A cell with each of its six operations drawn uniformly."""
        operations = [OPERATIONS[i] for i in rng.integers(len(OPERATIONS), size=len(EDGES))]
        return Architecture.of([_graph(operations)], _format(operations))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The cell with the operation of one edge replaced, such that its network changes."""
        while True:  # an edge of a dead branch changes nothing; every cell has an edge that does
            operations = list(_parse(architecture.notation))
            edge = int(rng.integers(len(EDGES)))
            others = [operation for operation in OPERATIONS if operation != operations[edge]]
            operations[edge] = others[rng.integers(len(others))]
            mutant = Architecture.of([_graph(operations)], _format(operations))
            if mutant.id != architecture.id:
                return mutant

    def enumerate(self) -> Iterator[Architecture]:
        """All 15,625 cells, the last edge's operation changing fastest."""
        for operations in product(OPERATIONS, repeat=len(EDGES)):
            yield Architecture.of([_graph(operations)], _format(operations))

    def cost(self, cells: Sequence[Graph]) -> tuple[float, float]:
        """Parameters and FLOPs of the CIFAR-10 network, in millions.

        Operations on dead branches cost nothing here: a network that is built without them computes the same.
        """
        params, flops = _BASE_COST
        for operation in cells[0].operations:
            op_params, op_flops = _OPERATION_COST.get(operation, (0.0, 0.0))
            params += op_params
            flops += op_flops
        return params, flops


def _parse(notation: object) -> tuple[str, ...]:
    """The six operations in the order of EDGES."""
    # A cell as it should be takes one look; what follows reads what is nearly one, and says what is wrong.
    if type(notation) is str and (cell := _CELL.fullmatch(notation)) and _OPERATIONS.issuperset(cell.groups()):
        return cell.groups()
    if not isinstance(notation, str) or len(notation) > _MAX_LENGTH:
        kind = f"a string of {len(notation)} characters" if isinstance(notation, str) else type(notation).__name__
        raise InvalidArchitectureError(f"a NAS-Bench-201 cell is a string such as {EXAMPLE!r}, not {kind}")
    nodes = notation.strip().split("+")
    if len(nodes) != 3:
        raise InvalidArchitectureError(
            f"a NAS-Bench-201 cell lists the edges into its nodes 1, 2 and 3, joined by '+', such as {EXAMPLE!r}; "
            f"{notation[:80]!r} has {len(nodes)} such parts"
        )
    operations: list[str] = []
    for target, node in enumerate(nodes, start=1):
        entries = node.split("|")
        if len(entries) != target + 2 or entries[0] or entries[-1]:
            form = "|" + "".join(f"operation~{source}|" for source in range(target))
            raise InvalidArchitectureError(f"node {target} of the cell is written {form}, not {node[:80]!r}")
        operations += [_parse_entry(entry, source, target) for source, entry in enumerate(entries[1:-1])]
    return tuple(operations)


def _parse_entry(entry: str, source: int, target: int) -> str:
    match = _ENTRY.fullmatch(entry)
    if not match or int(match[2]) != source:
        raise InvalidArchitectureError(
            f"edge {source}->{target} is written 'operation~{source}', not {entry[:80]!r}: "
            "a node lists its sources 0, 1, 2 in this order"
        )
    if match[1] not in OPERATIONS:
        raise InvalidArchitectureError(
            f"operation {match[1][:80]!r} of edge {source}->{target} is not one of {', '.join(OPERATIONS)}"
        )
    return match[1]


def _format(operations: Sequence[str]) -> str:
    entry = [f"{operation}~{source}" for operation, (source, _) in zip(operations, EDGES, strict=True)]
    return f"|{entry[0]}|+|{entry[1]}|{entry[2]}|+|{entry[3]}|{entry[4]}|{entry[5]}|"


def _graph(operations: Sequence[str]) -> Graph:
    """Each edge with an operation becomes a vertex, which precedes those of the edges that start where it ends."""
    ascending = [operations[place] for place in _ASCENDING]
    live = tuple([op != NONE for op in ascending])
    return Graph.wired((INPUT, *[op for op in ascending if op != NONE], OUTPUT), _wiring(live))


@remembering("nasbench201_wirings", 64)  # there are no more
def _wiring(live: tuple[bool, ...]) -> Wiring:
    """Of the vertices of the edges in ascending order, where they are live."""
    edges_of_cell = [EDGES[place] for place, is_live in zip(_ASCENDING, live, strict=True) if is_live]
    output = len(edges_of_cell) + 1
    edges = [(0, v) for v, (source, _) in enumerate(edges_of_cell, start=1) if source == 0]
    for u, (_, target) in enumerate(edges_of_cell, start=1):
        edges += [(u, v) for v, (source, _) in enumerate(edges_of_cell, start=1) if source == target]
        if target == 3:
            edges.append((u, output))
    return Wiring.of(output + 1, tuple(edges))


def _place(graph: Graph, placed: dict[int, int]) -> dict[int, int] | None:
    """Give each operation vertex an edge of the cell of its own, such that the cell has this graph; by backtracking."""
    vertex = len(placed) + 1
    if vertex >= len(graph.operations) - 1:
        return placed
    for edge in range(len(EDGES)):
        if edge not in placed.values() and _fits(graph, placed, vertex, edge):
            result = _place(graph, {**placed, vertex: edge})
            if result is not None:
                return result
    return None


def _fits(graph: Graph, placed: dict[int, int], vertex: int, edge: int) -> bool:
    source, target = EDGES[edge]
    before, after = graph.predecessors[vertex], graph.successors[vertex]
    if (0 in before) != (source == 0) or (len(graph.operations) - 1 in after) != (target == 3):
        return False
    return all(
        (other in before) == (EDGES[place][1] == source) and (other in after) == (EDGES[place][0] == target)
        for other, place in placed.items()
    )
