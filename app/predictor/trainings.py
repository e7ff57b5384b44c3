"""The trainings of one metric, as they come."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from app.predictor.growing import GrowingRows
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Int64Array
from app.proximity.fidelity import ENOUGH, target_level
from app.proximity.kernel import FloatArray


class Trainings:
    """An observation log that grows. Belongs to one thread at a time.

    Args:
        dimension: of an embedding.
    """

    def __init__(self, dimension: int) -> None:
        self.ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._embeddings = GrowingRows(np.empty((0, dimension), dtype=np.float32))
        self._rows = GrowingRows(np.empty(0, dtype=np.int64))
        self._values = GrowingRows(np.empty(0))
        self._levels = GrowingRows(np.empty(0))
        self._first: defaultdict[float, set[int]] = defaultdict(set)  # up to ENOUGH rows of each level

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def embeddings(self) -> EmbeddingArray:
        """Of each architecture, unscaled: shape (len(ids), d)."""
        return self._embeddings.rows

    @property
    def log(self) -> ObservationLog:
        """All of them; stays as it is while more come."""
        ids = self.ids.copy()
        return ObservationLog(ids, self.embeddings, self._rows.rows, self._values.rows, self._levels.rows)

    @property
    def levels(self) -> tuple[float, tuple[float, ...]]:
        """The level that estimates are of, and those below it, ascending."""
        target = target_level({level: len(rows) for level, rows in self._first.items()})
        return target, tuple(sorted(level for level in self._first if level < target))

    def row(self, architecture_id: str) -> int | None:
        """The row of an architecture, if it was trained."""
        return self._row_of.get(architecture_id)

    def add(self, ids: Sequence[str], embeddings: EmbeddingArray, values: FloatArray, levels: FloatArray) -> Int64Array:
        """Take in trainings; the row of the architecture of each.

        Args:
            embeddings: shape (n, d), of each training's architecture.
            values, levels: shape (n,).
        """
        known = len(self.ids)
        rows = np.array([self._row_of.setdefault(key, len(self._row_of)) for key in ids], dtype=np.int64)
        # An architecture may come twice in one batch.
        first = {row: i for i, row in reversed(list(enumerate(rows.tolist()))) if row >= known}
        unseen = [first[row] for row in sorted(first)]
        self.ids += [ids[i] for i in unseen]
        self._embeddings.append(embeddings[unseen])
        self._rows.append(rows)
        self._values.append(values)
        self._levels.append(levels)
        for row, level in zip(rows.tolist(), levels.tolist(), strict=True):
            if len(self._first[level]) < ENOUGH:
                self._first[level].add(row)
        return rows
