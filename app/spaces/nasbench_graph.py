"""NAS-Bench-Graph: graph neural networks of four operations, each of which reads from the input or an earlier one.

Y. Qin et al., "NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search", NeurIPS 2022 Datasets and Benchmarks.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, OUTPUT, Graph
from app.domain.remembering import remembering
from app.domain.wiring import Wiring
from app.spaces.declared.messages import shown
from app.spaces.space import Vocabulary

SKIP = "skip"
MESSAGE_PASSING = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph")
OPERATIONS = (*MESSAGE_PASSING, "fc", SKIP)
N_OPERATIONS = 4
# The benchmark's nine link lists: every other one has the same graphs, with the operations in another order.
LINKS = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
EXAMPLE = {"link": [0, 0, 1, 2], "ops": ["gcn", "gat", "skip", "fc"]}


class NasBenchGraph:
    """The search space of NAS-Bench-Graph (59,049 notations)."""

    name = "nasbench_graph"
    cell_names = ("network",)
    vocabulary = Vocabulary(operations=OPERATIONS, identity=SKIP, convolutions=MESSAGE_PASSING)

    def parse(self, notation: object) -> Architecture:
        """The network written as `{"link": ..., "ops": ...}`: operation i, counted from 1, reads from link[i - 1].

        Raises:
            InvalidArchitectureError: another form, an unknown operation, or one that reads from a later one.
        """
        if not isinstance(notation, Mapping) or notation.keys() != {"link", "ops"}:
            raise InvalidArchitectureError(
                f"a NAS-Bench-Graph network is an object such as {json.dumps(EXAMPLE)}, not {shown(notation)}"
            )
        return _architecture(_link(notation["link"]), _operations(notation["ops"]))

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The network with this graph, or None where an operation reads from two, or they are not four."""
        (cell,) = cells
        output = len(cell.operations) - 1
        operations = cell.operations[1:-1]
        if len(operations) != N_OPERATIONS or not set(operations) <= set(OPERATIONS):
            return None
        sources = cell.predecessors[1:-1]
        if any(len(source) != 1 for source in sources):
            return None
        link = tuple(source for (source,) in sources)
        leaves = tuple(v for v in range(1, output) if v not in link)
        return _architecture(link, operations) if cell.predecessors[output] == leaves else None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One of the nine link lists with each operation drawn uniformly."""
        operations = tuple(OPERATIONS[i] for i in rng.integers(len(OPERATIONS), size=N_OPERATIONS))
        return _architecture(LINKS[rng.integers(len(LINKS))], operations)

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The network with one operation replaced or one link moved, such that it changes."""
        cell = architecture.cells[0]
        while True:
            link, operations = [source for (source,) in cell.predecessors[1:-1]], list(cell.operations[1:-1])
            place = int(rng.integers(N_OPERATIONS))
            if rng.random() < 0.5:
                link[place] = int(rng.integers(place + 1))
            else:
                operations[place] = OPERATIONS[rng.integers(len(OPERATIONS))]
            mutant = _architecture(tuple(link), tuple(operations))
            if mutant.id != architecture.id:
                return mutant

    def enumerate(self) -> Iterator[Architecture]:
        """All 59,049 notations with one of the nine link lists, the last operation changing fastest."""
        for link in LINKS:
            for operations in product(OPERATIONS, repeat=N_OPERATIONS):
                yield _architecture(link, operations)

    def cost(self, cells: Sequence[Graph]) -> None:  # noqa: ARG002
        """None: parameters depend on the data set and on hyperparameters of its own."""
        return


def _architecture(link: tuple[int, ...], operations: Sequence[str]) -> Architecture:
    graph = Graph.wired((INPUT, *operations, OUTPUT), _wiring(link))
    return Architecture.of([graph], {"link": list(link), "ops": list(operations)})


@remembering("nasbench_graph_wirings", 24)  # there are no more
def _wiring(link: tuple[int, ...]) -> Wiring:
    """What no operation reads from leads to the output."""
    output = N_OPERATIONS + 1
    edges = [(source, vertex) for vertex, source in enumerate(link, start=1)]
    edges += [(vertex, output) for vertex in range(1, output) if vertex not in link]
    return Wiring.of(output + 1, tuple(sorted(edges)))


def _link(link: object) -> tuple[int, ...]:
    if not isinstance(link, list | tuple) or len(link) != N_OPERATIONS:
        raise InvalidArchitectureError(
            f"'link' lists what each of the {N_OPERATIONS} operations reads from, not {shown(link)}"
        )
    for place, source in enumerate(link):
        if not isinstance(source, int) or isinstance(source, bool) or not 0 <= source <= place:
            raise InvalidArchitectureError(
                f"operation {place + 1} reads from 0, the input, or from an operation before it, up to {place}; "
                f"'link' says {shown(source)}"
            )
    return tuple(link)


def _operations(ops: object) -> tuple[str, ...]:
    if not isinstance(ops, list | tuple) or len(ops) != N_OPERATIONS:
        raise InvalidArchitectureError(f"'ops' lists {N_OPERATIONS} operations, not {shown(ops)}")
    for place, op in enumerate(ops, start=1):
        if not isinstance(op, str) or op not in OPERATIONS:
            raise InvalidArchitectureError(
                f"operation {place} is {shown(op)}, which is not one of {', '.join(OPERATIONS)}: "
                "operations are given by name"
            )
    return tuple(ops)
