import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.index.exact import ExactIndex
from app.predictor.ports import Float32Array, Int64Array

from .contract import NeighborIndexContract, points


class TestExactIndex(NeighborIndexContract):
    def make(self, dimension: int) -> ExactIndex:
        return ExactIndex(dimension)


def sorted_by_definition(vectors: Float32Array, queries: Float32Array, k: int) -> Int64Array:
    distances = np.linalg.norm(vectors[None].astype(np.float64) - queries[:, None], axis=2).astype(np.float32)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def test_ties_go_to_the_lower_label() -> None:
    index = ExactIndex(1)
    index.add(np.array([[1], [-1], [1], [0], [-1]], np.float32))

    labels, _ = index.search(np.zeros((1, 1), np.float32), k=4)

    assert labels.tolist() == [[3, 0, 1, 2]]


@settings(deadline=None)
@given(
    n=st.integers(1, 200),
    k=st.integers(1, 20),
    seed=st.integers(0, 1000),
    offset=st.sampled_from([0.0, 1.0, 1e4, 1e10]),
    spread=st.sampled_from([1e-25, 1e-3, 1.0, 1e5, 1e14]),
)
def test_neighbors_are_those_of_the_definition_at_any_scale(
    n: int, k: int, seed: int, offset: float, spread: float
) -> None:
    values = np.random.default_rng(seed).integers(-3, 4, size=(n + 3, 5)) * spread + offset
    vectors, queries = np.split(values.astype(np.float32), [n])
    index = ExactIndex(5)
    index.add(vectors)

    labels, _ = index.search(queries, k)

    np.testing.assert_array_equal(labels, sorted_by_definition(vectors, queries, k))


def test_answers_do_not_depend_on_how_many_are_asked() -> None:
    vectors, queries = points(500, 6), points(300, 6, seed=1)  # enough for several threads
    index = ExactIndex(6)
    index.add(vectors)

    for k in (10, 500):
        together = index.search(queries, k)
        alone = [index.search(query[None], k) for query in queries]
        for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
            np.testing.assert_array_equal(whole, np.concatenate(parts))
