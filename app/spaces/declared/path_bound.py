"""How many paths lead from the inputs to the output: in a fixed graph, and at most under limits.

The structural features read every path of an architecture, so a space in which they explode is refused as it is
declared.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.remembering import remembering

# Of all cells of an architecture. The features of one then take up to 20 ms, and the sample that they are scaled to up
# to a minute and 1 GB, with 64 operations in 64 vertices; published cells have less than 100.
MAX_PATHS = 512
# Up to here edges are counted, beyond it only nodes are. With one input nothing is lost: 11 nodes have 55 edges and at
# most 512 paths, and more nodes pass MAX_PATHS with 31 edges.
_MAX_EDGES_COUNTED = 120
_IMPOSSIBLE = -(10**9)


def count_paths(n_nodes: int, n_inputs: int, edges: Sequence[tuple[int, int]]) -> int:
    """Paths from the first `n_inputs` nodes to the last one.

    Args:
        edges: pairs (u, v) with u < v, in ascending order.
    """
    n_paths = [1] * n_inputs + [0] * (n_nodes - n_inputs)
    for u, v in edges:  # ascending in u, so all that leads to u was counted before
        n_paths[v] += n_paths[u]
    return n_paths[-1]


def most_paths(n_nodes: int, n_inputs: int, n_edges: int, at_most: int = MAX_PATHS) -> int:
    """At least as many paths as any graph of up to so many nodes and edges has.

    Args:
        at_most: up to MAX_PATHS. A bound that is higher is not tight, nor above MAX_PATHS + 1.
    """
    # A path is an input and a set of the nodes between inputs and output.
    by_nodes = min(n_inputs << (n_nodes - n_inputs - 1), MAX_PATHS + 1)
    if n_edges > _MAX_EDGES_COUNTED or by_nodes <= at_most:
        return by_nodes
    return int(_bounds(n_nodes, n_inputs)[n_edges])


def most_nodes(n_nodes: int, n_inputs: int, n_edges: int, at_most: int = MAX_PATHS) -> int:
    """The largest number of nodes, up to `n_nodes`, with which there are at most so many paths."""
    n = n_inputs + 1
    while n < n_nodes and most_paths(n + 1, n_inputs, n_edges, at_most) <= at_most:
        n += 1
    return n


def most_edges(n_nodes: int, n_inputs: int, n_edges: int, at_most: int = MAX_PATHS) -> int:
    """The largest number of edges, up to `n_edges`, with which there are at most so many paths."""
    return max(m for m in range(n_edges + 1) if most_paths(n_nodes, n_inputs, m, at_most) <= at_most)


@remembering("path_bounds", 128)
def _bounds(n_nodes: int, n_inputs: int) -> NDArray[np.int64]:
    """For each number of edges from 0 on, a bound on the paths of a graph of up to `n_nodes` nodes.

    Let p be the last of the d nodes that a node v reads from, and d' the number that p reads from. The paths to v are
    those to p, in a graph without v's d edges, and those to v in the graph without p, its d' edges, and the edge from
    p to v, where v reads from d - 1. Hence, with S(n, m, d) for the most paths to a node that reads from d others, in
    a graph of up to n nodes (its own included) and m edges:

        S(n, m, d) <= max over d' of S(n - 1, m - d, d') + S(n - 1, m - 1 - d', d - 1)

    and S(n, m, d) <= d where p, and with it all that v reads from, is an input.
    """
    width = min(n_nodes - 1, _MAX_EDGES_COUNTED)
    most = np.full((width + 1, _MAX_EDGES_COUNTED + 1), _IMPOSSIBLE, np.int64)  # S(n, m, d) at [d, m]
    for nodes in range(n_inputs + 1, n_nodes + 1):
        grown = most.copy()  # "up to" so many nodes
        for d in range(1, nodes):
            if d <= n_inputs:
                grown[d, d:] = np.maximum(grown[d, d:], d)
            for d_last in range(1, nodes - 1):
                start = max(d, 1 + d_last)
                to_last = most[d_last, start - d : _MAX_EDGES_COUNTED + 1 - d]
                to_others = most[d - 1, start - 1 - d_last : _MAX_EDGES_COUNTED - d_last] if d > 1 else 0
                grown[d, start:] = np.maximum(grown[d, start:], to_last + to_others)
        most = np.minimum(np.maximum.accumulate(grown, axis=1), MAX_PATHS + 1)
    bounds: NDArray[np.int64] = np.maximum(most.max(axis=0), 0)
    return bounds
