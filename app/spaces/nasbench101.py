"""NAS-Bench-101: cells of up to seven vertices and nine edges, with one of three operations on each vertex.

C. Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import md5
from itertools import combinations, product

import numpy as np

from app.compiled import kernels
from app.domain.architecture import Architecture, Notation
from app.domain.canonical import canonical_form, fingerprint
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import INPUT, OUTPUT, Graph
from app.domain.wiring import Edge, Wiring
from app.spaces.declared.messages import shown
from app.spaces.space import Vocabulary

CONV3 = "conv3x3-bn-relu"
CONV1 = "conv1x1-bn-relu"
POOL = "maxpool3x3"
OPERATIONS = (CONV3, CONV1, POOL)  # in the order in which the published hash numbers them
MAX_VERTICES, MAX_EDGES = 7, 9
EXAMPLE = {"matrix": [[0, 1, 1], [0, 0, 1], [0, 0, 0]], "ops": [INPUT, CONV3, OUTPUT]}
_KEYS = {"matrix", "ops", "hash"}
_N_CELLS = np.array([0, 0, 1, 6, 84, 2_441, 62_010, 359_082])  # different cells by their number of vertices
_MAX_WRITTEN = 32  # rows of a matrix before its dead vertices are pruned

# The CIFAR-10 network of the benchmark: three stacks of three cells, the image halved and the channels doubled between.
_STACKS = ((128, 32), (256, 16), (512, 8))
_CELLS_PER_STACK = 3
_CLASSES = 10


class NasBench101:
    """The search space of NAS-Bench-101 (423,624 cells that differ)."""

    name = "nasbench101"
    cell_names = ("cell",)
    vocabulary = Vocabulary(operations=OPERATIONS, identity=None, convolutions=(CONV3, CONV1))

    def parse(self, notation: object) -> Architecture:
        """The cell written as `{"matrix": ..., "ops": ...}`, where it has `hash` also checked against that.

        Raises:
            InvalidArchitectureError: another form, no valid cell, or of another hash.
        """
        if not isinstance(notation, Mapping) or not {"matrix", "ops"} <= notation.keys() <= _KEYS:
            raise InvalidArchitectureError(
                f"a NAS-Bench-101 cell is an object such as {json.dumps(EXAMPLE)}, not {shown(notation)}"
            )
        operations = _operations(notation["ops"])
        matrix, n = notation["matrix"], len(operations)
        edges = kernels.edges_of_matrix(matrix, n) or _edges(matrix, n)
        written = Graph.wired(operations, Wiring(n, edges))
        form = canonical_form(written)
        _check_size(form)
        # Which vertices are dead takes as long to find as all of the form, and hardly any are.
        cell = written if len(form.operations) == len(operations) else written.pruned()
        if "hash" in notation and notation["hash"] != (published := module_hash(cell)):
            raise InvalidArchitectureError(
                f"hash {shown(notation['hash'])} is not that of the cell, {published}: leave it out, or send the "
                "matrix and the operations that it belongs to"
            )
        return Architecture(fingerprint([form]), (form,), _notation(cell))

    def from_cells(self, cells: Sequence[Graph]) -> Architecture | None:
        """The cell with this graph; None where it is too large, or nothing leads to its output."""
        (cell,) = cells
        try:
            _check_size(cell)
        except InvalidArchitectureError:
            return None
        return _architecture(cell) if set(cell.operations[1:-1]) <= set(OPERATIONS) else None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A cell with each number of vertices as often as in the benchmark, and among these any matrix alike.

        A matrix drawn as a whole, as in the benchmark's own code, has most of its vertices dead: three quarters of such
        cells are repeats of small ones.
        """
        n = int(rng.choice(len(_N_CELLS), p=_N_CELLS / _N_CELLS.sum()))
        operations = [OPERATIONS[i] for i in rng.integers(len(OPERATIONS), size=n - 2)]
        return _architecture(Graph((INPUT, *operations, OUTPUT), _any_wiring(n, rng)))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """The cell with one edge turned on or off or one operation replaced, such that its network changes."""
        while True:
            cell = _padded(architecture.cells[0], rng)
            changed = _edited(cell, rng).pruned()
            if changed.edges and len(changed.edges) <= MAX_EDGES:
                mutant = _architecture(changed)
                if mutant.id != architecture.id:
                    return mutant

    def enumerate(self) -> Iterator[Architecture]:
        """Every matrix that has no dead vertex, small ones first; most cells come up more than once."""
        for n in range(2, MAX_VERTICES + 1):
            possible = list(combinations(range(n), 2))
            for n_edges in range(n - 1, min(MAX_EDGES, len(possible)) + 1):
                for edges in combinations(possible, n_edges):
                    for operations in product(OPERATIONS, repeat=n - 2):
                        cell = Graph((INPUT, *operations, OUTPUT), edges)
                        if len(cell.pruned().operations) == n:
                            yield _architecture(cell)

    def cost(self, cells: Sequence[Graph]) -> tuple[float, float]:
        """Parameters and multiply-additions of the benchmark's CIFAR-10 network, in millions."""
        channels, size = _STACKS[0]
        stem = 3 * 3 * 3 * channels
        params, flops = stem + 2 * channels, stem * size * size
        for width, size in _STACKS:
            for _ in range(_CELLS_PER_STACK):
                weights, normalized = _cell_cost(cells[0], channels, width)
                params += weights + 2 * normalized
                flops += weights * size * size
                channels = width
        dense = channels * _CLASSES
        return (params + dense + _CLASSES) / 1e6, (flops + dense) / 1e6


