"""Graphs to test with: random ones, renumbered ones, and some that are hard to tell apart."""

from collections.abc import Sequence

import networkx as nx
from hypothesis import strategies as st

from app.domain.graph import INPUT, OUTPUT, Graph

OPERATIONS = ("conv", "pool")


@st.composite
def graphs(draw: st.DrawFn, max_vertices: int = 7) -> Graph:
    """Any graph of a few vertices; dead vertices, and an output that nothing reaches, are among them."""
    operations = draw(st.lists(st.sampled_from(OPERATIONS), max_size=max_vertices))
    n = len(operations) + 2
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n)]
    kept = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return Graph((INPUT, *operations, OUTPUT), tuple(pair for pair, keep in zip(pairs, kept, strict=True) if keep))


@st.composite
def topological_orders(draw: st.DrawFn, graph: Graph) -> list[int]:
    """An order of the vertices in which every edge points forward, the ends in their place."""
    order = [0]
    inner = set(range(1, len(graph.operations) - 1))
    while inner:
        ready = sorted(v for v in inner if not inner & set(graph.predecessors[v]))
        order.append(draw(st.sampled_from(ready)))
        inner.remove(order[-1])
    return [*order, len(graph.operations) - 1]


def layered(n: int, edges: Sequence[tuple[int, int]]) -> Graph:
    """Input, a layer of n vertices, a second layer of n vertices, output.

    Args:
        edges: pairs of a place in the first layer and a place in the second.
    """
    output = 2 * n + 1
    lines = [(0, 1 + i) for i in range(n)] + [(1 + n + i, output) for i in range(n)]
    lines += [(1 + a, 1 + n + b) for a, b in edges]
    return Graph((INPUT, *["conv"] * (2 * n), OUTPUT), tuple(sorted(lines)))


def isomorphic(a: Graph, b: Graph) -> bool:
    """Whether the graphs are the same up to their numbering, by the library that the tests trust."""
    same: bool = nx.is_isomorphic(_networkx(a), _networkx(b), node_match=lambda u, v: u["op"] == v["op"])
    return same


def _networkx(graph: Graph) -> "nx.DiGraph[int]":
    result: nx.DiGraph[int] = nx.DiGraph()
    result.add_nodes_from((v, {"op": op}) for v, op in enumerate(graph.operations))
    result.add_edges_from(graph.edges)
    return result
