"""Trainings of the same architecture as one point, with their mean, their number and their spread."""

from functools import cached_property

import numpy as np

from app.domain.prediction import Observed
from app.predictor.growing import GrowingRows
from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray


class Repeats:
    """Values by key, a whole number that stands for what was trained; its label is its place of first appearance.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._label_of = GrowingRows(np.empty(0, dtype=np.int64))  # by key, -1 for one without a value
        self._keys = GrowingRows(np.empty(0, dtype=np.int64))
        self._counts = GrowingRows(np.empty(0))
        self._sums = GrowingRows(np.empty(0))
        self._squares = GrowingRows(np.empty(0))  # summed squared deviations from the mean

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Int64Array:
        """Keys by label."""
        return self._keys.rows

    @property
    def counts(self) -> FloatArray:
        """How many values each key has: a view, which changes with further values."""
        return self._counts.rows

    @cached_property
    def means(self) -> FloatArray:
        """Mean value of each key."""
        return np.asarray(self._sums.rows / self._counts.rows)

    def means_of(self, labels: Int64Array) -> FloatArray:
        """The means of some, without those of all."""
        return np.asarray(self._sums.rows[labels] / self._counts.rows[labels])

    def label(self, key: int) -> int | None:
        """The label of a key, if it has a value."""
        label = int(self._label_of.rows[key]) if key < len(self._label_of) else -1
        return None if label < 0 else label

    def observed(self, label: int) -> Observed:
        """What was measured."""
        n = int(self.counts[label])
        mean = float(self._sums.rows[label] / n)
        return Observed(mean, n, float(np.sqrt(self._squares.rows[label] / (n - 1))) if n > 1 else None)

    def add(self, keys: Int64Array, values: FloatArray) -> Int64Array:
        """Take in values, each array of shape (n,); the label of each."""
        self._label_of.append(np.full(max(0, int(keys.max(initial=-1)) + 1 - len(self._label_of)), -1))
        labels = self._labels(keys)
        unseen = np.zeros(len(self) - len(self._counts))
        for column in (self._counts, self._sums, self._squares):
            column.append(unseen)
        distinct, place, new = np.unique(labels, return_inverse=True, return_counts=True)
        sums = np.bincount(place, values)
        squares = np.bincount(place, (values - (sums / new)[place]) ** 2)
        before = self.counts[distinct]
        # Chan, Golub & LeVeque (1979), which loses no digits to values that are large and close together.
        apart = sums / new - self._sums.rows[distinct] / np.maximum(before, 1)
        self._squares.rows[distinct] += squares + apart**2 * before * new / (before + new)
        self._sums.rows[distinct] += sums
        self._counts.rows[distinct] += new
        self.__dict__.pop("means", None)
        return labels

    def revalue(self, labels: Int64Array, values: FloatArray) -> None:
        """Other values for all trainings, each array of shape (n,)."""
        self._sums.rows[:] = np.bincount(labels, values, len(self))
        self.__dict__.pop("means", None)
        self._squares.rows[:] = np.bincount(labels, (values - self.means[labels]) ** 2, len(self))

    def _labels(self, keys: Int64Array) -> Int64Array:
        label_of = self._label_of.rows
        unseen = np.array(list(dict.fromkeys(keys[label_of[keys] < 0].tolist())), dtype=np.int64)
        label_of[unseen] = len(self) + np.arange(len(unseen))
        self._keys.append(unseen)
        return np.asarray(label_of[keys])
