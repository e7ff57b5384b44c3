"""A declaration of graphs that breaks a rule is refused with the value, the rule and the way out."""

import json
from contextlib import suppress

import pytest
from hypothesis import given

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.graph_declaration import GraphDeclaration
from app.spaces.declared.reading import KINDS, parse_declaration
from app.spaces.declared.wiring import Limits, Skeleton

from .declarations import EDGES, VERTICES, Fields, json_values, refusal, small_graph_declarations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "tree"}, "kind 'tree' of the declaration is not one of graph, choices"),
        ({"kind": None}, "kind null of the declaration is not one of graph, choices"),
        ({"operatons": ["a"]}, "field 'operatons' of the declaration is not known: the fields are kind, operations,"),
        ({"operations": None}, "the space has no operations: list at least one under 'operations'"),
        ({"operations": []}, "the space has no operations"),
        ({"operations": "conv"}, "operations of the declaration is a list of names, not 'conv'"),
        ({"operations": ["conv", "conv"]}, "operation 'conv' is listed twice: list each operation once"),
        ({"operations": ["conv", False]}, "operation false is not a string: put it in quotes"),
        ({"operations": ["conv", ""]}, "operation '' is not 1 to 64 printable characters"),
        ({"operations": ["x" * 65]}, "is not 1 to 64 printable characters: rename it"),
        ({"operations": ["a\nb"]}, r"operation 'a\nb' is not 1 to 64 printable characters"),
        ({"operations": ["\ud800"]}, r"operation '\ud800' is not 1 to 64 printable characters"),
        ({"operations": ["a,b"]}, "operation 'a,b' has a ',', which separates names: rename it"),
        ({"operations": ["conv", "output"]}, "operation 'output' has the name of an end of the graph: rename it"),
        ({"operations": [f"o{i}" for i in range(65)]}, "a space has up to 64 operations, not 65"),
        ({"operations_on": "nodes"}, "operations_on 'nodes' is not one of vertices, edges"),
        ({"operations_on": 3}, "operations_on of the declaration is a string, not 3: put it in quotes"),
        ({"identity": "skip"}, "identity 'skip' is not among the operations: conv, pool; list it there too"),
        ({"convolutions": ["conv", "dil"]}, "convolution 'dil' is not among the operations: conv, pool"),
        ({"convolutions": ["conv", "conv"]}, "convolution 'conv' is listed twice"),
        ({"no_edge": "conv"}, "no_edge 'conv' needs operations on edges: set operations_on to 'edges'"),
        ({"inputs": []}, "a space needs an input: name one, or leave 'inputs' out for one named 'input'"),
        ({"inputs": ["a", "a"]}, "input 'a' is listed twice"),
        ({"inputs": ["conv"]}, "input 'conv' has the name of an operation or of an end of the graph: rename it"),
        ({"inputs": ["input", "b"]}, "input 'input' has the name of an operation or of an end of the graph"),
        ({"inputs": [f"i{i}" for i in range(64)]}, "a graph has up to 63 inputs, not 64"),
        ({"cells": ["a", "a"]}, "cell 'a' is listed twice"),
        ({"cells": [f"c{i}" for i in range(9)]}, "an architecture has up to 8 cells, not 9"),
        ({"max_vertices": None}, "the declaration has neither max_vertices nor a skeleton: give one of them"),
        ({"max_vertices": 65}, "max_vertices 65 is not 3 to 64, inputs and output included"),
        ({"max_vertices": 2}, "max_vertices 2 is not 3 to 64"),
        ({"max_vertices": True}, "max_vertices of the declaration is a whole number, not true"),
        ({"max_vertices": 7.5}, "max_vertices of the declaration is a whole number, not 7.5"),
        ({"max_vertices": 10**5000}, "up to 1000000, not a number of more than 20 digits"),
        ({"max_edges": 1}, "max_edges 1 is not 2 to 10, which is for graphs of up to 5 vertices"),
        ({"skeleton": {"nodes": 4, "edges": "all"}}, "leave out either it, or max_vertices and max_edges"),
        (
            {"max_vertices": 20, "max_edges": 60},
            "a graph of 20 vertices and 60 edges could have more than 512 paths from input to output: lower "
            "max_edges to 26 or max_vertices to 11",
        ),
        ({"max_vertices": 64, "max_edges": None}, "lower max_edges to 26 or max_vertices to 11"),
        (
            {"max_vertices": 10, "max_edges": None, "cells": [f"c{i}" for i in range(8)]},
            "more than 64 paths from input to output, the share of one of 8 cells in 512: lower max_edges to 17 or "
            "max_vertices to 8",
        ),
    ],
)
def test_a_wrong_field_of_a_free_wiring_is_named(change: Fields, message: str) -> None:
    assert message in refusal(VERTICES | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"skeleton": 4}, "the skeleton is an object with the fields nodes, edges, not 4"),
        ({"skeleton": {"nodes": 4}}, "the skeleton has no field 'edges': give 'all', or a list of pairs"),
        ({"skeleton": {"edges": "all"}}, "the skeleton has no field 'nodes': give how many there are"),
        ({"skeleton": {"nodes": 4, "edges": "none"}}, "edges of the skeleton are 'all' or a list of pairs"),
        ({"skeleton": {"nodes": 65, "edges": "all"}}, "a skeleton has up to 64 nodes, not 65"),
        ({"skeleton": {"nodes": 1, "edges": []}}, "nodes 1 of the skeleton is not 2 to 64"),
        ({"skeleton": {"nodes": 3, "edges": [[0, 1, 2]]}}, "an edge of the skeleton is a pair of nodes such as [0, 1]"),
        ({"skeleton": {"nodes": 3, "edges": [[0, "1"]]}}, "a node in the edges of the skeleton is a whole number"),
        ({"skeleton": {"nodes": 3, "edges": [[1, 0]]}}, "edge 1->0 of the skeleton points backward or outside"),
        ({"skeleton": {"nodes": 3, "edges": [[0, 3]]}}, "edge 0->3 of the skeleton points backward or outside"),
        ({"skeleton": {"nodes": 3, "edges": [[0, 2], [0, 2]]}}, "edge 0->2 of the skeleton is listed twice"),
        ({"skeleton": {"nodes": 3, "edges": [[0, 1]]}}, "no path of the skeleton leads from an input to its output"),
        ({"skeleton": {"nodes": 3, "edges": []}}, "no path of the skeleton leads from an input to its output, node 2"),
        (
            {"skeleton": {"nodes": 4, "edges": [[0, 1], [0, 3], [1, 3], [0, 2]]}},
            "node 2 of the skeleton lies on no path from an input to the output, node 3: connect it, or leave it out",
        ),
        (
            {"inputs": ["a", "b"], "skeleton": {"nodes": 4, "edges": [[0, 1], [1, 3]]}},
            "edge 0->1 of the skeleton leads into input 'b': leave it out, since the first 2 nodes are the inputs",
        ),
        ({"inputs": ["a", "b"], "skeleton": {"nodes": 3, "edges": [[1, 2]]}}, "node 0 of the skeleton lies on no path"),
        (
            {"skeleton": {"nodes": 16, "edges": "all"}},
            "the skeleton has 16384 paths, more than 512 paths from input to output: lower its nodes to 11",
        ),
        (
            {"skeleton": {"nodes": 30, "edges": [[v - d, v] for v in range(1, 30) for d in (1, 2) if d <= v]}},
            "the skeleton has 832040 paths, more than 512 paths from input to output: leave some of its edges out",
        ),
        ({"skeleton": {"nodes": 18, "edges": "all"}}, "the skeleton has 153 edges with operations, more than 128"),
        ({"no_edge": "zero"}, "no_edge 'zero' is not among the operations: none, skip, conv"),
        ({"identity": "none"}, "no_edge 'none' is also the identity or a convolution"),
        ({"operations": ["none"]}, "the only operation 'none' is no_edge: list one that is an edge"),
    ],
)
def test_a_wrong_field_of_a_skeleton_is_named(change: Fields, message: str) -> None:
    assert message in refusal(EDGES | change)


