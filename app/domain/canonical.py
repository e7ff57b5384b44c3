"""One form, and one id, for all numberings of the same graph.

Color refinement (one-dimensional Weisfeiler-Lehman) splits the vertices; where it cannot tell some of them apart,
each in turn is singled out and the smallest resulting edge list wins (individualization-refinement, as in McKay &
Piperno, "Practical graph isomorphism, II", J. Symb. Comput. 60, 2014). Exact: equal forms mean isomorphic graphs.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from app.compiled import kernels
from app.domain.graph import Graph
from app.domain.remembering import remembering
from app.domain.wiring import LARGEST_REMEMBERED, REMEMBERED, Edge, Wiring

_Colors = list[int]
"""Of each vertex: how many vertices have a smaller color."""


def canonical_form(graph: Graph) -> Graph:
    """The graph pruned of dead vertices and numbered in a way that does not depend on its numbering.

    Isomorphic graphs, operations included, give equal results, and only those. Vertices stay in topological order.
    """
    found = kernels.canonical_form(graph.operations, graph.edges)
    if found is None:  # one in a hundred of a search space, or less
        return searched_form(Graph(graph.operations, graph.edges).pruned())  # with the wiring that is remembered
    operations, edges, packed, text = found
    return Graph.wired(operations, Wiring.written(len(operations), edges, packed, text))


def searched_form(graph: Graph) -> Graph:
    """The same for a pruned graph by the whole search, which the compiled form of it leaves off where it branches."""
    wiring, operations = graph.wiring, graph.operations
    colors = tuple(_ranks(list(zip(wiring.depths, operations, strict=True))))  # depth first keeps the order topological
    number = _remembered_numbering if len(wiring.edges) <= LARGEST_REMEMBERED else _numbering
    order, form = number(wiring, colors)
    return Graph.wired(tuple([operations[vertex] for vertex in order]), form)


def fingerprint(cells: Sequence[Graph]) -> str:
    """The id of an architecture: 32 hexadecimal digits that depend on its canonical cells, and on their order.

    Args:
        cells: one graph per cell, each in canonical form.
    """
    text = "/".join([",".join(cell.operations) + ";" + cell.wiring.text for cell in cells])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _numbering(wiring: Wiring, colors: tuple[int, ...]) -> tuple[list[int], Wiring]:
    """The canonical order of the vertices of these colors, and the wiring renumbered by it."""
    order = _smallest_order(wiring, _refine(wiring, list(colors)))
    return order, wiring.renumbered(order)


_remembered_numbering = remembering("numberings", REMEMBERED)(_numbering)


def _ranks(keys: Sequence[tuple[object, ...]]) -> _Colors:
    # Of equal keys the last one that is written, the first in order, stays.
    rank = dict(zip(sorted(keys, reverse=True), range(len(keys) - 1, -1, -1), strict=True))
    return [rank[key] for key in keys]


def _refine(wiring: Wiring, colors: _Colors) -> _Colors:
    """Split colors by the colors around each vertex until nothing splits; the order of colors is kept."""
    before, after = wiring.neighbors
    ties = _ties(colors)
    while ties:
        refined, kept = colors.copy(), {}
        for color, tied in ties.items():
            around = [(sorted([colors[u] for u in before[v]]), sorted([colors[w] for w in after[v]])) for v in tied]
            ranked = sorted(around)
            if ranked[0] == ranked[-1]:
                kept[color] = tied
                continue
            for v, key in zip(tied, around, strict=True):
                refined[v] = color + bisect_left(ranked, key)
                kept.setdefault(refined[v], []).append(v)
        if refined == colors:
            break
        colors, ties = refined, {color: tied for color, tied in kept.items() if len(tied) > 1}
    return colors


def _ties(colors: _Colors) -> dict[int, list[int]]:
    """The colors that several vertices share, each with these."""
    if len({*colors}) == len(colors):
        return {}
    members: dict[int, list[int]] = {}
    for vertex, color in enumerate(colors):
        members.setdefault(color, []).append(vertex)
    return {color: tied for color, tied in members.items() if len(tied) > 1}


def _smallest_order(wiring: Wiring, colors: _Colors) -> list[int]:
    """The vertices in the order of a refinement whose renumbered edges are the smallest."""
    tied = _first_tie(colors)
    if not tied:
        return _in_order(colors)
    orders = [_smallest_order(wiring, split) for split in _different_splits(wiring, colors, tied)]
    return orders[0] if len(orders) == 1 else min(orders, key=wiring.renumbered_edges)


def _in_order(colors: _Colors) -> list[int]:
    """The vertices, all of different colors, by their color."""
    order = [0] * len(colors)
    for vertex, color in enumerate(colors):
        order[color] = vertex
    return order


def _different_splits(wiring: Wiring, colors: _Colors, tied: Sequence[int]) -> list[_Colors]:
    """The colors with one tied vertex singled out: one result for all the vertices that are known to be alike."""
    # Twins can be swapped without changing the graph, so any one of them stands for all.
    before, after = wiring.neighbors
    if len({(before[v], after[v]) for v in tied}) == 1:
        return [_refine(wiring, _single_out(colors, tied[0]))]
    # A vertex with a color of its own reads from and leads to all of a color or none, so the parts that only such
    # vertices hold together can be looked at one by one. 31 equal branches of 2 vertices took a second without this.
    parts = _parts(wiring, colors)
    alike = {_part_form(wiring, colors, parts[vertex], vertex): vertex for vertex in reversed(tied)}
    if len(alike) == 1:
        return [_refine(wiring, _single_out(colors, tied[0]))]
    # Two orders that give the same edges are a symmetry of the graph, which takes the one vertex to the other and
    # whatever follows from the one to what follows from the other. Without this, k equal branches take k! orders.
    splits: dict[object, _Colors] = {}
    for vertex in sorted(alike.values()):
        split = _refine(wiring, _single_out(colors, vertex))
        splits.setdefault(wiring.renumbered_edges(_any_order(wiring, split)), split)
    return list(splits.values())


def _parts(wiring: Wiring, colors: _Colors) -> dict[int, list[int]]:
    """For each vertex that shares its color, the part of the graph that hangs together through such vertices."""
    n_of_color = Counter(colors)
    parts = {vertex: [vertex] for vertex, color in enumerate(colors) if n_of_color[color] > 1}
    for u, v in wiring.edges:
        if u in parts and v in parts and parts[u] is not parts[v]:
            parts[u] += parts[v]
            for vertex in parts[v]:
                parts[vertex] = parts[u]
    return parts


def _part_form(wiring: Wiring, colors: _Colors, part: Sequence[int], vertex: int) -> tuple[object, tuple[Edge, ...]]:
    """Equal for two vertices only if a symmetry of the graph takes the one, and its part, to the other and its own."""
    within = sorted(part)
    alone = wiring.renumbered(within)
    own = [(colors[v],) for v in within]
    order = _any_order(alone, _refine(alone, _single_out(_ranks(own), within.index(vertex))))
    return tuple(own[i] for i in order), alone.renumbered_edges(order)


def _any_order(wiring: Wiring, colors: _Colors) -> list[int]:
    """The vertices in the order of a refinement that singles out the first vertex of each tie."""
    while tied := _first_tie(colors):
        colors = _refine(wiring, _single_out(colors, tied[0]))
    return _in_order(colors)


def _first_tie(colors: _Colors) -> list[int]:
    ties = _ties(colors)
    return ties[min(ties)] if ties else []


def _single_out(colors: _Colors, vertex: int) -> _Colors:
    """The vertex before all others of its color."""
    color = colors[vertex]
    return [own + (own == color and v != vertex) for v, own in enumerate(colors)]
