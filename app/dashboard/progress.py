"""How far a search has come: every training over time, the best so far, and the workers."""

from dataclasses import dataclass

import numpy as np

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
                sample of all, which stays the same while few come.
        """
        n = len(timeline)
        best = _thinned(_improvements(timeline, metric), limit // 4)
        newest = np.arange(max(0, n - min(NEWEST, limit // 2)), n)
        rest = max(1, limit - len(newest) - len(best))
        shown = np.arange(n) if n <= limit else np.unique(np.concatenate([_every(n, rest), best, newest]))
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


def _every(n: int, limit: int) -> Int64Array:
    """Every row, every second, every fourth ..., so that there are at most `limit`."""
    step = 1
    while n > step * limit:
        step *= 2
    return np.arange(0, n, step)


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
