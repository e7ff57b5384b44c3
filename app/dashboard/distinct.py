"""Which of many ids are the same, without sorting all of them each time that some come."""

import numpy as np
from numpy.typing import NDArray

from app.predictor.growing import GrowingRows
from app.predictor.ports import Int64Array


class Distinct:
    """The distinct ones of ids that come in batches.

    Attributes:
        ids: the distinct ones, ascending.
    """

    def __init__(self, empty: NDArray[np.bytes_]) -> None:
        self.ids = empty
        self._places = GrowingRows(np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        """How many came, repeats counted."""
        return len(self._places)

    @property
    def places(self) -> Int64Array:
        """The place in `ids` of each that came."""
        return self._places.rows

    def add(self, came: NDArray[np.bytes_]) -> None:
        """Take in further ones."""
        unseen = np.unique(came)
        before = np.searchsorted(self.ids, unseen)
        known = np.zeros(len(unseen), dtype=np.bool_)
        inside = before < len(self.ids)
        known[inside] = self.ids[before[inside]] == unseen[inside]
        before, unseen = before[~known], unseen[~known]
        if len(unseen):
            old = np.arange(len(self.ids))
            moved = old + np.searchsorted(before, old, side="right")
            self.places[:] = moved[self.places]
            self.ids = np.insert(self.ids, before, unseen)
        self._places.append(np.searchsorted(self.ids, came))
