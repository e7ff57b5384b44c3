"""A map of the search space: what was trained, where the estimates see it, over a sample of what could be."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from app.dashboard.projection import Projection
from app.dashboard.timeline import Timelines
from app.dashboard.trained import Trained
from app.domain.study import Direction
from app.predictor.ports import Float32Array
from app.predictor.store import ObservationStore
from app.predictor.views import Sight, Views
from app.proximity.kernel import FloatArray

T = TypeVar("T")

KEPT = 8  # maps: some 100 bytes for each architecture that was shown on one
_MOST_PLACES = 50_000  # of one map


@dataclass(slots=True)
class _Chart:
    """A projection, and where it puts what was looked at.

    Args:
        space: places of the sample of the space, shape (n, 2).
        places: by architecture id.
    """

    sight: Sight
    projection: Projection
    space: FloatArray
    places: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, sight: Sight, shown: Trained, sample: Float32Array, embeddings: dict[str, Float32Array]) -> "_Chart":
        """A new one, with each axis turned by what of the shown architectures is known now."""
        points = sight.points(sample)
        projection = Projection.fit(points)
        known = [i for i, key in enumerate(shown.names) if key in embeddings]
        if known:
            places = projection.places(sight.points(np.stack([embeddings[shown.names[i]] for i in known])))
            sign = 1 if sight.metric.direction is Direction.MAXIMIZE else -1
            projection = projection.turned(places, sign * shown.values[known])
        return cls(sight, projection, projection.places(points))

    def serves(self, sight: Sight) -> bool:
        """Whether the space is seen as it was."""
        return self.sight.encoding.encoder is sight.encoding.encoder and self.sight.scales is sight.scales

    def place(self, embeddings: dict[str, Float32Array]) -> None:
        """Note where further architectures lie."""
        if embeddings:
            found = self.projection.places(self.sight.points(np.stack(list(embeddings.values()))))
            self.places |= zip(embeddings, map(tuple, found.tolist()), strict=True)


@dataclass(frozen=True, slots=True)
class Map:
    """A map of what one metric says.

    Args:
        revision: of the study.
        architectures: how many distinct ones were trained.
        shown: those that are on the map.
        places: of those, shape (n, 2).
        space: places of a sample of the search space, shape (m, 2).
        explained: shares of the space's variance along both axes.
    """

    sight: Sight
    revision: int
    architectures: int
    shown: Trained
    places: FloatArray
    space: FloatArray
    explained: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a map is to show.

    Args:
        revision: of the study.
        architectures: how many distinct ones were trained.
        unplaced: ids of shown architectures whose place is not known yet.
    """

    revision: int
    architectures: int
    shown: Trained
    unplaced: list[str]


class Maps:
    """Draws maps, and keeps where everything lies. What is kept belongs to the lane of reads."""

    def __init__(self, views: Views, timelines: Timelines) -> None:
        self._views = views
        self._timelines = timelines
        self._charts: OrderedDict[tuple[str, str], _Chart] = OrderedDict()

    async def draw(self, name: str, metric: str | None, limit: int, use: Callable[[Map], T]) -> T:
        """What is made of the map of a study, on the lane of reads.

        Args:
            metric: default the study's first.
            limit: architectures that are shown at most.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            OverloadedError: too much waits.
        """
        while True:
            sight = await self._views.sight(name, metric)
            sample = await self._views.space_sample(sight.encoding)
            wanted = await self._views.read(partial(self._wanted, sight, limit))
            embeddings = await self._views.embeddings(sight, wanted.unplaced)
            if embeddings is None:  # the study has another encoder by now
                continue
            drawn = await self._views.read(partial(self._draw, sight, wanted, sample, embeddings, use))
            if drawn is not None:
                return drawn

    def _wanted(self, sight: Sight, limit: int, store: ObservationStore) -> _Wanted:
        timeline = self._timelines.of(sight.study, store)
        trained = Trained.of(timeline, sight.metric.name)
        shown = trained.shown(sight.metric, limit)
        chart = self._charts.get((sight.study, sight.metric.name))
        placed = chart.places if chart and chart.serves(sight) else {}
        return _Wanted(timeline.revision, len(trained), shown, [key for key in shown.names if key not in placed])

    def _draw(
        self,
        sight: Sight,
        wanted: _Wanted,
        sample: Float32Array,
        embeddings: dict[str, Float32Array],
        use: Callable[[Map], T],
        _store: ObservationStore,
    ) -> T | None:
        """What is made of the map; None where places that were there are gone, and must be looked up again."""
        chart = self._chart(sight, wanted.shown, sample, embeddings)
        names, unplaced = wanted.shown.names, set(wanted.unplaced)
        if any(key not in chart.places for key in names if key not in unplaced):
            return None
        if len(chart.places) > _MOST_PLACES:
            chart.places = {key: chart.places[key] for key in names if key in chart.places}
        chart.place(embeddings)
        # One that the study in memory has not taken in yet comes with the next map.
        rows = np.array([i for i, key in enumerate(names) if key in chart.places], dtype=np.int64)
        places = np.array([chart.places[names[row]] for row in rows.tolist()]).reshape(-1, 2)
        explained = chart.projection.explained
        shown = wanted.shown.part(rows)
        return use(Map(sight, wanted.revision, wanted.architectures, shown, places, chart.space, explained))

    def _chart(self, sight: Sight, shown: Trained, sample: Float32Array, embeddings: dict[str, Float32Array]) -> _Chart:
        key = (sight.study, sight.metric.name)
        chart = self._charts.get(key)
        if not chart or not chart.serves(sight):
            chart = self._charts[key] = _Chart.of(sight, shown, sample, embeddings)
        self._charts.move_to_end(key)
        while len(self._charts) > KEPT:
            self._charts.popitem(last=False)
        return chart