def module_hash(cell: Graph) -> str:
    """The benchmark's own name of a pruned cell: an MD5 digest over rounds of neighborhoods (Ying et al., 2019)."""
    numbers = [-1, *(OPERATIONS.index(op) for op in cell.operations[1:-1]), -2]
    degrees = zip(cell.successors, cell.predecessors, numbers, strict=True)
    hashes = [_digest(str((len(after), len(before), number))) for after, before, number in degrees]
    for _ in range(len(hashes)):
        around = zip(cell.predecessors, cell.successors, hashes, strict=True)
        hashes = [_digest(f"{_joined(hashes, before)}|{_joined(hashes, after)}|{own}") for before, after, own in around]
    return _digest(str(sorted(hashes)))


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _joined(hashes: Sequence[str], vertices: Sequence[int]) -> str:
    return "".join(sorted(hashes[v] for v in vertices))


def _operations(ops: object) -> tuple[str, ...]:
    if not isinstance(ops, list | tuple) or not 2 <= len(ops) <= _MAX_WRITTEN:
        raise InvalidArchitectureError(
            f"'ops' lists the operation of each vertex: 2 to {MAX_VERTICES} of them, and at most {_MAX_WRITTEN} with "
            f"those on no path from input to output, not {shown(ops)}"
        )
    if (ops[0], ops[-1]) != (INPUT, OUTPUT):
        raise InvalidArchitectureError(
            f"the first of 'ops' is 'input' and the last 'output', not {shown(ops[0])} and {shown(ops[-1])}"
        )
    for vertex, op in enumerate(ops[1:-1], start=1):
        if op not in OPERATIONS:
            raise InvalidArchitectureError(
                f"operation {shown(op)} of vertex {vertex} is not one of {', '.join(OPERATIONS)}: "
                "operations are given by name"
            )
    return tuple(ops)


def _edges(matrix: object, n: int) -> tuple[Edge, ...]:
    if not isinstance(matrix, list | tuple) or len(matrix) != n:
        raise InvalidArchitectureError(f"'matrix' lists a row for each of the {n} operations, not {shown(matrix)}")
    for u, row in enumerate(matrix):
        if not isinstance(row, list | tuple) or len(row) != n:
            raise InvalidArchitectureError(
                f"row {u} of 'matrix' lists {n} entries, one for each vertex, not {shown(row)}"
            )
        _check_row(u, row)
    return tuple((u, v) for u, row in enumerate(matrix) for v, entry in enumerate(row) if entry)


def _check_row(u: int, row: Sequence[object]) -> None:
    for v, entry in enumerate(row):
        if isinstance(entry, bool | str) or entry not in (0, 1):
            raise InvalidArchitectureError(f"entry {u},{v} of 'matrix' is 0 or 1, not {shown(entry)}")
        if entry and v <= u:
            raise InvalidArchitectureError(
                f"edge {u}->{v} of 'matrix' points backward or to itself: list the vertices in topological order, "
                "so that the matrix is upper triangular"
            )


