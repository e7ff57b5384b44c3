"""DARTS: a normal and a reduction cell, each of four nodes that read from two earlier ones by one of seven operations.

H. Liu, K. Simonyan & Y. Yang, "DARTS: Differentiable Architecture Search", ICLR 2019; NAS-Bench-301 (A. Zela et al.,
"Surrogate NAS Benchmarks", ICLR 2022) searches the same space.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from app.domain.architecture import Architecture
from app.domain.canonical import canonical_form
from app.domain.graph import INPUT, OUTPUT, Graph
from app.domain.remembering import remembering
from app.domain.wiring import Wiring
from app.spaces.darts_notation import (
    CELLS,
    N_INPUTS,
    NODES,
    OPERATIONS,
    CellGenotype,
    Genotype,
    Pair,
    format_genotype,
    parse_genotype,
)
from app.spaces.space import Vocabulary

INPUTS = ("c_k-2", "c_k-1")  # the outputs of the two cells before, as the paper calls them
SKIP = "skip_connect"
CONVOLUTIONS = ("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
# Of the CIFAR-10 network of NAS-Bench-301 in millions, read off its surrogate's tables, which this reproduces exactly:
# parameters and FLOPs with nothing but pooling, then what another operation has more than pooling, by cell.
_BASE_COST = (0.392426, 92.747264)
_OPERATION_COST: tuple[dict[str, tuple[float, float]], ...] = (
    {
        "sep_conv_3x3": (0.09408, 13.959168),
        "sep_conv_5x5": (0.108416, 17.629184),
        "dil_conv_3x3": (0.04704, 6.406144),
        "dil_conv_5x5": (0.054208, 8.241152),
        SKIP: (0.0, -1.14688),
    },
    {
        "sep_conv_3x3": (0.044416, 4.489216),
        "sep_conv_5x5": (0.05056, 5.275648),
        "dil_conv_3x3": (0.022208, 2.121728),
        "dil_conv_5x5": (0.02528, 2.514944),
        SKIP: (0.0, -0.24576),
    },
)
# In the reduction cell what reads from an input halves the image: a skip is a convolution there.
_REDUCING_SKIP, _REDUCING_CONVOLUTION = (0.02048, 2.220032), (0.0, 0.073728)


class Darts:
    """The search space of DARTS (some 10^18 genotypes)."""

    name = "darts"
    cell_names = CELLS
    vocabulary = Vocabulary(operations=OPERATIONS, identity=SKIP, convolutions=CONVOLUTIONS, inputs=INPUTS)

    def parse(self, notation: object) -> Architecture:
        """The architecture of a genotype, in any of the ways that `parse_genotype` reads.

        Raises:
            InvalidArchitectureError: no valid genotype; says what is wrong.
        """
        return _architecture(parse_genotype(notation))

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The genotype with these graphs, or None where there is none."""
        normal, reduce = (_genotype(cell) for cell in cells)
        return _architecture((normal, reduce)) if normal and reduce else None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A genotype with the sources of each node, and all operations, drawn uniformly."""
        normal, reduce = (_sampled(rng) for _ in CELLS)
        return _architecture((normal, reduce))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The genotype with one operation or one source replaced, such that its network changes."""
        genotype = parse_genotype(architecture.notation)
        while True:  # a node that nothing reads changes nothing, but a cell has some that count
            cells = list(genotype)
            which = int(rng.integers(len(cells)))
            cells[which] = _edited(cells[which], rng)
            mutant = _architecture((cells[0], cells[1]))
            if mutant.id != architecture.id:
                return mutant

    def enumerate(self) -> Iterator[Architecture]:
        """All genotypes whose outputs concatenate all nodes; the last operation of the reduction cell changes first."""
        for normal in _all_cells():
            for reduce in _all_cells():
                yield _architecture((normal, reduce))

    def cost(self, cells: Sequence[Graph]) -> tuple[float, float]:
        """Parameters and FLOPs of NAS-Bench-301's CIFAR-10 network, in millions, with all nodes concatenated."""
        params, flops = _BASE_COST
        for cell, costs, reduces in zip(cells, _OPERATION_COST, (False, True), strict=True):
            for op, before in zip(cell.operations, cell.predecessors, strict=True):
                extra = [costs.get(op, (0.0, 0.0))]
                if reduces and op not in INPUTS and any(cell.operations[u] in INPUTS for u in before):
                    extra.append(_REDUCING_SKIP if op == SKIP else _REDUCING_CONVOLUTION if op in costs else (0.0, 0.0))
                params += sum(p for p, _ in extra)
                flops += sum(f for _, f in extra)
        return params, flops


def _architecture(genotype: Genotype) -> Architecture:
    return Architecture.of([_graph(cell) for cell in genotype], format_genotype(genotype))


