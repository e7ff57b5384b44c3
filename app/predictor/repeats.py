"""Trainings of the same architecture as one point, with their mean, their number and their spread."""

from functools import cached_property

import numpy as np

from app.domain.prediction import Observed
from app.predictor.growing import GrowingRows
from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray


class Repeats:
    """Values by key, a whole number that stands for what was trained; its row is its place of first appearance.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._row_of = GrowingRows(np.empty(0, dtype=np.int64))  # by key, -1 for one without a value
        self._keys = GrowingRows(np.empty(0, dtype=np.int64))
        self._sums: FloatArray = np.empty(0)
        self._squares: FloatArray = np.empty(0)  # summed squared deviations from the mean
        self.counts = np.empty(0)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Int64Array:
        """Keys by row."""
        return self._keys.rows

    @cached_property
    def means(self) -> FloatArray:
        """Mean value of each key."""
        return self._sums / self.counts

    def row(self, key: int) -> int | None:
        """The row of a key, if it has a value."""
        row = int(self._row_of.rows[key]) if key < len(self._row_of) else -1
        return None if row < 0 else row

    def observed(self, row: int) -> Observed:
        """What was measured."""
        n = int(self.counts[row])
        return Observed(float(self.means[row]), n, float(np.sqrt(self._squares[row] / (n - 1))) if n > 1 else None)

    def add(self, keys: Int64Array, values: FloatArray) -> Int64Array:
        """Take in values, each array of shape (n,); the row of each."""
        self._row_of.append(np.full(max(0, int(keys.max(initial=-1)) + 1 - len(self._row_of)), -1))
        rows = self._rows(keys)
        unseen = np.zeros(len(self) - len(self.counts))
        self._sums, self._squares, self.counts = (
            np.append(column, unseen) for column in (self._sums, self._squares, self.counts)
        )
        for row, value in zip(rows.tolist(), values.tolist(), strict=True):
            n = self.counts[row]
            if n:  # Welford (1962), which loses no digits to values that are large and close together
                self._squares[row] += (value - self._sums[row] / n) ** 2 * n / (n + 1)
            self._sums[row] += value
            self.counts[row] += 1
        self.__dict__.pop("means", None)
        return rows

    def revalue(self, rows: Int64Array, values: FloatArray) -> None:
        """Other values for all trainings, each array of shape (n,)."""
        self._sums = np.bincount(rows, values, len(self)).astype(np.float64)
        self.__dict__.pop("means", None)
        self._squares = np.bincount(rows, (values - self.means[rows]) ** 2, len(self)).astype(np.float64)

    def _rows(self, keys: Int64Array) -> Int64Array:
        row_of = self._row_of.rows
        unseen = np.array(list(dict.fromkeys(keys[row_of[keys] < 0].tolist())), dtype=np.int64)
        row_of[unseen] = len(self) + np.arange(len(unseen))
        self._keys.append(unseen)
        return np.asarray(row_of[keys])
