"""Random graphs of a declared space."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.spaces.declared.cell import Cell, Edge
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.wiring import Limits, Pair, Skeleton, live_nodes

_N_TRIES = 30


def draw_cell(declaration: GraphDeclaration, rng: np.random.Generator) -> Cell:
    """A graph of the space.

    In a skeleton, uniform over its notations, save where 30 draws in a row connect nothing. In a free wiring the
    number of nodes is uniform, then that of edges, then the edges among the graphs without dead nodes; where 30 draws
    in a row have dead nodes, chains between inputs and output are drawn first and other edges added.
    """
    if isinstance(declaration.wiring, Skeleton):
        return _draw_in_skeleton(declaration, declaration.wiring, rng)
    n_inputs = len(declaration.inputs)
    n_nodes, pairs = _draw_wiring(declaration.wiring, n_inputs, rng)
    n_between = n_nodes - n_inputs - 1
    if declaration.on_edges:
        edges = tuple(Edge(u, v, pick(declaration.drawable, rng)) for u, v in pairs)
        return Cell(declaration.inputs, ("",) * n_between, edges)
    operations = tuple(pick(declaration.operations, rng) for _ in range(n_between))
    return Cell(declaration.inputs, operations, tuple(Edge(u, v) for u, v in pairs))


def pick(names: Sequence[str], rng: np.random.Generator) -> str:
    """One of these names."""
    return names[int(rng.integers(len(names)))]


def _draw_in_skeleton(declaration: GraphDeclaration, skeleton: Skeleton, rng: np.random.Generator) -> Cell:
    n_between = skeleton.nodes - len(declaration.inputs) - 1
    if not declaration.on_edges:
        operations = tuple(pick(declaration.operations, rng) for _ in range(n_between))
        return Cell(declaration.inputs, operations, tuple(Edge(u, v) for u, v in skeleton.edges))
    for _ in range(_N_TRIES):
        drawn = [Edge(u, v, pick(declaration.operations, rng)) for u, v in skeleton.edges]
        cell = _without(drawn, declaration, n_between)
        if cell.live():
            return cell
    path = _draw_path(skeleton, len(declaration.inputs), rng)
    drawn = [
        Edge(u, v, pick(declaration.drawable if (u, v) in path else declaration.operations, rng))
        for u, v in skeleton.edges
    ]
    return _without(drawn, declaration, n_between)


def _without(edges: Sequence[Edge], declaration: GraphDeclaration, n_between: int) -> Cell:
    """The cell of the edges that are not no_edge."""
    kept = tuple(edge for edge in edges if edge.operation != declaration.no_edge)
    return Cell(declaration.inputs, ("",) * n_between, kept)


def _draw_path(skeleton: Skeleton, n_inputs: int, rng: np.random.Generator) -> set[Pair]:
    """A way back from the output; every node of a skeleton has one from an input."""
    path: set[Pair] = set()
    node = skeleton.nodes - 1
    while node >= n_inputs:
        sources = [u for u, v in skeleton.edges if v == node]
        source = sources[rng.integers(len(sources))]
        path.add((source, node))
        node = source
    return path


def _draw_wiring(limits: Limits, n_inputs: int, rng: np.random.Generator) -> tuple[int, list[Pair]]:
    """The number of nodes and the edges of a graph without dead nodes, inputs apart."""
    # Each node between inputs and output takes an edge of its own to read from, and so does the output.
    most_nodes = min(limits.max_vertices, n_inputs + limits.max_edges)
    n_nodes = int(rng.integers(n_inputs + 1, most_nodes + 1))
    n_between = n_nodes - n_inputs - 1
    every_pair = [(u, v) for u in range(n_nodes) for v in range(max(u + 1, n_inputs), n_nodes)]
    most_edges = min(limits.max_edges, len(every_pair))
    n_edges = int(rng.integers(n_between + 1, most_edges + 1))
    for _ in range(_N_TRIES):
        chosen = np.sort(rng.choice(len(every_pair), size=n_edges, replace=False))
        pairs = [every_pair[i] for i in chosen]
        if {*range(n_inputs, n_nodes)} <= live_nodes(n_nodes, n_inputs, pairs):
            return n_nodes, pairs
    return n_nodes, _draw_chains(n_nodes, n_inputs, n_edges, every_pair, rng)


def _draw_chains(
    n_nodes: int, n_inputs: int, n_edges: int, every_pair: Sequence[Pair], rng: np.random.Generator
) -> list[Pair]:
    """The nodes spread over chains from an input to the output, and other edges up to the number of edges."""
    n_between = n_nodes - n_inputs - 1
    # c chains through n nodes have n + c edges.
    n_chains = int(rng.integers(1, min(n_between, n_edges - n_between) + 1))
    chain_of = rng.permutation([*range(n_chains), *rng.integers(n_chains, size=n_between - n_chains)])
    pairs: set[Pair] = set()
    for chain in range(n_chains):
        nodes = [n_inputs + int(i) for i in np.flatnonzero(chain_of == chain)]
        way = [int(rng.integers(n_inputs)), *nodes, n_nodes - 1]
        pairs |= {*pairwise(way)}
    others = [pair for pair in every_pair if pair not in pairs]
    more = rng.permutation(len(others))[: n_edges - len(pairs)]
    return sorted(pairs | {others[i] for i in more})
