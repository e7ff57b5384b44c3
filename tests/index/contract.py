"""What every `NeighborIndex` promises, as tests that each adapter's test class inherits."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.predictor.ports import Float32Array, NeighborIndex


class NeighborIndexContract(ABC):
    @abstractmethod
    def make(self, dimension: int) -> NeighborIndex: ...

    def filled(self, vectors: Float32Array) -> NeighborIndex:
        index = self.make(vectors.shape[1])
        index.add(vectors)
        return index

    def test_empty_index_returns_no_neighbors(self) -> None:
        labels, distances = self.make(3).search(np.zeros((2, 3), np.float32), k=5)

        assert labels.shape == distances.shape == (2, 0)

    def test_no_queries_get_no_rows(self) -> None:
        labels, distances = self.filled(points(4, 3)).search(np.empty((0, 3), np.float32), k=2)

        assert labels.shape == distances.shape == (0, 2)

    def test_adding_no_vectors_changes_nothing(self) -> None:
        index = self.filled(points(4, 3))

        index.add(np.empty((0, 3), np.float32))

        assert len(index) == 4

    def test_one_vector_is_everyones_neighbor(self) -> None:
        index = self.filled(np.array([[3, 4]], np.float32))

        labels, distances = index.search(np.zeros((1, 2), np.float32), k=1)

        assert (labels.tolist(), distances.tolist()) == ([[0]], [[5.0]])
        assert labels.dtype == np.int64
        assert distances.dtype == np.float32

    def test_k_beyond_the_size_returns_all(self) -> None:
        index = self.filled(np.array([[5], [1], [2]], np.float32))

        labels, distances = index.search(np.zeros((1, 1), np.float32), k=10)

        assert (labels.tolist(), distances.tolist()) == ([[1, 2, 0]], [[1.0, 2.0, 5.0]])

    def test_distances_are_euclidean_and_nearest_first(self) -> None:
        vectors, queries = points(300, 7), points(20, 7, seed=1)

        labels, distances = self.filled(vectors).search(queries, k=12)

        assert (np.diff(distances) >= 0).all()
        np.testing.assert_allclose(distances, np.linalg.norm(vectors[labels] - queries[:, None], axis=2), rtol=1e-5)

    def test_duplicates_all_come_back_at_distance_zero(self) -> None:
        vectors = points(200, 5) + 100
        vectors[[7, 42, 150]] = vectors[3]

        labels, distances = self.filled(vectors).search(vectors[3:4], k=5)

        assert sorted(labels[0, :4].tolist()) == [3, 7, 42, 150]
        assert distances[0, :4].tolist() == [0, 0, 0, 0]
        assert distances[0, 4] > 0

    def test_many_copies_of_few_vectors_still_give_k_neighbors(self) -> None:
        vectors = np.repeat(points(5, 6), 100, axis=0)

        labels, distances = self.filled(vectors).search(vectors[:1], k=250)

        assert len(set(labels[0].tolist())) == 250
        assert (distances[0, :100] == 0).all()

    def test_labels_count_on(self) -> None:
        vectors = points(3000, 4)
        index = self.make(4)

        for start, stop in ((0, 1), (1, 1100), (1100, 3000)):
            index.add(vectors[start:stop])
            assert len(index) == stop

        labels, distances = index.search(vectors, k=1)
        assert labels[:, 0].tolist() == list(range(3000))
        assert not distances.any()

    def test_added_vectors_are_found_by_the_next_search(self) -> None:
        index = self.filled(points(50, 3))
        far = np.full((1, 3), 1000, np.float32)
        assert index.search(far, k=1)[1][0, 0] > 0

        index.add(far)

        assert index.search(far, k=1)[0].tolist() == [[50]]

    def test_stored_values_are_copies(self) -> None:
        vectors = points(10, 3)
        index = self.filled(vectors)
        original = vectors.copy()

        vectors += 5

        assert not index.search(original, k=1)[1].any()

    def test_columns_in_fortran_order_are_the_same_vectors(self) -> None:
        vectors = points(40, 3)

        found = self.filled(np.asfortranarray(vectors)).search(np.asfortranarray(vectors), k=2)

        np.testing.assert_array_equal(found, self.filled(vectors).search(vectors, k=2))

    @pytest.mark.parametrize(
        "unfit",
        [
            np.zeros((2, 3), np.float64),
            np.zeros((2, 3), ">f4"),
            np.zeros((2, 3), np.int32),
            np.zeros(3, np.float32),
            np.zeros((2, 2), np.float32),
            np.zeros((2, 4), np.float32),
            np.zeros((1, 2, 3), np.float32),
            np.array([[0, 0, 0], [0, np.nan, 0]], np.float32),
            np.array([[0, 0, 0], [0, np.inf, 0]], np.float32),
            np.array([[0, 0, 0], [0, -np.inf, 0]], np.float32),
            np.array([[0, 0, 0], [0, 1e30, 0]], np.float32),
            [[0.0, 0.0, 0.0]],
        ],
        ids=str,
    )
    def test_unfit_vectors_are_refused_and_nothing_is_added(self, unfit: Float32Array) -> None:
        index = self.filled(points(5, 3))

        with pytest.raises(ValueError, match=r"pass|finite"):
            index.add(unfit)
        with pytest.raises(ValueError, match=r"pass|finite"):
            index.search(unfit, k=1)

        assert len(index) == 5
        assert index.search(points(1, 3), k=9)[0].shape == (1, 5)

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_one_is_refused(self, k: int) -> None:
        with pytest.raises(ValueError, match=f"k is {k}"):
            self.make(3).search(points(1, 3), k=k)

    def test_dimension_is_told_and_at_least_one(self) -> None:
        assert self.make(3).dimension == 3
        with pytest.raises(ValueError, match="dimension is 0"):
            self.make(0)

    # Inherited, it runs once for each adapter, on purpose.
    @settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(n=st.integers(1, 300), m=st.integers(1, 5), k=st.integers(1, 20), seed=st.integers(0, 1000))
    def test_a_batch_equals_its_single_queries_nearest_first(self, n: int, m: int, k: int, seed: int) -> None:
        # Few distinct values, so that there are ties and duplicates.
        values = np.random.default_rng(seed).integers(-2, 3, size=(n + m, 4)).astype(np.float32)
        index, queries = self.filled(values[:n]), values[n:]

        labels, distances = index.search(queries, k)
        singles = [index.search(queries[row : row + 1], k) for row in range(m)]

        np.testing.assert_array_equal(labels, np.concatenate([found[0] for found in singles]))
        np.testing.assert_array_equal(distances, np.concatenate([found[1] for found in singles]))
        assert (np.diff(distances) >= 0).all()
        assert labels.shape == (m, min(k, n))
        assert all(len(set(row)) == len(row) for row in labels.tolist())

    def test_searches_beside_adds_give_right_answers(self) -> None:
        vectors = points(4200, 16)
        index = self.filled(vectors[:1000])
        all_added = Event()

        def add(start: int) -> None:
            index.add(vectors[start : start + 200])

        def search() -> int:
            n_searches = 0
            while not all_added.is_set():
                labels, distances = index.search(vectors[:200], k=3)
                assert labels.shape == (200, 3)
                assert labels[:, 0].tolist() == list(range(200))
                assert not distances[:, 0].any()
                n_searches += 1
            return n_searches

        with ThreadPoolExecutor(3) as searchers, ThreadPoolExecutor(2) as adders:
            searches = [searchers.submit(search) for _ in range(3)]
            try:
                for done in [adders.submit(add, start) for start in range(1000, 4200, 200)]:
                    done.result()
            finally:
                all_added.set()
            assert min(done.result() for done in searches) > 0

        labels, distances = index.search(vectors, k=1)
        assert sorted(labels[:, 0].tolist()) == list(range(4200))
        assert not distances.any()


def points(n: int, dimension: int, *, seed: int = 0) -> Float32Array:
    """Shape (n, dimension), standard normal."""
    return np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)


def clustered(n: int, dimension: int, *, seed: int = 0) -> Float32Array:
    """Shape (n, dimension), around fifty centers."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(99).normal(size=(50, dimension))
    return (centers[rng.integers(50, size=n)] + 0.3 * rng.normal(size=(n, dimension))).astype(np.float32)