def _check_size(cell: Graph) -> None:
    if not cell.edges:
        raise InvalidArchitectureError("no path leads from 'input' to 'output': connect them")
    if len(cell.operations) > MAX_VERTICES or len(cell.edges) > MAX_EDGES:
        raise InvalidArchitectureError(
            f"a NAS-Bench-101 cell has at most {MAX_VERTICES} vertices and {MAX_EDGES} edges on paths from input to "
            f"output, not {len(cell.operations)} and {len(cell.edges)}"
        )


def _architecture(cell: Graph) -> Architecture:
    return Architecture.of([cell], _notation(cell))


def _notation(cell: Graph) -> Notation:
    n = len(cell.operations)
    matrix = [[0] * n for _ in range(n)]
    for u, v in cell.edges:
        matrix[u][v] = 1
    return {"matrix": matrix, "ops": list(cell.operations)}


def _any_wiring(n: int, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Edges of n vertices, none of them dead: drawn until they are such, a hundred at a time."""
    possible = np.array(list(combinations(range(n), 2)))
    while True:
        drawn = rng.random((100, len(possible))) < 0.5
        # Where every vertex but the input is reached and every one but the output leads on, all are on a path.
        degrees = [np.stack([drawn[:, side == v].any(axis=1) for v in range(n)], axis=1) for side in possible.T]
        alive = degrees[0][:, :-1].all(axis=1) & degrees[1][:, 1:].all(axis=1)
        if (fit := np.flatnonzero(alive & (drawn.sum(axis=1) <= MAX_EDGES))).size:
            return tuple((int(u), int(v)) for u, v in possible[drawn[fit[0]]])


def _padded(cell: Graph, rng: np.random.Generator) -> Graph:
    """The cell with unconnected vertices, up to seven, so that a new edge can bring one in."""
    interior = len(cell.operations) - 2
    places = sorted(rng.choice(MAX_VERTICES - 2, interior, replace=False) + 1)
    place = dict(zip(range(len(cell.operations)), [0, *map(int, places), MAX_VERTICES - 1], strict=True))
    operations = [OPERATIONS[i] for i in rng.integers(len(OPERATIONS), size=MAX_VERTICES)]
    for vertex, op in enumerate(cell.operations):
        operations[place[vertex]] = op
    return Graph(tuple(operations), tuple(sorted((place[u], place[v]) for u, v in cell.edges)))


def _edited(cell: Graph, rng: np.random.Generator) -> Graph:
    """One operation replaced, or one or two edges flipped: a vertex comes in by two."""
    if rng.random() < 0.5:
        vertex = int(rng.integers(1, MAX_VERTICES - 1))
        operations = list(cell.operations)
        operations[vertex] = OPERATIONS[rng.integers(len(OPERATIONS))]
        return Graph(tuple(operations), cell.edges)
    possible = list(combinations(range(MAX_VERTICES), 2))
    flipped = {possible[i] for i in rng.choice(len(possible), rng.integers(1, 3), replace=False)}
    return Graph(cell.operations, tuple(sorted(set(cell.edges) ^ flipped)))


def _cell_cost(cell: Graph, channels_in: int, channels_out: int) -> tuple[int, int]:
    """Weights of the convolutions of a cell, and channels that are normalized after them."""
    channels = _vertex_channels(cell, channels_in, channels_out)
    weights = normalized = 0
    output = len(cell.operations) - 1
    for vertex, (op, before) in enumerate(zip(cell.operations, cell.predecessors, strict=True)):
        width = channels[vertex]
        if 0 in before:  # projected by a 1x1 convolution to the channels of the vertex
            weights += channels_in * width
            normalized += width
        if op in {CONV1, CONV3} and vertex != output:
            weights += (9 if op == CONV3 else 1) * width * width
            normalized += width
    return weights, normalized


def _vertex_channels(cell: Graph, channels_in: int, channels_out: int) -> list[int]:
    """The output's channels are shared out among the vertices that it concatenates; others have their readers'."""
    output = len(cell.operations) - 1
    channels = [channels_in, *([0] * (output - 1)), channels_out]
    concatenated = [v for v in cell.predecessors[output] if v]
    if concatenated:
        share, rest = divmod(channels_out, len(concatenated))
        for i, vertex in enumerate(concatenated):
            channels[vertex] = share + (i < rest)
    for vertex in range(output - 1, 0, -1):
        if not channels[vertex]:
            channels[vertex] = max(channels[after] for after in cell.successors[vertex])
    return channels
