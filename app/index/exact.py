"""Exact nearest neighbors: every stored vector is compared."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from app.index.vectors import checked_dimension, checked_k, checked_vectors
from app.predictor.ports import Float32Array, Int64Array

INITIAL_CAPACITY = 1024
BLOCK_BYTES = 16 * 2**20  # of the largest temporary arrays of a search; up to three live at a time


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
            stored.squared_norms[start : stored.size] = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
            self._stored = stored

    def search(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        """See `NeighborIndex.search`; distances are rounded from float64, so a stored vector is at exactly 0."""
        queries = checked_vectors(queries, self._dimension)
        stored = self._stored
        k = checked_k(k, stored.size)
        labels = np.empty((len(queries), k), dtype=np.int64)
        distances = np.empty((len(queries), k), dtype=np.float32)
        if k == 0:
            return labels, distances
        block = max(1, BLOCK_BYTES // (4 * stored.size))
        for start in range(0, len(queries), block):
            screened = _screen(stored, queries[start : start + block], k)
            for row, candidates in enumerate(screened, start):
                labels[row], distances[row] = _nearest(stored.vectors, candidates, queries[row], k)
        return labels, distances


class _Stored(NamedTuple):
    """The vectors and what is known of them; replaced as a whole, never changed below `size`.

    Args:
        vectors: shape (capacity, dimension).
        squared_norms: shape (capacity,), rounded from float64.
    """

    vectors: Float32Array
    squared_norms: Float32Array
    size: int

    @classmethod
    def with_capacity(cls, capacity: int, dimension: int) -> "_Stored":
        return cls(np.empty((capacity, dimension), np.float32), np.empty(capacity, np.float32), 0)

    def grown_to(self, size: int) -> "_Stored":
        capacity, dimension = self.vectors.shape
        if size <= capacity:
            return self._replace(size=size)
        grown = _Stored.with_capacity(max(size, 2 * capacity), dimension)
        grown.vectors[: self.size] = self.vectors[: self.size]
        grown.squared_norms[: self.size] = self.squared_norms[: self.size]
        return grown._replace(size=size)


def _screen(stored: _Stored, queries: Float32Array, k: int) -> Iterator[Int64Array]:
    """For each query the labels, ascending, that can be among its k nearest: those k, ties, and near misses.

    |x|^2 - 2 q.x orders the vectors x as |q - x| does and costs one matrix product, but in float32 it cancels where q
    is close to x. So everything stays in that is within twice the largest possible error of the k-th smallest.
    """
    vectors, squared_norms = stored.vectors[: stored.size], stored.squared_norms[: stored.size]
    if k == stored.size:
        yield from [np.arange(k)] * len(queries)
        return
    scores = queries @ vectors.T
    scores *= -2
    scores += squared_norms
    # The error is at most (d + 5) 2^-24 (|q|^2 + |x|^2); epsilon is 2^-23. Squares can be too small for float32, hence
    # the last term.
    single = np.finfo(np.float32)
    query_norms = np.einsum("ij,ij->i", queries, queries, dtype=np.float64)
    errors = (vectors.shape[1] + 5) * (single.eps * (query_norms + float(squared_norms.max())) + single.tiny)
    for row, error in zip(scores, errors, strict=True):
        yield np.flatnonzero(row <= np.partition(row, k - 1)[k - 1] + 2 * error)


def _nearest(
    vectors: Float32Array, candidates: Int64Array, query: Float32Array, k: int
) -> tuple[Int64Array, Float32Array]:
    """The k nearest of the candidates, by distances taken from the differences themselves."""
    distances = np.empty(len(candidates), dtype=np.float32)
    block = max(1, BLOCK_BYTES // (8 * len(query)))
    for start in range(0, len(candidates), block):
        rows = slice(start, start + block)
        differences = np.subtract(vectors[candidates[rows]], query, dtype=np.float64)
        distances[rows] = np.sqrt(np.einsum("ij,ij->i", differences, differences))
    # Candidates ascend, so a stable sort leaves the lower label first among equals.
    order = np.argsort(distances, kind="stable")[:k]
    return candidates[order], distances[order]