@pytest.mark.parametrize(
    "fields",
    [
        {"operations": ["conv"], "skeleton": {"nodes": 4, "edges": "all"}},
        {"operations": ["conv"], "operations_on": "edges", "skeleton": {"nodes": 4, "edges": "all"}},
        {"operations": ["conv"], "operations_on": "edges", "max_vertices": 2},
        {
            "operations": ["conv", "none"],
            "operations_on": "edges",
            "no_edge": "none",
            "max_vertices": 5,
            "max_edges": 1,
        },
        {
            "operations": ["conv", "none"],
            "operations_on": "edges",
            "no_edge": "none",
            "skeleton": {"nodes": 3, "edges": [[0, 1], [1, 2]]},
        },
    ],
)
def test_a_space_of_a_single_architecture_is_no_space(fields: Fields) -> None:
    assert refusal({"kind": "graph"} | fields).startswith("the space has a single architecture: ")


@pytest.mark.parametrize("value", [None, 3, "graph", ["graph"]])
def test_something_else_than_an_object_is_no_declaration(value: object) -> None:
    assert refusal(value).startswith(f"a declaration is an object with a 'kind', one of {', '.join(KINDS)}; not ")


def test_a_declaration_made_in_python_follows_the_same_rules() -> None:
    with pytest.raises(InvalidSpaceError, match="edge 0->1 of the skeleton is out of order"):
        GraphDeclaration(("a", "b"), False, None, None, (), ("input",), Skeleton(3, ((1, 2), (0, 1))), ())
    with pytest.raises(InvalidSpaceError, match="max_edges 11 is not 2 to 10"):
        GraphDeclaration(("a", "b"), False, None, None, (), ("input",), Limits(5, 11), ())


