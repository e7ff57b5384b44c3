"""Exact nearest neighbors: every stored vector is compared."""

from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from app.compiled import kernels
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.vectors import checked_dimension, checked_k, checked_vectors

INITIAL_CAPACITY = 1024


class ExactIndex:
    """A `NeighborIndex` without approximation: ties come back with the lower label first, the same on every run.

    Searches never wait: each works on what was stored when it began, while vectors are added behind it.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = checked_dimension(dimension)
        self._stored = _Stored.with_capacity(INITIAL_CAPACITY, dimension)
        self._adding = Lock()

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._dimension

    def __len__(self) -> int:
        return self._stored.size

    def save(self, path: Path, *, key: str, n: int) -> bool:  # noqa: ARG002
        """See `NeighborIndex.save`: to add the vectors again takes no longer than to read them."""
        return False

    def add(self, vectors: Float32Array) -> None:
        """See `NeighborIndex.add`; the values are copied."""
        vectors = checked_vectors(vectors, self._dimension)
        with self._adding:
            start = self._stored.size
            stored = self._stored.grown_to(start + len(vectors))
            # Rows past the size belong to no search yet, so they can be written while searches run.
            stored.vectors[start : stored.size] = vectors
            self._stored = stored

    def search(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        """See `NeighborIndex.search`; distances are rounded from float64, so a stored vector is at exactly 0."""
        queries = checked_vectors(queries, self._dimension)
        stored = self._stored
        k = checked_k(k, stored.size)
        if k == 0:
            return np.empty((len(queries), 0), dtype=np.int64), np.empty((len(queries), 0), dtype=np.float32)
        return kernels.nearest(stored.vectors[: stored.size], queries, k)


class _Stored(NamedTuple):
    """The vectors; replaced as a whole, never changed below `size`.

    Args:
        vectors: shape (capacity, dimension).
    """

    vectors: Float32Array
    size: int

    @classmethod
    def with_capacity(cls, capacity: int, dimension: int) -> "_Stored":
        return cls(np.empty((capacity, dimension), np.float32), 0)

    def grown_to(self, size: int) -> "_Stored":
        capacity, dimension = self.vectors.shape
        if size <= capacity:
            return self._replace(size=size)
        grown = _Stored.with_capacity(max(size, 2 * capacity), dimension)
        grown.vectors[: self.size] = self.vectors[: self.size]
        return grown._replace(size=size)
