"""The distinct architectures of a timeline, and which of them a picture shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.dashboard.timeline import Timeline
from app.domain.study import Direction, Metric
from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray

NEWEST, BEST = 200, 50  # architectures that are shown in any case


@dataclass(frozen=True, slots=True)
class Trained:
    """Architectures that were trained, in the order of their ids; each array of shape (n,).

    Args:
        ids: in ASCII.
        values: mean of the full trainings; NaN where there is none.
        trainings: how many, of any fidelity and outcome.
        failed: how many of them failed.
        newest: row of the last one in the timeline.
        revisions: of the last one.
    """

    ids: NDArray[np.bytes_]
    values: FloatArray
    trainings: Int64Array
    failed: Int64Array
    newest: Int64Array
    revisions: Int64Array

    @classmethod
    def of(cls, timeline: Timeline, metric: str) -> "Trained":
        """All of a timeline, with their values of a metric."""
        ids, place = timeline.distinct.ids, timeline.distinct.places
        n, values = len(ids), timeline.values(metric)
        counts = timeline.full & ~np.isnan(values)
        measured = np.bincount(place[counts], minlength=n)
        sums = np.bincount(place[counts], values[counts], n)
        newest = np.zeros(n, dtype=np.int64)
        newest[place] = np.arange(len(place))  # of several rows the last one stays
        return cls(
            ids,
            np.divide(sums, measured, out=np.full(n, np.nan), where=measured > 0),
            np.bincount(place, minlength=n),
            np.bincount(place[timeline.failed], minlength=n),
            newest,
            timeline.revisions[newest],
        )

    def __len__(self) -> int:
        return len(self.ids)

    def shown(self, metric: Metric, limit: int) -> "Trained":
        """At most `limit`: the newest, the best, and else those with the smallest ids.

        Ids are hashes, so that these are a uniform sample, and the same one while the study grows.
        """
        if len(self) <= limit:
            return self
        newest = np.argsort(-self.newest)[: min(NEWEST, limit // 2)]
        ranked = np.argsort(-self.values if metric.direction is Direction.MAXIMIZE else self.values)  # NaN comes last
        best = ranked[: min(BEST, limit // 4)]
        chosen = np.zeros(len(self), dtype=np.bool_)
        chosen[newest] = chosen[best] = True
        chosen[np.flatnonzero(~chosen)[: limit - int(chosen.sum())]] = True
        return self.part(np.flatnonzero(chosen))

    def part(self, rows: Int64Array) -> "Trained":
        """Some of them."""
        return Trained(*(getattr(self, name)[rows] for name in self.__slots__))

    @property
    def names(self) -> list[str]:
        """The ids as texts."""
        return [key.decode() for key in self.ids.tolist()]
