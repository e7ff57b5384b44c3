"""What is no graph of a declared space is refused with the place of the error and what is allowed there."""

import pytest

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space

from .declarations import EDGES, VERTICES, Fields

NODES = ["input", "conv", "pool", "output"]
PAIRS = [[0, 1], [1, 2], [2, 3]]
CHAIN = {"kind": "graph", "operations": ["conv", "pool"], "skeleton": {"nodes": 4, "edges": PAIRS}}
TWO_INPUTS = VERTICES | {"inputs": ["left", "right"]}
FREE_EDGES = EDGES | {"skeleton": None, "max_vertices": 4, "max_edges": 4}
FULL = {name: EDGES[name] for name in EDGES if name != "no_edge"}


def graph_of(fields: Fields, notation: object) -> Graph:
    (graph,) = declared_space("mine", parse_declaration(fields)).parse(notation).cells
    return graph


def refusal(fields: Fields, notation: object) -> str:
    with pytest.raises(InvalidArchitectureError) as caught:
        graph_of(fields, notation)
    return str(caught.value)


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        (
            "conv",
            'a graph is written {"nodes": ["input", "<operation>", "output"], "edges": [[0, 1], [1, 2]]}, not as ',
        ),
        ({"nodes": NODES}, "the graph has no field 'edges': it is written"),
        ({"nodes": NODES, "edges": PAIRS, "matrix": []}, "field 'matrix' is not known: a graph is written"),
        ({"nodes": "input", "edges": PAIRS}, "nodes is a list, not 'input'"),
        ({"nodes": NODES, "edges": {}}, "edges is a list, not an object of 0 fields"),
        ({"nodes": [*NODES, *NODES], "edges": PAIRS}, "8 nodes, inputs and output included, are more than the 5"),
        ({"nodes": [], "edges": []}, "nodes are 'input', operations, 'output' in this order, not "),
        ({"nodes": ["input"], "edges": []}, "nodes are 'input', operations, 'output' in this order, not 'input'"),
        ({"nodes": ["conv", "output"], "edges": []}, "in this order, not 'conv', 'output'"),
        (
            {"nodes": ["input", 2, "output"], "edges": []},
            "2 at node 1 is no name of an operation: give one of conv, po",
        ),
        ({"nodes": ["input", "dil", "output"], "edges": []}, "operation 'dil' of node 1 is not one of conv, pool"),
        ({"nodes": NODES, "edges": [[0, 1, 2]]}, "an edge is written [source, target], not as a list of 3"),
        ({"nodes": NODES, "edges": ["01"]}, "an edge is written [source, target], not as '01'"),
        (
            {"nodes": NODES, "edges": [[0, True]]},
            "true in an edge [source, target] is no node: nodes are numbered from",
        ),
        ({"nodes": NODES, "edges": [[0, 1.0]]}, "1.0 in an edge [source, target] is no node"),
        ({"nodes": NODES, "edges": [[0, -1]]}, "-1 in an edge [source, target] is no node"),
        ({"nodes": NODES, "edges": [[0, 10**5000]]}, "a number of more than 20 digits in an edge"),
        ({"nodes": NODES, "edges": [[0, 4]]}, "edge 0->4 points outside of the 4 nodes: they are numbered from 0 to 3"),
        ({"nodes": NODES, "edges": [[0, 2], [2, 1], [1, 3]]}, "edge 2->1 points backward: number the nodes in topolog"),
        ({"nodes": NODES, "edges": [[0, 1], [1, 2], [2, 1]]}, "the edges 1->2->1 form a cycle: leave one of them out"),
        ({"nodes": NODES, "edges": [[0, 1], [1, 1]]}, "the edges 1->1 form a cycle"),
        ({"nodes": NODES, "edges": [[0, 1], [0, 1]]}, "edge 0->1 is listed twice: list each edge once"),
        ({"nodes": NODES, "edges": PAIRS * 3}, "9 edges are more than the 6 of this space"),
        (
            {"nodes": NODES, "edges": [[0, 1], [2, 3]]},
            "no path leads from an input to the output, node 3: connect them",
        ),
    ],
)
def test_a_wrong_graph_with_operations_on_vertices_is_refused(notation: object, message: str) -> None:
    assert message in refusal(VERTICES, notation)


def test_an_edge_into_an_input_is_refused() -> None:
    message = refusal(TWO_INPUTS, {"nodes": ["left", "right", "output"], "edges": [[0, 1], [1, 2]]})

    assert message == "edge 0->1 leads into input 'right': leave it out"


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        (
            {"nodes": NODES[1:], "edges": []},
            "3 nodes, inputs and output included, are not the 4 of the space's skeleton",
        ),
        (
            {"nodes": NODES, "edges": [[0, 1], [0, 2], [2, 3]]},
            "edge 0->2 is not among the 3 edges of the space's skele",
        ),
        (
            {"nodes": NODES, "edges": PAIRS[:2]},
            "edge 2->3 of the space's skeleton is missing: list it, with the others",
        ),
        ({"nodes": NODES, "edges": [*PAIRS, [0, 3]]}, "4 edges are more than the 3 of the space's skeleton"),
    ],
)
def test_a_graph_that_is_not_wired_like_the_skeleton_is_refused(notation: object, message: str) -> None:
    assert message in refusal(CHAIN, notation)


