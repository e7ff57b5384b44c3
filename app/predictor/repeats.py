"""Trainings of the same architecture as one point, with their mean, their number and their spread."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from app.domain.prediction import Observed
from app.predictor.ports import Int64Array
from app.proximity.kernel import FloatArray


class Repeats:
    """The values of one metric by architecture; an architecture's row is its place among the first appearances.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._row_of: dict[str, int] = {}
        self._log_rows: list[int] = []
        self._log_values: list[float] = []
        self._sums = np.empty(0)
        self._squares = np.empty(0)  # summed squared deviations from the mean
        self.counts = np.empty(0)

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def ids(self) -> list[str]:
        """Architecture ids by row."""
        return list(self._row_of)

    @property
    def n_observations(self) -> int:
        """Trainings, repeats counted."""
        return len(self._log_rows)

    @property
    def log(self) -> tuple[Int64Array, FloatArray]:
        """Row and value of every training, in the order in which they came."""
        return np.array(self._log_rows, dtype=np.int64), np.array(self._log_values)

    @cached_property
    def means(self) -> FloatArray:
        """Mean value of each architecture."""
        return self._sums / self.counts

    def row(self, architecture_id: str) -> int | None:
        """The row of an architecture, if it was trained."""
        return self._row_of.get(architecture_id)

    def observed(self, row: int) -> Observed:
        """What was measured on an architecture."""
        n = int(self.counts[row])
        return Observed(float(self.means[row]), n, float(np.sqrt(self._squares[row] / (n - 1))) if n > 1 else None)

    def add(self, ids: Sequence[str], values: Sequence[float]) -> list[int]:
        """Take in trainings; the row of each."""
        rows = [self._row_of.setdefault(key, len(self._row_of)) for key in ids]
        self._log_rows += rows
        self._log_values += values
        unseen = np.zeros(len(self._row_of) - len(self.counts))
        self._sums, self._squares, self.counts = (
            np.append(column, unseen) for column in (self._sums, self._squares, self.counts)
        )
        for row, value in zip(rows, values, strict=True):
            n = self.counts[row]
            if n:  # Welford (1962), which loses no digits to values that are large and close together
                self._squares[row] += (value - self._sums[row] / n) ** 2 * n / (n + 1)
            self._sums[row] += value
            self.counts[row] += 1
        self.__dict__.pop("means", None)
        return rows
