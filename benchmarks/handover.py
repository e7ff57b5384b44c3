"""All observations at once, or anchors and the nearest of them: `python -m benchmarks.handover`, some ten minutes.

One factorization of all n observations weighs them best, and takes O(n^3) once and O(n^2) for each candidate. Beyond
some size the service answers by anchors, of which there are at most so many, and by the nearest (`Basis`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from rich.progress import track

from app.bootstrap import limit_threads, new_index
from app.evaluation.protocol import Protocol, split
from app.predictor import basis, known_points
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups
from app.proximity.weighting import Weighting
from benchmarks.accuracy.predictors import checkpoint
from benchmarks.report import publish
from benchmarks.tables import load

_TABLES = ("nasbench101", "nasbench201 cifar10_valid")
_OBSERVED = (1_000, 2_000, 4_000, 10_000)
_ASKED = 1_000
_TRIALS = 3
_BEFORE_THE_FIT = 0.95  # where the next fit comes after a tenth more, so many of all have come before the last one
_WAYS = ("128 nearest alone", "as served, all fitted", "as served, the last 5 % since the fit", "all at once")


def main() -> None:
    """Publish Kendall tau and times, by how many are observed and how they are weighed."""
    limit_threads()
    lines = [
        f"| table | observed | {' | '.join(f'tau, {way} | ms, one | ms, of {_ASKED:,}' for way in _WAYS)} |",
        f"| --- | ---: | {'---: | ' * (3 * len(_WAYS))}",
    ]
    for name, observed in track([(name, n) for name in _TABLES for n in _OBSERVED], description="sizes"):
        trials = np.mean([_trial(name, observed, trial) for trial in range(_TRIALS)], axis=0)
        cells = [f"{tau:.4f} | {one:.2f} | {each:.3f}" for tau, one, each in trials]
        lines.append(f"| {name} | {observed:,} | {' | '.join(cells)} |")
    notes = (
        f"Kendall tau of {_ASKED:,} others, mean of {_TRIALS} splits, all with the same scales; ms for a candidate "
        f"alone, and for each of {_ASKED:,}, embedding not included. One thread."
    )
    publish(
        "handover", "All observations or the nearest", "python -m benchmarks.handover", "\n".join([notes, "", *lines])
    )


def _trial(name: str, observed: int, trial: int) -> list[tuple[float, float, float]]:
    """Tau and the times of each way."""
    table = load(name)
    rows = [architecture.id for architecture in table.architectures]
    train, test = split(rows, Protocol(observed, _ASKED), np.random.default_rng([2, trial]))
    encoder = checkpoint(table.space).serving()
    groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column)
    embeddings = encoder.embed([table.architectures[i] for i in train])
    log = ObservationLog.of([rows[i] for i in train], embeddings, table.values[train])
    scales = log.fit(observed, groups)
    asked, values = encoder.embed([table.architectures[i] for i in test]), table.values[test]
    served = MetricModel.of(log, groups, new_index, scales)
    late = MetricModel.of(log, groups, new_index, scales, int(_BEFORE_THE_FIT * observed))
    with _all_at_once():
        whole = MetricModel.of(log, groups, new_index, scales)
    return [
        _measured(served, asked, values, k=128),
        _measured(served, asked, values),
        _measured(late, asked, values),
        _measured(whole, asked, values),
    ]


@contextmanager
def _all_at_once() -> Iterator[None]:
    """Beyond the limits that the service sets."""
    limits = basis.FROM, known_points.MAX_FACTORIZED
    basis.FROM = known_points.MAX_FACTORIZED = 10**6
    yield
    basis.FROM, known_points.MAX_FACTORIZED = limits


def _measured(
    model: MetricModel, asked: EmbeddingArray, values: FloatArray, k: int | None = None
) -> tuple[float, float, float]:
    from scipy.stats import kendalltau  # noqa: PLC0415  # a second to import

    began = time.perf_counter()
    score = model.estimate(asked, Weighting.KRIGING, k).estimates.score
    together = time.perf_counter() - began
    alone = []
    for i in range(50):
        began = time.perf_counter()
        model.estimate(asked[i : i + 1], Weighting.KRIGING, k)
        alone.append(time.perf_counter() - began)
    tau = float(kendalltau(score, values).statistic)
    return tau, float(np.median(alone)) * 1000, together * 1000 / len(asked)


if __name__ == "__main__":
    main()
