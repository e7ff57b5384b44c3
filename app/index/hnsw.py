"""Approximate nearest neighbors in a navigable small-world graph, by hnswlib.

Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
graphs", arXiv 1603.09320. hnswlib checks little of what it is given; this is the one file that imports it.
"""

from pathlib import Path
from threading import Lock
from typing import Any

import hnswlib
import numpy as np

from app.index.exact import ExactIndex
from app.index.hnsw_file import read_header, write_graph
from app.index.lock import ReadersWriterLock
from app.predictor.ports import Float32Array, Int64Array
from app.predictor.vectors import checked_dimension, checked_k, checked_vectors

M = 16  # links of a vertex, the library's default
EF_CONSTRUCTION = 200  # beam of a build, the library's default
MIN_WIDTH = 100  # least beam of a search
INITIAL_CAPACITY = 1024
ADD_BATCH = 64  # searches wait for one batch, not for the whole of an add


class HnswIndex:
    """A `NeighborIndex` whose neighbors are the true ones with a high probability.

    Searches run together; one that meets an add waits for a batch of it, and may see the vectors added so far. The
    same vectors in the same order with the same seed give the same graph.
    """

    def __init__(self, dimension: int, *, seed: int = 0) -> None:
        self._dimension = checked_dimension(dimension)
        self._graph = _empty_graph(dimension)
        self._graph.init_index(INITIAL_CAPACITY, M=M, ef_construction=EF_CONSTRUCTION, random_seed=seed)
        self._count = 0
        self._exact: ExactIndex | None = None
        self._changing = Lock()
        self._lock = ReadersWriterLock()

    @classmethod
    def load(cls, path: Path, *, key: str, dimension: int) -> "HnswIndex | None":
        """The index that was saved at a path, or None: nothing is there, or not exactly what was saved with this key.

        Never call it for a file from outside: hnswlib trusts what it reads.
        """
        header = read_header(path, key=key, dimension=dimension)
        if header is None:
            return None
        graph = _empty_graph(dimension)
        try:
            graph.load_index(str(path))
        except RuntimeError:
            return None
        if graph.element_count != header.count:
            return None
        index = cls(dimension)
        index._graph, index._count = graph, header.count
        return index

    def save(self, path: Path, *, key: str, n: int | None = None) -> bool:
        """Write the index to a file and its header beside it, `<name>.json`.

        Args:
            path: in a folder that exists; saved to by one thread at a time.
            key: `load` must be given the same.
            n: how many vectors are wanted; nothing is written where there are more by now.

        Raises:
            OSError: the disk is full or failed; what was there before still is.
        """
        with self._changing:
            if n not in {None, self._count}:
                return False
            write_graph(
                path,
                lambda target: self._graph.save_index(str(target)),
                n_bytes=self._graph.index_file_size(),
                key=key,
                dimension=self._dimension,
                count=self._count,
            )
            return True

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._dimension

    def __len__(self) -> int:
        return self._count

    def add(self, vectors: Float32Array) -> None:
        """See `NeighborIndex.add`; the values are copied."""
        vectors = checked_vectors(vectors, self._dimension)
        with self._changing:
            for start in range(0, len(vectors), ADD_BATCH):
                # hnswlib crashes when a search meets a resize, and errs when it meets an add.
                with self._lock.writing():
                    self._add_batch(vectors[start : start + ADD_BATCH])

    def search(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        """See `NeighborIndex.search`."""
        queries = checked_vectors(queries, self._dimension)
        with self._lock.reading():
            k = checked_k(k, self._count)
            if k == 0 or len(queries) == 0:
                return np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
            if self._exact is None:
                try:
                    return self._search_graph(queries, k)
                except RuntimeError:
                    # The graph reaches fewer vectors than asked for. hnswlib leaks its result arrays when it says so,
                    # hence from now on it is not asked again.
                    self._exact = self._stored_vectors()
            return self._exact.search(queries, k)

    def _add_batch(self, vectors: Float32Array) -> None:
        count = self._count + len(vectors)
        # Without room, hnswlib adds a part of the batch before it raises.
        if count > self._graph.max_elements:
            self._graph.resize_index(max(count, 2 * self._graph.max_elements))
        # Only builds with one thread are reproducible.
        self._graph.add_items(vectors, np.arange(self._count, count), num_threads=1)
        if self._exact is not None:
            self._exact.add(vectors)
        self._count = count

    def _search_graph(self, queries: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
        # hnswlib keeps a beam of max(ef, neighbors asked for), and its ef is shared by all threads and lost by a load.
        # Asking for as many neighbors as the beam is to be wide, and cutting, leaves ef out of it.
        # Half as many again took recall from 0.997 to 0.9996 at k = 100, for a third more time.
        width = min(self._count, max(MIN_WIDTH, k + k // 2))
        labels, squared_distances = self._graph.knn_query(queries, k=width, num_threads=1)
        return labels[:, :k].astype(np.int64), np.sqrt(squared_distances[:, :k])

    def _stored_vectors(self) -> ExactIndex:
        exact = ExactIndex(self._dimension)
        exact.add(self._graph.get_items(np.arange(self._count)))
        return exact


def _empty_graph(dimension: int) -> Any:
    return hnswlib.Index(space="l2", dim=dimension)
