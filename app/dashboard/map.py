"""A map of the search space: what was trained, where the estimates see it, over a sample of what could be."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

import numpy as np

from app.dashboard.charts import Chart, Embeddings, PcaChart, UmapChart
from app.dashboard.timeline import Timelines
from app.dashboard.trained import Trained
from app.dashboard.umap_process import UmapError, umap_is_there, umap_places
from app.domain.remembering import Remembered
from app.predictor.ports import Float32Array
from app.predictor.store import ObservationStore
from app.predictor.views import Sight, Views
from app.proximity.kernel import FloatArray

_log = logging.getLogger(__name__)

T = TypeVar("T")

KEPT = 8  # charts by PCA: some 100 bytes for each architecture that was shown
KEPT_BY_UMAP = 2  # up to 20 MB each
_GROWTH = 2  # times as many architectures are worth another computation
_FEW = 100  # architectures that count as as many


class Kind(StrEnum):
    """How many dimensions become two."""

    PCA = "pca"
    UMAP = "umap"


@dataclass(frozen=True, slots=True)
class Map:
    """A map of what one metric says.

    Args:
        revision: of the study.
        kind: of this map.
        pending: another kind that was asked for and is being computed.
        architectures: how many distinct ones were trained.
        shown: those that are on the map.
        places: of those, shape (n, 2).
        space: places of a sample of the search space, shape (m, 2).
        explained: shares of the space's variance along both axes; None where axes mean nothing.
    """

    sight: Sight
    revision: int
    kind: Kind
    pending: Kind | None
    architectures: int
    shown: Trained
    places: FloatArray
    space: FloatArray
    explained: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a map is to show.

    Args:
        unplaced: ids of shown architectures whose place is not known yet.
        due: whether UMAP is to be computed.
    """

    revision: int
    architectures: int
    shown: Trained
    unplaced: list[str]
    due: bool