def test_defaults_are_filled_in_and_order_without_meaning_is_undone() -> None:
    short = {"kind": "graph", "operations": ["a", "b", "c"], "max_vertices": 4, "convolutions": ["c", "a"]}
    long = short | {
        "operations_on": "vertices",
        "convolutions": ["a", "c"],
        "max_edges": 6,
        "inputs": ["input"],
        "cells": [],
        "identity": None,
    }

    assert parse_declaration(short).to_json() == parse_declaration(long).to_json()
    assert parse_declaration(short | {"max_edges": 5}).to_json() != parse_declaration(long).to_json()


def test_all_edges_of_a_skeleton_are_the_same_in_words_and_one_by_one() -> None:
    pairs = [[2, 3], [0, 1], [0, 2], [1, 2], [0, 3], [1, 3]]

    listed = parse_declaration(EDGES | {"skeleton": {"nodes": 4, "edges": pairs}})

    assert listed == parse_declaration(EDGES)
    assert listed.to_json() == parse_declaration(EDGES).to_json()


def test_a_skeleton_of_several_inputs_has_no_edge_between_them() -> None:
    declaration = parse_declaration(EDGES | {"inputs": ["a", "b"]})

    assert isinstance(declaration, GraphDeclaration)
    assert declaration.wiring == Skeleton(4, ((0, 2), (0, 3), (1, 2), (1, 3), (2, 3)))


@given(small_graph_declarations())
def test_the_normal_form_of_a_declaration_declares_the_same(fields: Fields) -> None:
    declaration = parse_declaration(fields)

    again = parse_declaration(json.loads(declaration.to_json()))

    assert again == declaration
    assert again.to_json() == declaration.to_json()


@given(json_values)
def test_no_json_value_of_any_field_breaks_the_reading(value: object) -> None:
    for base in (VERTICES, EDGES):
        for field in [*base, "inputs", "cells", "identity", "convolutions", "no_edge"]:
            with suppress(InvalidSpaceError):
                parse_declaration(base | {field: value})


def test_a_hundred_thousand_operations_are_refused_as_one_too_many_is() -> None:
    names = [f"op{i}" for i in range(100_000)]

    assert refusal(VERTICES | {"operations": names, "convolutions": names[::-1]}) == (
        "a space has up to 64 operations, not 100000"
    )
