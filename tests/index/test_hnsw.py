from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.index.exact import ExactIndex
from app.index.hnsw import HnswIndex
from app.predictor.ports import NeighborIndex

from .contract import NeighborIndexContract, clustered, points


class TestHnswIndex(NeighborIndexContract):
    def make(self, dimension: int) -> HnswIndex:
        return HnswIndex(dimension, seed=1)


def recall(index: NeighborIndex, *, k: int) -> float:
    exact, queries = ExactIndex(32), clustered(100, 32, seed=1)
    exact.add(clustered(4000, 32))
    pairs = zip(exact.search(queries, k)[0], index.search(queries, k)[0], strict=True)
    return float(np.mean([np.isin(truth, found).mean() for truth, found in pairs]))


@pytest.fixture(scope="module")
def index() -> HnswIndex:
    index = HnswIndex(32, seed=1)
    index.add(clustered(4000, 32))
    return index


@pytest.mark.parametrize("k", [1, 10, 200, 1000])
def test_nearly_all_neighbors_are_the_true_ones(index: HnswIndex, k: int) -> None:
    assert recall(index, k=k) >= 0.95


def test_a_build_is_reproducible_from_its_seed_however_it_is_batched(index: HnswIndex) -> None:
    again = HnswIndex(32, seed=1)
    for batch in np.array_split(clustered(4000, 32), 7):
        again.add(batch)

    for k in (1, 300):
        queries = clustered(50, 32, seed=2)
        np.testing.assert_array_equal(again.search(queries, k), index.search(queries, k))


def test_a_graph_that_reaches_too_few_vectors_is_replaced_by_exact_search(
    index: HnswIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = points(300, 4)
    broken = HnswIndex(4)
    broken.add(vectors[:200])
    broken._graph = ShortOfResults(broken._graph)

    first = broken.search(vectors, k=7)
    broken.add(vectors[200:])
    second = broken.search(vectors, k=7)

    exact = ExactIndex(4)
    exact.add(vectors[:200])
    np.testing.assert_array_equal(first, exact.search(vectors, k=7))
    exact.add(vectors[200:])
    np.testing.assert_array_equal(second, exact.search(vectors, k=7))
    # hnswlib leaks memory each time it raises.
    assert broken._graph.failures == 1


class ShortOfResults:
    """A graph whose every query raises what hnswlib raises when it finds fewer than k."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._graph, name)

    def knn_query(self, *_: object, **__: object) -> None:
        self.failures += 1
        raise RuntimeError("Cannot return the results in a contiguous 2D array. Probably ef or M is too small")


def test_a_loaded_index_answers_as_the_saved_one_and_goes_on(index: HnswIndex, tmp_path: Path) -> None:
    queries = clustered(50, 32, seed=2)
    index.save(tmp_path / "graph", key="nasbench201/1")

    loaded = HnswIndex.load(tmp_path / "graph", key="nasbench201/1", dimension=32)

    assert loaded is not None
    assert len(loaded) == 4000
    for k in (1, 300):
        np.testing.assert_array_equal(loaded.search(queries, k), index.search(queries, k))
    loaded.add(queries)
    assert loaded.search(queries, k=1)[0][:, 0].tolist() == list(range(4000, 4050))
    assert len(index) == 4000
