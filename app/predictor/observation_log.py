"""What was observed of one metric, from the first observation to the last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray
from app.proximity.scales import MAX_TO_FIT, ColumnGroups, Scales, fit_scales
from app.proximity.value_transform import ValueTransform

EmbeddingArray = NDArray[np.float32] | NDArray[np.float64]  # of the latter where proxies stand beside the embedding


@dataclass(frozen=True, slots=True)
class ObservationLog:
    """Every observation of the metric, in the order in which they came.

    Args:
        ids: of each distinct architecture, in the order of first appearance.
        embeddings: shape (len(ids), d), unscaled.
        rows: shape (n,): the architecture of each observation.
        values: shape (n,).
    """

    ids: list[str]
    embeddings: EmbeddingArray
    rows: Int64Array
    values: FloatArray

    def fit(self, n: int, groups: ColumnGroups) -> Scales:
        """The scales that the first n observations give: a function of these alone, so that a restart finds them."""
        rng = np.random.default_rng(n)
        scores = ValueTransform.fit(self.values[:n]).scores
        chosen = self._to_fit(n, rng)
        return fit_scales(self.embeddings[self.rows[chosen]].astype(np.float64), scores[chosen], groups, rng)

    def _to_fit(self, n: int, rng: np.random.Generator) -> Int64Array:
        """Those of the first n observations that the scales are fitted to: all trainings of architectures at random.

        Single trainings at random would tear repeats apart, which tell best how noisy a training is.
        """
        if n <= MAX_TO_FIT:
            return np.arange(n)
        rows = self.rows[:n]
        distinct = int(rows.max()) + 1
        drawn = rng.choice(distinct, min(distinct, MAX_TO_FIT), replace=False)
        place = np.full(distinct, distinct)
        place[drawn] = np.arange(len(drawn))
        ordered = np.argsort(place[rows], kind="stable")
        return ordered[: min(MAX_TO_FIT, int((place[rows] < distinct).sum()))]
