"""All observations at once, or the nearest of them: `python -m benchmarks.handover`, some ten minutes.

One factorization of all n observations weighs them best, and takes O(n^3) once and O(n^2) for each candidate. The
nearest k take O(k^3) for each candidate, whatever n is.
"""

import time
from collections.abc import Sequence

import numpy as np
from rich.progress import track

from app.bootstrap import limit_threads, new_index
from app.evaluation.estimator import Estimator
from app.evaluation.protocol import Protocol, split
from app.predictor import known_points, level_model
from benchmarks.accuracy.predictors import checkpoint
from benchmarks.report import publish
from benchmarks.tables import load

_TABLES = ("nasbench101", "nasbench201 cifar10_valid")
_OBSERVED = (500, 1_000, 2_000, 4_000, 8_000)
_NEAREST = (64, 128, 256)
_ASKED = 1_000
_TRIALS = 3


def main() -> None:
    """Publish Kendall tau and times, by how many are observed and how many of them are weighed."""
    limit_threads()
    # The benchmark asks what happens beyond the limits that the service sets.
    known_points.MAX_FACTORIZED, level_model.MAX_LOCAL_NEIGHBORS = 10**6, max(_NEAREST)
    columns = [*(f"{k} nearest" for k in _NEAREST), "all"]
    lines = [
        f"| table | observed | {' | '.join(f'tau, {each} | ms' for each in columns)} | fit, s |",
        f"| --- | ---: | {'---: | ' * (2 * len(columns) + 1)}",
    ]
    for name, observed in track([(name, n) for name in _TABLES for n in _OBSERVED], description="sizes"):
        lines.append(f"| {name} | {observed:,} | {' | '.join(_row(name, observed))} |")
    notes = (
        f"Kendall tau of {_ASKED:,} others, mean of {_TRIALS} splits; ms for each candidate of "
        "one request, embedding included; seconds to embed, fit the scales and factorize all. One thread."
    )
    publish(
        "handover", "All observations or the nearest", "python -m benchmarks.handover", "\n".join([notes, "", *lines])
    )


def _row(name: str, observed: int) -> Sequence[str]:
    measured = np.mean([_trial(name, observed, trial) for trial in range(_TRIALS)], axis=0)
    *pairs, seconds = measured
    cells = [f"{value:.4f}" if i % 2 == 0 else f"{value:.2f}" for i, value in enumerate(pairs)]
    return [*cells, f"{seconds:.2f}"]


def _trial(name: str, observed: int, trial: int) -> list[float]:
    """Tau and ms by number of neighbors, those of all last; then the seconds of a factorization."""
    from scipy.stats import kendalltau  # noqa: PLC0415  # a second to import

    table = load(name)
    rows = [str(row) for row in range(len(table.values))]
    train, test = split(rows, Protocol(observed, _ASKED), np.random.default_rng([2, trial]))
    estimator = Estimator(checkpoint(table.space).serving(), new_index)
    start = time.perf_counter()
    estimator.fit([table.architectures[i] for i in train], table.values[train])
    fitted = time.perf_counter()
    asked = [table.architectures[i] for i in test]
    found: list[float] = []
    for k in (*_NEAREST, None):
        estimator.k = k
        began = time.perf_counter()
        score = estimator.estimate(asked).score
        found += [
            float(kendalltau(score, table.values[test]).statistic),
            (time.perf_counter() - began) * 1000 / _ASKED,
        ]
    return [*found, fitted - start]


if __name__ == "__main__":
    main()
