"""Sums over the paths of a graph are those over its paths one by one."""

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.graph import INPUT, OUTPUT, Graph
from app.encoder.path_sums import PathSums
from app.encoder.paths import paths
from app.spaces.space import Vocabulary

OPERATIONS = ("conv", "pool", "skip")
SKIP, TWO_INPUTS = Vocabulary(OPERATIONS, "skip", ("conv",)), ("first", "second")
SUMS = [SKIP, Vocabulary(OPERATIONS, None, ("conv",)), Vocabulary(OPERATIONS, "skip", ("conv",), inputs=TWO_INPUTS)]


def one_by_one(graph: Graph, vocabulary: Vocabulary) -> PathSums:
    operations: dict[Any, tuple[float, float]] = {}
    pairs: dict[Any, tuple[float, float]] = {}
    for path in paths(graph, vocabulary.inputs):
        working = [op for op in path.operations if op != vocabulary.identity]
        followed = list(pairwise((path.source, *working, OUTPUT)))
        for sums, key in [*((operations, op) for op in working), *((pairs, pair) for pair in followed)]:
            n, weight = sums.get(key, (0, 0.0))
            sums[key] = n + 1, weight + path.weight
    return PathSums(operations, pairs)


@pytest.mark.parametrize("vocabulary", SUMS, ids=["skip", "no identity", "two inputs"])
@settings(deadline=None)
@given(edges=st.sets(st.sampled_from(list(combinations(range(9), 2)))), data=st.data())
def test_sums_are_those_over_paths_one_by_one(
    vocabulary: Vocabulary, edges: set[tuple[int, int]], data: st.DataObject
) -> None:
    inner = [data.draw(st.sampled_from(OPERATIONS)) for _ in range(7)]
    if vocabulary.inputs:  # they read the input alone, and nothing else does
        inner[:2] = vocabulary.inputs
        edges = {(u, v) for u, v in edges if u and v not in {1, 2}} | {(0, 1), (0, 2)}
    graph = Graph((INPUT, *inner, OUTPUT), tuple(sorted(edges))).pruned()

    found, expected = PathSums.of(graph, vocabulary), one_by_one(graph, vocabulary)

    assert found.operations == {op: pytest.approx(each) for op, each in expected.operations.items()}
    assert found.pairs == {pair: pytest.approx(each) for pair, each in expected.pairs.items()}


def test_a_graph_of_nothing_has_no_sums() -> None:
    assert PathSums.of(Graph((INPUT, OUTPUT), ()), SKIP) == PathSums({}, {})