class Maps:
    """Draws maps, and keeps where everything lies. Charts belong to the lane of reads, the rest to the event loop.

    Attributes:
        kinds: those that can be asked for.
    """

    def __init__(self, views: Views, timelines: Timelines) -> None:
        self._views = views
        self._timelines = timelines
        self._pca: OrderedDict[tuple[str, str], PcaChart] = OrderedDict()
        self._umap: OrderedDict[tuple[str, str], UmapChart] = OrderedDict()
        self._failed: OrderedDict[tuple[str, str], Sight] = OrderedDict()
        self._computing: asyncio.Task[None] | None = None
        self.kinds = [Kind.PCA, Kind.UMAP] if umap_is_there() else [Kind.PCA]

    @property
    def remembered(self) -> list[Remembered]:
        """How many charts are kept. On any thread."""
        return [Remembered("maps", len(self._pca), KEPT), Remembered("umap_maps", len(self._umap), KEPT_BY_UMAP)]

    async def draw(self, name: str, metric: str | None, kind: Kind, limit: int, use: Callable[[Map], T]) -> T:
        """What is made of the map of a study, on the lane of reads; by PCA until UMAP is computed.

        Args:
            metric: default the study's first.
            limit: architectures that are shown at most.

        Raises:
            UnknownStudyError, UnknownMetricError: there is no such thing.
            OverloadedError: too much waits.
        """
        kind = kind if kind in self.kinds else Kind.PCA
        while True:
            sight = await self._views.sight(name, metric)
            sample = await self._views.space_sample(sight.encoding)
            wanted = await self._views.read(partial(self._wanted, sight, kind, limit))
            if wanted.due and self._computing is None:
                self._computing = asyncio.create_task(self._compute(sight, sample, wanted.shown))
            embeddings = await self._views.embeddings(sight, wanted.unplaced)
            if embeddings is None:  # the study has another encoder by now
                continue
            drawn = await self._views.read(partial(self._draw, sight, kind, wanted, sample, embeddings, use))
            if drawn is not None:
                return drawn

    async def close(self) -> None:
        """Leave what is being computed."""
        if self._computing:
            self._computing.cancel()
            await asyncio.gather(self._computing, return_exceptions=True)

    def _wanted(self, sight: Sight, kind: Kind, limit: int, store: ObservationStore) -> _Wanted:
        timeline = self._timelines.of(sight.study, store)
        trained = Trained.of(timeline, sight.metric.name)
        shown = trained.shown(sight.metric, limit)
        chart = self._chart(sight, kind)
        unplaced = [key for key in shown.names if not chart or key not in chart.places]
        due = kind is Kind.UMAP and self._due(sight, len(shown))
        return _Wanted(timeline.revision, len(trained), shown, unplaced, due)

    def _draw(
        self,
        sight: Sight,
        kind: Kind,
        wanted: _Wanted,
        sample: Float32Array,
        embeddings: Embeddings,
        use: Callable[[Map], T],
        _store: ObservationStore,
    ) -> T | None:
        """What is made of the map; None where places that were there are gone, and must be looked up again."""
        chart = self._chart(sight, kind) or self._new_pca(sight, wanted.shown, sample, embeddings)
        names, unplaced = wanted.shown.names, set(wanted.unplaced)
        if any(key not in chart.places for key in names if key not in unplaced):
            return None
        chart.place({key: embedding for key, embedding in embeddings.items() if key not in chart.places})
        # One that the study in memory has not taken in yet comes with the next map.
        rows = np.array([i for i, key in enumerate(names) if key in chart.places], dtype=np.int64)
        return use(
            Map(
                sight,
                wanted.revision,
                Kind.UMAP if isinstance(chart, UmapChart) else Kind.PCA,
                Kind.UMAP if wanted.due else None,
                wanted.architectures,
                wanted.shown.part(rows),
                np.array([chart.places[names[row]] for row in rows.tolist()]).reshape(-1, 2),
                chart.space,
                chart.explained,
            )
        )

    def _chart(self, sight: Sight, kind: Kind) -> Chart | None:
        """The chart to draw on, if there is one. One by UMAP serves until the next one is there."""
        key = (sight.study, sight.metric.name)
        by_umap = self._umap.get(key)
        if kind is Kind.UMAP and by_umap and by_umap.same_encoder(sight):
            self._umap.move_to_end(key)
            return by_umap
        by_pca = self._pca.get(key)
        if by_pca and by_pca.serves(sight):
            self._pca.move_to_end(key)
            return by_pca
        return None

    def _new_pca(self, sight: Sight, shown: Trained, sample: Float32Array, embeddings: Embeddings) -> PcaChart:
        chart = self._pca[sight.study, sight.metric.name] = PcaChart.of(sight, shown, sample, embeddings)
        while len(self._pca) > KEPT:
            self._pca.popitem(last=False)
        return chart

    def _due(self, sight: Sight, n: int) -> bool:
        key = (sight.study, sight.metric.name)
        failed, chart = self._failed.get(key), self._umap.get(key)
        if failed and failed.scales is sight.scales:
            return False
        return not chart or not chart.serves(sight) or n > _GROWTH * max(chart.n_architectures, _FEW)

    async def _compute(self, sight: Sight, sample: Float32Array, shown: Trained) -> None:
        key = (sight.study, sight.metric.name)
        try:
            embeddings = await self._views.embeddings(sight, shown.names)
            if embeddings is None:
                return
            points, start = await self._views.read(partial(_layout, sight, shown, sample, embeddings))
            places = await umap_places(points, start)
            chart = UmapChart(sight, points, places, list(embeddings))
            await self._views.read(partial(self._keep, key, chart))
            _log.info("map computed study=%s metric=%s architectures=%d", *key, chart.n_architectures)
        except UmapError as err:
            _log.warning("map by UMAP not computed, PCA serves study=%s metric=%s: %s", *key, err)
            self._failed[key] = sight
            while len(self._failed) > KEPT:
                self._failed.popitem(last=False)
        except Exception:  # noqa: BLE001  # computed when it is next asked for
            _log.exception("map by UMAP not computed study=%s metric=%s", *key)
        finally:
            self._computing = None

    def _keep(self, key: tuple[str, str], chart: UmapChart, _store: ObservationStore) -> None:
        self._umap.pop(key, None)
        self._umap[key] = chart
        while len(self._umap) > KEPT_BY_UMAP:
            self._umap.popitem(last=False)


def _layout(
    sight: Sight, shown: Trained, sample: Float32Array, embeddings: Embeddings, _store: ObservationStore
) -> tuple[Float32Array, FloatArray]:
    """The points that UMAP is computed of, and where PCA has them."""
    chart = PcaChart.of(sight, shown, sample, embeddings)
    chart.place(embeddings)
    rows = [sample, *(embedding[None] for embedding in embeddings.values())]
    points = sight.points(np.concatenate(rows)).astype(np.float32)
    return points, np.concatenate([chart.space, np.array(list(chart.places.values())).reshape(-1, 2)])
