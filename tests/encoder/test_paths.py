from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.encoder.paths import MAX_PATHS, Path, depths, heights, paths

from .cells import CELL


def layers(widths: list[int]) -> Graph:
    """Complete layers of these widths between input and output."""
    members, n = [[0]], 1
    for width in [*widths, 1]:
        members.append(list(range(n, n + width)))
        n += width
    edges = [(u, v) for i in range(len(members) - 1) for u in members[i] for v in members[i + 1]]
    return Graph(("input", *["conv3"] * (n - 2), "output"), tuple(sorted(edges)))


def test_paths_carry_their_operations_and_weights() -> None:
    assert sorted(paths(CELL), key=lambda path: path.operations) == [
        Path("input", ("conv3", "conv1", "conv3"), 0.25),
        Path("input", ("pool", "conv3"), 0.25),
        Path("input", ("skip",), 0.5),
    ]


def test_an_edge_from_input_to_output_is_a_path_of_no_operations() -> None:
    assert paths(Graph(("input", "output"), ((0, 1),))) == [Path("input", (), 1.0)]


def test_a_path_starts_at_the_vertex_that_stands_for_its_input() -> None:
    # input -> left -> conv3 -> output, and input -> right -> conv3 and output
    graph = Graph(("input", "left", "right", "conv3", "output"), ((0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 4)))

    assert sorted(paths(graph, ("left", "right")), key=lambda path: (path.source, path.operations)) == [
        Path("left", ("conv3",), 0.25),
        Path("right", (), 0.5),
        Path("right", ("conv3",), 0.25),
    ]
    assert {path.source for path in paths(graph)} == {"input"}
    assert {path.operations for path in paths(graph)} == {("left", "conv3"), ("right",), ("right", "conv3")}


def test_a_graph_of_nothing_has_no_paths() -> None:
    assert paths(Graph(("input", "output"), ())) == []


@settings(deadline=None)
@given(widths=st.lists(st.integers(1, 3), max_size=5))
def test_complete_layers_have_the_product_of_their_widths_as_paths(widths: list[int]) -> None:
    expected = 1
    for width in widths:
        expected *= width

    assert len(paths(layers(widths))) == expected


@settings(deadline=None)
@given(edges=st.sets(st.sampled_from(list(combinations(range(8), 2))), min_size=8))
def test_weights_of_all_paths_sum_to_one(edges: set[tuple[int, int]]) -> None:
    graph = Graph(("input", *["conv3"] * 6, "output"), tuple(sorted(edges))).pruned()
    assume(graph.edges)

    assert sum(path.weight for path in paths(graph)) == pytest.approx(1)


def test_a_graph_of_too_many_paths_is_refused() -> None:
    assert len(paths(layers([2] * 13))) == 8192 <= MAX_PATHS

    with pytest.raises(InvalidArchitectureError, match="more than 10000 paths from input to output: remove some edges"):
        paths(layers([2] * 14))


def test_depths_are_longest_and_shortest_distances_from_the_input() -> None:
    # input, conv3, pool, skip, conv1, conv3, output
    assert depths(CELL) == ([0, 1, 1, 1, 2, 3, 4], [0, 1, 1, 1, 2, 2, 2])


def test_heights_are_longest_and_shortest_distances_to_the_output() -> None:
    assert heights(CELL) == ([4, 3, 2, 1, 2, 1, 0], [2, 3, 2, 1, 2, 1, 0])


def test_nothing_is_no_distance_away() -> None:
    nothing = Graph(("input", "output"), ())

    assert depths(nothing) == heights(nothing) == ([0, 0], [0, 0])
