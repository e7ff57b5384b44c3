"""The trainings of one metric, as they come."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import ceil

import numpy as np

from app.predictor.growing import GrowingRows
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Int64Array
from app.proximity.fidelity import ENOUGH, FULL, target_level
from app.proximity.kernel import FloatArray
from app.proximity.scales import MIN_TO_FIT

_REFIT_GROWTH = 1.25
# From here on, what came since the last fit counts through its neighbors alone (`NearPoints`), so it comes sooner.
_SOONER_FROM, _SOONER = 1000, 1.1
_LAST_FIT = 100_000  # more say nothing new about the scales, and the anchors are no more than they were


def _staircase() -> list[int]:
    steps = [0, MIN_TO_FIT]
    while steps[-1] < _LAST_FIT:
        steps.append(ceil(steps[-1] * (_REFIT_GROWTH if steps[-1] < _SOONER_FROM else _SOONER)))
    return steps


_STEPS = _staircase()


def observations_to_fit(n: int) -> int:
    """How many of n trainings the scales are fitted to: the largest step of a growing staircase; 0 below its first."""
    return _STEPS[bisect_right(_STEPS, n) - 1]


class Trainings:
    """An observation log that grows. Belongs to one thread at a time.

    Args:
        dimension: of an embedding.

    Attributes:
        per_level: how many there are of each level.
        levels: the level that estimates are of, and those below it, ascending.
        to_fit: how many of the first of them the scales are to be fitted to. A function of the trainings alone, so that
            a study answers the same after a restart, whatever it was asked before.
    """

    def __init__(self, dimension: int) -> None:
        self.ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._embeddings = GrowingRows(np.empty((0, dimension), dtype=np.float32))
        self._rows = GrowingRows(np.empty(0, dtype=np.int64))
        self._values = GrowingRows(np.empty(0))
        self._levels = GrowingRows(np.empty(0))
        self.to_fit = 0
        self.per_level: Counter[float] = Counter()
        self._first: defaultdict[float, set[int]] = defaultdict(set)  # up to ENOUGH rows of each level
        self.levels: tuple[float, tuple[float, ...]] = (FULL, ())
        self._step: tuple[object, int, int] = (self.levels, 0, 0)

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
        numbers = range(len(self) - len(rows) + 1, len(self) + 1)
        for n, row, level in zip(numbers, rows.tolist(), levels.tolist(), strict=True):
            self._note(n, row, level)
        return rows

    def _note(self, n: int, row: int, level: float) -> None:
        """The n-th training; it is time for a fit when a staircase of either fidelity goes up, or the levels change."""
        self.per_level[level] += 1
        if len(self._first[level]) < ENOUGH:
            self._first[level].add(row)
            target = target_level({level: len(rows) for level, rows in self._first.items()})
            self.levels = target, tuple(sorted(level for level in self._first if level < target))
        target, below = self.levels
        full, lower = self.per_level[target], sum(self.per_level[each] for each in below)
        step = (self.levels, observations_to_fit(full), observations_to_fit(lower))
        if step != self._step:
            self._step = step
            self.to_fit = n if any(step[1:]) else self.to_fit
