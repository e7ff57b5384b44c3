"""What the observations of one metric say about candidates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.domain.prediction import Observed
from app.domain.study import Direction
from app.predictor.growing import GrowingRows
from app.predictor.observation_log import EmbeddingArray, ObservationLog
from app.predictor.ports import Float32Array, Int64Array, NeighborIndex
from app.predictor.repeats import Repeats
from app.proximity.acquisition import Posterior
from app.proximity.estimates import Estimates
from app.proximity.factorization import Factorization
from app.proximity.joint import ascent, joint_posterior
from app.proximity.kernel import FloatArray, matern, squared_distances, squares
from app.proximity.local import weigh
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.value_transform import ValueTransform
from app.proximity.weighting import Weighting

NewIndex = Callable[[int, int], NeighborIndex]
"""Makes an empty index for vectors of a dimension, and about how many of them."""

# Times are of benchmarks/choices.py.
MAX_FACTORIZED = 4096  # a new factorization takes 1 s and 134 MB; accuracy still grew at this size in the prototype
LOCAL_NEIGHBORS = 128  # weighed beyond MAX_FACTORIZED: 0.6 ms a candidate
MAX_LOCAL_NEIGHBORS = 256  # 2.2 ms a candidate
PAPER_NEIGHBORS = 10  # the smaller of the two that the paper reports
ROUGH_NEIGHBORS = 16  # of each candidate, where many are sorted out and few are looked at
_CHUNK = 1024  # points taken in at once: their distances to MAX_FACTORIZED others take 34 MB
_SEEN_OF = 16
MAX_UPDATES = 4  # repeats taken in one by one: each costs up to a quarter of a new factorization of 1,000 points


@dataclass(frozen=True, slots=True)
class Estimated:
    """Estimates of m candidates.

    Args:
        novelty: shape (m,): NaN while there is no typical distance to compare with.
        nearest: shape (m,): the mean value of the nearest architecture that was observed.
        k: how many neighbors were weighed.
    """

    estimates: Estimates
    novelty: FloatArray
    nearest: FloatArray
    k: int


class MetricModel:
    """Estimates one metric from its observations; repeats of an architecture are one point with their mean.

    Belongs to one thread at a time. All observations are weighed at once while one factorization holds them
    (MAX_FACTORIZED), the nearest of them beyond.

    Args:
        groups: of the columns of embeddings.
        scales: what the observations so far have told, if anything.
        expected_size: about how many architectures it will hold.
    """

    def __init__(
        self, groups: ColumnGroups, new_index: NewIndex, scales: Scales | None = None, expected_size: int = 0
    ) -> None:
        self.groups = groups
        self.scales = scales or Scales.prior(groups)
        self._repeats = Repeats()
        dimension = len(groups.of_column)
        self._embeddings = GrowingRows(np.empty((0, dimension), dtype=np.float32))
        self._all_points = GrowingRows(np.empty((0, dimension)))
        self._all_squares = GrowingRows(np.empty(0))
        self._all_nearest = GrowingRows(np.empty(0))
        self._index = new_index(dimension, expected_size)
        self._factorization: Factorization | None = None

    @classmethod
    def of(cls, log: ObservationLog, groups: ColumnGroups, new_index: NewIndex, scales: Scales) -> "MetricModel":
        """A model of these observations, with everything done that its estimates would wait for."""
        model = cls(groups, new_index, scales, len(log.ids))
        model.add_log(log, 0)
        model.prepare()
        return model

    def __len__(self) -> int:
        return len(self._repeats)

    @property
    def n_observations(self) -> int:
        """Observations, repeats counted."""
        return self._repeats.n_observations

    @property
    def ids(self) -> list[str]:
        """Architecture ids by label, as `neighbors` gives them."""
        return self._repeats.ids

    @property
    def log(self) -> ObservationLog:
        """All observations so far; stays as it is while the model goes on."""
        return ObservationLog(self.ids, self._embeddings.rows, *self._repeats.log)

    def observed(self, architecture_id: str) -> Observed | None:
        """What was measured on an architecture."""
        row = self._repeats.row(architecture_id)
        return None if row is None else self._repeats.observed(row)

    def add(self, ids: Sequence[str], embeddings: EmbeddingArray, values: Sequence[float]) -> None:
        """Take in observations; they count from the next estimate on.

        Args:
            ids: architecture of each.
            embeddings: shape (n, d), unscaled.
        """
        known = len(self)
        rows = self._repeats.add(ids, values)
        # An architecture may come twice in one batch.
        first = {row: i for i, row in reversed(list(enumerate(rows))) if row >= known}
        added = embeddings[[first[row] for row in sorted(first)]]
        self._embeddings.append(added)
        points = self.scales.points(added, self.groups)
        self._factorization = self._updated({row for row in rows if row < known}, points)
        self._add_points(points)
        for derived in ("_scores", "_alpha", "_signal", "_typical"):
            self.__dict__.pop(derived, None)

    def best(self, direction: Direction) -> tuple[str, Observed] | None:
        """The architecture with the best mean, the first observed of several."""
        if not len(self):
            return None
        means = self._repeats.means
        row = int(means.argmax() if direction is Direction.MAXIMIZE else means.argmin())
        return self.ids[row], self._repeats.observed(row)

    def prepare(self) -> None:
        """Do now what the next estimate would have to wait for."""
        _ = self._signal

    def add_log(self, log: ObservationLog, start: int) -> None:
        """Take in the observations of a log from the number `start` on."""
        rows = log.rows[start:]
        if len(rows):
            self.add([log.ids[row] for row in rows], log.embeddings[rows], log.values[start:].tolist())

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
        points = self.scales.points(candidates, self.groups)
        k = self._neighbors_to_weigh(weighting, k)
        if weighting is Weighting.KRIGING and k == len(self):
            mean, variance, nearest, distance = self._weigh_all(points)
        else:
            labels, distances = self._index.search(points.astype(np.float32), k)
            weights, variance = self._weigh(points, labels, weighting)
            mean = (weights * self._scores.scores[labels]).sum(axis=1)
            nearest, distance = labels[:, 0], distances[:, 0].astype(np.float64)
        estimates = Estimates.of(mean, variance, self._scores, calibration)
        return Estimated(estimates, self._novelty(distance), self._repeats.means[nearest], k)

    def deviations(self, estimates: Estimates, values: FloatArray) -> FloatArray:
        """How far values (m,) lie from their estimates, in the standard deviations of the scores t."""
        return np.asarray((self.scores_of(values) - estimates.mean) / estimates.deviation)

    def neighbors(
        self, candidates: EmbeddingArray, weighting: Weighting, k: int | None, n: int
    ) -> tuple[Int64Array, Float32Array, FloatArray]:
        """The nearest n of the neighbors that `estimate` weighs: labels, distances and weights, each (m, n)."""
        points = self.scales.points(candidates, self.groups)
        k = self._neighbors_to_weigh(weighting, k)
        all_at_once = weighting is Weighting.KRIGING and k == len(self)
        labels, distances = self._index.search(points.astype(np.float32), min(n, k) if all_at_once else k)
        if all_at_once:
            kernel = matern(squared_distances(points, self._points))
            weights = np.take_along_axis(self._factorized.solve(kernel.T).T, labels, axis=1)
        else:
            weights, _ = self._weigh(points, labels, weighting)
        return labels[:, :n], distances[:, :n], weights[:, :n]

    def rough(self, candidates: EmbeddingArray) -> tuple[FloatArray, FloatArray]:
        """Expected score t of candidates (m, d), and at most what its standard deviation is: by their nearest alone."""
        points = self.scales.points(candidates, self.groups)
        if len(self) > MAX_FACTORIZED:
            labels, _ = self._index.search(points.astype(np.float32), ROUGH_NEIGHBORS)
            weights, variance = self._weigh(points, labels, Weighting.KRIGING)
            return (weights * self._scores.scores[labels]).sum(axis=1), np.sqrt(variance)
        kernel = matern(squared_distances(points, self._points, self._squares))
        left = 1 + self._noise - kernel.max(axis=1) ** 2 / (1 + self._noise)
        return kernel @ self._alpha, np.sqrt((self._signal or 1.0) * left)

    def posterior(self, candidates: EmbeddingArray) -> Posterior:
        """What is known of candidates (m, d) together; beyond one factorization, by the nearest observations."""
        points = self.scales.points(candidates, self.groups)
        signal = self._signal or 1.0  # of a constant metric nothing is known, and every candidate may differ
        mean, covariance = joint_posterior(points, *self._around(points), signal)
        return Posterior(mean, covariance, signal * self._noise)

    def ascent(self, candidates: EmbeddingArray) -> FloatArray:
        """How the expected score t grows along each unscaled column: shape (m, d)."""
        points = self.scales.points(candidates, self.groups)
        stretch = np.exp(self.scales.log_scales / 2)[self.groups.of_column]
        return np.asarray(ascent(points, *self._around(points)) * stretch)

    def scores_of(self, values: FloatArray) -> FloatArray:
        """The scores t of values, of the same shape."""
        return self._scores.to_scores(values)

    @property
    def scores(self) -> FloatArray:
        """The score t of each architecture, by label."""
        return self._scores.scores

    def _around(self, points: FloatArray) -> tuple[Factorization, FloatArray]:
        """A factorization of the observations that matter to these points, and their scores."""
        if len(self) <= MAX_FACTORIZED:
            return self._factorized, self._scores.scores
        labels, _ = self._index.search(points.astype(np.float32), ROUGH_NEIGHBORS)
        near = np.unique(labels)[:MAX_FACTORIZED]
        return Factorization.of(self._points[near], self._repeats.counts[near], self._noise), self._scores.scores[near]

    def _neighbors_to_weigh(self, weighting: Weighting, k: int | None) -> int:
        n = len(self)
        all_at_once = weighting is Weighting.KRIGING and n <= MAX_FACTORIZED
        if k is None:
            k = n if all_at_once else LOCAL_NEIGHBORS if weighting is Weighting.KRIGING else PAPER_NEIGHBORS
        if k > MAX_LOCAL_NEIGHBORS:
            k = n if all_at_once else MAX_LOCAL_NEIGHBORS
        return min(k, n)

    def _updated(self, repeated: set[int], points: FloatArray) -> Factorization | None:
        """The factorization with repeats of known points and with further points; None where a new one costs less."""
        known = len(self._points)
        too_many = len(repeated) > MAX_UPDATES or known + len(points) > MAX_FACTORIZED
        if self._factorization is None or too_many:
            return None
        factorization = self._factorization
        for row in repeated:
            factorization = factorization.repeated(row, float(self._repeats.counts[row]))
        return factorization.extended(points, self._repeats.counts[known:]) if len(points) else factorization

    def _add_points(self, points: FloatArray) -> None:
        start = len(self._points)
        self._all_points.append(points)
        self._all_squares.append(squares(points))
        self._all_nearest.append(np.full(len(points), np.nan))
        for first in range(start, len(self._points), _CHUNK):
            chunk = self._points[first : min(first + _CHUNK, len(self._points))]
            self._see(first, chunk)
            self._index.add(chunk.astype(np.float32))

    def _see(self, first: int, chunk: FloatArray) -> None:
        """Note how far points are from those before them, which are in the index, and from each other.

        Beyond one factorization only of some of them: their median is as good.
        """
        rows = np.arange(first, first + len(chunk))
        if first > MAX_FACTORIZED:
            rows = rows[rows % _SEEN_OF == 0]
            if len(rows):
                _, distances = self._index.search(self._points[rows].astype(np.float32), 1)
                self._nearest[rows] = distances[:, 0]
            return
        among = squared_distances(chunk, chunk)
        np.fill_diagonal(among, np.inf)
        to_old = squared_distances(chunk, self._points[:first], self._squares[:first])
        nearest = np.concatenate([to_old, among], axis=1).min(axis=1, initial=np.inf)
        self._nearest[rows] = np.sqrt(nearest)
        self._nearest[:first] = np.minimum(self._nearest[:first], np.sqrt(to_old.min(axis=0, initial=np.inf)))

    @cached_property
    def _scores(self) -> ValueTransform:
        return ValueTransform.fit(self._repeats.means)

    @property
    def _points(self) -> FloatArray:
        return self._all_points.rows

    @property
    def _squares(self) -> FloatArray:
        return self._all_squares.rows

    @property
    def _nearest(self) -> FloatArray:
        return self._all_nearest.rows

    @property
    def _noise(self) -> float:
        return float(np.exp(self.scales.log_noise))

    @property
    def _factorized(self) -> Factorization:
        if self._factorization is None:
            self._factorization = Factorization.of(self._points, self._repeats.counts, self._noise)
        return self._factorization

    @cached_property
    def _alpha(self) -> FloatArray:
        return self._factorized.solve(self._scores.scores)

    @cached_property
    def _signal(self) -> float:
        """s^2, the variance of the signal, where the scores have one."""
        if len(self) <= MAX_FACTORIZED:
            return float(self._scores.scores @ self._alpha) / len(self)
        chosen = np.random.default_rng(len(self)).choice(len(self), 1000, replace=False)
        some = Factorization.of(self._points[chosen], self._repeats.counts[chosen], self._noise)
        scores = self._scores.scores[chosen]
        return float(scores @ some.solve(scores)) / len(chosen)

    def _weigh_all(self, points: FloatArray) -> tuple[FloatArray, FloatArray, Int64Array, FloatArray]:
        squared = squared_distances(points, self._points, self._squares)
        nearest = squared.argmin(axis=1)
        kernel = matern(squared)
        half = self._factorized.half_solve(kernel.T)
        variance = self._signal * (1 + self._noise - np.einsum("ij,ij->j", half, half))
        # The difference itself is exactly 0 for an observed candidate, which the expanded square is not.
        distance = np.linalg.norm(points - self._points[nearest], axis=1)
        return kernel @ self._alpha, variance, nearest, distance

    def _weigh(self, points: FloatArray, labels: Int64Array, weighting: Weighting) -> tuple[FloatArray, FloatArray]:
        """Weights of each candidate's neighbors (m, k), and the variance that they leave (m,)."""
        weights, variance = weigh(points, self._points, labels, self._repeats.counts, self._noise, weighting)
        return weights, self._signal * variance

    @cached_property
    def _typical(self) -> float:
        """The typical distance between an observed architecture and its nearest."""
        return float(np.nanmedian(self._nearest))

    def _novelty(self, nearest: FloatArray) -> FloatArray:
        typical = self._typical
        if not np.isfinite(typical):
            return np.full(len(nearest), np.nan)
        if typical == 0:
            return np.where(nearest == 0, 0.0, np.nan)
        return np.asarray(nearest / typical, dtype=np.float64)
