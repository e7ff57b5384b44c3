"""The trainings of one metric, as they come."""

from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import count
from math import ceil

import numpy as np

from app.predictor.growing import GrowingRows
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Int64Array
from app.predictor.snapshot import Snapshot
from app.proximity.fidelity import ENOUGH, FULL, target_level
from app.proximity.kernel import FloatArray
from app.proximity.scales import MIN_TO_FIT

_REFIT_GROWTH = 1.25
# From here on, what came since the last fit counts through its neighbors alone (`NearPoints`), so it comes sooner.
_SOONER_FROM, _SOONER = 1000, 1.1
_CHUNK = 1000
_LAST_FIT = 100_000  # more say nothing new about the scales, and the anchors are no more than they were


def _staircase() -> list[int]:
    steps = [0, MIN_TO_FIT]
    while steps[-1] < _LAST_FIT:
        steps.append(ceil(steps[-1] * (_REFIT_GROWTH if steps[-1] < _SOONER_FROM else _SOONER)))
    return steps


_STEPS = _staircase()
_Levels = tuple[float, tuple[float, ...]]
_Step = tuple[_Levels, int, int]


def observations_to_fit(n: int) -> int:
    """How many of n trainings the scales are fitted to: the largest step of a growing staircase; 0 below its first."""
    return _STEPS[bisect_right(_STEPS, n) - 1]


class Trainings:
    """An observation log that grows. Belongs to one thread at a time.

    Attributes:
        per_level: how many there are of each level.
        levels: the level that estimates are of, and those below it, ascending.
        to_fit: how many of the first of them the scales are to be fitted to. A function of the trainings alone, so that
            a study answers the same after a restart, whatever it was asked before.
    """

    def __init__(self) -> None:
        self._rows = GrowingRows(np.empty(0, dtype=np.int64))
        self._values = GrowingRows(np.empty(0))
        self._levels = GrowingRows(np.empty(0))
        self.to_fit = 0
        self.per_level: Counter[float] = Counter()
        self._first: defaultdict[float, set[int]] = defaultdict(set)  # up to ENOUGH rows of each level
        self.levels: _Levels = (FULL, ())
        self._step: _Step = (self.levels, 0, 0)

    @classmethod
    def of(cls, log: ObservationLog) -> "Trainings":
        """The trainings of a log."""
        found = cls()
        found.add(log.rows, log.values, log.levels)
        return found

    @classmethod
    def kept(cls, snapshot: Snapshot) -> "Trainings":
        """Those of a snapshot."""
        found, notes = cls(), snapshot.notes
        found._rows, found._values, found._levels = (
            GrowingRows.kept(snapshot.columns[name]) for name in ("rows", "values", "levels")
        )
        found.to_fit = notes["to_fit"]
        found.per_level = Counter(dict(notes["per_level"]))
        found._first = defaultdict(set, {level: set(rows) for level, rows in notes["first"]})
        found._look()
        return found

    def snapshot(self) -> Snapshot:
        """What is worth keeping."""
        notes = {
            "to_fit": self.to_fit,
            "per_level": list(self.per_level.items()),
            "first": [(level, sorted(rows)) for level, rows in self._first.items()],
        }
        kept = {"rows": self._rows, "values": self._values, "levels": self._levels}
        return Snapshot(notes, {name: rows.column for name, rows in kept.items()})

    def __len__(self) -> int:
        return len(self._rows)

    def log(self, columns: EmbeddingArray) -> ObservationLog:
        """All of them; stays as it is while more come.

        Args:
            columns: of the architectures, by row.
        """
        return ObservationLog(columns, self._rows.rows, self._values.rows, self._levels.rows)

    def add(self, rows: Int64Array, values: FloatArray, levels: FloatArray) -> None:
        """Take in trainings, each array of shape (n,).

        Args:
            rows: what was trained.
        """
        so_far = len(self)
        self._rows.append(rows)
        self._values.append(values)
        self._levels.append(levels)
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            self._note(so_far + start, rows[part], levels[part])

    def _note(self, so_far: int, rows: Int64Array, levels: FloatArray) -> None:
        """It is time for a fit when a staircase of either fidelity goes up, or the levels change."""
        level = float(levels[0])
        if (levels == level).all() and len(self._first[level]) == ENOUGH:
            self._note_alike(so_far, len(rows), level)
            return
        for n, row, each in zip(count(so_far + 1), rows.tolist(), levels.tolist()):
            self.per_level[each] += 1
            if len(self._first[each]) < ENOUGH:
                self._first[each].add(row)
                self._look_at_levels()
            self._step_to(self._steps(), n)

    def _note_alike(self, so_far: int, more: int, level: float) -> None:
        """More of a level that counts already: the same as one by one, in less time."""
        counted = {level} if level == self.levels[0] else set(self.levels[1])
        before = sum(self.per_level[each] for each in counted)
        self.per_level[level] += more
        step = self._steps()
        self._step_to(step, so_far + (step[1] if level == self.levels[0] else step[2]) - before)

    def _step_to(self, step: _Step, n: int) -> None:
        if step != self._step:
            self._step = step
            self.to_fit = n if any(step[1:]) else self.to_fit

    def _look_at_levels(self) -> None:
        target = target_level({level: len(rows) for level, rows in self._first.items()})
        self.levels = target, tuple(sorted(level for level in self._first if level < target))

    def _look(self) -> None:
        self._look_at_levels()
        self._step = self._steps()

    def _steps(self) -> _Step:
        target, below = self.levels
        full, lower = self.per_level[target], sum(self.per_level[each] for each in below)
        return self.levels, observations_to_fit(full), observations_to_fit(lower)
