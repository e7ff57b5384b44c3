"""Sampling, mutation, enumeration and the way back, of declared spaces of graphs."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.nasbench201 import EDGES as NASBENCH201_EDGES
from app.spaces.nasbench201 import OPERATIONS, NasBench201
from app.spaces.space import SearchSpace

from ..cells import operations_of
from .declarations import EDGES, VERTICES, Fields

LIKE_101: Fields = {"kind": "graph", "operations": ["conv3x3", "conv1x1", "pool"], "max_vertices": 7, "max_edges": 9}
LIKE_201: Fields = EDGES | {"operations": list(OPERATIONS)}
LARGE: Fields = {"kind": "graph", "operations": ["a", "b"], "max_vertices": 64, "max_edges": 26}


def space_of(fields: Fields) -> SearchSpace:
    return declared_space("mine", parse_declaration(fields))


def drawn(fields: Fields, n: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    space = space_of(fields)
    return [space.sample(rng) for _ in range(n)]


def as_edges(notation: str) -> dict[str, object]:
    pairs = zip(NASBENCH201_EDGES, operations_of(notation), strict=True)
    return {"edges": [[u, v, operation] for (u, v), operation in pairs]}


def test_nasbench201_as_a_declaration_has_the_ids_of_the_built_in_space(every_cell: list[Architecture]) -> None:
    space = space_of(LIKE_201)
    connected = [cell for cell in every_cell[::7] if len(cell.cells[0].edges) > 0]

    for cell in connected:
        assert space.parse(as_edges(str(cell.notation))).cells == cell.cells
        found = space.from_cells(cell.cells)
        assert found is not None
        assert found.id == cell.id


def test_notations_that_connect_nothing_are_not_enumerated() -> None:
    space = space_of(LIKE_201 | {"operations": ["none", "conv"]})

    # With the edge 0->3, 32. Without it: with the edge 1->2, 8 of 16, and without that one, 7 of 16.
    assert len(list(space.enumerate())) == 32 + 8 + 7


def test_sizes_of_drawn_graphs_vary_within_the_limits() -> None:
    sizes = Counter(len(each.cells[0].operations) for each in drawn(LIKE_101, 600))

    assert sizes.keys() == {2, 3, 4, 5, 6, 7}
    assert min(sizes.values()) > 60  # of 100 each, with a standard deviation of 9
    assert max(len(each.cells[0].edges) for each in drawn(LIKE_101, 600)) == 9


def test_drawing_ends_where_nearly_all_graphs_have_dead_nodes() -> None:
    sizes = {len(each.cells[0].operations) for each in drawn(LARGE, 200)}

    assert min(sizes) < 5
    assert max(sizes) > 23
    assert all(len(each.cells[0].edges) <= 26 for each in drawn(LARGE, 200))


def test_drawing_ends_where_nearly_all_notations_connect_nothing() -> None:
    chain = [[v, v + 1] for v in range(19)]
    fields = EDGES | {"operations": ["none", *"abc"], "skeleton": {"nodes": 20, "edges": chain}}

    assert {len(each.cells[0].operations) for each in drawn(fields, 20)} == {21}


def test_every_operation_is_drawn_as_often_as_the_others() -> None:
    counts = Counter(name for each in drawn(LIKE_101, 2000) for name in each.cells[0].operations[1:-1])

    assert counts.keys() == {"conv3x3", "conv1x1", "pool"}
    assert max(counts.values()) < 1.1 * min(counts.values())


def test_mutations_replace_add_and_remove() -> None:
    space = space_of(LIKE_101)
    parent = space.parse({"nodes": ["input", "pool", "pool", "output"], "edges": [[0, 1], [1, 2], [2, 3], [0, 3]]})
    rng = np.random.default_rng(0)

    graphs = [space.mutate(parent, rng).cells[0] for _ in range(300)]

    changes = {(len(each.operations) - 4, len(each.edges) - 4) for each in graphs}
    assert {(0, 0), (0, 1), (0, -1), (1, 1), (1, 2), (-1, -1)} <= changes
    assert {"conv3x3", "conv1x1", "pool"} == {name for each in graphs for name in each.operations[1:-1]}


def test_mutations_of_the_smallest_space_go_back_and_forth() -> None:
    space = space_of({"kind": "graph", "operations": ["a"], "max_vertices": 3, "max_edges": 2})
    rng = np.random.default_rng(0)
    direct, chain = space.enumerate()

    assert len(direct.cells[0].operations) == 2
    assert space.mutate(direct, rng) == chain
    assert space.mutate(chain, rng) == direct


def test_a_mutation_changes_one_cell_of_several() -> None:
    space = space_of(VERTICES | {"cells": ["normal", "reduce"]})
    rng = np.random.default_rng(0)
    parent = space.sample(rng)

    changed = {
        tuple(a != b for a, b in zip(parent.cells, space.mutate(parent, rng).cells, strict=True)) for _ in range(50)
    }

    assert changed == {(True, False), (False, True)}


def test_the_graphs_of_up_to_four_vertices_are_enumerated() -> None:
    space = space_of({"kind": "graph", "operations": ["a", "b"], "max_vertices": 4, "max_edges": 6})

    sizes = Counter(len(each.cells[0].operations) for each in space.enumerate())

    # Two vertices: their edge. Three: with or without the edge 0->2, times two operations. Four: with or without the
    # edge 0->3, and of the others the edges 0->1 and 2->3 and either 1->2 with any of 0->2 and 1->3, or both of these;
    # times four pairs of operations.
    assert sizes == {2: 1, 3: 2 * 2, 4: 2 * (1 + 4) * 4}


def test_enumerating_a_huge_space_starts_at_once() -> None:
    for fields in (LARGE, EDGES | {"skeleton": {"nodes": 11, "edges": "all"}}, VERTICES | {"cells": list("abcdefgh")}):
        assert len(list(islice(space_of(fields).enumerate(), 50))) == 50


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ()),
        Graph(("input", "dil", "output"), ((0, 1), (1, 2))),
        Graph(("input", *["conv"] * 4, "output"), tuple((i, i + 1) for i in range(5))),
        Graph(("input", *["conv"] * 3, "output"), tuple((u, v) for u in range(5) for v in range(u + 1, 5))[:7]),
    ],
)
def test_a_graph_beyond_the_limits_has_no_notation(graph: Graph) -> None:
    assert space_of(VERTICES).from_cells([graph]) is None


@pytest.mark.parametrize(
    "graph",
    [
        Graph(("input", "output"), ((0, 1),)),  # no operation on the way
        Graph(("input", "conv", "skip", "output"), ((0, 1), (0, 2), (1, 3), (2, 3))),  # two edges between two nodes
        Graph(("input", "conv", "skip", "output"), ((0, 1), (0, 3), (1, 2), (2, 3))),
        Graph(("input", *["conv"] * 4, "output"), ((0, 1), (0, 2), (1, 3), (1, 4), (2, 4), (3, 5), (4, 5))),
        Graph(("input", *["conv"] * 4, "output"), tuple((i, i + 1) for i in range(5))),  # four edges, not three
    ],
)
def test_a_graph_of_no_edges_with_operations_has_no_notation(graph: Graph) -> None:
    assert space_of(EDGES).from_cells([graph]) is None
    assert space_of(EDGES | {"inputs": ["a", "b"]}).from_cells([graph]) is None


def test_a_graph_wired_unlike_the_skeleton_has_no_notation() -> None:
    chain = {"kind": "graph", "operations": ["a", "b"], "skeleton": {"nodes": 4, "edges": [[0, 1], [1, 2], [2, 3]]}}
    diamond = Graph(("input", "a", "b", "output"), ((0, 1), (0, 2), (1, 3), (2, 3)))

    assert space_of(chain).from_cells([diamond]) is None


def test_the_vertices_of_a_skeleton_are_found_whatever_their_numbers() -> None:
    skeleton = {"nodes": 6, "edges": [[0, 1], [0, 2], [0, 3], [1, 4], [2, 5], [3, 5], [4, 5]]}
    space = space_of({"kind": "graph", "operations": list("wxyz"), "skeleton": skeleton})
    architecture = space.parse({"nodes": ["input", "w", "x", "y", "z", "output"]})
    (graph,) = architecture.cells

    found = space.from_cells([graph.renumbered([0, 3, 2, 1, 4, 5])])

    assert found is not None
    assert found.id == architecture.id


def test_an_architecture_of_a_large_skeleton_of_many_symmetries_is_found() -> None:
    layers = [
        [layer * 20 + i + 1, layer * 20 + 21 + (i + s) % 20] for layer in (0, 1) for i in range(20) for s in (0, 1, 5)
    ]
    ends = [edge for i in range(1, 21) for edge in ([0, i], [40 + i, 61])]
    fields = {"kind": "graph", "operations": ["a", "b"], "skeleton": {"nodes": 62, "edges": layers + ends}}

    for architecture in drawn(fields, 5):
        found = space_of(fields).from_cells(architecture.cells)
        assert found is not None
        assert found.id == architecture.id


def test_the_vocabulary_has_the_roles_of_the_declaration() -> None:
    fields = LIKE_201 | {"identity": "skip_connect", "convolutions": ["nor_conv_3x3", "nor_conv_1x1"]}

    assert space_of(fields).vocabulary == NasBench201.vocabulary
    assert space_of(fields | {"inputs": ["a", "b"]}).vocabulary.inputs == ("a", "b")
