"""How far a search has come: every training over time, the best so far, and the workers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dashboard.timeline import Timeline
from app.domain.study import Direction, Metric
from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray

NEWEST = 200  # trainings that are shown in any case
MAX_WORKERS = 200


@dataclass(frozen=True, slots=True)
class WorkerProgress:
    """What one worker has done.

    Args:
        number: of the worker in the timeline.
        last: row of its last training.
        best: of its full trainings.
    """

    number: int
    observations: int
    failed: int
    last: int
    best: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A timeline, and what of it is shown.

    Args:
        shown: rows of the timeline, ascending.
        best: rows at which the best so far improved, of full trainings, ascending.
        workers: those that observed last, first.
    """

    timeline: Timeline
    metric: Metric
    revision: int
    n: int
    failed: int
    shown: Int64Array
    best: Int64Array
    workers: list[WorkerProgress]
    workers_left_out: int

    @classmethod
    def of(cls, timeline: Timeline, metric: Metric, limit: int) -> "Progress":
        """The progress of one metric.

        Args:
            limit: how many trainings are shown at most: the newest, those that were the best so far, and an even
                sample of all, of which few change while few come.
        """
        n = len(timeline)
        best = _thinned(_improvements(timeline, metric), limit // 4)
        newest = np.arange(max(0, n - min(NEWEST, limit // 2)), n)
        rest = max(1, limit - len(newest) - len(best))
        shown = np.arange(n) if n <= limit else np.unique(np.concatenate([_sample(n, rest), best, newest]))
        workers = _workers(timeline, metric)
        return cls(
            timeline,
            metric,
            timeline.revision,
            n,
            int(timeline.failed.sum()),
            shown,
            best,
            workers[:MAX_WORKERS],
            max(0, len(workers) - MAX_WORKERS),
        )


def _gains(timeline: Timeline, metric: Metric) -> FloatArray:
    """The values of full trainings, better ones larger; minus infinity of others."""
    values = timeline.values(metric.name)
    gains = values if metric.direction is Direction.MAXIMIZE else -values
    return np.where(timeline.full & ~np.isnan(values), gains, -np.inf)


def _improvements(timeline: Timeline, metric: Metric) -> Int64Array:
    gains = _gains(timeline, metric)
    before = np.concatenate([[-np.inf], np.maximum.accumulate(gains)[:-1]])[: len(gains)]
    return np.flatnonzero(gains > before)


def _sample(n: int, limit: int) -> Int64Array:
    """The `limit` of n > `limit` rows with the smallest hashes.

    Not every so many: where workers take turns, those may be rows of one of them.
    """
    return np.argpartition(_hashes(n), limit)[:limit]


def _hashes(n: int) -> NDArray[np.uint64]:
    """Of each row number: the finalizer of splitmix64 (Steele, Lea & Flood, OOPSLA 2014)."""
    mixed = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # modulo 2^64, as all of this
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _thinned(rows: Int64Array, limit: int) -> Int64Array:
    """At most `limit` of them, evenly, with the first and the last."""
    return rows if len(rows) <= limit else rows[np.linspace(0, len(rows) - 1, limit).astype(np.int64)]


def _workers(timeline: Timeline, metric: Metric) -> list[WorkerProgress]:
    numbers, n = timeline.worker, len(timeline.workers)
    observed, failed = np.bincount(numbers, minlength=n), np.bincount(numbers, timeline.failed, n)
    last, best = np.zeros(n, dtype=np.int64), np.full(n, -np.inf)
    np.maximum.at(last, numbers, np.arange(len(numbers)))
    np.maximum.at(best, numbers, _gains(timeline, metric))
    sign = 1 if metric.direction is Direction.MAXIMIZE else -1
    return [
        WorkerProgress(
            i,
            int(observed[i]),
            int(failed[i]),
            int(last[i]),
            sign * float(best[i]) if np.isfinite(best[i]) else None,
        )
        for i in np.argsort(-last, kind="stable").tolist()
    ]
