"""The bound on the number of paths is never too low, and equals what the smallest graphs reach."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spaces.declared.path_bound import MAX_PATHS, count_paths, most_edges, most_nodes, most_paths


def every_pair(n_nodes: int, n_inputs: int) -> list[tuple[int, int]]:
    return [(u, v) for u in range(n_nodes) for v in range(max(u + 1, n_inputs), n_nodes)]


def test_a_diamond_has_two_paths() -> None:
    assert count_paths(4, 1, [(0, 1), (0, 2), (1, 3), (2, 3)]) == 2


def test_a_graph_of_all_edges_has_a_path_for_each_set_of_the_nodes_between() -> None:
    assert count_paths(7, 1, every_pair(7, 1)) == 2**5


def test_paths_from_all_inputs_count() -> None:
    assert count_paths(3, 2, [(0, 2), (1, 2)]) == 2


@pytest.mark.parametrize(("n_nodes", "n_inputs"), [(2, 1), (3, 1), (4, 1), (5, 1), (3, 2), (4, 2), (5, 2), (4, 3)])
def test_the_most_paths_of_so_many_nodes_are_those_of_the_best_graph(n_nodes: int, n_inputs: int) -> None:
    pairs = every_pair(n_nodes, n_inputs)
    best = max(
        count_paths(n_nodes, n_inputs, edges) for size in range(len(pairs) + 1) for edges in combinations(pairs, size)
    )

    assert most_paths(n_nodes, n_inputs, len(pairs)) == best


@given(st.data())
def test_no_graph_has_more_paths_than_its_bound(data: st.DataObject) -> None:
    n_inputs = data.draw(st.integers(1, 3))
    n_nodes = data.draw(st.integers(n_inputs + 16, n_inputs + 20))
    pairs = every_pair(n_nodes, n_inputs)
    near = [pair for pair in pairs if pair[1] - pair[0] <= 3]  # many short edges make the most paths
    edges = sorted(data.draw(st.sets(st.sampled_from(near), min_size=5, max_size=60)))

    n_paths = count_paths(n_nodes, n_inputs, edges)

    assert min(n_paths, MAX_PATHS + 1) <= most_paths(n_nodes, n_inputs, len(edges))


@pytest.mark.parametrize("n_nodes", [11, 12, 13, 14])
def test_reading_from_the_last_two_nodes_makes_the_most_paths_where_nodes_abound(n_nodes: int) -> None:
    edges = sorted([(0, 1), *((v - d, v) for v in range(2, n_nodes) for d in (1, 2))])

    fibonacci = count_paths(n_nodes, 1, edges)

    assert fibonacci == {11: 89, 12: 144, 13: 233, 14: 377}[n_nodes]
    assert most_paths(64, 1, len(edges)) == fibonacci


def test_limits_can_be_lowered_to_11_nodes_or_26_edges() -> None:
    assert most_nodes(64, 1, 2016) == 11
    assert most_edges(64, 1, 2016) == 26
    assert most_paths(11, 1, 55) == 2**9
    assert most_paths(12, 1, 66) > MAX_PATHS


def test_edges_into_many_inputs_are_bounded_by_the_nodes() -> None:
    assert most_paths(49, 40, 396) > MAX_PATHS
    assert most_nodes(49, 40, 396) == 44


def test_cells_that_share_the_paths_have_fewer_each() -> None:
    assert most_nodes(64, 1, 2016, MAX_PATHS // 8) == 8
    assert most_edges(64, 1, 2016, MAX_PATHS // 8) == 17
