"""The canonical form and its fingerprint are equal exactly for isomorphic graphs."""

from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.architecture import Architecture
from app.domain.canonical import canonical_form, fingerprint, searched_form
from app.domain.graph import Graph

from .graphs import OPERATIONS, graphs, isomorphic, layered, topological_orders

DIAMOND = Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 2), (1, 3), (2, 3)))
# Two cycles of six vertices, and one of twelve: each vertex of a layer has the same degrees as all others.
TWO_HEXAGONS = [(i, i) for i in range(6)] + [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]
FIVE_HEXAGONS = [(3 * k + i, 3 * k + (i + d) % 3) for k in range(5) for i in range(3) for d in (0, 1)]
TWELVE_CYCLE = [(i, i) for i in range(6)] + [(i, (i + 1) % 6) for i in range(6)]


def identity(*cells: Graph) -> str:
    return fingerprint([canonical_form(cell) for cell in cells])


@settings(deadline=None, max_examples=200)
@given(data=st.data(), graph=graphs(max_vertices=8))
def test_renumbering_vertices_keeps_the_fingerprint(data: st.DataObject, graph: Graph) -> None:
    order = data.draw(topological_orders(graph))

    assert identity(graph.renumbered(order)) == identity(graph)


@settings(deadline=None)
@given(data=st.data(), graph=graphs())
def test_dead_branches_keep_the_fingerprint(data: st.DataObject, graph: Graph) -> None:
    n = len(graph.operations)
    some_vertices = st.lists(st.integers(0, n - 2), unique=True)
    reads, dead_end = data.draw(some_vertices), data.draw(st.booleans())
    # The new vertex comes just before the output: it reads and leads nowhere, or leads to the output and reads nothing.
    edges = [(u, v + (v == n - 1)) for u, v in graph.edges]
    edges += [(u, n - 1) for u in reads] if dead_end else [(n - 1, n)]
    grown = Graph((*graph.operations[:-1], "pool", "output"), tuple(sorted(edges)))

    assert identity(grown) == identity(graph)


@settings(deadline=None)
@given(data=st.data(), graph=graphs())
def test_another_operation_changes_the_fingerprint(data: st.DataObject, graph: Graph) -> None:
    live = graph.pruned()
    assume(len(live.operations) > 2)
    vertex = data.draw(st.integers(1, len(live.operations) - 2))
    operations = list(live.operations)
    operations[vertex] = "norm"

    assert identity(Graph(tuple(operations), live.edges)) != identity(graph)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), graph=graphs())
def test_fingerprints_are_equal_exactly_for_isomorphic_graphs(data: st.DataObject, graph: Graph) -> None:
    a = graph.pruned()
    vertices = st.integers(0, len(a.operations) - 1)
    u, v = sorted((data.draw(vertices), data.draw(vertices)))
    assume(u < v)
    # One edge added or removed gives many pairs that are nearly isomorphic, and some that are.
    changed = Graph(a.operations, tuple(sorted(set(a.edges) ^ {(u, v)}))).pruned()
    b = changed.renumbered(data.draw(topological_orders(changed)))

    assert (identity(a) == identity(b)) == isomorphic(a, b)


@settings(deadline=None, max_examples=300)
@given(graph=graphs())
def test_what_is_compiled_finds_the_form_that_the_whole_search_finds(graph: Graph) -> None:
    assert canonical_form(graph) == searched_form(graph.pruned())


@settings(deadline=None)
@given(graph=graphs())
def test_the_canonical_form_is_its_own(graph: Graph) -> None:
    form = canonical_form(graph)

    assert canonical_form(form) == form
    assert isomorphic(form, graph.pruned())


@settings(deadline=None, max_examples=30)
@given(data=st.data(), groups=st.lists(st.integers(1, 5), min_size=1, max_size=4), op=st.sampled_from(OPERATIONS))
def test_many_twins_keep_the_fingerprint(data: st.DataObject, groups: list[int], op: str) -> None:
    # Complete layers, one after the other: all vertices of a layer read the same and are read by the same.
    layers, n = [[0]], 1
    for size in [*groups, 1]:
        layers.append(list(range(n, n + size)))
        n += size
    edges = [(u, v) for a, b in pairwise(layers) for u in a for v in b]
    graph = Graph(("input", *[op] * (n - 2), "output"), tuple(sorted(edges)))
    fewer = Graph(graph.operations, graph.edges[1:])

    assert identity(graph.renumbered(data.draw(topological_orders(graph)))) == identity(graph)
    assert identity(fewer) != identity(graph)


@settings(deadline=None, max_examples=20)
@given(data=st.data(), edges=st.sampled_from([TWO_HEXAGONS, TWELVE_CYCLE]))
def test_regular_graphs_keep_their_fingerprint(data: st.DataObject, edges: list[tuple[int, int]]) -> None:
    graph = layered(6, edges)

    assert identity(graph.renumbered(data.draw(topological_orders(graph)))) == identity(graph)


