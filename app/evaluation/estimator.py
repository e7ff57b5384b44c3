"""The service's estimates without the service: fitted to some architectures, asked about others."""

from collections.abc import Sequence

import numpy as np

from app.domain.architecture import Architecture
from app.predictor.known_points import NewIndex
from app.predictor.metric_model import MetricModel
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Encoder
from app.proximity.estimates import Estimates
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups
from app.proximity.weighting import Weighting


class Estimator:
    """The model that the service answers with, for one metric.

    Args:
        k: neighbors to weigh; None for as many as pay. The attribute may be changed between estimates.
    """

    def __init__(
        self, encoder: Encoder, new_index: NewIndex, weighting: Weighting = Weighting.KRIGING, k: int | None = None
    ) -> None:
        self._encoder = encoder
        self._new_index = new_index
        self._weighting = weighting
        self.k = k

    def fit(
        self,
        architectures: Sequence[Architecture],
        values: FloatArray,
        proxies: FloatArray | None = None,
        levels: FloatArray | None = None,
    ) -> None:
        """Observe the value of each architecture, and scale the space to them.

        Args:
            proxies: shape (n, p), where there are some. Here each row has its own; the service gives an observed
                architecture those that it was observed with.
            levels: of fidelity (`level_of`), shape (n,); default all are full. One architecture may come at several.
        """
        n_proxies = 0 if proxies is None else proxies.shape[1]
        groups = ColumnGroups.of(self._encoder.group_of_column, self._encoder.block_of_column, n_proxies)
        ids = [architecture.id for architecture in architectures]
        log = ObservationLog.of(ids, self._columns(architectures, proxies), values, levels)
        self._model = MetricModel.of(log, groups, self._new_index, log.fit(len(log), groups))

    def estimate(self, architectures: Sequence[Architecture], proxies: FloatArray | None = None) -> Estimates:
        """Estimates of architectures, each of shape (n,), in the metric's unit; with proxies if it was fitted so."""
        return self._model.estimate(self._columns(architectures, proxies), self._weighting, self.k).estimates

    def _columns(self, architectures: Sequence[Architecture], proxies: FloatArray | None) -> EmbeddingArray:
        embeddings = self._encoder.embed(architectures)
        return embeddings if proxies is None else np.concatenate([embeddings, proxies], axis=1)
