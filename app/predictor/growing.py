"""Rows that come in batches, without a copy of all of them for each batch."""

from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.predictor.snapshot import Column


class GrowingRows:
    """An array that grows at its end: half as much room again each time that it is full.

    A view of its rows stays as it is while it grows.

    Args:
        empty: of no rows, with the shape and the type of those to come.
    """

    def __init__(self, empty: NDArray[Any]) -> None:
        self._buffer = empty
        self._n = 0
        self._origin: str | None = None

    @classmethod
    def kept(cls, column: Column) -> "GrowingRows":
        """What a column held, to grow on in the room behind it."""
        found = cls(column.buffer)
        found._n, found._origin = column.n, column.origin
        return found

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> NDArray[Any]:
        """All rows, without a copy."""
        return self._buffer[: self._n]

    @property
    def column(self) -> Column:
        """The rows so far, to be kept; stays as it is while they grow."""
        if self._origin is None:
            self._origin = uuid4().hex
        return Column(self._origin, self._buffer, self._n)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end; those so far are converted where the type of the new ones is wider."""
        wanted = self._n + len(rows)
        kind = np.promote_types(self._buffer.dtype, rows.dtype)
        if kind != self._buffer.dtype:
            self._origin = None
        if wanted > len(self._buffer) or kind != self._buffer.dtype:
            grown = np.empty((max(wanted, self._n * 3 // 2), *self._buffer.shape[1:]), dtype=kind)
            grown[: self._n] = self._buffer[: self._n]
            self._buffer = grown
        self._buffer[self._n : wanted] = rows
        self._n = wanted

    def change(self, row: int, value: NDArray[Any]) -> None:
        """Put another value in the place of a row; views see it too."""
        self._buffer[row] = value
        self._origin = None
