"""Charts: a search space in two dimensions, and where on it architectures lie."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from app.dashboard.projection import Projection
from app.dashboard.trained import Trained
from app.domain.study import Direction
from app.predictor.ports import Float32Array
from app.predictor.views import Sight
from app.proximity.kernel import FloatArray, squared_distances

_MOST_PLACES = 50_000  # of architectures that one chart remembers
_NEAREST = 5
_CHUNK = 500  # points placed at once: their distances to 10,000 others take 40 MB

Embeddings = Mapping[str, Float32Array]
"""By architecture id, each of shape (dimension,)."""


class Chart(ABC):
    """Where the architectures of a study lie, as the estimates of a metric see them.

    Attributes:
        space: places of a sample of the search space, shape (n, 2).
        explained: shares of the space's variance along both axes; None where axes mean nothing.
        places: by architecture id.
    """

    def __init__(self, sight: Sight, space: FloatArray, explained: tuple[float, float] | None) -> None:
        self.sight = sight
        self.space = space
        self.explained = explained
        self.places: dict[str, tuple[float, float]] = {}

    def serves(self, sight: Sight) -> bool:
        """Whether the space is seen as it was."""
        return self.same_encoder(sight) and self.sight.scales is sight.scales

    def same_encoder(self, sight: Sight) -> bool:
        """Whether embeddings are what they were."""
        return self.sight.encoding.encoder is sight.encoding.encoder

    def place(self, embeddings: Embeddings) -> None:
        """Note where further architectures lie."""
        if embeddings:
            if len(self.places) > _MOST_PLACES:
                self.places.clear()
            found = self._places(self.sight.points(np.stack(list(embeddings.values()))))
            self.places |= zip(embeddings, map(tuple, found.tolist()), strict=True)

    @abstractmethod
    def _places(self, points: FloatArray) -> FloatArray:
        """Where points (n, d) lie: shape (n, 2)."""


class PcaChart(Chart):
    """By the principal components of the search space, whatever was observed."""

    def __init__(self, sight: Sight, sample: FloatArray, projection: Projection) -> None:
        super().__init__(sight, projection.places(sample), projection.explained)
        self._projection = projection

    @classmethod
    def of(cls, sight: Sight, shown: Trained, sample: Float32Array, embeddings: Embeddings) -> "PcaChart":
        """A new one, with each axis turned by what is known now of those architectures that have an embedding."""
        points = sight.points(sample)
        projection = Projection.fit(points)
        known = [i for i, key in enumerate(shown.names) if key in embeddings]
        if known:
            places = projection.places(sight.points(np.stack([embeddings[shown.names[i]] for i in known])))
            sign = 1 if sight.metric.direction is Direction.MAXIMIZE else -1
            projection = projection.turned(places, sign * shown.values[known])
        return cls(sight, points, projection)

    def _places(self, points: FloatArray) -> FloatArray:
        return self._projection.places(points)


class UmapChart(Chart):
    """By UMAP, of the sample of the space and of what was shown when it was computed; others lie amid their nearest.

    Args:
        points: that it was computed of, shape (n, d): the sample's first.
        places: their places, shape (n, 2).
        names: of the architectures after the sample.
    """

    def __init__(self, sight: Sight, points: Float32Array, places: FloatArray, names: list[str]) -> None:
        n_sample = len(points) - len(names)
        super().__init__(sight, places[:n_sample], None)
        self._base = points.astype(np.float64)
        self._base_places = places
        self.n_architectures = len(names)
        self.places |= zip(names, map(tuple, places[n_sample:].tolist()), strict=True)

    def _places(self, points: FloatArray) -> FloatArray:
        chunks = [points[start : start + _CHUNK] for start in range(0, len(points), _CHUNK)]
        return np.concatenate([self._amid_nearest(chunk) for chunk in chunks])

    def _amid_nearest(self, points: FloatArray) -> FloatArray:
        distances = np.sqrt(squared_distances(points, self._base))
        k = min(_NEAREST, len(self._base))
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        # One that lies on a placed point is placed on it.
        weights = 1 / np.maximum(np.take_along_axis(distances, nearest, axis=1), 1e-9)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("ik,ikc->ic", weights, self._base_places[nearest]))
