"""What trainings below the level that estimates are of say about it."""

from collections.abc import Sequence

import numpy as np

from app.predictor.growing import GrowingRows
from app.predictor.known_points import NewIndex
from app.predictor.level_model import LevelModel
from app.predictor.observation_log import EmbeddingArray
from app.predictor.ports import Int64Array
from app.proximity.fidelity import aligned, level_column
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.trend import Guess


class LowerFidelities:
    """One model of the trainings of all lower levels, read as if a training had been full.

    Its points are architectures at levels: the logarithm of the level is a column before the embedding. What is
    weighed are scores that are aligned over the levels (`aligned`), which change with every training.

    Args:
        groups: of the columns of embeddings.
        levels: those that may come.
    """

    def __init__(
        self, groups: ColumnGroups, new_index: NewIndex, scales: Scales | None, levels: Sequence[float]
    ) -> None:
        with_level = groups.with_level()
        self._model = LevelModel(with_level, new_index, scales or Scales.prior(with_level))
        self._levels = np.array(levels)
        self._column = level_column(self._levels)
        self._rows = GrowingRows(np.empty(0, dtype=np.int64))
        self._values = GrowingRows(np.empty(0))
        self._level_of = GrowingRows(np.empty(0, dtype=np.int64))
        self._labels = GrowingRows(np.empty(0, dtype=np.int64))

    def add(self, rows: Int64Array, embeddings: EmbeddingArray, values: FloatArray, levels: FloatArray) -> None:
        """Take in trainings.

        Args:
            rows: of their architectures, shape (n,).
            embeddings: shape (n, d), unscaled.
            values, levels: shape (n,).
        """
        level_of = np.searchsorted(self._levels, levels)
        columns = np.concatenate([self._column[level_of][:, None], embeddings], axis=1)
        self._labels.append(self._model.add(rows * len(self._levels) + level_of, columns, values))
        for grown, added in ((self._rows, rows), (self._values, values), (self._level_of, level_of)):
            grown.append(added)
        scores = aligned(self._levels[self._level_of.rows], self._rows.rows, self._values.rows)
        self._model.revalue(self._labels.rows, scores)

    def expected(self, candidates: EmbeddingArray) -> FloatArray:
        """The means of `read`, shape (m,)."""
        return self._model.expected(_at_full(candidates))

    def read(self, candidates: EmbeddingArray) -> Guess:
        """What is expected of candidates (m, d): means and variances."""
        return self._model.latent(_at_full(candidates))

    def read_together(self, candidates: EmbeddingArray) -> Guess:
        """What is expected of candidates (m, d): means and their covariance."""
        posterior = self._model.posterior(_at_full(candidates))
        return Guess(posterior.mean, posterior.covariance)

    def ascent(self, candidates: EmbeddingArray) -> FloatArray:
        """How the mean grows along each unscaled column of candidates: shape (m, d)."""
        return self._model.ascent(_at_full(candidates))[:, 1:]


def _at_full(candidates: EmbeddingArray) -> EmbeddingArray:
    return np.insert(candidates, 0, 0.0, axis=1)
