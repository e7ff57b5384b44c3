"""Which index a study gets, by its size."""

from app.index.exact import ExactIndex
from app.index.hnsw import HnswIndex

# Measured by benchmarks/index_size.py at 217 dimensions, one thread on a shared machine of two cores. Exact against
# HNSW, 10 neighbors: at 10,000 vectors 0.5 against 0.2 ms a query and 0.004 against 2.4 s to build; at 20,000 2.5
# against 0.2 ms and 0.01 against 6 s; at 50,000 6 against 0.2 ms and 0.03 against 18 s. In batches of 200 a query costs
# 0.2 against 0.1, 0.4 against 0.2 and 0.9 against 0.2 ms. So here exact search begins to cost more than a millisecond.
HNSW_FROM = 20_000


def make_index(dimension: int, expected_size: int, _key: str = "", *, seed: int = 0) -> ExactIndex | HnswIndex:
    """An empty index for about this many vectors: exact below `HNSW_FROM`, a graph from there on."""
    if expected_size < HNSW_FROM:
        return ExactIndex(dimension)
    return HnswIndex(dimension, seed=seed)
