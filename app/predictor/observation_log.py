"""What was observed of one metric, from the first observation to the last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales, fit_scales
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
        scores = ValueTransform.fit(self.values[:n]).scores
        embeddings = self.embeddings[self.rows[:n]].astype(np.float64)
        return fit_scales(embeddings, scores, groups, np.random.default_rng(n))
