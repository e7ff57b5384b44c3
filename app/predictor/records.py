"""What is read of a study beside its estimates: its observations, its audit log, and how good its estimates were."""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from app.domain.correction import Corrected
from app.domain.observation import Observation
from app.domain.study import Metric
from app.predictor.lane import Lane, Lanes, finished
from app.predictor.quality import MetricQuality, Outcomes
from app.predictor.store import ObservationFilter, ObservationStore, Outcome, Page, StudyVersion
from app.proximity.fidelity import FULL, level_of
from app.proximity.kernel import FloatArray

T = TypeVar("T")

_BATCH = 1000


@dataclass(slots=True)
class _Record:
    """The outcomes of a study that were read so far.

    Args:
        created_at: of the study, which may be another one of the same name by now.
        corrected: revision of the last correction that they know of.
        outcomes: by metric, shape (n, 8): the fields of `Outcome`.
    """

    created_at: datetime
    corrected: int
    revision: int = 0
    outcomes: dict[str, FloatArray] = field(default_factory=dict)

    def add(self, outcomes: Iterable[tuple[str, Outcome]]) -> None:
        """Take in outcomes, in batches, since an array takes a tenth of the memory that tuples take."""
        rest = iter(outcomes)
        while batch := list(islice(rest, _BATCH)):
            for name in {name for name, _ in batch}:
                new = np.array([outcome for metric, outcome in batch if metric == name], dtype=np.float64)
                self.outcomes[name] = np.concatenate([self.of(name), new])

    def of(self, metric: str) -> FloatArray:
        """The outcomes of a metric."""
        return self.outcomes.get(metric, np.empty((0, len(Outcome._fields))))


@dataclass(frozen=True, slots=True)
class Predicted:
    """What was predicted of a metric and what came, architectures that had been trained before left out.

    Args:
        revision: of the study, up to which they were read.
    """

    revision: int
    metric: Metric
    outcomes: Outcomes


class Reading(Generic[T]):
    """Pieces that are read from the store on the lane of reads; to be closed."""

    def __init__(self, lane: Lane, pieces: Generator[T]) -> None:
        self._lane = lane
        self._pieces = pieces

    async def next(self) -> T | None:
        """The next piece, or None at the end; what has begun is not refused, however much waits."""
        return await finished(self._lane.submit(next, self._pieces, None))

    def close(self) -> None:
        """Let go of the store, after what is being read."""
        self._lane.submit(self._pieces.close)


class Records:
    """Reads from the store on a lane of its own, so that no estimate waits for it."""

    def __init__(self, store: ObservationStore, lanes: Lanes) -> None:
        self._store = store
        self._lane = lanes.reads
        self._records: dict[str, _Record] = {}

    async def page(self, name: str, wanted: ObservationFilter, cursor: int | None, limit: int) -> Page:
        """Observations of a study, newest first; see `ObservationStore.page`."""
        return await self._lane.run(self._store.page, name, wanted, cursor, limit)

    async def observation(self, name: str, observation_id: str) -> Observation:
        """One observation as it is now.

        Raises:
            UnknownStudyError, ObservationNotFoundError: there is no such thing.
        """
        return await self._lane.run(self._store.observation, name, observation_id)

    async def corrections(self, name: str, observation_id: str | None) -> list[Corrected]:
        """The audit log of a study, or of one observation; see `ObservationStore.corrections`."""
        return await self._lane.run(lambda: list(self._store.corrections(name, observation_id)))

    async def reading(self, read: Callable[[ObservationStore], Generator[T]]) -> "Reading[T]":
        """Something long to be read from the store, piece by piece as it is asked for.

        Raises:
            OverloadedError: too much waits.
        """
        return Reading(self._lane, await self._lane.run(read, self._store))

    async def quality(self, name: str, last: int) -> Mapping[str, MetricQuality]:
        """How good the estimates of a study were, by metric.

        Args:
            last: how many predictions a window of the curve has.

        Raises:
            UnknownStudyError: there is no such study.
        """
        return await self._lane.run(self._quality, name, last)

    async def predicted(self, name: str, metric: str | None) -> Predicted:
        """What was predicted of one metric, and what came.

        Args:
            metric: default the study's first.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
        """
        return await self._lane.run(self._predicted, name, metric)

    def _quality(self, name: str, last: int) -> Mapping[str, MetricQuality]:
        stored, record = self._read(name)
        return {
            metric.name: MetricQuality.of(_outcomes(record.of(metric.name)), last) for metric in stored.study.metrics
        }

    def _predicted(self, name: str, metric: str | None) -> Predicted:
        stored, record = self._read(name)
        shown = stored.study.metric(metric or stored.study.metrics[0].name)
        return Predicted(stored.revision, shown, _outcomes(record.of(shown.name)).predicted)

    def _read(self, name: str) -> tuple[StudyVersion, _Record]:
        """A study, with all outcomes that it has."""
        stored = self._store.version(name)
        record = self._records.get(name)
        if not record or (record.created_at, record.corrected) != (stored.created_at, stored.corrected):
            record = self._records[name] = _Record(stored.created_at, stored.corrected)
        if record.revision < stored.revision:
            # What is stored meanwhile is left for the next time.
            came = self._store.outcomes(name, record.revision, stored.revision)
            # One may be less than full by now: by a correction, or in a study that was made of one without fidelity.
            record.add((metric, outcome) for metric, outcome in came if level_of(outcome.share) == FULL)
            record.revision = stored.revision
        return stored, record


def _outcomes(columns: FloatArray) -> Outcomes:
    revision, value, score, lower, upper, nearest, known, _ = columns.T
    return Outcomes(revision.astype(np.int64), value, score, lower, upper, nearest, known.astype(np.int64))