def test_regular_graphs_that_refinement_cannot_tell_apart_differ() -> None:
    hexagons, cycle = layered(6, TWO_HEXAGONS), layered(6, TWELVE_CYCLE)

    assert not isomorphic(hexagons, cycle)
    assert identity(hexagons) != identity(cycle)


@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_vertices_that_refinement_cannot_tell_apart_need_not_be_alike(data: st.DataObject) -> None:
    # All side by side: the vertices of a layer have equal degrees, but some lie on a hexagon and some on the cycle.
    graph = layered(12, [*TWO_HEXAGONS, *((a + 6, b + 6) for a, b in TWELVE_CYCLE)])

    assert identity(graph.renumbered(data.draw(topological_orders(graph)))) == identity(graph)


@settings(deadline=None, max_examples=50)
@given(first=st.permutations(range(4)), second=st.permutations(range(4)))
def test_matchings_of_two_layers_are_told_apart_by_isomorphism_alone(first: list[int], second: list[int]) -> None:
    a = layered(4, sorted({*enumerate(range(4)), *enumerate(first)}))
    b = layered(4, sorted({*enumerate(range(4)), *enumerate(second)}))

    assert (identity(a) == identity(b)) == isomorphic(a, b)


def test_many_equal_branches_take_no_time() -> None:
    n = 12
    graph = layered(n, [(i, i) for i in range(n)])

    start = perf_counter()
    form = canonical_form(graph)

    assert perf_counter() - start < 5  # seconds; trying every order of the branches would take hours
    assert isomorphic(form, graph)


@pytest.mark.parametrize(
    ("n", "edges", "expected"),
    [
        (20, [(i, i) for i in range(20)], "8078c463257a69fca23084fa19e1500d"),
        (15, FIVE_HEXAGONS, "169d5dc3062b0dd7c835218ad0d7ce15"),
    ],
)
def test_equal_parts_side_by_side_have_the_fingerprint_that_trying_all_of_them_gave(
    n: int, edges: list[tuple[int, int]], expected: str
) -> None:
    assert identity(layered(n, edges)) == expected


@settings(deadline=None, max_examples=50)
@given(data=st.data(), kinds=st.lists(st.sampled_from([[(0, 0)], [(0, 0), (0, 1), (1, 1)], TWO_HEXAGONS]), max_size=5))
def test_parts_in_any_order_keep_the_fingerprint(data: st.DataObject, kinds: list[list[tuple[int, int]]]) -> None:
    def side_by_side(parts: list[list[tuple[int, int]]]) -> Graph:
        n, edges = 0, []
        for part in parts:
            edges += [(n + a, n + b) for a, b in part]
            n += 1 + max(max(pair) for pair in part)
        return layered(n, edges)

    graph, shuffled = side_by_side(kinds), side_by_side(data.draw(st.permutations(kinds)))

    assert identity(shuffled) == identity(graph)
    assert identity(graph.renumbered(data.draw(topological_orders(graph)))) == identity(graph)
    assert isomorphic(canonical_form(graph), graph.pruned())


def test_an_output_that_nothing_reaches_is_a_graph_as_well() -> None:
    assert canonical_form(Graph(("input", "conv", "output"), ((0, 1),))) == Graph(("input", "output"), ())


@pytest.mark.parametrize(
    "other",
    [
        Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3))),
        Graph(("input", "conv", "pool", "output"), ((0, 1), (1, 2), (2, 3))),
        Graph(("input", "pool", "pool", "output"), DIAMOND.edges),
        Graph(("input", "conv", "pool", "output"), (*DIAMOND.edges[:2], (0, 3), *DIAMOND.edges[2:])),
    ],
    ids=["edge more", "chain", "operation", "direct edge"],
)
def test_small_differences_change_the_fingerprint(other: Graph) -> None:
    assert identity(other) != identity(DIAMOND)


def test_one_convolution_read_twice_is_not_two_convolutions() -> None:
    shared = Graph(("input", "conv", "pool", "pool", "output"), ((0, 1), (1, 2), (1, 3), (2, 4), (3, 4)))
    repeated = Graph(
        ("input", "conv", "conv", "pool", "pool", "output"), ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5))
    )

    assert identity(shared) != identity(repeated)


def test_the_order_of_cells_counts() -> None:
    chain = Graph(("input", "conv", "output"), ((0, 1), (1, 2)))

    assert identity(chain, DIAMOND) != identity(DIAMOND, chain)
    assert identity(chain) != identity(chain, chain)


def test_a_fingerprint_is_32_hexadecimal_digits_and_stays_the_same_forever() -> None:
    assert identity(DIAMOND) == "e75ce5e9604c9decbbe29e0e99860214"


def test_an_architecture_keeps_its_notation_and_canonical_cells() -> None:
    swapped = DIAMOND.renumbered([0, 2, 1, 3])

    a, b = Architecture.of([DIAMOND], "first"), Architecture.of([swapped], "second")

    assert (a.notation, b.notation) == ("first", "second")
    assert a.id == b.id == identity(DIAMOND)
    assert a.cells == b.cells == (canonical_form(DIAMOND),)
