"""Every graph of a declared space, one at a time: no list of them is ever held."""

from collections.abc import Iterator
from itertools import combinations, product

from app.spaces.declared.cell import Cell, Edge
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.wiring import Limits, Pair, Skeleton, live_nodes


def every_cell(declaration: GraphDeclaration) -> Iterator[Cell]:
    """All graphs of the space, in a fixed order.

    In a skeleton: those of every notation, the last operation changing fastest. In a free wiring: those without dead
    nodes, of which every other one is a pruned form; small ones first.
    """
    inputs, wiring = declaration.inputs, declaration.wiring
    if isinstance(wiring, Skeleton) and declaration.on_edges:
        for edges in _every_labeling(declaration, wiring, ()):
            yield Cell(inputs, ("",) * (wiring.nodes - len(inputs) - 1), edges)
        return
    for n_nodes, pairs in _every_wiring(wiring, len(inputs)):
        n_between = n_nodes - len(inputs) - 1
        if declaration.on_edges:
            for names in product(declaration.drawable, repeat=len(pairs)):
                edges = tuple(Edge(u, v, name) for (u, v), name in zip(pairs, names, strict=True))
                yield Cell(inputs, ("",) * n_between, edges)
        else:
            bare = tuple(Edge(u, v) for u, v in pairs)
            for names in product(declaration.operations, repeat=n_between):
                yield Cell(inputs, names, bare)


def _every_labeling(
    declaration: GraphDeclaration, skeleton: Skeleton, chosen: tuple[str, ...]
) -> Iterator[tuple[Edge, ...]]:
    """The edges with each choice of operations that begins like this and connects an input to the output."""
    named = zip(skeleton.edges, chosen, strict=False)
    kept = tuple(Edge(u, v, name) for (u, v), name in named if name != declaration.no_edge)
    rest = skeleton.edges[len(chosen) :]
    # Cut what cannot be connected any more: in a large skeleton, such notations are too many to walk through.
    pairs = [*(edge.pair for edge in kept), *rest]
    if not live_nodes(skeleton.nodes, len(declaration.inputs), pairs):
        return
    if not rest:
        yield kept
        return
    for operation in declaration.operations:
        yield from _every_labeling(declaration, skeleton, (*chosen, operation))


def _every_wiring(wiring: Limits | Skeleton, n_inputs: int) -> Iterator[tuple[int, tuple[Pair, ...]]]:
    """Number of nodes and edges."""
    if isinstance(wiring, Skeleton):
        yield wiring.nodes, wiring.edges
        return
    # Each node takes an edge of its own to read from.
    most_nodes = min(wiring.max_vertices, n_inputs + wiring.max_edges)
    for n_nodes in range(n_inputs + 1, most_nodes + 1):
        for pairs in _every_growth(n_nodes, n_inputs, wiring.max_edges, n_inputs, ()):
            yield n_nodes, tuple(sorted(pairs))


def _every_growth(
    n_nodes: int, n_inputs: int, n_edges: int, node: int, pairs: tuple[Pair, ...]
) -> Iterator[tuple[Pair, ...]]:
    """All ways to add the nodes from `node` on, up to so many more edges, such that none is dead in the end."""
    if node == n_nodes:
        yield pairs
        return
    read = {u for u, _ in pairs}
    unread = [earlier for earlier in range(n_inputs, node) if earlier not in read]
    for n_sources in range(1, min(node, n_edges) + 1):
        for sources in combinations(range(node), n_sources):
            still_unread = len(set(unread) - {*sources})
            if _can_end(n_nodes - node - 1, still_unread, n_edges - n_sources):
                yield from _every_growth(
                    n_nodes, n_inputs, n_edges - n_sources, node + 1, (*pairs, *((u, node) for u in sources))
                )


def _can_end(n_more: int, n_unread: int, n_edges: int) -> bool:
    """Whether so many edges are enough for all that is still to be read, the output coming last.

    Args:
        n_unread: the nodes that nobody reads yet, without the one that was added last.
    """
    if n_more == 0:
        return n_unread == 0
    # To be read: the unread ones, the last one, and all to come but the output.
    return n_edges >= n_unread + n_more
