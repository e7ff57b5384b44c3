"""One form, and one id, for all numberings of the same graph.

Color refinement (one-dimensional Weisfeiler-Lehman) splits the vertices; where it cannot tell some of them apart,
each in turn is singled out and the smallest resulting edge list wins (individualization-refinement, as in McKay &
Piperno, "Practical graph isomorphism, II", J. Symb. Comput. 60, 2014). Exact: equal forms mean isomorphic graphs.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from app.domain.graph import INPUT, OUTPUT, Graph

_Colors = list[int]


def canonical_form(graph: Graph) -> Graph:
    """The graph pruned of dead vertices and numbered in a way that does not depend on its numbering.

    Isomorphic graphs, operations included, give equal results, and only those. Vertices stay in topological order.
    """
    graph = graph.pruned()
    depth = [0] * len(graph.operations)
    for u, v in graph.edges:
        depth[v] = max(depth[v], depth[u] + 1)
    # Depth first keeps the order topological. An output that nothing reaches has depth 0 and still comes last.
    depth[-1] = len(depth)
    colors = _refine(graph, _ranks(list(zip(depth, graph.operations, strict=True))))
    return graph.renumbered(_smallest_order(graph, colors))


def fingerprint(cells: Sequence[Graph]) -> str:
    """The id of an architecture: 32 hexadecimal digits that depend on its canonical cells, and on their order.

    Args:
        cells: one graph per cell, each in canonical form.
    """
    text = "/".join(",".join(cell.operations) + ";" + ",".join(f"{u}-{v}" for u, v in cell.edges) for cell in cells)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _ranks(keys: Sequence[tuple[object, ...]]) -> _Colors:
    rank = {key: i for i, key in enumerate(sorted(set(keys)))}
    return [rank[key] for key in keys]


def _refine(graph: Graph, colors: _Colors) -> _Colors:
    """Split colors by the colors around each vertex until nothing splits; the order of colors is kept."""
    n_colors = len(set(colors))
    while n_colors < len(colors):
        colors = _ranks(
            [
                (color, tuple(sorted([colors[u] for u in before])), tuple(sorted([colors[w] for w in after])))
                for color, before, after in zip(colors, graph.predecessors, graph.successors, strict=True)
            ]
        )
        if len(set(colors)) == n_colors:
            break
        n_colors = len(set(colors))
    return colors


def _smallest_order(graph: Graph, colors: _Colors) -> list[int]:
    """The vertices in the order of a refinement whose renumbered edges are the smallest."""
    tied = _first_tie(colors)
    if not tied:
        return sorted(range(len(colors)), key=colors.__getitem__)
    orders = [_smallest_order(graph, split) for split in _different_splits(graph, colors, tied)]
    return min(orders, key=lambda order: graph.renumbered(order).edges)


def _different_splits(graph: Graph, colors: _Colors, tied: Sequence[int]) -> list[_Colors]:
    """The colors with one tied vertex singled out: one result for all the vertices that are known to be alike."""
    # Twins can be swapped without changing the graph, so any one of them stands for all.
    if len({(graph.predecessors[v], graph.successors[v]) for v in tied}) == 1:
        return [_refine(graph, _single_out(colors, tied[0]))]
    # A vertex with a color of its own reads from and leads to all of a color or none, so the parts that only such
    # vertices hold together can be looked at one by one. 31 equal branches of 2 vertices took a second without this.
    parts = _parts(graph, colors)
    alike = {_part_form(graph, colors, parts[vertex], vertex): vertex for vertex in reversed(tied)}
    if len(alike) == 1:
        return [_refine(graph, _single_out(colors, tied[0]))]
    # Two orders that give the same edges are a symmetry of the graph, which takes the one vertex to the other and
    # whatever follows from the one to what follows from the other. Without this, k equal branches take k! orders.
    splits: dict[object, _Colors] = {}
    for vertex in sorted(alike.values()):
        split = _refine(graph, _single_out(colors, vertex))
        splits.setdefault(graph.renumbered(_any_order(graph, split)).edges, split)
    return list(splits.values())


def _parts(graph: Graph, colors: _Colors) -> dict[int, list[int]]:
    """For each vertex that shares its color, the part of the graph that hangs together through such vertices."""
    n_of_color = Counter(colors)
    parts = {vertex: [vertex] for vertex, color in enumerate(colors) if n_of_color[color] > 1}
    for u, v in graph.edges:
        if u in parts and v in parts and parts[u] is not parts[v]:
            parts[u] += parts[v]
            for vertex in parts[v]:
                parts[vertex] = parts[u]
    return parts


def _part_form(graph: Graph, colors: _Colors, part: Sequence[int], vertex: int) -> object:
    """Equal for two vertices only if a symmetry of the graph takes the one, and its part, to the other and its own."""
    within = sorted(part)
    place = {v: i for i, v in enumerate(within, start=1)}
    edges = [(place[u], place[v]) for u in within for v in graph.successors[u] if v in place]
    alone = Graph((INPUT, *(graph.operations[v] for v in within), OUTPUT), tuple(sorted(edges)))
    own = [-1, *(colors[v] for v in within), len(colors)]
    order = _any_order(alone, _refine(alone, _single_out(_ranks([(color,) for color in own]), place[vertex])))
    return tuple(own[i] for i in order), alone.renumbered(order).edges


def _any_order(graph: Graph, colors: _Colors) -> list[int]:
    """The vertices in the order of a refinement that singles out the first vertex of each tie."""
    while tied := _first_tie(colors):
        colors = _refine(graph, _single_out(colors, tied[0]))
    return sorted(range(len(colors)), key=colors.__getitem__)


def _first_tie(colors: _Colors) -> list[int]:
    members: dict[int, list[int]] = {}
    for vertex, color in enumerate(colors):
        members.setdefault(color, []).append(vertex)
    return next((members[color] for color in sorted(members) if len(members[color]) > 1), [])


def _single_out(colors: _Colors, vertex: int) -> _Colors:
    return _ranks([(color, v != vertex) for v, color in enumerate(colors)])