@pytest.mark.parametrize(
    ("fields", "notation", "message"),
    [
        (EDGES, {"edges": [[0, 3]]}, "an edge is written [source, target, operation], not as a list of 2"),
        (EDGES, {"edges": [[0, 3, 1]]}, "1 at edge 0->3 is no name of an operation: give one of none, skip, conv"),
        (EDGES, {"edges": [[0, 3, "pool"]]}, "operation 'pool' of edge 0->3 is not one of none, skip, conv"),
        (EDGES, {"edges": [[0, 3, "none"]]}, "no path leads from an input to the output, node 3"),
        (EDGES, {"edges": []}, "no path leads from an input to the output, node 3"),
        (EDGES, {"edges": [[0, 4, "conv"]]}, "edge 0->4 points outside of the 4 nodes"),
        (EDGES, {"edges": [[0, 3, "conv"], [0, 3, "none"]]}, "edge 0->3 is listed twice"),
        (EDGES, {"edges": [[0, 3, "conv"]] * 5000}, "5000 edges are more than there are pairs of 64 nodes"),
        (FULL, {"edges": [[0, 3, "conv"]]}, "edge 0->1 of the space's skeleton is missing"),
        (FREE_EDGES, {"edges": []}, "no path leads from an input to the output, node 1"),
        (FREE_EDGES, {"edges": [[0, 4, "conv"]]}, "5 nodes, inputs and output included, are more than the 4"),
        (
            FREE_EDGES,
            {"edges": [[u, v, "conv"] for u in range(4) for v in range(u + 1, 4)]},
            "6 edges are more than the 4 of this space",
        ),
        (FREE_EDGES | {"inputs": ["a", "b"]}, {"edges": [[0, 1, "conv"]]}, "edge 0->1 leads into input 'b'"),
    ],
)
def test_a_wrong_graph_with_operations_on_edges_is_refused(fields: Fields, notation: object, message: str) -> None:
    assert message in refusal(fields, notation)


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        ({"normal": {}}, 'written {"cells": {"normal": {...}, "reduce": {...}}}, not as an object of 1 fields'),
        ({"cells": []}, 'written {"cells": {"normal": {...}, "reduce": {...}}}, not as an object of 1 fields'),
        ({"cells": {"norm": {}}}, "cell 'norm' is not one of normal, reduce"),
        (
            {"cells": {"normal": {"nodes": NODES, "edges": PAIRS}}},
            "cell 'reduce' is missing: an architecture has normal",
        ),
        ({"cells": {"normal": {}, "reduce": {}}}, "cell 'normal': the graph has no field 'nodes'"),
    ],
)
def test_a_wrong_cell_is_named(notation: object, message: str) -> None:
    assert message in refusal(VERTICES | {"cells": ["normal", "reduce"]}, notation)


def test_vertices_and_edges_become_the_graph() -> None:
    graph = graph_of(VERTICES, {"nodes": NODES, "edges": [[1, 2], [0, 1], [2, 3], [0, 3]]})

    assert graph == Graph(("input", "conv", "pool", "output"), ((0, 1), (0, 3), (1, 2), (2, 3)))


def test_what_is_on_no_path_does_not_count() -> None:
    with_dead = {"nodes": ["input", "conv", "pool", "output"], "edges": [[0, 1], [0, 2], [1, 3]]}

    assert graph_of(VERTICES, with_dead) == Graph(("input", "conv", "output"), ((0, 1), (1, 2)))


def test_each_of_several_inputs_becomes_a_vertex() -> None:
    notation = {"nodes": ["left", "right", "conv", "output"], "edges": [[0, 2], [1, 2], [1, 3], [2, 3]]}

    graph = graph_of(TWO_INPUTS, notation)

    assert graph.operations == ("input", "left", "right", "conv", "output")
    assert graph.edges == ((0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 4))


def test_an_input_that_nothing_reads_has_no_vertex() -> None:
    graph = graph_of(TWO_INPUTS, {"nodes": ["left", "right", "conv", "output"], "edges": [[1, 2], [2, 3]]})

    assert graph == Graph(("input", "right", "conv", "output"), ((0, 1), (1, 2), (2, 3)))


def test_edges_with_operations_become_vertices() -> None:
    graph = graph_of(EDGES, {"edges": [[0, 1, "conv"], [1, 3, "skip"], [0, 3, "conv"], [1, 2, "none"]]})

    assert sorted(graph.operations[1:-1]) == ["conv", "conv", "skip"]
    assert len(graph.edges) == 2 + 1 + 2


def test_edges_that_start_at_several_inputs_read_from_their_vertices() -> None:
    fields = FREE_EDGES | {"inputs": ["left", "right"]}

    graph = graph_of(fields, {"edges": [[0, 2, "conv"], [1, 2, "skip"], [2, 3, "conv"]]})

    assert graph.operations == ("input", "left", "right", "conv", "skip", "conv", "output")
    assert graph.edges == ((0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5), (5, 6))


def test_an_edge_that_is_left_out_of_a_skeleton_is_written_as_no_edge() -> None:
    space = declared_space("mine", parse_declaration(EDGES))

    architecture = space.parse({"edges": [[0, 3, "conv"]]})

    none = [[u, v, "none"] for u, v in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]]
    assert architecture.notation == {"edges": [*none[:2], [0, 3, "conv"], *none[2:]]}


def test_the_edges_of_a_fixed_wiring_of_vertices_can_be_left_out() -> None:
    space = declared_space("mine", parse_declaration(CHAIN))

    assert space.parse({"nodes": NODES}) == space.parse({"nodes": NODES, "edges": PAIRS[::-1]})
    assert space.parse({"nodes": NODES}).notation == {"nodes": NODES, "edges": PAIRS}
