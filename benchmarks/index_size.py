"""Exact search against HNSW by the number of vectors: `python benchmarks/index_size.py` prints a markdown table.

The figures behind `HNSW_FROM` in `app/index/choose.py`, in a minute. Set OPENBLAS_NUM_THREADS=1 on a machine that has
other work: one exact query by two threads took 1 ms when both cores were idle, and 12 ms when one of them was busy.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from app.index.exact import ExactIndex
from app.index.hnsw import HnswIndex
from app.predictor.ports import Float32Array, Int64Array, NeighborIndex

SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)
DIMENSION = 217  # of the structural embedding of NAS-Bench-201
N_CLUSTERS = 200
N_QUERIES = 200
K = 10

HEADER = """\
| vectors | build exact, s | build HNSW, s | one query exact, ms | one query HNSW, ms \
| a query in a batch of 200 exact, ms | a query in a batch of 200 HNSW, ms | recall@10 of HNSW |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def main() -> None:
    """Print one row for each size."""
    print(HEADER)
    for size in SIZES:
        print(_row(size, np.random.default_rng(size)), flush=True)


def _row(size: int, rng: np.random.Generator) -> str:
    points = _clustered(size + N_QUERIES, rng)
    vectors, queries = points[:size], points[size:]
    exact, hnsw = ExactIndex(DIMENSION), HnswIndex(DIMENSION)
    builds = [_seconds(lambda index=index: index.add(vectors)) for index in (exact, hnsw)]  # type: ignore[misc]
    singles = [_query_milliseconds(index, queries, batch=1) for index in (exact, hnsw)]
    batches = [_query_milliseconds(index, queries, batch=N_QUERIES) for index in (exact, hnsw)]
    recall = _recall(exact.search(queries, K)[0], hnsw.search(queries, K)[0])
    columns = [f"{size:,}", *(f"{seconds:.3f}" for seconds in builds), *(f"{ms:.3f}" for ms in singles + batches)]
    return f"| {' | '.join([*columns, f'{recall:.4f}'])} |"


def _clustered(n: int, rng: np.random.Generator) -> Float32Array:
    """Points around 200 centers, most of their variance in few columns, as principal components have it."""
    scales = 1 / np.sqrt(1 + np.arange(DIMENSION))
    centers = rng.normal(size=(N_CLUSTERS, DIMENSION))
    points = centers[rng.integers(N_CLUSTERS, size=n)] + 0.5 * rng.normal(size=(n, DIMENSION))
    return (points * scales).astype(np.float32)


def _query_milliseconds(index: NeighborIndex, queries: Float32Array, *, batch: int) -> float:
    """Median over the batches, divided by the batch's size; the first search warms up."""
    index.search(queries[:batch], K)
    starts = range(0, len(queries), batch) if batch < len(queries) else [0] * 5
    seconds = [_seconds(lambda start=start: index.search(queries[start : start + batch], K)) for start in starts]  # type: ignore[misc]
    return float(np.median(seconds)) / batch * 1000


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _recall(truth: Int64Array, found: Int64Array) -> float:
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)]))


if __name__ == "__main__":
    main()
