"""What the observations of one metric say about candidates."""

from collections.abc import Callable

import numpy as np

from app.domain.prediction import Observed
from app.domain.study import Direction
from app.predictor.basis import Basis
from app.predictor.known_points import NewIndex
from app.predictor.level_model import Estimated, LevelModel
from app.predictor.lower_fidelities import LowerFidelities
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Int64Array, NeighborIndex
from app.predictor.reading import Nearest
from app.predictor.snapshot import Snapshot, restored, snapshot_of
from app.predictor.trainings import Trainings
from app.proximity.acquisition import Posterior
from app.proximity.estimates import Estimates
from app.proximity.fidelity import FULL
from app.proximity.kernel import FloatArray
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.trend import Guess
from app.proximity.weighting import Weighting

REBUILT_AT_ONCE = 1000  # trainings: as many as answers can wait for
_CHUNK = 8192  # trainings taken in at once: their embeddings in double precision take 16 MB


class MetricModel:
    """Estimates one metric from its observations; repeats of an architecture are one point with their mean.

    Belongs to one thread at a time. Estimates are of the highest level of fidelity of which there is enough
    (`target_level`). What was trained for less is a trend that they follow, as far as both agree, as long as one
    factorization holds the trainings of that level; beyond, it is left out. Where a training of another level
    comes to more than REBUILT_AT_ONCE, that level counts from the next fit on, which is due then.

    Args:
        groups: of the columns of embeddings.
        scales: what the observations so far have told, if anything.
        expected_size: about how many architectures it will hold.
        basis: of the first trainings, as the scales.

    Attributes:
        new_index: of the metric alone.
    """

    def __init__(
        self,
        groups: ColumnGroups,
        new_index: NewIndex,
        scales: Scales | None = None,
        expected_size: int = 0,
        basis: Basis | None = None,
    ) -> None:
        self.groups = groups
        self.scales = scales or Scales.prior(groups)
        self._basis = basis
        self.new_index = new_index
        self._expected_size = expected_size
        self._trainings = Trainings()
        self._columns: EmbeddingArray = np.empty((0, len(groups.of_column)), dtype=np.float32)
        self._outdated = True
        self._begin()

    @classmethod
    def of(
        cls,
        log: ObservationLog,
        groups: ColumnGroups,
        new_index: NewIndex,
        scales: Scales,
        fitted: int | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> "MetricModel":
        """A model of these observations, with everything done that its estimates would wait for.

        Args:
            fitted: how many of the first observations the scales were fitted to, and the basis is made of; default all.
            go_on: called now and then; raises where the model is not wanted any more.
        """
        basis = Basis.of(log, len(log) if fitted is None else fitted, groups, scales, go_on)
        model = cls(groups, new_index, scales, log.n_architectures, basis)
        model._trainings, model._columns = Trainings.of(log), log.embeddings
        model._begin()
        model._take_in(go_on)
        model.prepare()
        return model

    @classmethod
    def kept(
        cls, groups: ColumnGroups, new_index: NewIndex, expected_size: int, columns: EmbeddingArray, snapshot: Snapshot
    ) -> "MetricModel":
        """The model of a snapshot.

        Args:
            columns: of the architectures, by row.
        """
        model = cls(groups, new_index, restored(Scales, snapshot.part("scales")), expected_size)
        model._trainings, model._columns = Trainings.kept(snapshot.part("trainings")), columns
        if target := snapshot.part("target"):
            model._begin()
            log = model.log
            at = log.levels == model.level
            model._target = LevelModel.kept(
                groups,
                model._index_of_levels,
                model.scales,
                expected_size,
                target,
                columns,
                log.rows[at],
                log.values[at],
            )
            model._basis, model._n_taken = model._target.basis, len(log)
        return model

    def snapshot(self) -> Snapshot:
        """What is worth keeping."""
        found = Snapshot()
        found.put("scales", snapshot_of(self.scales))
        found.put("trainings", self._trainings.snapshot())
        if self._levels == self._trainings.levels and self._lower is None and self._n_taken == len(self._trainings):
            found.put("target", self._target.snapshot())
        return found

    def __len__(self) -> int:
        """Architectures that estimates rest on, those of lower fidelity not counted."""
        return len(self._target)

    @property
    def n_observations(self) -> int:
        """Observations of any fidelity, repeats counted."""
        return len(self._trainings)

    @property
    def based(self) -> bool:
        """Whether estimates rest on a basis."""
        return self._basis is not None

    @property
    def level(self) -> float:
        """The level of fidelity that estimates are of, 1 for a full training."""
        return self._levels[0]

    @property
    def to_fit(self) -> int:
        """How many of the first observations the scales are to be fitted to."""
        return self._trainings.to_fit

    @property
    def per_level(self) -> dict[float, int]:
        """How many observations there are of each level of fidelity."""
        return dict(self._trainings.per_level)

    @property
    def rows(self) -> Int64Array:
        """The row of each architecture, by label."""
        return self._target.repeats.keys

    @property
    def log(self) -> ObservationLog:
        """All observations so far; stays as it is while the model goes on."""
        return self._trainings.log(self._columns)

    @property
    def scores(self) -> FloatArray:
        """The score t of each architecture, by label."""
        return self._target.scores

    def observed(self, row: int) -> Observed | None:
        """What was measured on an architecture, at the level that estimates are of."""
        repeats = self._target.repeats
        label = repeats.label(row)
        return None if label is None else repeats.observed(label)

    def best(self, direction: Direction) -> tuple[int, Observed] | None:
        """The row of the architecture with the best mean, the first observed of several."""
        if not len(self):
            return None
        repeats = self._target.repeats
        label = int(repeats.means.argmax() if direction is Direction.MAXIMIZE else repeats.means.argmin())
        return int(repeats.keys[label]), repeats.observed(label)

    def note(
        self, rows: Int64Array, values: FloatArray, columns: EmbeddingArray, levels: FloatArray | None = None
    ) -> None:
        """Take note of observations; they count once others are added, or it is prepared.

        Args:
            rows: the architecture of each, shape (n,).
            values: shape (n,).
            columns: embeddings of the architectures by row, shape (architectures, d), unscaled.
            levels: of fidelity, shape (n,); default full.
        """
        self._columns = columns
        self._trainings.add(rows, values, np.full(len(values), FULL) if levels is None else levels)

    def add(
        self, rows: Int64Array, values: FloatArray, columns: EmbeddingArray, levels: FloatArray | None = None
    ) -> None:
        """Take in observations, as `note` has them; they count from the next estimate on."""
        self.note(rows, values, columns, levels)
        self.take_in()

    def take_in(self) -> None:
        """Let what was noted count."""
        if self._trainings.levels != self._levels and not (len(self) and len(self._trainings) > REBUILT_AT_ONCE):
            self._begin()
        self._take_in()

    def add_log(self, log: ObservationLog, start: int) -> None:
        """Take in the observations of a log from the number `start` on."""
        if start < len(log):
            self.add(log.rows[start:], log.values[start:], log.embeddings, log.levels[start:])

    def prepare(self) -> None:
        """Do now what the next estimate would have to wait for, and count all levels."""
        if self._trainings.levels != self._levels:
            self._begin()
        self._take_in()
        if len(self):
            self.settle()

    def settle(self) -> None:
        """Do now what the next estimate would have to wait for."""
        self._follow()
        self._target.prepare()

    def estimate(
        self, candidates: EmbeddingArray, weighting: Weighting, k: int | None = None, calibration: float = 1.0
    ) -> Estimated:
        """Estimate candidates; the model must hold an observation.

        Args:
            candidates: shape (m, d), unscaled.
            k: neighbors to weigh; default as many as pay, never more than there are. More than MAX_LOCAL_NEIGHBORS
                are all of them where kriging can weigh all at once, and else MAX_LOCAL_NEIGHBORS.
            calibration: of the error bars; see `Estimates.of`.
        """
        return self._target.estimate(candidates, weighting, k, calibration, self._guess(candidates, weighting))

    def deviations(self, estimates: Estimates, values: FloatArray) -> FloatArray:
        """How far values (m,) lie from their estimates, in the standard deviations of the scores t."""
        return np.asarray((self.scores_of(values) - estimates.mean) / estimates.deviation)

    def scores_of(self, values: FloatArray) -> FloatArray:
        """The scores t of values, of the same shape."""
        return self._target.transform.to_scores(values)

    def neighbors(self, candidates: EmbeddingArray, weighting: Weighting, k: int | None, n: int) -> Nearest:
        """The nearest n of the neighbors that `estimate` weighs; see `LevelModel.neighbors`."""
        return self._target.neighbors(candidates, weighting, k, n, self._guess(candidates, weighting))

    def rough(self, candidates: EmbeddingArray) -> tuple[FloatArray, FloatArray]:
        """Expected score t of candidates (m, d), and at most what its standard deviation is: by their nearest alone."""
        return self._target.rough(candidates, self._guess(candidates))

    def posterior(self, candidates: EmbeddingArray) -> Posterior:
        """What is known of candidates (m, d) together; beyond one factorization, by the nearest observations."""
        lower = self._follow()
        return self._target.posterior(candidates, lower.read_together(candidates) if lower else None)

    def ascent(self, candidates: EmbeddingArray) -> FloatArray:
        """How the expected score t grows along each unscaled column: shape (m, d)."""
        lower = self._follow()
        found = self._target.ascent(candidates)
        return found + self._target.slope * lower.ascent(candidates) if lower else found

    def _guess(self, candidates: EmbeddingArray, weighting: Weighting = Weighting.KRIGING) -> Guess | None:
        lower = self._follow()
        return lower.read(candidates) if lower and weighting is Weighting.KRIGING else None

    def _follow(self) -> LowerFidelities | None:
        """The trainings of lower fidelity, where they count, with the trend that they give as it is now."""
        if self._lower is None or not self._target.few:
            return None
        if self._outdated:
            self._target.follow(self._lower.expected(self._columns[self._target.repeats.keys]))
            self._outdated = False
        return self._lower

    def _index_of_levels(self, dimension: int, expected_size: int, key: str) -> NeighborIndex:
        return self.new_index(dimension, expected_size, f"{self._levels} {key}")

    def _begin(self) -> None:
        """Hold nothing, to take in all trainings anew: which levels there are has changed."""
        self._levels = self._trainings.levels
        level, below = self._levels
        basis = self._basis if self._basis and self._basis.level == level else None
        self._target = LevelModel(self.groups, self._index_of_levels, self.scales, self._expected_size, basis)
        self._lower = LowerFidelities(self.groups, self._index_of_levels, self.scales.lower, below) if below else None
        self._n_taken = 0

    def _take_in(self, go_on: Callable[[], None] = lambda: None) -> None:
        """Take in what was noted."""
        log = self.log
        for start in range(self._n_taken, len(log), _CHUNK):
            go_on()
            part = slice(start, start + _CHUNK)
            rows, values, levels = log.rows[part], log.values[part], log.levels[part]
            at, below = np.flatnonzero(levels == self.level), np.flatnonzero(np.isin(levels, self._levels[1]))
            if len(at):
                self._target.add(rows[at], self._columns[rows[at]], values[at])
            if self._lower and len(below):
                self._lower.add(rows[below], self._columns[rows[below]], values[below], levels[below])
            self._outdated = True
        self._n_taken = len(log)
