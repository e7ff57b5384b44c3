"""What was observed of one metric, from the first observation to the last."""

from dataclasses import dataclass

import numpy as np

from app.predictor.ports import Float32Array, Int64Array
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales, fit_scales
from app.proximity.value_transform import ValueTransform


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
    embeddings: Float32Array
    rows: Int64Array
    values: FloatArray

    def fit(self, n: int, groups: ColumnGroups) -> Scales:
        """The scales that the first n observations give: a function of these alone, so that a restart finds them."""
        scores = ValueTransform.fit(self.values[:n]).scores
        embeddings = self.embeddings[self.rows[:n]].astype(np.float64)
        return fit_scales(embeddings, scores, groups, np.random.default_rng(n))