def _graph(cell: CellGenotype) -> Graph:
    """The vertices: input, both inputs of the cell, an operation for each pair, output; those that are live."""
    operations, sources = zip(*cell.pairs, strict=True)
    return Graph.wired((INPUT, *INPUTS, *operations, OUTPUT), _wiring(sources, cell.concat)).pruned()


@remembering("darts_wirings", 4_096)  # 2,880 sources of cells whose output concatenates all nodes
def _wiring(sources: tuple[int, ...], concat: tuple[int, ...]) -> Wiring:
    first = 1 + N_INPUTS
    output = first + len(sources)
    edges = [(0, 1 + i) for i in range(N_INPUTS)]
    for vertex, source in enumerate(sources, start=first):
        edges += [(before, vertex) for before in _vertices(source)]
    edges += [(vertex, output) for node in concat for vertex in _vertices(node)]
    return Wiring.of(output + 1, tuple(sorted(edges)))


def _vertices(node: int) -> tuple[int, ...]:
    """What a node sums up: the vertex of an input, or those of both edges into it."""
    return (1 + node,) if node < N_INPUTS else (2 * node - 1, 2 * node)


def _sampled(rng: np.random.Generator) -> CellGenotype:
    pairs: list[Pair] = []
    for node in NODES:
        pairs += [(_any_operation(rng), int(source)) for source in sorted(rng.choice(node, 2, replace=False))]
    return CellGenotype(tuple(pairs), NODES)


def _any_operation(rng: np.random.Generator) -> str:
    return OPERATIONS[rng.integers(len(OPERATIONS))]


def _edited(cell: CellGenotype, rng: np.random.Generator) -> CellGenotype:
    pairs = list(cell.pairs)
    place = int(rng.integers(len(pairs)))
    operation, source = pairs[place]
    free = [s for s in range(NODES[place // 2]) if s not in {source, pairs[place ^ 1][1]}]
    if free and rng.random() < 0.5:
        source = int(rng.choice(free))
    else:
        operation = _any_operation(rng)
    pairs[place] = (operation, source)
    return CellGenotype(tuple(pairs), cell.concat)


def _all_cells() -> Iterator[CellGenotype]:
    for sources in product(*(combinations(range(node), 2) for node in NODES)):
        for operations in product(OPERATIONS, repeat=2 * len(NODES)):
            flat = [source for pair in sources for source in pair]
            yield CellGenotype(tuple(zip(operations, flat, strict=True)), NODES)


def _genotype(cell: Graph) -> CellGenotype | None:
    """The cell whose graph this is: the vertices of a node's two edges are read by the same vertices."""
    output = len(cell.operations) - 1
    interior = range(1, output)
    number_of: dict[tuple[int, ...], int] = {}
    for vertex in interior:
        if cell.operations[vertex] in INPUTS:
            if cell.predecessors[vertex] != (0,):
                return None
            number_of[(vertex,)] = INPUTS.index(cell.operations[vertex])
    vertices = [v for v in interior if cell.operations[v] not in INPUTS]
    if len(number_of) != len({*number_of.values()}) or not {cell.operations[v] for v in vertices} <= {*OPERATIONS}:
        return None
    nodes = _paired(cell, vertices)
    if nodes is None or len(nodes) > len(NODES):
        return None
    pairs: list[Pair] = []
    concat = []
    for number, node in enumerate(nodes, start=N_INPUTS):
        for vertex in node:
            source = number_of.get(cell.predecessors[vertex])
            if source is None:
                return None
            pairs.append((cell.operations[vertex], source))
        number_of[node] = number
        if output in cell.successors[node[0]]:
            concat.append(number)
    if not concat:
        return None
    for _ in range(len(nodes), len(NODES)):  # nodes that nothing reads
        pairs += [(SKIP, 0), (SKIP, 1)]
    # The notation has to say the same graph again; an edge from an input to the output it cannot say.
    genotype = CellGenotype(tuple(pairs), tuple(concat))
    return genotype if canonical_form(_graph(genotype)) == canonical_form(cell) else None


def _paired(cell: Graph, vertices: Sequence[int]) -> list[tuple[int, int]] | None:
    """The vertices two by two, in topological order: alike in what reads them, different in what they read."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for vertex in vertices:
        alike.setdefault(cell.successors[vertex], []).append(vertex)
    nodes = []
    for members in alike.values():
        # Where several nodes lead to the output alone, any pairing gives the same graph. Sorted by source, the first
        # half against the second pairs different sources wherever that can be done.
        members.sort(key=cell.predecessors.__getitem__)
        half = len(members) // 2
        pairs = list(zip(members[:half], members[half:], strict=False))
        if len(members) % 2 or any(cell.predecessors[a] == cell.predecessors[b] for a, b in pairs):
            return None
        nodes += [(min(pair), max(pair)) for pair in pairs]
    return sorted(nodes, key=max)
